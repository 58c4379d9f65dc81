//! The matrix product as a CubeCL kernel: two matrices as they lie in memory, multiplied by the tile engine.

#![expect(unsafe_code, reason = "an unchecked launch; the kernel checks its own bounds")]

use cubecl::prelude::*;

use super::{Problem, Transpose};
use crate::cube::CubeBuffer;
use crate::tile::{
    Extents, Finish, Finishing, Form, Launch, Order, Scheme, Walk, accumulate, blocks_of_part, matrix, place,
    product, row_starts, store, zeros,
};

pub(super) fn matmul(problem: Problem, a: &CubeBuffer, b: &CubeBuffer) -> CubeBuffer {
    let extents = Extents {
        rows: problem.m,
        columns: problem.n,
        terms: problem.k,
        phases: 1,
    };
    let count = problem.m * problem.n;
    product("matmul", &extents, [a, b], count, Finishing::default(), |run| {
        launch(&problem, run);
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

fn launch(problem: &Problem, run: Launch<'_>) {
    let &Problem { m, n, k, .. } = problem;
    let forms = [
        form(problem.transpose_a == Transpose::No, m, k),
        form(problem.transpose_b == Transpose::Yes, n, k),
    ];
    let scheme = Scheme::on(run.device, run.division.tile, forms);
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

#[cfg(all(test, feature = "cuda"))]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::tile::offline::{
        assert_uses_matrix_units, buffer, card, finish, schemes, schemes_of_tiles, settings,
    };

    fn assert_multiplies(scheme: Scheme) {
        let [left, right] = scheme.forms.map(|form| form.width);
        let kernel = multiply_matrices::MultiplyMatrices::new(
            settings(scheme),
            card(),
            Arc::new(TargetProperties::default()),
            buffer(),
            buffer(),
            buffer(),
            buffer(),
            (),
            (),
            (),
            (),
            (),
            finish(),
            left,
            right,
            scheme.output_width(),
            scheme,
        );
        assert_uses_matrix_units(&kernel, scheme);
    }

    #[test]
    fn matrix_units_multiply_matrices_of_every_order_and_in_every_tile() {
        for orders in [[true, true], [true, false], [false, true], [false, false]] {
            let forms = orders.map(|line_after_line| form(line_after_line, 64, 64));
            schemes(forms).into_iter().for_each(assert_multiplies);
        }
        let forms = [form(true, 64, 64), form(false, 64, 64)];
        schemes_of_tiles(forms).into_iter().for_each(assert_multiplies);
    }
}
