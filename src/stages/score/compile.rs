//! From two sides and a list of metrics to a graph of stages.

use std::path::PathBuf;
use std::sync::Arc;

use gan_pipeline::{Graph, StageId};

use super::Side;
use super::error::ScoreError;
use super::extract::ExtractFeatures;
use super::input::{Content, ScoreInput};
use super::measure::{MeasureFeatures, MeasureSimilarity};
use super::read::ReadFeatures;
use super::statistics::MeasureStatistics;
use crate::extractor::ExtractorKind;
use crate::stages::device::StudyDevice;
use crate::stages::evaluation::published_network;
use crate::stages::random_convolution::DrawRandomConvolution;
use crate::stages::read_weights::ReadWeights;
use crate::study::{self, Bootstrap, Metric};

/// The name of every comparison where builds have that of a study; no study can have it.
pub const SCORE: &str = "gan-pipe score";

/// Channels of images here: grey ones are repeated.
const CHANNELS: usize = 3;

/// What is to be measured.
#[derive(Clone, Debug)]
pub struct ScoreRequest {
    /// What is compared with; metrics of generated images alone need none.
    pub reference: Option<ScoreInput>,
    /// What is measured.
    pub generated: ScoreInput,
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
        let is_seen = |input: &ScoreInput, needs: fn(Metric) -> bool| {
            input.content.is_images() && self.metrics.iter().any(|metric| needs(*metric))
        };
        let of_reference = self.reference.as_ref();
        is_seen(&self.generated, Metric::needs_extractor)
            || of_reference.is_some_and(|input| is_seen(input, Metric::needs_reference))
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
    pub(super) reference: Option<StageId>,
    pub(super) generated: Option<StageId>,
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
        reference: None,
        generated: None,
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
            let input = request.generated.clone();
            return Ok(self.graph.add(Arc::new(MeasureSimilarity { metric, input })));
        }
        let statistics = |input: Option<&ScoreInput>| {
            let input = input.filter(|input| input.content == Content::Statistics);
            input.map(|input| input.path.clone())
        };
        let (reference, generated) = (
            statistics(request.reference.as_ref()),
            statistics(Some(&request.generated)),
        );
        let (has_reference, has_generated) = (reference.is_some(), generated.is_some());
        // Of other metrics statistics were refused.
        let id = match has_reference || has_generated {
            true => self
                .graph
                .add(Arc::new(MeasureStatistics { reference, generated })),
            false => self.graph.add(Arc::new(MeasureFeatures {
                metric,
                bootstrap: request.bootstrap.filter(|_| metric.has_intervals()),
            })),
        };
        if !has_generated {
            let features = self.features(request, Side::Generated)?;
            self.graph.connect(features, "features", id, "samples")?;
        }
        if metric.needs_reference() && !has_reference {
            let features = self.features(request, Side::Reference)?;
            self.graph.connect(features, "features", id, "reference")?;
        }
        Ok(id)
    }

    /// The stage of a side's features, added when first asked for.
    fn features(&mut self, request: &ScoreRequest, side: Side) -> Result<StageId, ScoreError> {
        let (known, input) = match side {
            Side::Reference => (self.reference, request.reference.as_ref()),
            Side::Generated => (self.generated, Some(&request.generated)),
        };
        if let Some(id) = known {
            return Ok(id);
        }
        let input = input.expect("a metric that compares has a reference").clone();
        let id = match input.content.is_images() {
            true => self.add_extraction(request, side, input)?,
            false => self.graph.add(Arc::new(ReadFeatures { side, input })),
        };
        match side {
            Side::Reference => self.reference = Some(id),
            Side::Generated => self.generated = Some(id),
        }
        Ok(id)
    }

    fn add_extraction(
        &mut self,
        request: &ScoreRequest,
        side: Side,
        input: ScoreInput,
    ) -> Result<StageId, ScoreError> {
        let id = self.graph.add(Arc::new(ExtractFeatures {
            side,
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

/// Refuses what can be told from the kinds of sides and metrics alone.
fn check(request: &ScoreRequest) -> Result<(), ScoreError> {
    if request.looks() && request.extractor == ExtractorKind::Classifier {
        return Err(ScoreError::Untrained {
            extractor: request.extractor.name(),
        });
    }
    for &metric in &request.metrics {
        check_metric(request, metric)?;
    }
    Ok(())
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
    let generated = &request.generated;
    if !metric.needs_extractor() {
        return match generated.content.is_images() {
            true => Ok(()),
            false => refused(generated, "images", "give the images that these numbers are of"),
        };
    }
    if metric.needs_classes() {
        return match generated.content {
            Content::Logits { .. } => Ok(()),
            Content::Features { .. } | Content::Statistics => {
                refused(generated, "logits of classes", "give these, with `--logits`")
            }
            _ if request.extractor.knows_classes() => Ok(()),
            _ => Err(ScoreError::NoClasses {
                metric: name,
                extractor: request.extractor.name(),
            }),
        };
    }
    for input in [Some(generated), request.reference.as_ref()]
        .into_iter()
        .flatten()
    {
        match input.content {
            Content::Logits { .. } => {
                return refused(input, "features", "give these, with `--features`");
            }
            Content::Statistics if metric != Metric::Fid => {
                let hint =
                    "a mean and a covariance are enough for fid alone; give the images or their features";
                return refused(input, "images or features", hint);
            }
            _ => {}
        }
    }
    Ok(())
}
