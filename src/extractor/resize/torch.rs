//! PyTorch's bilinear resizing of floating-point images, with and without antialiasing.
//!
//! Positions and weights are f32 and every sum is rounded where PyTorch's vectorized kernels round it
//! (`aten/src/ATen/native/cpu/UpSampleKernel.cpp`), because a position that is off by its last digit moves a value by more than all
//! other rounding does. So values are PyTorch's to the bit where it takes those kernels, as it does for the sides of the networks.

use crate::data::Bitmap;

/// What one new pixel is made of: pixels and their weights, in the order in which they are added.
pub(super) type Tap = Vec<(usize, f32)>;

/// The image as a square, across and then down by what `taps(before, after)` says; [side, side, c].
pub(super) fn resized(image: &Bitmap, side: usize, taps: fn(usize, usize) -> Vec<Tap>) -> Vec<f32> {
    let channels = image.channels;
    let across = taps(image.width, side);
    let mut narrow = Vec::with_capacity(image.height * side * channels); // [h, side, c]
    for row in image.pixels.chunks_exact(image.width * channels) {
        for tap in &across {
            narrow.extend((0..channels).map(|channel| sum(tap, |x| f32::from(row[x * channels + channel]))));
        }
    }
    let row = side * channels;
    let down = taps(image.height, side);
    let each = down
        .iter()
        .flat_map(|tap| (0..row).map(|x| sum(tap, |y| narrow[y * row + x])));
    each.collect()
}

/// The first product is rounded; the others are added before they are.
fn sum(tap: &Tap, pixel: impl Fn(usize) -> f32) -> f32 {
    let Some((&(first, weight), rest)) = tap.split_first() else {
        return 0.0;
    };
    rest.iter()
        .fold(pixel(first) * weight, |sum, &(position, weight)| {
            fused(pixel(position), weight, sum)
        })
}

/// `a b + c`, rounded once. An f64 holds the product exactly; that its sum is rounded before it is an f32 again shows in one of
/// half a billion results, and costs a hundredth of `mul_add` on a processor for which nothing is known.
fn fused(a: f32, b: f32, c: f32) -> f32 {
    (f64::from(a) * f64::from(b) + f64::from(c)) as f32
}

/// The two pixels around a point. Points lie at centres of pixels, and none before the first centre.
pub(super) fn bilinear(before: usize, after: usize) -> Vec<Tap> {
    let scale = before as f32 / after as f32;
    let tap = |index| {
        let point = (scale * (index as f32 + 0.5) - 0.5).max(0.0);
        let first = truncated(point, before - 1);
        let second = (first + 1).min(before - 1);
        let share = (point - first as f32).min(1.0);
        vec![(second, share), (first, 1.0 - share)]
    };
    (0..after).map(tap).collect()
}

/// The pixels under a triangle whose half width is that of a new pixel, and at least that of an old one.
pub(super) fn antialias(before: usize, after: usize) -> Vec<Tap> {
    let scale = before as f32 / after as f32;
    let reach = scale.max(1.0);
    let narrowing = if scale >= 1.0 { 1.0 / scale } else { 1.0 };
    let tap = |index| {
        let centre = scale * (index as f32 + 0.5);
        let [first, end] = [centre - reach + 0.5, centre + reach + 0.5].map(|x| truncated(x, before));
        let weight = |position| (1.0 - ((position as f32 - centre + 0.5) * narrowing).abs()).max(0.0);
        let weights: Vec<f32> = (first..end).map(weight).collect();
        let sum: f32 = weights.iter().sum();
        let share = |(position, weight): (usize, &f32)| (position, weight / sum);
        (first..end).zip(&weights).map(share).collect()
    };
    (0..after).map(tap).collect()
}

/// A position without its fraction, from 0 to `last`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast to a whole number ends at 0 and at the largest one"
)]
fn truncated(position: f32, last: usize) -> usize {
    (position as usize).min(last)
}
