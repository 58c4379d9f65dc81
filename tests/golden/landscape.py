"""Writes landscape-*.json: what every loss, penalty, normalization, architecture and convention does, in float64.

    python -m venv golden-env && . golden-env/bin/activate
    pip install torch==2.15.0 numpy==2.4.6
    python tests/golden/landscape.py counts trajectories published penalties

Plain PyTorch code in landscape_networks.py (networks) and landscape_training.py (the step of training); the cases are in
landscape_cases.py. Weights, images and draws come from a formula (`initial_value` and `formula` in
landscape_networks.py) that is exact, so the files hold settings and results alone:

counts        parameters of both players at published sizes, beside those of the reference
trajectories  20 steps of each case: losses of each step; of each array at the end sum, sum of squares and product with
              the formula's vector `product`; and how far the losses move when weights move by 1e-14, relative
published     one step by SGD of the large networks at published width and size, two images; summaries of the changes
penalties     each penalty's value and gradient by weights, for one network of each normalization
"""

import json
import math
import sys
import time
from pathlib import Path

import torch

import landscape_training as training
from landscape_cases import GRADIENT, INTERPOLATED, L2, NOISE, R1, Case, all_cases, networks, word
from landscape_networks import shapes, signed

STEPS = 20
HERE = Path(__file__).parent


def number(x):
    return None if x is None else float(f"{x:.12g}")


def summary(array):
    """Sum, sum of squares, product with the formula's vector; 12 digits."""
    flat = array.detach().to(torch.float64).reshape(-1)
    product = torch.tensor(signed("product", (flat.numel(),)))
    return [float(f"{x.item():.12g}") for x in (flat.sum(), flat @ flat, flat @ product)]


def summaries(values, whole_blocks=False):
    """Of each array, or of all arrays of a block in the order of their names."""
    parts = {}
    for name, value in sorted(values.items()):
        key = name.split(".")[0] if whole_blocks and name.startswith("block") else name
        parts.setdefault(key, []).append(value.detach().reshape(-1))
    return {key: summary(torch.cat(arrays)) for key, arrays in parts.items()}


def write(name, made):
    """One line for each entry."""
    head = {"tool": f"torch {torch.__version__.split('+')[0]}", "script": "tests/golden/landscape.py"}
    lines = ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in made)
    text = json.dumps(head)[:-1] + f', "entries": [\n{lines}\n]}}\n'
    json.loads(text)
    path = HERE / f"landscape-{name}.json"
    path.write_text(text)
    print(path.name, len(text), "bytes,", len(made), "entries")


# Counts

# architecture, resolution, channels, latent, generator, discriminator: section 4 of the reference
COUNTS = [
    ("infogan", 28, 1, 64, 6_642_241, 6_556_865),
    ("infogan", 32, 3, 64, 8_616_131, 8_524_993),
    ("infogan", 64, 3, 64, 33_855_683, 33_690_817),
    ("dcgan", 64, 3, 128, 5_364_739, 4_314_753),
    ("dcgan", 128, 3, 128, 8_535_043, 4_339_329),
    ("sndcgan", 32, 3, 128, 3_828_739, 5_860_865),
    ("sndcgan", 128, 3, 128, 19_926_019, 5_983_745),
    ("resnet-cifar", 32, 3, 128, 5_849_603, 1_483_137),
    ("resnet19", 128, 3, 128, 13_786_115, 15_086_529),
    ("resnet-stl", 48, 3, 128, 6_254_339, 25_114_817),
    ("resnet107", 128, 3, 128, 52.2e6, 53.5e6),
]


def count(case, player):
    found = shapes(case, player)
    return sum(math.prod(shape) for name, shape in found.items() if not name.endswith(training.BUFFERS))


def counts():
    made = []
    for architecture, resolution, channels, latent, generator, discriminator in COUNTS:
        sizes = {"width": 1.0, "resolution": resolution, "channels": channels, "latent": latent, "switches": {}}
        for convention in ("standard", "compare-gan", "miyato"):
            case = Case("count", **networks(architecture) | sizes, convention=convention)
            entry = {"architecture": architecture, **sizes, "convention": convention}
            del entry["switches"]
            entry |= {player: count(case, player) for player in ("generator", "discriminator")}
            if convention != "miyato":
                for player, reference in (("generator", generator), ("discriminator", discriminator)):
                    same = abs(entry[player] - reference) < (1 if isinstance(reference, int) else 0.05e6)
                    if not same:
                        print(f"{architecture} {resolution} {convention} {player}: {entry[player]}, reference {reference}")
            if architecture.startswith("resnet"):
                case = Case("count", **networks(architecture, normalization="batch") | sizes, convention=convention)
                entry["discriminator_with_norms"] = count(case, "discriminator")
            weights = [name for name in shapes(case, "discriminator") if name.endswith(".weight")]
            entry["discriminator_weight_layers"] = len(weights)
            made.append(entry)
    write("counts", made)


# Trajectories


def run(case, perturbation=0.0):
    trainer = training.Trainer(case, perturbation=perturbation)
    losses = [trainer.take() for _ in range(STEPS)]
    return trainer, losses


def distance(one, other):
    """Largest relative difference of two lists of losses."""
    pairs = [(a, b) for x, y in zip(one, other) for a, b in zip(x, y) if a is not None]
    return max(abs(a - b) / max(abs(b), 1e-3) for a, b in pairs)


def apart(one, other, player):
    """Largest difference of two trainers' arrays in proportion to their length."""
    pairs = [(a.detach(), getattr(other, player)[name].detach()) for name, a in getattr(one, player).items()]
    return max(float((a - b).norm() / a.norm()) for a, b in pairs)


def trajectory(case):
    started = time.time()
    trainer, losses = run(case)
    assert all(math.isfinite(x) for row in losses for x in row if x is not None), case.name
    other, moved = run(case, 1e-14)
    sensitivity = distance(moved, losses)
    arrays = max(apart(trainer, other, player) for player in ("generator", "discriminator"))
    if max(sensitivity, arrays) > 2e-9:
        print("UNSTABLE", end=" ")
    entry = {"name": case.name} | {key: value for key, value in case.settings.items()}
    entry["losses"] = {
        key: [number(row[i]) for row in losses] for i, key in enumerate(("discriminator", "penalty", "generator"))
    }
    if not case.penalty:
        entry["losses"]["penalty"] = None
    entry["sensitivity"] = float(f"{sensitivity:.2g}")
    entry["final"] = {
        player: summaries(getattr(trainer, player), whole_blocks=getattr(case, player) == "resnet107")
        for player in ("generator", "discriminator")
    }
    if case.moving_average:
        entry["final"]["average"] = summaries(trainer.average)
    first, last = losses[0][0], losses[-1][0]
    print(f"{case.name}: {first:.4f} .. {last:.4f}, {sensitivity:.1e}, {arrays:.1e}, {time.time() - started:.1f} s", flush=True)
    return entry


def trajectories():
    wanted = [case for case in all_cases() if any(word in case.name for word in sys.argv[2:] or [""])]
    write("trajectories", [trajectory(case) for case in wanted])


# One step at published width and size


def published():
    made = []
    for architecture, resolution, gain in (("resnet19", 128, 1.0), ("resnet-stl", 48, 1.0), ("resnet107", 128, 0.9)):
        sgd = {"kind": "sgd", "learning_rate": 0.01, "momentum": 0.0}
        sizes = {"width": 1.0, "resolution": resolution, "channels": 3, "latent": 128, "batch": 2}
        sizes |= {"weight_gain": gain, "switches": {}, "generator_normalization": "batch"}
        settings = networks(architecture, normalization="spectral", penalty=GRADIENT) | sizes
        case = Case(f"{architecture} at {resolution}", **settings | {"optimizer": {"discriminator": sgd, "generator": sgd}})
        started = time.time()
        trainer = training.Trainer(case)
        losses = trainer.take()
        entry = {"name": case.name} | case.settings | {"losses": [number(x) for x in losses], "change": {}}
        for player in ("generator", "discriminator"):
            before = training.initial(case, player, torch.float64)
            after = getattr(trainer, player)
            entry["change"][player] = summaries({name: after[name].detach() - before[name] for name in before})
        made.append(entry)
        print(f"{case.name}: {losses}, {time.time() - started:.1f} s", flush=True)
        del trainer, before, after
    write("published", made)


# Penalties and their gradients


def penalties():
    made = []
    for architecture, normalization in (
        ("resnet-cifar", "none"),
        ("resnet-cifar", "batch"),
        ("resnet-cifar", "layer"),
        ("resnet-cifar", "spectral"),
    ):
        for kind in (GRADIENT, NOISE, INTERPOLATED, L2, R1):
            name = f"{word(kind)} with {normalization}"
            case = Case(name, **networks(architecture, normalization=normalization, penalty=kind))
            trainer = training.Trainer(case)
            trainer.step = 1
            batch, judge = trainer.batch(), trainer.discriminator_passes()
            fake = trainer.drawn("fake", batch["real"].shape, -1.0, 1.0)
            value = training.penalty(case, judge, trainer.discriminator, batch["real"], fake, batch)
            trained = trainer.trained("discriminator")
            found = torch.autograd.grad(value, list(trained.values()), allow_unused=True)
            gradients = {n: torch.zeros_like(v) if g is None else g for (n, v), g in zip(trained.items(), found)}
            made.append({"name": name} | case.settings | {"value": number(value.item()), "gradient": summaries(gradients)})
    write("penalties", made)


# The optimizers written out, against PyTorch's


def check_optimizers():
    for kind, settings, theirs in (
        ("rmsprop", {"decay": 0.9}, lambda p: torch.optim.RMSprop(p, lr=0.01, alpha=0.9, eps=1e-8)),
        ("sgd", {"momentum": 0.9}, lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9)),
        ("adam", {"beta1": 0.5, "beta2": 0.9}, lambda p: torch.optim.Adam(p, lr=0.01, betas=(0.5, 0.9), eps=1e-8)),
    ):
        case = Case(kind, optimizer={"discriminator": {"kind": kind, "learning_rate": 0.01} | settings})
        ours = {"x": torch.tensor(signed("x", (7,)))}
        value = ours["x"].clone().requires_grad_(True)
        mine, other = training.Optimizer(case, "discriminator", ours), theirs([value])
        for step in range(1, 11):
            gradient = torch.tensor(signed(f"gradient/{step}", (7,)))
            mine.update(ours, [gradient], step)
            value.grad = gradient
            other.step()
        assert (ours["x"] - value.detach()).abs().max() < 1e-14, kind


def main():
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    check_optimizers()
    parts = {"counts": counts, "trajectories": trajectories, "published": published, "penalties": penalties}
    for name in sys.argv[1].split(",") if len(sys.argv) > 1 else list(parts):
        parts[name]()


if __name__ == "__main__":
    main()
