"""One training iteration beside PyTorch doing the same work, alternated: prints a table for docs/benchmarks.md.

    python3 -m venv ~/torch-environment && ~/torch-environment/bin/pip install torch
    ~/torch-environment/bin/python benches/compare.py [--pairs 5] [--width 1] [--channels 3]
    ~/torch-environment/bin/python benches/compare.py --device cuda [--features cuda | --program target/...]

An iteration is one update of SNDCGAN's discriminator and one of its generator: batches of 64 images of 32x32 pixels,
non-saturating loss, spectral normalization, Adam, and perhaps a gradient penalty. Each measurement is a process of its
own; a pair is one of gan-pipe and one of PyTorch right after it. Both report what they trained, and that must be equal.

On a card, PyTorch is measured twice: as written, and compiled by `torch.compile`. `f32` keeps it from rounding operands to
tf32, `tf32` lets it, and under `bf16` it runs with automatic mixed precision. gan-pipe draws batches and latents on the
processor, as it always does, and PyTorch on the card.
"""

import argparse
import json
import os
import pathlib
import platform
import resource
import statistics
import subprocess
import sys
import time

BATCH, LATENT, RESOLUTION = 64, 128, 32
# Filter side, stride and published output channels (Miyato et al. 2018, table 3).
DISCRIMINATOR = [(3, 1, 64), (4, 2, 128), (3, 1, 128), (4, 2, 256), (3, 1, 256), (4, 2, 512), (3, 1, 512)]
GENERATOR = [512, 256, 128, 64]
PENALTIES, PRECISIONS = ["none", "gradient"], ["f32", "tf32", "bf16"]
# What both sides must agree on.
WORK = ["batch", "channels", "penalty", "precision", "threads", "generator_weights", "discriminator_weights", "updates"]


def networks(width, channels):
    """SNDCGAN in PyTorch, its fastest way on a CPU: channels last."""
    from torch import nn
    from torch.nn.utils.parametrizations import spectral_norm

    scaled = lambda published: max(1, round(published * width))
    base = RESOLUTION // 8

    class Generator(nn.Module):
        def __init__(self):
            super().__init__()
            hidden = [scaled(published) for published in GENERATOR]
            units = base * base * hidden[0]
            self.dense, self.dense_norm = nn.Linear(LATENT, units), nn.BatchNorm1d(units)
            self.up = nn.ModuleList(nn.ConvTranspose2d(c, k, 4, 2, 1) for c, k in zip(hidden, hidden[1:]))
            self.norms = nn.ModuleList(nn.BatchNorm2d(k) for k in hidden[1:])
            self.out = nn.Conv2d(hidden[-1], channels, 3, 1, 1)

        def forward(self, latent):
            x = self.dense_norm(self.dense(latent)).relu().view(len(latent), -1, base, base)
            x = x.contiguous(memory_format=torch.channels_last)
            for up, norm in zip(self.up, self.norms):
                x = norm(up(x)).relu()
            return self.out(x).tanh()

    class Discriminator(nn.Module):
        def __init__(self):
            super().__init__()
            layers, inputs = [], channels
            for side, stride, published in DISCRIMINATOR:
                outputs = scaled(published)
                layers.append(spectral_norm(nn.Conv2d(inputs, outputs, side, stride, 1)))
                layers.append(nn.LeakyReLU(0.1, inplace=True))
                inputs = outputs
            self.layers = nn.Sequential(*layers, nn.Flatten())
            self.dense = spectral_norm(nn.Linear(inputs * base * base, 1))

        def forward(self, images):
            return self.dense(self.layers(images))

    import torch

    return [net().to(memory_format=torch.channels_last) for net in (Generator, Discriminator)]


def measure_torch(arguments):
    """Times PyTorch's iterations and prints the same line of JSON as the program's own benchmark."""
    import torch
    from torch.nn.functional import softplus

    torch.manual_seed(1)
    torch.set_num_threads(arguments.threads)
    torch.set_default_device(arguments.device)
    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = arguments.precision != "f32"
    mixed = torch.autocast(arguments.device, torch.bfloat16, enabled=arguments.precision == "bf16")
    generator, discriminator = networks(arguments.width, arguments.channels)
    count = lambda net: sum(weight.numel() for weight in net.parameters())
    weights = {"generator_weights": count(generator), "discriminator_weights": count(discriminator)}
    compiled = torch.compile if arguments.compiled else lambda net: net
    made, judged = compiled(generator), compiled(discriminator)
    adam = lambda net: torch.optim.Adam(net.parameters(), 2e-4, (0.5, 0.999))
    generator_adam, discriminator_adam = adam(generator), adam(discriminator)
    real = torch.rand(BATCH, arguments.channels, RESOLUTION, RESOLUTION) * 2 - 1
    real = real.contiguous(memory_format=torch.channels_last)

    # `torch.compile` does not differentiate twice: the penalty goes through the discriminator as written.
    def penalty(fake):
        between = torch.lerp(real, fake, torch.rand(BATCH, 1, 1, 1)).requires_grad_(True)
        (gradient,) = torch.autograd.grad(discriminator(between).sum(), between, create_graph=True)
        return ((gradient.square().sum((1, 2, 3)) + 1e-12).sqrt() - 1).square().mean()

    def iteration():
        with torch.no_grad(), mixed:
            fake = made(torch.randn(BATCH, LATENT))
        with mixed:
            loss = softplus(-judged(real)).mean() + softplus(judged(fake)).mean()
            if arguments.penalty == "gradient":
                loss = loss + 10 * penalty(fake.float())
        discriminator_adam.zero_grad(set_to_none=True)
        loss.backward()
        discriminator_adam.step()
        discriminator.requires_grad_(False)
        with mixed:
            loss = softplus(-judged(made(torch.randn(BATCH, LATENT)))).mean()
        generator_adam.zero_grad(set_to_none=True)
        loss.backward()
        generator_adam.step()
        discriminator.requires_grad_(True)
        if arguments.device != "cpu":
            torch.cuda.synchronize()

    for _ in range(arguments.warm_up):
        iteration()
    seconds = []
    for _ in range(arguments.iterations):
        start = time.perf_counter()
        iteration()
        seconds.append(time.perf_counter() - start)
    median = statistics.median(seconds)
    print(json.dumps({
        "batch": BATCH, "channels": arguments.channels, "penalty": arguments.penalty, "threads": torch.get_num_threads(),
        "precision": arguments.precision, **weights, "updates": 2 * (arguments.warm_up + arguments.iterations),
        "seconds": median, "images_per_second": BATCH / median,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, "version": torch.__version__,
    }))


def built(arguments):
    """Builds the program's own benchmark and returns its executable."""
    features = ["--features", arguments.features] if arguments.features else []
    command = ["cargo", "bench", "--workspace", "--profile", "dev", *features, "--bench", "iteration", "--no-run",
               "--message-format", "json"]
    root = pathlib.Path(__file__).resolve().parent.parent
    output = subprocess.run(command, cwd=root, check=True, stdout=subprocess.PIPE, text=True).stdout
    for message in map(json.loads, output.splitlines()):
        if message.get("target", {}).get("name") == "iteration" and message.get("executable"):
            return message["executable"]
    raise SystemExit("cargo built no benchmark named iteration")


def run(command):
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(output.splitlines()[-1])


def compare(arguments, penalty, threads, precision="f32"):
    """Measures rounds of gan-pipe and each way of PyTorch, and returns their results."""
    options = ["--penalty", penalty, "--threads", threads, "--width", arguments.width, "--channels", arguments.channels,
               "--iterations", arguments.iterations, "--warm-up", arguments.warm_up, "--device", arguments.device,
               "--precision", precision]
    options = [str(option) for option in options]
    torch = [sys.executable, __file__, "--torch", *options]
    # PyTorch knows a card of NVIDIA's as `cuda`, whatever gan-pipe reaches it through.
    torch[torch.index("--device") + 1] = "cpu" if arguments.device == "cpu" else "cuda"
    sides = [[arguments.program, *options], torch]
    if arguments.device != "cpu":
        sides.append([*torch, "--compiled"])
    rounds = [[run(side) for side in sides] for _ in range(arguments.pairs)]
    for own, *others in rounds:
        for other in others:
            assert [own[key] for key in WORK] == [other[key] for key in WORK], f"not the same work: {own} and {other}"
    return rounds


def rate(rounds, side):
    return statistics.median(measured[side]["images_per_second"] for measured in rounds)


def ratio(rounds, side):
    ratios = sorted(measured[0]["images_per_second"] / measured[side]["images_per_second"] for measured in rounds)
    return f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"


def processor_row(penalty, threads, rounds):
    cells = [penalty, threads, f"{rate(rounds, 0):.1f}", f"{rate(rounds, 1):.1f}", ratio(rounds, 1)]
    cells += [max(measured[side]["peak_mib"] for measured in rounds) for side in range(2)]
    return "| " + " | ".join(map(str, cells)) + " |"


def card_row(penalty, precision, rounds):
    cells = [penalty, precision, *(f"{rate(rounds, side):.0f}" for side in range(3)), ratio(rounds, 1), ratio(rounds, 2)]
    return "| " + " | ".join(cells) + " |"


def on_the_processor(arguments):
    cores = len(os.sched_getaffinity(0))
    print(f"{arguments.pairs} pairs, {arguments.iterations} iterations each, width {arguments.width:g}, "
          f"{cores} cores, {platform.machine()}\n")
    print("| penalty | threads | gan-pipe, images/s | PyTorch, images/s | ratio, median (range) "
          "| gan-pipe, peak MiB | PyTorch, peak MiB |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for penalty in PENALTIES:
        for threads in sorted({1, cores}):
            print(processor_row(penalty, threads, compare(arguments, penalty, threads)), flush=True)


def on_a_card(arguments):
    cores = len(os.sched_getaffinity(0))
    print(f"{arguments.pairs} rounds, {arguments.iterations} iterations each, width {arguments.width:g}, "
          f"{arguments.device}\n")
    print("| penalty | precision | gan-pipe, images/s | PyTorch, images/s | compiled, images/s "
          "| ratio, median (range) | ratio to compiled |")
    print("|---|---|--:|--:|--:|--:|--:|")
    for penalty in PENALTIES:
        for precision in PRECISIONS:
            print(card_row(penalty, precision, compare(arguments, penalty, cores, precision)), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--iterations", type=int, default=5, help="timed in each process")
    parser.add_argument("--warm-up", type=int, help="iterations before these: 1, on a card 10")
    parser.add_argument("--width", type=float, default=1.0)
    parser.add_argument("--channels", type=int, default=3)
    parser.add_argument("--device", default="cpu", help="by gan-pipe's name for it")
    parser.add_argument("--features", help="of cargo, to build for the device")
    parser.add_argument("--program", help="the executable of `benches/iteration.rs`, where it is built already")
    parser.add_argument("--torch", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--compiled", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--penalty", default="none", help=argparse.SUPPRESS)
    parser.add_argument("--precision", default="f32", help=argparse.SUPPRESS)
    parser.add_argument("--threads", type=int, default=1, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.warm_up is None:
        arguments.warm_up = 1 if arguments.device == "cpu" else 10
    if arguments.torch:
        return measure_torch(arguments)
    arguments.program = arguments.program or built(arguments)
    if arguments.device == "cpu":
        on_the_processor(arguments)
    else:
        on_a_card(arguments)


if __name__ == "__main__":
    main()
