"""Fashion-MNIST, from its compressed IDX files."""

import gzip
from pathlib import Path

import numpy as np
import torch


def read_idx(path, header):
    return np.frombuffer(gzip.open(path).read(), np.uint8, offset=header)


def read_images(folder, part):
    """part: train or t10k. Brightness 0..1, float32 [images, pixels], and labels, int64 [images]."""
    labels = read_idx(Path(folder) / f"{part}-labels-idx1-ubyte.gz", 8)
    images = read_idx(Path(folder) / f"{part}-images-idx3-ubyte.gz", 16).reshape(len(labels), -1)
    return torch.from_numpy(images.astype("f4") / 255), torch.from_numpy(labels.astype("i8"))
