#!/usr/bin/python3
"""Record what PyTorch's autograd says about small spiking networks.

Each case is one network, given twice: as the text of a model file and as plain PyTorch. One batch is run
in float32, and its input, labels, parameters, loss and gradients go to golden.safetensors; the model
files go to models.txt. README.md says what the arrays are called.

    record.py           write the golden files beside this script
    record.py --check   compute them again and compare with the files that are there
"""
import argparse
import json
import math
import os
import struct
import sys
import zlib

os.environ["ATEN_CPU_CAPABILITY"] = "default"  # the same kernels on every processor
try:
    import numpy as np
    import torch
    import torch.nn.functional as F
except ModuleNotFoundError as missing:
    sys.exit("record.py: %s: install Debian's python3-torch and run this with /usr/bin/python3" % missing)

torch.set_num_threads(1)

HERE = os.path.dirname(os.path.abspath(__file__))
BATCH, STEPS, INPUTS, HIDDEN, CLASSES = 4, 8, 7, 6, 3

# A recorded batch keeps this distance from everything that jumps: thresholds, edges of surrogates, ties.
MARGIN = 1e-3
# Allowed difference between the float32 and float64 gradients, relative to a parameter's largest.
PRECISION = 1e-5
# A recorded batch exercises its network: each layer's mean spikes per step are in RATES, the softmax is not
# saturated, and most elements of each gradient are not tiny beside the largest.
RATES = (0.08, 0.75)
LARGEST_LOSS = 4
SMALLEST_GRADIENT = 1e-3
ACTIVE_ELEMENTS = 0.7
ATTEMPTS = 20000


# --- Surrogates: the derivative of a step, and the distances |x| at which it jumps or has a corner ------

class Surrogate:
    def __init__(self, derivative, edges=()):
        self.derivative = derivative
        self.edges = edges


def atan(alpha=2):
    return Surrogate(lambda x: alpha / 2 / (1 + (math.pi * alpha * x / 2) ** 2))


def sigmoid(alpha=4):
    return Surrogate(lambda x: alpha * torch.sigmoid(alpha * x) * (1 - torch.sigmoid(alpha * x)))


def triangle(alpha=1):
    return Surrogate(lambda x: torch.clamp(alpha - alpha ** 2 * x.abs(), min=0), edges=(1 / alpha,))


def fast_sigmoid(slope=25):
    return Surrogate(lambda x: 1 / (slope * x.abs() + 1) ** 2)


def super_spike(beta=100):
    return fast_sigmoid(beta)


def rectangle(alpha=1):
    return Surrogate(lambda x: alpha * (x.abs() < 1 / (2 * alpha)).to(x.dtype), edges=(1 / (2 * alpha),))


def erf(alpha=2):
    return Surrogate(lambda x: alpha / math.sqrt(math.pi) * torch.exp(-(alpha * x) ** 2))


class Step(torch.autograd.Function):
    """1 where x >= 0, else 0; its derivative is the surrogate's."""

    @staticmethod
    def forward(ctx, x, derivative):
        ctx.save_for_backward(derivative(x))
        return (x >= 0).to(x.dtype)

    @staticmethod
    def backward(ctx, grad):
        return grad * ctx.saved_tensors[0], None


# --- One run of one network ----------------------------------------------------------------------------

class Run:
    """The parameters and input of a run, and notes on how near it came to a discontinuity.

    Sequences are time-first: [steps, batch, units]."""

    def __init__(self, params, image):
        self.params = params
        self.input = image.transpose(0, 1) if image.dim() > 2 else image
        self.spikes = {}        # layer -> its spikes, one tensor a step
        self.distance = math.inf

    def near(self, x):
        """x is the argument of something that is discontinuous, or has a corner, at 0."""
        self.distance = min(self.distance, x.detach().abs().min().item())

    def fire(self, layer, x, surrogate):
        self.near(x)
        for edge in surrogate.edges:
            self.near(x.abs() - edge)
        spike = Step.apply(x, surrogate.derivative)
        self.spikes.setdefault(layer, []).append(spike.detach())
        return spike

    def dense(self, suffix, x):
        """x W^T + b, with the parameters w_suffix and, where there is one, b_suffix."""
        return F.linear(x, self.params["w_" + suffix], self.params.get("b_" + suffix))

    def maximum(self, x):
        """The largest value over time."""
        largest, second = x.topk(2, dim=0).values
        self.near(largest - second)
        return x.max(dim=0).values


def cross_entropy(score, label):
    return F.cross_entropy(score, label)


def mse(score, label):
    return F.mse_loss(score, F.one_hot(label, CLASSES).to(score.dtype))


def delay(x, steps):
    """x as it was `steps` steps ago, 0 before the first."""
    return torch.cat([torch.zeros_like(x[:steps]), x[:-steps]])


def repeat(x):
    """A value that is the same at all steps."""
    return x.expand(STEPS, *x.shape)


# --- Library neurons, with SpikingJelly's conventions: charge, fire, reset -----------------------------

class Neuron:
    def __init__(self, run, layer, threshold=1.0, reset=0.0, soft_reset=False, detach_reset=False,
                 surrogate=atan(2)):
        self.run, self.layer, self.surrogate = run, layer, surrogate
        self.threshold, self.reset = threshold, reset
        self.soft_reset, self.detach_reset = soft_reset, detach_reset
        self.v = reset

    def charge(self, x):
        raise NotImplementedError

    def __call__(self, x):
        """One step: input current to spikes."""
        self.v = self.charge(x)
        spike = self.run.fire(self.layer, self.v - self.threshold, self.surrogate)
        self.v = self.after_reset(spike, self.threshold)
        return spike

    def after_reset(self, spike, threshold):
        if self.detach_reset:
            spike = spike.detach()
        if self.soft_reset:
            return self.v - spike * threshold
        return spike * self.reset + (1 - spike) * self.v

    def over(self, xs):
        """All steps."""
        return torch.stack([self(x) for x in xs])


class If(Neuron):
    def charge(self, x):
        return self.v + x


class Lif(Neuron):
    def __init__(self, run, layer, tau=2.0, decay_input=True, **common):
        super().__init__(run, layer, **common)
        self.tau, self.decay_input = tau, decay_input

    def charge(self, x):
        if self.decay_input:
            return self.v + (x - (self.v - self.reset)) / self.tau
        return self.v - (self.v - self.reset) / self.tau + x


class Plif(Lif):
    """A LIF whose 1 / tau is the sigmoid of the parameter plif_w_LAYER."""

    def __init__(self, run, layer, **common):
        super().__init__(run, layer, **common)
        self.tau = 1 / torch.sigmoid(run.params["plif_w_" + layer])


class CubaLif(Neuron):
    def __init__(self, run, layer, current_decay=0.5, voltage_decay=0.75, threshold=0.5, **common):
        super().__init__(run, layer, threshold=threshold, **common)
        self.current_decay, self.voltage_decay = current_decay, voltage_decay
        self.current = 0.0

    def charge(self, x):
        self.current = self.current_decay * self.current + x
        return self.voltage_decay * self.v + self.current


class Alif(Lif):
    def __init__(self, run, layer, tau_adapt=20.0, beta=0.2, **common):
        super().__init__(run, layer, **common)
        self.tau_adapt, self.beta = tau_adapt, beta
        self.a = 0.0

    def __call__(self, x):
        self.v = self.charge(x)
        threshold = self.threshold + self.beta * self.a
        spike = self.run.fire(self.layer, self.v - threshold, self.surrogate)
        self.v = self.after_reset(spike, threshold)
        self.a = self.a + (spike - self.a) / self.tau_adapt
        return spike


def li(xs, tau=2.0, decay_input=True):
    """A leaky integrator: its membrane at all steps."""
    v, out = 0.0, []
    for x in xs:
        v = v + (x - v) / tau if decay_input else v - v / tau + x
        out.append(v)
    return torch.stack(out)


# --- Cases ---------------------------------------------------------------------------------------------

class Near:
    """A parameter's values are drawn about `centre`."""

    def __init__(self, centre, spread, *shape):
        self.centre, self.spread, self.shape = centre, spread, shape

    def draw(self, random):
        return self.centre + self.spread * random.standard_normal(self.shape)


class Matrix:
    """A weight matrix [outputs, inputs]; some are weaker, some stronger, so that a fitting one is found."""

    def __init__(self, outputs, inputs):
        self.shape = (outputs, inputs)

    def draw(self, random):
        spread, centre = random.uniform(0.2, 1.5), random.uniform(0, 0.6)
        return centre + spread * random.standard_normal(self.shape)


class Bias(Near):
    def __init__(self, outputs):
        super().__init__(0.1, 0.3, outputs)


class Case:
    """`forward` maps a Run to the scores [batch, classes] of which `loss` is taken."""

    def __init__(self, name, text, forward, loss, params, binary=True, shape=(STEPS, INPUTS)):
        self.name, self.text, self.forward, self.loss, self.params = name, text, forward, loss, params
        self.binary = binary    # the image consists of 0 and 1, else of multiples of 1/255
        self.shape = shape      # of one sample


def model_text(name, body, score, loss, data="shape = [7], classes = 3, temporal", time="8 steps",
               definitions=""):
    lines = [definitions.strip("\n") + "\n"] if definitions else []
    lines += ["model %s {" % name, "    data idx(%s)" % data, "    time %s" % time, body.strip("\n"),
              "    predict argmax(%s)" % score, "    train { loss %s(%s, label) }" % (loss, score), "}"]
    return "\n".join(lines) + "\n"


NEURONS = [  # case name, neuron in the language, its own arguments there; the same in PyTorch
    ("if", "if", [], If, {}),
    ("lif", "lif", ["tau = 2"], Lif, {}),
    ("lif_full_input", "lif", ["tau = 2", "decay_input = false"], Lif, {"decay_input": False}),
    ("plif", "plif", [], Plif, {}),
    ("cuba_lif", "cuba_lif", [], CubaLif, {}),
    ("alif", "alif", [], Alif, {}),
]
SURROGATES = [
    ("atan(2)", atan(2)), ("sigmoid(4)", sigmoid(4)), ("triangle(1)", triangle(1)),
    ("fast_sigmoid(5)", fast_sigmoid(5)), ("super_spike(10)", super_spike(10)),
    ("rectangle(1)", rectangle(1)), ("erf(2)", erf(2)),
]
READOUTS = [  # case name, does the output layer spike, score, loss
    ("rate", True, "rate(out)", "cross_entropy"),
    ("rate_mse", True, "rate(out)", "mse"),
    ("sum", False, "sum(out)", "cross_entropy"),
    ("max", False, "max(out)", "cross_entropy"),
]
LOSSES = {"cross_entropy": cross_entropy, "mse": mse}


def product_case(neuron, surrogate, soft, detach, readout, binary):
    neuron_name, word, own_args, make, own = neuron
    readout_name, spiking, score, loss = readout
    args = own_args + ["soft_reset"] * soft + ["detach_reset"] * detach + ["surrogate = " + surrogate[0]]
    call = "%s(%s)" % (word, ", ".join(args))
    name = "_".join([neuron_name, surrogate[0].split("(")[0], "soft" if soft else "hard"]
                    + ["detach"] * detach + [readout_name])
    source = "input" if binary else "image"
    body = "    input  = poisson(image)\n" if binary else ""
    body += "    hidden = %s -> dense(%d) -> %s\n" % (source, HIDDEN, call)
    body += "    out    = hidden -> dense(%d) -> %s\n" % (CLASSES, call if spiking else "li(tau = 2)")
    params = {"w_hidden": Matrix(HIDDEN, INPUTS), "w_out": Matrix(CLASSES, HIDDEN)}
    if word == "plif":
        for layer in ["hidden", "out"] if spiking else ["hidden"]:
            params["plif_w_" + layer] = Near(0, 0.5)
    common = dict(own, surrogate=surrogate[1], soft_reset=soft, detach_reset=detach)

    def forward(run):
        hidden = make(run, "hidden", **common).over(run.dense("hidden", run.input))
        current = run.dense("out", hidden)
        out = make(run, "out", **common).over(current) if spiking else li(current)
        if score == "max(out)":
            return run.maximum(out)
        return out.sum(0) if score == "sum(out)" else out.mean(0)

    return Case(name, model_text(name, body, score, loss), forward, LOSSES[loss], params, binary)


def product_cases():
    cases = []
    for n, neuron in enumerate(NEURONS):
        for s, surrogate in enumerate(SURROGATES):
            for soft in (False, True):
                for detach in (False, True):
                    for r, readout in enumerate(READOUTS):
                        binary = (n + s + r) % 2 == 0
                        cases.append(product_case(neuron, surrogate, soft, detach, readout, binary))
    return cases


STRUCTURES = []


def case(body, score="rate(out)", loss="cross_entropy", binary=True, shape=(STEPS, INPUTS), data=None,
         time="8 steps", definitions="", **params):
    """Decorator: the function is the network in PyTorch, its name the name of the case."""
    def add(forward):
        static = "shape = [7], classes = 3"
        text = model_text(forward.__name__, body, score, loss,
                          data or (static if len(shape) == 1 else static + ", temporal"), time, definitions)
        STRUCTURES.append(Case(forward.__name__, text, forward, LOSSES[loss], params, binary, shape))
        return forward
    return add


TWO_LAYERS = dict(w_hidden=Matrix(6, 7), w_out=Matrix(3, 6))


def rate_of_output(run, hidden):
    """The readout of most structural cases: out = hidden -> dense(3) -> lif(tau = 2)."""
    return Lif(run, "out").over(run.dense("out", hidden)).mean(0)


@case("""
    input  = poisson(image)
    hidden = (input -> dense(6)) + (hidden[-1] -> dense(6)) -> lif(tau = 2)
    out    = hidden -> dense(3) -> lif(tau = 2)
""", w_hidden=Matrix(6, 7), w_hidden_2=Matrix(6, 6), w_out=Matrix(3, 6))
def recurrent(run, past=1):
    neuron, hidden = Lif(run, "hidden"), []
    for t, x in enumerate(run.dense("hidden", run.input)):
        if t >= past:
            x = x + run.dense("hidden_2", hidden[t - past])
        hidden.append(neuron(x))
    return rate_of_output(run, torch.stack(hidden))


@case("""
    hidden = (image -> dense(6, bias)) + (hidden[-3] -> dense(6)) -> lif(tau = 2)
    out    = hidden -> dense(3) -> lif(tau = 2)
""", binary=False, w_hidden=Matrix(6, 7), b_hidden=Bias(6), w_hidden_2=Matrix(6, 6), w_out=Matrix(3, 6))
def recurrent_three_steps_ago(run):
    return recurrent(run, past=3)


@case("""
    hidden = (image -> dense(6)) + (hidden[-1] -> dense(6)) -> plif(soft_reset, detach_reset)
    out    = (hidden -> dense(3)) + (out[-1] -> dense(3)) -> alif(soft_reset)
""", score="rate(out)", loss="mse", binary=False, w_hidden=Matrix(6, 7), w_hidden_2=Matrix(6, 6),
      plif_w_hidden=Near(0, 0.5), w_out=Matrix(3, 6), w_out_2=Matrix(3, 3))
def recurrent_twice(run):
    hidden_neuron = Plif(run, "hidden", soft_reset=True, detach_reset=True)
    out_neuron = Alif(run, "out", soft_reset=True)
    hidden, out, outs = torch.zeros_like(run.input[0, :, :6]), torch.zeros_like(run.input[0, :, :3]), []
    for x in run.input:
        hidden = hidden_neuron(run.dense("hidden", x) + run.dense("hidden_2", hidden))
        out = out_neuron(run.dense("out", hidden) + run.dense("out_2", out))
        outs.append(out)
    return torch.stack(outs).mean(0)


@case("""
    input  = poisson(image)
    first  = (input -> dense(6)) + (second[-1] -> dense(6)) -> lif(tau = 2)
    second = first -> dense(5) -> lif(tau = 2)
    out    = second -> dense(3) -> li(tau = 2)
""", score="sum(out)", w_first=Matrix(6, 7), w_first_2=Matrix(6, 5), w_second=Matrix(5, 6),
      w_out=Matrix(3, 5))
def feedback_from_a_later_layer(run):
    first_neuron, second_neuron = Lif(run, "first"), Lif(run, "second")
    second, seconds = torch.zeros_like(run.input[0, :, :5]), []
    for x in run.input:
        first = first_neuron(run.dense("first", x) + run.dense("first_2", second))
        second = second_neuron(run.dense("second", first))
        seconds.append(second)
    return li(run.dense("out", torch.stack(seconds))).sum(0)


@case("""
    input  = poisson(image)
    hidden = input -> dense(6) -> lif(tau = 2)
    out    = (hidden -> dense(3)) + (hidden[-2] -> dense(3)) + (input[-3] -> dense(3)) -> lif(tau = 2)
""", w_hidden=Matrix(6, 7), w_out=Matrix(3, 6), w_out_2=Matrix(3, 6), w_out_3=Matrix(3, 7))
def delays(run):
    hidden = Lif(run, "hidden").over(run.dense("hidden", run.input))
    current = run.dense("out", hidden) + run.dense("out_2", delay(hidden, 2))
    return Lif(run, "out").over(current + run.dense("out_3", delay(run.input, 3))).mean(0)


@case("""
    input  = poisson(image)
    first  = input -> dense(6) -> lif(tau = 2)
    second = first + (first -> dense(6) -> lif(tau = 2))
    third  = second + (second -> dense(6) -> if(soft_reset))
    out    = (third -> dense(3)) + (input -> dense(3)) -> li(tau = 2)
""", score="sum(out)", w_first=Matrix(6, 7), w_second=Matrix(6, 6), w_third=Matrix(6, 6),
      w_out=Matrix(3, 6), w_out_2=Matrix(3, 7))
def skip_connections(run):
    first = Lif(run, "first").over(run.dense("first", run.input))
    second = first + Lif(run, "second").over(run.dense("second", first))
    third = second + If(run, "third", soft_reset=True).over(run.dense("third", second))
    return li(run.dense("out", third) + run.dense("out_2", run.input)).sum(0)


@case("""
    input  = poisson(image)
    hidden = input -> dense(6, bias) -> lif(tau = 2)
    out    = hidden -> dense(3, bias) -> lif(tau = 2)
""", w_hidden=Matrix(6, 7), b_hidden=Bias(6), w_out=Matrix(3, 6), b_out=Bias(3))
def bias(run):
    return rate_of_output(run, Lif(run, "hidden").over(run.dense("hidden", run.input)))


@case("""
    hidden = image -> dense(6, bias) -> lif()
    out    = hidden -> dense(3) -> lif(tau = 2)
""", binary=False, shape=(INPUTS,), w_hidden=Matrix(6, 7), b_hidden=Bias(6), w_out=Matrix(3, 6))
def static_image(run):
    return rate_of_output(run, Lif(run, "hidden").over(repeat(run.dense("hidden", run.input))))


@case("""
    hidden = (image -> dense(6)) + 0.5 * (hidden[-1] -> dense(6)) -> lif(tau = 2)
    out    = (hidden -> dense(3)) + tanh(image -> dense(3)) -> lif(tau = 2)
""", binary=False, shape=(INPUTS,), w_hidden=Matrix(6, 7), w_hidden_2=Matrix(6, 6), w_out=Matrix(3, 6),
      w_out_2=Matrix(3, 7))
def static_image_and_streams(run):
    neuron, spikes, hidden = Lif(run, "hidden"), torch.zeros_like(run.input[:, :6]), []
    for x in repeat(run.dense("hidden", run.input)):
        spikes = neuron(x + 0.5 * run.dense("hidden_2", spikes))
        hidden.append(spikes)
    current = run.dense("out", torch.stack(hidden)) + torch.tanh(run.dense("out_2", run.input))
    return Lif(run, "out").over(current).mean(0)


@case("""
    out = image -> dense(6) -> if(threshold = 0.5) -> dense(3) -> lif(tau = 2)
""", binary=False, shape=(INPUTS,), w_out=Matrix(6, 7),
      w_out_2=Matrix(3, 6))
def two_layers_in_one_binding(run):
    hidden = If(run, "inner", threshold=0.5).over(repeat(run.dense("out", run.input)))
    return Lif(run, "out").over(run.dense("out_2", hidden)).mean(0)


@case("""
    hidden = image -> poisson -> dense(6) -> lif(tau = 2)
    out    = hidden -> dense(3) -> lif(tau = 2)
""", shape=(INPUTS,), **TWO_LAYERS)
def poisson_of_a_static_image(run):
    return rate_of_output(run, Lif(run, "hidden").over(run.dense("hidden", repeat(run.input))))


@case("""
    input  = latency(image)
    hidden = input -> dense(6) -> lif(tau = 2)
    out    = hidden -> dense(3) -> li(tau = 2)
""", score="sum(out)", binary=False, shape=(INPUTS,), **TWO_LAYERS)
def latency_code(run):
    step = torch.floor((1 - run.input) * (STEPS - 1) + 0.5)
    spikes = torch.stack([((step == t) & (run.input > 0)).to(run.input.dtype) for t in range(STEPS)])
    hidden = Lif(run, "hidden").over(run.dense("hidden", spikes))
    return li(run.dense("out", hidden)).sum(0)


@case("""
    input  = poisson(image)
    hidden = input -> dense(6) -> lif(tau = 2)
    left   = hidden -> dense(5) -> lif(tau = 3, threshold = 0.5)
    right  = hidden -> dense(4) -> if(detach_reset)
    out    = (left -> dense(3)) + (right -> dense(3)) + (hidden -> dense(3)) -> lif(tau = 2)
""", w_hidden=Matrix(6, 7), w_left=Matrix(5, 6), w_right=Matrix(4, 6), w_out=Matrix(3, 5),
      w_out_2=Matrix(3, 4), w_out_3=Matrix(3, 6))
def one_stream_used_three_times(run):
    hidden = Lif(run, "hidden").over(run.dense("hidden", run.input))
    left = Lif(run, "left", tau=3, threshold=0.5).over(run.dense("left", hidden))
    right = If(run, "right", detach_reset=True).over(run.dense("right", hidden))
    current = run.dense("out", left) + run.dense("out_2", right) + run.dense("out_3", hidden)
    return Lif(run, "out").over(current).mean(0)


@case("""
    h1  = image -> dense(6) -> lif(tau = 2)
    h2  = h1 -> dense(5, bias) -> lif(tau = 2)
    h3  = h2 -> dense(4) -> lif(tau = 2)
    out = h3 -> dense(3) -> lif(tau = 2)
""", binary=False, w_h1=Matrix(6, 7), w_h2=Matrix(5, 6), b_h2=Bias(5), w_h3=Matrix(4, 5), w_out=Matrix(3, 4))
def four_layers(run):
    x = run.input
    for layer in ("h1", "h2", "h3", "out"):
        x = Lif(run, layer).over(run.dense(layer, x))
    return x.mean(0)


@case("""
    block layer(x, width, slope = 2) = x -> dense(width) -> plif(surrogate = atan(slope))
    input  = poisson(image)
    first  = layer(input, 6)
    second = first -> layer(width = 5, slope = 3)
    out    = layer(second, 3)
""", w_first=Matrix(6, 7), plif_w_first=Near(0, 0.5), w_second=Matrix(5, 6), plif_w_second=Near(0, 0.5),
      w_out=Matrix(3, 5), plif_w_out=Near(0, 0.5))
def one_block_three_times(run):
    x = run.input
    for layer, slope in (("first", 2), ("second", 3), ("out", 2)):
        x = Plif(run, layer, surrogate=atan(slope)).over(run.dense(layer, x))
    return x.mean(0)


@case("""
    hidden = image -> dense([2, 3]) -> lif(tau = 20 ms)
    out    = hidden -> dense(3) -> lif(tau = 30 ms, threshold = level)
""", binary=False, shape=(STEPS, 2, 4), data="shape = [2, 4], classes = 3, temporal",
      time="8 steps of 10 ms", definitions="let level = 1.5 / 2", w_hidden=Matrix(6, 8), w_out=Matrix(3, 6))
def shapes_and_units(run):
    hidden = Lif(run, "hidden").over(run.dense("hidden", run.input.flatten(2)))
    return Lif(run, "out", tau=3, threshold=0.75).over(run.dense("out", hidden)).mean(0)


@case("""
    hidden = image -> dense(6) -> li(tau = 3) -> lif(tau = 2)
    out    = hidden -> dense(3) -> li(tau = 2, decay_input = false) -> li(tau = 1.5)
""", score="sum(out)", binary=False, **TWO_LAYERS)
def filters(run):
    hidden = Lif(run, "hidden").over(li(run.dense("hidden", run.input), tau=3))
    return li(li(run.dense("out", hidden), decay_input=False), tau=1.5).sum(0)


@case("""
    first = image -> lif(tau = 1.5, threshold = 0.4)
    out   = first -> dense(3) -> li(decay_input = false)
""", score="max(out)", loss="mse", binary=False, w_out=Matrix(3, 7))
def neuron_on_the_image(run):
    first = Lif(run, "first", tau=1.5, threshold=0.4).over(run.input)
    return run.maximum(li(run.dense("out", first), decay_input=False))


@case("""
    a   = image -> dense(6, bias) -> lif(tau = 2)
    b   = image -> dense(6) -> li(tau = 2)
    mix = 0.5 * a + tanh(b) - a * b / 4 + 0.1
    out = mix -> dense(3) -> lif(tau = 2)
""", binary=False, w_a=Matrix(6, 7), b_a=Bias(6), w_b=Matrix(6, 7), w_out=Matrix(3, 6))
def maps(run):
    a = Lif(run, "a").over(run.dense("a", run.input))
    b = li(run.dense("b", run.input))
    return rate_of_output(run, 0.5 * a + torch.tanh(b) - a * b / 4 + 0.1)


@case("""
    b   = image -> dense(6) -> li(tau = 2)
    c   = image -> dense(6) -> li(tau = 3)
    p   = sqrt(abs(b) + 0.1) + log(1 + exp(c)) - max(b, c)
    q   = sigmoid(b) * erf(c) + atan(b / (1 + c * c)) + min(b, 0.3) + expm1(0.2 * c)
    out = p + q - (b^2 + 1)^0.7 -> dense(3) -> li(tau = 2)
""", score="sum(out)", binary=False, w_b=Matrix(6, 7), w_c=Matrix(6, 7), w_out=Matrix(3, 6))
def maps_of_every_function(run):
    b, c = li(run.dense("b", run.input)), li(run.dense("c", run.input), tau=3)
    for corner in (b, b - c, b - 0.3):
        run.near(corner)
    p = torch.sqrt(b.abs() + 0.1) + torch.log(1 + torch.exp(c)) - torch.maximum(b, c)
    q = torch.sigmoid(b) * torch.erf(c) + torch.atan(b / (1 + c * c)) + torch.clamp(b, max=0.3)
    mixed = p + q + torch.expm1(0.2 * c) - (b ** 2 + 1) ** 0.7
    return li(run.dense("out", mixed)).sum(0)


READ_MEMBRANE = """
    input  = poisson(image)
    hidden = input -> dense(6) -> lif(tau = 2)
    out    = hidden -> dense(3) -> li(tau = 2)
"""


def membrane(run):
    return li(run.dense("out", Lif(run, "hidden").over(run.dense("hidden", run.input))))


@case(READ_MEMBRANE, score="mean(out)", loss="mse", **TWO_LAYERS)
def mean_mse(run):
    return membrane(run).mean(0)


@case(READ_MEMBRANE, score="last(out)", **TWO_LAYERS)
def last_step(run):
    return membrane(run)[-1]


@case(READ_MEMBRANE, score="mean(out) + 0.5 * last(out) - max(out) / 3", **TWO_LAYERS)
def reductions_mixed(run):
    out = membrane(run)
    return out.mean(0) + 0.5 * out[-1] - run.maximum(out) / 3


def chain_case(name, make, hidden, out, **params):
    """Two layers of a library neuron with other arguments than in the product: call and PyTorch's own."""
    body = "    hidden = image -> dense(6) -> %s\n    out    = hidden -> dense(3) -> %s\n"

    def forward(run):
        spikes = make(run, "hidden", **hidden[1]).over(run.dense("hidden", run.input))
        return make(run, "out", **out[1]).over(run.dense("out", spikes)).mean(0)

    text = model_text(name, body % (hidden[0], out[0]), "rate(out)", "cross_entropy")
    return Case(name, text, forward, cross_entropy, dict(TWO_LAYERS, **params), binary=False)


def argument_cases():
    learned = dict(plif_w_hidden=Near(0, 0.5), plif_w_out=Near(0, 0.5))
    near_tau = dict(plif_w_hidden=Near(-math.log(2), 0.1), plif_w_out=Near(-math.log(4), 0.1))
    low, low_detach = dict(reset=-0.2), dict(reset=-0.2, detach_reset=True)
    low_full, low_soft = dict(low, decay_input=False), dict(low, soft_reset=True)
    yield chain_case("reset_if", If, ("if(reset = -0.2)", low),
                     ("if(reset = -0.2, detach_reset)", low_detach))
    yield chain_case("reset_lif", Lif, ("lif(reset = -0.2)", low),
                     ("lif(reset = -0.2, decay_input = false)", low_full))
    yield chain_case("reset_lif_soft", Lif, ("lif(reset = -0.2, soft_reset)", low_soft),
                     ("lif(reset = -0.2, decay_input = false, soft_reset)", dict(low_full, soft_reset=True)))
    yield chain_case("reset_plif", Plif, ("plif(reset = -0.2)", low),
                     ("plif(reset = -0.2, detach_reset)", low_detach), **learned)
    yield chain_case("reset_cuba_lif", CubaLif, ("cuba_lif(reset = -0.2)", low),
                     ("cuba_lif(reset = -0.2)", low))
    yield chain_case("reset_alif", Alif, ("alif(reset = -0.2)", low), ("alif(reset = -0.2)", low))
    yield chain_case("plif_arguments", Plif, ("plif(tau0 = 3, threshold = 0.8)", dict(threshold=0.8)),
                     ("plif(tau0 = 5, decay_input = false)", dict(decay_input=False)), **near_tau)
    yield chain_case("lif_arguments", Lif, ("lif(4, 0.6)", dict(tau=4, threshold=0.6)),
                     ("lif(threshold = 1.2, tau = 1.25)", dict(tau=1.25, threshold=1.2)))
    yield chain_case("cuba_lif_arguments", CubaLif,
                     ("cuba_lif(current_decay = 0.3, voltage_decay = 0.9, threshold = 1)",
                      dict(current_decay=0.3, voltage_decay=0.9, threshold=1)),
                     ("cuba_lif(current_decay = 0, threshold = 0.8)", dict(current_decay=0, threshold=0.8)))
    yield chain_case("alif_arguments", Alif,
                     ("alif(tau = 3, tau_adapt = 4, beta = 0.8)", dict(tau=3, tau_adapt=4, beta=0.8)),
                     ("alif(tau_adapt = 2, beta = 0.5, threshold = 0.7, soft_reset)",
                      dict(tau_adapt=2, beta=0.5, threshold=0.7, soft_reset=True)))
    for word, make, argument, value in (
            ("atan", atan, "alpha", 5), ("sigmoid", sigmoid, "alpha", 2),
            ("triangle", triangle, "alpha", 0.5), ("fast_sigmoid", fast_sigmoid, "slope", 2),
            ("super_spike", super_spike, "beta", 5), ("rectangle", rectangle, "alpha", 0.5),
            ("erf", erf, "alpha", 1)):
        call = "lif(surrogate = %s(%s = %g))" % (word, argument, value)
        yield chain_case(word + "_arguments", Lif, ("lif(surrogate = %s())" % word, dict(surrogate=make())),
                         (call, dict(surrogate=make(value))))


# --- Cases with neurons of their own -------------------------------------------------------------------

def own_neuron(call, definitions, **options):
    """Decorator for a network with one hidden layer of the user's neuron; the function yields its output."""
    body = "    hidden = image -> dense(6) -> %s\n    out    = hidden -> dense(3) -> lif(tau = 2)\n" % call

    def add(steps):
        def forward(run):
            return rate_of_output(run, torch.stack(list(steps(run, run.dense("hidden", run.input)))))
        forward.__name__ = steps.__name__
        return case(body, binary=False, definitions=definitions, **dict(TWO_LAYERS, **options))(forward)
    return add


@own_neuron("own_tau()", """
neuron own_tau(threshold = 1, surrogate = atan(2)) {     # every neuron learns its time constant
    param w per neuron = 0
    state v = 0
    v     = v + (input - v) * sigmoid(w)
    spike = step(v - threshold, surrogate)
    v     = where(spike, 0, v)
}
""", own_tau_w_hidden=Near(0, 0.5, 6))
def parameter_per_neuron(run, current):
    v = 0.0
    for x in current:
        v = v + (x - v) * torch.sigmoid(run.params["own_tau_w_hidden"])
        spike = run.fire("hidden", v - 1, atan(2))
        v = (1 - spike) * v
        yield spike


@own_neuron("learned(surrogate = sigmoid(3))", """
neuron learned(surrogate = atan(2)) {     # one gain for the layer, a threshold and a reset per neuron
    param gain = 1
    param threshold per neuron = 1
    param rest per neuron = 0
    state v = 0
    v     = v + (gain * input - v) / 2
    spike = step(v - threshold, surrogate)
    v     = where(spike, rest, v)
}
""", learned_gain_hidden=Near(1, 0.1), learned_threshold_hidden=Near(1, 0.1, 6),
            learned_rest_hidden=Near(0, 0.1, 6))
def three_learned_parameters(run, current):
    gain, threshold = run.params["learned_gain_hidden"], run.params["learned_threshold_hidden"]
    rest, v = run.params["learned_rest_hidden"], 0.0
    for x in current:
        v = v + (gain * x - v) / 2
        spike = run.fire("hidden", v - threshold, sigmoid(3))
        v = spike * rest + (1 - spike) * v
        yield spike


@own_neuron("adaptive(beta = 0.6)", """
neuron adaptive(threshold = 1, beta = 0.5, surrogate = atan(2)) {
    param w = 1                                          # the adaptation's decay is sigmoid(w)
    state v = 0
    state a = 0
    decay = sigmoid(w)
    v     = v + (input - v) / 2
    spike = step(v - threshold - beta * a, surrogate)
    v     = v - spike * threshold
    a     = decay * a + (1 - decay) * spike
}
""", adaptive_w_hidden=Near(1, 0.3))
def learned_adaptation(run, current):
    v = a = 0.0
    decay = torch.sigmoid(run.params["adaptive_w_hidden"])
    for x in current:
        v = v + (x - v) / 2
        spike = run.fire("hidden", v - 1 - 0.6 * a, atan(2))
        v = v - spike
        a = decay * a + (1 - decay) * spike
        yield spike


@own_neuron("refractory(pause = 2)", """
neuron refractory(pause = 2, surrogate = atan(2)) {      # silent for `pause` steps after a spike
    state v = 0
    state left = 0
    v     = where(left > 0, v, v + (input - v) / 2)
    spike = step(v - 1, surrogate)
    v     = where(detach(spike), 0, v)
    left  = where(spike, pause, max(left - 1, 0))
}
""")
def refractory_period(run, current):
    v, left = 0.0, torch.zeros_like(current[0])
    for x in current:
        v = torch.where(left > 0, v + 0 * x, v + (x - v) / 2)
        spike = run.fire("hidden", v - 1, atan(2))
        v = (1 - spike.detach()) * v
        left = spike * 2 + (1 - spike) * torch.clamp(left - 1, min=0)
        yield spike


@own_neuron("exponential()", """
neuron exponential(tau = 2, sharpness = 0.5, surrogate = atan(2)) {
    state v = 0
    v     = v + (input - v + sharpness * exp(min((v - 0.8) / sharpness, 2))) / tau
    spike = step(v - 1, surrogate)
    v     = where(spike, 0, v)
}
""")
def exponential_neuron(run, current):
    v = torch.zeros_like(current[0])
    for x in current:
        run.near((v - 0.8) / 0.5 - 2)
        v = v + (x - v + 0.5 * torch.exp(torch.clamp((v - 0.8) / 0.5, max=2))) / 2
        spike = run.fire("hidden", v - 1, atan(2))
        v = (1 - spike) * v
        yield spike


@own_neuron("quadratic(surrogate = bump(width = 0.5))", """
surrogate bump(width = 1) {
    derivative     = exp(-abs(x) / width) / (2 * width)
    antiderivative = where(x < 0, exp(x / width) / 2, 1 - exp(-x / width) / 2)
}

neuron quadratic(surrogate = atan(2)) {                  # membrane and recovery, both reset by a spike
    state v = 0
    state u = 0
    v     = v + 0.5 * (0.3 * v^2 - u + input)
    u     = u + 0.2 * (0.6 * v - u)
    spike = step(v - 1, surrogate)
    v     = where(spike, -0.3, v)
    u     = u + 0.4 * spike
}
""")
def quadratic_neuron_with_own_surrogate(run, current):
    bump = Surrogate(lambda x: torch.exp(-x.abs() / 0.5))
    v = u = 0.0
    for x in current:
        v = v + 0.5 * (0.3 * v ** 2 - u + x)
        u = u + 0.2 * (0.6 * v - u)
        spike = run.fire("hidden", v - 1, bump)
        v = -0.3 * spike + (1 - spike) * v
        u = u + 0.4 * spike
        yield spike


@own_neuron("rectified()", """
neuron rectified(surrogate = atan(2)) {                  # never below 0; its gain is learned
    param k = 1
    state v = 0
    v     = max(k * (v + (input - v) / 2), 0)
    spike = step(v - 1, surrogate)
    v     = v - detach(spike)
}
""", rectified_k_hidden=Near(1.1, 0.1))
def rectified_neuron(run, current):
    v = 0.0
    for x in current:
        v = run.params["rectified_k_hidden"] * (v + (x - v) / 2)
        run.near(v)
        v = torch.relu(v)
        spike = run.fire("hidden", v - 1, atan(2))
        v = v - spike.detach()
        yield spike


@own_neuron("before_reset()", """
neuron before_reset(surrogate = atan(2)) {               # gives its membrane, as it is before the reset
    state v = 0
    v      = v + (input - v) / 2
    output = v
    spike  = step(v - 1, surrogate)
    v      = where(spike, 0, v)
}
""")
def membrane_before_the_reset(run, current):
    v = 0.0
    for x in current:
        v = v + (x - v) / 2
        yield v
        v = (1 - run.fire("hidden", v - 1, atan(2))) * v


@own_neuron("millivolts(tau = 15 ms)", """
neuron millivolts(tau = 20 ms, rest = -65 mV, threshold = -50 mV, drive = 30 mV) {
    state v = rest
    v     = v + (rest - v + drive * input) * dt / tau
    spike = step((v - threshold) / 10 mV, atan(2))
    v     = where(spike, rest, v)
}
""", time="8 steps of 5 ms")
def units_in_a_neuron(run, current):
    v = -65.0
    for x in current:
        v = v + (-65 - v + 30 * x) * 5 / 15
        spike = run.fire("hidden", (v + 50) / 10, atan(2))
        v = -65 * spike + (1 - spike) * v
        yield spike


# --- Recording -----------------------------------------------------------------------------------------

class Unfit(Exception):
    """This seed's batch is no good: another one, please."""


def execute(one, params, image, label, dtype):
    """Loss, gradients and the Run of one case; raises Unfit before the backward pass where it can."""
    tensors = {name: torch.tensor(value, dtype=dtype, requires_grad=True) for name, value in params.items()}
    run = Run(tensors, torch.tensor(image, dtype=dtype))
    loss = one.loss(one.forward(run), torch.tensor(label))
    if run.distance < MARGIN:
        raise Unfit("too near a discontinuity")
    for layer, spikes in run.spikes.items():
        if not RATES[0] <= torch.stack(spikes).mean().item() <= RATES[1]:
            raise Unfit("%s fires too rarely or too often" % layer)
    if loss.item() > LARGEST_LOSS:
        raise Unfit("the loss is too large")
    loss.backward()
    return loss.item(), {name: tensor.grad.numpy() for name, tensor in tensors.items()}, run


def check_gradients(single, double, spikes):
    for name, grad in single.items():
        largest = np.abs(double[name]).max()
        active = np.mean(np.abs(grad) > 1e-3 * largest)
        if largest < SMALLEST_GRADIENT or active < ACTIVE_ELEMENTS:
            raise Unfit("gradient of %s vanishes" % name)
        if np.abs(grad - double[name]).max() > PRECISION * largest:
            raise Unfit("gradient of %s is not known precisely" % name)
    for layers in zip(spikes[0].values(), spikes[1].values()):
        if not torch.equal(torch.stack(layers[0]).double(), torch.stack(layers[1])):
            raise Unfit("float32 and float64 spike differently")


def attempt(one, seed):
    """The arrays of one case, drawn from one seed."""
    random = np.random.RandomState(seed)
    levels = 255 * (random.random_sample((BATCH,) + one.shape) < 0.4) if one.binary else \
        random.randint(0, 256, (BATCH,) + one.shape)
    image = levels.astype(np.float32) / np.float32(255)
    label = random.randint(0, CLASSES, BATCH)
    params = {name: np.float32(kind.draw(random)) for name, kind in one.params.items()}
    loss, grads, run = execute(one, params, image, label, torch.float32)
    _, exact_grads, exact_run = execute(one, params, image, label, torch.float64)
    check_gradients(grads, exact_grads, (run.spikes, exact_run.spikes))
    arrays = {"input": image, "label": label.astype(np.int32)}
    for name, value in params.items():
        arrays[name], arrays["grad." + name] = value, grads[name]
    arrays["loss"] = np.float32(loss)
    return {one.name + "/" + name: np.asarray(array) for name, array in arrays.items()}


def record_case(one):
    """The seeds depend on nothing but the case's name, so that a new case leaves the others as they are."""
    reasons = {}
    for number in range(ATTEMPTS):
        try:
            return attempt(one, zlib.crc32(("%s %d" % (one.name, number)).encode()))
        except Unfit as unfit:
            reasons[str(unfit)] = reasons.get(str(unfit), 0) + 1
    sys.exit("record.py: no fitting seed for %s in %d attempts: %s" % (one.name, ATTEMPTS, reasons))


OPTIMIZERS = [
    ("sgd", "sgd(lr = 0.1)", lambda w: torch.optim.SGD(w, 0.1)),
    ("sgd_momentum", "sgd(lr = 0.1, momentum = 0.9, decay = 0.01)",
     lambda w: torch.optim.SGD(w, 0.1, momentum=0.9, weight_decay=0.01)),
    ("sgd_nesterov", "sgd(lr = 0.1, momentum = 0.9, nesterov = true, decay = 0.01)",
     lambda w: torch.optim.SGD(w, 0.1, momentum=0.9, nesterov=True, weight_decay=0.01)),
    ("adam", "adam(lr = 0.01)", lambda w: torch.optim.Adam(w, 0.01)),
    ("adam_decay", "adam(lr = 0.01, decay = 0.1)", lambda w: torch.optim.Adam(w, 0.01, weight_decay=0.1)),
    ("adam_arguments", "adam(lr = 0.01, beta1 = 0.8, beta2 = 0.99, eps = 1e-3)",
     lambda w: torch.optim.Adam(w, 0.01, betas=(0.8, 0.99), eps=1e-3)),
    ("adamw", "adamw(lr = 0.01)", lambda w: torch.optim.AdamW(w, 0.01)),
    ("adamw_decay", "adamw(lr = 0.01, decay = 0.5)", lambda w: torch.optim.AdamW(w, 0.01, weight_decay=0.5)),
]


def record_optimizer(name, make):
    """Five steps on given gradients; one element's gradient is always 0, one's is tiny."""
    random = np.random.RandomState(1)
    weight = torch.tensor(random.standard_normal((3, 4)), dtype=torch.float32)
    arrays = {"w0": weight.numpy().copy()}
    weight.requires_grad_(True)
    optimizer = make([weight])
    for step in range(1, 6):
        grad = random.standard_normal((3, 4)).astype(np.float32)
        grad[0, 0] = 0
        grad[1, 1] *= np.float32(1e-6)
        weight.grad = torch.tensor(grad)
        arrays["grad%d" % step] = grad
        optimizer.step()
    arrays["w5"] = weight.detach().numpy()
    return {"optim/%s/%s" % (name, key): array for key, array in arrays.items()}


def safetensors(arrays):
    """The bytes of a safetensors file."""
    header, offset = {"__metadata__": {"torch": torch.__version__}}, 0
    for name, array in arrays.items():
        dtype = {"float32": "F32", "int32": "I32"}[str(array.dtype)]
        header[name] = {"dtype": dtype, "shape": list(array.shape),
                        "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(array.tobytes() for array in arrays.values())


def record():
    """All golden files: name -> bytes."""
    cases = product_cases() + STRUCTURES + list(argument_cases())
    assert len({one.name for one in cases}) == len(cases)
    arrays = {}
    for number, one in enumerate(cases, 1):
        arrays.update(record_case(one))
        if sys.stderr.isatty():
            print("\r%d of %d cases" % (number, len(cases)), end="", file=sys.stderr)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    for name, _, make in OPTIMIZERS:
        arrays.update(record_optimizer(name, make))
    models = "\n".join("### %s\n%s" % (one.name, one.text) for one in cases)
    optimizers = "".join("%s: %s\n" % (name, text) for name, text, _ in OPTIMIZERS)
    return {"golden.safetensors": safetensors(arrays), "models.txt": models.encode(),
            "optimizers.txt": optimizers.encode()}


def write(name, content):
    path = os.path.join(HERE, name)
    try:
        with open(path + ".tmp", "wb") as file:
            file.write(content)
        os.replace(path + ".tmp", path)
    except OSError as error:
        if os.path.exists(path + ".tmp"):
            os.remove(path + ".tmp")
        sys.exit("record.py: cannot write %s: %s" % (name, error.strerror))


def complaint(name, content):
    """What is wrong with a golden file, or None."""
    try:
        with open(os.path.join(HERE, name), "rb") as file:
            if file.read() == content:
                return None
    except OSError as error:
        return error.strerror
    return "is not what this script records here: run it without --check, then look at the difference"


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the files; write nothing")
    check = parser.parse_args().check
    files = record()
    if not check:
        for name, content in files.items():
            write(name, content)
        return
    complaints = [(name, complaint(name, content)) for name, content in files.items()]
    for name, problem in complaints:
        if problem:
            print("record.py: %s: %s" % (name, problem), file=sys.stderr)
    sys.exit(1 if any(problem for _, problem in complaints) else 0)


if __name__ == "__main__":
    main()
