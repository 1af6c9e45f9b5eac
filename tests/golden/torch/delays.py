#!/usr/bin/env python3
"""Record what DCLS' kernels give, in double precision: between two dense connections, as the maps of maps.py, or in a loop there,
step by step. A position of DCLS is counted from the middle of the kernel on, and the last tap is now: so a delay is what is left of the kernel behind it. The
model files go to delays.txt, the arrays to delays.safetensors.

    delays.py           write the files beside this script
    delays.py --check   compute them again and compare with the files that are there
"""
import numpy as np
import torch
import torch.nn.functional as F
from DCLS.construct import modules

from maps import Case, TooNear, write_files
from synapses import past_map

INPUTS, OUTPUTS = 4, 3
MARGIN = 1e-3  # between delays, or ends of triangles, and whole steps, where derivatives jump
NARROWEST = {"gauss": 0.27, "max": 1}  # what DCLS adds to its SIG


def kernel(params, version, taps, width):
    """[outputs, inputs, taps]. What is one for all outputs or inputs is repeated, so that gradients are summed."""
    shape = params["w_y"].shape
    delay = params["delay_y"]
    delay = (delay[:, None] if delay.shape == shape[:1] else delay).expand(shape)
    spread = params["spread_y"].expand(shape) if "spread_y" in params else torch.full(shape, width)
    construct = modules.ConstructKernel1d(shape[0], shape[1], 1, 1, [taps], version)
    position = taps - 1 - taps // 2 - delay
    sigma = spread - NARROWEST.get(version, 0)
    return construct(params["w_y"][..., None], position[None, ..., None], sigma[None, ..., None])


def check_corners(params, version, width):
    with torch.no_grad():
        ends = torch.cat([params["delay_y"].flatten() + end for end in ((0,) if version == "gauss" else (-width, 0, width))])
        if (ends - ends.round()).abs().min() < MARGIN:
            raise TooNear


class Delayed(Case):
    def __init__(self, name, arguments, version, most, width=0.5, shape=(OUTPUTS, INPUTS), learned=False):
        params = {"w_y": (OUTPUTS, INPUTS), "delay_y": shape}
        if learned:
            params["spread_y"] = shape

        def forward(given, x):
            check_corners(given, version, width)
            return past_map(kernel(given, version, most + 1, width), x)

        super().__init__(name, str(INPUTS), (INPUTS,), "dense(%d, delay = learned(max = %d%s))" % (OUTPUTS, most, arguments),
                         forward, params, True, frozen={"tap_y": np.arange(most + 1, dtype=np.float32)})
        self.most = most

    def place(self, drawn):
        """Within their bounds."""
        drawn["delay_y"] = np.float32(self.most / (1 + np.exp(-3 * drawn["delay_y"])))
        if "spread_y" in drawn:
            drawn["spread_y"] = np.float32(0.6 + np.abs(drawn["spread_y"]))


def looped(w, x, dilation=1):
    """y = sigmoid(x + what w makes of y one step ago), of [batch, steps, channels]: w is [outputs, inputs, taps]."""
    y = []
    for t in range(x.shape[1]):
        heard = [(y[t - 1 - later * dilation], w[:, :, -1 - later]) for later in range(w.shape[-1]) if later * dilation < t]
        y.append(torch.sigmoid(x[:, t] + sum(past @ taps.T for past, taps in heard)))
    return torch.stack(y, 1)


class Looped(Delayed):
    """Within a loop: a delay of 0 is one step."""

    def __init__(self, name, arguments, version, most, width=0.5, shape=(INPUTS, INPUTS), learned=False):
        super().__init__(name, arguments, version, most, width, shape, learned)
        self.params["w_y"] = (INPUTS, INPUTS)
        self.stage = "sigmoid(x + (y[-1] -> dense(%d, delay = learned(max = %d%s))))" % (INPUTS, most, arguments)

        def forward(given, x):
            check_corners(given, version, width)
            return looped(kernel(given, version, most + 1, width), x)

        self.forward = forward


def cases():
    for most in (1, 2):
        yield Looped("loop_gaussian_%d" % most, ", width = 0.8", "gauss", most, 0.8)
        yield Looped("loop_triangle_%d" % most, ", width = 1.6, bump = triangle", "max", most, 1.6)
    for dilation in (1, 2):
        yield Case("loop_window_%d" % dilation, str(INPUTS), (INPUTS,),
                   "sigmoid(x + (y[-1] -> conv(%d, kernel = 2, dilation = %d, along = time)))" % (INPUTS, dilation),
                   lambda given, x, dilation=dilation: looped(given["w_y"], x, dilation), {"w_y": (INPUTS, INPUTS, 2)}, True, True)
    yield Case("loop_of_units", str(INPUTS), (INPUTS,), "sigmoid(x + (y[-1] -> conv(kernel = 3, along = time)))",
               lambda given, x: looped(given["w_y"] * torch.eye(INPUTS, dtype=x.dtype)[..., None], x), {"w_y": (3,)}, True, True)
    yield Looped("loop_of_outputs", ", per = outputs", "gauss", 2, shape=(INPUTS,))
    yield Looped("loop_learned_widths", ", learn_width", "gauss", 2, learned=True)
    for most in (1, 2, 3):
        for width in (0.5, 1.27):
            yield Delayed("gaussian_%d_%d" % (most, 100 * width), ", width = %s" % width, "gauss", most, width)
        yield Delayed("triangle_%d" % most, ", width = 1.6, bump = triangle", "max", most, 1.6)
        for version in ("v0", "v1"):
            yield Delayed("linear_%s_%d" % (version, most), ", width = 1, bump = triangle", version, most, 1)
    yield Delayed("narrow", ", width = 0.27", "gauss", 3, 0.27)
    yield Delayed("of_inputs", ", per = inputs", "gauss", 3, shape=(INPUTS,))
    yield Delayed("of_outputs", ", per = outputs", "gauss", 3, shape=(OUTPUTS,))
    yield Delayed("learned_widths", ", learn_width", "gauss", 3, learned=True)


if __name__ == "__main__":
    write_files("delays", cases())
