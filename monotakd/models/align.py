"""Spatial alignment: makes the student's spatial BEV features resemble the residual (paper's SAM, figure 3).

`SpatialAlign` follows the figure. `ReleasedSpatialAlign` is the release's module, which differs: its atrous
convolutions only feed the channel gate, one deformable convolution is applied twice in a row, and two more
convolutions follow. Both take and return (B, C, Y, X).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from monotakd.errors import require
from monotakd.models.deform_conv import DeformConv

ALIGNMENT_PARTS = ("atrous", "deformable", "gate")
"""What `SpatialAlign` is made of: atrous pyramid, deformable convolution, channel gate."""


class AtrousPyramid(nn.Module):
    """Atrous spatial pyramid pooling: the map seen through kernels of several reaches, side by side.

    A 1x1 convolution, 3x3 convolutions with holes, and the mean of the whole map; half the width each, joined by a 1x1
    convolution. The branch of the mean has no batch norm: with one sample there is a single value per channel and
    nothing to normalise by, and batch 1 must train.

    Args:
        channels: of input and output.
        rates: spacing of the taps, one 3x3 convolution each, cells. The paper does not give them; 6 and 12 are the
            release's.
    """

    def __init__(self, channels: int, rates: Sequence[int] = (6, 12)):
        super().__init__()
        half = max(channels // 2, 1)
        self.local = self._branch(channels, half, 1, 1)
        self.atrous = nn.ModuleList(self._branch(channels, half, 3, rate) for rate in rates)
        self.overall = nn.Sequential(nn.Conv2d(channels, half, 1), nn.ReLU())
        self.join = self._branch(half * (2 + len(rates)), channels, 1, 1)

    @staticmethod
    def _branch(inputs: int, outputs: int, kernel: int, rate: int) -> nn.Sequential:
        conv = nn.Conv2d(inputs, outputs, kernel, padding=rate * (kernel // 2), dilation=rate, bias=False)
        return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.ReLU())

    def forward(self, x: Float[Tensor, "B C Y X"]) -> Float[Tensor, "B C Y X"]:
        """Gathers context at every cell."""
        overall = self.overall(x.mean(dim=(2, 3), keepdim=True)).expand(-1, -1, *x.shape[2:])
        return self.join(torch.cat([self.local(x), *(branch(x) for branch in self.atrous), overall], dim=1))


class ChannelGate(nn.Module):
    """Squeeze and excitation (Hu et al., CVPR 2018): scales each channel by what the whole map says of it.

    Args:
        channels: of input and output.
        reduction: how much narrower the hidden layer is.
    """

    def __init__(self, channels: int, reduction: int = 16):
        super().__init__()
        hidden = max(channels // reduction, 4)
        self.fc = nn.Sequential(nn.Linear(channels, hidden), nn.ReLU(), nn.Linear(hidden, channels), nn.Sigmoid())

    def forward(self, x: Float[Tensor, "B C Y X"]) -> Float[Tensor, "B C Y X"]:
        """Scales the channels of ``x`` by gates in 0..1."""
        return x * self.fc(x.mean(dim=(2, 3)))[:, :, None, None]


class SpatialAlign(nn.Module):
    """The paper's figure 3: (atrous pyramid -> deformable convolution -> BN -> ReLU) + channel gate of the input.

    Both summands are at least 0 where the input is, and the input is a ReLU's output. A difference of two feature
    maps is signed, so with ``signed_output`` (ours, on by default) a 1x1 convolution follows. It starts as the
    identity: the module begins as figure 3 and is free to leave the positive half. With a binarised residual (0 or 1)
    nothing is lost by switching it off.

    Table 5 takes the module apart, and so does ``parts``.

    Args:
        channels: of input and output.
        rates: of the atrous pyramid, cells.
        signed_output: append the 1x1 convolution.
        parts: some of `ALIGNMENT_PARTS`, at least one of the two convolutions. Without the gate its summand goes too.

    Raises:
        ValueError: another part, or neither convolution.
    """

    def __init__(
        self,
        channels: int,
        rates: Sequence[int] = (6, 12),
        signed_output: bool = True,
        parts: Sequence[str] = ALIGNMENT_PARTS,
    ):
        super().__init__()
        require(
            set(parts) <= set(ALIGNMENT_PARTS) and bool(set(parts) & {"atrous", "deformable"}),
            f"parts {tuple(parts)}; expected some of {ALIGNMENT_PARTS}, the first or the second among them",
        )
        self.parts = tuple(parts)
        if "atrous" in parts:
            self.pyramid = AtrousPyramid(channels, rates)
        if "deformable" in parts:
            self.deform = DeformConv(channels, channels)
            self.bn = nn.BatchNorm2d(channels)
        if "gate" in parts:
            self.gate = ChannelGate(channels)
        self.output = nn.Conv2d(channels, channels, 1) if signed_output else nn.Identity()
        if signed_output:
            nn.init.dirac_(self.output.weight)
            nn.init.zeros_(self.output.bias)

    def forward(self, x: Float[Tensor, "B C Y X"]) -> Float[Tensor, "B C Y X"]:
        """Aligns the spatial features."""
        spatial = self.pyramid(x) if "atrous" in self.parts else x
        if "deformable" in self.parts:
            spatial = F.relu(self.bn(self.deform(spatial)))
        return self.output(spatial + self.gate(x) if "gate" in self.parts else spatial)


class ReleasedAtrousPyramid(nn.Module):
    """The release's pyramid: as `AtrousPyramid`, with biases and a batch norm in the branch of the mean."""

    def __init__(self, channels: int):
        super().__init__()
        half = channels // 2
        self.conv_1x1_1 = nn.Conv2d(channels, half, 1)
        self.bn_conv_1x1_1 = nn.BatchNorm2d(half)
        self.conv_3x3_1 = nn.Conv2d(channels, half, 3, padding=6, dilation=6)
        self.bn_conv_3x3_1 = nn.BatchNorm2d(half)
        self.conv_3x3_2 = nn.Conv2d(channels, half, 3, padding=12, dilation=12)
        self.bn_conv_3x3_2 = nn.BatchNorm2d(half)
        self.conv_1x1_2 = nn.Conv2d(channels, half, 1)
        self.bn_conv_1x1_2 = nn.BatchNorm2d(half)
        self.conv_1x1_3 = nn.Conv2d(4 * half, channels, 1)
        self.bn_conv_1x1_3 = nn.BatchNorm2d(channels)

    def forward(self, x: Float[Tensor, "B C Y X"]) -> Float[Tensor, "B C Y X"]:
        """Gathers context at every cell.

        Raises:
            ValueError: one sample in training mode, unless other processes have more of the batch.
        """
        if self.training and len(x) == 1 and not isinstance(self.bn_conv_1x1_2, nn.SyncBatchNorm):
            raise ValueError(
                "the released alignment cannot train on batches of one: it normalises the mean of the map over the "
                "batch; use a batch of at least 2 or wiring='published'"
            )
        local = F.relu(self.bn_conv_1x1_1(self.conv_1x1_1(x)))
        near = F.relu(self.bn_conv_3x3_1(self.conv_3x3_1(x)))
        far = F.relu(self.bn_conv_3x3_2(self.conv_3x3_2(x)))
        overall = F.relu(self.bn_conv_1x1_2(self.conv_1x1_2(x.mean(dim=(2, 3), keepdim=True))))
        joined = torch.cat([local, near, far, overall.expand(-1, -1, *x.shape[2:])], dim=1)
        return F.relu(self.bn_conv_1x1_3(self.conv_1x1_3(joined)))


class ReleasedSpatialAlign(nn.Module):
    """The release's alignment. State dict names are those under ``map_to_bev_module.sam``.

    Its last ReLU keeps the output at 0 or above.

    Args:
        channels: of input and output.
    """

    def __init__(self, channels: int):
        super().__init__()
        self.aspp = ReleasedAtrousPyramid(channels)
        layers = ((nn.Linear(channels, channels, bias=False), act) for act in (nn.ReLU(), nn.ReLU(), nn.Sigmoid()))
        self.fc = nn.Sequential(*(module for layer in layers for module in layer))
        self.dcn = DeformConv(channels, channels, zero_offsets=False)
        self.conv = nn.Sequential(
            nn.Conv2d(channels, 2 * channels, 3, padding=1, bias=False),
            nn.ReLU(inplace=True),
            nn.Conv2d(2 * channels, channels, 3, padding=1, bias=False),
            nn.ReLU(inplace=True),
        )

    def channel_attention(self, x: Float[Tensor, "B C Y X"]) -> Float[Tensor, "B C Y X"]:
        """Scales the channels of ``x`` by gates computed from the pyramid."""
        return x * self.fc(self.aspp(x).mean(dim=(2, 3)))[:, :, None, None]

    def forward(self, x: Float[Tensor, "B C Y X"]) -> Float[Tensor, "B C Y X"]:
        """Aligns the spatial features."""
        return self.conv(self.channel_attention(x) + self.dcn(self.dcn(x)))
