//! The part of a study's graph that measures: what all evaluations share, and the metrics of one checkpoint.
//!
//! One extraction serves all metrics of a checkpoint, and features of real images and their statistics are found once a
//! data set. Where no metric sees features there is no extractor.

use std::sync::Arc;

use gan_pipeline::{Graph, GraphError, StageId};

use super::checkpoint::Checkpoint;
use super::classifier::TrainClassifier;
use super::compile::{Compiled, CompiledRun};
use super::device::StudyDevice;
use super::discriminator_accuracy::Judgement;
use super::features::{RealFeatures, SampleFeatures, TRAINING};
use super::image_similarity::ImageSimilarity;
use super::jacobian::Conditioning;
use super::metric::Measure;
use super::random_convolution::DrawRandomConvolution;
use super::read_weights::ReadWeights;
use super::statistics::FeatureStatistics;
use crate::extractor::ExtractorKind;
use crate::study::{Metric, Study};
use crate::weights::KnownNetwork;

/// The stages that the evaluations of a study share; none that no metric needs.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shared {
    /// What leaves the extractor's weights.
    pub(super) extractor: Option<StageId>,
    /// Features of the images that generated ones are compared with.
    pub(super) reference: Option<StageId>,
    /// Statistics of these features.
    statistics: Option<StageId>,
    /// Features of the images that were trained on.
    pub(super) training: Option<StageId>,
}

impl Shared {
    pub(super) fn add(
        graph: &mut Graph,
        study: &Study,
        data: StageId,
        device: &Arc<StudyDevice>,
    ) -> Result<Self, GraphError> {
        let is_wanted =
            |needs: fn(Metric) -> bool| study.evaluate.metrics.iter().any(|metric| needs(*metric));
        let mut shared = Self::default();
        if !is_wanted(Metric::needs_extractor) {
            return Ok(shared);
        }
        shared.extractor = add_extractor(graph, study, data)?;
        let mut of_images = |images: &'static str| {
            let features = graph.add(Arc::new(RealFeatures {
                extractor: study.evaluate.extractor.kind(),
                images,
                device: Arc::clone(device),
            }));
            graph.connect(data, images, features, images)?;
            if let Some(extractor) = shared.extractor {
                graph.connect(extractor, "weights", features, "extractor")?;
            }
            Ok::<_, GraphError>(features)
        };
        if is_wanted(Metric::needs_reference) {
            shared.reference = Some(of_images(study.evaluate.against.name())?);
        }
        if is_wanted(Metric::needs_training_features) {
            shared.training = Some(of_images(TRAINING)?);
        }
        Ok(shared)
    }

    /// The stage of the reference's statistics, added when first asked for.
    fn statistics(&mut self, graph: &mut Graph) -> Result<StageId, GraphError> {
        if let Some(id) = self.statistics {
            return Ok(id);
        }
        let features = self.reference.expect("statistics are of a reference");
        let id = graph.add(Arc::new(FeatureStatistics {
            name: "reference statistics".to_owned(),
        }));
        graph.connect(features, "features", id, "features")?;
        self.statistics = Some(id);
        Ok(id)
    }
}

/// Adds the stage that leaves the weights of the study's extractor, if it has any.
fn add_extractor(graph: &mut Graph, study: &Study, data: StageId) -> Result<Option<StageId>, GraphError> {
    let extractor = study.evaluate.extractor.kind();
    Ok(match extractor {
        ExtractorKind::Classifier => {
            let classifier = graph.add(Arc::new(TrainClassifier));
            graph.connect(data, "train", classifier, "train")?;
            graph.connect(data, "test", classifier, "test")?;
            Some(classifier)
        }
        ExtractorKind::RandomConvolution => Some(graph.add(Arc::new(DrawRandomConvolution {
            channels: study.data.channels(),
        }))),
        ExtractorKind::Inception2015 { .. }
        | ExtractorKind::InceptionTorchvision { .. }
        | ExtractorKind::Vgg16 { .. } => {
            let network = published_network(extractor).expect("its weights are published");
            // Whoever knows folders of weights has put one in.
            let path = study.evaluate.weights.clone();
            let path = path.unwrap_or_else(|| network.published().files[0].name.into());
            Some(graph.add(Arc::new(ReadWeights::new(network, path))))
        }
        ExtractorKind::Pixels => None,
    })
}

/// The network whose published weights an extractor needs, if it needs any.
#[must_use]
pub fn published_network(extractor: ExtractorKind) -> Option<KnownNetwork> {
    match extractor {
        ExtractorKind::Inception2015 { .. } => Some(KnownNetwork::Inception2015),
        ExtractorKind::InceptionTorchvision { .. } => Some(KnownNetwork::InceptionTorchvision),
        ExtractorKind::Vgg16 { .. } => Some(KnownNetwork::Vgg16),
        ExtractorKind::Classifier | ExtractorKind::RandomConvolution | ExtractorKind::Pixels => None,
    }
}

impl Compiled {
    /// Adds the metrics of one checkpoint, which `segment` leaves.
    pub(super) fn add_evaluation(
        &mut self,
        study: &Study,
        checkpoint: &Checkpoint,
        segment: StageId,
        run: &mut CompiledRun,
    ) -> Result<(), GraphError> {
        let mut features = None;
        for &metric in &study.evaluate.metrics {
            if metric.needs_extractor() && features.is_none() {
                features = Some(self.add_features(study, checkpoint, segment)?);
                run.features.extend(features.map(|id| (checkpoint.step, id)));
            }
            let id = match (metric, features) {
                (Metric::MsSsim { .. }, _) => self.add_below(
                    segment,
                    ImageSimilarity {
                        checkpoint: checkpoint.clone(),
                        metric,
                        samples: study.evaluate.samples,
                    },
                )?,
                (Metric::Jacobian { latents }, _) => self.add_below(
                    segment,
                    Conditioning {
                        checkpoint: checkpoint.clone(),
                        latents,
                    },
                )?,
                (Metric::DiscriminatorAccuracy { images }, _) => {
                    self.add_judgement(study, checkpoint, segment, images)?
                }
                (_, Some(features)) => self.add_measure(study, checkpoint, metric, features)?,
                (_, None) => unreachable!("features were added for {metric}"),
            };
            run.metrics.push((checkpoint.step, metric, id));
        }
        Ok(())
    }

    fn add_judgement(
        &mut self,
        study: &Study,
        checkpoint: &Checkpoint,
        segment: StageId,
        images: usize,
    ) -> Result<StageId, GraphError> {
        let held_out = study.evaluate.against.name();
        let judgement = Judgement {
            checkpoint: checkpoint.clone(),
            images,
            held_out,
        };
        let id = self.add_below(segment, judgement)?;
        self.graph.connect(segment, "state", id, "state")?;
        for images in [TRAINING, held_out] {
            self.graph.connect(self.data, images, id, images)?;
        }
        Ok(id)
    }

    fn add_features(
        &mut self,
        study: &Study,
        checkpoint: &Checkpoint,
        segment: StageId,
    ) -> Result<StageId, GraphError> {
        let features = SampleFeatures {
            checkpoint: checkpoint.clone(),
            extractor: study.evaluate.extractor.kind(),
            samples: study.evaluate.samples,
        };
        let features = self.add_below(segment, features)?;
        if let Some(extractor) = self.shared.extractor {
            self.graph.connect(extractor, "weights", features, "extractor")?;
        }
        Ok(features)
    }

    fn add_measure(
        &mut self,
        study: &Study,
        checkpoint: &Checkpoint,
        metric: Metric,
        features: StageId,
    ) -> Result<StageId, GraphError> {
        let measure = Measure {
            checkpoint: checkpoint.clone(),
            metric,
            bootstrap: study.evaluate.bootstrap,
        };
        let reads_statistics = measure.reads_statistics();
        let id = self.graph.add(Arc::new(measure));
        self.graph.connect(features, "features", id, "samples")?;
        if metric.needs_reference() {
            let (real, output) = match reads_statistics {
                true => (self.shared.statistics(&mut self.graph)?, "statistics"),
                false => (
                    self.shared
                        .reference
                        .expect("a metric that compares has a reference"),
                    "features",
                ),
            };
            self.graph.connect(real, output, id, "reference")?;
        }
        if metric.needs_training_features() {
            let real = self
                .shared
                .training
                .expect("a metric that looks at them has training features");
            self.graph.connect(real, "features", id, TRAINING)?;
        }
        Ok(id)
    }
}
