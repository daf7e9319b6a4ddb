"""What one training and a whole job ask of a budget alike: its precision, and batches that can be shared out."""

from __future__ import annotations

from monotakd.engine.device import bf16_is_fast
from monotakd.engine.settings import Precision
from monotakd.errors import DataError


def takes_bf16(network: str, precision: Precision, device: str | None) -> bool:
    """Whether a network trains in bfloat16.

    Args:
        network: ``"teacher"``, whose small statistics take float32 unless bfloat16 is asked for, or another.
        precision: what is asked for.
        device: see `engine.device.choose_device`.
    """
    if precision == "auto":
        return network != "teacher" and bf16_is_fast(device)
    return precision == "bf16"


def require_shares(batch_size: int, devices: int, parts: int, network: str) -> None:
    """Asks whether a batch can be shared out to devices, and each share worked through in equal parts.

    Args:
        batch_size: frames of a step.
        devices: that share it.
        parts: of each share.
        network: whose batch it is.

    Raises:
        DataError: it cannot.
    """
    if batch_size % (devices * parts):
        options, found = ("--devices", str(devices)) if parts == 1 else ("--devices, --parts", f"{devices}, {parts}")
        raise DataError(
            options, found, f"numbers that the batch of {batch_size} frames can be shared out to ({network})"
        )
