#!/usr/bin/env python3
"""Record what DCLS' kernels in two dimensions give, in double precision: convolutions between two dense connections, as the maps
of maps.py. A position of DCLS is counted from the middle of the kernel on, ours from its first row and column. The model files go
to spacings.txt, the arrays to spacings.safetensors.

    spacings.py           write the files beside this script
    spacings.py --check   compute them again and compare with the files that are there
"""
import numpy as np
import torch
import torch.nn.functional as F
from DCLS.construct import modules

from delays import MARGIN, NARROWEST
from maps import Case, TooNear, channel_first, channel_last, write_files

CHANNELS, EXTENTS, KERNEL = 2, (4, 5), (3, 4)


def kernel(params, version, width):
    """[outputs, inputs, rows, columns]"""
    shape = params["weight_y"].shape
    spread = params["spread_y"] if "spread_y" in params else torch.full(shape, width)
    construct = modules.ConstructKernel2d(shape[0], shape[1], 1, shape[2], list(KERNEL), version)
    first, second = ("down_y", "along_y") if version == "v0" else ("along_y", "down_y")  # DCLS' others begin with columns
    position = torch.stack([params[first] - KERNEL[0] // 2, params[second] - KERNEL[1] // 2])
    if version in ("v0", "v1"):
        return construct(params["weight_y"], position, None)
    sigma = spread - NARROWEST[version]
    return construct(params["weight_y"], position, torch.stack([sigma, sigma]))


def check_corners(params, version, width):
    ends = (0,) if version == "gauss" else (-width, 0, width)
    with torch.no_grad():
        places = torch.cat([params[name].flatten() + end for name in ("down_y", "along_y") for end in ends])
        if (places - places.round()).abs().min() < MARGIN:
            raise TooNear


class Spaced(Case):
    def __init__(self, name, arguments, version, elements, width=0.5, outputs=3, groups=1, learned=False):
        shape = (outputs, CHANNELS // groups, elements)
        names = ["weight_y", "down_y", "along_y"] + ["spread_y"] * learned

        def forward(params, x):
            check_corners(params, version, width)
            return channel_last(F.conv2d(channel_first(x), kernel(params, version, width), None, 1, 1, 1, groups))

        stage = "conv(%d, kernel = [%d, %d], pad = 1, groups = %d, synapse = spaced(elements = %d%s))" % (
            outputs, *KERNEL, groups, elements, arguments)
        super().__init__(name, "y = %d, x = %d, c = %d" % (*EXTENTS, CHANNELS), EXTENTS + (CHANNELS,), stage, forward,
                         {name: shape for name in names},
                         frozen={"row_y": np.arange(KERNEL[0], dtype=np.float32),
                                 "column_y": np.arange(KERNEL[1], dtype=np.float32)})

    def place(self, drawn):
        """Within their bounds."""
        for name, extent in zip(("down_y", "along_y"), KERNEL):
            drawn[name] = np.float32((extent - 1) / (1 + np.exp(-3 * drawn[name])))
        if "spread_y" in drawn:
            drawn["spread_y"] = np.float32(0.6 + np.abs(drawn["spread_y"]))


def cases():
    for elements in (1, 3):
        for width in (0.5, 1.27):
            yield Spaced("gaussian_%d_%d" % (elements, 100 * width), ", width = %s" % width, "gauss", elements, width)
        yield Spaced("triangle_%d" % elements, ", width = 1.6, bump = triangle", "max", elements, 1.6)
        for version in ("v0", "v1"):
            yield Spaced("linear_%s_%d" % (version, elements), ", width = 1, bump = triangle", version, elements, 1)
    yield Spaced("narrow", ", width = 0.27", "gauss", 2, 0.27)
    yield Spaced("depthwise", "", "gauss", 2, outputs=2, groups=2)
    yield Spaced("learned_widths", ", learn_width", "gauss", 2, learned=True)


if __name__ == "__main__":
    write_files("spacings", cases())
