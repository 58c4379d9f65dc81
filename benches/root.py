"""Fréchet distances of 2048 features of real images by several methods: their errors and times, as a Markdown table.

    python3 -m venv ~/root-environment && ~/root-environment/bin/pip install numpy==2.4.6 scipy==1.17.1 safetensors==0.8.0
    ~/root-environment/bin/python benches/root.py
    ~/root-environment/bin/python benches/root.py --times

With `--times` the default method, in f64, runs in turn with three ways to the same trace in SciPy, and the medians of their
times are printed with ratios: Cholesky's factor and the eigenvalues of L' S2 L, the eigenvalues of the product S1 S2, and
scipy.linalg.sqrtm of it. The last comes in once in three rounds. Then a whole distance of 5,000 samples of 64 features.

Images are those of Fashion-MNIST: 5,000 test images are the reference, and beside them stand training images, some of
them with noise, blurred, inverted, of five of the ten classes only, or few. Features are rectified and random: 3x3
patches, stride 2, of a first layer of 32 channels (5x5, stride 2) go to 2048 channels, of which the mean over all
positions is taken, and all is scaled so that the reference's covariance has a trace of 150.

The reference value is f64 by LAPACK and squares nothing: singular values of R1 R2', with Q R the centred samples over
sqrt(n - 1). `coupled` is the iteration that metrics in f32 on a GPU use elsewhere (pytorch-gan-metrics, PyTorch's BigGAN;
from Lin and Maji 2017, "Improved Bilinear Pooling with CNNs"): 50 steps of Y <- Y T, Z <- T Z with T = (3 I - Z Y) / 2
from Y = S1 S2 / |S1 S2|_F and Z = I, then sqrt(|S1 S2|_F) Tr Y, with f64 covariances rounded to f32. The others are this
program's (`cargo bench --bench root`), by `frechet_distance_on` on the CPU device, with covariances of the host in f64, or
in f32 by the device.
"""

import argparse
import gzip
import json
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import scipy.linalg
import scipy.ndimage
from safetensors.numpy import load_file, save_file

ROOT = Path(__file__).resolve().parent.parent
FEATURES = 2048
COUNT = 5_000
TRACE = 150.0


def read(path, header):
    return np.frombuffer(gzip.open(path).read()[header:], np.uint8)


def patches(x, side, stride):
    """[n, h, w, c] to [n, h', w', side * side * c]."""
    windows = np.lib.stride_tricks.sliding_window_view(x, (side, side), axis=(1, 2))[:, ::stride, ::stride]
    return windows.reshape(*windows.shape[:3], -1)


def extractor():
    random = np.random.Generator(np.random.PCG64(2048))
    first = random.normal(0.0, np.sqrt(2 / 25), (25, 32)).astype(np.float32)
    second = random.normal(0.0, np.sqrt(2 / 288), (288, FEATURES)).astype(np.float32)

    def extract(images):
        rows = []
        for batch in np.array_split(images, max(1, len(images) // 250)):
            x = np.maximum(patches(batch[..., None], 5, 2) @ first, 0)
            x = np.maximum(patches(x, 3, 2) @ second, 0)
            rows.append(x.mean((1, 2)))
        return np.concatenate(rows)

    return extract


def image_sets(folder):
    test = read(folder / "t10k-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28).astype(np.float32) / 255
    train = read(folder / "train-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28).astype(np.float32) / 255
    labels = read(folder / "train-labels-idx1-ubyte.gz", 8)
    part = train[:COUNT]
    noise = np.random.Generator(np.random.PCG64(1)).normal(0, 0.1, part.shape)
    return {
        "reference": test[:COUNT],
        "training images": part,
        "noise 0.1": np.clip(part + noise, 0, 1).astype(np.float32),
        "five classes": train[labels < 5][:COUNT],
        "blur 1.5": scipy.ndimage.gaussian_filter(part, (0, 1.5, 1.5)),
        "inverted": 1 - part,
        "1,000 training images": train[:1_000],
    }


def features_of(folder, path):
    """Makes the file of features unless it is there, and reads it."""
    if not path.exists():
        extract = extractor()
        features = {name: extract(images) for name, images in image_sets(folder).items()}
        scale = np.sqrt(TRACE / features["reference"].astype(np.float64).var(0, ddof=1).sum())
        save_file({name: (x * scale).astype(np.float32) for name, x in features.items()}, path)
    return load_file(path)


def reference(x1, x2):
    x1, x2 = x1.astype(np.float64), x2.astype(np.float64)
    means = x1.mean(0), x2.mean(0)
    rows = [(x - mean) / np.sqrt(len(x) - 1) for x, mean in zip((x1, x2), means)]
    covariances = [x.T @ x for x in rows]
    factors = [np.linalg.qr(x, mode="r") for x in rows]
    root = scipy.linalg.svdvals(factors[0] @ factors[1].T).sum()
    difference = means[0] - means[1]
    mean_term = difference @ difference
    return mean_term + sum(map(np.trace, covariances)) - 2 * root, mean_term, covariances


def coupled(s1, s2, steps=50):
    product = s1.astype(np.float32) @ s2.astype(np.float32)
    norm = np.sqrt((product * product).sum())
    y, z = product / norm, np.eye(len(product), dtype=np.float32)
    identity = np.eye(len(product), dtype=np.float32)
    with np.errstate(all="ignore"):
        for _ in range(steps):
            t = np.float32(0.5) * (np.float32(3) * identity - z @ y)
            y, z = y @ t, t @ z
    return float(np.trace(y) * np.sqrt(norm))


def ours(path, name):
    command = ["cargo", "bench", "--workspace", "--profile", "dev", "--bench", "root", "--", str(path), "--set", name]
    lines = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    found = [json.loads(line) for line in lines if line.startswith("{")]
    return {row["covariance"]: row for row in found}


def by_cholesky(s1, s2):
    lower = scipy.linalg.cholesky(s1, lower=True)
    return np.sqrt(np.maximum(scipy.linalg.eigvalsh(lower.T @ s2 @ lower), 0)).sum()


def by_eigenvalues_of_the_product(s1, s2):
    return np.sqrt(scipy.linalg.eigvals(s1 @ s2).astype(complex)).real.sum()


def by_sqrtm(s1, s2):
    return np.trace(scipy.linalg.sqrtm(s1 @ s2)).real


def timed(call):
    began = time.perf_counter()
    value = call()
    return time.perf_counter() - began, value


def default_method(path):
    command = ["cargo", "bench", "--workspace", "--profile", "dev", "--bench", "root"]
    command += ["--", str(path), "--set", "training images", "--each-line"]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)


def ask(process):
    process.stdin.write("\n")
    return json.loads(next(line for line in process.stdout if line.startswith("{")))


def compare_times(features, path, rounds):
    s1, s2 = (np.cov(features[name].astype(np.float64).T) for name in ("reference", "training images"))
    peers = [(by_cholesky, 1), (by_eigenvalues_of_the_product, 1), (by_sqrtm, 3)]
    times = {call: [] for call, _ in peers}
    ours = []
    with default_method(path) as process:
        ask(process)
        for turn in range(rounds):
            found = ask(process)
            ours.append(found["root"])
            for call, every in peers:
                if turn % every == 0:
                    seconds, value = timed(lambda: call(s1, s2))
                    times[call].append(seconds)
                    assert abs(value - found["trace_root"]) < 1e-6 * value, (call.__name__, value, found)
    median = np.median(ours)
    print(f"| way, {FEATURES} dimensions | median s | least s | times ours |\n|---|--:|--:|--:|")
    print(f"| ours | {median:.3f} | {min(ours):.3f} | 1 |")
    for call, seconds in times.items():
        ratio = np.median(seconds) / median
        print(f"| {call.__name__} | {np.median(seconds):.3f} | {min(seconds):.3f} | {ratio:.2f} |")


def small_times(path, rounds):
    with default_method(path) as process:
        whole = [ask(process)["whole"] for _ in range(rounds)]
    print(f"{COUNT} and {COUNT} samples of 64 features: {1e3 * np.median(whole):.1f} ms")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=Path("/usr/share/datasets/fashion-mnist"))
    parser.add_argument("--features", type=Path, help="file of features, made if it is not there")
    parser.add_argument("--times", action="store_true", help="compare times in f64")
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = (arguments.features or Path(folder) / "features.safetensors").absolute()
        features = features_of(arguments.data, path)
        if arguments.times:
            small = path.with_name(path.stem + "-64.safetensors")
            save_file({name: np.ascontiguousarray(x[:, :64]) for name, x in features.items()}, small)
            compare_times(features, path, arguments.rounds)
            small_times(small, arguments.rounds)
        else:
            compare(features, path)


def compare(features, path):
    print("| set | distance | f32, covariances in f64 | estimate | steps | s | f32 covariances | estimate | coupled, f32 | s |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    for name in sorted(set(features) - {"reference"}):
        found = ours(path, name)
        value, mean_term, (s1, s2) = reference(features["reference"], features[name])
        began = time.perf_counter()
        peer = mean_term + np.trace(s1) + np.trace(s2) - 2 * coupled(s1, s2)
        seconds = time.perf_counter() - began
        host, device = found["host"], found["device"]
        print(
            f"| {name} | {value:.4f} | {host['distance'] - value:.1e} | {host['estimate']:.1e} | {host['steps']} "
            f"| {host['seconds']:.1f} | {device['distance'] - value:.1e} | {device['estimate']:.1e} "
            f"| {peer - value:.1e} | {seconds:.1f} |",
            flush=True,
        )
        print(f"<!-- default {host['default'] - value:.1e} in {host['default_seconds']:.1f} s; {host['causes']} -->")
    eigenvalues = np.linalg.eigvalsh(np.cov(features["reference"].T.astype(np.float64)))
    print(f"eigenvalues of the reference's covariance from {eigenvalues[0]:.2g} to {eigenvalues[-1]:.2g}")


if __name__ == "__main__":
    main()
