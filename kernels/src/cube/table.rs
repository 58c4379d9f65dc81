//! Tables of numbers that tell each cube of a launch which array of a list it works on, and where.
//!
//! A row is an array; one of its entries is the first cube that works on it, which grows from row to row. Tables are
//! small, and training asks for the same ones in every step, so a device keeps those it was given.

#![expect(unsafe_code, reason = "a kernel argument states its own length")]

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use cubecl::prelude::*;
use cubecl::server::Handle;

use super::device::CubeDevice;

/// Tables that a device keeps at a time; training needs about twenty.
const MOST_KEPT: usize = 256;

/// The tables that a device was given, by their contents.
#[derive(Default)]
pub(super) struct Tables(Mutex<HashMap<Vec<u32>, Handle>>);

/// A table on a device.
pub(crate) struct Table {
    handle: Handle,
    entries: usize,
    rows: usize,
}

impl Table {
    /// A table with these rows, of which there is at least one.
    ///
    /// # Panics
    /// When an entry is 2^32 or more, which no place in a buffer is.
    pub(crate) fn new<const COLUMNS: usize>(device: &CubeDevice, rows: &[[usize; COLUMNS]]) -> Self {
        let small = |entry: &usize| u32::try_from(*entry).expect("buffers have fewer than 2^32 values");
        let entries: Vec<u32> = rows.as_flattened().iter().map(small).collect();
        let count = entries.len();
        let mut kept = device.tables().0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST_KEPT && !kept.contains_key(&entries) {
            kept.clear();
        }
        let handle = kept
            .entry(entries)
            .or_insert_with_key(|entries| device.client().create_from_slice(u32::as_bytes(entries)));
        Self {
            handle: handle.clone(),
            entries: count,
            rows: rows.len(),
        }
    }

    /// The kernel argument for all entries, row by row.
    pub(crate) fn argument(&self) -> BufferArg {
        // SAFETY: the handle was made from as many entries.
        unsafe { BufferArg::from_raw_parts(self.handle.clone(), self.entries) }
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }
}

/// An entry of a table that has `columns` columns.
#[cube]
pub(crate) fn entry(
    table: &[u32],
    row: usize,
    #[comptime] column: usize,
    #[comptime] columns: usize,
) -> usize {
    table[row * columns + column] as usize
}

/// The row of the array that a cube works on: the last one whose entry in `column`, its first cube, is not after it.
///
/// A cube beyond the last array's gets the last row.
#[cube]
pub(crate) fn row_of(
    table: &[u32],
    rows: usize,
    cube: usize,
    #[comptime] column: usize,
    #[comptime] columns: usize,
) -> usize {
    let mut row = 0;
    let mut beyond = rows;
    while beyond - row > 1 {
        let middle = (row + beyond) / 2;
        if entry(table, middle, column, columns) <= cube {
            row = middle;
        } else {
            beyond = middle;
        }
    }
    row
}
