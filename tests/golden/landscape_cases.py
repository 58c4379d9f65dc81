"""The cases of landscape.py: each a name, and settings in words; what a case does not say is in DEFAULTS."""

import copy

from landscape_networks import CONVENTIONS

ADAM = {"kind": "adam", "learning_rate": 2e-3, "beta1": 0.5, "beta2": 0.9}
DEFAULTS = {
    "generator": "sndcgan",
    "discriminator": "sndcgan",
    "width": 0.0625,
    "resolution": 16,
    "channels": 1,
    "latent": 8,
    "batch": 4,
    "loss": "non-saturating",
    "weight_clipping": None,
    "normalization": "none",
    "generator_normalization": "batch",
    "penalty": None,
    "discriminator_steps": 1,
    "optimizer": {"discriminator": ADAM, "generator": ADAM},
    "moving_average": None,
    "convention": "standard",
    "switches": {},
    "weight_gain": 1.0,
}

LOSSES = ("non-saturating", "minimax", "least-squares", "wasserstein", "hinge")
GRADIENT = {"kind": "gradient", "lambda": 10.0}
NOISE = {"kind": "dragan", "form": "noise", "lambda": 10.0}
INTERPOLATED = {"kind": "dragan", "form": "interpolated", "lambda": 10.0}
L2 = {"kind": "l2", "lambda": 0.1}
R1 = {"kind": "r1", "lambda": 10.0}
PENALTIES = (None, GRADIENT, NOISE, INTERPOLATED, L2, R1)
NORMALIZATIONS = {
    "infogan": ("none", "batch", "spectral"),
    "dcgan": ("none", "batch", "spectral"),
    "sndcgan": ("none", "spectral"),
    "resnet-cifar": ("none", "batch", "layer", "spectral"),
    "resnet19": ("none", "batch", "layer", "spectral"),
    "resnet-stl": ("none", "batch", "layer", "spectral"),
    "resnet107": ("none", "batch", "layer", "spectral"),
}
# Where a network needs more than the default, or has an odd extent worth having. Adam divides gradients by their size,
# also those that are rounding alone, such as a bias's before batch normalization; where that shows, players move by SGD.
# In the deepest networks rounding grows by what each block adds, so what they move by is small.
SIZES = {"infogan": {"resolution": 28}, "dcgan": {"resolution": 28}, "resnet107": {"resolution": 32, "weight_gain": 0.9}}


def sgd(learning_rate, momentum=0.5, **others):
    player = {"kind": "sgd", "learning_rate": learning_rate, "momentum": momentum, **others}
    return {"discriminator": player, "generator": player}


SLOW = ADAM | {"learning_rate": 2e-4}
SHORT = {"switches": {"shortcut": "when-needed"}}
RESNET107 = {
    "none": SHORT | {"optimizer": sgd(1e-4)},
    "batch": SHORT | {"optimizer": sgd(1e-3, clip_norm=0.1), "generator_normalization": "none", "width": 0.125},
    "layer": {"optimizer": sgd(1e-4), "generator_normalization": "none"},
    "spectral": {"optimizer": sgd(1e-3), "generator_normalization": "spectral"},
}


def stable(architecture, normalization):
    """What a case of an architecture with this normalization of its discriminator needs beside its size."""
    if architecture == "resnet107":
        return RESNET107[normalization]
    if normalization == "layer" or (architecture, normalization) == ("dcgan", "none"):
        return {"optimizer": {"discriminator": SLOW, "generator": SLOW}}
    if normalization != "batch":
        return {}
    settings = {"optimizer": {"discriminator": sgd(5e-3, clip_norm=1.0)["discriminator"], "generator": SLOW}}
    if architecture.startswith("resnet"):
        settings["batch"] = 6
    if architecture == "resnet19":
        settings["resolution"] = 32
    return settings


class Case:
    def __init__(self, name, **settings):
        unknown = settings.keys() - DEFAULTS.keys()
        assert not unknown, unknown
        self.name, self.settings = name, copy.deepcopy(DEFAULTS) | settings
        for key, value in self.settings.items():
            setattr(self, key, value)
        self.convention = CONVENTIONS[self.settings["convention"]] | self.settings["switches"]
        assert not self.settings["switches"].keys() - CONVENTIONS["standard"].keys(), name


def networks(architecture, **settings):
    """Both players of one architecture."""
    sizes = SIZES.get(architecture, {}) | stable(architecture, settings.get("normalization", "none"))
    return {"generator": architecture, "discriminator": architecture} | sizes | settings


def word(penalty):
    if penalty is None:
        return "no penalty"
    return " ".join([penalty["kind"], penalty.get("form", "")]).strip()


def every_architecture_and_normalization():
    """Losses, penalties and channels go round beside them."""
    cases, turn = [], 0
    for architecture, normalizations in NORMALIZATIONS.items():
        for normalization in normalizations:
            loss, penalty = LOSSES[turn % 5], PENALTIES[(turn + 1) % 6]
            if (architecture, normalization) == ("resnet107", "spectral"):
                loss = "hinge"
            turn += 1
            settings = networks(architecture, loss=loss, penalty=penalty, normalization=normalization)
            settings["channels"] = 1 + 2 * (turn % 2)
            name = f"{architecture}, {normalization}, {loss}, {word(penalty)}"
            cases.append(Case(name, **settings))
    return cases


def every_loss_and_penalty():
    cases = []
    for loss in LOSSES:
        cases.append(Case(f"loss: {loss}", loss=loss))
        cases.append(Case(f"compare-gan, loss: {loss}", loss=loss, convention="compare-gan", normalization="spectral"))
    for architecture, normalization in (
        ("sndcgan", "none"),
        ("sndcgan", "spectral"),
        ("resnet-cifar", "layer"),
        ("dcgan", "batch"),
    ):
        for penalty in PENALTIES[1:]:
            settings = networks(architecture, normalization=normalization, penalty=penalty)
            cases.append(Case(f"penalty: {word(penalty)} on {architecture} with {normalization}", **settings))
    clipped = {"loss": "wasserstein", "weight_clipping": 0.1}
    cases.append(Case("weight clipping", **clipped))
    cases.append(Case("weight clipping with batch", **networks("dcgan", normalization="batch", **clipped)))
    return cases


def every_convention():
    cases = []
    for convention in ("compare-gan", "miyato"):
        for architecture in ("infogan", "dcgan", "sndcgan", "resnet-cifar", "resnet19", "resnet-stl", "resnet107"):
            settings = networks(
                architecture,
                convention=convention,
                normalization="spectral",
                penalty=NOISE if architecture == "resnet-cifar" else GRADIENT,
                discriminator_steps=2,
            )
            if architecture == "resnet107":
                settings |= {"generator_normalization": "batch", "optimizer": sgd(1e-3)}
            cases.append(Case(f"{convention}: {architecture}", **settings))
        settings = networks("resnet-cifar", convention=convention, normalization="layer", penalty=INTERPOLATED)
        cases.append(Case(f"{convention}: resnet-cifar with layer", **settings))
        settings = networks("resnet19", convention=convention, normalization="batch", penalty=R1)
        cases.append(Case(f"{convention}: resnet19 with batch", **settings))
    return cases


def every_switch():
    """Each switch alone, where it matters, and one switch of compare-gan back to standard."""
    cifar = networks("resnet-cifar", normalization="spectral", penalty=GRADIENT, channels=3)
    cases = []

    def alone(settings, note="", **switch):
        ((key, value),) = switch.items()
        name = f"{settings.get('convention', 'standard')} + {key}: {value}{note}"
        cases.append(Case(name, switches=switch, **settings))

    for architecture in ("infogan", "dcgan", "sndcgan", "resnet-cifar"):
        settings = networks(architecture, penalty=NOISE)
        alone(settings, f" on {architecture}", image_range="unit")
    alone(cifar, unpooling="zeros")
    alone(cifar, shortcut="when-needed")
    alone(cifar, first_block="optimized")
    alone(cifar, first_block="preactivated")
    alone(networks("resnet-cifar", normalization="layer"), " with layer", first_block="preactivated")
    alone(cifar, hidden_width="input")
    alone(cifar, global_pooling="sum")
    alone(cifar, last_bias="without")
    alone({"loss": "least-squares"}, least_squares="probability")
    for spectral in (cifar, {"normalization": "spectral", "penalty": GRADIENT}):
        note = f" on {spectral.get('discriminator', 'sndcgan')}"
        alone(spectral, note, spectral_vector_side="inputs")
        alone(spectral, note, spectral_vector_moves="every-pass")
    both = {"normalization": "spectral", "generator_normalization": "spectral", "discriminator_steps": 2}
    alone(both, " on both players", spectral_vector_side="inputs")
    alone(both, " on both players", spectral_vector_moves="every-pass")
    alone({}, batch_norm_epsilon=1e-3)
    alone({}, batch_norm_decay=0.999)
    alone({"discriminator_steps": 2}, batch_norm_moves="every-pass")
    alone({}, batch_norm_variance="biased")
    alone(networks("resnet-cifar", normalization="layer"), layer_norm_epsilon=1e-2)
    alone({}, adam_epsilon_place="uncorrected")
    alone({"penalty": GRADIENT}, gradient_penalty_epsilon=1e-4)
    alone({"discriminator_steps": 2}, generator_moves="first")
    alone({}, generator_latent="shared")
    alone({"discriminator_steps": 2, "convention": "compare-gan"}, generator_moves="last")
    alone(cifar | {"convention": "miyato"}, first_block="bare")
    return cases


def every_other_setting():
    cases = []
    for architecture in ("infogan", "dcgan", "sndcgan", "resnet-cifar", "resnet19"):
        for normalization in ("none", "spectral"):
            settings = networks(architecture, generator_normalization=normalization, normalization="spectral")
            cases.append(Case(f"generator's normalization: {normalization} on {architecture}", **settings))
    apart = {"resolution": 32, "penalty": GRADIENT, "optimizer": {"discriminator": SLOW, "generator": SLOW}}
    cases.append(Case("generator sndcgan, discriminator resnet19", **apart, discriminator="resnet19", normalization="layer"))
    odd = networks("resnet-stl", resolution=24, normalization="spectral", penalty=GRADIENT)
    cases.append(Case("a pool of three pixels: resnet-stl of 24", **odd))
    cases.append(Case("generator resnet19, discriminator dcgan", **apart, generator="resnet19", discriminator="dcgan"))

    def players(**settings):
        return {"discriminator": settings, "generator": settings}

    rmsprop = {"kind": "rmsprop", "learning_rate": 1e-3, "decay": 0.9}
    clipped = ADAM | {"clip_norm": 0.5}
    cases += [
        Case("optimizer: rmsprop", penalty=GRADIENT, optimizer=players(**rmsprop)),
        Case("optimizer: sgd", optimizer=sgd(0.02, 0.0)),
        Case("optimizer: sgd with momentum", optimizer=sgd(0.02, 0.9)),
        Case("optimizer: one for each player", optimizer={"discriminator": rmsprop, "generator": ADAM}),
        Case(
            "optimizer: rates of each player",
            optimizer={"discriminator": ADAM | {"learning_rate": 4e-3, "beta1": 0.0}, "generator": ADAM},
        ),
        Case("clip_norm", penalty=GRADIENT, optimizer=players(**clipped)),
        Case("clip_norm with sgd", optimizer=sgd(0.02, 0.9, clip_norm=0.2)),
        Case("decay_until", optimizer=players(**ADAM, decay_until=16)),
        Case("decay_until with two discriminator steps", discriminator_steps=2, optimizer=players(**ADAM, decay_until=30)),
        Case("moving average", moving_average={"decay": 0.9, "from": 8}, discriminator_steps=2),
        Case("discriminator_steps: 2", discriminator_steps=2, normalization="spectral", penalty=GRADIENT),
    ]
    return cases


def all_cases():
    cases = every_architecture_and_normalization()
    cases += every_loss_and_penalty()
    cases += every_convention()
    cases += every_switch()
    cases += every_other_setting()
    names = [case.name for case in cases]
    assert len(set(names)) == len(names)
    return cases
