"""MonoTAKD, built, trained, taken apart and shown.

The package behind the notebook suite: frames and geometry (``scene``, ``geometry``), KITTI and a synthetic
street world (``datasets``), the networks and their distillation (``models``, ``distill``, ``engine``), the exact
KITTI metric (``metrics``), the views (``viz``), and both together (``interactive``). Importing it is cheap: torch,
open3d and spconv are imported only by the modules that need them.
"""

import hashlib as _hashlib
import os as _os
from pathlib import Path as _Path

__version__ = "0.1.0"


def _keep_kernels_with_their_sources() -> None:
    """Gives numba a cache folder of its own for each state of the kernels' sources.

    numba notices a change in the file of a kernel, but not in another file whose kernels it inlined: after an edit,
    results would silently come from the old code. A ``NUMBA_CACHE_DIR`` of the user's own is left alone.
    """
    package = _Path(__file__).parent
    digest = _hashlib.sha256()
    for source in sorted(package.rglob("*_kernels.py")):
        digest.update(source.read_bytes())
    ours = str(package / "__pycache__" / "kernels-")
    # A process started by one of ours inherits its choice, which an edit may have outdated since.
    if _os.environ.get("NUMBA_CACHE_DIR", ours).startswith(ours):
        _os.environ["NUMBA_CACHE_DIR"] = ours + digest.hexdigest()[:16]


_keep_kernels_with_their_sources()
