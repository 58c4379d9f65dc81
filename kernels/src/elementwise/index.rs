//! Reduces broadcasting to runs: where in an operand each run of output elements reads, and with which stride.
//!
//! Axes on which both operands behave alike are merged first, so that common cases (equal shapes, one value a channel,
//! one value an image) become one long inner loop.

use crate::shape::{MAXIMUM_RANK, Shape};

/// How an output is walked: outer axes with each operand's stride, and one inner run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Walk<const OPERANDS: usize> {
    outer: Vec<Axis<OPERANDS>>,
    /// Elements in a run.
    pub(crate) run: usize,
    /// Whether an operand moves along the run (stride 1) or stands still (stride 0).
    pub(crate) moves: [bool; OPERANDS],
}

#[derive(Clone, Debug, PartialEq)]
struct Axis<const OPERANDS: usize> {
    extent: usize,
    strides: [usize; OPERANDS],
}

impl<const OPERANDS: usize> Walk<OPERANDS> {
    /// Where each operand reads at the start of a run.
    pub(crate) fn offsets(&self, run_index: usize) -> [usize; OPERANDS] {
        let mut rest = run_index;
        let mut offsets = [0; OPERANDS];
        for axis in self.outer.iter().rev() {
            let position = rest % axis.extent;
            rest /= axis.extent;
            for (offset, stride) in offsets.iter_mut().zip(axis.strides) {
                *offset += position * stride;
            }
        }
        offsets
    }

    /// Extents of all axes, the run last.
    pub(crate) fn extents(&self) -> impl Iterator<Item = usize> {
        self.outer.iter().map(|axis| axis.extent).chain([self.run])
    }

    /// Strides of one operand along all axes, the run last.
    pub(crate) fn strides(&self, operand: usize) -> impl Iterator<Item = usize> {
        let outer = self.outer.iter().map(move |axis| axis.strides[operand]);
        outer.chain([usize::from(self.moves[operand])])
    }
}

/// The walk over `shape` for operands that broadcast to it.
pub(crate) fn walk<const OPERANDS: usize>(shape: Shape, operands: [Shape; OPERANDS]) -> Walk<OPERANDS> {
    let extents = shape.extents();
    let mut merged: Vec<(usize, [bool; OPERANDS])> = Vec::with_capacity(MAXIMUM_RANK);
    for (axis, &extent) in extents.iter().enumerate() {
        if extent == 1 {
            continue;
        }
        let moves = operands.map(|operand| operand.extents()[axis] != 1);
        match merged.last_mut() {
            Some((length, same)) if *same == moves => *length *= extent,
            _ => merged.push((extent, moves)),
        }
    }
    let (run, moves) = merged.pop().unwrap_or((1, [true; OPERANDS]));
    let mut sizes = moves.map(|moves| if moves { run } else { 1 });
    let mut outer = Vec::with_capacity(merged.len());
    for (extent, moves) in merged.into_iter().rev() {
        let mut strides = [0; OPERANDS];
        for operand in 0..OPERANDS {
            if moves[operand] {
                strides[operand] = sizes[operand];
                sizes[operand] *= extent;
            }
        }
        outer.insert(0, Axis { extent, strides });
    }
    Walk { outer, run, moves }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_shapes_become_one_run() {
        let shape = Shape::new(&[4, 3, 5]);
        assert_eq!(
            walk(shape, [shape, shape]),
            Walk {
                outer: vec![],
                run: 60,
                moves: [true, true]
            }
        );
    }

    #[test]
    fn one_value_a_channel_repeats_over_runs_of_channels() {
        let walk = walk(
            Shape::new(&[2, 3, 3, 5]),
            [Shape::new(&[2, 3, 3, 5]), Shape::new(&[1, 1, 1, 5])],
        );
        assert_eq!((walk.run, walk.moves), (5, [true, true]));
        assert_eq!(walk.offsets(7), [35, 0]);
    }

    #[test]
    fn one_value_an_image_stands_still_over_the_image() {
        let walk = walk(
            Shape::new(&[2, 3, 3, 5]),
            [Shape::new(&[2, 3, 3, 5]), Shape::new(&[2, 1, 1, 1])],
        );
        assert_eq!((walk.run, walk.moves), (45, [true, false]));
        assert_eq!(walk.offsets(1), [45, 1]);
    }

    #[test]
    fn a_middle_axis_of_extent_one_is_repeated() {
        let walk = walk(
            Shape::new(&[2, 3, 4]),
            [Shape::new(&[2, 1, 4]), Shape::new(&[2, 3, 4])],
        );
        assert_eq!(walk.offsets(4), [4, 16]);
    }
}
