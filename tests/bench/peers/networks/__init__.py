"""The networks, and the neurons of each library for them. A module of a library has

    PACKAGES                  the packages whose versions matter
    scale(work)               what its neurons need weights in front of them to be multiplied by
    neurons(work, recurrence) a torch module for all steps: currents [steps, batch, ...] to spikes; `recurrence`, a
                              linear layer or None, adds a current made of the spikes one step ago
    LEAKY_SCALE, leaky()      the same of a readout without spikes: y = READOUT_DECAY y + x

and may have

    parallel(weight, bias)    the same of parallel spiking neurons, with a weight [steps, steps] and a bias [steps]
    reset(network)            called before each batch

A network takes inputs [steps, batch, shape] and gives the readout [steps, batch, classes]. Its layers are called as in the
model file, where NAME has the parameters w_NAME and b_NAME."""

from torch import nn
from torch.nn import functional


def linear(weights, name, scale=1):
    """All to all, with a bias if there is one. w_NAME: [outputs, inputs]."""
    weight, bias = weights["w_" + name], weights.get("b_" + name)
    layer = nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None)
    layer.weight.data.copy_(scale * weight)
    if bias is not None:
        layer.bias.data.copy_(bias)
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
        scale = library.scale(work) if work.spiking_readout else library.LEAKY_SCALE
        self.readout = linear(weights, "readout", scale)
        self.output = library.neurons(work) if work.spiking_readout else library.leaky()

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


class Parallel(nn.Module):
    def __init__(self, library, work, weights):
        super().__init__()
        self.hidden = linear(weights, "hidden")
        self.hidden_2 = library.parallel(weights["w_hidden_2"], weights["b_hidden_2"])
        self.readout = linear(weights, "readout")

    def forward(self, x):
        return self.readout(self.hidden_2(self.hidden(x)))


def has(library, work):
    """Whether the library has the neurons of the workload."""
    return work.network != "Parallel" or hasattr(library, "parallel")


def build(library, work, weights):
    return globals()[work.network](library, work, weights)


def parameters(network):
    """By name, those that learn."""
    named = {}
    for name, parameter in network.named_parameters():
        layer, kind = name.rsplit(".", 1)
        named[{"weight": "w_", "bias": "b_"}[kind] + layer] = parameter
    return named
