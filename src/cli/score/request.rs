//! From arguments to what is to be measured, with everything refused that can be before images are read.

use std::path::PathBuf;

use super::ScoreArguments;
use crate::cli::error::CommandError;
use crate::cli::inputs::weights_folder;
use crate::cli::status::Status;
use crate::stages::published_network;
use crate::stages::score::{ArraysAre, ScoreError, ScoreInput, ScoreRequest};
use crate::study::{Bootstrap, Extractor, Problem, measures};

/// The share of resamples within an interval.
const LEVEL: f64 = 0.95;

impl ScoreArguments {
    pub(super) fn request(&self) -> Result<ScoreRequest, CommandError> {
        let metrics =
            measures::metrics(&format!("--metrics {}", self.metrics), &self.metrics).map_err(wrong)?;
        let device = measures::device(&format!("--device {}", self.device), &self.device).map_err(wrong)?;
        let compares = metrics.iter().find(|metric| metric.needs_reference());
        if let (true, Some(metric)) = (self.reference.is_empty(), compares) {
            let message = format!("{metric} compares with real images, and there are none");
            return Err(CommandError::new(Status::Usage, message).hint(match self.logits {
                true => "logits are for `--metrics inception-score`, which compares with nothing",
                false => "name a folder or an array of them by --reference PATH",
            }));
        }
        let arrays = match (self.features, self.logits) {
            (true, _) => ArraysAre::Features,
            (_, true) => ArraysAre::Logits,
            _ => ArraysAre::Images,
        };
        let side = |paths: &[PathBuf]| -> Result<Vec<ScoreInput>, ScoreError> {
            paths.iter().map(|path| ScoreInput::find(path, arrays)).collect()
        };
        let generated = side(&self.generated)?;
        let reference = side(&self.reference)?;
        let extractor = self.extractor()?;
        let mut request = ScoreRequest {
            reference,
            generated,
            metrics,
            extractor: extractor.kind(),
            weights: None,
            bootstrap: self.bootstrap.map(|resamples| Bootstrap {
                resamples: usize::try_from(resamples).unwrap_or(usize::MAX),
                level: LEVEL,
                seed: 0,
            }),
            device,
        };
        self.refuse_without_effect(&request)?;
        if request.looks() {
            request.weights = self.weights_of(extractor)?;
        }
        Ok(request)
    }

    /// Refuses choices of an extractor that looks at nothing, a file of weights for one that has none, and intervals that no
    /// metric has.
    fn refuse_without_effect(&self, request: &ScoreRequest) -> Result<(), CommandError> {
        if request.bootstrap.is_some() && !request.has_intervals() {
            let message = "--bootstrap has no effect: no metric here has intervals";
            return Err(CommandError::new(Status::Usage, message).hint(
                "fid of images or features has them, and inception-score without splits; a mean and a covariance are not \
                 drawn again",
            ));
        }
        let given = [
            ("--weights", self.weights.is_some()),
            ("--layer", self.layer.is_some()),
            ("--resize", self.resize.is_some()),
            ("--logit-bias", self.logit_bias.is_some()),
        ];
        let first = given.iter().find(|(_, is_given)| *is_given);
        let message = match first {
            Some((name, _)) if !request.looks() => {
                format!("{name} has no effect: no metric looks at images by an extractor")
            }
            Some(_) if self.weights.is_some() && published_network(request.extractor).is_none() => {
                format!(
                    "--weights has no effect: {} has no file of weights",
                    request.extractor.name()
                )
            }
            _ => return Ok(()),
        };
        Err(CommandError::new(Status::Usage, message).hint("leave it out"))
    }

    fn extractor(&self) -> Result<Extractor, CommandError> {
        let choices = [
            ("layer", &self.layer),
            ("resize", &self.resize),
            ("logit_bias", &self.logit_bias),
        ];
        let given: Vec<(&str, &str)> = choices
            .iter()
            .filter_map(|(name, value)| Some((*name, value.as_deref()?)))
            .collect();
        let flags: String = given
            .iter()
            .map(|(name, value)| format!(" --{} {value}", name.replace('_', "-")))
            .collect();
        let argument = format!("--extractor {}{flags}", self.extractor);
        measures::extractor(&argument, &self.extractor, &given).map_err(wrong)
    }

    /// The file of an extractor's weights: the one named, or the imported one.
    fn weights_of(&self, extractor: Extractor) -> Result<Option<PathBuf>, CommandError> {
        let Some(network) = published_network(extractor.kind()) else {
            return Ok(None);
        };
        if let Some(path) = &self.weights {
            let unreadable = |source| ScoreError::Unreadable {
                path: path.clone(),
                source,
            };
            path.metadata().map_err(unreadable)?;
            return Ok(Some(path.clone()));
        }
        let found = network.find_in(&weights_folder()?);
        found.map(Some).ok_or_else(|| {
            let hint = format!(
                "{}; `--extractor random-convolution` and `--extractor pixels` need no file, but \
                 images of one size, and their numbers compare with nothing published",
                network.missing_hint()
            );
            let network = network.name();
            ScoreError::NoWeights { network, hint }.into()
        })
    }
}

/// Words on the command line that are not those of a study.
fn wrong(problems: Vec<Problem>) -> CommandError {
    let mut whole = CommandError::new(Status::Usage, "the command line has a problem");
    whole.details = problems.iter().map(Problem::to_string).collect();
    whole
}
