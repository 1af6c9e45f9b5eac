"""Prints C, by emlearn, of a dense network that does not spike: layers of the same sizes as a workload's, with `relu` between them. Its
weights are random: how long it takes does not depend on them.

    ann.py SIZE SIZE SIZE...     of the inputs, of each hidden layer, of the classes"""

import sys

import numpy as np
from emlearn import net

sizes = [int(size) for size in sys.argv[1:]]
random = np.random.default_rng(1)
weights = [random.uniform(-1, 1, shape) / np.sqrt(shape[0]) for shape in zip(sizes, sizes[1:])]
activations = ["relu"] * (len(weights) - 1) + ["identity"]
print(net.c_generate_net_loadable(activations, weights, [np.zeros(w.shape[1]) for w in weights], "ann"))
