//! What Fréchet distances need to know of the features of real images: found once, for all checkpoints, runs and studies.

use std::collections::BTreeMap;

use gan_cache::Value;
use gan_pipeline::{Blame, Keep, Outcome, OutputSpecification, Stage, StageContext, StageFailure};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use super::device::on_threads;
use super::images_file::{FileError, features_from_bytes, matrix, unexpected};
use crate::metrics::{FeaturesError, Moments, SufficientStatistics};

/// Statistics of features: input `features`.
///
/// Key and bytes depend on the features alone, wherever they come from: a study and a comparison share them.
pub(super) struct FeatureStatistics {
    /// What they are of, in messages.
    pub(super) name: String,
}

impl Stage for FeatureStatistics {
    fn kind(&self) -> &'static str {
        "statistics"
    }

    fn version(&self) -> u32 {
        1
    }

    fn name(&self) -> String {
        self.name.clone()
    }

    fn parameters(&self) -> BTreeMap<String, Value> {
        BTreeMap::new()
    }

    fn outputs(&self) -> Vec<OutputSpecification> {
        vec![OutputSpecification {
            name: "statistics",
            keep: Keep::Always,
        }]
    }

    fn run(&self, context: &mut StageContext<'_>) -> Result<Outcome, StageFailure> {
        let features = features_from_bytes(&context.input("features")?)?;
        let statistics = on_threads(context.threads(), || {
            SufficientStatistics::of(&features.features, features.dimension)
                .map_err(|error| StageFailure::from(error).with_blame(Blame::Data))
        })?;
        context.output("statistics", &to_bytes(&statistics)?)?;
        context.fact("count", statistics.count());
        context.fact("dimension", statistics.dimension());
        Ok(Outcome::Completed)
    }
}

/// A blob that holds no statistics.
#[derive(Debug, thiserror::Error)]
pub(super) enum StatisticsFileError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("a blob holds no valid statistics")]
    Content(#[from] FeaturesError),
}

/// `samples [n, d]` as f32, or `count [1]` as u64, `mean [d]` and `second_moment [d, d]` as f64.
fn to_bytes(statistics: &SufficientStatistics) -> Result<Vec<u8>, FileError> {
    let moments = match statistics {
        SufficientStatistics::Samples { features, d } => {
            let bytes: Vec<u8> = features.iter().flat_map(|value| value.to_le_bytes()).collect();
            let samples = TensorView::new(Dtype::F32, vec![statistics.count(), *d], &bytes)?;
            return Ok(safetensors::serialize([("samples", samples)], None)?);
        }
        SufficientStatistics::Moments(moments) => moments,
    };
    let d = moments.dimension();
    let bytes = |values: &[f64]| -> Vec<u8> { values.iter().flat_map(|value| value.to_le_bytes()).collect() };
    let count = (moments.count() as u64).to_le_bytes();
    let (mean, second_moment) = (bytes(moments.mean()), bytes(moments.second_moment()));
    let arrays = [
        ("count", TensorView::new(Dtype::U64, vec![1], &count)?),
        ("mean", TensorView::new(Dtype::F64, vec![d], &mean)?),
        (
            "second_moment",
            TensorView::new(Dtype::F64, vec![d, d], &second_moment)?,
        ),
    ];
    Ok(safetensors::serialize(arrays, None)?)
}

/// The inverse of [`to_bytes`].
pub(super) fn statistics_from_bytes(bytes: &[u8]) -> Result<SufficientStatistics, StatisticsFileError> {
    let file = SafeTensors::deserialize(bytes).map_err(FileError::from)?;
    if file.names().contains(&"samples") {
        let (_, d, features) = matrix(&file, "samples")?;
        return Ok(SufficientStatistics::of(&features, d)?);
    }
    let count = file.tensor("count").map_err(FileError::from)?;
    let [number] = count.data().as_chunks().0 else {
        return Err(unexpected("count", &count).into());
    };
    let count = usize::try_from(u64::from_le_bytes(*number)).unwrap_or(usize::MAX);
    let moments = Moments::from_parts(count, doubles(&file, "mean")?, doubles(&file, "second_moment")?)?;
    Ok(SufficientStatistics::Moments(moments))
}

fn doubles(file: &SafeTensors<'_>, name: &'static str) -> Result<Vec<f64>, FileError> {
    let view = file.tensor(name)?;
    match view.dtype() {
        Dtype::F64 => Ok(view
            .data()
            .as_chunks()
            .0
            .iter()
            .map(|bytes| f64::from_le_bytes(*bytes))
            .collect()),
        _ => Err(unexpected(name, &view)),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    #[test]
    fn statistics_survive_their_files() {
        let features: Vec<f32> = (0..15u8).map(|at| f32::from(at * at % 7)).collect();
        for d in [1, 3, 5, 15] {
            let statistics = SufficientStatistics::of(&features, d).unwrap();
            assert_eq!(
                statistics_from_bytes(&to_bytes(&statistics).unwrap()).unwrap(),
                statistics,
                "{d}"
            );
        }
    }

    #[test]
    fn a_blob_of_another_kind_is_an_error() {
        assert!(matches!(
            statistics_from_bytes(b"no file"),
            Err(StatisticsFileError::File(_))
        ));
        let mean = 1f64.to_le_bytes();
        let of_mean_alone = TensorView::new(Dtype::F64, vec![1], &mean).unwrap();
        let bytes = safetensors::serialize([("mean", of_mean_alone)], None).unwrap();
        assert!(statistics_from_bytes(&bytes).is_err());
    }
}
