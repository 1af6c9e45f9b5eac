"""One network in each library. Every module has `build(work, weights)`, which gives a torch module: it takes
spikes [steps, batch, inputs] and gives those of the hidden layer and the readout, [steps, batch, neurons];
and `PACKAGES`, the packages whose versions matter."""

from torch import nn


def linear(weight):
    """All to all, without bias. weight: [outputs, inputs]."""
    layer = nn.Linear(weight.shape[1], weight.shape[0], bias=False)
    layer.weight.data.copy_(weight)
    return layer
