"""Features of Inception-v3 beside torch-fidelity's network doing the same work, alternated: prints a table for
docs/benchmarks.md.

    python3 -m venv ~/torch-environment && ~/torch-environment/bin/pip install torch torchvision torch-fidelity
    ~/torch-environment/bin/python benches/inception.py [--pairs 5] [--images 64] [--threads 1 2]

Images are 32x32 and colored, of bytes; both sides bring them to 299x299 as TensorFlow 1 does, and give 2048 numbers and
1008 logits of each. Weights are drawn. Each measurement is a process of its own; a pair is one of gan-pipe and one of
PyTorch, which is measured as users of torch-fidelity have it, and at its fastest here: channels last, batch normalization
folded into convolutions by its compiler (`torch.jit.freeze` and `optimize_for_inference`).
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
import tempfile
import time

SIDE, BATCH = 32, 64
WORK = ["extractor", "threads", "images", "dimension"]


def network(form, folder):
    import torch
    import torchvision
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    path = pathlib.Path(folder) / "weights.pth"
    drawn = torchvision.models.inception_v3(num_classes=1008, aux_logits=False, weights=None, init_weights=False)
    torch.save(drawn.state_dict(), path)
    layers = ["2048", "logits_unbiased"]
    own = FeatureExtractorInceptionV3("bench", layers, feature_extractor_weights_path=str(path))
    if form == "users have it":
        return own
    own = own.to(memory_format=torch.channels_last)
    example = torch.zeros(BATCH, 3, SIDE, SIDE, dtype=torch.uint8)
    return torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(own, example)))


def measure_torch(arguments):
    import torch

    torch.manual_seed(1)
    torch.set_num_threads(arguments.threads)
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        own = network(arguments.torch, folder)
        batch = torch.randint(0, 256, (BATCH, 3, SIDE, SIDE), dtype=torch.uint8)
        own(batch)
        assert arguments.images % BATCH == 0
        start = time.perf_counter()
        for _ in range(arguments.images // BATCH):
            features, _ = own(batch)
        seconds = time.perf_counter() - start
    print(json.dumps({
        "extractor": "inception-v3-2015", "threads": torch.get_num_threads(), "images": arguments.images,
        "dimension": features.shape[1], "seconds": seconds, "images_per_second": arguments.images / seconds,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, "version": torch.__version__,
    }))


def built():
    command = ["cargo", "bench", "--workspace", "--profile", "dev", "--bench", "inception", "--no-run", "--message-format", "json"]
    root = pathlib.Path(__file__).resolve().parent.parent
    output = subprocess.run(command, cwd=root, check=True, stdout=subprocess.PIPE, text=True).stdout
    for message in map(json.loads, output.splitlines()):
        if message.get("target", {}).get("name") == "inception" and message.get("executable"):
            return message["executable"]
    raise SystemExit("cargo built no benchmark named inception")


def run(command):
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(output.splitlines()[-1])


def row(form, threads, pairs):
    ratios = sorted(own["images_per_second"] / torch["images_per_second"] for own, torch in pairs)
    cells = [form, threads]
    for side in range(2):
        cells.append(f"{statistics.median(pair[side]['images_per_second'] for pair in pairs):.2f}")
    cells.append(f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})")
    for side in range(2):
        cells.append(max(pair[side]["peak_mib"] for pair in pairs))
    return "| " + " | ".join(map(str, cells)) + " |"


def main():
    cores = len(os.sched_getaffinity(0))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--images", type=int, default=64)
    parser.add_argument("--threads", type=int, nargs="+", default=sorted({1, cores}))
    parser.add_argument("--torch", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.torch:
        arguments.threads = arguments.threads[0]
        return measure_torch(arguments)
    executable = built()
    print(f"{arguments.pairs} pairs, {arguments.images} images each, {cores} cores, {platform.machine()}\n")
    print("| PyTorch as | threads | gan-pipe, images/s | PyTorch, images/s | ratio, median (range) "
          "| gan-pipe, peak MiB | PyTorch, peak MiB |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for form in ["users have it", "its fastest"]:
        for threads in arguments.threads:
            options = ["--images", str(arguments.images), "--threads", str(threads)]
            peer = [sys.executable, __file__, "--torch", form, *options]
            pairs = [(run([executable, *options]), run(peer)) for _ in range(arguments.pairs)]
            for own, torch in pairs:
                assert [own[key] for key in WORK] == [torch[key] for key in WORK], f"not the same work: {own}, {torch}"
            print(row(form, threads, pairs), flush=True)


if __name__ == "__main__":
    main()
