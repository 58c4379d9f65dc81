//! From memory to the cube: units fetch an operand's values and hand them to each other.
//!
//! Every unit fetches vectors of four values, at the same place of each block of terms; what depends on the line alone is
//! computed once, and the term is counted on by digits, so that the loop over blocks has no division.

use cubecl::prelude::*;

use super::choice::DEPTH;
use super::operand::{Form, Order, Source, Walk};
use super::precision::rounded;
use crate::precision::Precision;

/// Four values that lie together in the cube's memory.
pub(crate) type Four = Vector<f32, Const<4>>;

/// Added to a pixel to bring it outside of every image.
const FAR: usize = 1 << 30;

/// What code is made for, of one operand in a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Share {
    pub(crate) form: Form,
    /// Lines of the tile.
    pub(crate) extent: usize,
    /// Units that fetch.
    pub(crate) units: usize,
    /// Vectors behind each line (by term) or term (by line) in the cube's memory that hold nothing.
    pub(crate) spare: usize,
}

impl Share {
    pub(crate) fn is_by_term(self) -> bool {
        self.form.order == Order::ByTerm
    }

    fn is_wide(self) -> bool {
        self.form.width == 4
    }

    /// Vectors of a block that a unit fetches.
    pub(crate) fn steps(self) -> usize {
        self.extent * DEPTH / 4 / self.units
    }

    /// Units beside each other along the order.
    fn across(self) -> usize {
        if self.is_by_term() {
            DEPTH / 4
        } else {
            self.extent / 4
        }
    }

    /// Lines (by term) or terms (by line) from one step to the next.
    fn stride(self) -> usize {
        self.units / self.across()
    }

    /// Lines a unit reads from.
    fn lines(self) -> usize {
        match (self.form.order, self.form.width) {
            (Order::ByTerm, _) => self.steps(),
            (Order::ByLine, 1) => 4,
            (Order::ByLine, _) => 1,
        }
    }

    /// Terms a unit counts.
    fn terms(self) -> usize {
        if self.is_by_term() && !self.is_wide() {
            4
        } else {
            1
        }
    }

    /// Terms from one reading to the next.
    fn advance(self) -> usize {
        if self.is_by_term() { DEPTH } else { self.stride() }
    }

    /// Vectors between lines (by term) or terms (by line) in the cube's memory.
    pub(crate) fn pitch(self) -> usize {
        let together = if self.is_by_term() { DEPTH } else { self.extent };
        together / 4 + self.spare
    }

    /// Vectors in the cube's memory.
    pub(crate) fn vectors(self) -> usize {
        let rows = if self.is_by_term() { self.extent } else { DEPTH };
        rows * self.pitch()
    }
}

/// Where a unit reads.
#[derive(CubeType)]
pub(crate) struct Cursor {
    /// Three numbers a line: what of its place follows from the line.
    lines: Array<usize>,
    /// Three digits a term.
    terms: Array<usize>,
    /// What is added to a term's digits.
    step: Array<usize>,
}

/// The cursor of this unit at the tile's first line and the first term of a part.
#[cube]
pub(crate) fn begin(
    source: &Source,
    first_line: usize,
    first_term: usize,
    #[comptime] share: Share,
) -> Cursor {
    let across = comptime!(share.across());
    let beside = UNIT_POS as usize % across * 4;
    let beyond = UNIT_POS as usize / across;
    let mut lines = Array::<usize>::new(comptime!(3 * share.lines()));
    let mut terms = Array::<usize>::new(comptime!(3 * share.terms()));
    let mut step = Array::<usize>::new(3usize);
    #[unroll]
    for index in 0..comptime!(share.lines()) {
        let line = if comptime!(share.is_by_term()) {
            first_line + beyond + comptime!(index * share.stride())
        } else {
            first_line + beside + index
        };
        place_line(source, line, &mut lines, index, share);
    }
    #[unroll]
    for index in 0..comptime!(share.terms()) {
        let term = if comptime!(share.is_by_term()) {
            first_term + beside + index
        } else {
            first_term + beyond
        };
        digits(source, term, &mut terms, index, share);
    }
    digits(
        source,
        comptime!(share.advance()).runtime(),
        &mut step,
        0usize,
        share,
    );
    Cursor { lines, terms, step }
}

/// What of a value's place follows from the line: of a pixel its image's first row and its own upper left corner, of a
/// tap row, column and channel, else the line.
#[cube]
fn place_line(
    source: &Source,
    line: usize,
    lines: &mut Array<usize>,
    #[comptime] index: usize,
    #[comptime] share: Share,
) {
    let first = comptime!(3 * index);
    if comptime!(share.form.walk == Walk::Patches) {
        let column = line % source.line.third;
        let rest = line / source.line.third;
        let row = rest % source.line.second;
        let image = rest / source.line.second;
        if comptime!(share.is_by_term()) {
            lines[first] = image * source.image.height;
            lines[comptime!(first + 1)] = row * source.image.stride_y - source.image.top;
            lines[comptime!(first + 2)] = column * source.image.stride_x - source.image.left;
            if line >= source.lines {
                lines[comptime!(first + 1)] = FAR.runtime();
            }
        } else {
            lines[first] = image;
            lines[comptime!(first + 1)] = row;
            lines[comptime!(first + 2)] = column;
            if line >= source.lines {
                lines[first] = FAR.runtime();
            }
        }
    } else {
        lines[first] = line;
    }
}

/// The digits of a term.
#[cube]
fn digits(
    source: &Source,
    term: usize,
    terms: &mut Array<usize>,
    #[comptime] index: usize,
    #[comptime] share: Share,
) {
    let first = comptime!(3 * index);
    if comptime!(share.form.walk == Walk::Matrix) {
        terms[comptime!(first + 2)] = term;
    } else {
        let rest = term / source.term.third;
        terms[comptime!(first + 2)] = term % source.term.third;
        terms[comptime!(first + 1)] = rest % source.term.second;
        terms[first] = rest / source.term.second;
    }
}

/// Moves the terms on by a step, digit by digit.
#[cube]
fn advance(source: &Source, cursor: &mut Cursor, #[comptime] share: Share) {
    #[unroll]
    for index in 0..comptime!(share.terms()) {
        let first = comptime!(3 * index);
        let mut third = cursor.terms[comptime!(first + 2)] + cursor.step[2];
        if comptime!(share.form.walk != Walk::Matrix) {
            let mut second = cursor.terms[comptime!(first + 1)] + cursor.step[1];
            let mut whole = cursor.terms[first] + cursor.step[0];
            if third >= source.term.third {
                third -= source.term.third;
                second += 1;
            }
            if second >= source.term.second {
                second -= source.term.second;
                whole += 1;
            }
            cursor.terms[comptime!(first + 1)] = second;
            cursor.terms[first] = whole;
        }
        cursor.terms[comptime!(first + 2)] = third;
    }
}

/// Reads this unit's vectors of the next block of terms into registers; what is outside of the operand is 0.
#[cube]
pub(crate) fn fetch<N: Size>(
    values: &[Vector<f32, N>],
    source: &Source,
    cursor: &mut Cursor,
    fetched: &mut Array<Four>,
    #[comptime] share: Share,
) {
    #[unroll]
    for index in 0..comptime!(share.steps()) {
        let line = comptime!(if share.is_by_term() { index } else { 0 });
        if comptime!(share.is_wide()) {
            fetched[index] = Four::cast_from(read::<N>(
                values,
                source,
                &cursor.lines,
                &cursor.terms,
                line,
                0usize,
                share,
            ));
        } else {
            let mut four = Four::new(0.0f32);
            #[unroll]
            for lane in 0..4usize {
                let value = if comptime!(share.is_by_term()) {
                    read::<N>(values, source, &cursor.lines, &cursor.terms, line, lane, share)
                } else {
                    read::<N>(values, source, &cursor.lines, &cursor.terms, lane, 0usize, share)
                };
                four.insert(lane, value.extract(0usize));
            }
            fetched[index] = four;
        }
        if comptime!(!share.is_by_term()) {
            advance(source, cursor, share);
        }
    }
    if comptime!(share.is_by_term()) {
        advance(source, cursor, share);
    }
}

/// The value, or the vector that begins with it, at one of a cursor's lines and one of its terms.
#[cube]
fn read<N: Size>(
    values: &[Vector<f32, N>],
    source: &Source,
    lines: &Array<usize>,
    terms: &Array<usize>,
    #[comptime] line: usize,
    #[comptime] term: usize,
    #[comptime] share: Share,
) -> Vector<f32, N> {
    let line_1 = lines[comptime!(3 * line)];
    let term_3 = terms[comptime!(3 * term + 2)];
    if comptime!(share.form.walk == Walk::Matrix) {
        let offset = if comptime!(share.is_by_term()) {
            line_1 * source.pitch + term_3
        } else {
            term_3 * source.pitch + line_1
        };
        read_inside::<N>(
            values,
            offset,
            line_1 < source.lines && term_3 < source.term.third,
            share,
        )
    } else {
        let term_1 = terms[comptime!(3 * term)];
        let term_2 = terms[comptime!(3 * term + 1)];
        if comptime!(share.form.walk == Walk::Filter) {
            let row = source.taps.last_row - term_1 * source.taps.stride_y;
            let column = source.taps.last_column - term_2 * source.taps.stride_x;
            let channel = (row * source.taps.columns + column) * source.lines + line_1;
            let inside = line_1 < source.lines && term_1 < source.term.first;
            read_inside::<N>(values, channel * source.term.third + term_3, inside, share)
        } else {
            let line_2 = lines[comptime!(3 * line + 1)];
            let line_3 = lines[comptime!(3 * line + 2)];
            let (image_row, y, x, channel) = if comptime!(share.is_by_term()) {
                (line_1, line_2 + term_1, line_3 + term_2, term_3)
            } else {
                let y = term_2 * source.image.stride_y - source.image.top + line_1;
                let x = term_3 * source.image.stride_x - source.image.left + line_2;
                (term_1 * source.image.height, y, x, line_3)
            };
            let inside = term_1 < source.term.first && y < source.image.height && x < source.image.width;
            let offset = ((image_row + y) * source.image.width + x) * source.image.channels + channel;
            read_inside::<N>(values, offset, inside, share)
        }
    }
}

#[cube]
fn read_inside<N: Size>(
    values: &[Vector<f32, N>],
    offset: usize,
    inside: bool,
    #[comptime] share: Share,
) -> Vector<f32, N> {
    let mut value = Vector::<f32, N>::new(0.0f32);
    if inside {
        value = values[offset / comptime!(share.form.width)];
    }
    value
}

/// Hands what this unit has fetched to all units of the cube, rounded to the precision of operands, in a format that has it.
#[cube]
pub(crate) fn stage<E: Scalar>(
    fetched: &Array<Four>,
    staged: &mut Shared<[Vector<E, Const<4>>]>,
    #[comptime] share: Share,
    #[comptime] precision: Precision,
) {
    let across = comptime!(share.across());
    let beside = UNIT_POS as usize % across;
    let beyond = UNIT_POS as usize / across;
    #[unroll]
    for index in 0..comptime!(share.steps()) {
        let row = beyond + comptime!(index * share.stride());
        staged[row * comptime!(share.pitch()) + beside] =
            Vector::cast_from(rounded(fetched[index], precision));
    }
}
