"""The networks of the landscape as plain PyTorch functions of named values; landscape.py says what they are for.

Layouts: activations NHWC; filters [kh, kw, cin, cout]; a transposed convolution stores the filter of the convolution
whose adjoint it is, [kh, kw, channels it makes, channels it takes]; dense weights [in, out]. Padding is TensorFlow's
SAME. A convention is a dict of switches; CONVENTIONS has the three that have names.
"""

import math

import numpy as np
import torch
import torch.nn.functional as F

CONVENTIONS = {
    "standard": {
        "image_range": "symmetric",
        "unpooling": "replicate",
        "shortcut": "always",
        "first_block": "bare",
        "hidden_width": "output",
        "global_pooling": "mean",
        "last_bias": "with",
        "least_squares": "logit",
        "spectral_vector_side": "outputs",
        "spectral_vector_moves": "once",
        "batch_norm_epsilon": 2e-5,
        "batch_norm_decay": 0.9,
        "batch_norm_moves": "generator-updates",
        "batch_norm_variance": "unbiased",
        "layer_norm_epsilon": 1e-5,
        "adam_epsilon_place": "corrected",
        "gradient_penalty_epsilon": 1e-12,
        "generator_moves": "last",
        "generator_latent": "fresh",
    }
}
CONVENTIONS["compare-gan"] = CONVENTIONS["standard"] | {
    "image_range": "unit",
    "unpooling": "zeros",
    "first_block": "preactivated",
    "least_squares": "probability",
    "spectral_vector_side": "inputs",
    "spectral_vector_moves": "every-pass",
    "batch_norm_epsilon": {"infogan": 1e-3, "sndcgan": 2e-5, "other": 1e-5},
    "batch_norm_decay": {"infogan": 0.999, "sndcgan": 0.9, "other": 0.9},
    "batch_norm_moves": "every-pass",
    "batch_norm_variance": "biased",
    "layer_norm_epsilon": 1e-12,
    "adam_epsilon_place": "uncorrected",
    "gradient_penalty_epsilon": 1e-4,
    "generator_moves": "first",
    "generator_latent": "shared",
}
CONVENTIONS["miyato"] = CONVENTIONS["standard"] | {
    "shortcut": "when-needed",
    "first_block": "optimized",
    "hidden_width": "input",
    "global_pooling": "sum",
    "last_bias": "without",
}

# Numbers both languages compute alike, bit for bit

MASK = (1 << 64) - 1


def fnv(name):
    """FNV-1a of the name's bytes, 64 bits."""
    value = 0xCBF29CE484222325
    for byte in name.encode():
        value = ((value ^ byte) * 0x100000001B3) & MASK
    return value


def formula(name, count):
    """`count` doubles in [0, 1): element i has the top 53 bits of splitmix64's output i of the stream seeded fnv(name)."""
    index = np.arange(1, count + 1, dtype=np.uint64)
    z = np.uint64(fnv(name)) + index * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(11)).astype(np.float64) * 2.0**-53


def signed(name, shape):
    """The formula's doubles, brought to [-1, 1)."""
    return (2.0 * formula(name, math.prod(shape)) - 1.0).reshape(shape)


def initial_value(key, shape, gain):
    """Of the array `key`, such as generator/dense.weight: weights within gain sqrt(3 / fan), fan their rows as a matrix."""
    numbers = signed(key, shape)
    last = key.rsplit(".", 1)[1]
    if last == "weight":
        return gain * math.sqrt(3.0 / math.prod(shape[:-1])) * numbers
    if last in ("gamma", "variance"):
        return 1.0 + 0.2 * numbers
    if last == "u":
        return numbers / math.sqrt((numbers * numbers).sum())
    return 0.1 * numbers  # bias, beta, mean


# Layers


def nchw(x):
    return x.permute(0, 3, 1, 2)


def nhwc(x):
    return x.permute(0, 2, 3, 1)


def oihw(weight):
    return weight.permute(3, 2, 0, 1).contiguous()


def padding(extent, kernel, stride):
    """Zeros before and after `extent` pixels: SAME."""
    total = max((math.ceil(extent / stride) - 1) * stride + kernel - extent, 0)
    return total // 2, total - total // 2


def convolution(x, weight, stride):
    kernel = weight.shape[0]
    (top, bottom), (left, right) = (padding(n, kernel, stride) for n in x.shape[1:3])
    return nhwc(F.conv2d(F.pad(nchw(x), (left, right, top, bottom)), oihw(weight), stride=stride))


def transposed_convolution(x, weight, stride, extent):
    """The adjoint of the SAME convolution that makes x's extents from `extent`."""
    kernel = weight.shape[0]
    before, _ = padding(extent, kernel, stride)
    whole = nhwc(F.conv_transpose2d(nchw(x), oihw(weight), stride=stride))
    return whole[:, before : before + extent, before : before + extent]


def replicate(x):
    return x.repeat_interleave(2, 1).repeat_interleave(2, 2)


def insert_zeros(x):
    """Each value at the top left of its 2 x 2 square."""
    n, h, w, c = x.shape
    zero = torch.zeros_like(x)
    rows = torch.stack([torch.stack([x, zero], 3), torch.stack([zero, zero], 3)], 2)  # [n, h, 2, w, 2, c]
    return rows.reshape(n, 2 * h, 2 * w, c)


def pool(x):
    """Means of 2 x 2 squares; at an odd edge, of what there is."""
    return nhwc(F.avg_pool2d(nchw(x), 2, ceil_mode=True, count_include_pad=False))


def half_up(x):
    return math.floor(x + 0.5)


class Pass:
    """One forward pass of one network: its named values, effective weights, and what its normalizations are.

    Without values it is a rehearsal on shapes alone, and `shapes` collects what the network has.
    """

    def __init__(self, case, player, values=None, weights=None, moves=False):
        self.case, self.values, self.weights, self.moves = case, values, weights, moves
        self.convention = case.convention
        self.kind = getattr(case, player)
        self.normalization = case.generator_normalization if player == "generator" else case.normalization
        self.running = player == "generator"
        self.shapes = {}

    def width(self, published):
        return max(half_up(self.case.width * published), 1)

    def get(self, name, shape):
        if self.values is None:
            self.shapes[name] = tuple(shape)
            return torch.empty(shape, device="meta")
        if name.endswith(".weight") and self.weights is not None:
            return self.weights[name]
        return self.values[name]

    def dense(self, name, x, units, bias=True):
        y = x @ self.get(f"{name}.weight", (x.shape[1], units))
        return y + self.get(f"{name}.bias", (units,)) if bias else y

    def conv(self, name, x, kernel, stride, made):
        weight = self.get(f"{name}.weight", (kernel, kernel, x.shape[3], made))
        return convolution(x, weight, stride) + self.get(f"{name}.bias", (made,))

    def up(self, name, x, kernel, stride, made, extent):
        weight = self.get(f"{name}.weight", (kernel, kernel, made, x.shape[3]))
        return transposed_convolution(x, weight, stride, extent) + self.get(f"{name}.bias", (made,))

    def norm(self, name, x):
        if self.normalization not in ("batch", "layer"):
            return x
        units = x.shape[-1]
        gamma, beta = self.get(f"{name}.gamma", (units,)), self.get(f"{name}.beta", (units,))
        if self.normalization == "layer":
            axes, epsilon = (1, 2, 3), self.convention["layer_norm_epsilon"]
        else:
            axes, epsilon = tuple(range(x.dim() - 1)), self.of_kind("batch_norm_epsilon")
        mean = x.mean(axes, keepdim=True)
        variance = ((x - mean) ** 2).mean(axes, keepdim=True)
        if self.normalization == "batch" and self.running:
            self.move(name, mean.reshape(-1), variance.reshape(-1), x.numel() // units)
        return (x - mean) / torch.sqrt(variance + epsilon) * gamma + beta

    def of_kind(self, switch):
        value = self.convention[switch]
        return value.get(self.kind, value["other"]) if isinstance(value, dict) else value

    def move(self, name, mean, variance, count):
        averages = [self.get(f"{name}.{key}", mean.shape) for key in ("mean", "variance")]
        if self.values is None or not self.moves:
            return
        if self.convention["batch_norm_variance"] == "unbiased":
            variance = variance * (count / (count - 1))
        decay = self.of_kind("batch_norm_decay")
        with torch.no_grad():
            for average, now in zip(averages, (mean, variance)):
                average.mul_(decay).add_((1.0 - decay) * now)

    def image(self, x, by_tanh=False):
        """The last layer's output in the range of images."""
        if self.convention["image_range"] == "symmetric":
            return torch.tanh(x)
        return (torch.tanh(x) + 1.0) / 2.0 if by_tanh else torch.sigmoid(x)


# Generators: of a pass and latents [n, d], images [n, h, w, c]


def infogan_generator(p, z):
    size, leaky = p.case.resolution, lambda x: F.leaky_relu(x, 0.2)
    h = leaky(p.norm("dense1_norm", p.dense("dense1", z, p.width(1024))))
    base, channels = size // 4, p.width(128)
    h = leaky(p.norm("dense2_norm", p.dense("dense2", h, channels * base * base)))
    h = h.reshape(len(z), base, base, channels)
    h = leaky(p.norm("up1_norm", p.up("up1", h, 4, 2, p.width(64), size // 2)))
    return p.image(p.up("out", h, 4, 2, p.case.channels, size))


def dcgan_extents(size):
    """Rows after 0, 1, .. 4 halvings that round up."""
    extents = [size]
    while len(extents) < 5:
        extents.append(math.ceil(extents[-1] / 2))
    return extents


def dcgan_generator(p, z):
    extents = dcgan_extents(p.case.resolution)
    base, channels = extents[4], p.width(512)
    h = p.dense("dense", z, channels * base * base).reshape(len(z), base, base, channels)
    h = torch.relu(p.norm("dense_norm", h))
    for i, made in enumerate((256, 128, 64)):
        h = p.up(f"up{i + 1}", h, 5, 2, p.width(made), extents[3 - i])
        h = torch.relu(p.norm(f"up{i + 1}_norm", h))
    return p.image(p.up("out", h, 5, 2, p.case.channels, extents[0]), by_tanh=True)


def sndcgan_generator(p, z):
    base, channels = p.case.resolution // 8, p.width(512)
    h = torch.relu(p.norm("dense_norm", p.dense("dense", z, channels * base * base)))
    h = h.reshape(len(z), base, base, channels)
    for i, made in enumerate((256, 128, 64)):
        h = p.up(f"up{i + 1}", h, 4, 2, p.width(made), base * 2 ** (i + 1))
        h = torch.relu(p.norm(f"up{i + 1}_norm", h))
    return p.image(p.conv("out", h, 3, 1, p.case.channels), by_tanh=True)


def generator_block(p, name, x, made, up):
    convention = p.convention
    larger = lambda h: h  # noqa: E731
    if up:
        larger = replicate if convention["unpooling"] == "replicate" else insert_zeros
    shortcut = x
    if convention["shortcut"] == "always":
        shortcut = p.conv(f"{name}.shortcut", larger(x), 3, 1, made)
    elif up or x.shape[3] != made:
        shortcut = p.conv(f"{name}.shortcut", larger(x), 1, 1, made)
    h = larger(torch.relu(p.norm(f"{name}.norm1", x)))
    h = p.conv(f"{name}.conv1", h, 3, 1, made)
    h = torch.relu(p.norm(f"{name}.norm2", h))
    return p.conv(f"{name}.conv2", h, 3, 1, made) + shortcut


def resnet_generator(p, z, base, first, blocks, normalized_end=True):
    """`blocks` are (published channels, whether it goes up) after a dense layer to base x base x first."""
    channels = p.width(first)
    h = p.dense("dense", z, base * base * channels).reshape(len(z), base, base, channels)
    for i, (made, up) in enumerate(blocks):
        h = generator_block(p, f"block{i + 1}", h, p.width(made), up)
    if normalized_end:
        h = torch.relu(p.norm("out_norm", h))
    return p.image(p.conv("out", h, 3, 1, p.case.channels))


def resnet_cifar_generator(p, z):
    return resnet_generator(p, z, p.case.resolution // 8, 256, [(256, True)] * 3)


def resnet19_generator(p, z):
    ups = round(math.log2(p.case.resolution / 4))
    blocks = [(made, i < ups) for i, made in enumerate((512, 256, 256, 128, 64))]
    return resnet_generator(p, z, 4, 512, blocks)


def resnet_stl_generator(p, z):
    return resnet_generator(p, z, p.case.resolution // 8, 512, [(256, True), (128, True), (64, True)])


RESNET107_WIDTHS = (512, 256, 128, 64, 32, 16)


def resnet107_generator(p, z):
    blocks = [(512, False)] * 5
    for made in RESNET107_WIDTHS[1:]:
        blocks += [(made, True)] + [(made, False)] * 5
    return resnet_generator(p, z, p.case.resolution // 32, 512, blocks, normalized_end=False)


# Discriminators: of a pass and images [n, h, w, c], logits [n]


def infogan_discriminator(p, x):
    leaky = lambda h: F.leaky_relu(h, 0.2)  # noqa: E731
    h = leaky(p.conv("conv1", x, 4, 2, p.width(64)))
    h = leaky(p.norm("conv2_norm", p.conv("conv2", h, 4, 2, p.width(128))))
    h = leaky(p.norm("dense1_norm", p.dense("dense1", h.reshape(len(x), -1), p.width(1024))))
    return p.dense("dense2", h, 1)[:, 0]


def dcgan_discriminator(p, x):
    h = F.leaky_relu(p.conv("conv1", x, 5, 2, p.width(64)), 0.2)
    for i, made in ((2, 128), (3, 256), (4, 512)):
        h = F.leaky_relu(p.norm(f"conv{i}_norm", p.conv(f"conv{i}", h, 5, 2, p.width(made))), 0.2)
    return p.dense("dense", h.reshape(len(x), -1), 1)[:, 0]


SNDCGAN_CONVOLUTIONS = [(3, 1, 64), (4, 2, 128), (3, 1, 128), (4, 2, 256), (3, 1, 256), (4, 2, 512), (3, 1, 512)]


def sndcgan_discriminator(p, x):
    h = 2.0 * x - 1.0 if p.convention["image_range"] == "unit" else x
    for i, (kernel, stride, made) in enumerate(SNDCGAN_CONVOLUTIONS):
        h = F.leaky_relu(p.conv(f"conv{i + 1}", h, kernel, stride, p.width(made)), 0.1)
    return p.dense("dense", h.reshape(len(x), -1), 1)[:, 0]


def discriminator_block(p, name, x, made, down, bare=False):
    """`bare` is without the first normalization and rectifier."""
    convention = p.convention
    smaller = pool if down else (lambda h: h)
    hidden = x.shape[3] if convention["hidden_width"] == "input" else made
    shortcut = x
    if convention["shortcut"] == "always":
        shortcut = smaller(p.conv(f"{name}.shortcut", x, 3, 1, made))
    elif down or x.shape[3] != made:
        shortcut = smaller(p.conv(f"{name}.shortcut", x, 1, 1, made))
    h = x if bare else torch.relu(p.norm(f"{name}.norm1", x))
    h = p.conv(f"{name}.conv1", h, 3, 1, hidden)
    h = p.conv(f"{name}.conv2", torch.relu(p.norm(f"{name}.norm2", h)), 3, 1, made)
    return smaller(h) + shortcut


def optimized_block(p, name, x, made):
    h = p.conv(f"{name}.conv1", x, 3, 1, made)
    h = pool(p.conv(f"{name}.conv2", torch.relu(p.norm(f"{name}.norm2", h)), 3, 1, made))
    return h + p.conv(f"{name}.shortcut", pool(x), 1, 1, made)


def resnet_discriminator(p, x, blocks):
    """`blocks` are (published channels, whether it goes down); the first sees the images."""
    h = x
    for i, (made, down) in enumerate(blocks):
        if i == 0 and p.convention["first_block"] == "optimized":
            h = optimized_block(p, "block1", h, p.width(made))
        else:
            bare = i == 0 and p.convention["first_block"] == "bare"
            h = discriminator_block(p, f"block{i + 1}", h, p.width(made), down, bare)
    h = torch.relu(h)
    h = h.mean((1, 2)) if p.convention["global_pooling"] == "mean" else h.sum((1, 2))
    return p.dense("dense", h, 1, p.convention["last_bias"] == "with")[:, 0]


def resnet_cifar_discriminator(p, x):
    return resnet_discriminator(p, x, [(128, True), (128, True), (128, False), (128, False)])


def resnet19_discriminator(p, x):
    return resnet_discriminator(p, x, [(made, True) for made in (64, 128, 256, 256, 512, 512)])


def resnet_stl_discriminator(p, x):
    return resnet_discriminator(p, x, [(64, True), (128, True), (256, True), (512, True), (1024, False)])


def resnet107_discriminator(p, x):
    h = p.conv("conv", x, 3, 1, p.width(16))
    blocks = [(16, False)] * 5
    for made in reversed(RESNET107_WIDTHS[:-1]):
        blocks += [(made, True)] + [(made, False)] * 5
    for i, (made, down) in enumerate(blocks):
        h = discriminator_block(p, f"block{i + 1}", h, p.width(made), down)
    return p.dense("dense", h.reshape(len(x), -1), 1, p.convention["last_bias"] == "with")[:, 0]


GENERATORS = {
    "infogan": infogan_generator,
    "dcgan": dcgan_generator,
    "sndcgan": sndcgan_generator,
    "resnet-cifar": resnet_cifar_generator,
    "resnet19": resnet19_generator,
    "resnet-stl": resnet_stl_generator,
    "resnet107": resnet107_generator,
}
DISCRIMINATORS = {
    "infogan": infogan_discriminator,
    "dcgan": dcgan_discriminator,
    "sndcgan": sndcgan_discriminator,
    "resnet-cifar": resnet_cifar_discriminator,
    "resnet19": resnet19_discriminator,
    "resnet-stl": resnet_stl_discriminator,
    "resnet107": resnet107_discriminator,
}


def shapes(case, player):
    """Names and shapes of a network's arrays, kept vectors included."""
    p = Pass(case, player)
    if player == "generator":
        GENERATORS[case.generator](p, torch.empty(case.batch, case.latent, device="meta"))
    else:
        size = case.resolution
        DISCRIMINATORS[case.discriminator](p, torch.empty(case.batch, size, size, case.channels, device="meta"))
    found = dict(p.shapes)
    if p.normalization == "spectral":
        for name, shape in p.shapes.items():
            if name.endswith(".weight"):
                rows = math.prod(shape[:-1])
                length = shape[-1] if case.convention["spectral_vector_side"] == "outputs" else rows
                found[name.removesuffix("weight") + "u"] = (length,)
    return found


# Spectral normalization


def unit(x):
    return x / (torch.linalg.vector_norm(x) + 1e-12)


def normalized_weights(values, side, moves):
    """W / sigma of every weight; `moves` says whether u takes its power iteration for good.

    Where it does not, u on the side of outputs is used as it is; on the other side sigma is after an iteration that is
    then forgotten.
    """
    weights = {}
    for name, weight in values.items():
        if not name.endswith(".weight"):
            continue
        u = values[name.removesuffix("weight") + "u"]
        matrix = weight.reshape(-1, weight.shape[-1])
        with torch.no_grad():
            own = matrix.T if side == "outputs" else matrix  # maps to where u lives
            v = unit(own.T @ u)
            kept = unit(own @ v) if moves or side == "inputs" else u.clone()
            if moves:
                u.copy_(kept)
        left, right = (v, kept) if side == "outputs" else (kept, v)
        weights[name] = weight / (left @ (matrix @ right))
    return weights
