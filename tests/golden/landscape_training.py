"""Losses, penalties, optimizers and the step of training for landscape.py, as plain PyTorch code.

Formulas: non-saturating and minimax, Goodfellow et al. 2014; least squares, Mao et al. 2017, with 0, 1, 1; Wasserstein,
Arjovsky et al. 2017; hinge, Miyato et al. 2018, equations 16 and 17. Gradient penalty, Gulrajani et al. 2017, equation
3; DRAGAN, Kodali et al. 2017, in the two forms of compare_gan's versions 2 and 1; R1, Mescheder et al. 2018, equation
9. Adam, Kingma and Ba 2015, algorithm 1 or the variant before section 2.1 ("epsilon hat"); RMSProp and SGD as
torch.optim has them, written out here and held to torch.optim by landscape.py.
"""

import torch
import torch.nn.functional as F

from landscape_networks import DISCRIMINATORS, GENERATORS, Pass, initial_value, normalized_weights, shapes, signed

BUFFERS = (".mean", ".variance", ".u")


def discriminator_loss(case, real, fake):
    if case.loss in ("non-saturating", "minimax"):
        return F.softplus(-real).mean() + F.softplus(fake).mean()
    if case.loss == "least-squares":
        real, fake = of_least_squares(case, real), of_least_squares(case, fake)
        return 0.5 * (((real - 1.0) ** 2).mean() + (fake**2).mean())
    if case.loss == "wasserstein":
        return fake.mean() - real.mean()
    assert case.loss == "hinge"
    return torch.relu(1.0 - real).mean() + torch.relu(1.0 + fake).mean()


def generator_loss(case, fake):
    if case.loss == "non-saturating":
        return F.softplus(-fake).mean()
    if case.loss == "minimax":
        return -F.softplus(fake).mean()
    if case.loss == "least-squares":
        return 0.5 * ((of_least_squares(case, fake) - 1.0) ** 2).mean()
    assert case.loss in ("wasserstein", "hinge")
    return -fake.mean()


def of_least_squares(case, logits):
    return torch.sigmoid(logits) if case.convention["least_squares"] == "probability" else logits


def squared_gradient(output, images):
    """Of each image, [n]; can be differentiated again."""
    (gradient,) = torch.autograd.grad(output.sum(), images, create_graph=True)
    return (gradient**2).sum((1, 2, 3))


def penalty(case, discriminator, values, real, fake, draws):
    """Not yet times lambda. `discriminator` maps images to logits, and counts as a pass of its own."""
    kind, convention = case.penalty["kind"], case.convention
    if kind == "l2":
        weights = [value for name, value in values.items() if name.endswith(".weight")]
        return sum(0.5 * (weight**2).sum() for weight in weights) / len(weights)
    alpha, noise = draws["alpha"], draws["noise"]
    deviation = torch.sqrt(((real - real.mean()) ** 2).mean())
    form = case.penalty.get("form")
    if kind == "gradient":
        point = alpha * real + (1.0 - alpha) * fake
    elif form == "noise":
        low = -1.0 if convention["image_range"] == "symmetric" else 0.0
        point = torch.clamp(real + deviation * (noise - 0.5), low, 1.0)
    elif form == "interpolated":
        point = real + alpha * 0.5 * deviation * noise
    else:
        assert kind == "r1"
        point = real
    point = point.detach().clone().requires_grad_(True)
    logits = discriminator(point)
    squared = squared_gradient(torch.sigmoid(logits) if form == "interpolated" else logits, point)
    if kind == "r1":
        return 0.5 * squared.mean()
    return ((torch.sqrt(squared + convention["gradient_penalty_epsilon"]) - 1.0) ** 2).mean()


class Optimizer:
    """One player's; `update` moves values in place by their gradients."""

    def __init__(self, case, player, trained):
        self.case, self.settings, self.updates = case, case.optimizer[player], 0
        self.clip_norm = self.settings.get("clip_norm")
        self.first = {name: torch.zeros_like(value) for name, value in trained.items()}
        self.second = {name: torch.zeros_like(value) for name, value in trained.items()}

    def rate(self, step):
        """At discriminator update `step`, from 1."""
        rate, until = self.settings["learning_rate"], self.settings.get("decay_until")
        return rate if until is None else rate * max(0.0, 1.0 - (step - 1) / until)

    @torch.no_grad()
    def update(self, trained, gradients, step):
        self.updates += 1
        rate, settings = self.rate(step), self.settings
        if self.clip_norm is not None:
            length = torch.sqrt(sum((gradient**2).sum() for gradient in gradients))
            gradients = [gradient * min(1.0, self.clip_norm / float(length)) for gradient in gradients]
        for (name, value), gradient in zip(trained.items(), gradients):
            first, second = self.first[name], self.second[name]
            if settings["kind"] == "adam":
                value.sub_(self.adam(first, second, gradient, rate))
            elif settings["kind"] == "rmsprop":
                second.mul_(settings["decay"]).add_((1.0 - settings["decay"]) * gradient**2)
                value.sub_(rate * gradient / (torch.sqrt(second) + 1e-8))
            else:
                assert settings["kind"] == "sgd"
                first.mul_(settings["momentum"]).add_(gradient)
                value.sub_(rate * first)

    def adam(self, first, second, gradient, rate):
        beta1, beta2, t = self.settings["beta1"], self.settings["beta2"], self.updates
        first.mul_(beta1).add_((1.0 - beta1) * gradient)
        second.mul_(beta2).add_((1.0 - beta2) * gradient**2)
        if self.case.convention["adam_epsilon_place"] == "corrected":
            root = torch.sqrt(second / (1.0 - beta2**t)) + 1e-8
            return rate / (1.0 - beta1**t) * first / root
        rate = rate * (1.0 - beta2**t) ** 0.5 / (1.0 - beta1**t)
        return rate * first / (torch.sqrt(second) + 1e-8)


def initial(case, player, dtype, perturbation=0.0):
    values = {}
    for name, shape in shapes(case, player).items():
        key = f"{player}/{name}"
        value = initial_value(key, shape, case.weight_gain)
        if perturbation:
            value = value * (1.0 + perturbation * signed(f"perturbation/{key}", shape))
        values[name] = torch.tensor(value, dtype=dtype)
    return values


class Trainer:
    def __init__(self, case, dtype=torch.float64, perturbation=0.0):
        self.case, self.dtype, self.step = case, dtype, 0
        self.generator = initial(case, "generator", dtype, perturbation)
        self.discriminator = initial(case, "discriminator", dtype, perturbation)
        self.optimizers = {}
        for player in ("generator", "discriminator"):
            trained = self.trained(player)
            for value in trained.values():
                value.requires_grad_(True)
            self.optimizers[player] = Optimizer(case, player, trained)
        self.average = {name: value.detach().clone() for name, value in self.trained("generator").items()}

    def trained(self, player):
        return {name: value for name, value in getattr(self, player).items() if not name.endswith(BUFFERS)}

    def drawn(self, name, shape, low=0.0, high=1.0):
        middle, half = (low + high) / 2.0, (high - low) / 2.0
        values = middle + half * signed(f"{name}/{self.step}", shape)
        return torch.tensor(values, dtype=self.dtype)

    def batch(self):
        case = self.case
        images = (case.batch, case.resolution, case.resolution, case.channels)
        low = -1.0 if case.convention["image_range"] == "symmetric" else 0.0
        latent = (case.batch, case.latent)
        return {
            "real": self.drawn("real", images, low, 1.0),
            "latent_discriminator": self.drawn("latent.discriminator", latent, -1.0, 1.0),
            "latent_generator": self.drawn("latent.generator", latent, -1.0, 1.0),
            "alpha": self.drawn("alpha", (case.batch, 1, 1, 1)),
            "noise": self.drawn("noise", images),
        }

    def weights_of_discriminator(self, moves):
        if self.case.normalization != "spectral":
            return None
        return normalized_weights(self.discriminator, self.case.convention["spectral_vector_side"], moves)

    def generate(self, z, own):
        """`own` where the pass is of the generator's own update."""
        case, weights = self.case, None
        if case.generator_normalization == "spectral":
            moves = own or case.convention["spectral_vector_moves"] == "every-pass"
            weights = normalized_weights(self.generator, case.convention["spectral_vector_side"], moves)
        follows = own or case.convention["batch_norm_moves"] == "every-pass"
        return GENERATORS[case.generator](Pass(case, "generator", self.generator, weights, moves=follows), z)

    def judge(self, images, weights):
        case = self.case
        return DISCRIMINATORS[case.discriminator](Pass(case, "discriminator", self.discriminator, weights), images)

    def discriminator_passes(self):
        """Logits of images in a discriminator update; each call is a pass."""
        if self.case.convention["spectral_vector_moves"] == "once":
            weights = self.weights_of_discriminator(moves=True)
            return lambda images: self.judge(images, weights)
        return lambda images: self.judge(images, self.weights_of_discriminator(moves=True))

    def take(self):
        """One step; the losses of discriminator, penalty and generator, None where there is none."""
        self.step += 1
        batch, case = self.batch(), self.case
        loss, penalty_value = self.update_discriminator(batch)
        n = case.discriminator_steps
        last = case.convention["generator_moves"] == "last"
        generator = None
        if (self.step if last else self.step - 1) % n == 0:
            shared = case.convention["generator_latent"] == "shared"
            generator = self.update_generator(batch["latent_discriminator" if shared else "latent_generator"])
        return loss, penalty_value, generator

    def update_discriminator(self, batch):
        case, real = self.case, batch["real"]
        with torch.no_grad():
            fake = self.generate(batch["latent_discriminator"], own=False)
        judge = self.discriminator_passes()
        on_real = judge(real)
        loss = discriminator_loss(case, on_real, judge(fake))
        value = None
        if case.penalty:
            value = penalty(case, judge, self.discriminator, real, fake, batch)
            loss = loss + case.penalty["lambda"] * value
        self.move("discriminator", loss)
        if case.weight_clipping is not None:
            with torch.no_grad():
                for array in self.trained("discriminator").values():
                    array.clamp_(-case.weight_clipping, case.weight_clipping)
        return loss.item(), None if value is None else value.item()

    def update_generator(self, z):
        case = self.case
        fake = self.generate(z, own=True)
        weights = self.weights_of_discriminator(moves=case.convention["spectral_vector_moves"] == "every-pass")
        loss = generator_loss(case, self.judge(fake, weights))
        self.move("generator", loss)
        if case.moving_average:
            decay = case.moving_average["decay"] if self.step >= case.moving_average["from"] else 0.0
            for name, value in self.trained("generator").items():
                self.average[name] = decay * self.average[name] + (1.0 - decay) * value.detach()
        return loss.item()

    def move(self, player, loss):
        trained = self.trained(player)
        gradients = torch.autograd.grad(loss, list(trained.values()))
        self.optimizers[player].update(trained, gradients, self.step)
