"""What the networks are made of, in plain PyTorch: surrogates, losses, neurons, and one run of a network."""
import math

from pytorch import F, torch

STEPS, INPUTS, HIDDEN, CLASSES = 8, 7, 6, 3


# --- Surrogates: the derivative of a step, and the distances |x| at which it jumps or has a corner ------

class Surrogate:
    def __init__(self, derivative, edges=()):
        self.derivative = derivative
        self.edges = edges


def atan(alpha=2):
    return Surrogate(lambda x: alpha / 2 / (1 + (math.pi * alpha * x / 2) ** 2))


def sigmoid(alpha=4):
    return Surrogate(lambda x: alpha * torch.sigmoid(alpha * x) * (1 - torch.sigmoid(alpha * x)))


def triangle(alpha=1):
    return Surrogate(lambda x: torch.clamp(alpha - alpha ** 2 * x.abs(), min=0), edges=(1 / alpha,))


def fast_sigmoid(slope=25):
    return Surrogate(lambda x: 1 / (slope * x.abs() + 1) ** 2)


def super_spike(beta=100):
    return fast_sigmoid(beta)


def rectangle(alpha=1):
    return Surrogate(lambda x: alpha * (x.abs() < 1 / (2 * alpha)).to(x.dtype), edges=(1 / (2 * alpha),))


def erf(alpha=2):
    return Surrogate(lambda x: alpha / math.sqrt(math.pi) * torch.exp(-(alpha * x) ** 2))


class Step(torch.autograd.Function):
    """1 where x >= 0, else 0; its derivative is the surrogate's."""

    @staticmethod
    def forward(ctx, x, derivative):
        ctx.save_for_backward(derivative(x))
        return (x >= 0).to(x.dtype)

    @staticmethod
    def backward(ctx, grad):
        return grad * ctx.saved_tensors[0], None


# --- One run of one network ----------------------------------------------------------------------------

class Run:
    """The parameters and input of a run, and notes on how near it came to a discontinuity.

    Sequences are time-first: [steps, batch, units]."""

    def __init__(self, params, image):
        self.params = params
        self.input = image.transpose(0, 1) if image.dim() > 2 else image
        self.spikes = {}        # layer -> its spikes, one tensor a step
        self.distance = math.inf

    def near(self, x):
        """x is the argument of something that is discontinuous, or has a corner, at 0."""
        self.distance = min(self.distance, x.detach().abs().min().item())

    def fire(self, layer, x, surrogate):
        self.near(x)
        for edge in surrogate.edges:
            self.near(x.abs() - edge)
        spike = Step.apply(x, surrogate.derivative)
        self.spikes.setdefault(layer, []).append(spike.detach())
        return spike

    def dense(self, suffix, x):
        """x W^T + b, with the parameters w_suffix and, where there is one, b_suffix."""
        return F.linear(x, self.params["w_" + suffix], self.params.get("b_" + suffix))

    def maximum(self, x):
        """The largest value over time."""
        largest, second = x.topk(2, dim=0).values
        self.near(largest - second)
        return x.max(dim=0).values


def cross_entropy(score, label):
    return F.cross_entropy(score, label)


def mse(score, label):
    return F.mse_loss(score, F.one_hot(label, CLASSES).to(score.dtype))


def delay(x, steps):
    """x as it was `steps` steps ago, 0 before the first."""
    return torch.cat([torch.zeros_like(x[:steps]), x[:-steps]])


def repeat(x):
    """A value that is the same at all steps."""
    return x.expand(STEPS, *x.shape)


# --- Library neurons, with SpikingJelly's conventions: charge, fire, reset -----------------------------

class Neuron:
    def __init__(self, run, layer, threshold=1.0, reset=0.0, soft_reset=False, detach_reset=False,
                 surrogate=atan(2)):
        self.run, self.layer, self.surrogate = run, layer, surrogate
        self.threshold, self.reset = threshold, reset
        self.soft_reset, self.detach_reset = soft_reset, detach_reset
        self.v = reset

    def charge(self, x):
        raise NotImplementedError

    def __call__(self, x):
        """One step: input current to spikes."""
        self.v = self.charge(x)
        spike = self.run.fire(self.layer, self.v - self.threshold, self.surrogate)
        self.v = self.after_reset(spike, self.threshold)
        return spike

    def after_reset(self, spike, threshold):
        if self.detach_reset:
            spike = spike.detach()
        if self.soft_reset:
            return self.v - spike * threshold
        return spike * self.reset + (1 - spike) * self.v

    def over(self, xs):
        """All steps."""
        return torch.stack([self(x) for x in xs])


class If(Neuron):
    def charge(self, x):
        return self.v + x


class Lif(Neuron):
    def __init__(self, run, layer, tau=2.0, decay_input=True, **common):
        super().__init__(run, layer, **common)
        self.tau, self.decay_input = tau, decay_input

    def charge(self, x):
        if self.decay_input:
            return self.v + (x - (self.v - self.reset)) / self.tau
        return self.v - (self.v - self.reset) / self.tau + x


class Plif(Lif):
    """A LIF whose 1 / tau is the sigmoid of the parameter plif_w_LAYER."""

    def __init__(self, run, layer, **common):
        super().__init__(run, layer, **common)
        self.tau = 1 / torch.sigmoid(run.params["plif_w_" + layer])


class CubaLif(Neuron):
    def __init__(self, run, layer, current_decay=0.5, voltage_decay=0.75, threshold=0.5, **common):
        super().__init__(run, layer, threshold=threshold, **common)
        self.current_decay, self.voltage_decay = current_decay, voltage_decay
        self.current = 0.0

    def charge(self, x):
        self.current = self.current_decay * self.current + x
        return self.voltage_decay * self.v + self.current


class Alif(Lif):
    def __init__(self, run, layer, tau_adapt=20.0, beta=0.2, **common):
        super().__init__(run, layer, **common)
        self.tau_adapt, self.beta = tau_adapt, beta
        self.a = 0.0

    def __call__(self, x):
        self.v = self.charge(x)
        threshold = self.threshold + self.beta * self.a
        spike = self.run.fire(self.layer, self.v - threshold, self.surrogate)
        self.v = self.after_reset(spike, threshold)
        self.a = self.a + (spike - self.a) / self.tau_adapt
        return spike


def li(xs, tau=2.0, decay_input=True):
    """A leaky integrator: its membrane at all steps."""
    v, out = 0.0, []
    for x in xs:
        v = v + (x - v) / tau if decay_input else v - v / tau + x
        out.append(v)
    return torch.stack(out)


def rate_of_output(run, hidden):
    """The readout of most structural cases: out = hidden -> dense(3) -> lif(tau = 2)."""
    return Lif(run, "out").over(run.dense("out", hidden)).mean(0)
