"""The networks, and the neurons of each library for them. A module of a library has

    PACKAGES                  the packages whose versions matter
    scale(work)               what its neurons need weights in front of them to be multiplied by
    neurons(work, recurrence) a torch module for all steps: currents [steps, batch, ...] to spikes; `recurrence`, a
                              linear layer or None, adds a current made of the spikes one step ago
    leaky_scale(work), leaky(work)
                              the same of a readout without spikes: y = readout_decay y + x

and may have

    parallel(work, weight, bias)
                              the same of parallel spiking neurons: of weights [steps, steps] and biases [steps], by which all steps
                              are read, or, masked, so many as `order` says; or of sliding ones, [order] and one
    reset(network)            called before each batch
    LEAKY_ONLY                True where its neurons have to decay

A network takes inputs [steps, batch, shape] and gives the readout [steps, batch, classes]. Its layers are called as in the
model file, where NAME has the parameters w_NAME and b_NAME."""

import torch
from torch import nn
from torch.nn import functional


def linear(weights, name, scale=1):
    """All to all, with a bias if there is one. w_NAME: [outputs, inputs]."""
    weight, bias = weights["w_" + name], weights.get("b_" + name)
    layer = nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None)
    layer.weight.data.copy_(scale * weight)
    if bias is not None:
        layer.bias.data.copy_(scale * bias)
    return layer


def convolution(weights, name, scale):
    """3 x 3, of the same size, without bias. w_NAME: [outputs, inputs, 3, 3]."""
    weight = weights["w_" + name]
    layer = nn.Conv2d(weight.shape[1], weight.shape[0], 3, padding=1, bias=False)
    layer.weight.data.copy_(scale * weight)
    return layer


def at_once(layer, x):
    """A layer without memory, for all steps at once."""
    return layer(x.flatten(0, 1)).unflatten(0, x.shape[:2])


class Network(nn.Module):
    """A part of its own, `before`, and the readout."""

    def __init__(self, library, work, weights):
        super().__init__()
        self.prepare = getattr(library, "reset", lambda network: None)
        scale = (library.scale if work.spiking_readout else library.leaky_scale)(work)
        self.readout = linear(weights, "readout", scale)
        self.output = library.neurons(work) if work.spiking_readout else library.leaky(work)

    def forward(self, x):
        self.prepare(self)
        return self.output(self.readout(self.before(x)))


class Dense(Network):
    def __init__(self, library, work, weights):
        super().__init__(library, work, weights)
        scale = library.scale(work)
        self.hidden = linear(weights, "hidden", scale)
        self.hidden_2 = linear(weights, "hidden_2", scale) if "w_hidden_2" in weights else None
        self.neurons = library.neurons(work, self.hidden_2)

    def before(self, x):
        return self.neurons(self.hidden(x))


class Convolutional(Network):
    def __init__(self, library, work, weights):
        super().__init__(library, work, weights)
        scale = library.scale(work)
        self.first = convolution(weights, "first", scale)
        self.second = convolution(weights, "second", scale)
        self.first_neurons = library.neurons(work)
        self.second_neurons = library.neurons(work)

    def before(self, x):
        pool = functional.max_pool2d
        first = self.first_neurons(at_once(self.first, x.unsqueeze(2)))
        pooled = pool(first.flatten(0, 1), 2).unflatten(0, x.shape[:2])
        second = self.second_neurons(at_once(self.second, pooled))
        # channel last, as the readout's weights are
        return pool(second.flatten(0, 1), 2).unflatten(0, x.shape[:2]).movedim(2, -1).flatten(2)


class Rows(nn.Module):
    def __init__(self, library, work, weights):
        super().__init__()
        self.prepare = getattr(library, "reset", lambda network: None)
        self.hidden = linear(weights, "hidden", 1 if work.parallel else library.scale(work))
        self.hidden_2 = library.parallel(work, weights["w_hidden_2"], weights["b_hidden_2"]) if work.parallel \
            else library.neurons(work)
        self.readout = linear(weights, "readout")

    def forward(self, x):
        self.prepare(self)
        return self.readout(self.hidden_2(self.hidden(x)))


class Layer(nn.Module):
    """A convolution that pads to the extent, a norm of each channel and neurons."""

    def __init__(self, library, work, weights, name, stride):
        super().__init__()
        weight = weights["w_" + name]
        channels, inputs, kernel, _ = weight.shape
        self.conv = nn.Conv2d(inputs, channels, kernel, stride, kernel // 2, bias=False)
        self.conv.weight.data.copy_(weight)
        self.norm = nn.BatchNorm2d(channels)
        self.norm.weight.data.copy_(weights["gain_" + name])
        self.norm.bias.data.copy_(weights["shift_" + name])
        self.neurons = library.neurons(work)

    def forward(self, x):
        return self.neurons(at_once(nn.Sequential(self.conv, self.norm), x))


class Residual(nn.Module):
    def __init__(self, library, work, weights):
        super().__init__()
        self.prepare = getattr(library, "reset", lambda network: None)
        self.small = weights["w_stem"].shape[-1] == 7
        self.stem = Layer(library, work, weights, "stem", 2 if self.small else 1)
        self.stages = ("first", "second", "third", "fourth")
        for name in (key[2:] for key in weights if key.startswith("w_") and key[2:] not in ("stem", "readout")):
            halves = name in self.stages[1:] or name.endswith("_3") and not name.startswith("first")
            self.add_module(name, Layer(library, work, weights, name, 2 if halves else 1))
        self.readout = linear(weights, "readout")

    def stage(self, name, x):
        def layer(n):
            return getattr(self, f"{name}_{n}" if n > 1 else name)

        around = name != "first"
        x = layer(2)(layer(1)(x)) + (layer(3)(x) if around else x)
        return layer(4 + around)(layer(3 + around)(x)) + x

    def forward(self, x):
        self.prepare(self)
        x = self.stem(x.movedim(-1, 2))
        if self.small:
            x = at_once(lambda spikes: functional.max_pool2d(spikes, 3, 2, 1), x)
        for name in self.stages:
            x = self.stage(name, x)
        return self.readout(x.mean((3, 4)))


class Delays(nn.Module):
    """A connection whose weights each come by a delay of their own, in steps: spread over a kernel along time by a Gaussian,
    whose middle is the delay; then a norm, if there is one."""

    def __init__(self, work, weights, name, scale):
        super().__init__()
        self.weight = nn.Parameter(weights["w_" + name].clone())
        self.delay = nn.Parameter(weights["delay_" + name].clone())
        self.width = work.width
        self.register_buffer("later", torch.arange(work.taps - 1, -1, -1.0))
        self.norm = self.fixed = None
        if "gain_" + name in weights:
            self.norm = nn.BatchNorm1d(len(self.weight))
            self.norm.weight.data.copy_(scale * weights["gain_" + name])
            self.norm.bias.data.copy_(scale * weights["shift_" + name])
        else:
            self.weight.data.mul_(scale)

    def freeze(self):
        """For inference: from now on, each weight comes by the step nearest to its delay."""
        self.fixed = self.weight.unsqueeze(-1) * (self.later == self.delay.round().unsqueeze(-1))

    def kernel(self):
        bump = torch.exp(-0.5 * ((self.later - self.delay.unsqueeze(-1)) / self.width) ** 2)
        return self.weight.unsqueeze(-1) * (bump / (bump.sum(-1, keepdim=True) + 1e-7))

    def forward(self, x):
        kernel = self.kernel() if self.fixed is None else self.fixed
        y = functional.conv1d(functional.pad(x.permute(1, 2, 0), (len(self.later) - 1, 0)), kernel)
        return (self.norm(y) if self.norm else y).permute(2, 0, 1).contiguous()


class Delayed(nn.Module):
    def __init__(self, library, work, weights):
        super().__init__()
        self.prepare = getattr(library, "reset", lambda network: None)
        self.first = Delays(work, weights, "first", library.scale(work))
        self.second = Delays(work, weights, "second", library.scale(work))
        self.readout = Delays(work, weights, "readout", library.leaky_scale(work))
        self.first_neurons, self.second_neurons = library.neurons(work), library.neurons(work)
        self.output = library.leaky(work)

    def forward(self, x):
        self.prepare(self)
        return self.output(self.readout(self.second_neurons(self.second(self.first_neurons(self.first(x))))))


class Halved(nn.Module):
    """A convolution along time that leaves out steps, a norm of each channel and neurons."""

    def __init__(self, library, work, weights, name):
        super().__init__()
        weight = weights["w_" + name]
        channels, inputs, kernel = weight.shape
        self.conv = nn.Conv1d(inputs, channels, kernel, work.stride, kernel // 2, bias=False)
        self.conv.weight.data.copy_(weight)
        self.norm = nn.BatchNorm1d(channels)
        scale = library.scale(work)
        self.norm.weight.data.copy_(scale * weights["gain_" + name])
        self.norm.bias.data.copy_(scale * weights["shift_" + name])
        self.neurons = library.neurons(work)

    def forward(self, x):
        return self.neurons(self.norm(self.conv(x.permute(1, 2, 0))).permute(2, 0, 1).contiguous())


class Strided(Network):
    def __init__(self, library, work, weights):
        super().__init__(library, work, weights)
        self.first, self.second, self.third = (Halved(library, work, weights, name) for name in ("first", "second", "third"))

    def before(self, x):
        return self.third(self.second(self.first(x)))


def has(library, work):
    """Whether the library has the neurons of the workload."""
    return (not work.parallel or hasattr(library, "parallel")) \
        and (work.decay < 1 or not hasattr(library, "LEAKY_ONLY"))


def build(library, work, weights):
    return globals()[work.network](library, work, weights)


PREFIXES = {"weight": "w_", "bias": "b_", "delay": "delay_", "conv.weight": "w_", "norm.weight": "gain_", "norm.bias": "shift_"}


def parameters(network):
    """By name, those that learn."""
    named = {}
    for name, parameter in network.named_parameters():
        layer, kind = name.split(".", 1)
        named[PREFIXES[kind] + layer] = parameter
    return named
