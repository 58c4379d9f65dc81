//! Every network against the programs that published numbers come from. The numbers are made by
//! tests/golden/inception.py, which also says how weights are drawn.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod trained;

use std::convert::Infallible;
use std::path::Path;
use std::sync::{LazyLock, OnceLock};

use safetensors::SafeTensors;
use safetensors::tensor::Dtype;

use super::*;
use crate::data::Images;
use crate::extractor::inception::OF_2015;
use crate::extractor::network::Pool;
use crate::extractor::{Extractor, published_arrays};

/// Largest relative error of a module.
const TOLERANCE: f64 = 1e-4;

static GOLDEN: LazyLock<Vec<u8>> = LazyLock::new(|| {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/inception.safetensors")).unwrap()
});

/// An array of the golden, if it has one of that name.
fn golden(name: &str) -> Option<(Vec<usize>, Vec<f32>)> {
    let file = SafeTensors::deserialize(&GOLDEN).unwrap();
    let tensor = file.tensor(name).ok()?;
    assert_eq!(tensor.dtype(), Dtype::F32, "{name}");
    let values = tensor.data().as_chunks().0;
    let values = values.iter().map(|bytes| f32::from_le_bytes(*bytes));
    Some((tensor.shape().to_vec(), values.collect()))
}

fn images() -> Images {
    let file = SafeTensors::deserialize(&GOLDEN).unwrap();
    let images = file.tensor("images").unwrap();
    Images::new([2, 28, 28, 3], images.data().to_vec()).unwrap()
}

/// The numbers of the script's recipe, from -1 to 1.
fn drawn(name: &str, count: usize) -> impl Iterator<Item = f32> {
    let seed = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    });
    (0..count as u64).map(move |index| {
        let z = index.wrapping_add(seed).wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let z = z ^ (z >> 31);
        (z >> 40) as f32 * (2.0 / (1 << 24) as f32) - 1.0
    })
}

fn scale_and_shift(name: &str, shape: &[usize]) -> (f64, f32) {
    let inputs: usize = shape[..shape.len() - 1].iter().product();
    match name {
        _ if name.ends_with("bn.weight") => (0.25, 1.1),
        _ if name.ends_with("bn.bias") => (0.3, 1.2),
        "fc.bias" => (1.0, 0.0),
        _ if name.ends_with("bias") => (0.5, 0.0),
        "fc.weight" => ((3.0 / inputs as f64).sqrt(), 0.0),
        _ => ((6.0 / inputs as f64).sqrt(), 0.0),
    }
}

fn weights(kind: &ExtractorKind) -> Weights {
    let array = |(name, shape): (String, Vec<usize>)| {
        let values = golden(&name).map(|(_, values)| values).unwrap_or_else(|| {
            let (scale, shift) = scale_and_shift(&name, &shape);
            let values = drawn(&name, shape.iter().product());
            values.map(|value| value * scale as f32 + shift).collect()
        });
        let array = Array::from_f32(&Device::Cpu, &shape[..], &values);
        (name, array)
    };
    published_arrays(kind).into_iter().map(array).collect()
}

fn weights_of_2015() -> &'static Weights {
    static WEIGHTS: OnceLock<Weights> = OnceLock::new();
    WEIGHTS.get_or_init(|| weights(&ExtractorKind::named("inception-v3-2015").unwrap()))
}

/// The largest difference, by the root of the mean square of what is expected.
fn relative_error(expected: &[f32], found: &[f32]) -> f64 {
    assert_eq!(expected.len(), found.len());
    let square = expected.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / expected.len() as f64;
    let differences = expected.iter().zip(found);
    let differences = differences.map(|(expected, found)| (f64::from(*expected) - f64::from(*found)).abs());
    differences.fold(0.0, f64::max) / square.sqrt()
}

impl Published {
    fn both(&self) -> Array {
        let images = images();
        let images = [images.one(0).unwrap(), images.one(1).unwrap()];
        let batch = self.input.batch::<Infallible>(&self.device, 0, &images);
        batch.unwrap()
    }

    /// Features and logits of the golden's images, which make a batch of two.
    fn features_of_both(&self) -> (Vec<f32>, Vec<f32>) {
        let (features, logits) = self.forward(self.both());
        let logits = logits.map(|logits| logits.to_f32().unwrap());
        (features.to_f32().unwrap(), logits.unwrap_or_default())
    }
}

/// Of every module of a network, and of what its end leaves: the name, and how far it is off what the golden says.
fn errors(network: &Published, name: &str, resize: &str) -> Vec<(String, f64)> {
    let mut errors = Vec::new();
    let mut x = network.both();
    for module in network.network.modules() {
        x = network.network.module(module, x);
        errors.push((
            module.name.to_owned(),
            module_error(&x, &format!("{name}.{}", module.name)),
        ));
    }
    let (features, logits) = network.end(x);
    let mut held = |part: &str, found: &Array| {
        if let Some((_, expected)) = golden(&format!("{name}.{resize}.{part}")) {
            let error = relative_error(&expected, &found.to_f32().unwrap());
            errors.push((part.to_owned(), error));
        }
    };
    match logits {
        Some(logits) => {
            held("2048", &features);
            held("logits_unbiased", &logits);
        }
        None => held("fc2", &features),
    }
    errors
}

fn module_error(x: &Array, name: &str) -> f64 {
    let values = x.to_f32().unwrap();
    let (shape, expected) = golden(&format!("{name}.values")).unwrap();
    let count = values.len() / shape[0];
    let found: Vec<f32> = values
        .chunks_exact(count)
        .flat_map(|values| (0..shape[1]).map(|index| values[index * 1_000_003 % count]))
        .collect();
    let error = relative_error(&expected, &found);
    match golden(&format!("{name}.mean")) {
        None => error,
        Some((_, expected)) => {
            let found = mean_over_positions(x).to_f32().unwrap();
            error.max(relative_error(&expected, &found))
        }
    }
}

/// The first part whose error is too large.
fn first_wrong(errors: &[(String, f64)]) -> Option<&str> {
    let wrong = errors
        .iter()
        .find(|(_, error)| error.is_nan() || *error > TOLERANCE);
    wrong.map(|(name, _)| &name[..])
}

/// The network of 2015 in a form, with an input, and with or without the bias of its logits.
#[derive(Clone, Copy)]
struct Made {
    form: Form,
    input: Input,
    has_bias: bool,
}

const AS_PUBLISHED: Made = Made {
    form: OF_2015,
    input: Input {
        side: 299,
        resize: InputResize::TensorflowBilinear,
        normalization: Normalization::Graph2015,
    },
    has_bias: false,
};

impl Made {
    fn errors(self) -> Vec<(String, f64)> {
        let Self {
            form,
            input,
            has_bias,
        } = self;
        let layer = InceptionLayer::Pool2048;
        let network = Published::inception(form, layer, has_bias, input, weights_of_2015()).unwrap();
        errors(&network, "inception-v3-2015", "tensorflow-bilinear")
    }
}

#[test]
fn every_module_of_the_network_of_2015_agrees_with_torch_fidelity_and_no_other_network_does() {
    let right = AS_PUBLISHED.errors();
    assert_eq!(first_wrong(&right), None, "{right:?}");
    assert_eq!(right.len(), 18 + 2);

    // One thing is changed, and all before it stays right.
    let Made { form, input, .. } = AS_PUBLISHED;
    let wrong = [
        (
            "padding counts in an average",
            Made {
                form: Form {
                    pool: Pool::AverageWithPadding,
                    ..form
                },
                ..AS_PUBLISHED
            },
            "Mixed_5b",
        ),
        (
            "the last block takes the mean, as others do",
            Made {
                form: Form {
                    last_pool: Pool::Average,
                    ..form
                },
                ..AS_PUBLISHED
            },
            "Mixed_7c",
        ),
        (
            "epsilon is PyTorch's",
            Made {
                form: Form {
                    epsilon: 1e-5,
                    ..form
                },
                ..AS_PUBLISHED
            },
            "Conv2d_1a_3x3",
        ),
        (
            "images are resized between the centres of pixels",
            Made {
                input: Input {
                    resize: InputResize::TorchBilinear,
                    ..input
                },
                ..AS_PUBLISHED
            },
            "Conv2d_1a_3x3",
        ),
        (
            "the range is symmetric",
            Made {
                input: Input {
                    normalization: Normalization::Symmetric,
                    ..input
                },
                ..AS_PUBLISHED
            },
            "Conv2d_1a_3x3",
        ),
        (
            "logits have their bias",
            Made {
                has_bias: true,
                ..AS_PUBLISHED
            },
            "logits_unbiased",
        ),
    ];
    for (change, made, first) in wrong {
        let errors = made.errors();
        assert_eq!(first_wrong(&errors), Some(first), "{change}: {errors:?}");
    }
}

#[test]
fn every_module_of_torchvisions_inception_agrees_with_it() {
    let kind = ExtractorKind::named("inception-v3-torchvision").unwrap();
    let mut weights = weights(&kind);
    for (name, array) in weights_of_2015()
        .iter()
        .filter(|(name, _)| !name.starts_with("fc"))
    {
        weights.insert(name, array.clone());
    }
    let network =
        Published::inception_torchvision(InceptionLayer::Pool2048, InputResize::TorchBilinear, &weights)
            .unwrap();
    let found = errors(&network, "inception-v3-torchvision", "torch-bilinear");
    assert_eq!(first_wrong(&found), None, "{found:?}");
    let extractor = Extractor::new(&kind, weights).unwrap();
    let found = extractor.extract(&images(), |_, _| true).unwrap().unwrap();
    let (_, logits) = golden("inception-v3-torchvision.torch-bilinear.logits").unwrap();
    assert!(relative_error(&logits, &found.logits) <= TOLERANCE);
    assert_eq!((found.classes, found.probabilities.len()), (1000, 0));
    assert_eq!(found.dimension, kind.features([32, 32, 3]));
    let layer = InceptionLayer::Logits;
    let resize = InputResize::TorchBilinear;
    let of_logits = ExtractorKind::InceptionTorchvision { layer, resize };
    assert_eq!(of_logits.features([32, 32, 3]), found.classes);
}

#[test]
fn each_way_to_resize_gives_the_features_of_the_program_it_comes_from() {
    for (resize, program) in [
        (InputResize::TorchBilinear, "pytorch-fid"),
        (InputResize::TorchAntialias, "torchmetrics"),
        (InputResize::PillowBicubic, "clean-fid"),
    ] {
        let layer = InceptionLayer::Pool2048;
        let network =
            Published::inception_2015(layer, resize, LogitBias::Without, weights_of_2015()).unwrap();
        let found = network.features_of_both();
        let (_, expected) = golden(&format!("inception-v3-2015.{}.2048", resize.name())).unwrap();
        let error = relative_error(&expected, &found.0);
        assert!(error <= TOLERANCE, "{program}: {error:e}");
    }
}

#[test]
fn features_leave_the_network_at_each_of_its_layers() {
    let resize = InputResize::TensorflowBilinear;
    for (layer, name, classes) in [
        (InceptionLayer::Pool64, "64", 0),
        (InceptionLayer::Pool192, "192", 0),
        (InceptionLayer::Pool768, "768", 0),
        (InceptionLayer::Logits, "logits", 1008),
    ] {
        let kind = ExtractorKind::Inception2015 {
            layer,
            resize,
            logits: LogitBias::With,
        };
        let bias = LogitBias::With;
        let network = Published::inception_2015(layer, resize, bias, weights_of_2015()).unwrap();
        let (features, logits) = network.features_of_both();
        let (shape, expected) = golden(&format!("inception-v3-2015.tensorflow-bilinear.{name}")).unwrap();
        assert_eq!(network.head.extents(), (shape[1], classes));
        assert_eq!(kind.features([32, 32, 3]), shape[1]);
        let error = relative_error(&expected, &features);
        assert!(error <= TOLERANCE, "{name}: {error:e}");
        assert_eq!(logits.len(), 2 * classes);
        assert_eq!(kind.knows_classes(), classes > 0);
    }
}

#[test]
fn every_block_of_vgg_agrees_with_torch_fidelity() {
    let kind = ExtractorKind::named("vgg16").unwrap();
    let weights = weights(&kind);
    let resize = InputResize::TensorflowBilinear;
    let mut network = Published::vgg16(Vgg16Layer::Fc2, resize, &weights).unwrap();
    drop(weights);
    let found = errors(&network, "vgg16", "tensorflow-bilinear");
    assert_eq!(first_wrong(&found), None, "{found:?}");
    assert_eq!(found.len(), 5 + 1);
    assert_eq!(network.head.extents(), (kind.features([32, 32, 3]), 0));

    // The same network, its features rectified as those of `fc2-relu` are.
    let (_, features) = golden("vgg16.tensorflow-bilinear.fc2").unwrap();
    let rectified: Vec<f32> = features.iter().map(|feature| feature.max(0.0)).collect();
    let Head::Dense { is_rectified, .. } = &mut network.head else {
        panic!("VGG-16 ends in dense layers");
    };
    *is_rectified = true;
    let error = relative_error(&rectified, &network.features_of_both().0);
    assert!(error <= TOLERANCE, "{error:e}");
}

#[test]
fn features_depend_on_the_image_alone() {
    let pixels = (0..9 * 40 * 50).map(|at: u32| (at.wrapping_mul(2_654_435_761) >> 24) as u8);
    let gray = Images::new([9, 40, 50, 1], pixels.collect()).unwrap();
    let repeated = gray.pixels.iter().flat_map(|&pixel| [pixel; 3]).collect();
    let colored = Images::new([9, 40, 50, 3], repeated).unwrap();
    let kind = ExtractorKind::Inception2015 {
        layer: InceptionLayer::Pool64,
        resize: InputResize::TensorflowBilinear,
        logits: LogitBias::Without,
    };
    let extractor = Extractor::new(&kind, weights_of_2015().clone()).unwrap();
    let mut told = Vec::new();
    let together = extractor.extract(&gray, |done, total| {
        told.push((done, total));
        true
    });
    let together = together.unwrap().unwrap();
    assert_eq!(told, [(0, 9), (8, 9)]);
    assert_eq!((together.count, together.dimension), (9, 64));
    for index in [0, 8] {
        let alone = extractor.extract(&gray.one(index).unwrap(), |_, _| true);
        assert_eq!(
            alone.unwrap().unwrap().features,
            together.features[index * 64..][..64]
        );
    }
    let colored = extractor.extract(&colored, |_, _| true).unwrap().unwrap();
    assert_eq!(colored.features, together.features);
    assert!(extractor.extract(&gray, |_, _| false).unwrap().is_none());
}

#[test]
fn images_that_no_network_can_look_at_are_named() {
    let kind = ExtractorKind::named("inception-v3-2015").unwrap();
    let extractor = Extractor::new(&kind, weights_of_2015().clone()).unwrap();
    let said = |extents: [usize; 4]| {
        let images = Images::new(extents, vec![0; extents.iter().product()]).unwrap();
        extractor.extract(&images, |_, _| true).unwrap_err().to_string()
    };
    assert_eq!(
        said([1, 8, 8, 4]),
        "image 0 has 4 channels; this extractor needs 3, or 1, which it repeats"
    );
    assert_eq!(said([2, 8, 0, 3]), "image 0 has no pixels");
}

#[test]
fn weights_of_another_network_are_refused_by_the_name_of_the_array() {
    let kind = ExtractorKind::named("inception-v3-torchvision").unwrap();
    let said = |kind: &ExtractorKind, weights: &Weights| {
        Extractor::new(kind, weights.clone()).unwrap_err().to_string()
    };
    assert_eq!(
        said(&kind, weights_of_2015()),
        "array \"fc.weight\" has shape [2048, 1008]; expected [2048, 1000]"
    );
    assert_eq!(
        said(&kind, &Weights::default()),
        "there is no array \"Conv2d_1a_3x3.conv.weight\""
    );
    assert_eq!(
        said(&ExtractorKind::named("vgg16").unwrap(), weights_of_2015()),
        "there is no array \"features.0.weight\""
    );
}

/// Each block at a smaller side, where a software driver is quick enough.
#[cfg(feature = "vulkan")]
#[test]
fn a_device_gives_what_the_processor_gives() {
    let device = Device::open("vulkan:software").expect("this test needs a software Vulkan driver");
    let on_device = |weights: &Weights| -> Weights {
        let copied = |(name, array): (&str, &Array)| {
            let values = array.to_f32().unwrap();
            (name.to_owned(), Array::from_f32(&device, array.shape(), &values))
        };
        weights.iter().map(copied).collect()
    };
    let there = on_device(weights_of_2015());
    let forms = [weights_of_2015(), &there].map(|weights| {
        Published::inception(
            OF_2015,
            InceptionLayer::Pool2048,
            true,
            AS_PUBLISHED.input,
            weights,
        )
        .unwrap()
    });
    let side = 75;
    let values: Vec<f32> = drawn("image", 2 * side * side * 3).collect();
    let [here, there] = forms.map(|network| {
        let batch = Array::from_f32(&network.device, [2, side, side, 3], &values);
        let (features, logits) = network.forward(batch);
        [features, logits.unwrap()].map(|found| found.to_f32().unwrap())
    });
    for (here, there) in here.iter().zip(&there) {
        let error = relative_error(here, there);
        assert!(error <= TOLERANCE, "{error:e}");
    }
}
