//! How alike the images of a side are to each other. Values are facts of the entry.

use std::collections::BTreeMap;

use gan_cache::Value;
use gan_pipeline::{Blame, Outcome, OutputSpecification, Source, Stage, StageContext, StageFailure};

use super::error::ScoreError;
use super::extract::{IMAGES, no_images, of_input};
use super::input::{Content, ScoreInput};
use super::parts::input_name;
use super::source::{ArrayImages, FolderImages};
use crate::arrays;
use crate::data::Images;
use crate::extractor::ImageSource;
use crate::stages::device::on_threads;
use crate::stages::measurement::similarity;
use crate::stages::metric::{SIMILARITY_VERSION, metric_parameters, tell};
use crate::study::Metric;

/// Measures how alike the images of a side are.
pub(super) struct MeasureSimilarity {
    pub(super) metric: Metric,
    /// The parts of the side.
    pub(super) inputs: Vec<ScoreInput>,
}

impl Stage for MeasureSimilarity {
    fn kind(&self) -> &'static str {
        "image-similarity"
    }

    fn version(&self) -> u32 {
        SIMILARITY_VERSION
    }

    fn name(&self) -> String {
        self.metric.name().to_owned()
    }

    fn parameters(&self) -> BTreeMap<String, Value> {
        let mut parameters = metric_parameters(self.metric);
        for (part, input) in self.inputs.iter().enumerate() {
            if let Content::ImageArray { name, layout } = &input.content {
                parameters.insert(input_name("array", part), Value::from(name.as_str()));
                parameters.insert(input_name("layout", part), Value::from(layout.name()));
            }
        }
        parameters
    }

    fn sources(&self) -> Vec<Source> {
        let source = |(part, input): (usize, &ScoreInput)| Source {
            name: input_name(IMAGES, part),
            path: input.path.clone(),
        };
        self.inputs.iter().enumerate().map(source).collect()
    }

    fn outputs(&self) -> Vec<OutputSpecification> {
        Vec::new()
    }

    fn run(&self, context: &mut StageContext<'_>) -> Result<Outcome, StageFailure> {
        let mut all = Gathered::default();
        for (part, input) in self.inputs.iter().enumerate() {
            match &input.content {
                Content::ImageArray { name, layout } => {
                    let array = arrays::open_named(&input.path, name);
                    let images = ArrayImages::new(array.map_err(|error| of_input(error.into()))?, *layout);
                    let named = |index| format!("image {index} of {}", input.path.display());
                    all.take(context, &images, |error| of_input(error.into()), named)?;
                }
                _ => {
                    let files = context.source_folder(&input_name(IMAGES, part))?.files;
                    let images = FolderImages::new(&files, context.threads())?;
                    if images.count() == 0 {
                        return Err(no_images(input, files.len()));
                    }
                    let named = |index| input.path.join(images.name(index)).display().to_string();
                    all.take(context, &images, |error| of_input(error.into()), named)?;
                }
            }
        }
        let images = all.images()?;
        let measured = on_threads(context.threads(), || {
            similarity(self.metric, &images)
                .map_err(|error| StageFailure::from(error).with_blame(Blame::Data))
        })?;
        tell(&measured, self.metric, context);
        Ok(Outcome::Completed)
    }
}

/// Images of one size, from one source after the other.
#[derive(Default)]
struct Gathered {
    count: usize,
    /// Of every image: height, width and channels.
    extents: Option<[usize; 3]>,
    pixels: Vec<u8>,
}

impl Gathered {
    fn take<S: ImageSource>(
        &mut self,
        context: &StageContext<'_>,
        source: &S,
        failure: impl Fn(S::Error) -> StageFailure,
        name: impl Fn(usize) -> String,
    ) -> Result<(), StageFailure> {
        for index in 0..source.count() {
            context.check_cancelled()?;
            let image = source.image(index).map_err(&failure)?;
            let own = [image.height, image.width, image.channels];
            let [h, w, _] = *self.extents.get_or_insert(own);
            if Some(own) != self.extents {
                let message = format!(
                    "{} is {} x {} pixels, and those before it {h} x {w}; ms-ssim needs images of one size",
                    name(index),
                    image.height,
                    image.width
                );
                return Err(StageFailure::message(message).with_blame(Blame::Data));
            }
            self.count += 1;
            self.pixels.extend_from_slice(&image.pixels);
        }
        Ok(())
    }

    fn images(self) -> Result<Images, StageFailure> {
        let [h, w, c] = self.extents.unwrap_or([0, 0, 3]);
        Images::new([self.count, h, w, c], self.pixels).map_err(|error| of_input(ScoreError::from(error)))
    }
}
