//! Resizing against Pillow, and by hand where that is exact. The numbers are made by tests/golden/images.py.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;

use safetensors::SafeTensors;

use super::*;

const FILTERS: [Filter; 4] = [Filter::Box, Filter::Bilinear, Filter::Bicubic, Filter::Lanczos3];
const FITS: [Fit; 2] = [Fit::Crop, Fit::Stretch];

/// The recipe of the golden's script.
fn recipe(height: usize, width: usize) -> Bitmap {
    let value = |y: usize, x: usize| (3 * x * x + 5 * y * y + 7 * x * y) / 11 + 90 * ((x / 9 + y / 7) % 2);
    Bitmap {
        height,
        width,
        channels: 1,
        pixels: (0..height * width)
            .map(|index| (value(index / width, index % width) % 256) as u8)
            .collect(),
    }
}

fn gray(height: usize, width: usize, pixels: &[u8]) -> Bitmap {
    Bitmap {
        height,
        width,
        channels: 1,
        pixels: pixels.to_vec(),
    }
}

/// Of Pillow's values without rounding a byte may be off by half and by the last digits of an f32 before that; of its
/// bytes, which it rounds twice, by 1, and by 0.5 in the mean where a filter overshoots, because between the two directions
/// Pillow cuts off what is no byte.
#[test]
fn every_filter_and_fit_is_pillows_within_its_rounding() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/images.safetensors");
    let bytes = std::fs::read(path).unwrap();
    let golden = SafeTensors::deserialize(&bytes).unwrap();
    let mut compared = 0;
    for (height, width) in [(37, 45), (200, 301), (9, 11), (64, 64)] {
        let image = recipe(height, width);
        for (filter, fit) in FILTERS
            .into_iter()
            .flat_map(|filter| FITS.map(|fit| (filter, fit)))
        {
            let name = format!("resized.{height}.{width}.{}.{}", filter.name(), fit.name());
            let floats = golden.tensor(&format!("{name}.float")).unwrap();
            let floats = floats
                .data()
                .as_chunks()
                .0
                .iter()
                .map(|bytes| f32::from_le_bytes(*bytes));
            let of_bytes = golden.tensor(&format!("{name}.bytes")).unwrap();
            let found = image.resized(32, Resize { filter, fit });
            assert_eq!(found.len(), 32 * 32);
            for ((found, float), byte) in found.iter().zip(floats).zip(of_bytes.data()) {
                let off = (f32::from(*found) - float.clamp(0.0, 255.0)).abs();
                assert!(off <= 0.501, "{name}: {found} for {float}");
                let overshoots = matches!(filter, Filter::Bicubic | Filter::Lanczos3);
                assert!(
                    overshoots || found.abs_diff(*byte) <= 1,
                    "{name}: {found} for {byte}"
                );
                compared += 1;
            }
            let differences = found
                .iter()
                .zip(of_bytes.data())
                .map(|(a, b)| u32::from(a.abs_diff(*b)));
            assert!(
                differences.sum::<u32>() <= 32 * 32 / 2,
                "{name}: more than 0.5 in the mean"
            );
        }
    }
    assert_eq!(compared, 4 * 8 * 32 * 32);
}

#[test]
fn a_square_of_the_resolution_stays_as_it_is() {
    let image = recipe(32, 32);
    for (filter, fit) in FILTERS
        .into_iter()
        .flat_map(|filter| FITS.map(|fit| (filter, fit)))
    {
        assert_eq!(image.resized(32, Resize { filter, fit }), image.pixels);
    }
}

#[test]
fn a_box_over_whole_pixels_is_their_mean() {
    let image = gray(2, 4, &[0, 10, 100, 200, 20, 30, 50, 251]);
    let resize = |fit| Resize {
        filter: Filter::Box,
        fit,
    };
    assert_eq!(
        image.resized(1, resize(Fit::Crop)),
        [48],
        "(10 + 100 + 30 + 50) / 4 = 47.5 of columns 1 and 2"
    );
}

#[test]
fn the_crop_is_the_middle_and_an_odd_rest_goes_right_and_below() {
    let resize = Resize {
        filter: Filter::Bicubic,
        fit: Fit::Crop,
    };
    assert_eq!(gray(1, 4, &[1, 2, 3, 4]).resized(1, resize), [2]);
    assert_eq!(
        gray(5, 2, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]).resized(2, resize),
        [2, 3, 4, 5]
    );
}

#[test]
fn one_color_stays_that_color_in_every_channel() {
    for (height, width) in [(7, 90), (90, 7), (33, 31), (1, 1)] {
        let image = Bitmap {
            height,
            width,
            channels: 3,
            pixels: [3, 141, 255].repeat(height * width),
        };
        for (filter, fit) in FILTERS
            .into_iter()
            .flat_map(|filter| FITS.map(|fit| (filter, fit)))
        {
            assert_eq!(
                image.resized(16, Resize { filter, fit }),
                [3, 141, 255].repeat(256)
            );
        }
    }
}

#[test]
fn every_pixel_counts_when_an_image_gets_smaller() {
    // Stripes finer than the new pixels: a filter that looks at single ones would give stripes or one of the two values.
    let pixels: Vec<u8> = (0..256 * 256).map(|index| 255 * (index % 2) as u8).collect();
    for filter in FILTERS {
        let fit = Fit::Crop;
        let found = gray(256, 256, &pixels).resized(32, Resize { filter, fit });
        let inner: Vec<u8> = found
            .chunks(32)
            .skip(4)
            .take(24)
            .flat_map(|row| row[4..28].to_vec())
            .collect();
        assert!(
            inner.iter().all(|value| value.abs_diff(127) <= 2),
            "{}: {inner:?}",
            filter.name()
        );
    }
}
