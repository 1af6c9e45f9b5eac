"""The cases of dropout, for maps.py: its masks follow from numbers that are drawn here once more, as runtime/base/snn_random.h
and the README of the language say."""
import numpy as np
import torch

SHAPE, EXTENTS = "y = 2, x = 4, c = 3", (2, 4, 3)
WORD = 0xffffffff


def mix(x):
    x = ((x ^ x >> 16) * 0x7feb352d) & WORD
    x = ((x ^ x >> 15) * 0x846ca68b) & WORD
    return x ^ x >> 16


def key_of(sample, name):
    """Of a sample in the first epoch with the seed 0; `name` of the stream of random numbers (FNV-1a)."""
    number = 2166136261
    for letter in name.encode():
        number = ((number ^ letter) * 16777619) & WORD
    key = mix(0x9e3779b9)
    for part, constant in ((0, 0x85ebca6b), (sample, 0xc2b2ae35), (number >> 1, 0x27d4eb2f)):
        key = mix(key ^ mix((part + constant) & WORD))
    return key


def random(key, unit):
    return mix(key ^ (unit * 0x9e3779b9 & WORD))


def uniform(samples, steps, units, name):
    """[samples, steps (1: the same at all), units]"""
    keys = [key_of(b, name) for b in range(samples)]
    return np.array([[[(random(random(key, t) if steps > 1 else key, n) >> 8) / 2 ** 24 for n in range(units)]
                      for t in range(steps)] for key in keys])


def dropout_case(case, name, arguments, p, drawn, each_step=False):
    """`drawn`: the axes of the numbers, 1 where they are the same."""
    def forward(params, x):
        numbers = uniform(x.shape[0], x.shape[1] if each_step else 1, int(np.prod(drawn)), "y_uniform")
        mask = torch.tensor(numbers >= p).reshape(numbers.shape[:2] + drawn)
        return torch.tanh(x * mask / (1 - p))

    return case("dropout" + name, SHAPE, EXTENTS, "tanh(x -> dropout(%s))" % arguments, forward, {}, True, True)


def dropout_cases(case):
    yield dropout_case(case, "", "0.4", 0.4, EXTENTS)
    yield dropout_case(case, "_of_steps", "0.3, same = none", 0.3, EXTENTS, True)
    yield dropout_case(case, "_of_channels", "0.4, same = [time, y, x]", 0.4, (1, 1, 3))
    yield dropout_case(case, "_of_samples", "0.1, same = [time, space]", 0.1, (1, 1, 1))
