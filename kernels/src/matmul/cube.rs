//! The matrix product as a CubeCL kernel: two matrices as they lie in memory, multiplied by the tile engine.

#![expect(unsafe_code, reason = "an unchecked launch; the kernel checks its own bounds")]

use cubecl::prelude::*;

use super::{Problem, Transpose};
use crate::cube::CubeBuffer;
use crate::tile::{
    Extents, Finish, Finishing, Form, Launch, Order, Precision, Scheme, Walk, accumulate, blocks_of_part,
    matrix, place, product, row_starts, store, zeros,
};

pub(super) fn matmul(problem: Problem, a: &CubeBuffer, b: &CubeBuffer) -> CubeBuffer {
    matmul_of_rounded(problem, a, b, Precision::F32)
}

fn matmul_of_rounded(problem: Problem, a: &CubeBuffer, b: &CubeBuffer, precision: Precision) -> CubeBuffer {
    let extents = Extents {
        rows: problem.m,
        columns: problem.n,
        terms: problem.k,
        phases: 1,
    };
    let count = problem.m * problem.n;
    product("matmul", &extents, [a, b], count, Finishing::default(), |run| {
        launch(&problem, run, precision);
    })
}

/// How an operand of `lines` lines is read that lies in memory line after line, or term after term.
fn form(line_after_line: bool, lines: usize, terms: usize) -> Form {
    let (order, neighbours) = if line_after_line {
        (Order::ByTerm, terms)
    } else {
        (Order::ByLine, lines)
    };
    Form::new(Walk::Matrix, order, neighbours, lines * terms)
}

fn launch(problem: &Problem, run: Launch<'_>, precision: Precision) {
    let &Problem { m, n, k, .. } = problem;
    let scheme = Scheme {
        tile: run.division.tile,
        forms: [
            form(problem.transpose_a == Transpose::No, m, k),
            form(problem.transpose_b == Transpose::Yes, n, k),
        ],
        precision,
    };
    let division = run.division;
    run.device
        .launch(division.cubes, division.tile.units(), |client, count, dim| {
            // SAFETY: the buffers hold m k, k n and m n elements (as many for each part of the sums), which `matmul`
            // checked against the shapes; the kernel reads and writes only elements whose row, column, term and part
            // are below these extents.
            unsafe {
                multiply_matrices::launch_unchecked(
                    client,
                    count,
                    dim,
                    scheme.forms[0].width,
                    scheme.forms[1].width,
                    scheme.output_width(),
                    run.a.argument(),
                    run.b.argument(),
                    run.bias.argument(),
                    run.output.argument(),
                    m,
                    n,
                    k,
                    division.parts,
                    division.blocks,
                    run.finish,
                    scheme,
                );
            }
        });
}

/// `output [m, n] = a b`.
#[cube(launch_unchecked)]
fn multiply_matrices<LeftWidth: Size, RightWidth: Size, OutputWidth: Size>(
    a: &[Vector<f32, LeftWidth>],
    b: &[Vector<f32, RightWidth>],
    bias: &[f32],
    output: &mut [Vector<f32, OutputWidth>],
    m: usize,
    n: usize,
    k: usize,
    parts: usize,
    blocks: usize,
    finish: Finish,
    #[comptime] scheme: Scheme,
) {
    let place = place(m, n, 1usize, scheme.tile);
    let mut sums = zeros(scheme);
    accumulate::<LeftWidth, RightWidth>(
        a,
        &matrix(m, k, comptime!(scheme.forms[0].order)),
        b,
        &matrix(n, k, comptime!(scheme.forms[1].order)),
        &place,
        place.part * blocks,
        blocks_of_part(k, place.part, blocks),
        &mut sums,
        scheme,
    );
    let starts = row_starts(m, n, &place, parts, scheme);
    store::<OutputWidth>(&sums, output, &starts, &place, n, bias, &finish, scheme);
}

#[cfg(all(test, feature = "vulkan"))]
mod tests {
    use super::*;
    use crate::device::Device;

    /// The nearest number with so many bits of fraction, by arithmetic.
    fn nearest(value: f32, fraction: i32) -> f64 {
        let value = f64::from(value);
        let unit = 2f64.powi(value.abs().log2().floor() as i32 - fraction);
        (value / unit).round_ties_even() * unit
    }

    #[test]
    fn operands_are_rounded_to_the_nearest_number_of_their_precision_and_half_to_even() {
        let (Ok(Device::Cube(device)), [m, n, k]) = (Device::open("vulkan:software"), [33, 20, 44]) else {
            panic!("with the feature `vulkan` this test needs a software driver");
        };
        // Sevenths have long fractions; dividing by powers of two leaves some exactly between two numbers.
        let values = |count: usize, step: usize| -> Vec<f32> {
            (0..count)
                .map(|index| match index % 3 {
                    0 => ((index * step) % 4099) as f32 / 7.0 - 290.3,
                    1 => 1.0 + (2 * (index % 512) + 1) as f32 / 256.0 / 2f32.powi((index % 2) as i32 * 3),
                    _ => -((index % 89 + 1) as f32) * 1.1e-4,
                })
                .collect()
        };
        let (a, b) = (values(m * k, 31), values(k * n, 17));
        let problem = Problem {
            m,
            n,
            k,
            transpose_a: Transpose::No,
            transpose_b: Transpose::No,
        };
        for (precision, fraction) in [(Precision::F32, 23), (Precision::Tf32, 10), (Precision::Bf16, 7)] {
            let product = matmul_of_rounded(problem, &device.upload(&a), &device.upload(&b), precision);
            let product = product.download(m * n).expect("the device works");
            for (index, value) in product.into_iter().enumerate() {
                let terms = (0..k).map(|term| {
                    nearest(a[index / n * k + term], fraction) * nearest(b[term * n + index % n], fraction)
                });
                let (sum, magnitude) = terms.fold((0.0, 0.0), |(sum, magnitude), term: f64| {
                    (sum + term, magnitude + term.abs())
                });
                let tolerance = k as f64 * 2f64.powi(-24) * magnitude;
                assert!(
                    (f64::from(value) - sum).abs() <= tolerance,
                    "{precision:?}, value {index}: {value:e} where {sum:e} +- {tolerance:e} is right"
                );
            }
        }
    }
}
