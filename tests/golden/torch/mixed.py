#!/usr/bin/env python3
"""Record networks in which all that a model can say meets by chance: each line of a model is drawn, and computed in PyTorch as
it is written, in double precision. The model files go to mixed.txt, the arrays to mixed.safetensors.

    mixed.py           write the files beside this script
    mixed.py --check   compute them again and compare with the files that are there
    mixed.py --more FIRST LAST SNNC    other ones, by their numbers, and what that compiler's interpreter makes of them
"""
import os
import subprocess
import sys
import tempfile

import numpy as np
import torch
import torch.nn.functional as F

import more_neurons
import networks
from maps import TooNear, channel_first, channel_last, padded, recorded, safetensors, write_files
from networks import Alif, CubaLif, If, Lif, Plif, Run
from synapses import delayed, normed, past_map

BATCH, STEPS, CLASSES = 4, 6, 3
RECORDED = [*range(48), 131]  # 131: what goes in tiles is summed over samples
MARGIN = 1e-4     # between what is compared and the other; no rounding decides
PRECISION = 3e-6  # of gradients in single precision, of a parameter's largest
SMALLEST = 1e-5   # of a gradient's largest
MOST = 200        # units of a stream

NEURONS = [
    ("lif", lambda run, name: Lif(run, name)),
    ("if(threshold = 0.5, detach_reset)", lambda run, name: If(run, name, threshold=0.5, detach_reset=True)),
    ("lif(tau = 3, threshold = 0.3, soft_reset)", lambda run, name: Lif(run, name, 3.0, threshold=0.3, soft_reset=True)),
    ("lif(tau = 1.5, threshold = 0.4, decay_input = false, reset = -0.2, surrogate = sigmoid(3))",
     lambda run, name: Lif(run, name, 1.5, False, threshold=0.4, reset=-0.2, surrogate=networks.sigmoid(3))),
    ("alif(beta = 0.5, threshold = 0.3)", lambda run, name: Alif(run, name, beta=0.5, threshold=0.3)),
    ("cuba_lif(threshold = 0.4, surrogate = triangle(0.5))",
     lambda run, name: CubaLif(run, name, threshold=0.4, surrogate=networks.triangle(0.5))),
    ("plif(threshold = 0.4)", lambda run, name: Plif(run, name, threshold=0.4)),
    ("klif(threshold = 0.4)", lambda run, name: more_neurons.Klif(run, name, threshold=0.4))]
LEARNED = {"plif": ("plif_w_", 0), "klif": ("klif_scale_", 1)}  # by the name of the neuron: its parameter, and about what it is
ZERO = torch.zeros(())
FORMULAS = [
    ("tanh(%s)", torch.tanh), ("sigmoid(%s)", torch.sigmoid), ("max(%s, 0)", lambda x: torch.maximum(x, ZERO.to(x.dtype))),
    ("0.5 * %s", lambda x: 0.5 * x), ("1 - %s", lambda x: 1 - x), ("tanh(%s ^ 2)", lambda x: torch.tanh(x ** 2)),
    ("0.7 * %s + 0.1", lambda x: 0.7 * x + 0.1), ("0.9 * detach(%s)", lambda x: 0.9 * x.detach()), ("abs(%s)", torch.abs)]
PAIRS = [
    ("%s + %s", lambda a, b: a + b), ("%s - 0.5 * %s", lambda a, b: a - 0.5 * b), ("%s * %s", lambda a, b: a * b),
    ("max(%s, %s)", torch.maximum), ("min(%s, %s)", torch.minimum), ("0.3 * %s * tanh(%s)", lambda a, b: 0.3 * a * torch.tanh(b))]


class Stream:
    """`value` is [samples, (steps,) axes...]."""

    def __init__(self, name, value, axes, temporal, spikes=False):
        self.name, self.value, self.axes, self.temporal, self.spikes = name, value, tuple(axes), temporal, spikes

    @property
    def extents(self):
        return tuple(self.value.shape[1 + self.temporal:])

    def over_steps(self):
        return self.value if self.temporal else self.value[:, None].expand((BATCH, STEPS) + self.extents)

    def flat(self):
        return self.value.reshape(self.value.shape[:1 + self.temporal] + (-1,))


def shape_text(axes, extents):
    return "[%s]" % ", ".join("%s = %d" % pair for pair in zip(axes, extents))


def past(x, steps):
    return torch.cat([torch.zeros_like(x[:, :steps]), x[:, :-steps]], 1)


class Network(Run):
    """A network that grows. Streams are called s1, s2, ..., and so are their parameters."""

    def __init__(self, seed, dtype):
        self.random, self.dtype, self.lines, self.streams, self.arrays = np.random.RandomState(seed), dtype, [], [], {}
        extents = self.one_of([(5,), (3, 4, 2), (4, 3, 3), (4, 2)])
        self.temporal = self.chance(0.7)
        self.spikes_given = self.temporal and self.chance(0.5)
        self.extents, self.axes = extents, {1: ("c",), 2: ("x", "c"), 3: ("y", "x", "c")}[len(extents)]
        lead = (BATCH, STEPS) if self.temporal else (BATCH,)
        image = self.random.randint(0, 256, lead + extents)
        image = image > 150 if self.spikes_given else image / 255
        self.arrays["input"] = np.float32(image)
        self.arrays["label"] = self.random.randint(0, CLASSES, BATCH).astype(np.int32)
        super().__init__({}, torch.zeros(1))
        self.streams.append(Stream("image", self.tensor(self.arrays["input"]), self.axes, self.temporal, self.spikes_given))

    # ---- what is drawn ----

    def chance(self, share):
        return self.random.random_sample() < share

    def one_of(self, several):
        return several[self.random.randint(len(several))]

    def number(self, least, most):
        return self.random.randint(least, most + 1)

    def stream(self, fits=lambda stream: True):
        """One that fits, of the last ones more often; None: there is none."""
        several = [one for one in self.streams if fits(one)]
        return several and (several[-1] if self.chance(0.4) else self.one_of(several)) or None

    def tensor(self, array):
        return torch.tensor(array).to(self.dtype)

    def param(self, name, array):
        self.arrays[name] = np.float32(array)
        self.params[name] = self.tensor(self.arrays[name]).requires_grad_()
        return self.params[name]

    def weight(self, name, *shape):
        """Of [outputs, inputs, taps...]; most are positive, so that neurons fire."""
        scale = 1 / np.sqrt(np.prod(shape[1:]))
        return self.param(name, scale * (0.5 + self.random.standard_normal(shape)))

    def about(self, name, centre, *shape):
        return self.param(name, centre + 0.2 * self.random.standard_normal(shape))

    # ---- what is written ----

    def name(self):
        return "s%d" % (len(self.lines) + 1)

    def add(self, text, value, axes, temporal, spikes=False):
        if value[0].numel() > MOST * (STEPS if temporal else 1):
            raise TooNear
        self.streams.append(Stream(self.name(), value, axes, temporal, spikes))
        self.lines.append("%s = %s" % (self.name(), text))
        return self.streams[-1]

    def neuron(self, name):
        text, make = self.one_of(NEURONS)
        prefix, centre = LEARNED.get(text.partition("(")[0], (None, 0))
        if prefix:
            self.about(prefix + name, centre)
        return text, make(self, name)

    def add_dense(self):
        x, name = self.stream(), self.name()
        extents, axes = self.one_of([((self.number(2, 5),), ("c",)), ((2, 3, 2), ("y", "x", "c")), ((4, 2), ("x", "c"))])
        inputs, outputs, given = x.flat().shape[-1], int(np.prod(extents)), ""
        w = self.weight("w_" + name, outputs, inputs)
        kind = self.one_of(["", "", "bias", "norm"] + ["late", "learned"] * x.temporal)
        value = x.flat() @ w.T
        if kind == "bias":
            given, value = ", bias", value + self.about("b_" + name, 0, outputs)
        elif kind == "norm":
            given, value = ", synapse = weight_norm", x.flat() @ normed(w, self.about("gain_" + name, 1, outputs)).T
        elif kind == "late":
            given, value = ", delay = 2", past(value, 2)
        elif kind == "learned":
            given, value = ", delay = learned(max = 2, width = 0.9)", self.learned(x, w, name)
        self.add("%s -> dense(%s%s)" % (x.name, shape_text(axes, extents), given),
                 value.reshape(value.shape[:-1] + extents), axes, x.temporal)

    def learned(self, x, w, name):
        self.arrays["tap_" + name] = np.arange(3, dtype=np.float32)
        delay = self.param("delay_" + name, self.random.uniform(0.1, 1.9, tuple(w.shape)))
        return past_map(delayed(w, delay, 3, 0.9), x.flat())

    def add_conv(self):
        x = self.stream(lambda one: one.axes in (("y", "x", "c"), ("x", "c")) and min(one.extents[:-1]) > 1)
        if not x:
            return
        dims, channels, name = len(x.axes) - 1, x.extents[-1], self.name()
        kernel, stride, pad = [self.number(1, 2) for _ in range(dims)], self.number(1, 2), self.number(0, 1)
        groups, edge = self.one_of([1, 1, channels]), self.one_of(["zero", "replicate"])
        turned = self.chance(0.2)
        outputs = groups * self.number(1, 2)
        places = channel_first(x.value.flatten(0, int(x.temporal)))
        if turned:
            w = self.weight("w_" + name, channels, outputs // groups, *kernel)
            value = (F.conv_transpose1d, F.conv_transpose2d)[dims - 1](places, w, None, stride, 0, 0, groups)
            text = "conv_transpose(%d, kernel = %s, stride = %d, groups = %d)" % (outputs, list(kernel), stride, groups)
        else:
            w = self.weight("w_" + name, outputs, channels // groups, *kernel)
            places = padded(places, [(pad, pad)] * dims, edge)
            value = (F.conv1d, F.conv2d)[dims - 1](places, w, self.about("b_" + name, 0, outputs), stride, 0, 1, groups)
            text = "conv(%d, kernel = %s, stride = %d, pad = %d, groups = %d, edge = %s, bias)" % (
                outputs, list(kernel), stride, pad, groups, edge)
        value = channel_last(value)
        self.add("%s -> %s" % (x.name, text), value.reshape(x.value.shape[:1 + x.temporal] + value.shape[1:]), x.axes, x.temporal)

    def add_pool(self):
        x = self.stream(lambda one: one.axes == ("y", "x", "c") and min(one.extents[:2]) > 1)
        if not x:
            return
        text, pool = self.one_of([
            ("avg_pool(2, stride = 1, pad = 1)", lambda x: F.avg_pool2d(x, 2, 1, 1)), ("sum_pool(2)", lambda x: 4 * F.avg_pool2d(x, 2)),
            ("max_pool(2)", lambda x: F.max_pool2d(x, 2)), ("upsample(2)", lambda x: F.interpolate(x, scale_factor=2)),
            ("upsample(2, linear)", lambda x: F.interpolate(x, scale_factor=2, mode="bilinear"))])
        value = channel_last(pool(channel_first(x.value.flatten(0, int(x.temporal)))))
        self.add("%s -> %s" % (x.name, text), value.reshape(x.value.shape[:1 + x.temporal] + value.shape[1:]), x.axes, x.temporal,
                 x.spikes and text.startswith("max"))

    def add_neuron(self):
        x, name = self.stream(), self.name()
        if self.chance(0.25):
            self.add(x.name + " -> li", networks.li(x.over_steps().movedim(1, 0)).movedim(0, 1), x.axes, True)
            return
        text, neuron = self.neuron(name)
        self.add("%s -> %s" % (x.name, text), neuron.over(x.over_steps().movedim(1, 0)).movedim(0, 1), x.axes, True, True)

    def add_formula(self):
        x = self.stream()
        text, formula = self.one_of(FORMULAS)
        if text.startswith(("max", "abs")):
            self.near(x.value[x.value != 0] if (x.value != 0).any() else x.value + 1)
        self.add(text % x.name, formula(x.value), x.axes, x.temporal, x.spikes and text.startswith("1 -"))

    def add_pair(self):
        x = self.stream()
        y = self.stream(lambda one: one.axes == tuple(a for a in x.axes if a in one.axes)
                        and all(n == dict(zip(x.axes, x.extents))[a] for a, n in zip(one.axes, one.extents)))
        temporal = x.temporal or y.temporal
        wide = [n if a in y.axes else 1 for a, n in zip(x.axes, x.extents)]
        a, b = (one.over_steps() if temporal else one.value for one in (x, y))
        b = b.reshape(b.shape[:1 + temporal] + tuple(wide))
        text, formula = self.one_of(PAIRS)
        apart = (a - b)[(a - b) != 0]
        if text.startswith("m") and len(apart):
            self.near(apart)
        spikes = x.spikes and y.spikes and x.temporal == y.temporal and ("max" in text or "min" in text or text == "%s * %s")
        self.add(text % (x.name, y.name), formula(a, b), x.axes, temporal, spikes)

    def add_reduction(self):
        x = self.stream(lambda one: one.axes)
        over = [axis for axis in (("time",) if x.temporal else ()) + x.axes if self.chance(0.5)] or [x.axes[-1]]
        dims = [1 if axis == "time" else 1 + x.temporal + x.axes.index(axis) for axis in over]
        kind, where = self.one_of(["mean", "sum", "last"]), self.chance(0.4)
        if kind == "last" or not where:
            value = {"mean": x.value.mean, "sum": x.value.sum}.get(kind, lambda dims: x.value)(dims)
            for d in sorted(dims, reverse=True) if kind == "last" else []:
                value = value.select(d, -1)
            text = "%s(%s, over = [%s])" % (kind, x.name, ", ".join(over))
        else:
            self.near(x.value - 0.1)
            meant = (x.value > 0.1).to(self.dtype)
            value = (x.value * meant).sum(dims) / (meant.sum(dims).clamp(min=1) if kind == "mean" else 1)
            text = "%s(%s, over = [%s], where = %s > 0.1)" % (kind, x.name, ", ".join(over), x.name)
        self.add(text, value, [axis for axis in x.axes if axis not in over], x.temporal and "time" not in over)

    def add_view(self):
        x = self.stream(lambda one: one.axes)
        axis = self.number(0, len(x.axes) - 1)
        along = "over = " + x.axes[axis]
        if x.extents[axis] > 1 and self.chance(0.4):
            begin = self.number(0, x.extents[axis] - 2)
            value = x.value.narrow(1 + x.temporal + axis, begin, x.extents[axis] - begin)
            self.add("%s -> slice(%d, %d, %s)" % (x.name, begin, x.extents[axis], along), value, x.axes, x.temporal, x.spikes)
            return
        y = self.stream(lambda one: one.axes == x.axes
                        and all(a == b or d == axis for d, (a, b) in enumerate(zip(one.extents, x.extents))))
        temporal, late = x.temporal or y.temporal, y.temporal and y.name != "image" and self.chance(0.3)
        a, b = (one.over_steps() if temporal else one.value for one in (x, y))
        value = torch.cat([a, past(b, 1) if late else b], 1 + temporal + axis)
        self.add("%s -> concat(%s%s, %s)" % (x.name, y.name, "[-1]" if late else "", along), value, x.axes, temporal,
                 x.spikes and y.spikes and x.temporal == y.temporal)

    def add_norm(self):
        x, name = self.stream(lambda one: one.axes and np.prod(one.extents) > 1), self.name()
        if not x or "c" not in x.axes:
            return
        if self.chance(0.5):
            channels = x.extents[-1]
            self.arrays["running_mean_" + name] = np.zeros(channels, np.float32)
            self.arrays["running_variance_" + name] = np.ones(channels, np.float32)
            gain, shift = self.about("gain_" + name, 1, channels), self.about("shift_" + name, 0, channels)
            value = F.batch_norm(x.value.reshape(-1, channels), None, None, gain, shift, True, 0, 0.01).reshape(x.value.shape)
        else:
            gain, shift = self.about("gain_" + name, 1, *x.extents), self.about("shift_" + name, 0, *x.extents)
            value = F.layer_norm(x.value, x.extents, gain, shift, 0.01)
        kind = "batch" if "running_mean_" + name in self.arrays else "layer"
        self.add("%s -> %s_norm(eps = 0.01)" % (x.name, kind), value, x.axes, x.temporal)

    def add_softmax(self):
        x = self.stream(lambda one: one.axes)
        axis = self.one_of(x.axes)
        self.add("softmax(%s, over = %s)" % (x.name, axis), F.softmax(x.value, 1 + x.temporal + x.axes.index(axis)), x.axes, x.temporal)

    def add_steps(self):
        x, name = self.stream(lambda one: one.temporal and one.axes == ("c",)), self.name()
        if not x:
            return
        if self.chance(0.5):
            value = past_map(self.weight("w_" + name, 3, x.extents[0], 2), x.value)
            self.add("%s -> conv(3, kernel = 2, along = time)" % x.name, value, x.axes, True)
        else:
            value = torch.einsum("ts,bsn->btn", self.weight("w_" + name, STEPS, STEPS), x.value)
            self.add("%s -> dense(steps, along = time)" % x.name, value, x.axes, True)

    def add_loop(self):
        """Two layers, of which the first hears the second again."""
        x, name, units, lag = self.stream(), self.name(), self.number(2, 4), self.number(1, 3)
        later = "s%d" % (len(self.lines) + 2)
        w = self.weight("w_" + name, units, x.flat().shape[-1])
        back, on = self.weight("w_%s_2" % name, units, units), self.weight("w_" + later, units, units)
        (text, first), (text_on, second) = self.neuron(name), self.neuron(later)
        current = x.over_steps().reshape(BATCH, STEPS, -1) @ w.T
        said, heard = [], []
        for t in range(STEPS):
            again = heard[t - lag] @ back.T if t >= lag else 0
            said.append(first(current[:, t] + again))
            heard.append(second(said[t] @ on.T))
        self.add("(%s -> dense(%d)) + (%s[-%d] -> dense(%d)) -> %s" % (x.name, units, later, lag, units, text),
                 torch.stack(said, 1), ("c",), True, True)
        self.add("%s -> dense(%d) -> %s" % (name, units, text_on), torch.stack(heard, 1), ("c",), True, True)

    # ---- what is learned from ----

    def loss(self):
        label = F.one_hot(torch.tensor(self.arrays["label"]).long(), CLASSES).to(self.dtype)
        texts, total = [], 0
        for x in dict.fromkeys([self.streams[-1], self.stream()]):
            w = self.weight("w_" + self.name(), CLASSES, x.flat().shape[-1])
            out = self.add("%s -> dense(%d)" % (x.name, CLASSES), x.flat() @ w.T, ("c",), x.temporal)
            reduce = self.one_of(["mean", "sum", "last"])
            score = {"mean": lambda x: x.mean(1), "sum": lambda x: x.sum(1), "last": lambda x: x[:, -1]}[reduce](out.value) \
                if out.temporal else out.value
            texts.append("cross_entropy(%s, label)" % ("%s(%s)" % (reduce, out.name) if out.temporal else out.name))
            total = total + F.cross_entropy(score, label)
        x = self.stream(lambda one: one.temporal)
        if x:
            texts.append("0.1 * mean((mean(%s, over = [batch, time]) - 0.1) ^ 2, over = all)" % x.name)
            total = total + 0.1 * ((x.value.mean((0, 1)) - 0.1) ** 2).mean()
        return " + ".join(texts), total


STAGES = [Network.add_dense] * 4 + [Network.add_conv] * 3 + [Network.add_pool] * 2 + [Network.add_neuron] * 4 + [Network.add_formula] * 2 \
    + [Network.add_pair] * 3 + [Network.add_reduction] * 2 + [Network.add_view] * 4 + [Network.add_norm] * 2 \
    + [Network.add_softmax, Network.add_steps] + [Network.add_loop] * 3


class Mixed:
    """A case for write_files."""

    def __init__(self, number):
        self.name, self.number = "mixed_%d" % number, number

    def run(self, turn, dtype):
        network = Network(1000 * self.number + turn, dtype)
        while len(network.lines) < 5 + self.number % 7:
            network.one_of(STAGES)(network)
        text, loss = network.loss()
        if network.distance < MARGIN or not loss.isfinite() or loss > 20:
            raise TooNear
        loss.backward()
        return network, text, loss.item()

    def record(self, turn):
        (exact, text, loss), (single, _, _) = self.run(turn, torch.float64), self.run(turn, torch.float32)
        arrays = dict(exact.arrays, loss=np.float32(loss))
        for name, param in exact.params.items():
            if param.grad is None:
                continue
            largest = param.grad.abs().max()
            if largest < SMALLEST or (param.grad - single.params[name].grad).abs().max() > PRECISION * largest:
                raise TooNear
            arrays["grad." + name] = np.float32(param.grad.numpy())
        data = "idx(shape = %s, classes = %d%s%s)" % (shape_text(exact.axes, exact.extents), CLASSES, ", temporal" * exact.temporal,
                                                      ", spikes" * exact.spikes_given)
        self.lines = ["model %s {" % self.name, "    data %s" % data, "    time %d steps" % STEPS,
                      *("    " + line for line in exact.lines), "    train { loss %s }" % text, "}"]
        return {"%s/%s" % (self.name, name): np.ascontiguousarray(array).reshape(np.shape(array)) for name, array in arrays.items()}

    def text(self):
        return "\n".join(self.lines) + "\n"


def as_stored(name, array):
    """Of weights, [outputs, inputs, taps...] as [taps][inputs][outputs]."""
    if not name.startswith(("w_", "delay_")) or array.ndim < 2:
        return array.flatten()
    return array.reshape(array.shape[:2] + (-1,)).transpose(2, 1, 0).flatten()


def compare(one, snnc, folder):
    """What is wrong, or None."""
    from safetensors.numpy import load_file
    arrays = {name.partition("/")[2]: array for name, array in recorded(one).items()}
    model, given, found = (os.path.join(folder, one.name + end) for end in (".snn", ".safetensors", ".found"))
    with open(model, "w") as file:
        file.write(one.text())
    with open(given, "wb") as file:
        file.write(safetensors(arrays))
    gradients = {name: array for name, array in arrays.items() if name.startswith("grad.")}
    names = ["loss"] + [name.replace(".", "_", 1) for name in gradients]
    done = subprocess.run([snnc, "-w", model, "--run", "--inputs=" + given, "--weights=" + given, "--print=" + ",".join(names),
                           "--save=" + found], capture_output=True, text=True)
    if done.returncode:
        return done.stderr
    there = load_file(found)
    wrong = [name for name, array in gradients.items()
             if np.abs(there[name.replace(".", "_", 1)].flatten() - as_stored(name[5:], array)).max() > 1e-5 * np.abs(array).max()]
    loss = abs(there["loss"].mean() - arrays["loss"])
    return "%s\n%s" % (", ".join(wrong) or "the loss", one.text()) if wrong or loss > 1e-5 * arrays["loss"] else None


def more(first, last, snnc):
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(first, last):
            complaint = compare(Mixed(number), snnc, folder)
            wrong += complaint is not None
            if complaint:
                print("mixed_%d: %s" % (number, complaint))
    sys.exit("mixed.py: %d of %d differ" % (wrong, last - first) if wrong else 0)


if __name__ == "__main__":
    if "--more" in sys.argv:
        more(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
    write_files("mixed", map(Mixed, RECORDED))
