//! Rows to the bytes of a Parquet file: equal rows, in any order, give equal bytes.
//!
//! Nothing of the clock, the host or the program's version goes into the file; rows are sorted by the table's columns
//! and, where these tie, by all others. Knows no path.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, Float32Array, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

use super::cell::{Cell, Kind};
use super::columns::{Column, Columns, Row, Table};
use super::error::TableError;
use super::schema::SCHEMA_VERSION;

/// Key of a file's metadata whose value is the table's name.
pub(super) const TABLE_KEY: &str = "gan_pipe.table";
/// Key of a file's metadata whose value is the version of the table's columns.
pub(super) const SCHEMA_VERSION_KEY: &str = "gan_pipe.schema_version";
/// Key of a column's metadata whose value is the unit of its numbers.
pub(super) const UNIT_KEY: &str = "unit";
/// Key of a column's metadata whose value is its definition.
pub(super) const DEFINITION_KEY: &str = "definition";

/// Writer that the files name: the format of the tables, not the version of the program.
const CREATED_BY: &str = "gan-pipe-tables version 1";
/// Rows that are columns in memory at one time.
const BATCH_ROWS: usize = 8192;

/// Returns the Parquet file of `rows`.
///
/// # Errors
/// `NotANumber` if a column that must have a value got NaN; `Encoding` if the Parquet writer refuses.
pub(super) fn encode<R: Row>(rows: &[R]) -> Result<Vec<u8>, TableError> {
    let table = R::table();
    let schema = Arc::new(arrow_schema(&table));
    let encoding = |source| TableError::Encoding {
        table: table.name,
        source,
    };
    let mut writer =
        ArrowWriter::try_new(Vec::new(), Arc::clone(&schema), Some(properties(&table))).map_err(encoding)?;
    let sorted = sorted(rows, &table);
    for (batch, rows) in sorted.chunks(BATCH_ROWS).enumerate() {
        let arrays = arrays(rows, &table, batch * BATCH_ROWS)?;
        let batch =
            RecordBatch::try_new(Arc::clone(&schema), arrays).map_err(|error| encoding(error.into()))?;
        writer.write(&batch).map_err(encoding)?;
    }
    writer.into_inner().map_err(encoding)
}

/// Returns the Arrow type of a column of `kind`.
pub(super) fn data_type(kind: Kind) -> DataType {
    match kind {
        Kind::Text => DataType::Utf8,
        Kind::Integer => DataType::Int64,
        Kind::Real => DataType::Float64,
        Kind::Single => DataType::Float32,
        Kind::Instant => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
    }
}

fn arrow_schema(table: &Table) -> Schema {
    let fields = table.columns.iter().map(|column| {
        Field::new(column.name, data_type(column.kind), column.nullable)
            .with_metadata([(UNIT_KEY, column.unit), (DEFINITION_KEY, column.definition)])
    });
    Schema::new(fields.collect::<Vec<_>>()).with_metadata(file_metadata(table))
}

fn file_metadata(table: &Table) -> [(String, String); 2] {
    [
        (TABLE_KEY.into(), table.name.into()),
        (SCHEMA_VERSION_KEY.into(), SCHEMA_VERSION.to_string()),
    ]
}

/// Returns how the file is written; its metadata repeats the schema's, for readers that know Parquet but not Arrow.
fn properties(table: &Table) -> WriterProperties {
    let metadata = file_metadata(table)
        .into_iter()
        .map(|(key, value)| KeyValue::new(key, value))
        .collect();
    WriterProperties::builder()
        .set_created_by(CREATED_BY.into())
        .set_compression(Compression::SNAPPY)
        .set_dictionary_enabled(true)
        .set_key_value_metadata(Some(metadata))
        .build()
}

/// Returns the rows in the table's order, which is total.
fn sorted<'a, R: Row>(rows: &'a [R], table: &Table) -> Vec<&'a R> {
    let keys: Vec<usize> = table
        .sorted_by
        .iter()
        .filter_map(|name| table.columns.iter().position(|column| column.name == *name))
        .collect();
    let mut sorted: Vec<&R> = rows.iter().collect();
    sorted.sort_by(|left, right| order(&left.cells(), &right.cells(), &keys));
    sorted
}

fn order(left: &[Cell<'_>], right: &[Cell<'_>], keys: &[usize]) -> Ordering {
    let by_keys = keys.iter().map(|&key| left[key].order(&right[key]));
    let by_all = left.iter().zip(right).map(|(left, right)| left.order(right));
    by_keys
        .chain(by_all)
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

/// Returns one array for each column; `first` is the number of the first row in the table.
fn arrays<C: Columns>(rows: &[&C], table: &Table, first: usize) -> Result<Vec<ArrayRef>, TableError> {
    let cells: Vec<Vec<Cell<'_>>> = rows.iter().map(|row| row.cells()).collect();
    let column_of = |(index, column): (usize, &Column)| {
        let cells: Vec<Cell<'_>> = cells.iter().map(|row| row[index]).collect();
        let missing = cells.iter().position(|cell| matches!(cell, Cell::Null));
        match missing {
            Some(row) if !column.nullable => Err(TableError::NotANumber {
                table: table.name,
                column: column.name,
                row: first + row,
            }),
            _ => Ok(array(&cells, column.kind)),
        }
    };
    table.columns.iter().enumerate().map(column_of).collect()
}

/// Collects the cells of one kind into an array; every other cell is null.
macro_rules! collect {
    ($cells:ident, $array:ty, $variant:ident, $value:ident => $element:expr) => {
        $cells
            .iter()
            .map(|cell| match *cell {
                Cell::$variant($value) => Some($element),
                _ => None,
            })
            .collect::<$array>()
    };
}

fn array(cells: &[Cell<'_>], kind: Kind) -> ArrayRef {
    match kind {
        Kind::Text => Arc::new(collect!(cells, StringArray, Text, text => text)),
        Kind::Integer => Arc::new(collect!(cells, Int64Array, Integer, number => number)),
        Kind::Real => Arc::new(collect!(cells, Float64Array, Real, number => number)),
        Kind::Single => Arc::new(collect!(cells, Float32Array, Single, number => number)),
        Kind::Instant => {
            let instants = collect!(cells, TimestampMicrosecondArray, Instant, instant => instant.0);
            Arc::new(instants.with_timezone("UTC"))
        }
    }
}
