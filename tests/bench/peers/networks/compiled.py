"""PyTorch as in pytorch.py, with the neurons, loops over time and all, made one piece of machine code by torch.compile. The
products between them are library calls in either case."""

from . import pytorch

PACKAGES = ["torch"]
scale = pytorch.scale
leaky_scale = pytorch.leaky_scale


def compiled(module):
    module.compile(dynamic=False)
    return module


def neurons(work, recurrence=None):
    return compiled(pytorch.neurons(work, recurrence))


def leaky(work):
    return compiled(pytorch.leaky(work))


def parallel(work, weight, bias):
    return compiled(pytorch.parallel(work, weight, bias))
