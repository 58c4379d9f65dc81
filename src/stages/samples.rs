//! A grid of generated images for looking at, one a checkpoint: always the same latents, so that grids can be compared.

use std::collections::BTreeMap;
use std::io::Cursor;

use gan_cache::Value;
use gan_pipeline::{Keep, Outcome, OutputSpecification, Stage, StageContext, StageFailure};
use image::{ExtendedColorType, ImageEncoder, ImageError, codecs::png::PngEncoder};

use super::checkpoint::Checkpoint;
use super::train::generator_from_bytes;
use crate::data::Images;

/// Images along each side of the grid.
const SIDE: usize = 8;

/// What these latents are for, and so which ones they are.
const PURPOSE: &str = "samples.latent";

/// Makes the grid of one checkpoint: input `generator`.
pub(super) struct SampleGrid {
    pub(super) checkpoint: Checkpoint,
}

impl Stage for SampleGrid {
    fn kind(&self) -> &'static str {
        "samples"
    }

    fn version(&self) -> u32 {
        1
    }

    fn name(&self) -> String {
        self.checkpoint.stage_name("samples")
    }

    fn parameters(&self) -> BTreeMap<String, Value> {
        self.checkpoint.parameters()
    }

    fn needs_device(&self) -> bool {
        self.checkpoint.run.device.is_gpu()
    }

    fn outputs(&self) -> Vec<OutputSpecification> {
        vec![OutputSpecification {
            name: "grid",
            keep: Keep::Always,
        }]
    }

    fn run(&self, context: &mut StageContext<'_>) -> Result<Outcome, StageFailure> {
        let generator = context.input("generator")?;
        let watched = &*context;
        let images = self.checkpoint.run.device.compute(watched, |device| {
            let generator = generator_from_bytes(device, &generator)?;
            self.checkpoint
                .images(device, &generator, PURPOSE, SIDE * SIDE, watched)
        })?;
        context.output("grid", &png(&tiled(&images))?)?;
        Ok(Outcome::Completed)
    }
}

/// One image made of `SIDE` rows of `SIDE` images.
fn tiled(images: &Images) -> Images {
    let Images {
        height,
        width,
        channels,
        ..
    } = *images;
    let row = width * channels;
    let mut pixels = Vec::with_capacity(images.pixels.len());
    for grid_row in images.pixels.chunks_exact(SIDE * images.image_bytes()) {
        for y in 0..height {
            for image in grid_row.chunks_exact(images.image_bytes()) {
                pixels.extend_from_slice(&image[y * row..(y + 1) * row]);
            }
        }
    }
    Images {
        count: 1,
        height: SIDE * height,
        width: SIDE * width,
        channels,
        pixels: pixels.into(),
    }
}

fn png(image: &Images) -> Result<Vec<u8>, ImageError> {
    let color = if image.channels == 1 {
        ExtendedColorType::L8
    } else {
        ExtendedColorType::Rgb8
    };
    let mut bytes = Cursor::new(Vec::new());
    let [width, height] = [image.width, image.height].map(|extent| u32::try_from(extent).unwrap_or(u32::MAX));
    PngEncoder::new(&mut bytes).write_image(&image.pixels, width, height, color)?;
    Ok(bytes.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_shows_images_row_by_row() {
        let pixels: Vec<u8> = (0..64)
            .flat_map(|image| [image, image, 100 + image, 100 + image])
            .collect();
        let grid = tiled(&Images {
            count: 64,
            height: 2,
            width: 2,
            channels: 1,
            pixels: pixels.into(),
        });
        assert_eq!((grid.height, grid.width), (16, 16));
        assert_eq!(grid.pixels[..4], [0, 0, 1, 1]);
        assert_eq!(grid.pixels[16..20], [100, 100, 101, 101]);
        assert_eq!(grid.pixels[32..34], [8, 8]);
    }
}
