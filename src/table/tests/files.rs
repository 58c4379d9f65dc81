//! Tables as files: what is written reads back, equal rows are equal bytes, and foreign files are refused.

use std::fmt::Debug;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::datatypes::Field;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::properties::WriterProperties;
use tempfile::TempDir;

use super::rows;
use crate::table::encode::encode;
use crate::table::{
    Columns, FileRow, Kind, LossRow, MetricRow, Player, Row, RunRow, StageRow, TableError, append_stages,
    read_file, read_stages, read_table, table_file, write_table,
};

/// Writes and reads `rows`, which must be in the table's order.
fn assert_round_trip<R: FileRow + PartialEq + Debug>(folder: &Path, rows: &[R]) {
    let written = write_table(folder, rows).unwrap();
    assert!(written.changed);
    assert_eq!(written.path, table_file::<R>(folder));
    assert!(
        read_table::<R>(folder).unwrap() == rows,
        "{} does not read back",
        R::table().name
    );
}

/// The folder named by `GAN_PIPE_KEEP_TABLES` keeps its files, so that readers in other languages can be tried on them.
#[test]
fn every_table_reads_back_as_it_was_written() {
    let temporary = TempDir::new().unwrap();
    let kept = std::env::var_os("GAN_PIPE_KEEP_TABLES").map(PathBuf::from);
    let folder = kept.as_deref().unwrap_or(temporary.path());
    assert_round_trip(folder, &rows::runs());
    assert_round_trip(folder, &rows::metrics());
    assert_round_trip(folder, &rows::losses());
    append_stages(folder, "first", rows::STARTED, &rows::stages("first")).unwrap();
    assert_eq!(read_stages(folder).unwrap(), rows::stages("first"));
}

#[test]
fn an_empty_table_reads_back_empty_with_all_its_columns() {
    let folder = TempDir::new().unwrap();
    let written = write_table::<MetricRow>(folder.path(), &[]).unwrap();
    assert!(read_table::<MetricRow>(folder.path()).unwrap().is_empty());
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(written.path).unwrap()).unwrap();
    assert_eq!(reader.schema().fields().len(), MetricRow::columns().len());
}

#[test]
fn the_order_of_the_input_does_not_change_a_byte() {
    let rows = rows::metrics();
    let bytes = encode(&rows).unwrap();
    let mut reversed = rows.clone();
    reversed.reverse();
    assert!(encode(&reversed).unwrap() == bytes);
    let mut rotated = rows;
    rotated.rotate_left(7);
    assert!(encode(&rotated).unwrap() == bytes);
}

#[test]
fn rows_that_tie_in_the_sorted_columns_still_have_one_order() {
    let first = rows::metric("none", 1, 500, "fid", Some(1.0));
    let second = rows::metric("none", 1, 500, "fid", Some(2.0));
    let bytes = encode(&[first.clone(), second.clone()]).unwrap();
    assert!(encode(&[second, first]).unwrap() == bytes);
}

#[test]
fn seeds_sort_as_numbers() {
    let folder = TempDir::new().unwrap();
    let at = |seed| rows::metric("none", seed, 500, "fid", Some(0.0));
    write_table(folder.path(), &[at(10), at(2), at(1)]).unwrap();
    let seeds: Vec<_> = read_table::<MetricRow>(folder.path())
        .unwrap()
        .iter()
        .map(|row| row.seed)
        .collect();
    assert_eq!(seeds, [1, 2, 10]);
}

#[test]
fn a_changed_value_changes_the_bytes() {
    let mut rows = rows::metrics();
    let before = encode(&rows).unwrap();
    rows[3].value = Some(0.5);
    assert!(encode(&rows).unwrap() != before);
}

#[test]
fn a_file_with_the_same_bytes_is_left_alone() {
    let folder = TempDir::new().unwrap();
    let path = write_table(folder.path(), &rows::runs()).unwrap().path;
    let earlier = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000);
    File::options()
        .append(true)
        .open(&path)
        .unwrap()
        .set_modified(earlier)
        .unwrap();
    assert!(!write_table(folder.path(), &rows::runs()).unwrap().changed);
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), earlier);
    assert!(write_table(folder.path(), &rows::runs()[1..]).unwrap().changed);
    assert_eq!(read_table::<RunRow>(folder.path()).unwrap(), &rows::runs()[1..]);
}

#[test]
fn writing_leaves_no_temporary_file_behind() {
    let folder = TempDir::new().unwrap();
    write_table(folder.path(), &rows::runs()).unwrap();
    write_table(folder.path(), &rows::metrics()).unwrap();
    let mut names: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["metrics.parquet", "runs.parquet"]);
}

#[cfg(unix)]
#[test]
fn a_table_has_the_permissions_of_any_new_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("plain"), "").unwrap();
    let path = write_table(folder.path(), &rows::runs()).unwrap().path;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&path), mode(&folder.path().join("plain")));
}

#[test]
fn a_folder_that_cannot_be_written_is_named_with_a_hint() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("occupied");
    fs::write(&file, "not a folder").unwrap();
    let results = file.join("results");
    let error = write_table(&results, &rows::runs()).unwrap_err();
    assert!(matches!(error, TableError::Unwritable { table: "runs", .. }));
    assert!(
        error
            .to_string()
            .contains(&results.join("runs.parquet").display().to_string()),
        "{error}"
    );
    assert!(error.hint().contains("--out"));
    let error = append_stages(&results, "first", rows::STARTED, &rows::stages("first")).unwrap_err();
    assert!(matches!(error, TableError::Unwritable { table: "stages", .. }));
}

#[test]
fn not_a_number_becomes_null_where_the_column_allows_it() {
    let folder = TempDir::new().unwrap();
    write_table(
        folder.path(),
        &[rows::metric("none", 1, 500, "fid", Some(f64::NAN))],
    )
    .unwrap();
    assert_eq!(read_table::<MetricRow>(folder.path()).unwrap()[0].value, None);
}

#[test]
fn not_a_number_is_refused_where_a_value_must_be() {
    let mut runs = rows::runs();
    runs[2].discriminator_learning.learning_rate = f64::NAN;
    let error = encode(&runs).unwrap_err();
    assert_eq!(
        error.to_string(),
        "table \"runs\": column \"learning_rate\" of row 2 is not a number"
    );
}

#[test]
fn the_file_says_what_it_is_and_what_its_columns_mean() {
    let folder = TempDir::new().unwrap();
    let path = write_table(folder.path(), &rows::losses()).unwrap().path;
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
    let file = reader.metadata().file_metadata();
    assert_eq!(file.created_by(), Some("gan-pipe-tables version 1"));
    let pairs = file.key_value_metadata().unwrap();
    let value = |key: &str| {
        pairs
            .iter()
            .find(|pair| pair.key == key)
            .and_then(|pair| pair.value.as_deref())
    };
    assert_eq!(value("gan_pipe.table"), Some("losses"));
    assert_eq!(value("gan_pipe.schema_version"), Some("1"));
    for (field, column) in reader.schema().fields().iter().zip(LossRow::columns()) {
        assert_eq!(field.name(), column.name);
        assert_eq!(field.is_nullable(), column.nullable);
        assert_eq!(
            field.metadata().get("unit").map(String::as_str),
            Some(column.unit)
        );
        assert_eq!(
            field.metadata().get("definition").map(String::as_str),
            Some(column.definition)
        );
    }
}

#[test]
fn text_columns_are_dictionary_encoded_and_all_columns_compressed() {
    use parquet::basic::Compression;
    let folder = TempDir::new().unwrap();
    let path = write_table(folder.path(), &rows::losses()).unwrap().path;
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
    for (chunk, column) in reader
        .metadata()
        .row_group(0)
        .columns()
        .iter()
        .zip(LossRow::columns())
    {
        assert_eq!(chunk.compression(), Compression::SNAPPY);
        if column.kind == Kind::Text {
            assert!(chunk.dictionary_page_offset().is_some(), "{}", column.name);
        }
    }
}

#[test]
fn two_builds_of_one_moment_and_name_keep_both_files_and_names_sort_by_time() {
    let folder = TempDir::new().unwrap();
    let add = |attempt: &str, micros: i64| {
        let started = crate::table::Timestamp(rows::STARTED.0 + micros);
        append_stages(folder.path(), attempt, started, &rows::stages(attempt))
            .unwrap()
            .unwrap()
    };
    let paths = [add("b", 0), add("b", 0), add("a", 1)];
    let names = paths.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned());
    let expected = [
        "2026-01-31T12-00-00-000000Z-b.parquet",
        "2026-01-31T12-00-00-000000Z-b-2.parquet",
        "2026-01-31T12-00-00-000001Z-a.parquet",
    ];
    assert_eq!(names, expected);
    let attempts: Vec<_> = read_stages(folder.path())
        .unwrap()
        .into_iter()
        .map(|row| row.attempt)
        .collect();
    let last = attempts.len() - 1;
    assert_eq!(attempts.len(), 3 * rows::stages("a").len());
    assert_eq!((attempts[0].as_str(), attempts[last].as_str()), ("b", "a"));
}

#[test]
fn a_build_without_stages_adds_no_file_and_no_builds_are_no_rows() {
    let folder = TempDir::new().unwrap();
    assert_eq!(
        append_stages(folder.path(), "first", rows::STARTED, &[]).unwrap(),
        None
    );
    assert_eq!(read_stages(folder.path()).unwrap(), []);
}

#[test]
fn the_name_of_a_build_cannot_leave_the_folder() {
    let folder = TempDir::new().unwrap();
    for attempt in ["../up", "", "a b", "ä"] {
        let error = append_stages(folder.path(), attempt, rows::STARTED, &rows::stages("x")).unwrap_err();
        assert!(matches!(error, TableError::AttemptName { .. }), "{attempt}");
    }
}

#[test]
fn an_absent_table_is_unreadable_with_its_path() {
    let folder = TempDir::new().unwrap();
    let error = read_table::<RunRow>(folder.path()).unwrap_err();
    assert!(matches!(error, TableError::Unreadable { table: "runs", .. }));
    assert!(error.to_string().ends_with("runs.parquet"), "{error}");
}

#[test]
fn a_damaged_file_and_a_file_of_another_table_are_refused() {
    let folder = TempDir::new().unwrap();
    let path = write_table(folder.path(), &rows::runs()).unwrap().path;
    let error = read_file::<MetricRow>(&path).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("holds table \"runs\"; expected table \"metrics\""),
        "{error}"
    );
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    assert!(matches!(
        read_file::<RunRow>(&path),
        Err(TableError::NotParquet { .. })
    ));
    fs::write(&path, "study,run\n").unwrap();
    assert!(matches!(
        read_file::<RunRow>(&path),
        Err(TableError::NotParquet { .. })
    ));
}

/// Writes a file with one text column and the given metadata.
fn foreign_file(folder: &Path, metadata: &[(&str, &str)]) -> PathBuf {
    use arrow::array::{ArrayRef, RecordBatch, StringArray};
    use parquet::file::metadata::KeyValue;
    let pairs = metadata
        .iter()
        .map(|(key, value)| KeyValue::new((*key).into(), (*value).to_owned()))
        .collect();
    let properties = WriterProperties::builder()
        .set_key_value_metadata(Some(pairs))
        .build();
    let array: ArrayRef = Arc::new(StringArray::from(vec!["seven"]));
    let batch = RecordBatch::try_from_iter([
        ("study", array.clone()),
        ("run", array.clone()),
        ("setting", array.clone()),
        ("seed", array),
    ])
    .unwrap();
    let path = folder.join("losses.parquet");
    let file = File::create(&path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    path
}

#[test]
fn a_parquet_file_of_somebody_else_is_refused() {
    let folder = TempDir::new().unwrap();
    foreign_file(folder.path(), &[]);
    let error = read_table::<LossRow>(folder.path()).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("holds no table of gan-pipe; expected table \"losses\""),
        "{error}"
    );
}

#[test]
fn a_table_of_another_version_is_refused() {
    let folder = TempDir::new().unwrap();
    foreign_file(
        folder.path(),
        &[("gan_pipe.table", "losses"), ("gan_pipe.schema_version", "99")],
    );
    let error = read_table::<LossRow>(folder.path()).unwrap_err();
    assert!(
        error.to_string().ends_with("has table version 99; expected 1"),
        "{error}"
    );
}

#[test]
fn a_column_of_another_type_is_refused_by_name() {
    let folder = TempDir::new().unwrap();
    foreign_file(
        folder.path(),
        &[("gan_pipe.table", "losses"), ("gan_pipe.schema_version", "1")],
    );
    let error = read_table::<LossRow>(folder.path()).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("column \"seed\" is Utf8; expected int64"),
        "{error}"
    );
}

crate::table::columns::columns! {
    /// A loss row whose player can be any word, to write what the real one cannot.
    struct AnyPlayer {
        /// Name of the study.
        pub study: String,
        /// Name of the run.
        pub run: String,
        /// Name of the setting.
        pub setting: String,
        /// Seed of the run.
        pub seed: i64,
        /// Step.
        pub step: i64,
        /// Any word.
        pub player: String,
        /// Value.
        pub value: f32,
    }
}

impl Row for AnyPlayer {
    fn table() -> crate::table::Table {
        crate::table::Table {
            columns: Self::columns(),
            ..LossRow::table()
        }
    }
}

impl FileRow for AnyPlayer {}

#[test]
fn a_word_that_the_column_does_not_know_is_refused_with_its_row() {
    let folder = TempDir::new().unwrap();
    let row = |step, player: Player| AnyPlayer {
        study: "s".into(),
        run: "r".into(),
        setting: "t".into(),
        seed: 1,
        step,
        player: if step == 3 {
            "critic".into()
        } else {
            player.as_str().into()
        },
        value: 1.0,
    };
    write_table(folder.path(), &[1, 2, 3].map(|step| row(step, Player::Generator))).unwrap();
    let error = read_table::<LossRow>(folder.path()).unwrap_err();
    let expected = "column \"player\" of row 2 holds a value that it cannot have: \"critic\"";
    assert!(error.to_string().ends_with(expected), "{error}");
    assert!(read_table::<AnyPlayer>(folder.path()).is_ok());
}

#[test]
fn stages_refuse_a_file_of_another_table_in_their_folder() {
    let folder = TempDir::new().unwrap();
    let losses = write_table(folder.path(), &rows::losses()).unwrap().path;
    let stages = folder.path().join(StageRow::table().name);
    fs::create_dir(&stages).unwrap();
    fs::copy(losses, stages.join("x.parquet")).unwrap();
    assert!(matches!(
        read_stages(folder.path()),
        Err(TableError::Foreign { .. })
    ));
}

/// The file without these columns, as a version wrote it that did not know them.
fn without(path: &Path, columns: &[&str]) {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
    let pairs = reader.metadata().file_metadata().key_value_metadata().cloned();
    let properties = WriterProperties::builder().set_key_value_metadata(pairs).build();
    let batch = reader.build().unwrap().map(Result::unwrap).next().unwrap();
    let known = |(_, field): &(usize, &Arc<Field>)| !columns.contains(&field.name().as_str());
    let schema = batch.schema();
    let kept = schema.fields().iter().enumerate().filter(known);
    let batch = batch
        .project(&kept.map(|(index, _)| index).collect::<Vec<_>>())
        .unwrap();
    let file = File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

#[test]
fn stages_of_an_earlier_version_have_null_for_what_it_did_not_count() {
    let folder = TempDir::new().unwrap();
    let path = append_stages(folder.path(), "first", rows::STARTED, &rows::stages("first"))
        .unwrap()
        .unwrap();
    without(
        &path,
        &["kernel_launches", "host_operations", "peak_device_memory_bytes"],
    );
    let earlier = rows::stages("first").into_iter().map(|row| StageRow {
        kernel_launches: None,
        host_operations: None,
        peak_device_memory_bytes: None,
        ..row
    });
    assert_eq!(read_stages(folder.path()).unwrap(), earlier.collect::<Vec<_>>());
    without(&path, &["threads"]);
    assert!(
        read_stages(folder.path()).is_err(),
        "a column that is never null is missing"
    );
}
