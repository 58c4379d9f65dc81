"""Writes weights_files/: small files of weights as PyTorch writes them, and the arrays of the published networks.

    python -m venv golden-env && . golden-env/bin/activate
    pip install numpy==2.4.6 pillow==13.0.0 safetensors==0.8.0 torch==2.15.0 torchvision==0.29.2 tqdm
    pip install --no-deps pytorch-fid==0.3.0 torch-fidelity==0.4.0
    python tests/golden/weights_files.py

zip.pth, legacy.pth      one dictionary in both formats: arrays of every element type, views, a transposed array, two names for
                         one array, an array without numbers and one without axes, a parameter
nested.pth               a checkpoint: the same under "state_dict", beside numbers and an optimizer's state
module.pth               the state of a small network
arrays.safetensors       the arrays whose numbers are real, as safetensors
expected.safetensors     the same as float32, which is what every file above must give
network.pth              a whole network, which names its classes
script.pt                the same as TorchScript, which holds its code
harmful.pth              a pickle that calls os.system
compressed.pth           zip.pth, compressed
networks.json            names and shapes of the arrays of pytorch-fid's Inception (torch-fidelity's are the same), of torchvision's, of VGG-16
"""

import io
import json
import os
import zipfile
from collections import OrderedDict
from pathlib import Path

import pytorch_fid.inception
import torch
import torch_fidelity.feature_extractor_inceptionv3 as fidelity
import torchvision
from safetensors.torch import save_file

FOLDER = Path(__file__).with_suffix("")


def numbers(*shape):
    count = int(torch.tensor(shape).prod()) if shape else 1
    return (torch.arange(count, dtype=torch.float32).reshape(shape) - 5) / 8


def arrays():
    base = numbers(5, 4)
    filters = numbers(3, 2, 1, 3)
    return OrderedDict(
        base=base,
        view=base[1:4, ::2],
        transposed=base.t(),
        tied=base,
        last_row=base[4],
        filters=filters,
        channels_last=filters.contiguous(memory_format=torch.channels_last),
        half=numbers(7).half() / 3,
        bfloat16=numbers(2, 3).bfloat16() / 3,
        double=numbers(4).double() / 3,
        scalar=torch.tensor(-2.5),
        empty=torch.zeros(0, 3),
        parameter=torch.nn.Parameter(numbers(6)),
        counter=torch.tensor(1234567890123),
        bytes=torch.arange(3, dtype=torch.uint8),
        flags=torch.tensor([True, False]),
    )


def network():
    layers = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2), torch.nn.Linear(2, 3))
    with torch.no_grad():
        for index, parameter in enumerate(layers.parameters()):
            parameter.copy_(numbers(*parameter.shape) + index)
    return layers


class Harmful:
    def __reduce__(self):
        return os.system, ("true",)


def compressed(path):
    bytes_ = io.BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(bytes_, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, source.read(name))
    return bytes_.getvalue()


def write_files():
    saved = arrays()
    torch.save(saved, FOLDER / "zip.pth")
    torch.save(saved, FOLDER / "legacy.pth", _use_new_zipfile_serialization=False)
    optimizer = {"state": {0: {"step": 3, "exp_avg": numbers(2)}}, "betas": (0.5, 0.999)}
    checkpoint = {"epoch": 3, "name": "small", "state_dict": saved, "optimizer": optimizer, "best": None}
    torch.save(checkpoint, FOLDER / "nested.pth")
    torch.save(network().state_dict(), FOLDER / "module.pth")
    torch.save(network(), FOLDER / "network.pth")
    torch.jit.script(network()).save(FOLDER / "script.pt")
    torch.save({"weight": Harmful()}, FOLDER / "harmful.pth")
    (FOLDER / "compressed.pth").write_bytes(compressed(FOLDER / "zip.pth"))
    real = {name: array.detach().clone().contiguous() for name, array in saved.items() if array.is_floating_point()}
    save_file(real, FOLDER / "arrays.safetensors")
    state = {f"module.{name}": array for name, array in network().state_dict().items() if array.is_floating_point()}
    save_file({name: array.float().contiguous() for name, array in (real | state).items()}, FOLDER / "expected.safetensors")


def write_networks():
    # Nothing is downloaded: the networks are built and their published weights are not loaded.
    pytorch_fid.inception.load_state_dict_from_url = lambda *_, **__: None
    fidelity.load_state_dict_from_url = lambda *_, **__: None
    load = torch.nn.Module.load_state_dict
    torch.nn.Module.load_state_dict = lambda *_, **__: None
    networks = {
        "pytorch-fid": pytorch_fid.inception.fid_inception_v3(),
        "torch-fidelity": fidelity.FeatureExtractorInceptionV3("inception-v3-compat", ["2048"]),
        "inception-v3-torchvision": torchvision.models.inception_v3(init_weights=False),
        "vgg16": torchvision.models.vgg16(init_weights=False),
    }
    torch.nn.Module.load_state_dict = load
    shapes = {
        name: {key: list(array.shape) for key, array in network.state_dict().items()}
        for name, network in networks.items()
    }
    assert shapes.pop("torch-fidelity") == shapes["pytorch-fid"]
    (FOLDER / "networks.json").write_text(json.dumps(shapes, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    write_files()
    write_networks()
