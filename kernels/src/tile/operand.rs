//! What an operand is: a matrix in memory, patches of images, or a filter seen from the gradient. Knows no units.

use cubecl::prelude::*;

/// What lies at neighbouring addresses of an operand, and so in one vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Order {
    /// Terms of one line.
    ByTerm,
    /// Lines of one term.
    ByLine,
}

/// How an operand's values are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Walk {
    /// As a matrix, lines (or terms) `pitch` values apart.
    Matrix,
    /// As patches of images: one of line and term is an output pixel (image, row, column), the other a tap
    /// (row, column, channel). [`Order::ByTerm`] has pixels as lines.
    Patches,
    /// As a filter seen from the gradient: lines are input channels, terms are taps from the last to the first, and
    /// output channels.
    Filter,
}

/// What code is made for, of one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Form {
    pub(crate) walk: Walk,
    pub(crate) order: Order,
    /// Values read at once, 4 or 1. With 4, extents and pitches along the order are multiples of 4.
    pub(crate) width: usize,
}

impl Form {
    /// The form of an operand of `count` values, of which `neighbours` lie together along the order.
    pub(crate) fn new(walk: Walk, order: Order, neighbours: usize, count: usize) -> Self {
        // A buffer without values is shorter than a vector.
        let wide = neighbours.is_multiple_of(4) && count > 0;
        let width = if wide { 4 } else { 1 };
        Self { walk, order, width }
    }
}

/// A number of three digits: of a pixel image, row and column, of a tap row, column and channel. A matrix has the third.
#[derive(CubeType, Clone, Copy)]
#[expand(derive(Clone, Copy))]
pub(crate) struct Axis {
    /// Numbers of the first digit.
    pub(crate) first: usize,
    /// Numbers of the second digit, at least 1.
    pub(crate) second: usize,
    /// Numbers of the third digit, at least 1 unless it is the only one.
    pub(crate) third: usize,
}

/// Images that patches are taken from.
#[derive(CubeType, Clone, Copy)]
#[expand(derive(Clone, Copy))]
pub(crate) struct Image {
    pub(crate) height: usize,
    pub(crate) width: usize,
    pub(crate) channels: usize,
    /// Rows between patches.
    pub(crate) stride_y: usize,
    /// Columns between patches.
    pub(crate) stride_x: usize,
    /// Rows that the first patch begins above the image; a number below 0, wrapped, where it begins inside.
    pub(crate) top: usize,
    /// Columns that the first patch begins left of the image, likewise.
    pub(crate) left: usize,
}

/// The taps of a filter that are in use.
#[derive(CubeType, Clone, Copy)]
#[expand(derive(Clone, Copy))]
pub(crate) struct Taps {
    /// Row of the last.
    pub(crate) last_row: usize,
    /// Column of the last.
    pub(crate) last_column: usize,
    /// Rows between taps in use.
    pub(crate) stride_y: usize,
    /// Columns between taps in use.
    pub(crate) stride_x: usize,
    /// Columns of the whole filter.
    pub(crate) columns: usize,
}

/// One operand's extents; of `pitch`, `image` and `taps` its [`Walk`] needs one.
#[derive(CubeType, Clone, Copy)]
pub(crate) struct Source {
    pub(super) lines: usize,
    pub(super) line: Axis,
    pub(super) term: Axis,
    pub(super) pitch: usize,
    pub(super) image: Image,
    pub(super) taps: Taps,
}

/// A matrix that lies in memory line after line, or term after term.
#[cube]
pub(crate) fn matrix(lines: usize, terms: usize, #[comptime] order: Order) -> Source {
    Source {
        lines,
        line: only(lines),
        term: only(terms),
        pitch: if comptime!(order == Order::ByTerm) {
            terms
        } else {
            lines
        },
        image: no_image(),
        taps: no_taps(),
    }
}

/// Patches of images, `[n h w c]` in memory: pixels are lines and taps terms, or the other way round.
#[cube]
pub(crate) fn patches(pixels: Axis, taps: Axis, image: Image, #[comptime] order: Order) -> Source {
    let (line, term) = if comptime!(order == Order::ByTerm) {
        (pixels, taps)
    } else {
        (taps, pixels)
    };
    Source {
        lines: line.first * line.second * line.third,
        line,
        term,
        pitch: 0usize.runtime(),
        image,
        taps: no_taps(),
    }
}

/// A filter, `[r s c k]` in memory: `channels` lines `c`, and terms that count taps in use, from the last to the first,
/// and `k`.
#[cube]
pub(crate) fn filter(channels: usize, term: Axis, taps: Taps) -> Source {
    Source {
        lines: channels,
        line: only(channels),
        term,
        pitch: 0usize.runtime(),
        image: no_image(),
        taps,
    }
}

#[cube]
fn only(third: usize) -> Axis {
    Axis {
        first: 1usize.runtime(),
        second: 1usize.runtime(),
        third,
    }
}

#[cube]
fn no_image() -> Image {
    Image {
        height: 0usize.runtime(),
        width: 0usize.runtime(),
        channels: 0usize.runtime(),
        stride_y: 0usize.runtime(),
        stride_x: 0usize.runtime(),
        top: 0usize.runtime(),
        left: 0usize.runtime(),
    }
}

#[cube]
fn no_taps() -> Taps {
    Taps {
        last_row: 0usize.runtime(),
        last_column: 0usize.runtime(),
        stride_y: 0usize.runtime(),
        stride_x: 0usize.runtime(),
        columns: 0usize.runtime(),
    }
}
