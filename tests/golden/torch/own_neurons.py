"""The cases of neurons and surrogates that the model defines itself."""
from case import TWO_LAYERS, Near, network_case
from networks import Surrogate, atan, rate_of_output, sigmoid
from pytorch import torch

CASES = []


def own_neuron(call, definitions, **options):
    """Decorator for a network with one hidden layer of the user's neuron; the function yields its output."""
    body = "    hidden = image -> dense(6) -> %s\n    out    = hidden -> dense(3) -> lif(tau = 2)\n" % call
    add_case = network_case(CASES, body, binary=False, definitions=definitions, **TWO_LAYERS, **options)

    def add(steps):
        def forward(run):
            return rate_of_output(run, torch.stack(list(steps(run, run.dense("hidden", run.input)))))
        forward.__name__ = steps.__name__
        return add_case(forward)
    return add


@own_neuron("own_tau()", """
neuron own_tau(threshold = 1, surrogate = atan(2)) {     # every neuron learns its time constant
    param w per neuron = 0
    state v = 0
    v     = v + (input - v) * sigmoid(w)
    spike = step(v - threshold, surrogate)
    v     = where(spike, 0, v)
}
""", own_tau_w_hidden=Near(0, 0.5, 6))
def parameter_per_neuron(run, current):
    v = 0.0
    for x in current:
        v = v + (x - v) * torch.sigmoid(run.params["own_tau_w_hidden"])
        spike = run.fire("hidden", v - 1, atan(2))
        v = (1 - spike) * v
        yield spike


@own_neuron("learned(surrogate = sigmoid(3))", """
neuron learned(surrogate = atan(2)) {     # one gain for the layer, a threshold and a reset per neuron
    param gain = 1
    param threshold per neuron = 1
    param rest per neuron = 0
    state v = 0
    v     = v + (gain * input - v) / 2
    spike = step(v - threshold, surrogate)
    v     = where(spike, rest, v)
}
""", learned_gain_hidden=Near(1, 0.1), learned_threshold_hidden=Near(1, 0.1, 6),
            learned_rest_hidden=Near(0, 0.1, 6))
def three_learned_parameters(run, current):
    gain, threshold = run.params["learned_gain_hidden"], run.params["learned_threshold_hidden"]
    rest, v = run.params["learned_rest_hidden"], 0.0
    for x in current:
        v = v + (gain * x - v) / 2
        spike = run.fire("hidden", v - threshold, sigmoid(3))
        v = spike * rest + (1 - spike) * v
        yield spike


@own_neuron("adaptive(beta = 0.6)", """
neuron adaptive(threshold = 1, beta = 0.5, surrogate = atan(2)) {
    param w = 1                                          # the adaptation's decay is sigmoid(w)
    state v = 0
    state a = 0
    decay = sigmoid(w)
    v     = v + (input - v) / 2
    spike = step(v - threshold - beta * a, surrogate)
    v     = v - spike * threshold
    a     = decay * a + (1 - decay) * spike
}
""", adaptive_w_hidden=Near(1, 0.3))
def learned_adaptation(run, current):
    v = a = 0.0
    decay = torch.sigmoid(run.params["adaptive_w_hidden"])
    for x in current:
        v = v + (x - v) / 2
        spike = run.fire("hidden", v - 1 - 0.6 * a, atan(2))
        v = v - spike
        a = decay * a + (1 - decay) * spike
        yield spike


@own_neuron("refractory(pause = 2)", """
neuron refractory(pause = 2, surrogate = atan(2)) {      # silent for `pause` steps after a spike
    state v = 0
    state left = 0
    v     = where(left > 0, v, v + (input - v) / 2)
    spike = step(v - 1, surrogate)
    v     = where(detach(spike), 0, v)
    left  = where(spike, pause, max(left - 1, 0))
}
""")
def refractory_period(run, current):
    v, left = 0.0, torch.zeros_like(current[0])
    for x in current:
        v = torch.where(left > 0, v + 0 * x, v + (x - v) / 2)
        spike = run.fire("hidden", v - 1, atan(2))
        v = (1 - spike.detach()) * v
        left = spike * 2 + (1 - spike) * torch.clamp(left - 1, min=0)
        yield spike


@own_neuron("exponential()", """
neuron exponential(tau = 2, sharpness = 0.5, surrogate = atan(2)) {
    state v = 0
    v     = v + (input - v + sharpness * exp(min((v - 0.8) / sharpness, 2))) / tau
    spike = step(v - 1, surrogate)
    v     = where(spike, 0, v)
}
""")
def exponential_neuron(run, current):
    v = torch.zeros_like(current[0])
    for x in current:
        run.near((v - 0.8) / 0.5 - 2)
        v = v + (x - v + 0.5 * torch.exp(torch.clamp((v - 0.8) / 0.5, max=2))) / 2
        spike = run.fire("hidden", v - 1, atan(2))
        v = (1 - spike) * v
        yield spike


@own_neuron("quadratic(surrogate = bump(width = 0.5))", """
surrogate bump(width = 1) {
    derivative     = exp(-abs(x) / width) / (2 * width)
    antiderivative = where(x < 0, exp(x / width) / 2, 1 - exp(-x / width) / 2)
}

neuron quadratic(surrogate = atan(2)) {                  # membrane and recovery, both reset by a spike
    state v = 0
    state u = 0
    v     = v + 0.5 * (0.3 * v^2 - u + input)
    u     = u + 0.2 * (0.6 * v - u)
    spike = step(v - 1, surrogate)
    v     = where(spike, -0.3, v)
    u     = u + 0.4 * spike
}
""")
def quadratic_neuron_with_own_surrogate(run, current):
    bump = Surrogate(lambda x: torch.exp(-x.abs() / 0.5))
    v = u = 0.0
    for x in current:
        v = v + 0.5 * (0.3 * v ** 2 - u + x)
        u = u + 0.2 * (0.6 * v - u)
        spike = run.fire("hidden", v - 1, bump)
        v = -0.3 * spike + (1 - spike) * v
        u = u + 0.4 * spike
        yield spike


@own_neuron("rectified()", """
neuron rectified(surrogate = atan(2)) {                  # never below 0; its gain is learned
    param k = 1
    state v = 0
    v     = max(k * (v + (input - v) / 2), 0)
    spike = step(v - 1, surrogate)
    v     = v - detach(spike)
}
""", rectified_k_hidden=Near(1.1, 0.1))
def rectified_neuron(run, current):
    v = 0.0
    for x in current:
        v = run.params["rectified_k_hidden"] * (v + (x - v) / 2)
        run.near(v)
        v = torch.relu(v)
        spike = run.fire("hidden", v - 1, atan(2))
        v = v - spike.detach()
        yield spike


@own_neuron("before_reset()", """
neuron before_reset(surrogate = atan(2)) {               # gives its membrane, as it is before the reset
    state v = 0
    v      = v + (input - v) / 2
    output = v
    spike  = step(v - 1, surrogate)
    v      = where(spike, 0, v)
}
""")
def membrane_before_the_reset(run, current):
    v = 0.0
    for x in current:
        v = v + (x - v) / 2
        yield v
        v = (1 - run.fire("hidden", v - 1, atan(2))) * v


@own_neuron("millivolts(tau = 15 ms)", """
neuron millivolts(tau = 20 ms, rest = -65 mV, threshold = -50 mV, drive = 30 mV) {
    state v = rest
    v     = v + (rest - v + drive * input) * dt / tau
    spike = step((v - threshold) / 10 mV, atan(2))
    v     = where(spike, rest, v)
}
""", time="8 steps of 5 ms")
def units_in_a_neuron(run, current):
    v = -65.0
    for x in current:
        v = v + (-65 - v + 30 * x) * 5 / 15
        spike = run.fire("hidden", (v + 50) / 10, atan(2))
        v = -65 * spike + (1 - spike) * v
        yield spike
