//! The weights of the extractor `random-convolution`: drawn, not trained, and the same for all studies of as many channels.

use std::collections::BTreeMap;

use gan_cache::Value;
use gan_pipeline::{Keep, Outcome, OutputSpecification, Stage, StageContext, StageFailure};

use super::numerics::count;
use crate::extractor::{ExtractorKind, RANDOM_CONVOLUTION_VERSION, RandomConvolution};

/// Draws the extractor's weights.
pub(super) struct DrawRandomConvolution {
    /// Channels of the images.
    pub(super) channels: usize,
}

impl Stage for DrawRandomConvolution {
    fn kind(&self) -> &'static str {
        "extractor"
    }

    fn version(&self) -> u32 {
        RANDOM_CONVOLUTION_VERSION
    }

    fn name(&self) -> String {
        ExtractorKind::RandomConvolution.name().to_owned()
    }

    fn parameters(&self) -> BTreeMap<String, Value> {
        BTreeMap::from([
            (
                "extractor".to_owned(),
                Value::from(ExtractorKind::RandomConvolution.name()),
            ),
            ("channels".to_owned(), count(self.channels)),
        ])
    }

    fn outputs(&self) -> Vec<OutputSpecification> {
        vec![OutputSpecification {
            name: "weights",
            keep: Keep::Always,
        }]
    }

    fn run(&self, context: &mut StageContext<'_>) -> Result<Outcome, StageFailure> {
        let network = RandomConvolution::draw(self.channels);
        context.output("weights", &network.weights().to_safetensors()?)?;
        Ok(Outcome::Completed)
    }
}
