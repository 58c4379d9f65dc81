//! The part of the table that says where images come from.

use std::ops::Bound::Excluded;

use super::table::{default, not_yet, optional, refused, required, whole, word};
use super::{Field, Literal, Shape};

/// The section `data`.
pub(super) const DATA: &[Field] = &[
    required(
        "dataset",
        "The set of images.",
        Shape::Choice(&[
            word(
                "fashion-mnist",
                "Fashion-MNIST: 28 x 28 gray, 60,000 for training.",
            ),
            word("mnist", "MNIST: 28 x 28 gray, 60,000 for training."),
            word(
                "polygons",
                "Polygons that the program draws itself; nothing to download.",
            ),
            word(
                "image-folder",
                "Your own images: a folder of PNG, JPEG and WebP files, also in folders below it.",
            ),
            word("cifar10", "CIFAR-10: 32 x 32 RGB, 50,000 for training."),
            word(
                "stl10",
                "STL-10: 96 x 96 RGB, reduced to 48 x 48, 100,000 for training.",
            ),
            not_yet("celeba"),
            not_yet("celeba-hq"),
            not_yet("lsun-bedroom"),
        ]),
    ),
    optional(
        "path",
        "The folder with the files, beside the study file unless absolute.",
        Shape::Folder,
    ),
    optional(
        "as",
        "The form of a published set's files; the one whose files are there where left out.",
        Shape::Choice(&[
            word("idx", "IDX files, plain or compressed: mnist, fashion-mnist."),
            word("binary", "The binary version: cifar10, stl10."),
            word("python", "The Python version: cifar10."),
            word(
                "images",
                "Image files of the set's own size in train/ and test/, in folders of the classes.",
            ),
        ]),
    ),
    optional(
        "training",
        "Of stl10: which images are trained on; unlabeled where left out.",
        Shape::Choice(&[
            word("unlabeled", "The 100,000 without labels, as is usual for GANs."),
            word("train", "The 5,000 with labels."),
            word("train+unlabeled", "Both, without labels."),
        ]),
    ),
    optional(
        "validation",
        "How many of the last training images are held out, so that a model can be chosen without the test images; none \
         where left out.",
        whole(2, 1_000_000),
    ),
    optional(
        "resolution",
        "Pixels on each side of an image; 32 where left out, 48 for stl10.",
        whole(8, 1024),
    ),
    optional(
        "padding",
        "How a smaller image reaches the resolution; zero for the sets of 28 pixels.",
        Shape::Choice(&[
            word("zero", "Zeros, the same number on every side."),
            refused(
                "resize",
                "images are padded, never resampled: that would change what is compared",
            ),
        ]),
    ),
    optional(
        "count",
        "Images in the training split of polygons; 10,000 where left out.",
        whole(2, 1_000_000),
    ),
    optional(
        "color",
        "Of an image-folder: the colors of every image; rgb where left out.",
        Shape::Choice(&[
            word("gray", "One channel: ITU-R BT.601 luma of colored images."),
            word("rgb", "Red, green and blue."),
        ]),
    ),
    optional(
        "resize",
        "Of an image-folder: how images of every size are brought to the resolution.",
        Shape::Fields(RESIZE),
    ),
    optional(
        "test_fraction",
        "Of an image-folder: the share of images that are test images, chosen by their content; 0.2 where left out.",
        Shape::Number {
            low: Excluded(0.0),
            high: Excluded(1.0),
        },
    ),
    optional(
        "labels",
        "Of an image-folder: where classes come from; none where left out.",
        Shape::Choice(&[
            word("none", "There are no classes."),
            word("folder", "Each folder directly below the path is a class."),
        ]),
    ),
    optional(
        "corrupt",
        "Of an image-folder: what becomes of images that cannot be decoded; refuse where left out.",
        Shape::Choice(&[
            word("refuse", "They are an error that names them."),
            word("skip", "They are left out and counted."),
        ]),
    ),
];

const RESIZE: &[Field] = &[
    default(
        "filter",
        "The filter; every one is antialiased.",
        Literal::Word("bicubic"),
        Shape::Choice(&[
            word("box", "The mean of the pixels that a new one covers."),
            word("bilinear", "A triangle."),
            word(
                "bicubic",
                "The cubic of Keys (1981) with a = -0.5, as clean-fid resizes.",
            ),
            word("lanczos3", "A windowed sinc of three lobes."),
            refused("nearest", "single pixels stand for many, which aliases"),
            refused("area", "area is called box here"),
            refused(
                "lanczos",
                "lanczos has a number of lobes: it is called lanczos3 here",
            ),
        ]),
    ),
    default(
        "fit",
        "What becomes of an image that is not a square.",
        Literal::Word("crop"),
        Shape::Choice(&[
            word("crop", "The largest square in its middle is taken."),
            word("stretch", "All of it is taken, its sides scaled differently."),
        ]),
    ),
];
