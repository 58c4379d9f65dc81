"""One training iteration beside PyTorch doing the same work, alternated: prints a table for docs/benchmarks.md.

    python3 -m venv ~/torch-environment && ~/torch-environment/bin/pip install torch
    ~/torch-environment/bin/python benches/compare.py [--pairs 5] [--width 1] [--channels 3]

An iteration is one update of SNDCGAN's discriminator and one of its generator: batches of 64 images of 32x32 pixels,
non-saturating loss, spectral normalization, Adam, and perhaps a gradient penalty. Each measurement is a process of its
own; a pair is one of gan-pipe and one of PyTorch right after it. Both report what they trained, and that must be equal.
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
# What both sides must agree on.
WORK = ["batch", "channels", "penalty", "threads", "generator_weights", "discriminator_weights", "updates"]


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
    generator, discriminator = networks(arguments.width, arguments.channels)
    adam = lambda net: torch.optim.Adam(net.parameters(), 2e-4, (0.5, 0.999))
    generator_adam, discriminator_adam = adam(generator), adam(discriminator)
    real = torch.rand(BATCH, arguments.channels, RESOLUTION, RESOLUTION) * 2 - 1
    real = real.contiguous(memory_format=torch.channels_last)

    def penalty(fake):
        between = torch.lerp(real, fake, torch.rand(BATCH, 1, 1, 1)).requires_grad_(True)
        (gradient,) = torch.autograd.grad(discriminator(between).sum(), between, create_graph=True)
        return ((gradient.square().sum((1, 2, 3)) + 1e-12).sqrt() - 1).square().mean()

    def iteration():
        with torch.no_grad():
            fake = generator(torch.randn(BATCH, LATENT))
        loss = softplus(-discriminator(real)).mean() + softplus(discriminator(fake)).mean()
        if arguments.penalty == "gradient":
            loss = loss + 10 * penalty(fake)
        discriminator_adam.zero_grad(set_to_none=True)
        loss.backward()
        discriminator_adam.step()
        discriminator.requires_grad_(False)
        loss = softplus(-discriminator(generator(torch.randn(BATCH, LATENT)))).mean()
        generator_adam.zero_grad(set_to_none=True)
        loss.backward()
        generator_adam.step()
        discriminator.requires_grad_(True)

    iteration()
    seconds = []
    for _ in range(arguments.iterations):
        start = time.perf_counter()
        iteration()
        seconds.append(time.perf_counter() - start)
    count = lambda net: sum(weight.numel() for weight in net.parameters())
    median = statistics.median(seconds)
    print(json.dumps({
        "batch": BATCH, "channels": arguments.channels, "penalty": arguments.penalty, "threads": torch.get_num_threads(),
        "generator_weights": count(generator), "discriminator_weights": count(discriminator),
        "updates": 2 * (arguments.iterations + 1), "seconds": median, "images_per_second": BATCH / median,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, "version": torch.__version__,
    }))


def built():
    """Builds the program's own benchmark and returns its executable."""
    command = ["cargo", "bench", "--workspace", "--profile", "dev", "--bench", "iteration", "--no-run", "--message-format", "json"]
    root = pathlib.Path(__file__).resolve().parent.parent
    output = subprocess.run(command, cwd=root, check=True, stdout=subprocess.PIPE, text=True).stdout
    for message in map(json.loads, output.splitlines()):
        if message.get("target", {}).get("name") == "iteration" and message.get("executable"):
            return message["executable"]
    raise SystemExit("cargo built no benchmark named iteration")


def run(command):
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(output.splitlines()[-1])


def compare(arguments, executable, penalty, threads):
    """Measures pairs and returns both sides' results."""
    options = ["--penalty", penalty, "--threads", threads, "--width", arguments.width,
               "--channels", arguments.channels, "--iterations", arguments.iterations]
    options = [str(option) for option in options]
    sides = [[executable, *options], [sys.executable, __file__, "--torch", *options]]
    pairs = [[run(side) for side in sides] for _ in range(arguments.pairs)]
    for own, torch in pairs:
        assert [own[key] for key in WORK] == [torch[key] for key in WORK], f"not the same work: {own} and {torch}"
    return pairs


def row(penalty, threads, pairs):
    median = lambda values: statistics.median(list(values))
    ratios = sorted(own["images_per_second"] / torch["images_per_second"] for own, torch in pairs)
    cells = [penalty, threads]
    for side in range(2):
        cells.append(f"{median(pair[side]['images_per_second'] for pair in pairs):.1f}")
    cells.append(f"{median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})")
    for side in range(2):
        cells.append(f"{max(pair[side]['peak_mib'] for pair in pairs)}")
    return "| " + " | ".join(map(str, cells)) + " |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--iterations", type=int, default=5, help="timed in each process, after one that is not")
    parser.add_argument("--width", type=float, default=1.0)
    parser.add_argument("--channels", type=int, default=3)
    parser.add_argument("--torch", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--penalty", default="none", help=argparse.SUPPRESS)
    parser.add_argument("--threads", type=int, default=1, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.torch:
        return measure_torch(arguments)
    executable = built()


    cores = len(os.sched_getaffinity(0))
    print(f"{arguments.pairs} pairs, {arguments.iterations} iterations each, width {arguments.width:g}, "
          f"{cores} cores, {platform.machine()}\n")
    print("| penalty | threads | gan-pipe, images/s | PyTorch, images/s | ratio, median (range) "
          "| gan-pipe, peak MiB | PyTorch, peak MiB |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for penalty in ["none", "gradient"]:
        for threads in sorted({1, cores}):
            print(row(penalty, threads, compare(arguments, executable, penalty, threads)), flush=True)


if __name__ == "__main__":
    main()
