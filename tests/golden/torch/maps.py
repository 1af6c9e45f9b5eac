#!/usr/bin/python3
"""Record what PyTorch's autograd says about linear maps with windows, in double precision.

Each case is a map between two dense connections: the gradient of the first one's weights tells the gradient of the map's
input, that of the second one's the map's values. The model files go to maps.txt, the arrays to maps.safetensors.

    maps.py           write the files beside this script
    maps.py --check   compute them again and compare with the files that are there
"""
import itertools
import json
import os
import struct
import sys
import zlib

import numpy as np
import torch
import torch.nn.functional as F

from axes import axis_cases
from dropout import dropout_cases
from synapses import synapse_cases

HERE = os.path.dirname(os.path.abspath(__file__))
BATCH, INPUTS, STEPS, CLASSES = 2, 3, 4, 3
AXES = {1: "x = 7", 2: "y = 5, x = 6", 3: "z = 3, y = 4, x = 5"}
EXTENTS = {1: (7,), 2: (5, 6), 3: (3, 4, 5)}
KERNELS = {1: (3,), 2: (2, 3), 3: (2, 1, 3)}
CONV = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
TRANSPOSED = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}
CHANNELS = {1: 4, 2: 4, 3: 2}


class Case:
    """`stage` as in a model, or a formula of x; `forward(params, x)` the same, from and to [batch (, steps), axes..., channel]; `params` are the
    shapes of the map's own."""

    def __init__(self, name, shape, extents, stage, forward, params, temporal=False, formula=False, loss=None,
                 frozen=None, before="", lines=(), target="", steps=STEPS):
        self.name, self.shape, self.extents, self.stage = name, shape, extents, stage if formula else "x -> " + stage
        self.forward, self.params, self.temporal = forward, params, temporal
        self.loss = loss  # in a model, and of out, y and the targets; None: the squared error
        self.frozen = frozen or {}  # parameters that the model makes and does not learn: float32 arrays by name
        self.after = None  # of the parameters, x and the loss of y: further arrays
        self.before, self.lines = before, lines  # definitions, and lines of the model before y
        self.target = target  # further arguments of the data line: then the targets of the loss are numbers
        self.steps = steps

    def place(self, drawn):
        """Moves the parameters that are drawn to where they may be."""

    def record(self, turn):
        return record(self, turn)

    def text(self):
        score = "mean(out)" if self.temporal else "out"
        return "\n".join([
            self.before + "model %s {" % self.name,
            "    data idx(shape = [%d], classes = %d%s%s)" % (INPUTS, CLASSES, ", temporal" if self.temporal else "",
                                                            self.target),
            "    time %d steps" % (self.steps if self.temporal else 1),
            "    x   = image -> dense([%s])" % self.shape,
            *("    " + line for line in self.lines),
            "    y   = %s" % self.stage,
            "    out = y -> dense(%d)" % CLASSES,
            "    predict argmax(%s)" % score,
            "    train { %s }" % self.loss_text(score), "}"]) + "\n"

    def loss_text(self, score):
        """Lines of the train block if the loss is of several."""
        text = self.loss[0] if self.loss else "mse(%s, label)" % score
        return text if text.startswith("loss ") else "loss " + text


def channel_first(x):
    return x.movedim(-1, 1)


def channel_last(x):
    return x.movedim(1, -1)


def listed(numbers):
    return "[%s]" % ", ".join(map(str, numbers)) if len(set(numbers)) > 1 else str(numbers[0])


def padded(x, pads, edge):
    """Positions before and after, by axis; F.pad counts from the last."""
    pads = [number for pair in reversed(pads) for number in pair]
    return F.pad(x, pads, mode="constant" if edge == "zero" else "replicate")


def conv_case(dims, stride, pad, dilation, groups, edge):
    kernel, channels = KERNELS[dims], CHANNELS[dims]
    totals = [dilation * (k - 1) if pad == "same" else 2 * pad for k in kernel]
    pads = [(total // 2, total - total // 2) for total in totals]

    def forward(params, x):
        x = padded(channel_first(x), pads, edge)
        return channel_last(CONV[dims](x, params["w_y"], params["b_y"], stride, 0, dilation, groups))

    name = "conv%d_stride%d_pad_%s_dilation%d_groups%d_%s" % (dims, stride, pad, dilation, groups, edge)
    stage = "conv(%d, kernel = %s, stride = %d, pad = %s, dilation = %d, groups = %d, edge = %s, bias)" % (
        2 * groups, listed(kernel), stride, pad, dilation, groups, edge)
    return Case(name, "%s, c = %d" % (AXES[dims], channels), EXTENTS[dims] + (channels,), stage, forward,
                {"w_y": (2 * groups, channels // groups) + kernel, "b_y": (2 * groups,)})


def transposed_case(dims, stride, pad, dilation, groups, more):
    kernel, channels = KERNELS[dims], CHANNELS[dims]

    def forward(params, x):
        return channel_last(TRANSPOSED[dims](channel_first(x), params["w_y"], params["b_y"], stride, pad, more, groups,
                                             dilation))

    name = "transposed%d_stride%d_pad%d_dilation%d_groups%d_more%d" % (dims, stride, pad, dilation, groups, more)
    stage = "conv_transpose(%d, kernel = %s, stride = %d, pad = %d, dilation = %d, groups = %d, output_pad = %d, bias)" % (
        2 * groups, listed(kernel), stride, pad, dilation, groups, more)
    return Case(name, "%s, c = %d" % (AXES[dims], channels), EXTENTS[dims] + (channels,), stage, forward,
                {"w_y": (channels, 2) + kernel, "b_y": (2 * groups,)})


def other_cases():
    def single(params, x):
        return channel_last(F.conv2d(x[:, None], params["w_y"], None, 1, 1))

    yield Case("one_channel", "y = 5, x = 6", (5, 6), "conv(3, kernel = 3, pad = 1)", single, {"w_y": (3, 1, 3, 3)})

    def depthwise(params, x):
        return channel_last(F.conv2d(channel_first(x), params["w_y"], params["b_y"], 1, 1, 1, 4))

    yield Case("depthwise", "y = 5, x = 6, c = 4", (5, 6, 4), "conv(4, kernel = 3, pad = 1, groups = 4, bias)", depthwise,
               {"w_y": (4, 1, 3, 3), "b_y": (4,)})

    for name, stride, pad in ((("apart"), 2, 0), ("overlapping", 1, 0), ("padded", 2, 1)):
        def summed(params, x, stride=stride, pad=pad):
            return 9 * channel_last(F.avg_pool2d(channel_first(x), 3, stride, pad))

        yield Case("sum_pool_" + name, "y = 5, x = 6, c = 2", (5, 6, 2), "sum_pool(3, stride = %d, pad = %d)" % (stride, pad),
                   summed, {})

    def averaged(params, x):
        return channel_last(F.avg_pool3d(channel_first(x), (1, 2, 3), (1, 2, 1), (0, 1, 1)))

    yield Case("avg_pool", "z = 2, y = 4, x = 3, c = 2", (2, 4, 3, 2),
               "avg_pool([1, 2, 3], stride = [1, 2, 1], pad = [0, 1, 1])", averaged, {})

    for name, kernel, stride, pad in (("apart", 2, 2, 0), ("overlapping", 3, 1, 1)):
        def greatest(params, x, kernel=kernel, stride=stride, pad=pad):
            return channel_last(F.max_pool2d(channel_first(x), kernel, stride, pad))

        yield Case("max_pool_" + name, "y = 5, x = 6, c = 2", (5, 6, 2),
                   "max_pool(%d, stride = %d, pad = %d)" % (kernel, stride, pad), greatest, {})

    def nearest(params, x):
        return channel_last(F.interpolate(channel_first(x), scale_factor=(2, 3), mode="nearest"))

    yield Case("upsample", "y = 3, x = 4, c = 2", (3, 4, 2), "upsample([2, 3])", nearest, {})

    for mode, shape, extents, factors in (("linear", "x = 5", (5,), (3,)), ("bilinear", "y = 3, x = 4, c = 2", (3, 4, 2), (2, 3)),
                                          ("trilinear", "z = 2, y = 1, x = 3, c = 2", (2, 1, 3, 2), (4, 2, 3))):
        def between(params, x, mode=mode, channels=len(extents) > len(factors), factors=factors):
            x = F.interpolate(channel_first(x) if channels else x[:, None], scale_factor=factors, mode=mode)
            return channel_last(x) if channels else x[:, 0]

        yield Case("upsample_" + mode, shape, extents, "upsample(%s, linear)" % listed(factors), between, {})

    def mixed(params, x):
        return params["b_y"][:, None] + torch.einsum("ts,bsn->btn", params["w_y"], x)

    yield Case("steps_mixed", "5", (5,), "dense(steps, along = time, bias = -1)", mixed,
               {"w_y": (STEPS, STEPS), "b_y": (STEPS,)}, True)

    def sliding(params, x):
        past = F.pad(x, (0, 0, 2, 0))
        return params["b_y"] + sum(params["w_y"][k] * past[:, k:k + STEPS] for k in range(3))

    yield Case("steps_sliding", "5", (5,), "conv(kernel = 3, along = time, bias)", sliding, {"w_y": (3,), "b_y": ()}, True)

    def over_time(params, x):
        past = F.pad(x.movedim(1, -1), (2, 0))  # [batch, channels, steps]
        return F.conv1d(past, params["w_y"], params["b_y"], dilation=2).movedim(-1, 1)

    yield Case("steps_and_channels", "4", (4,), "conv(6, kernel = 2, dilation = 2, along = time, bias)", over_time,
               {"w_y": (6, 4, 2), "b_y": (6,)}, True)


def cases():
    for dims, stride, pad, dilation, groups in itertools.product((1, 2, 3), (1, 2), (0, 1, "same"), (1, 2), (1, 2)):
        fits = all(n + 2 * (0 if pad == "same" else pad) > dilation * (k - 1) for n, k in zip(EXTENTS[dims], KERNELS[dims]))
        for edge in ("zero", "replicate") if pad else ("zero",):
            if fits or pad == "same":
                yield conv_case(dims, stride, pad, dilation, groups, edge)
    for dims, stride, pad, dilation, groups in itertools.product((1, 2, 3), (1, 2), (0, 1), (1, 2), (1, 2)):
        yield transposed_case(dims, stride, pad if dims < 3 else 0, dilation, groups, stride - 1 if pad else 0)
    yield from other_cases()
    yield from axis_cases(Case)
    yield from synapse_cases(Case)
    yield from dropout_cases(Case)


class TooNear(Exception):
    """A value is so near to where a step or a corner is that rounding could decide."""


def record(one, turn=0):
    """The arrays of a case, drawn by its name; `turn`: other ones."""
    random = np.random.RandomState(zlib.crc32(one.name.encode()) + turn)
    units = int(np.prod(one.extents))
    lead = (BATCH, one.steps) if one.temporal else (BATCH,)
    image = random.randint(0, 256, lead + (INPUTS,)).astype(np.float32) / np.float32(255)
    label = random.randint(0, CLASSES, BATCH).astype(np.int32)
    drawn = {"w_x": np.float32(random.standard_normal((units, INPUTS)))}
    drawn.update({name: np.float32(0.5 * random.standard_normal(shape)) for name, shape in one.params.items()})
    one.place(drawn)
    given = {name: torch.tensor(array, dtype=torch.float64, requires_grad=True) for name, array in drawn.items()}
    x = F.linear(torch.tensor(image, dtype=torch.float64), given["w_x"]).reshape(lead + one.extents)
    y = one.forward(given, x)
    y = y.reshape(y.shape[:len(lead)] + (-1,))  # it may have other steps than x
    drawn["w_out"] = np.float32(random.standard_normal((CLASSES, y.shape[-1])) / 4)
    given["w_out"] = torch.tensor(drawn["w_out"], dtype=torch.float64, requires_grad=True)
    target = F.one_hot(torch.tensor(label).long(), CLASSES).double()
    numbers = np.float32(random.standard_normal(lead[:2 if "target_temporal" in one.target else 1] + (CLASSES,)))
    if one.target:
        target = (target, torch.tensor(numbers, dtype=torch.float64))

    def loss_of(y):
        out = F.linear(y.reshape(y.shape[:len(lead)] + (-1,)), given["w_out"])
        score = out.mean(1) if one.temporal else out
        return one.loss[1](out, y, target) if one.loss else F.mse_loss(score, target)

    loss = loss_of(y)
    loss.backward()
    arrays = {"input": image, "label": label, "loss": np.float32(loss.item())}
    if one.target:
        arrays["target"] = numbers
    for name, tensor in given.items():
        arrays[name], arrays["grad." + name] = drawn[name], np.float32(tensor.grad.numpy())
    arrays.update(one.frozen)
    arrays.update(one.after(given, x, loss_of) if one.after else {})
    return {"%s/%s" % (one.name, name): np.ascontiguousarray(array).reshape(np.shape(array))
            for name, array in arrays.items()}


def recorded(one):
    for turn in itertools.count():
        try:
            return one.record(turn)
        except TooNear:
            pass


def safetensors(arrays):
    header, offset = {}, 0
    for name, array in arrays.items():
        dtype = {"float32": "F32", "int32": "I32"}[str(array.dtype)]
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(array.tobytes() for array in arrays.values())


def write_files(base, several):
    """BASE.txt and BASE.safetensors; or, with --check, what differs from them."""
    torch.set_num_threads(1)
    arrays, texts = {}, []
    for one in {one.name: one for one in several}.values():
        arrays.update(recorded(one))
        texts.append("### %s\n%s" % (one.name, one.text()))
    files = {base + ".txt": "\n".join(texts).encode(), base + ".safetensors": safetensors(arrays)}
    wrong = []
    for name, content in files.items():
        path = os.path.join(HERE, name)
        if "--check" not in sys.argv:
            with open(path, "wb") as file:
                file.write(content)
        elif not os.path.exists(path) or open(path, "rb").read() != content:
            wrong.append(name)
    if wrong:
        sys.exit("%s.py: %s: not what this script records here" % (base, ", ".join(wrong)))


if __name__ == "__main__":
    write_files("maps", cases())
