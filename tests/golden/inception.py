"""Writes inception.safetensors: what the networks of published metrics make of two images, in the metrics' own programs.

    python -m venv golden-env && . golden-env/bin/activate
    pip install numpy==2.4.6 pillow==13.0.0 safetensors==0.8.0 scipy==1.17.1 torch==2.15.0 torchvision==0.29.2
    pip install --no-deps torch-fidelity==0.4.0 pytorch-fid==0.3.0 torchmetrics==1.9.0 clean-fid==0.1.35
    python tests/golden/inception.py

Weights are drawn, because those of the published files are 90 MB and more: value `i` of the array of some name is

    u = splitmix64(fnv1a64(name) + i) >> 40, as one of 2^24 numbers; v = 2 u / 2^24 - 1, in [-1, 1)

in the order of this project's layouts (filters [rows, columns, in, out], dense layers [in, out]), times, in float32,

    sqrt(6 / inputs of one output)   filters and VGG-16's dense layers (variance of He et al. 2015, equation 10)
    sqrt(3 / inputs)                 fc.weight
    0.25, and 1.1 is added           bn.weight: rectified outputs then have a standard deviation near 1,
    0.3, and 1.2 is added            bn.bias: and five of six are not 0; where fewer are, each layer lets the rounding of
                                     those before it grow by a fifth and more
    1                                fc.bias
    0.5                              VGG-16's biases

Running averages of batch normalization are those of eight images, and are in the file. An image is three photographs of
Fashion-MNIST's test set (Debian's package dataset-fashion-mnist) as its red, green and blue; the first two are in the file,
`images`. Networks compute in float64, but for what brings images to their side, which computes as it does for users.

    <array of running averages>      of inception-v3-2015, used for torchvision's too
    <network>.<module>.values        [2, 256]: values (1000003 i) mod count of each image's activation [h, w, c]
    <network>.<module>.mean          [2, c]: over positions
    <network>.<resize>.<layer>       [2, d]: features
"""

import gzip
import tempfile
from pathlib import Path

import numpy as np
import pytorch_fid.inception
import torch
import torchvision
from cleanfid.resize import build_resizer
from safetensors.numpy import save_file
from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
from torch_fidelity.feature_extractor_vgg16 import FeatureExtractorVGG16
from torch_fidelity.interpolate_compat_tensorflow import interpolate_bilinear_2d_like_tensorflow1x
from torchmetrics.image.fid import NoTrainInceptionV3

DATA = Path("/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz")
VALUES, STRIDE = 256, 1_000_003


def photographs(count):
    pixels = np.frombuffer(gzip.open(DATA).read(16 + count * 3 * 28 * 28)[16:], np.uint8)
    return torch.from_numpy(pixels.reshape(count, 3, 28, 28).copy())


def drawn(name, count):
    seed = 0xCBF29CE484222325
    for byte in name.encode():
        seed = (seed ^ byte) * 0x100000001B3 % 2**64
    values = np.empty(count, np.float32)
    for first in range(0, count, 1 << 22):
        z = np.arange(first, min(count, first + (1 << 22)), dtype=np.uint64) + np.uint64(seed)
        z += np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
        values[first : first + len(z)] = (z >> np.uint64(40)).astype(np.float32) * np.float32(2 / 2**24) - np.float32(1)
    return values


def scale_and_shift(name, shape):
    inputs = int(np.prod(shape[:-1]))
    if name.endswith("bn.weight"):
        return 0.25, 1.1
    if name.endswith("bn.bias"):
        return 0.3, 1.2
    if name == "fc.bias":
        return 1.0, 0.0
    if name.endswith("bias"):
        return 0.5, 0.0
    return np.sqrt((3 if name == "fc.weight" else 6) / inputs), 0.0


def weight(name, array):
    """An array in the place of one of PyTorch's layout."""
    shape = list(array.shape)
    own = [shape[2], shape[3], shape[1], shape[0]] if len(shape) == 4 else shape[::-1]
    scale, shift = scale_and_shift(name, own)
    values = drawn(name, array.numel()) * np.float32(scale) + np.float32(shift)
    values = torch.from_numpy(values.reshape(own))
    return values.permute([3, 2, 0, 1] if len(shape) == 4 else list(range(len(shape)))[::-1]).contiguous()


def weights(network):
    arrays = network.state_dict()
    return {name: weight(name, array) if "running" not in name and "num_batches" not in name else array
            for name, array in arrays.items()}


def children(network):
    """Modules that an activation of positions leaves, by name, in order."""
    return {name: child for name, child in network.named_children()
            if name.startswith(("Conv2d", "Mixed", "MaxPool", "maxpool"))}


def activations(network, x):
    found = {}
    for name, child in children(network).items():
        x = child(x)
        found[name.replace("maxpool", "MaxPool_")] = x
    return found


def with_statistics_of(network, x):
    """Sets running averages from the images, module after module."""
    norms = [module for module in network.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = 1.0
    network.train()
    activations(network, x)
    network.eval()
    # As the file has them, in float32.
    for norm in norms:
        norm.running_mean.copy_(norm.running_mean.float())
        norm.running_var.copy_(norm.running_var.float())


def noted(golden, network, name, activation):
    x = activation.permute(0, 2, 3, 1).flatten(1)
    at = torch.arange(VALUES) * STRIDE % x.shape[1]
    golden[f"{network}.{name}.values"] = x[:, at]
    golden[f"{network}.{name}.mean"] = activation.mean((2, 3))
    print(f"{network} {name} {tuple(activation.shape)} mean {x.mean():.3f} deviation {x.std():.3f}")


def peers(path, state, images):
    """Features of every published program, by resizing and layer."""
    pytorch_fid.inception.load_state_dict_from_url = lambda *_, **__: state
    layers = list(FeatureExtractorInceptionV3.get_provided_features_list())
    fidelity = FeatureExtractorInceptionV3("x", layers, feature_extractor_weights_path=path).double()
    # The sides are float32 as for users; the network is as above.
    fidelity.feature_extractor_internal_dtype = torch.float32
    side = {"tensorflow-bilinear": tensorflow_bilinear, "pillow-bicubic": pillow_bicubic}
    for resize, of in side.items():
        yield resize, layers, of_modules(fidelity, (of(images, 299) - 128) / 128)
    metrics = NoTrainInceptionV3("x", layers, feature_extractor_weights_path=path, antialias=True).double()
    antialiased = torch.nn.functional.interpolate(
        images.float(), size=(299, 299), mode="bilinear", align_corners=False, antialias=True)
    yield "torch-antialias", layers, of_modules(metrics, (antialiased - 128) / 128)
    fid = pytorch_fid.inception.InceptionV3([0, 1, 2, 3], resize_input=False).double().eval()
    unit = torch.nn.functional.interpolate(images.float() / 255, size=(299, 299), mode="bilinear", align_corners=False)
    found = [x.mean((2, 3)) for x in fid(unit.double())]
    yield "torch-bilinear", ["64", "192", "768", "2048"], found


def of_modules(network, x):
    found = activations(network, x.double())
    means = [found[name].mean((2, 3)) for name in ["MaxPool_1", "MaxPool_2", "Mixed_6e", "Mixed_7c"]]
    without = means[-1] @ network.fc.weight.T
    return [*means, without, without + network.fc.bias]


def tensorflow_bilinear(images, side):
    return interpolate_bilinear_2d_like_tensorflow1x(images.float(), size=(side, side), align_corners=False)


def pillow_bicubic(images, side):
    resizer = build_resizer("clean")
    assert side == 299
    return torch.stack([torch.from_numpy(resizer(x.permute(1, 2, 0).numpy())).permute(2, 0, 1) for x in images])


def inception_2015(golden, folder):
    network = pytorch_fid.inception._inception_v3(num_classes=1008, aux_logits=False, weights=None)
    path = folder / "inception.pth"
    state = weights(network)
    torch.save(state, path)
    network = FeatureExtractorInceptionV3("x", ["2048"], feature_extractor_weights_path=path).double()
    with_statistics_of(network, (tensorflow_bilinear(photographs(8), 299).double() - 128) / 128)
    state = {name: array.float() if array.is_floating_point() else array for name, array in network.state_dict().items()}
    torch.save(state, path)
    golden |= {name: array for name, array in state.items() if "running" in name}

    images = golden["images"].permute(0, 3, 1, 2)
    for name, x in activations(network, (tensorflow_bilinear(images, 299).double() - 128) / 128).items():
        noted(golden, "inception-v3-2015", name, x)
    for resize, layers, found in peers(path, state, images):
        kept = layers if resize == "tensorflow-bilinear" else ["2048"]
        golden |= {f"inception-v3-2015.{resize}.{layer}": x for layer, x in zip(layers, found) if layer in kept}
    return state


def inception_torchvision(golden, state):
    network = torchvision.models.inception_v3(
        weights=None, init_weights=False, aux_logits=False, transform_input=True).double()
    state = {name: array for name, array in state.items() if not name.startswith("fc")}
    own = {name: weight(name, array) for name, array in network.state_dict().items() if name.startswith("fc")}
    network.load_state_dict(state | own)
    network.eval()
    images = golden["images"].permute(0, 3, 1, 2)
    unit = torch.nn.functional.interpolate(images.float() / 255, size=(299, 299), mode="bilinear", align_corners=False)
    x = torchvision.transforms.functional.normalize(unit.double(), (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    found = activations(network, network._transform_input(x))
    for name, activation in found.items():
        noted(golden, "inception-v3-torchvision", name, activation)
        del golden[f"inception-v3-torchvision.{name}.mean"]
    golden["inception-v3-torchvision.torch-bilinear.2048"] = found["Mixed_7c"].mean((2, 3))
    golden["inception-v3-torchvision.torch-bilinear.logits"] = network(x)


def vgg16(golden, folder):
    path = folder / "vgg16.pth"
    torch.save(weights(torchvision.models.vgg16(weights=None, init_weights=False)), path)
    peer = FeatureExtractorVGG16("x", ["fc2", "fc2_relu"], feature_extractor_weights_path=path)
    images = golden["images"].permute(0, 3, 1, 2)
    in_single = peer(images)
    peer = peer.double()
    x = tensorflow_bilinear(images, 224).double()
    x = torchvision.transforms.functional.normalize(
        x, [255 * v for v in (0.485, 0.456, 0.406)], [255 * v for v in (0.229, 0.224, 0.225)])
    features = peer.model(x)
    assert (features - in_single[0]).abs().max() < 1e-4 * features.square().mean().sqrt()
    block = 0
    for child in peer.model.features:
        x = child(x)
        if isinstance(child, torch.nn.MaxPool2d):
            block += 1
            noted(golden, "vgg16", f"block{block}", x)
            del golden[f"vgg16.block{block}.mean"]
    golden["vgg16.tensorflow-bilinear.fc2"] = features


@torch.no_grad()
def main():
    golden = {"images": photographs(2).permute(0, 2, 3, 1).contiguous()}
    with tempfile.TemporaryDirectory() as folder:
        state = inception_2015(golden, Path(folder))
        inception_torchvision(golden, state)
        vgg16(golden, Path(folder))
    arrays = {name: (array if array.dtype == torch.uint8 else array.float()).contiguous().numpy()
              for name, array in golden.items()}
    save_file(arrays, Path(__file__).with_suffix(".safetensors"))


main()
