"""What the network is shown: a window of the photograph, resized to the images it was trained on, with calibration.

A network that was trained on one camera has learnt that camera: an object of height h at distance z is ``fy h / z``
pixels tall, so from pixels alone it can only tell ``z / fy``, and turns it into metres with the focal length of its
training images. It also knows rows and columns (its image network is given pixel coordinates): on level ground a row
below the horizon, ``v - cy = fy * camera height / z``, says the same thing once more.

Shown the whole width of another camera's image, it therefore answers about ``z * f_trained / f_view`` for everything:
too near for a tele lens, too far for a wide one. Two places offer themselves to mend it. *The output*: multiply all
depths by ``f_view / f_trained``. That keeps the whole image, but the rows and columns still say the other thing, the
depth bins cover another range, and cars come in sizes that were never seen. *The input*, which is done here: cut and
resize the photograph so that focal length and principal point in pixels are those of the training images. Size, row,
column and depth then agree again, as if the training camera had been there, and the output needs no correction. The
price: what lies outside the training camera's field of view is not seen (wide lens), or the image does not fill the
input and its border is repeated outwards (tele lens), and a photograph with too few pixels is only blown up.

Neither mends a camera at another height or pitch, lens distortion, or a street that looks otherwise. The directions
are right in any case: the lift uses the calibration of the image that is shown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool

from monotakd.datasets.resize import resize_frame
from monotakd.errors import DataError
from monotakd.geometry.frames import crop_calibration
from monotakd.predict.own_camera import FOCAL_RANGE
from monotakd.predict.photo import PIXEL_LIMIT
from monotakd.predict.trained_student import TrainedStudent
from monotakd.scene import Frame

SAME_SHAPE = 0.02
"""Images whose height and width are in the network's proportion up to this share are resized whole, not cut."""

SAME_SIZE = 0.02
"""Images whose height and width are the network's up to this share differ no more than KITTI's do, 1224 x 370 to
1242 x 376: a network that was trained on images as they came is shown them as they come."""


@dataclass(frozen=True, eq=False)
class View:
    """What the network is shown of a photograph.

    Attributes:
        frame: image and calibration as the network is shown them.
        window: (left, top, width, height) in the photograph's pixels; may reach beyond it.
        photo_size: (height, width) of the photograph.
    """

    frame: Frame
    window: tuple[int, int, int, int]
    photo_size: tuple[int, int]

    @property
    def is_whole(self) -> bool:
        """Whether the photograph is shown as a whole and nothing else."""
        return self.window == (0, 0, self.photo_size[1], self.photo_size[0])

    @property
    def real(self) -> Bool[np.ndarray, "H W"]:
        """Which of the view's pixels lie in the photograph; the others repeat its border."""
        left, top, width, height = self.window
        rows, columns = self.frame.image.shape[:2]
        v = (np.arange(rows) + 0.5) * height / rows + top
        u = (np.arange(columns) + 0.5) * width / columns + left
        return ((v > 0) & (v < self.photo_size[0]))[:, None] & ((u > 0) & (u < self.photo_size[1]))[None]

    @property
    def seen_share(self) -> float:
        """Share of the photograph that the window covers."""
        left, top, width, height = self.window
        rows, columns = self.photo_size
        across = max(0, min(left + width, columns) - max(left, 0))
        down = max(0, min(top + height, rows) - max(top, 0))
        return across * down / (rows * columns)


def view_of(frame: Frame, trained: TrainedStudent, *, rescale_depth: bool = False) -> View:
    """Brings a photograph to the network's size.

    Args:
        frame: the photograph and its calibration.
        trained: the network.
        rescale_depth: match focal length and principal point of the training images, see the module's text. Else the
            whole width is shown, as training shows its images: not resized where training did not and the size is
            about the same (`SAME_SIZE`), and with rows cut or added around the principal point where the photograph
            has other proportions.

    Raises:
        DataError: the focal length is that of no camera for streets (`FOCAL_RANGE`), or so far from that of the
            training that the window would be empty or fill the memory.
    """
    rows, columns = frame.image.shape[:2]
    fx, fy = frame.calibration.focal
    if not all(FOCAL_RANGE[0] <= focal / columns <= FOCAL_RANGE[1] for focal in (fx, fy)):
        raise DataError(
            f"image {frame.frame_id}",
            f"focal lengths of {fx:g} and {fy:g} pixels in an image {columns} pixels wide",
            f"{FOCAL_RANGE[0]:g} to {FOCAL_RANGE[1]:g} times the width",
            fix="They are wanted in pixels of this very image: of a lens, focal length in mm / width of the sensor in "
            "mm * width of the image in pixels (a '26 mm equivalent' lens has a sensor 36 mm wide).",
        )
    window = _matching_window(frame, trained) if rescale_depth else _whole_width(frame, trained)
    *_, width, height = window
    if not (width > 0 and height > 0 and width * height <= PIXEL_LIMIT):
        raise DataError(
            f"image {frame.frame_id}",
            f"{columns} x {rows} pixels, of which a window of {width} x {height} would have to be shown",
            f"a window of 1 to {PIXEL_LIMIT:,} pixels",
            fix=f"Check the focal lengths: {fx:g} pixels in this image, {trained.focal:g} in training at "
            f"{trained.image_size[1]} pixels",
        )
    as_it_is = not (rescale_depth or trained.resized) and _same_size((rows, columns), trained.image_size)
    if not (as_it_is and window == (0, 0, columns, rows)):
        frame = resize_frame(_cut(frame, window), trained.image_size)
    return View(frame, window, (rows, columns))


def _whole_width(frame: Frame, trained: TrainedStudent) -> tuple[int, int, int, int]:
    (rows, columns), (fx, fy) = frame.image.shape[:2], frame.calibration.focal
    H, W = trained.image_size
    height = round(columns * H / W * fy / fx)  # square pixels in the view
    if abs(height - rows) <= SAME_SHAPE * rows:
        return 0, 0, columns, rows
    return 0, _start(frame.calibration.principal_point[1], trained.principal_point[1], height, H), columns, height


def _same_size(found: tuple[int, int], trained: tuple[int, int]) -> bool:
    return all(abs(pixels - wanted) <= SAME_SIZE * wanted for pixels, wanted in zip(found, trained, strict=True))


def _matching_window(frame: Frame, trained: TrainedStudent) -> tuple[int, int, int, int]:
    (fx, fy), (cx, cy) = frame.calibration.focal, frame.calibration.principal_point
    H, W = trained.image_size
    width, height = round(W * fx / trained.focal), round(H * fy / trained.focal)
    left = _start(cx, trained.principal_point[0], width, W)
    return left, _start(cy, trained.principal_point[1], height, H), width, height


def _start(principal: float, trained_principal: float, window: int, pixels: int) -> int:
    """Where a window of so many pixels must begin for its principal point to land on the trained one."""
    return round(principal + 0.5 - (trained_principal + 0.5) * window / pixels)


def _cut(frame: Frame, window: tuple[int, int, int, int]) -> Frame:
    left, top, width, height = window
    rows, columns = frame.image.shape[:2]
    if window == (0, 0, columns, rows):
        return frame
    # The border is repeated outwards: a black surround, which a network never saw, disturbs what it says inside.
    v = np.clip(np.arange(top, top + height), 0, rows - 1)
    u = np.clip(np.arange(left, left + width), 0, columns - 1)
    image = np.ascontiguousarray(frame.image[v][:, u])
    return replace(frame, image=image, calibration=crop_calibration(frame.calibration, left, top, (height, width)))
