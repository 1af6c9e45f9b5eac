"""Trains the network of examples/shd_delays in PyTorch, with the delays of DCLS and the neurons of SpikingJelly, as their users would;
prints the test accuracy.

    spoken.py DATA THREADS EPOCHS SEED BATCH SAMPLES

DATA holds NAME_train.h5 and NAME_test.h5. SAMPLES of the training set are learned from, 0: all."""

import sys
from pathlib import Path

import h5py
import numpy as np
import torch
from DCLS.construct.modules import Dcls1d
from spikingjelly.activation_based import functional, layer, neuron, surrogate
from torch import nn
from torch.nn.functional import cross_entropy, pad

STEPS, GROUPS, BIN, STEP = 125, 140, 5, 0.01
TAPS, MIDDLE = 26, 13  # the last tap is now: a position p of DCLS, counted from the middle, is a delay of 12 - p steps
LONGEST = TAPS - 1
SHIFT, LATE = 4, 3  # by how much samples move
WIDEST, NARROWEST = 12, 0.23  # to which DCLS adds 0.27


def read_samples(folder, part):
    """Spikes in each group of channels and step, [samples, steps, groups], and labels."""
    path, = Path(folder).glob(f"*_{part}.h5")
    with h5py.File(path) as file:
        labels = torch.tensor(np.asarray(file["labels"]), dtype=torch.long)
        counts = np.zeros((len(labels), STEPS, GROUPS), dtype=np.uint8)
        for n, (times, units) in enumerate(zip(file["spikes/times"], file["spikes/units"])):
            step = (times.astype(np.float64) / STEP).astype(int)
            inside = step < STEPS
            np.add.at(counts[n], (step[inside], units[inside] // BIN), 1)
    return torch.from_numpy(counts), labels


def moved(x):
    """Each sample by a random number of groups and steps; what comes in from outside is silent."""
    x = pad(x, (SHIFT, SHIFT, LATE, LATE))
    late, shift = torch.randint(2 * LATE + 1, (len(x),)), torch.randint(2 * SHIFT + 1, (len(x),))
    return torch.stack([one[t:t + STEPS, g:g + GROUPS] for one, t, g in zip(x, late, shift)])


class Delays(nn.Module):
    """[steps, batch, inputs] to [steps, batch, outputs]."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv = Dcls1d(inputs, outputs, kernel_count=1, bias=False, dilated_kernel_size=TAPS, version="gauss")
        nn.init.kaiming_uniform_(self.conv.weight, nonlinearity="relu")
        with torch.no_grad():
            self.conv.P.uniform_(-MIDDLE, LONGEST - MIDDLE)
        self.conv.SIG.requires_grad = False
        self.set_width(WIDEST)

    def set_width(self, width):
        self.conv.SIG.data.fill_(width)

    def clamp(self):
        self.conv.P.data.clamp_(-MIDDLE, LONGEST - MIDDLE)

    def round(self):
        """Each weight at one tap."""
        self.conv.P.data.round_()
        self.conv.version = self.conv.DCK.version = "max"
        self.set_width(0)

    def forward(self, x):
        return self.conv(pad(x.permute(1, 2, 0), (LONGEST, 0))).permute(2, 0, 1)


def brief(threshold=1.0):
    return neuron.LIFNode(tau=1.005, decay_input=False, v_threshold=threshold, detach_reset=True, surrogate_function=surrogate.ATan(5.0),
                          step_mode="m", store_v_seq=True)


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second, self.readout = Delays(GROUPS, 256), Delays(256, 256), Delays(256, 20)
        self.norms = nn.ModuleList([nn.BatchNorm1d(256), nn.BatchNorm1d(256)])
        self.neurons = nn.ModuleList([brief(), brief()])
        self.dropouts = nn.ModuleList([layer.Dropout(0.4, step_mode="m"), layer.Dropout(0.4, step_mode="m")])
        self.output = brief(1e9)  # never fires

    def delays(self):
        return self.first, self.second, self.readout

    def forward(self, x):
        functional.reset_net(self)
        x = x.float().transpose(0, 1)
        for delays, norm, neurons, dropout in zip((self.first, self.second), self.norms, self.neurons, self.dropouts):
            x = dropout(neurons(norm(delays(x).flatten(0, 1)).unflatten(0, x.shape[:2])))
        self.output(self.readout(x))
        return self.output.v_seq.softmax(2).sum(0)


def train(network, optimizers, x, labels, batch):
    for some in torch.randperm(len(x)).split(batch):
        for optimizer in optimizers:
            optimizer.zero_grad()
        cross_entropy(network(moved(x[some])), labels[some]).backward()
        for optimizer in optimizers:
            optimizer.step()
        for delays in network.delays():
            delays.clamp()


@torch.no_grad()
def accuracy(network, x, labels, batch):
    network.eval()
    for delays in network.delays():
        delays.round()
    right = sum((network(some).argmax(1) == own).sum().item() for some, own in zip(x.split(batch), labels.split(batch)))
    return right / len(x)


def optimizers_of(network, epochs):
    """With their schedules, by epoch."""
    weights = torch.optim.Adam([
        {"params": [delays.conv.weight for delays in network.delays()], "weight_decay": 1e-5},
        {"params": list(network.norms.parameters())}], lr=1e-3)
    delays = torch.optim.Adam([delays.conv.P for delays in network.delays()], lr=0.1)
    return (weights, delays), (torch.optim.lr_scheduler.OneCycleLR(weights, 5e-3, epochs),
                               torch.optim.lr_scheduler.CosineAnnealingLR(delays, epochs))


def main():
    if len(sys.argv) != 7:
        sys.exit("usage: spoken.py DATA THREADS EPOCHS SEED BATCH SAMPLES")
    folder, (threads, epochs, seed, batch, samples) = sys.argv[1], map(int, sys.argv[2:])
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    x, labels = read_samples(folder, "train")
    samples = samples or len(x)
    network = Network()
    optimizers, schedules = optimizers_of(network, epochs)
    for epoch in range(epochs):
        for delays in network.delays():
            delays.set_width(max(WIDEST * (NARROWEST / WIDEST) ** (4 * epoch / epochs), NARROWEST))
        train(network, optimizers, x[:samples], labels[:samples], batch)
        for schedule in schedules:
            schedule.step()
    print(f"test accuracy: {accuracy(network, *read_samples(folder, 'test'), batch):.4f}")


main()
