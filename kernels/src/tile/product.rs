//! Running a product whose sums may be cut into parts: a buffer for the parts, and the kernel that adds them in order.

#![expect(unsafe_code, reason = "an unchecked launch; the kernel checks its own bounds")]

use cubecl::prelude::*;

use super::choice::{Division, Extents};
use super::matrix_units::HANDED_OUT_BYTES;
use super::output::{Finish, FinishLaunch, finished};
use crate::cube::{CubeBuffer, CubeDevice, Values};

/// Units of a cube that adds.
const UNITS: usize = 64;

/// What is done with sums before they are stored.
#[derive(Clone, Copy, Default)]
pub(crate) struct Finishing<'a> {
    /// Added to each column.
    pub(crate) bias: Option<&'a CubeBuffer>,
    /// Then values at most 0 are multiplied by this.
    pub(crate) negative_slope: Option<f32>,
}

impl Finishing<'_> {
    fn argument(self) -> FinishLaunch {
        FinishLaunch {
            has_bias: u32::from(self.bias.is_some()),
            slope: self.negative_slope.unwrap_or(1.0),
        }
    }
}

/// One launch of a product's kernel: buffers of its operands, of a bias (any buffer where there is none) and its output.
pub(crate) struct Launch<'a> {
    pub(crate) device: &'a CubeDevice,
    pub(crate) division: &'a Division,
    pub(crate) a: &'a Values,
    pub(crate) b: &'a Values,
    pub(crate) bias: &'a Values,
    pub(crate) finish: FinishLaunch,
    pub(crate) output: &'a Values,
}

/// The product of two operands, `count` values in rows of `extents.columns`: `launch` writes them, or as many for each
/// part of the sums, one part after the other.
pub(crate) fn product(
    operation: &str,
    extents: &Extents,
    [a, b]: [&CubeBuffer; 2],
    count: usize,
    finishing: Finishing<'_>,
    launch: impl FnOnce(Launch<'_>),
) -> CubeBuffer {
    let device = a.device();
    let mut limits = device.limits();
    if device.matrix_units() {
        limits.shared_bytes = limits.shared_bytes.saturating_sub(HANDED_OUT_BYTES);
    }
    let division = &Division::choose(extents, limits);
    let bias = finishing.bias.unwrap_or(a);
    if division.parts == 1 {
        return CubeBuffer::computed(operation, [a, b, bias], count, |device, [a, b, bias], output| {
            launch(Launch {
                device,
                division,
                a,
                b,
                bias,
                finish: finishing.argument(),
                output,
            });
        });
    }
    let all = count * division.parts;
    let parts = CubeBuffer::computed(operation, [a, b], all, |device, [a, b], output| {
        launch(Launch {
            device,
            division,
            a,
            b,
            bias: a,
            finish: Finishing::default().argument(),
            output,
        });
    });
    CubeBuffer::computed(
        operation,
        [&parts, bias],
        count,
        |device, [parts, bias], output| {
            let cubes = count.div_ceil(UNITS);
            device.launch(cubes, UNITS, |client, cubes, units| {
                // SAFETY: `parts` holds `division.parts` times `count` values, the output `count` and a bias one value a
                // column; the kernel touches nothing from `count` on.
                unsafe {
                    add_parts::launch_unchecked(
                        client,
                        cubes,
                        units,
                        parts.argument(),
                        bias.argument(),
                        output.argument(),
                        count,
                        extents.columns,
                        division.parts,
                        finishing.argument(),
                    );
                }
            });
        },
    )
}

/// Adds the parts of each sum, from the first to the last.
#[cube(launch_unchecked)]
fn add_parts(
    sums: &[f32],
    bias: &[f32],
    output: &mut [f32],
    count: usize,
    columns: usize,
    parts: usize,
    finish: Finish,
) {
    let index = CUBE_POS * UNITS + UNIT_POS as usize;
    if index < count {
        let mut sum = sums[index];
        for part in 1..parts {
            sum += sums[part * count + index];
        }
        output[index] = finished(sum, bias, index % columns, &finish);
    }
}
