//! Reads tables back into rows, and refuses files that are not what they should be.
//!
//! Columns are found by name; a column that the definition does not have is passed over. Knows no stage and no store.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use arrow::array::{
    Array, AsArray, Float32Array, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::{Float32Type, Float64Type, Int64Type, TimestampMicrosecondType};
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::errors::ParquetError;

use super::cell::{Cell, Kind, Timestamp};
use super::columns::{Cells, Column, FileRow, Row, Table};
use super::encode::{SCHEMA_VERSION_KEY, TABLE_KEY, data_type};
use super::error::TableError;
use super::schema::{SCHEMA_VERSION, StageRow};
use super::write::table_file;

/// Returns the rows of a table that is one file, in the order of the file.
///
/// # Errors
/// `Unreadable` if the file is absent or cannot be read; `NotParquet`, `Foreign`, `SchemaVersion`, `Column` or `Value`
/// if it is not a table of this kind.
pub fn read_table<R: FileRow>(folder: &Path) -> Result<Vec<R>, TableError> {
    read_file(&table_file::<R>(folder))
}

/// Returns the stages of every build in the results folder, oldest build first; none if nothing was ever built.
///
/// # Errors
/// As [`read_table`], for the first file that is not one of stages.
pub fn read_stages(folder: &Path) -> Result<Vec<StageRow>, TableError> {
    let stages = folder.join(StageRow::table().name);
    let files = match parquet_files(&stages) {
        Ok(files) => files,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(unreadable::<StageRow>(&stages, source)),
    };
    let mut rows = Vec::new();
    for file in files {
        rows.extend(read_file::<StageRow>(&file)?);
    }
    Ok(rows)
}

/// Returns the rows of one file, in its order.
///
/// # Errors
/// As [`read_table`].
pub fn read_file<R: Row>(path: &Path) -> Result<Vec<R>, TableError> {
    let file = File::open(path).map_err(|source| unreadable::<R>(path, source))?;
    let source = Source {
        path,
        table: R::table(),
    };
    let reader = source.open(file)?;
    let mut rows = Vec::new();
    for batch in reader {
        let batch = batch.map_err(|error| source.not_parquet(error.into()))?;
        source.append_rows(&batch, &mut rows)?;
    }
    Ok(rows)
}

fn parquet_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "parquet") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn unreadable<R: Row>(path: &Path, source: io::Error) -> TableError {
    TableError::Unreadable {
        table: R::table().name,
        path: path.to_owned(),
        source,
    }
}

/// A file and the table that it should hold.
struct Source<'a> {
    path: &'a Path,
    table: Table,
}

impl Source<'_> {
    /// Reads the file's metadata and refuses a file that does not say that it is this table.
    fn open(&self, file: File) -> Result<ParquetRecordBatchReader, TableError> {
        let builder =
            ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| self.not_parquet(error))?;
        let pairs = builder.metadata().file_metadata().key_value_metadata();
        let value = |key: &str| {
            let pair = pairs.and_then(|pairs| pairs.iter().find(|pair| pair.key == key));
            pair.and_then(|pair| pair.value.clone())
        };
        match value(TABLE_KEY) {
            Some(name) if name == self.table.name => {}
            Some(name) => return Err(self.foreign(format!("table \"{name}\""))),
            None => return Err(self.foreign("no table of gan-pipe".into())),
        }
        let version = value(SCHEMA_VERSION_KEY).unwrap_or_else(|| "none".into());
        if version != SCHEMA_VERSION.to_string() {
            let path = self.path.to_owned();
            return Err(TableError::SchemaVersion {
                path,
                expected: SCHEMA_VERSION,
                found: version,
            });
        }
        builder.build().map_err(|error| self.not_parquet(error))
    }

    fn append_rows<R: Row>(&self, batch: &RecordBatch, rows: &mut Vec<R>) -> Result<(), TableError> {
        let columns = self.columns(batch)?;
        rows.reserve(batch.num_rows());
        for row in 0..batch.num_rows() {
            let mut cells = Cells::new(columns.iter().map(|column| column.cell(row)).collect());
            let value = R::take_cells(&mut cells);
            rows.push(value.ok_or_else(|| self.value_error(&columns, &cells, row, rows.len()))?);
        }
        Ok(())
    }

    /// Returns the table's columns in the batch, in the order of the definition.
    fn columns<'b>(&self, batch: &'b RecordBatch) -> Result<Vec<View<'b>>, TableError> {
        let view = |column: &Column| match batch.column_by_name(column.name) {
            Some(array) if *array.data_type() == data_type(column.kind) => Ok(View::new(array, column.kind)),
            Some(array) => Err(self.column_error(column, array.data_type().to_string())),
            // Files of `stages/` cannot be made again: an earlier version wrote fewer columns.
            None if column.nullable => Ok(View::Absent),
            None => Err(self.column_error(column, "absent".into())),
        };
        self.table.columns.iter().map(view).collect()
    }

    fn not_parquet(&self, source: ParquetError) -> TableError {
        TableError::NotParquet {
            path: self.path.to_owned(),
            table: self.table.name,
            source,
        }
    }

    fn foreign(&self, found: String) -> TableError {
        TableError::Foreign {
            path: self.path.to_owned(),
            table: self.table.name,
            found,
        }
    }

    fn column_error(&self, column: &Column, found: String) -> TableError {
        TableError::Column {
            path: self.path.to_owned(),
            column: column.name,
            expected: column.kind,
            found,
        }
    }

    /// Names the last taken cell, which is the one that did not fit; `row` counts in the batch, `number` in the file.
    fn value_error(&self, columns: &[View<'_>], cells: &Cells<'_>, row: usize, number: usize) -> TableError {
        let index = cells.taken().saturating_sub(1).min(columns.len() - 1);
        let found = match columns[index].cell(row) {
            Cell::Null => "no value".into(),
            cell => format!("\"{cell}\""),
        };
        TableError::Value {
            path: self.path.to_owned(),
            column: self.table.columns[index].name,
            row: number,
            found,
        }
    }
}

/// One column of a batch, with its type known.
enum View<'a> {
    Text(&'a StringArray),
    Integer(&'a Int64Array),
    Real(&'a Float64Array),
    Single(&'a Float32Array),
    Instant(&'a TimestampMicrosecondArray),
    /// Null in every row.
    Absent,
}

impl<'a> View<'a> {
    /// Views an array whose type is that of `kind`.
    fn new(array: &'a dyn Array, kind: Kind) -> Self {
        match kind {
            Kind::Text => Self::Text(array.as_string()),
            Kind::Integer => Self::Integer(array.as_primitive::<Int64Type>()),
            Kind::Real => Self::Real(array.as_primitive::<Float64Type>()),
            Kind::Single => Self::Single(array.as_primitive::<Float32Type>()),
            Kind::Instant => Self::Instant(array.as_primitive::<TimestampMicrosecondType>()),
        }
    }

    fn cell(&self, row: usize) -> Cell<'a> {
        match self {
            Self::Text(array) if array.is_valid(row) => Cell::Text(array.value(row)),
            Self::Integer(array) if array.is_valid(row) => Cell::Integer(array.value(row)),
            Self::Real(array) if array.is_valid(row) => Cell::Real(array.value(row)),
            Self::Single(array) if array.is_valid(row) => Cell::Single(array.value(row)),
            Self::Instant(array) if array.is_valid(row) => Cell::Instant(Timestamp(array.value(row))),
            _ => Cell::Null,
        }
    }
}
