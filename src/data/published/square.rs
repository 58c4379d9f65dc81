//! Bringing an image of a published set to the resolution: as it is, on a black border, or reduced by means of 2 x 2 pixels.

use crate::data::error::DataError;

/// How an image of one side reaches a resolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bringing {
    /// It has it.
    AsItIs,
    /// A border of zeros, as wide on every side.
    Padding,
    /// Means of 2 x 2 pixels, so many times.
    Halving(u32),
}

impl Bringing {
    /// How an image of this side reaches the resolution, where it can.
    pub(crate) fn of(side: usize, resolution: usize) -> Option<Self> {
        if resolution == side {
            Some(Self::AsItIs)
        } else if resolution > side {
            (resolution - side).is_multiple_of(2).then_some(Self::Padding)
        } else {
            let times = (1..usize::BITS).take_while(|times| side >> times >= resolution);
            let exactly = |times: &u32| resolution << times == side;
            times.last().filter(exactly).map(Self::Halving)
        }
    }
}

/// Leaves an image [side, side, c] as [resolution, resolution, c] in `square`, in place of what was there.
///
/// Means are of numbers that are not rounded, and are rounded once, halves to the even byte, as `numpy.rint` does.
///
/// # Errors
/// [`DataError::CannotPad`] where neither an even border nor halving leads to the resolution.
pub(super) fn bring(
    pixels: &[u8],
    side: usize,
    channels: usize,
    resolution: usize,
    square: &mut Vec<u8>,
) -> Result<(), DataError> {
    square.clear();
    match Bringing::of(side, resolution) {
        Some(Bringing::AsItIs) => square.extend_from_slice(pixels),
        Some(Bringing::Padding) => pad(pixels, side, channels, resolution, square),
        Some(Bringing::Halving(times)) => halve(pixels, side, channels, times, square),
        None => {
            return Err(DataError::CannotPad {
                height: side,
                width: side,
                resolution,
            });
        }
    }
    Ok(())
}

fn pad(pixels: &[u8], side: usize, channels: usize, resolution: usize, square: &mut Vec<u8>) {
    square.resize(resolution * resolution * channels, 0);
    let border = (resolution - side) / 2;
    for (row, values) in pixels.chunks_exact(side * channels).enumerate() {
        let start = ((border + row) * resolution + border) * channels;
        square[start..start + values.len()].copy_from_slice(values);
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a mean of bytes is a byte"
)]
fn halve(pixels: &[u8], side: usize, channels: usize, times: u32, square: &mut Vec<u8>) {
    let mut values: Vec<f32> = pixels.iter().map(|&byte| f32::from(byte)).collect();
    let mut side = side;
    for _ in 0..times {
        let half = side / 2;
        let at =
            |row: usize, column: usize, channel: usize| values[(row * side + column) * channels + channel];
        let mean = |index: usize| {
            let (row, column, channel) = (
                index / channels / half * 2,
                index / channels % half * 2,
                index % channels,
            );
            let upper = at(row, column, channel) + at(row, column + 1, channel);
            let lower = at(row + 1, column, channel) + at(row + 1, column + 1, channel);
            (upper + lower) * 0.25
        };
        values = (0..half * half * channels).map(mean).collect();
        side = half;
    }
    square.extend(values.iter().map(|value| value.round_ties_even() as u8));
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    fn brought(pixels: &[u8], side: usize, channels: usize, resolution: usize) -> Vec<u8> {
        let mut square = vec![9; 3];
        bring(pixels, side, channels, resolution, &mut square).unwrap();
        square
    }

    #[test]
    fn means_are_rounded_once_and_halves_to_the_even_byte() {
        // Means 0.5, 1.5, 2.5 and 3.5.
        let rows = [[0, 1, 1, 2], [1, 0, 2, 1], [2, 3, 3, 4], [3, 2, 4, 3]];
        assert_eq!(brought(rows.as_flattened(), 4, 1, 2), [0, 2, 2, 4]);
        // The mean of those is 2; rounding in between would give the same here, but not of 0.5, 0.5, 0.5, 0.75.
        assert_eq!(brought(rows.as_flattened(), 4, 1, 1), [2]);
        let rows = [[0, 1, 0, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 1]];
        assert_eq!(brought(rows.as_flattened(), 4, 1, 1), [1]);
    }

    #[test]
    fn channels_are_reduced_and_padded_apart() {
        let pixels = [10, 1, 20, 2, 30, 3, 40, 4];
        assert_eq!(brought(&pixels, 2, 2, 1), [25, 2]);
        let mut padded = vec![0; 32];
        padded[10..14].copy_from_slice(&pixels[..4]);
        padded[18..22].copy_from_slice(&pixels[4..]);
        assert_eq!(brought(&pixels, 2, 2, 4), padded);
        assert_eq!(brought(&pixels, 2, 2, 2), pixels);
    }

    #[test]
    fn what_neither_a_border_nor_halving_leads_to_is_refused() {
        assert_eq!(Bringing::of(96, 24), Some(Bringing::Halving(2)));
        assert_eq!(Bringing::of(28, 32), Some(Bringing::Padding));
        for (side, resolution) in [(96, 32), (28, 31), (96, 47), (3, 1), (96, 0)] {
            assert_eq!(Bringing::of(side, resolution), None, "{side} to {resolution}");
        }
    }
}
