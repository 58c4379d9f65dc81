//! Shares of images told rightly, against PyTorch, by hand, and for every loss and normalization.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::gan::architecture::{Architecture, ArchitectureKind};
use crate::gan::tests::{golden_arrays, settings};
use crate::gan::{Convention, Trainer, quantize};

fn images(count: usize, seed: u64) -> Images {
    let mut values = vec![0.0; count * 256];
    Stream::new(seed, 0, "images", 0).fill_uniform(&mut values, 0.0, 256.0);
    let bytes = values.iter().map(|&x| x as u8).collect();
    Images::new([count, 16, 16, 1], bytes).unwrap()
}

fn state_of(trainer: &Trainer) -> DiscriminatorState {
    DiscriminatorState {
        weights: trainer.state().discriminator.clone(),
        kept_vectors: trainer.state().kept_vectors.clone(),
    }
}

/// The accuracy over up to `most` images of each kind, of a discriminator whose last bias is changed.
fn accuracy(
    settings: TrainingSettings,
    [train, test]: [&Images; 2],
    most: usize,
    change: impl Fn(&mut Weights),
) -> Result<DiscriminatorAccuracy, DiscriminatorAccuracyError> {
    let trainer = Trainer::initial(&Device::Cpu, settings, 1, 1);
    let mut state = state_of(&trainer);
    change(&mut state.weights);
    let judged = JudgedImages {
        train,
        test,
        generator: trainer.generator(),
        latents: EvaluationLatents {
            latent: settings.latent,
            purpose: "test",
        },
        most,
    };
    let found = discriminator_accuracy(&Device::Cpu, &settings, &state, judged, |_, _| true);
    found.map(Option::unwrap)
}

/// Makes every logit the same.
fn constant(logit: f32) -> impl Fn(&mut Weights) {
    move |weights| {
        let weight = weights.get("dense.weight").clone();
        let zeros = vec![0.0; weight.shape().count()];
        weights.insert(
            "dense.weight",
            Array::from_f32(&Device::Cpu, weight.shape(), &zeros),
        );
        weights.insert("dense.bias", Array::from_f32(&Device::Cpu, [1], &[logit]));
    }
}

/// The logits of each image, looked at alone.
fn logits(settings: &TrainingSettings, weights: &Weights, images: &[f32]) -> Vec<f64> {
    let bound = Bound::constants(weights);
    let of_one = |image: &[f32]| {
        let image = Variable::constant(Array::from_f32(&Device::Cpu, [1, 16, 16, 1], image));
        let mut unused = BatchStatistics::default();
        let network = settings.discriminator();
        let logit = network.forward(&image, &bound, &mut Normalizing::Batch(&mut unused));
        logit.value().to_f64().unwrap()[0]
    };
    images.chunks_exact(256).map(of_one).collect()
}

#[test]
fn each_loss_decides_where_it_must() {
    let (train, test) = (images(3, 1), images(2, 2));
    let cases = [
        (Loss::NonSaturating, 0.0),
        (Loss::Minimax, 0.0),
        (Loss::Hinge, 0.0),
        (Loss::LeastSquares(LeastSquares::Probability), 0.0),
        (Loss::LeastSquares(LeastSquares::Logit), 0.5),
    ];
    for (loss, decision) in cases {
        let settings = TrainingSettings { loss, ..settings() };
        let with = |logit: f32| {
            let found = accuracy(settings, [&train, &test], 10, constant(logit)).unwrap();
            assert_eq!(found.counts, [3, 2, 10]);
            [found.train, found.test, found.samples]
        };
        assert_eq!(with(decision + 0.01), [1.0, 1.0, 0.0], "{loss:?}");
        assert_eq!(
            with(decision),
            [1.0, 1.0, 0.0],
            "{loss:?}: as Kurach et al. have it"
        );
        assert_eq!(with(decision - 0.01), [0.0, 0.0, 1.0], "{loss:?}");
        assert_eq!(
            with(f32::NAN),
            [0.0; 3],
            "{loss:?}: what is no number is never right"
        );
    }
    let settings = TrainingSettings {
        loss: Loss::Wasserstein,
        ..settings()
    };
    let refused = accuracy(settings, [&train, &test], 10, constant(1.0)).unwrap_err();
    assert!(matches!(refused, DiscriminatorAccuracyError::NoDecision));
}

#[test]
fn logits_of_a_trained_discriminator_with_spectral_normalization_are_those_of_pytorch() {
    let settings = TrainingSettings {
        normalization: DiscriminatorNormalization::Spectral,
        ..settings()
    };
    let (weights, kept_vectors) = golden_arrays("trajectory", "expected.discriminator.");
    let (golden, _) = golden_arrays("jacobian", "");
    let (batches, _) = golden_arrays("trajectory", "batch.");
    let pixels = batches.get("real").to_f64().unwrap();
    let count = 60;
    let bytes = pixels[..count * 256]
        .iter()
        .map(|&x| quantize(x as f32))
        .collect();
    let shown = Images::new([count, 16, 16, 1], bytes).unwrap();
    let narrow = |weights: &Weights| -> Weights {
        let narrow = |array: &Array| {
            let values: Vec<f32> = array.to_f64().unwrap().iter().map(|&x| x as f32).collect();
            Array::from_f32(&Device::Cpu, array.shape(), &values)
        };
        weights
            .iter()
            .map(|(name, array)| (name.to_owned(), narrow(array)))
            .collect()
    };
    let mut state = DiscriminatorState {
        weights: narrow(&weights),
        kept_vectors: narrow(&kept_vectors),
    };
    // PyTorch has 44 of the logits below -0.041 and 16 above.
    let shift = 0.041;
    let bias = weights.get("dense.bias").to_f64().unwrap()[0] + shift;
    let bias = Array::from_f32(&Device::Cpu, [1], &[bias as f32]);
    state.weights.insert("dense.bias", bias);
    let expected = golden.get("logits").to_f64().unwrap();
    let expected: Vec<f64> = expected.iter().map(|logit| logit + shift).collect();
    let judge = Judge::new(&Device::Cpu, &settings, &state);
    let order = Stream::new(PROTOCOL_SEED, 0, "discriminator-accuracy.train", 0).permutation(count);
    let found = judge.logits(&judge.real(&shown, "train")(0)).unwrap();
    assert_eq!(found.len(), BATCH);
    for (place, found) in found.iter().enumerate() {
        let expected = expected[order[place % count]];
        assert!((found - expected).abs() < 1e-6, "{found} {expected}");
    }
    let share = expected.iter().filter(|logit| **logit >= 0.0).count() as f64 / count as f64;
    assert_eq!(share, 16.0 / 60.0);
    let trainer = Trainer::initial(&Device::Cpu, settings, 1, 1);
    let latents = EvaluationLatents {
        latent: settings.latent,
        purpose: "test",
    };
    let judged = JudgedImages {
        train: &shown,
        test: &shown,
        generator: trainer.generator(),
        latents,
        most: 100,
    };
    let found = discriminator_accuracy(&Device::Cpu, &settings, &state, judged, |_, _| true);
    let found = found.unwrap().unwrap();
    assert_eq!([found.train, found.test], [share; 2], "whatever their order");
}

#[test]
fn every_image_is_judged_once_in_the_range_of_the_convention_however_many_there_are() {
    for image_range in [ImageRange::Symmetric, ImageRange::Unit] {
        let settings = TrainingSettings {
            convention: Convention {
                image_range,
                ..Convention::STANDARD
            },
            ..settings()
        };
        let trainer = Trainer::initial(&Device::Cpu, settings, 1, 1);
        let weights = &trainer.state().discriminator;
        let (train, test) = (images(150, 1), images(70, 2));
        let of_real = |images: &Images| match image_range {
            ImageRange::Symmetric => logits(&settings, weights, &images.scaled(0..images.count)),
            ImageRange::Unit => logits(&settings, weights, &images.scaled_to_unit(0..images.count)),
        };
        let mut middle = of_real(&train);
        middle.sort_by(f64::total_cmp);
        // A bias that leaves some training images on each side.
        let bias = -((middle[49] + middle[50]) / 2.0) as f32;
        let change = |weights: &mut Weights| {
            weights.insert("dense.bias", Array::from_f32(&Device::Cpu, [1], &[bias]));
        };
        let share = |logits: &[f64]| {
            let right = logits
                .iter()
                .filter(|logit| **logit + f64::from(bias) >= 0.0)
                .count();
            right as f64 / logits.len() as f64
        };
        let found = accuracy(settings, [&train, &test], 1000, change).unwrap();
        assert_eq!(found.train, 100.0 / 150.0, "{image_range:?}");
        assert_eq!(found.test, share(&of_real(&test)), "{image_range:?}");
        assert_eq!(found.counts, [150, 70, 1000]);
    }
}

#[test]
fn generated_images_are_those_of_the_evaluated_generator() {
    let settings = settings();
    let trainer = Trainer::initial(&Device::Cpu, settings, 1, 1);
    let generator = trainer.generator();
    let latents = EvaluationLatents {
        latent: settings.latent,
        purpose: "test",
    };
    let network = settings.generator();
    let latents = Variable::constant(latents.draw(&Device::Cpu, 0, 100));
    let bound = Bound::constants(&generator.weights);
    let made = network.forward(&latents, &bound, &mut Normalizing::Running(&generator.averages));
    let made = made.value().to_f32().unwrap();
    let mut of_each = logits(&settings, &trainer.state().discriminator, &made);
    of_each.sort_by(f64::total_cmp);
    let bias = -((of_each[29] + of_each[30]) / 2.0) as f32;
    let change = |weights: &mut Weights| {
        weights.insert("dense.bias", Array::from_f32(&Device::Cpu, [1], &[bias]));
    };
    let one = images(1, 1);
    assert_eq!(
        accuracy(settings, [&one, &one], 100, change).unwrap().samples,
        0.3
    );
}

#[test]
fn batch_normalization_sees_batches_of_training_and_all_else_ignores_them() {
    let shown = images(20, 1);
    let of = |normalization, batch_size| {
        let settings = TrainingSettings {
            normalization,
            batch_size,
            architecture: Architecture {
                discriminator: ArchitectureKind::Dcgan,
                ..settings().architecture
            },
            ..settings()
        };
        let trainer = Trainer::initial(&Device::Cpu, settings, 1, 1);
        let judge = Judge::new(&Device::Cpu, &settings, &state_of(&trainer));
        let first = judge.logits(&judge.real(&shown, "train")(0)).unwrap()[0];
        let found = accuracy(settings, [&shown, &shown], 20, |_| ()).unwrap();
        assert_eq!(found.counts, [20; 3]);
        (found.batch, first)
    };
    let (five, seven) = (
        of(DiscriminatorNormalization::Batch, 5),
        of(DiscriminatorNormalization::Batch, 7),
    );
    assert_eq!([five.0, seven.0], [5, 7]);
    assert_ne!(five.1, seven.1, "an image is judged by its batch");
    for normalization in [
        DiscriminatorNormalization::None,
        DiscriminatorNormalization::Spectral,
    ] {
        let five = of(normalization, 5);
        assert_eq!(five, of(normalization, 7), "{normalization:?}");
        assert_eq!(five.0, BATCH);
    }
}

#[test]
fn fewer_images_are_a_random_part_and_none_are_refused() {
    let (train, test) = (images(40, 1), images(40, 2));
    let found = accuracy(settings(), [&train, &test], 15, |_| ()).unwrap();
    assert_eq!(found.counts, [15; 3]);
    let empty = Images::new([0, 16, 16, 1], Vec::new()).unwrap();
    let refusal = |images: [&Images; 2], most| {
        accuracy(settings(), images, most, |_| ())
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        refusal([&empty, &test], 5),
        "there are no training images to judge"
    );
    assert_eq!(refusal([&train, &empty], 5), "there are no test images to judge");
    assert_eq!(
        refusal([&train, &test], 0),
        "there are no training images to judge"
    );
}
