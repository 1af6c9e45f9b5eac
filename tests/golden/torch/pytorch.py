"""torch and numpy, set up before they are loaded; the other modules take them from here."""
import os
import sys

os.environ["ATEN_CPU_CAPABILITY"] = "default"  # the same kernels on every processor
try:
    import numpy as np
    import torch
    import torch.nn.functional as F
except ModuleNotFoundError as missing:
    sys.exit("record.py: %s: install Debian's python3-torch and run this with /usr/bin/python3" % missing)

torch.set_num_threads(1)

__all__ = ["F", "np", "torch"]
