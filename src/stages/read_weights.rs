//! The weights of a network that others have trained: from their file to arrays in this program's layouts.

use std::collections::BTreeMap;
use std::path::PathBuf;

use gan_cache::Value;
use gan_pipeline::{Blame, Keep, Outcome, OutputSpecification, Source, Stage, StageContext, StageFailure};

use crate::weights::{KnownNetwork, WeightsFile, WeightsFileError, network_weights, sha256_of};

/// Output: a safetensors file with the names of the published file, filters [height, width, in, out] and dense layers [in, out].
const WEIGHTS: &str = "weights";
/// Source: the file.
pub const FILE: &str = "weights";

/// Reads a file of weights; its content is in the key, its name and place are not.
#[derive(Debug)]
pub struct ReadWeights {
    network: KnownNetwork,
    path: PathBuf,
}

impl ReadWeights {
    /// Of that network, from a file that is looked for when a plan is made.
    #[must_use]
    pub fn new(network: KnownNetwork, path: PathBuf) -> Self {
        Self { network, path }
    }
}

impl Stage for ReadWeights {
    fn kind(&self) -> &'static str {
        "weights"
    }

    fn version(&self) -> u32 {
        1
    }

    fn name(&self) -> String {
        format!("weights of {}", self.network.name())
    }

    fn parameters(&self) -> BTreeMap<String, Value> {
        BTreeMap::from([("network".to_owned(), Value::from(self.network.name()))])
    }

    fn sources(&self) -> Vec<Source> {
        vec![Source {
            name: FILE.to_owned(),
            path: self.path.clone(),
        }]
    }

    fn outputs(&self) -> Vec<OutputSpecification> {
        vec![OutputSpecification {
            name: WEIGHTS,
            keep: Keep::Always,
        }]
    }

    fn run(&self, context: &mut StageContext<'_>) -> Result<Outcome, StageFailure> {
        let path = context.source(FILE)?.to_owned();
        let tensors = WeightsFile::read(&path).map_err(of_file)?;
        context.check_cancelled()?;
        let weights = network_weights(self.network, tensors).map_err(|source| {
            let path = path.clone();
            of_file(WeightsFileError::Arrays { path, source })
        })?;
        context.check_cancelled()?;
        context.output(WEIGHTS, &weights.to_safetensors()?)?;
        let sha256 = sha256_of(&path).map_err(|source| {
            let path = path.clone();
            of_file(WeightsFileError::Read { path, source })
        })?;
        let published = self.network.published_file(&sha256);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        context.fact("weights_file", published.map_or(&*name, |file| file.name));
        context.fact("weights_sha256", sha256);
        context.fact("weights_are_published", published.is_some());
        Ok(Outcome::Completed)
    }
}

/// The failure that a wrong file is, with what may help.
fn of_file(error: WeightsFileError) -> StageFailure {
    let hint = error.hint();
    StageFailure::from(error).with_blame(Blame::Data).with_hint(hint)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use std::fs;
    use std::path::Path;
    use std::sync::Arc;

    use gan_cache::{Entry, Store};
    use gan_kernels::{Device, Shape};
    use gan_pipeline::{ExecuteError, ExecuteOptions, Graph, Report, execute};

    use super::*;
    use crate::nn::Weights;
    use crate::weights::zeros;

    fn run(store: &Store, network: KnownNetwork, path: &Path) -> Result<Report, ExecuteError> {
        let mut graph = Graph::new("weights");
        graph.add(Arc::new(ReadWeights::new(network, path.to_owned())));
        execute(&graph, store, &ExecuteOptions::default(), &|_| {})
    }

    fn entry(report: &Report) -> &Entry {
        report.stages()[0].entry.as_ref().unwrap()
    }

    #[test]
    fn a_moved_file_is_a_hit_and_an_absent_one_is_missing_data() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("store")).unwrap();
        let (network, path) = (
            KnownNetwork::InceptionTorchvision,
            folder.path().join("a.safetensors"),
        );
        zeros(network, &path);
        let first = run(&store, network, &path).unwrap();
        assert_eq!(first.counts().ran, 1);
        let facts = &entry(&first).facts;
        assert_eq!(facts["weights_file"], "a.safetensors");
        assert_eq!(facts["weights_are_published"], false);
        assert_eq!(facts["weights_sha256"].as_str().map(str::len), Some(64));
        let blob = store.blob(&entry(&first).outputs["weights"].digest).unwrap();
        let weights = Weights::from_safetensors(&Device::Cpu, &blob).unwrap();
        assert_eq!(weights.get("fc.weight").shape(), Shape::new(&[2048, 1000]));

        let moved = folder.path().join("b.safetensors");
        fs::rename(&path, &moved).unwrap();
        assert_eq!(run(&store, network, &moved).unwrap().counts().hit, 1);
        let absent = run(&store, network, &path).unwrap_err();
        assert!(matches!(absent, ExecuteError::MissingData { .. }), "{absent}");

        let other = run(&store, KnownNetwork::Vgg16, &moved).unwrap();
        assert_eq!(other.counts().failed, 1);
    }
}
