"""MonoTAKD, built, trained, taken apart and shown.

The package behind the notebook suite: frames and geometry (``scene``, ``geometry``), KITTI and a synthetic
street world (``datasets``), the exact KITTI metric (``metrics``) and the views (``viz``). Importing it is
cheap: torch, open3d and spconv are imported only by the modules that need them.
"""

__version__ = "0.1.0"
