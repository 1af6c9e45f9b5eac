"""Writes the gradients of the first batch as PyTorch has them in double precision, by name, in float32.

    gradients.py FOLDER WORKLOAD FILE"""

import sys

import networks
from networks import pytorch
from safetensors.torch import save_file
from workloads import WORKLOADS, loss, read_batches, read_weights


def main():
    folder, name, path = sys.argv[1:]
    work = WORKLOADS[name]
    network = networks.build(pytorch, work, read_weights(folder, work)).double()
    inputs, labels = read_batches(folder, work)[0]
    loss(work, network(inputs.double()), labels).backward()
    save_file({name: parameter.grad.float().contiguous() for name, parameter in networks.parameters(network).items()}, path)


main()
