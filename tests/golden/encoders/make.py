"""Writes encoders.txt beside it: see README.md. Run with an empty argument list by a Python that has NumPy."""
import os

import numpy as np

here = os.path.dirname(os.path.abspath(__file__))
U, F = np.uint32, np.float32
np.seterr(over="ignore")    # of sums and products modulo 2^32
SEED, EPOCH, SAMPLE = 7, 3, 0  # those that the test sets
STEPS, DT = 12, 5              # ms


# ---- random numbers by counter: lowbias32, as runtime/base/snn_random.h says it ----

def mix(x):
    x = np.asarray(x, U)
    x = (x ^ x >> U(16)) * U(0x7feb352d)
    x = (x ^ x >> U(15)) * U(0x846ca68b)
    return x ^ x >> U(16)


def drawn(stream, units):
    key = mix(U(SEED) + U(0x9e3779b9))
    for number, salt in ((EPOCH, 0x85ebca6b), (SAMPLE, 0xc2b2ae35), (stream, 0x27d4eb2f)):
        key = mix(key ^ mix(U(number) + U(salt)))
    return mix(key ^ np.arange(units, dtype=U) * U(0x9e3779b9))


# ---- encoders, each from the definition in the language's reference: [steps, units] ----

def poisson(p):
    """Spikes with probability p [units] or [steps, units], to 2^-32: the first 8 bits come four steps a word, the other 24 apart."""
    p = np.broadcast_to(p, (STEPS, np.shape(p)[-1]))
    units, words = p.shape[1], (STEPS + 3) // 4
    spikes = np.zeros(p.shape)
    for t in range(STEPS):
        first = drawn(t // 4, units) >> U(24 - 8 * (t % 4)) & U(255)
        more = drawn(words + t, units) >> U(8)
        spikes[t] = first * 2.0 ** 24 + more < p[t].astype(float) * 2.0 ** 32
    return spikes


def latency(x):
    when = np.floor((1 - np.clip(x, 0, 1)) * (STEPS - 1) + 0.5)
    return (np.arange(STEPS)[:, None] == when) & (x > 0)


def delta(x, threshold):
    """x [steps, units] -> [steps, 2 units]: those that rise, then those that fall."""
    sent, out = np.zeros(x.shape[1]), []
    for now in x:
        up, down = now - sent >= threshold, sent - now >= threshold
        sent = sent + threshold * (up.astype(float) - down)
        out.append(np.concatenate([up, down]))
    return np.array(out)


def direct(x, tau, threshold):
    """Currents, the same at each step, into leaky neurons that begin anew at 0 when they fire."""
    v, out = np.zeros(x.shape, F), []
    for _ in range(STEPS):
        v = v + (x.astype(F) - v) * F(1 / tau)
        out.append(v >= threshold)
        v = np.where(out[-1], F(0), v)
    return np.array(out)


def population(x, middles, width):
    return np.concatenate([np.exp(-0.5 * ((x - middle) / width) ** 2) for middle in middles], -1)


def rank_order(x, rows=1):
    """Within each row, the k-th of the different values above 0, from the greatest on, at step k."""
    out = np.zeros((STEPS, x.size))
    for row in np.arange(x.size).reshape(rows, -1):
        for k, value in enumerate(sorted(set(x[row][x[row] > 0]), reverse=True)[:STEPS]):
            out[k, row] = x[row] == value
    return out


# ---- cases: stream, shape of the data, numbers that they have, what comes of them ----

r = np.random.default_rng(1)
still = np.concatenate([r.integers(-2, 17, 26) / 16, [0, 1, 1.25, -1]])
walk = np.cumsum(r.integers(-3, 4, (STEPS, 8)), 0) / 16
moving = np.clip(r.integers(-2, 18, (STEPS, 8)) / 16, -1, 2)
picture = np.concatenate([r.permutation(20), r.integers(-3, 8, 20)]) / 32
cases = [
    ("poisson(image)", "[30]", still, poisson(still)),
    ("poisson(image)", "[8], temporal", moving, poisson(moving)),
    ("poisson(image * 120 Hz)", "[30]", still, poisson(still * 120 * DT / 1000)),
    ("latency(image)", "[30]", still, latency(still)),
    ("image -> delta(0.125)", "[8], temporal", walk, delta(walk, 0.125)),
    ("image -> lif(tau = 4, threshold = 0.5)", "[30]", still, direct(still, 4, 0.5)),
    ("image -> field(0, width = 0.25) -> concat(image -> field(0.5)) -> concat(image -> field(1, 0.5))", "[8], temporal", moving,
     np.concatenate([population(moving, [0], 0.25), population(moving, [0.5], 0.2), population(moving, [1], 0.5)], 1)),
    ("image -> rank_order", "[30]", still, rank_order(still)),
    ("image -> rank_order", "[5, 8]", picture, rank_order(picture)),
    ("image -> rank_order(over = x)", "[5, 8]", picture, rank_order(picture, rows=5)),
]


def numbers(values):
    return "\n".join(" ".join(f"{value:.9g}" for value in row) for row in np.atleast_2d(np.asarray(values, float))) + "\n"


with open(os.path.join(here, "encoders.txt"), "w") as file:
    for stream, shape, given, made in cases:
        assert 0 < np.mean(made) < 1
        file.write(f"### {stream}\n{shape}\n{np.size(given)} {np.size(made)}\n{numbers(given)}{numbers(made)}")
