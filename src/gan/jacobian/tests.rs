//! Jacobians against finite differences and PyTorch, and conditions of known matrices.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::gan::tests::{golden_arrays, settings};
use crate::gan::{GeneratorNormalization, Trainer};
use crate::random::Stream;

fn latents(settings: &TrainingSettings) -> EvaluationLatents {
    EvaluationLatents {
        latent: settings.latent,
        purpose: "test",
    }
}

/// A generator whose weights are larger and whose averages are not those that it starts with.
fn drawn(settings: &TrainingSettings) -> (Weights, Weights) {
    let draw = |specifications: Vec<crate::nn::Specification>| -> Weights {
        let of_one = |specification: crate::nn::Specification| {
            let mut stream = Stream::new(5, 0, &specification.name, 0);
            let is_positive = specification.name.ends_with(".variance");
            let number = |_| {
                let number = stream.normal();
                if is_positive {
                    0.5 + number * number
                } else {
                    0.3 * number
                }
            };
            let values: Vec<f64> = (0..specification.shape.count()).map(number).collect();
            (specification.name, Array::from_f64(specification.shape, &values))
        };
        specifications.into_iter().map(of_one).collect()
    };
    let network = settings.generator();
    (draw(network.weights()), draw(network.averages()))
}

#[test]
fn derivatives_along_directions_are_those_of_finite_differences() {
    const STEP: f64 = 1e-6;
    for generator_normalization in [GeneratorNormalization::Batch, GeneratorNormalization::None] {
        let settings = TrainingSettings {
            generator_normalization,
            ..settings()
        };
        let (weights, averages) = drawn(&settings);
        let network = settings.generator();
        let map = Map {
            network: &network,
            bound: &Bound::constants(&weights),
            averages: &averages,
        };
        let z = settings.latent.dimension;
        let mut stream = Stream::new(6, 0, "latents", 0);
        let mut draw = || (0..3 * z).map(|_| stream.normal()).collect::<Vec<f64>>();
        let (at, direction) = (draw(), draw());
        let array = |values: &[f64]| Array::from_f64([3, z], values);
        let found = map.along(&array(&at), &array(&direction)).to_f64().unwrap();
        let moved = |step: f64| {
            let values: Vec<f64> = at.iter().zip(&direction).map(|(x, v)| x + step * v).collect();
            let latents = Variable::constant(array(&values));
            let images = network.forward(&latents, map.bound, &mut Normalizing::Running(&averages));
            images.value().to_f64().unwrap()
        };
        let largest = found.iter().fold(0.0_f64, |largest, x| largest.max(x.abs()));
        assert!(largest > 0.01, "{largest}");
        for ((found, above), below) in found.iter().zip(moved(STEP)).zip(moved(-STEP)) {
            let expected = (above - below) / (2.0 * STEP);
            assert!(
                (found - expected).abs() <= 1e-7 * (1.0 + expected.abs()),
                "{found} {expected}"
            );
        }
    }
}

#[test]
fn jacobians_and_their_singular_values_are_those_of_pytorch() {
    let (weights, averages) = golden_arrays("trajectory", "expected.generator.");
    let (golden, _) = golden_arrays("jacobian", "");
    let (settings, network) = (settings(), settings().generator());
    let map = Map {
        network: &network,
        bound: &Bound::constants(&weights),
        averages: &averages,
    };
    let z = settings.latent.dimension;
    let values = |name: &str| golden.get(name).to_f64().unwrap();
    let (latents, singular) = (values("latents"), values("singular_values"));
    for (index, (latent, expected)) in latents.chunks_exact(z).zip(singular.chunks_exact(z)).enumerate() {
        let rows: Vec<f64> = latent.iter().copied().cycle().take(z * z).collect();
        let units: Vec<f64> = (0..z * z).map(|at| f64::from(at / z == at % z)).collect();
        let [rows, units] = [rows, units].map(|values| Array::from_f64([z, z], &values));
        let columns = map.along(&rows, &units).to_f64().unwrap();
        if index == 0 {
            for (found, expected) in columns.iter().zip(values("jacobian")) {
                assert!((found - expected).abs() <= 1e-12, "{found} {expected}");
            }
        }
        let condition = condition(&columns, z).unwrap().unwrap();
        let expected_condition = expected[0] / expected[z - 1];
        assert!((condition - expected_condition).abs() <= 1e-9 * expected_condition);
        // The whole way, in f32.
        let single: Vec<f32> = latent.iter().map(|&x| x as f32).collect();
        let cast = |weights: &Weights| -> Weights {
            let narrow = |array: &Array| {
                let values: Vec<f32> = array.to_f64().unwrap().iter().map(|&x| x as f32).collect();
                Array::from_f32(&Device::Cpu, array.shape(), &values)
            };
            weights
                .iter()
                .map(|(name, array)| (name.to_owned(), narrow(array)))
                .collect()
        };
        let (weights, averages) = (cast(&weights), cast(&averages));
        let map = Map {
            network: &network,
            bound: &Bound::constants(&weights),
            averages: &averages,
        };
        let found = map.jacobian(&Device::Cpu, &single).unwrap();
        let found = super::condition(&found, z).unwrap().unwrap();
        assert!(
            (found / expected_condition).ln().abs() < 1e-4,
            "{found} {expected_condition}"
        );
    }
}

#[test]
fn the_condition_of_a_matrix_is_its_largest_over_its_smallest_singular_value() {
    // Columns of length 3, 2 and 0.5, at right angles.
    let columns = [0.0, 3.0, 0.0, 0.0, -2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.3, 0.4];
    assert!((condition(&columns, 3).unwrap().unwrap() - 6.0).abs() < 1e-12);
    assert_eq!(condition(&[1.0, 2.0, 2.0, 4.0], 2).unwrap(), None, "of rank 1");
    assert_eq!(condition(&[0.0; 4], 2).unwrap(), None, "constant images");
    assert_eq!(
        condition(&[1.0, 2.0], 2).unwrap(),
        None,
        "fewer pixels than latent numbers"
    );
}

#[test]
fn the_mean_is_that_of_single_latents_and_does_not_depend_on_their_number() {
    let settings = settings();
    let trainer = Trainer::initial(&Device::Cpu, settings, 1, 1);
    let of = |count| {
        let progress = |_, _| true;
        let (generator, latents) = (trainer.generator(), latents(&settings));
        jacobian_conditioning(&Device::Cpu, &settings, generator, latents, count, progress)
            .unwrap()
            .unwrap()
    };
    let (one, three) = (of(1), of(3));
    assert_eq!((one.latents, one.standard_deviation), (1, 0.0));
    let map = Map {
        network: &settings.generator(),
        bound: &Bound::constants(&trainer.generator().weights),
        averages: &trainer.generator().averages,
    };
    let all = latents(&settings).draw(&Device::Cpu, 0, 3).to_f32().unwrap();
    let logarithm = |latent: &[f32]| {
        let columns = map.jacobian(&Device::Cpu, latent).unwrap();
        2.0 * condition(&columns, latent.len()).unwrap().unwrap().ln()
    };
    let each: Vec<f64> = all.chunks_exact(8).map(logarithm).collect();
    assert!((one.mean_log_condition - each[0]).abs() < 1e-12);
    let mean = each.iter().sum::<f64>() / 3.0;
    let deviation = (each.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 3.0).sqrt();
    assert!(
        (three.mean_log_condition - mean).abs() < 1e-12,
        "{three:?} {each:?}"
    );
    assert!((three.standard_deviation - deviation).abs() < 1e-12);
    assert_eq!(three.unresolved, 0);
}

#[test]
fn a_generator_that_ignores_its_latent_is_unresolved_and_one_that_is_not_finite_refused() {
    let settings = settings();
    let trainer = Trainer::initial(&Device::Cpu, settings, 1, 1);
    let with = |value: f32, count| {
        let mut generator = trainer.generator().clone();
        let weight = generator.weights.get("dense.weight").clone();
        let values = vec![value; weight.shape().count()];
        let weight = Array::from_f32(&Device::Cpu, weight.shape(), &values);
        generator.weights.insert("dense.weight", weight);
        jacobian_conditioning(
            &Device::Cpu,
            &settings,
            &generator,
            latents(&settings),
            count,
            |_, _| true,
        )
    };
    let constant = with(0.0, 2).unwrap().unwrap();
    assert_eq!((constant.latents, constant.unresolved), (2, 2));
    assert!((constant.mean_log_condition - 40.0 * std::f64::consts::LN_2).abs() < 1e-12);
    let message = with(f32::NAN, 2).unwrap_err().to_string();
    assert_eq!(message, "the Jacobian at latent 0 is not finite");
    let message = with(1.0, 0).unwrap_err().to_string();
    assert_eq!(message, "the conditioning of a generator needs at least 1 latent");
}

#[test]
fn a_request_to_stop_is_obeyed() {
    let settings = settings();
    let trainer = Trainer::initial(&Device::Cpu, settings, 1, 1);
    let (generator, latents) = (trainer.generator(), latents(&settings));
    let ended = jacobian_conditioning(&Device::Cpu, &settings, generator, latents, 5, |done, _| {
        done == 0
    });
    assert!(ended.unwrap().is_none());
}
