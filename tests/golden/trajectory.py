"""Writes trajectory.safetensors: 30 training steps of a tiny SNDCGAN in float64, as plain PyTorch code.

    python -m venv golden-env && . golden-env/bin/activate
    pip install torch==2.15.0 numpy==2.4.6 safetensors==0.8.0
    python tests/golden/trajectory.py

The file holds the initial weights and buffers, every batch, and what the two players have become after the last step.
Layouts: activations NHWC, filters HWIO [kh, kw, cin, cout]; a transposed convolution stores the filter of the
convolution whose data-gradient it is, so [kh, kw, channels it makes, channels it takes].

Step s = 1..30: one discriminator update; where s is even, one generator update. Both by Adam (Kingma & Ba 2015,
Algorithm 1), each player with its own step count.

Discriminator loss: mean softplus(-D(x)) + mean softplus(D(G(z))) + 10 mean((norm - 1)^2), where
norm_i = sqrt(1e-12 + sum_hwc (dD(y)_i / dy)^2) at y = alpha x + (1 - alpha) G(z) (Gulrajani et al. 2017, Equation 3).
Generator loss: mean softplus(-D(G(z))) with a fresh z (Goodfellow et al. 2014, the non-saturating loss).
Spectral normalization (Miyato et al. 2018, Algorithm 1) of every filter and of the dense weight, seen as the matrix
[kh * kw * cin, cout], with the vector u on the side of cout. u moves once in a discriminator update, before its
losses, and never in a generator update.

The same run in float32 gives `expected.discriminator_loss_f32`. It agrees with float64 to 1e-6 for four steps; then a
leaky unit that rounding puts on the other side of 0 moves the penalty, which holds its slope, by 1e-3 and more. Relative
changes of 1e-15 to the weights move no float64 value by more than 1e-11.
"""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file

STEPS, BATCH, SIZE, CHANNELS, LATENT = 30, 6, 16, 1, 8
DISCRIMINATOR_STEPS = 2
PENALTY_WEIGHT = 10.0
LEARNING_RATE, BETA1, BETA2, EPSILON = 2e-3, 0.5, 0.999, 1e-8
BATCH_NORM_EPSILON, BATCH_NORM_MOMENTUM = 2e-5, 0.1
BASE = SIZE // 8


def width(channels):
    return max(1, round(channels / 16))


W64, W128, W256, W512 = (width(c) for c in (64, 128, 256, 512))
UPSAMPLING = [("up1", W512, W256), ("up2", W256, W128), ("up3", W128, W64)]
# name, kernel size, stride, channels in, channels out; padding is 1 everywhere
CONVOLUTIONS = [
    ("conv1", 3, 1, CHANNELS, W64),
    ("conv2", 4, 2, W64, W128),
    ("conv3", 3, 1, W128, W128),
    ("conv4", 4, 2, W128, W256),
    ("conv5", 3, 1, W256, W256),
    ("conv6", 4, 2, W256, W512),
    ("conv7", 3, 1, W512, W512),
]


# Initial values and batches


def initial_generator(random):
    values = {}

    def layer(name, shape, made):
        values[f"{name}.weight"] = random.normal(0.0, 0.2, shape)
        values[f"{name}.bias"] = random.normal(0.0, 0.05, made)

    def batch_norm(name, units):
        values[f"{name}.gamma"] = random.normal(1.0, 0.1, units)
        values[f"{name}.beta"] = random.normal(0.0, 0.1, units)
        values[f"{name}.mean"] = random.normal(0.0, 0.1, units)
        values[f"{name}.variance"] = random.uniform(0.8, 1.2, units)

    units = BASE * BASE * W512
    layer("dense", (LATENT, units), units)
    batch_norm("dense_norm", units)
    for name, taken, made in UPSAMPLING:
        layer(name, (4, 4, made, taken), made)
        batch_norm(f"{name}_norm", made)
    layer("out", (3, 3, W64, CHANNELS), CHANNELS)
    return values


def initial_discriminator(random):
    values = {}

    def layer(name, shape):
        u = random.normal(0.0, 1.0, shape[-1])
        values[f"{name}.weight"] = random.normal(0.0, 0.2, shape)
        values[f"{name}.bias"] = random.normal(0.0, 0.05, shape[-1])
        values[f"{name}.u"] = u / (np.linalg.norm(u) + 1e-12)

    for name, kernel, _, taken, made in CONVOLUTIONS:
        layer(name, (kernel, kernel, taken, made))
    layer("dense", (BASE * BASE * W512, 1))
    return values


def batches(random):
    """Discs of random place, radius and brightness on a noisy ground, and uniform latents."""
    grid = np.arange(SIZE)
    shape = (STEPS, BATCH, 1, 1, 1)
    row, column = random.uniform(4, 12, shape), random.uniform(4, 12, shape)
    radius, brightness = random.uniform(2, 6, shape), random.uniform(0.2, 1.8, shape)
    distance = np.hypot(grid[:, None, None] - row, grid[None, :, None] - column)
    disc = brightness / (1.0 + np.exp(2.0 * (distance - radius)))
    noise = random.normal(0.0, 0.05, (STEPS, BATCH, SIZE, SIZE, CHANNELS))
    return {
        "real": np.clip(disc - 0.95 + noise, -1.0, 1.0),
        "latent_discriminator": random.uniform(-1.0, 1.0, (STEPS, BATCH, LATENT)),
        "alpha": random.uniform(0.0, 1.0, (STEPS, BATCH)),
        "latent_generator": random.uniform(-1.0, 1.0, (STEPS, BATCH, LATENT)),
    }


# The two players: functions of their values and an input


def nchw(x):
    return x.permute(0, 3, 1, 2)


def nhwc(x):
    return x.permute(0, 2, 3, 1)


def oihw(weight):
    return weight.permute(3, 2, 0, 1).contiguous()


def batch_norm(values, name, x, moves):
    """Normalizes the last axis over all others; `moves` says whether the moving averages follow."""
    axes = tuple(range(x.dim() - 1))
    count = x.numel() // x.shape[-1]
    mean = x.mean(axes)
    variance = ((x - mean) ** 2).mean(axes)
    if moves:
        with torch.no_grad():
            unbiased = variance * (count / (count - 1))
            for key, now in (("mean", mean), ("variance", unbiased)):
                buffer = values[f"{name}.{key}"]
                buffer.mul_(1.0 - BATCH_NORM_MOMENTUM).add_(BATCH_NORM_MOMENTUM * now)
    normalized = (x - mean) / torch.sqrt(variance + BATCH_NORM_EPSILON)
    return normalized * values[f"{name}.gamma"] + values[f"{name}.beta"]


def generator(values, z, moves):
    h = z @ values["dense.weight"] + values["dense.bias"]
    h = torch.relu(batch_norm(values, "dense_norm", h, moves))
    h = h.reshape(len(z), BASE, BASE, W512)
    for name, _, _ in UPSAMPLING:
        # PyTorch wants [channels taken, channels made, kh, kw]: the same convolution filter as OIHW.
        weight = oihw(values[f"{name}.weight"])
        h = nhwc(F.conv_transpose2d(nchw(h), weight, stride=2, padding=1)) + values[f"{name}.bias"]
        h = torch.relu(batch_norm(values, f"{name}_norm", h, moves))
    h = nhwc(F.conv2d(nchw(h), oihw(values["out.weight"]), padding=1)) + values["out.bias"]
    return torch.tanh(h)


def unit(x):
    return x / (torch.linalg.vector_norm(x) + 1e-12)


def normalized_weights(values, moves):
    """W / sigma for every layer; `moves` says whether u takes its power iteration."""
    weights = {}
    for name in [c[0] for c in CONVOLUTIONS] + ["dense"]:
        weight = values[f"{name}.weight"]
        matrix = weight.reshape(-1, weight.shape[-1])
        with torch.no_grad():
            v = unit(matrix @ values[f"{name}.u"])
            if moves:
                values[f"{name}.u"].copy_(unit(matrix.T @ v))
            u = values[f"{name}.u"].clone()
        sigma = v @ (matrix @ u)
        weights[name] = weight / sigma
    return weights


def discriminator(values, weights, x):
    h = x
    for name, _, stride, _, _ in CONVOLUTIONS:
        h = nhwc(F.conv2d(nchw(h), oihw(weights[name]), stride=stride, padding=1))
        h = F.leaky_relu(h + values[f"{name}.bias"], 0.1)
    return (h.reshape(len(x), -1) @ weights["dense"] + values["dense.bias"])[:, 0]


# Losses and updates


def gradient_penalty(values, weights, real, fake, alpha):
    alpha = alpha[:, None, None, None]
    between = (alpha * real + (1.0 - alpha) * fake).detach().requires_grad_(True)
    logits = discriminator(values, weights, between)
    (gradient,) = torch.autograd.grad(logits.sum(), between, create_graph=True)
    norm = torch.sqrt(1e-12 + (gradient**2).sum((1, 2, 3)))
    return ((norm - 1.0) ** 2).mean()


def discriminator_loss(values, generator_values, real, z, alpha):
    with torch.no_grad():
        fake = generator(generator_values, z, moves=False)
    weights = normalized_weights(values, moves=True)
    on_real = F.softplus(-discriminator(values, weights, real)).mean()
    on_fake = F.softplus(discriminator(values, weights, fake)).mean()
    penalty = gradient_penalty(values, weights, real, fake, alpha)
    return on_real + on_fake + PENALTY_WEIGHT * penalty, penalty


def generator_loss(values, discriminator_values, z):
    weights = normalized_weights(discriminator_values, moves=False)
    fake = generator(values, z, moves=True)
    return F.softplus(-discriminator(discriminator_values, weights, fake)).mean()


class Player:
    """One network's weights and buffers with the moments of its own Adam."""

    def __init__(self, initial, dtype):
        self.values = {name: torch.tensor(value, dtype=dtype) for name, value in initial.items()}
        buffers = (".mean", ".variance", ".u")
        self.trained = [name for name in self.values if not name.endswith(buffers)]
        for name in self.trained:
            self.values[name].requires_grad_(True)
        self.first = {name: torch.zeros_like(self.values[name]) for name in self.trained}
        self.second = {name: torch.zeros_like(self.values[name]) for name in self.trained}
        self.updates = 0

    def update(self, loss):
        gradients = torch.autograd.grad(loss, [self.values[name] for name in self.trained])
        self.updates += 1
        with torch.no_grad():
            for name, gradient in zip(self.trained, gradients):
                first, second = self.first[name], self.second[name]
                first.mul_(BETA1).add_((1.0 - BETA1) * gradient)
                second.mul_(BETA2).add_((1.0 - BETA2) * gradient * gradient)
                mean = first / (1.0 - BETA1**self.updates)
                square = second / (1.0 - BETA2**self.updates)
                self.values[name].sub_(LEARNING_RATE * mean / (torch.sqrt(square) + EPSILON))

    def snapshot(self):
        return {name: value.detach().numpy().copy() for name, value in self.values.items()}


def train(initial_g, initial_d, data, dtype):
    g, d = Player(initial_g, dtype), Player(initial_d, dtype)
    data = {name: torch.tensor(value, dtype=dtype) for name, value in data.items()}
    losses = {name: np.zeros(STEPS) for name in ("discriminator_loss", "penalty", "generator_loss")}
    for i in range(STEPS):
        loss, penalty = discriminator_loss(
            d.values, g.values, data["real"][i], data["latent_discriminator"][i], data["alpha"][i]
        )
        d.update(loss)
        losses["discriminator_loss"][i], losses["penalty"][i] = loss.item(), penalty.item()
        if (i + 1) % DISCRIMINATOR_STEPS == 0:
            loss = generator_loss(g.values, d.values, data["latent_generator"][i])
            g.update(loss)
            losses["generator_loss"][i] = loss.item()
    return losses, g.snapshot(), d.snapshot()


def main():
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    random = np.random.Generator(np.random.PCG64(20180712))
    initial_g, initial_d, data = initial_generator(random), initial_discriminator(random), batches(random)
    losses, final_g, final_d = train(initial_g, initial_d, data, torch.float64)
    single, _, _ = train(initial_g, initial_d, data, torch.float32)

    tensors = {f"batch.{name}": value for name, value in data.items()}
    tensors |= {f"initial.generator.{name}": value for name, value in initial_g.items()}
    tensors |= {f"initial.discriminator.{name}": value for name, value in initial_d.items()}
    tensors |= {f"expected.{name}": value for name, value in losses.items()}
    tensors |= {f"expected.generator.{name}": value for name, value in final_g.items()}
    tensors |= {f"expected.discriminator.{name}": value for name, value in final_d.items()}
    tensors["expected.discriminator_loss_f32"] = single["discriminator_loss"]
    for name, value in tensors.items():
        assert value.dtype == np.float64 and np.isfinite(value).all(), name
    tensors = {name: np.ascontiguousarray(value) for name, value in tensors.items()}
    save_file(tensors, Path(__file__).with_suffix(".safetensors"))

    for name in ("discriminator_loss", "penalty", "generator_loss"):
        print(name, np.round(losses[name], 4))
    print("f32 - f64", np.abs(single["discriminator_loss"] - losses["discriminator_loss"]).max())


if __name__ == "__main__":
    main()
