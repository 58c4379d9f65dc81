//! A list of settings in which every two choices that go together occur together: each trains, goes on from a file to the
//! same bits, and has the same bits with one thread and with two.

use std::collections::BTreeSet;

use gan_kernels::{Device, Element};

use super::settings::{batch, trainer};
use crate::gan::architecture::{Architecture, ArchitectureKind};
use crate::gan::{
    Convention, DiscriminatorNormalization, DraganForm, GeneratorNormalization, GeneratorState, Loss, Penalty, Trainer,
    TrainingSettings, TrainingState,
};
use crate::nn::Weights;
use crate::optim::Optimizer;

const NORMALIZATIONS: [DiscriminatorNormalization; 4] = [
    DiscriminatorNormalization::None,
    DiscriminatorNormalization::Batch,
    DiscriminatorNormalization::Layer,
    DiscriminatorNormalization::Spectral,
];
const PENALTIES: [Penalty; 6] = [
    Penalty::None,
    Penalty::Gradient { lambda: 10.0 },
    Penalty::Dragan {
        lambda: 10.0,
        form: DraganForm::Noise,
    },
    Penalty::Dragan {
        lambda: 10.0,
        form: DraganForm::Interpolated,
    },
    Penalty::L2 { lambda: 0.01 },
    Penalty::R1 { lambda: 10.0 },
];
const GENERATOR_NORMALIZATIONS: [GeneratorNormalization; 3] = [
    GeneratorNormalization::None,
    GeneratorNormalization::Batch,
    GeneratorNormalization::Spectral,
];
const CONVENTIONS: [Convention; 3] = [Convention::STANDARD, Convention::COMPARE_GAN, Convention::MIYATO];
/// Architectures, normalizations, penalties, losses, normalizations of the generator, conventions.
const CHOICES: [usize; 6] = [7, 4, 6, 5, 3, 3];

type Row = [usize; 6];

fn is_allowed([architecture, normalization, ..]: Row) -> bool {
    let allowed = ArchitectureKind::ALL[architecture].discriminator_normalizations();
    allowed.contains(&NORMALIZATIONS[normalization])
}

fn all_rows() -> Vec<Row> {
    let mut rows = vec![[0; 6]];
    for (place, count) in CHOICES.into_iter().enumerate() {
        let with = |row: Row, choice| {
            let mut row = row;
            row[place] = choice;
            row
        };
        rows = rows.into_iter().flat_map(|row| (0..count).map(move |choice| with(row, choice))).collect();
    }
    rows.retain(|row| is_allowed(*row));
    rows
}

fn pairs(row: Row) -> impl Iterator<Item = [(usize, usize); 2]> {
    (0..6).flat_map(move |i| (i + 1..6).map(move |j| [(i, row[i]), (j, row[j])]))
}

/// Each time the row that adds the most pairs.
fn cover() -> Vec<Row> {
    let rows = all_rows();
    let mut missing: BTreeSet<_> = rows.iter().flat_map(|row| pairs(*row)).collect();
    let mut chosen = Vec::new();
    while !missing.is_empty() {
        let gain = |row: &&Row| pairs(**row).filter(|pair| missing.contains(pair)).count();
        let best = *rows.iter().max_by_key(gain).unwrap();
        for pair in pairs(best) {
            missing.remove(&pair);
        }
        chosen.push(best);
    }
    chosen
}

fn settings([architecture, normalization, penalty, loss, generator, convention]: Row) -> TrainingSettings {
    let kind = ArchitectureKind::ALL[architecture];
    let convention = CONVENTIONS[convention];
    let losses = [
        Loss::NonSaturating,
        Loss::Minimax,
        Loss::LeastSquares(convention.least_squares),
        Loss::Wasserstein,
        Loss::Hinge,
    ];
    TrainingSettings {
        architecture: Architecture {
            generator: kind,
            discriminator: kind,
            width: 1.0 / 32.0,
            resolution: if kind == ArchitectureKind::Resnet107 { 32 } else { 16 },
            channels: 1,
        },
        loss: losses[loss],
        normalization: NORMALIZATIONS[normalization],
        penalty: PENALTIES[penalty],
        generator_normalization: GENERATOR_NORMALIZATIONS[generator],
        convention,
        ..super::super::settings()
    }
}

fn through_bytes(weights: &Weights) -> Weights {
    Weights::from_safetensors(&Device::Cpu, &weights.to_safetensors().unwrap()).unwrap()
}

/// The run as it comes back from files.
fn resumed(settings: TrainingSettings, step: u64, trainer: &Trainer) -> Trainer {
    let (generator, state) = (trainer.generator(), trainer.state());
    let optimizer = |own: &Optimizer, player: &str, rule| {
        let mut stored = Weights::default();
        own.store(player, &mut stored);
        Optimizer::restore(rule, player, &through_bytes(&stored), own.updates())
    };
    let state = TrainingState {
        discriminator: through_bytes(&state.discriminator),
        kept_vectors: through_bytes(&state.kept_vectors),
        generator_optimizer: optimizer(
            &state.generator_optimizer,
            "generator",
            settings.generator_optimizer.rule,
        ),
        discriminator_optimizer: optimizer(
            &state.discriminator_optimizer,
            "discriminator",
            settings.discriminator_optimizer.rule,
        ),
    };
    let generator = GeneratorState {
        weights: through_bytes(&generator.weights),
        averages: through_bytes(&generator.averages),
        kept_vectors: through_bytes(&generator.kept_vectors),
        moving_average: through_bytes(&generator.moving_average),
    };
    Trainer::resume(settings, step, generator, state)
}

/// Three steps; what was learned, as bytes.
fn three_steps(settings: TrainingSettings, leaves_after_one: bool) -> Vec<Vec<u8>> {
    let mut trainer = trainer(settings, 1.0, Element::F32);
    for step in 1..=3 {
        let losses = trainer.step(&batch(&settings, step, Element::F32)).unwrap();
        assert!(losses.is_finite(), "{settings:?}: {losses:?}");
        if step == 1 && leaves_after_one {
            trainer = resumed(settings, 1, &trainer);
        }
    }
    let (generator, state) = (trainer.generator(), trainer.state());
    let parts = [
        &generator.weights,
        &generator.averages,
        &generator.kept_vectors,
        &state.discriminator,
        &state.kept_vectors,
    ];
    parts.map(|part| part.to_safetensors().unwrap()).to_vec()
}

#[test]
fn every_pair_of_choices_trains_and_resumes_and_threads_change_no_bit() {
    let pools = [1, 2].map(|threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap());
    let rows = cover();
    println!("{} rows of {}", rows.len(), all_rows().len());
    for row in rows {
        let settings = settings(row);
        let alone = pools[0].install(|| three_steps(settings, false));
        assert!(alone == pools[1].install(|| three_steps(settings, true)), "{settings:?}");
    }
}
