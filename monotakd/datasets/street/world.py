"""A street as an editable value: change a field with ``dataclasses.replace`` and render again.

The world frame has its origin on the ground below the LiDAR: x forward along the ego vehicle's heading,
y left, z up, metres. The sensor rig stands on it, tilted by ``Rig``, which also moves it along in a drive.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Lighting:
    """Sun, sky and air.

    Attributes:
        sun_azimuth: direction towards the sun, radians about +z from +x.
        sun_elevation: height of the sun above the horizon, radians.
        overcast: 0 clear sky with hard shadows, 1 closed cloud without any.
        haze: extinction of the air, per metre (0.003 makes 300 m grey).
        exposure: gain on the linear image before tone mapping; 1 is well exposed.
        noise: strength of the sensor noise; 1 is a daylight automotive camera.
    """

    sun_azimuth: float = 0.8
    sun_elevation: float = 0.8
    overcast: float = 0.2
    haze: float = 0.002
    exposure: float = 1.0
    noise: float = 1.0


@dataclass(frozen=True)
class Rig:
    """How the vehicle carries its sensors at this moment; tilts camera and LiDAR together.

    Attributes:
        height: LiDAR above the world's origin, metres; above the ground where the rig stands at the origin.
        pitch: nose-up tilt of the vehicle body, radians.
        roll: tilt to the right of the vehicle body, radians.
        x: where it stands in the world, metres.
        y: likewise.
        yaw: heading about +z, radians.
    """

    height: float = 1.73
    pitch: float = 0.0
    roll: float = 0.0
    x: float = 0.0
    y: float = 0.0
    yaw: float = 0.0


@dataclass(frozen=True)
class Camera:
    """The camera and how it is mounted on the rig.

    Attributes:
        width: image width, pixels.
        height: image height, pixels.
        focal: focal length in units of the image width (KITTI: 721.5 / 1242).
        offset: camera centre in the LiDAR frame, metres.
        pitch: nose-up tilt of the camera relative to the LiDAR, radians.
        roll: tilt to the right relative to the LiDAR, radians.
        yaw: turn to the left relative to the LiDAR, radians.
    """

    width: int = 1242
    height: int = 375
    focal: float = 721.5377 / 1242
    offset: tuple[float, float, float] = (0.27, 0.0, -0.08)
    pitch: float = 0.0
    roll: float = 0.0
    yaw: float = 0.0


@dataclass(frozen=True)
class Lidar:
    """A spinning LiDAR; the defaults are KITTI's HDL-64E at 10 Hz.

    Attributes:
        beams: number of lasers.
        columns: firings per turn.
        maximum_range: metres.
        range_noise: standard deviation of a range, metres.
        camera_view_only: keep only the points that project into the image.
    """

    beams: int = 64
    columns: int = 2083
    maximum_range: float = 120.0
    range_noise: float = 0.02
    camera_view_only: bool = False


@dataclass(frozen=True)
class Actor:
    """One road user or labelled thing.

    Attributes:
        kind: a KITTI class: Car, Van, Truck, Pedestrian, Person_sitting, Cyclist, Tram or Misc.
        x: centre of its footprint in the world frame, metres.
        y: likewise.
        yaw: heading about +z, radians.
        length: metres along the heading.
        width: metres across.
        height: metres.
        shape: seed of its body shape (sedan, hatchback, gait, clothes ...).
        colour: linear RGB of its paint or clothes, 0..1.
    """

    kind: str
    x: float
    y: float
    yaw: float
    length: float
    width: float
    height: float
    shape: int = 0
    colour: tuple[float, float, float] = (0.5, 0.5, 0.5)


@dataclass(frozen=True)
class Prop:
    """One unlabelled thing beside the road: building, tree, pole, sign, hedge, wall, lamp, fence ...

    Attributes:
        kind: which mesh builder makes it.
        x: centre of its footprint in the world frame, metres.
        y: likewise.
        yaw: direction of its length, radians.
        size: length, width, height, metres; of buildings the height of the eaves, without the roof.
        shape: seed of its shape.
        colour: linear RGB of its main surface, 0..1.
    """

    kind: str
    x: float
    y: float
    yaw: float
    size: tuple[float, float, float]
    shape: int = 0
    colour: tuple[float, float, float] = (0.5, 0.5, 0.5)


@dataclass(frozen=True)
class StreetScene:
    """Everything that one frame is rendered from.

    Attributes:
        road: the ground: layout, relief, lanes (see ``road.py``).
        actors: labelled road users; their order is the order of the labels.
        props: what stands beside the road.
        seed: seeds sensor noise and textures, nothing else.
        moment: number of the moment in a drive; gives the sensors new noise on the same textures.
    """

    road: object
    actors: tuple[Actor, ...] = ()
    props: tuple[Prop, ...] = ()
    lighting: Lighting = field(default_factory=Lighting)
    rig: Rig = field(default_factory=Rig)
    camera: Camera = field(default_factory=Camera)
    lidar: Lidar = field(default_factory=Lidar)
    seed: int = 0
    moment: int = 0

    @property
    def noise_seed(self) -> int:
        """Seeds the sensors' noise."""
        return self.seed + 1_000_003 * self.moment

    def with_actor(self, index: int, **changes) -> StreetScene:
        """The same street with fields of one actor changed, such as ``with_actor(0, x=20.0)``."""
        actors = list(self.actors)
        actors[index] = replace(actors[index], **changes)
        return replace(self, actors=tuple(actors))

    def with_camera(self, **changes) -> StreetScene:
        """The same street through a changed camera, such as ``with_camera(pitch=0.02)``."""
        return replace(self, camera=replace(self.camera, **changes))
