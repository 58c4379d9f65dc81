"""Writes jacobian.safetensors: Jacobians of the trained generator of trajectory.safetensors, and its discriminator's logits.

    python -m venv golden-env && . golden-env/bin/activate
    pip install torch==2.15.0 numpy==2.4.6 safetensors==0.8.0
    python tests/golden/jacobian.py

In float64, with the networks of trajectory.py. Batch normalization of the generator uses its moving averages. `latents` [6, 8] are
those of the last generator update; `singular_values` [6, 8] are of the Jacobians of the 256 pixels by the latent
(torch.func.jacfwd and numpy.linalg.svd), `jacobian` [8, 256] is the first of them, a row for each number of the latent. `logits` [60]
are of the images of the first ten batches, rounded to bytes by floor(127.5 x + 128) and scaled back, with the vectors of spectral
normalization as training left them.
"""

from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file, save_file

import trajectory


def running(values, name, x, moves):
    mean, variance = values[f"{name}.mean"], values[f"{name}.variance"]
    normalized = (x - mean) / torch.sqrt(variance + trajectory.BATCH_NORM_EPSILON)
    return normalized * values[f"{name}.gamma"] + values[f"{name}.beta"]


def main():
    file = load_file(Path(__file__).with_name("trajectory.safetensors"))
    part = lambda prefix: {n.removeprefix(prefix): torch.tensor(v) for n, v in file.items() if n.startswith(prefix)}
    g, d = part("expected.generator."), part("expected.discriminator.")
    trajectory.batch_norm = running
    latents = torch.tensor(file["batch.latent_generator"][29])
    image = lambda z: trajectory.generator(g, z[None], False).reshape(-1)
    jacobians = torch.stack([torch.func.jacfwd(image)(z) for z in latents]).numpy()
    real = np.floor(127.5 * file["batch.real"][:10].astype(np.float32) + np.float32(128)).clip(0, 255)
    real = torch.tensor(real.reshape(60, 16, 16, 1) / 127.5 - 1, dtype=torch.float64)
    logits = trajectory.discriminator(d, trajectory.normalized_weights(d, moves=False), real)
    tensors = {
        "latents": latents.numpy(),
        "singular_values": np.linalg.svd(jacobians, compute_uv=False),
        "jacobian": np.ascontiguousarray(jacobians[0].T),
        "logits": logits.numpy(),
    }
    print(tensors["singular_values"], (tensors["logits"] >= 0).mean())
    save_file(tensors, Path(__file__).with_suffix(".safetensors"))


if __name__ == "__main__":
    main()
