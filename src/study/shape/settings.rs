//! The table of `base`, one complete run.
//!
//! The defaults are the advice of Kurach et al. (2019): the non-saturating loss with spectral normalization, Adam at 2e-4
//! with 0.5 and 0.999, one discriminator update for each of the generator.

use std::ops::Bound::{Excluded, Included};

use super::table::{DECAY, LARGEST, POSITIVE, default, optional, required, whole, with, word};
use super::{Field, Literal, Shape, Variant};

pub(super) const SETTINGS: &[Field] = &[
    default(
        "architecture",
        "The networks.",
        Literal::Empty,
        Shape::Fields(ARCHITECTURE),
    ),
    default(
        "latent",
        "The input of the generator.",
        Literal::Empty,
        Shape::Fields(LATENT),
    ),
    default(
        "loss",
        "The game the two players play.",
        Literal::Word("non-saturating"),
        Shape::Choice(LOSSES),
    ),
    default(
        "discriminator",
        "How the discriminator is held back.",
        Literal::Empty,
        Shape::Fields(DISCRIMINATOR),
    ),
    default(
        "optimizer",
        "How both players learn.",
        Literal::Word("adam"),
        Shape::Choice(OPTIMIZERS),
    ),
    default(
        "generator",
        "How the generator is built and learns.",
        Literal::Empty,
        Shape::Fields(GENERATOR),
    ),
    default(
        "batch_size",
        "Images in a batch.",
        Literal::Whole(64),
        whole(2, 65_536),
    ),
    required(
        "steps",
        "Discriminator updates of the whole run.",
        whole(1, LARGEST),
    ),
    default(
        "steps_of",
        "The player whose updates `steps` and `checkpoint_every` are; everything else counts the discriminator's.",
        Literal::Word("discriminator"),
        Shape::Choice(&[
            word("discriminator", "The discriminator."),
            word(
                "generator",
                "The generator: `steps` is multiplied by `discriminator.steps`, and so is `checkpoint_every`.",
            ),
        ]),
    ),
    required(
        "checkpoint_every",
        "Steps from one checkpoint to the next.",
        whole(1, LARGEST),
    ),
];

const ARCHITECTURES: &[Variant] = &[
    word("infogan", "The networks of InfoGAN (Chen et al. 2016)."),
    word("dcgan", "DCGAN (Radford et al. 2016)."),
    word("sndcgan", "The convolutional networks of Miyato et al. (2018)."),
    word(
        "resnet-cifar",
        "Residual networks for 32 pixels (Miyato et al. 2018).",
    ),
    word(
        "resnet19",
        "Residual networks for 128 pixels (Kurach et al. 2019).",
    ),
    word(
        "resnet-stl",
        "Residual networks for 48 pixels (Miyato et al. 2018).",
    ),
    word("resnet107", "Residual networks of 35 blocks."),
];

const ARCHITECTURE: &[Field] = &[
    default(
        "name",
        "The networks of both players.",
        Literal::Word("sndcgan"),
        Shape::Choice(ARCHITECTURES),
    ),
    optional(
        "discriminator",
        "The discriminator's network, where it is another.",
        Shape::Choice(ARCHITECTURES),
    ),
    default(
        "width",
        "The factor on every hidden layer's channels; 1 is the published network.",
        Literal::Number(1.0),
        Shape::Number {
            low: Excluded(0.0),
            high: Included(4.0),
        },
    ),
];

const LATENT: &[Field] = &[
    default(
        "dimension",
        "Numbers in one latent vector.",
        Literal::Whole(128),
        whole(1, 65_536),
    ),
    optional(
        "distribution",
        "What each of them is drawn from; left out, uniform, and normal in the convention miyato.",
        Shape::Choice(&[
            word("uniform", "Uniform on [-1, 1]."),
            word("normal", "Standard normal."),
        ]),
    ),
];

const LOSSES: &[Variant] = &[
    word(
        "non-saturating",
        "The non-saturating loss of Goodfellow et al. (2014).",
    ),
    word("minimax", "The minimax loss of Goodfellow et al. (2014)."),
    word("least-squares", "The least-squares loss (Mao et al. 2017)."),
    word("wasserstein", "The Wasserstein loss (Arjovsky et al. 2017)."),
    word("hinge", "The hinge loss (Miyato et al. 2018)."),
];

const DISCRIMINATOR: &[Field] = &[
    default(
        "normalization",
        "The normalization of its layers.",
        Literal::Word("spectral"),
        Shape::Choice(&[
            word("none", "None."),
            word(
                "batch",
                "Batch normalization (Ioffe and Szegedy 2015); not in sndcgan.",
            ),
            word(
                "layer",
                "Layer normalization (Ba et al. 2016); in residual networks.",
            ),
            word("spectral", "Spectral normalization (Miyato et al. 2018)."),
        ]),
    ),
    default(
        "penalty",
        "The term added to its loss.",
        Literal::Word("none"),
        Shape::Choice(&[
            word("none", "No term."),
            with(
                "gradient",
                "The gradient penalty (Gulrajani et al. 2017).",
                &[LAMBDA],
            ),
            with(
                "dragan",
                "The penalty of DRAGAN (Kodali et al. 2017).",
                &[
                    LAMBDA,
                    default(
                        "form",
                        "Where it takes the gradient.",
                        Literal::Word("noise"),
                        Shape::Choice(&[
                            word(
                                "noise",
                                "At real images with noise of both signs on every pixel (Kurach et al.'s code).",
                            ),
                            word(
                                "interpolated",
                                "On the way to real images with noise that only adds (Lucic et al.'s code).",
                            ),
                        ]),
                    ),
                ],
            ),
            with(
                "l2",
                "Half the squared weights of each layer, averaged over the layers.",
                &[default(
                    "lambda",
                    "The weight of the penalty.",
                    Literal::Number(0.01),
                    POSITIVE,
                )],
            ),
            with(
                "r1",
                "Half the squared gradient at real images (Mescheder et al. 2018).",
                &[LAMBDA],
            ),
        ]),
    ),
    default(
        "steps",
        "Its updates for each update of the generator.",
        Literal::Whole(1),
        whole(1, 1_000),
    ),
    optional(
        "weight_clip",
        "Weight clipping: what every number that it learns is kept within, for the Wasserstein loss.",
        POSITIVE,
    ),
];

const GENERATOR: &[Field] = &[
    default(
        "normalization",
        "The normalization of its layers.",
        Literal::Word("batch"),
        Shape::Choice(&[
            word("none", "None."),
            word("batch", "Batch normalization (Ioffe and Szegedy 2015)."),
            word("spectral", "Spectral normalization (Miyato et al. 2018)."),
        ]),
    ),
    optional(
        "moving_average",
        "An exponential moving average of its weights, which is then what is evaluated.",
        Shape::Fields(MOVING_AVERAGE),
    ),
    optional(
        "optimizer",
        "How it learns, where the discriminator learns in another way.",
        Shape::Choice(OPTIMIZERS),
    ),
];

const MOVING_AVERAGE: &[Field] = &[
    default(
        "decay",
        "What it keeps of itself at each update.",
        Literal::Number(0.999),
        DECAY,
    ),
    default(
        "from",
        "The step of its first update; before that it is the weights themselves.",
        Literal::Whole(1),
        whole(1, LARGEST),
    ),
];

const LAMBDA: Field = default(
    "lambda",
    "The weight of the penalty.",
    Literal::Number(10.0),
    POSITIVE,
);

const OPTIMIZERS: &[Variant] = &[
    with(
        "adam",
        "Adam (Kingma and Ba 2015).",
        &[
            LEARNING_RATE,
            default(
                "beta1",
                "The decay of the first moment.",
                Literal::Number(0.5),
                DECAY,
            ),
            default(
                "beta2",
                "The decay of the second moment.",
                Literal::Number(0.999),
                DECAY,
            ),
            CLIP_NORM,
            DECAY_UNTIL,
        ],
    ),
    with(
        "rmsprop",
        "RMSProp (Hinton 2012), without momentum.",
        &[
            LEARNING_RATE,
            default(
                "decay",
                "The decay of the mean square.",
                Literal::Number(0.99),
                DECAY,
            ),
            CLIP_NORM,
            DECAY_UNTIL,
        ],
    ),
    with(
        "sgd",
        "Stochastic gradient descent.",
        &[
            LEARNING_RATE,
            default(
                "momentum",
                "What the velocity keeps of itself.",
                Literal::Number(0.0),
                DECAY,
            ),
            CLIP_NORM,
            DECAY_UNTIL,
        ],
    ),
];

const LEARNING_RATE: Field = default("learning_rate", "The step size.", Literal::Number(2e-4), POSITIVE);

const CLIP_NORM: Field = optional(
    "clip_norm",
    "The length that gradients are shortened to, over all of the player's weights together; left out, they are not.",
    Shape::Number {
        low: Excluded(0.0),
        high: Included(1e30),
    },
);

const DECAY_UNTIL: Field = optional(
    "decay_until",
    "The step at whose end the step size has fallen to 0, linearly; left out, it is constant.",
    whole(1, LARGEST),
);
