"""The networks, and the neurons of each library for them. A module of a library has

    PACKAGES                  the packages whose versions matter
    scale(work)               what its neurons need weights in front of them to be multiplied by
    neurons(work, recurrence) a torch module for all steps: currents [steps, batch, ...] to spikes; `recurrence`, a
                              linear layer or None, adds a current made of the spikes one step ago
    LEAKY_SCALE, leaky()      the same of a readout without spikes: y = READOUT_DECAY y + x

and may have `reset(network)`, called before each batch. A network takes inputs [steps, batch, shape] and gives the
readout [steps, batch, classes]; its parameters have the names of the model file."""

from torch import nn
from torch.nn import functional


def linear(weight):
    """All to all, without bias. weight: [outputs, inputs]."""
    layer = nn.Linear(weight.shape[1], weight.shape[0], bias=False)
    layer.weight.data.copy_(weight)
    return layer


def convolution(weight):
    """3 x 3, of the same size, without bias. weight: [outputs, inputs, 3, 3]."""
    layer = nn.Conv2d(weight.shape[1], weight.shape[0], 3, padding=1, bias=False)
    layer.weight.data.copy_(weight)
    return layer


def at_once(layer, x):
    """A layer without memory, for all steps at once."""
    return layer(x.flatten(0, 1)).unflatten(0, x.shape[:2])


class Readout(nn.Module):
    """The part of all of them that gives a stream a class."""

    def __init__(self, library, work, weights):
        super().__init__()
        self.prepare = getattr(library, "reset", lambda network: None)
        scale = library.scale(work) if work.spiking_readout else library.LEAKY_SCALE
        self.w_readout = linear(scale * weights["w_readout"])
        self.output = library.neurons(work) if work.spiking_readout else library.leaky()

    def forward(self, x):
        self.prepare(self)
        return self.output(self.w_readout(self.hidden(x)))


class Dense(Readout):
    def __init__(self, library, work, weights):
        super().__init__(library, work, weights)
        scale = library.scale(work)
        self.w_hidden = linear(scale * weights["w_hidden"])
        self.w_hidden_2 = linear(scale * weights["w_hidden_2"]) if "w_hidden_2" in weights else None
        self.neurons = library.neurons(work, self.w_hidden_2)

    def hidden(self, x):
        return self.neurons(self.w_hidden(x))


class Convolutional(Readout):
    def __init__(self, library, work, weights):
        super().__init__(library, work, weights)
        scale = library.scale(work)
        self.w_first = convolution(scale * weights["w_first"])
        self.w_second = convolution(scale * weights["w_second"])
        self.first = library.neurons(work)
        self.second = library.neurons(work)

    def hidden(self, x):
        pool = functional.max_pool2d
        first = self.first(at_once(self.w_first, x.unsqueeze(2)))
        second = self.second(at_once(self.w_second, pool(first.flatten(0, 1), 2).unflatten(0, x.shape[:2])))
        # channel last, as the readout's weights are
        return pool(second.flatten(0, 1), 2).unflatten(0, x.shape[:2]).movedim(2, -1).flatten(2)


def build(library, work, weights):
    return globals()[work.network](library, work, weights)


def parameters(network):
    """By name, those that learn."""
    return {name.removesuffix(".weight"): parameter for name, parameter in network.named_parameters()
            if name.startswith("w_")}
