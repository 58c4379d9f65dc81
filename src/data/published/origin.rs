//! Where published sets can be had, and on what terms.
//!
//! Digests stand here only where a source gives them; it is named beside each. Terms are what the set's own page or
//! licence file says, in a sentence.

use super::{Form, PublishedSet};

/// Where a set can be had.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    /// The page of the set.
    pub page: &'static str,
    /// What its authors say about its use.
    pub terms: &'static str,
    /// How much is downloaded, about.
    pub size: &'static str,
    /// The files, by form; none where the set can only be had by hand.
    pub downloads: &'static [Download],
}

/// A file of a set.
#[derive(Clone, Copy, Debug)]
pub struct Download {
    /// The form that it belongs to.
    pub form: Form,
    /// Where it is.
    pub url: &'static str,
    /// Its MD5 in hexadecimal digits; none where no source publishes one.
    pub md5: Option<&'static str>,
}

impl Download {
    /// The name of the file.
    pub fn name(&self) -> &'static str {
        self.url.rsplit('/').next().unwrap_or(self.url)
    }

    /// Whether it is an archive of the files that are read.
    pub fn is_archive(&self) -> bool {
        self.url.ends_with(".tar.gz")
    }
}

const fn download(form: Form, url: &'static str, md5: &'static str) -> Download {
    Download {
        form,
        url,
        md5: Some(md5),
    }
}

/// The files as the PyTorch project keeps them, because the set's own page no longer gives them to programs. Digests:
/// `torchvision/datasets/mnist.py`, class `MNIST`.
const MNIST: &[Download] = &[
    download(
        Form::Idx,
        "https://ossci-datasets.s3.amazonaws.com/mnist/train-images-idx3-ubyte.gz",
        "f68b3c2dcbeaaa9fbdd348bbdeb94873",
    ),
    download(
        Form::Idx,
        "https://ossci-datasets.s3.amazonaws.com/mnist/train-labels-idx1-ubyte.gz",
        "d53e105ee54ea40749a09fcbcd1e9432",
    ),
    download(
        Form::Idx,
        "https://ossci-datasets.s3.amazonaws.com/mnist/t10k-images-idx3-ubyte.gz",
        "9fb629c4189551a2d022fa330f9573f3",
    ),
    download(
        Form::Idx,
        "https://ossci-datasets.s3.amazonaws.com/mnist/t10k-labels-idx1-ubyte.gz",
        "ec29112dd5afa0611ce80d1b7f02629c",
    ),
];

/// Digests: `README.md` of <https://github.com/zalandoresearch/fashion-mnist>; the same in
/// `torchvision/datasets/mnist.py`, class `FashionMNIST`.
const FASHION_MNIST: &[Download] = &[
    download(
        Form::Idx,
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/train-images-idx3-ubyte.gz",
        "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
    ),
    download(
        Form::Idx,
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/train-labels-idx1-ubyte.gz",
        "25c81989df183df01b3e8a0aad5dffbe",
    ),
    download(
        Form::Idx,
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/t10k-images-idx3-ubyte.gz",
        "bef4ecab320f06d8554ea6380940ec79",
    ),
    download(
        Form::Idx,
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/t10k-labels-idx1-ubyte.gz",
        "bb300cfdad3c16e7a12a480ee83cd310",
    ),
];

/// Digests: <https://www.cs.toronto.edu/~kriz/cifar.html>, under "Download".
const CIFAR10: &[Download] = &[
    download(
        Form::Binary,
        "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
        "c32a1d4ab5d03f1284b67883e8d87530",
    ),
    download(
        Form::Python,
        "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
        "c58f30108f718f92721af3b95e74349a",
    ),
];

/// Digest: `torchvision/datasets/stl10.py`, `tgz_md5`; the set's page gives none.
const STL10: &[Download] = &[download(
    Form::Binary,
    "http://ai.stanford.edu/~acoates/stl10/stl10_binary.tar.gz",
    "91f7769df0f17e558f3565bffb0c7dfb",
)];

impl PublishedSet {
    /// Where the set can be had.
    pub fn origin(self) -> Origin {
        match self {
            Self::FashionMnist => Origin {
                page: "https://github.com/zalandoresearch/fashion-mnist",
                terms: "MIT licence",
                size: "31 MB",
                downloads: FASHION_MNIST,
            },
            Self::Mnist => Origin {
                page: "http://yann.lecun.com/exdb/mnist/",
                terms: "no licence stated",
                size: "12 MB",
                downloads: MNIST,
            },
            Self::Cifar10 => Origin {
                page: "https://www.cs.toronto.edu/~kriz/cifar.html",
                terms: "no licence stated; its page asks for a citation",
                size: "162 MB",
                downloads: CIFAR10,
            },
            Self::Stl10(_) => Origin {
                page: "https://cs.stanford.edu/~acoates/stl10/",
                terms: "no licence stated; images from ImageNet; its page asks for a citation",
                size: "2.6 GB",
                downloads: STL10,
            },
            Self::Celeba(..) => Origin {
                page: "https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html",
                terms: "for non-commercial research only (unverified)",
                size: "1.4 GB",
                downloads: &[],
            },
            Self::CelebaHq128 => Origin {
                page: "https://github.com/tkarras/progressive_growing_of_gans",
                terms: "as celeba (unverified); the tool that makes it is under CC BY-NC 4.0",
                size: "28 GB",
                downloads: &[],
            },
            Self::LsunBedroom(_) => Origin {
                page: "https://github.com/fyu/lsun",
                terms: "no licence of the images known (unverified)",
                size: "43 GB",
                downloads: &[],
            },
        }
    }

    /// The files that an archive of this form must hold, by their paths in it.
    pub fn archive_members(self, form: Form) -> Vec<&'static str> {
        let wanted: Vec<_> = match self {
            Self::Stl10(_) => super::Stl10Training::ALL
                .iter()
                .flat_map(|training| training.wanted())
                .collect(),
            _ => self.wanted(form).iter().collect(),
        };
        let mut members: Vec<_> = wanted
            .iter()
            .filter_map(|wanted| wanted.places.last().copied())
            .collect();
        members.sort_unstable();
        members.dedup();
        members
    }
}
