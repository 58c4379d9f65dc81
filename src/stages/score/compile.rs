//! From two sides and a list of metrics to a graph of stages.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use gan_pipeline::{Graph, StageId};

use super::Side;
use super::error::ScoreError;
use super::extract::ExtractFeatures;
use super::input::{Content, ScoreInput};
use super::measure::MeasureFeatures;
use super::parts::{input_name, input_of, ordinal};
use super::read::ReadFeatures;
use super::similarity::MeasureSimilarity;
use super::statistics::{MeasureStatistics, StatisticsOf};
use crate::extractor::ExtractorKind;
use crate::stages::device::StudyDevice;
use crate::stages::evaluation::published_network;
use crate::stages::metric::reads_statistics;
use crate::stages::random_convolution::DrawRandomConvolution;
use crate::stages::read_weights::ReadWeights;
use crate::stages::statistics::FeatureStatistics;
use crate::study::{self, Bootstrap, Metric};

/// The name of every comparison where builds have that of a study; no study can have it.
pub const SCORE: &str = "gan-pipe score";

/// Channels of images here: grey ones are repeated.
const CHANNELS: usize = 3;

/// What is to be measured.
#[derive(Clone, Debug)]
pub struct ScoreRequest {
    /// What is compared with, in parts; metrics of generated images alone need none.
    pub reference: Vec<ScoreInput>,
    /// What is measured, in one part or several.
    pub generated: Vec<ScoreInput>,
    /// What is to be known of it.
    pub metrics: Vec<Metric>,
    /// What looks at images.
    pub extractor: ExtractorKind,
    /// The file of its weights, where it has one.
    pub weights: Option<PathBuf>,
    /// How intervals are found, if they are.
    pub bootstrap: Option<Bootstrap>,
    /// Where features are extracted.
    pub device: study::Device,
}

impl ScoreRequest {
    /// Whether the extractor has to look at images of a side: some metric asks for features of what is no file of them.
    #[must_use]
    pub fn looks(&self) -> bool {
        let are_seen = |inputs: &[ScoreInput], needs: fn(Metric) -> bool| {
            inputs.iter().any(|input| input.content.is_images())
                && self.metrics.iter().any(|metric| needs(*metric))
        };
        are_seen(&self.generated, Metric::needs_extractor)
            || are_seen(&self.reference, Metric::needs_reference)
    }

    /// Whether a metric comes with an interval where resamples are asked for: what it sees can be drawn again.
    #[must_use]
    pub fn has_intervals(&self) -> bool {
        let is_drawn = |inputs: &[ScoreInput]| {
            let is_file = |input: &ScoreInput| matches!(input.content, Content::Statistics { .. });
            !inputs.iter().any(is_file)
        };
        self.metrics.iter().any(|metric| {
            let sees_reference = metric.needs_reference();
            metric.has_intervals()
                && is_drawn(&self.generated)
                && (!sees_reference || is_drawn(&self.reference))
        })
    }

    fn side(&self, side: Side) -> &[ScoreInput] {
        match side {
            Side::Reference => &self.reference,
            Side::Generated => &self.generated,
        }
    }
}

/// The stages of a comparison.
pub struct CompiledScore {
    /// The graph.
    pub graph: Graph,
    /// Where features are extracted.
    pub device: Arc<StudyDevice>,
    /// The stage of the extractor's weights, where one is needed.
    pub extractor: Option<StageId>,
    /// Features of the reference's parts; none before a metric asks for them.
    pub(super) reference: Vec<StageId>,
    /// The same of the generated side.
    pub(super) generated: Vec<StageId>,
    /// Statistics of the reference's parts.
    statistics: Vec<StageId>,
    pub(super) metrics: Vec<(Metric, StageId)>,
}

/// Makes the graph; reads no images.
///
/// # Errors
/// [`ScoreError`] where a metric cannot be had from what the sides are.
///
/// # Panics
/// Where an extractor that needs a file of weights is given none.
pub fn compile_score(request: &ScoreRequest) -> Result<CompiledScore, ScoreError> {
    check(request)?;
    let device = Arc::new(StudyDevice::of(&request.device, study::Precision::F32));
    let mut compiled = CompiledScore {
        extractor: None,
        reference: Vec::new(),
        generated: Vec::new(),
        statistics: Vec::new(),
        metrics: Vec::new(),
        device,
        graph: Graph::new(SCORE),
    };
    for &metric in &request.metrics {
        let id = compiled.add_metric(request, metric)?;
        compiled.metrics.push((metric, id));
    }
    Ok(compiled)
}

impl CompiledScore {
    fn add_metric(&mut self, request: &ScoreRequest, metric: Metric) -> Result<StageId, ScoreError> {
        if !metric.needs_extractor() {
            let inputs = request.generated.clone();
            return Ok(self.graph.add(Arc::new(MeasureSimilarity { metric, inputs })));
        }
        let [reference, generated] =
            [Side::Reference, Side::Generated].map(|side| statistics_of(request.side(side)));
        let has = |side: &StatisticsOf| matches!(side, StatisticsOf::File(_));
        let (has_reference, has_generated) = (has(&reference), has(&generated));
        let bootstrap = request.bootstrap.filter(|_| metric.has_intervals());
        // Of other metrics files of statistics were refused.
        let of_files = has_reference || has_generated;
        let id = match of_files {
            true => self
                .graph
                .add(Arc::new(MeasureStatistics { reference, generated })),
            false => self.graph.add(Arc::new(MeasureFeatures {
                metric,
                bootstrap,
                reference: request.reference.len(),
                generated: request.generated.len(),
            })),
        };
        if !has_generated {
            let features = self.features(request, Side::Generated)?;
            self.connect(&features, "features", id, Side::Generated)?;
        }
        if metric.needs_reference() && !has_reference {
            let (real, output) = match of_files || reads_statistics(metric, bootstrap) {
                true => (self.statistics(request)?, "statistics"),
                false => (self.features(request, Side::Reference)?, "features"),
            };
            self.connect(&real, output, id, Side::Reference)?;
        }
        Ok(id)
    }

    /// Feeds the parts of a side to a metric.
    fn connect(
        &mut self,
        parts: &[StageId],
        output: &str,
        metric: StageId,
        side: Side,
    ) -> Result<(), ScoreError> {
        for (part, &from) in parts.iter().enumerate() {
            self.graph
                .connect(from, output, metric, &input_name(input_of(side), part))?;
        }
        Ok(())
    }

    /// The stages of a side's features, added when first asked for.
    fn features(&mut self, request: &ScoreRequest, side: Side) -> Result<Vec<StageId>, ScoreError> {
        let known = match side {
            Side::Reference => &self.reference,
            Side::Generated => &self.generated,
        };
        if !known.is_empty() {
            return Ok(known.clone());
        }
        let inputs = request.side(side);
        let mut parts = Vec::new();
        for (part, input) in inputs.iter().cloned().enumerate() {
            let ordinal = ordinal(part, inputs.len());
            parts.push(match input.content.is_images() {
                true => self.add_extraction(request, side, ordinal, input)?,
                false => self.graph.add(Arc::new(ReadFeatures { side, ordinal, input })),
            });
        }
        match side {
            Side::Reference => self.reference.clone_from(&parts),
            Side::Generated => self.generated.clone_from(&parts),
        }
        Ok(parts)
    }

    /// The stages of the statistics of the reference's parts, added when first asked for.
    fn statistics(&mut self, request: &ScoreRequest) -> Result<Vec<StageId>, ScoreError> {
        if self.statistics.is_empty() {
            let parts = self.features(request, Side::Reference)?;
            for (part, &features) in parts.iter().enumerate() {
                let name = format!("statistics of the reference{}", ordinal(part, parts.len()));
                let id = self.graph.add(Arc::new(FeatureStatistics { name }));
                self.graph.connect(features, "features", id, "features")?;
                self.statistics.push(id);
            }
        }
        Ok(self.statistics.clone())
    }

    fn add_extraction(
        &mut self,
        request: &ScoreRequest,
        side: Side,
        ordinal: String,
        input: ScoreInput,
    ) -> Result<StageId, ScoreError> {
        let id = self.graph.add(Arc::new(ExtractFeatures {
            side,
            ordinal,
            input,
            extractor: request.extractor,
            device: Arc::clone(&self.device),
        }));
        if let Some(weights) = self.weights(request) {
            self.graph.connect(weights, "weights", id, "extractor")?;
        }
        Ok(id)
    }

    /// The stage of the extractor's weights, added when first asked for; pixels have none.
    fn weights(&mut self, request: &ScoreRequest) -> Option<StageId> {
        if self.extractor.is_none() {
            self.extractor = match request.extractor {
                ExtractorKind::Pixels | ExtractorKind::Classifier => None,
                ExtractorKind::RandomConvolution => {
                    let channels = CHANNELS;
                    Some(self.graph.add(Arc::new(DrawRandomConvolution { channels })))
                }
                kind => {
                    let network = published_network(kind).expect("it has a file of weights");
                    let path = request.weights.clone().expect("a network of a file is given one");
                    Some(self.graph.add(Arc::new(ReadWeights::new(network, path))))
                }
            };
        }
        self.extractor
    }
}

/// Where the statistics of a side would come from.
fn statistics_of(inputs: &[ScoreInput]) -> StatisticsOf {
    match inputs {
        [input] if matches!(input.content, Content::Statistics { .. }) => {
            StatisticsOf::File(input.path.clone())
        }
        parts => StatisticsOf::Parts(parts.len()),
    }
}

/// Refuses what can be told from the kinds of sides and metrics alone.
fn check(request: &ScoreRequest) -> Result<(), ScoreError> {
    for side in [Side::Reference, Side::Generated] {
        check_parts(request.side(side))?;
    }
    if request.looks() && request.extractor == ExtractorKind::Classifier {
        return Err(ScoreError::Untrained {
            extractor: request.extractor.name(),
        });
    }
    for &metric in &request.metrics {
        check_metric(request, metric)?;
    }
    check_reference(request)
}

/// Refuses what cannot be one of several parts, and images that would count twice.
fn check_parts(inputs: &[ScoreInput]) -> Result<(), ScoreError> {
    if inputs.len() < 2 {
        return Ok(());
    }
    if let Some(statistics) = inputs
        .iter()
        .find(|input| matches!(input.content, Content::Statistics { .. }))
    {
        return Err(ScoreError::StatisticsAsPart {
            path: statistics.path.clone(),
        });
    }
    let mut places: Vec<PathBuf> = Vec::new();
    for input in inputs {
        let place = input
            .path
            .canonicalize()
            .map_err(|source| ScoreError::Unreadable {
                path: input.path.clone(),
                source,
            })?;
        let shares = |other: &PathBuf| is_seen_in(&place, other) || is_seen_in(other, &place);
        if let Some(at) = places.iter().position(shares) {
            return Err(ScoreError::Twice {
                path: input.path.clone(),
                other: inputs[at].path.clone(),
            });
        }
        places.push(place);
    }
    Ok(())
}

/// Whether what a place holds is found in a folder too, or is the same: files beside images and hidden folders are not.
fn is_seen_in(place: &Path, folder: &Path) -> bool {
    let Ok(below) = place.strip_prefix(folder) else {
        return false;
    };
    let is_hidden = |part: Component<'_>| part.as_os_str().as_encoded_bytes().starts_with(b".");
    below.as_os_str().is_empty() || (place.is_dir() && !below.components().any(is_hidden))
}

/// Refuses a reference for nothing, and a distance of what differs in its number of features, as far as files and the
/// extractor say it.
fn check_reference(request: &ScoreRequest) -> Result<(), ScoreError> {
    let compares = request.metrics.iter().any(|metric| metric.needs_reference());
    match (compares, request.reference.first()) {
        (false, Some(reference)) => {
            return Err(ScoreError::NothingCompares {
                path: reference.path.clone(),
            });
        }
        (false, None) => return Ok(()),
        (true, _) => {}
    }
    let of_images = match request.extractor {
        // The images decide.
        ExtractorKind::Pixels => None,
        extractor => Some(extractor.features([0; 3])),
    };
    let known = |input: &ScoreInput| match input.content.is_images() {
        true => of_images,
        false => input.content.dimension(),
    };
    let all = request.reference.iter().chain(&request.generated);
    let mut all = all.filter_map(|input| Some((input, known(input)?)));
    let Some((first, dimension)) = all.next() else {
        return Ok(());
    };
    match all.find(|(_, other)| *other != dimension) {
        None => Ok(()),
        Some((second, other)) => Err(ScoreError::Dimensions {
            first: first.path.clone(),
            dimension,
            second: second.path.clone(),
            other,
        }),
    }
}

fn check_metric(request: &ScoreRequest, metric: Metric) -> Result<(), ScoreError> {
    let name = metric.name();
    if metric.needs_training_features()
        || !metric.sees_images()
        || matches!(metric, Metric::DiscriminatorAccuracy { .. })
    {
        return Err(ScoreError::OfRun { metric: name });
    }
    let refused = |input: &ScoreInput, needs: &'static str, hint: &'static str| {
        Err(ScoreError::Metric {
            metric: name,
            needs,
            path: input.path.clone(),
            found: input.content.name(),
            hint,
        })
    };
    let parts = &request.generated;
    if !metric.needs_extractor() {
        return match parts.iter().find(|part| !part.content.is_images()) {
            None => Ok(()),
            Some(part) => refused(part, "images", "give the images that these numbers are of"),
        };
    }
    if metric.needs_classes() {
        return parts.iter().try_for_each(|part| match part.content {
            Content::Logits { .. } => Ok(()),
            Content::Features { .. } | Content::Statistics { .. } => {
                refused(part, "logits of classes", "give these, with `--logits`")
            }
            _ if request.extractor.knows_classes() => Ok(()),
            _ => Err(ScoreError::NoClasses {
                metric: name,
                extractor: request.extractor.name(),
                layer: request.extractor.layer(),
            }),
        });
    }
    for input in parts.iter().chain(&request.reference) {
        match input.content {
            Content::Logits { .. } => {
                return refused(input, "features", "give these, with `--features`");
            }
            Content::Statistics { .. } if metric != Metric::Fid => {
                let hint =
                    "a mean and a covariance are enough for fid alone; give the images or their features";
                return refused(input, "images or features", hint);
            }
            _ => {}
        }
    }
    Ok(())
}
