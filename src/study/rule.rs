//! What cannot be, though every value by itself is fine: rules between the values of a study.
//!
//! Each rule reports at the value that a user would change. Knows nothing of reading or expanding.

use super::device::Device;
use super::document::Node;
use super::matrix::Combination;
use super::model::{Architecture, Data, Dataset, Settings};
use super::problem::Problem;
use super::shape::LARGEST;
use super::word::{ArchitectureName, Loss, Normalization, Precision};
use crate::{gan, nn};

/// The most checkpoints of one run; each is a file of weights.
const MOST_CHECKPOINTS: u64 = 10_000;
/// The most numbers of one array: kernels cannot index more.
const MOST_NUMBERS: f64 = (1_u64 << 31) as f64;

/// One setting whose values were checked, each by itself.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    pub(super) name: String,
    pub(super) settings: Settings,
    pub(super) combination: Combination,
}

/// Checks one setting, and it with the data.
pub(super) fn setting(setting: &Setting, data: Option<&Data>, problems: &mut Vec<Problem>) {
    let base = &setting.combination.base;
    let settings = &setting.settings;
    problems.extend(too_narrow(base, settings));
    problems.extend(no_such_normalization(base, settings));
    problems.extend(clipped_without_wasserstein(base, settings));
    problems.extend(too_many_steps(base, settings));
    problems.extend(too_many_checkpoints(base, settings));
    if let Some(data) = data {
        let wrong = wrong_resolution(base, settings, data);
        problems.extend(wrong.or_else(|| too_large(base, settings, data)));
        problems.extend(too_few_images(base, settings, data));
    }
}

/// Each player with its architecture and the key that names it.
fn players(settings: &Settings) -> [(&'static str, &'static str, ArchitectureName); 2] {
    let Architecture {
        name, discriminator, ..
    } = settings.architecture;
    let own = discriminator.map(|own| ("discriminator", "architecture.discriminator", own));
    [
        ("generator", "architecture.name", name),
        own.unwrap_or(("discriminator", "architecture.name", name)),
    ]
}

fn too_narrow(base: &Node, settings: &Settings) -> Option<Problem> {
    let width = settings.architecture.width;
    let narrowest = players(settings).map(|(_, _, name)| name.kind().narrowest());
    let narrowest = narrowest.into_iter().min()?;
    let problem = || {
        let message = format!("width {width} leaves less than one channel of a layer of {narrowest}");
        let hint = format!("the least width is 1/{narrowest} = {}", 1.0 / narrowest as f64);
        base.nearest("architecture.width").problem(message).hint(hint)
    };
    (width * (narrowest as f64) < 1.0).then(problem)
}

/// A normalization that the discriminator has no place for.
fn no_such_normalization(base: &Node, settings: &Settings) -> Option<Problem> {
    let normalization = settings.discriminator.normalization;
    let [_, (_, _, name)] = players(settings);
    let possible = name.kind().discriminator_normalizations();
    if possible.contains(&normalization.kind()) {
        return None;
    }
    let message = format!("{name}'s discriminator has no {normalization} normalization");
    let words = Normalization::ALL
        .iter()
        .filter(|word| possible.contains(&word.kind()));
    let words: Vec<&str> = words.map(|word| word.name()).collect();
    let node = base.nearest("discriminator.normalization");
    Some(
        node.problem(message)
            .hint(format!("it can have {}", words.join(", "))),
    )
}

/// Clipping weights is what keeps a critic Lipschitz; under another loss it is a slip.
fn clipped_without_wasserstein(base: &Node, settings: &Settings) -> Option<Problem> {
    settings.discriminator.weight_clip?;
    let message = format!(
        "weight clipping belongs to the Wasserstein loss, the loss is {}",
        settings.loss
    );
    let problem = || {
        let node = base.nearest("discriminator.weight_clip");
        node.problem(message).hint("remove it, or set loss: wasserstein")
    };
    (settings.loss != Loss::Wasserstein).then(problem)
}

fn too_many_steps(base: &Node, settings: &Settings) -> Option<Problem> {
    let counts = [
        ("steps", settings.steps),
        ("checkpoint_every", settings.checkpoint_every),
    ];
    let (key, count) = counts.into_iter().find(|(_, count)| *count > LARGEST)?;
    let message = format!("{count} updates of the discriminator are too many to count");
    let hint = format!("at most {LARGEST}, where each update of the generator counts discriminator.steps");
    Some(base.nearest(key).problem(message).hint(hint))
}

/// A network with an array that no device could hold; dense layers grow with the area of images.
fn too_large(base: &Node, settings: &Settings, data: &Data) -> Option<Problem> {
    let [generator, discriminator] = players(settings).map(|(_, _, name)| name.kind());
    let width = settings.architecture.width;
    let networks = gan::architecture::Architecture {
        generator,
        discriminator,
        width,
        resolution: data.resolution,
        channels: data.channels(),
    };
    let convention = gan::Convention::STANDARD;
    let batch = gan::GeneratorNormalization::Batch;
    let networks = [
        networks.generator(settings.latent.dimension, batch, &convention),
        networks.discriminator(gan::DiscriminatorNormalization::None, &convention),
    ];
    let numbers = |array: nn::Specification| {
        let extents = array.shape.extents().iter();
        extents.map(|extent| *extent as f64).product::<f64>()
    };
    let arrays = networks.iter().flat_map(nn::Network::weights);
    let largest = arrays.map(numbers).fold(0.0, f64::max);
    let problem = || {
        let pixels = data.resolution;
        let message = format!("at {pixels} pixels and width {width} one layer has {largest:.1e} weights");
        let node = base.nearest("architecture.name").problem(message);
        node.hint(
            "take a smaller width or data.resolution, or another architecture: `gan-pipe describe` has sizes",
        )
    };
    (largest >= MOST_NUMBERS).then(problem)
}

fn wrong_resolution(base: &Node, settings: &Settings, data: &Data) -> Option<Problem> {
    let fits = |(_, _, name): &(_, _, ArchitectureName)| name.kind().has_resolution(data.resolution);
    let (player, key, name) = players(settings).into_iter().find(|player| !fits(player))?;
    let message = format!(
        "{name}'s {player} cannot be built for the {} pixels of data.resolution",
        data.resolution
    );
    let hint = format!("it can for {}", name.kind().resolutions());
    Some(base.nearest(key).problem(message).hint(hint))
}

fn too_many_checkpoints(base: &Node, settings: &Settings) -> Option<Problem> {
    let Settings {
        steps,
        checkpoint_every: every,
        ..
    } = settings;
    let problem = || {
        let message = format!("{steps} steps have over {MOST_CHECKPOINTS} checkpoints of {every}");
        base.nearest("checkpoint_every")
            .problem(message)
            .hint("save less often")
    };
    (steps / every > MOST_CHECKPOINTS).then(problem)
}

fn too_few_images(base: &Node, settings: &Settings, data: &Data) -> Option<Problem> {
    let count = match data.dataset {
        Dataset::Polygons { count } => count,
        Dataset::Published(set) => set.description().train,
        Dataset::ImageFolder(_) => return None,
    };
    let batch = settings.batch_size;
    let trained = count.saturating_sub(data.validation.unwrap_or(0));
    let is_drawn = matches!(data.dataset, Dataset::Polygons { .. });
    let message = match data.validation {
        None if is_drawn => format!("a batch of {batch} needs as many images, data.count is {count}"),
        _ => format!("a batch of {batch} needs as many images, {trained} are left to train on"),
    };
    let hint = match is_drawn {
        true => "take a smaller batch_size, or a larger data.count",
        false => "take a smaller batch_size, or hold fewer images out",
    };
    (trained < batch).then(|| base.nearest("batch_size").problem(message).hint(hint))
}

/// Checks the format of products against the device: the processor has one.
pub(super) fn precision(document: &Node, device: &Device, precision: Precision, problems: &mut Vec<Problem>) {
    if precision == Precision::F32 || device.name() != Device::CPU {
        return;
    }
    let message = format!("{precision} needs a GPU, and the device is {}", Device::CPU);
    problems.push(
        document.nearest("precision").problem(message).hint(
            "name a GPU by `device` or --device, or leave precision out: the processor computes in f32",
        ),
    );
}
