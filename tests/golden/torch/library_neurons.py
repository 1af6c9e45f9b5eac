"""The cases of the language's neurons: all combinations with the rest of the library, and other arguments."""
import math

from case import LOSSES, TWO_LAYERS, Case, Matrix, Near, model_text
from networks import (CLASSES, HIDDEN, INPUTS, Alif, CubaLif, If, Lif, Plif, atan, cross_entropy, erf,
                      fast_sigmoid, li, rectangle, sigmoid, super_spike, triangle)

NEURONS = [  # case name, neuron in the language, its own arguments there; the same in PyTorch
    ("if", "if", [], If, {}),
    ("lif", "lif", ["tau = 2"], Lif, {}),
    ("lif_full_input", "lif", ["tau = 2", "decay_input = false"], Lif, {"decay_input": False}),
    ("plif", "plif", [], Plif, {}),
    ("cuba_lif", "cuba_lif", [], CubaLif, {}),
    ("alif", "alif", [], Alif, {}),
]
SURROGATES = [
    ("atan(2)", atan(2)), ("sigmoid(4)", sigmoid(4)), ("triangle(1)", triangle(1)),
    ("fast_sigmoid(5)", fast_sigmoid(5)), ("super_spike(10)", super_spike(10)),
    ("rectangle(1)", rectangle(1)), ("erf(2)", erf(2)),
]
READOUTS = [  # case name, does the output layer spike, score, loss
    ("rate", True, "rate(out)", "cross_entropy"),
    ("rate_mse", True, "rate(out)", "mse"),
    ("sum", False, "sum(out)", "cross_entropy"),
    ("max", False, "max(out)", "cross_entropy"),
]


def product_case(neuron, surrogate, soft, detach, readout, binary):
    neuron_name, word, own_args, make, own = neuron
    readout_name, spiking, score, loss = readout
    args = own_args + ["soft_reset"] * soft + ["detach_reset"] * detach + ["surrogate = " + surrogate[0]]
    call = "%s(%s)" % (word, ", ".join(args))
    name = "_".join([neuron_name, surrogate[0].split("(")[0], "soft" if soft else "hard"]
                    + ["detach"] * detach + [readout_name])
    source = "input" if binary else "image"
    body = "    input  = poisson(image)\n" if binary else ""
    body += "    hidden = %s -> dense(%d) -> %s\n" % (source, HIDDEN, call)
    body += "    out    = hidden -> dense(%d) -> %s\n" % (CLASSES, call if spiking else "li(tau = 2)")
    params = {"w_hidden": Matrix(HIDDEN, INPUTS), "w_out": Matrix(CLASSES, HIDDEN)}
    if word == "plif":
        for layer in ["hidden", "out"] if spiking else ["hidden"]:
            params["plif_w_" + layer] = Near(0, 0.5)
    common = dict(own, surrogate=surrogate[1], soft_reset=soft, detach_reset=detach)

    def forward(run):
        hidden = make(run, "hidden", **common).over(run.dense("hidden", run.input))
        current = run.dense("out", hidden)
        out = make(run, "out", **common).over(current) if spiking else li(current)
        if score == "max(out)":
            return run.maximum(out)
        return out.sum(0) if score == "sum(out)" else out.mean(0)

    return Case(name, model_text(name, body, score, loss), forward, LOSSES[loss], params, binary)


def product_cases():
    cases = []
    for n, neuron in enumerate(NEURONS):
        for s, surrogate in enumerate(SURROGATES):
            for soft in (False, True):
                for detach in (False, True):
                    for r, readout in enumerate(READOUTS):
                        binary = (n + s + r) % 2 == 0
                        cases.append(product_case(neuron, surrogate, soft, detach, readout, binary))
    return cases


def chain_case(name, make, hidden, out, **params):
    """Two layers of a library neuron with other arguments than in the product: call and PyTorch's own."""
    body = "    hidden = image -> dense(6) -> %s\n    out    = hidden -> dense(3) -> %s\n"

    def forward(run):
        spikes = make(run, "hidden", **hidden[1]).over(run.dense("hidden", run.input))
        return make(run, "out", **out[1]).over(run.dense("out", spikes)).mean(0)

    text = model_text(name, body % (hidden[0], out[0]), "rate(out)", "cross_entropy")
    return Case(name, text, forward, cross_entropy, dict(TWO_LAYERS, **params), binary=False)


def argument_cases():
    learned = dict(plif_w_hidden=Near(0, 0.5), plif_w_out=Near(0, 0.5))
    near_tau = dict(plif_w_hidden=Near(-math.log(2), 0.1), plif_w_out=Near(-math.log(4), 0.1))
    low, low_detach = dict(reset=-0.2), dict(reset=-0.2, detach_reset=True)
    low_full, low_soft = dict(low, decay_input=False), dict(low, soft_reset=True)
    yield chain_case("reset_if", If, ("if(reset = -0.2)", low),
                     ("if(reset = -0.2, detach_reset)", low_detach))
    yield chain_case("reset_lif", Lif, ("lif(reset = -0.2)", low),
                     ("lif(reset = -0.2, decay_input = false)", low_full))
    yield chain_case("reset_lif_soft", Lif, ("lif(reset = -0.2, soft_reset)", low_soft),
                     ("lif(reset = -0.2, decay_input = false, soft_reset)", dict(low_full, soft_reset=True)))
    yield chain_case("reset_plif", Plif, ("plif(reset = -0.2)", low),
                     ("plif(reset = -0.2, detach_reset)", low_detach), **learned)
    yield chain_case("reset_cuba_lif", CubaLif, ("cuba_lif(reset = -0.2)", low),
                     ("cuba_lif(reset = -0.2)", low))
    yield chain_case("reset_alif", Alif, ("alif(reset = -0.2)", low), ("alif(reset = -0.2)", low))
    yield chain_case("plif_arguments", Plif, ("plif(tau0 = 3, threshold = 0.8)", dict(threshold=0.8)),
                     ("plif(tau0 = 5, decay_input = false)", dict(decay_input=False)), **near_tau)
    yield chain_case("lif_arguments", Lif, ("lif(4, 0.6)", dict(tau=4, threshold=0.6)),
                     ("lif(threshold = 1.2, tau = 1.25)", dict(tau=1.25, threshold=1.2)))
    yield chain_case("cuba_lif_arguments", CubaLif,
                     ("cuba_lif(current_decay = 0.3, voltage_decay = 0.9, threshold = 1)",
                      dict(current_decay=0.3, voltage_decay=0.9, threshold=1)),
                     ("cuba_lif(current_decay = 0, threshold = 0.8)", dict(current_decay=0, threshold=0.8)))
    yield chain_case("alif_arguments", Alif,
                     ("alif(tau = 3, tau_adapt = 4, beta = 0.8)", dict(tau=3, tau_adapt=4, beta=0.8)),
                     ("alif(tau_adapt = 2, beta = 0.5, threshold = 0.7, soft_reset)",
                      dict(tau_adapt=2, beta=0.5, threshold=0.7, soft_reset=True)))
    for word, make, argument, value in (
            ("atan", atan, "alpha", 5), ("sigmoid", sigmoid, "alpha", 2),
            ("triangle", triangle, "alpha", 0.5), ("fast_sigmoid", fast_sigmoid, "slope", 2),
            ("super_spike", super_spike, "beta", 5), ("rectangle", rectangle, "alpha", 0.5),
            ("erf", erf, "alpha", 1)):
        call = "lif(surrogate = %s(%s = %g))" % (word, argument, value)
        yield chain_case(word + "_arguments", Lif, ("lif(surrogate = %s())" % word, dict(surrogate=make())),
                         (call, dict(surrogate=make(value))))
