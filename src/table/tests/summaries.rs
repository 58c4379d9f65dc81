//! Means over seeds against numbers worked out by hand, and rows that must not be put together.

use super::rows::{metric, metrics};
use crate::table::{
    Cell, Cells, Columns, Grid, Kind, MetricRow, Protocol, SummaryError, check_comparable, summarize,
};

#[test]
fn mean_and_standard_deviation_are_those_worked_out_by_hand() {
    // Values 2, 4, 9: mean 5, squares 9 + 1 + 16 = 26, 26 / 2 = 13.
    let rows =
        [(1, 2.0), (2, 4.0), (3, 9.0)].map(|(seed, value)| metric("none", seed, 500, "fid", Some(value)));
    let summaries = summarize(&rows).unwrap();
    assert_eq!(summaries.len(), 1);
    assert_eq!(summaries[0].mean, Some(5.0));
    assert_eq!(summaries[0].standard_deviation, Some(13.0_f64.sqrt()));
    assert_eq!((summaries[0].count, summaries[0].missing), (3, 0));
}

#[test]
fn only_the_last_step_counts_and_seeds_that_did_not_reach_it_are_left_out() {
    let rows = metrics();
    let summaries = summarize(&rows).unwrap();
    let names: Vec<_> = summaries
        .iter()
        .map(|s| (s.setting.as_str(), s.metric.as_str(), s.step))
        .collect();
    let expected = [
        ("none", "fid", 1000),
        ("none", "ms-ssim", 1000),
        ("spectral", "fid", 1000),
        ("spectral", "ms-ssim", 1000),
    ];
    assert_eq!(names, expected);
    // Seeds 1 and 2 reached step 1000 with 38.125 and 38.25.
    assert_eq!((summaries[0].mean, summaries[0].count), (Some(38.1875), 2));
}

#[test]
fn a_seed_without_a_value_is_counted_apart() {
    let summaries = summarize(&metrics()).unwrap();
    let similarity = &summaries[1];
    assert_eq!((similarity.count, similarity.missing), (1, 1));
    assert_eq!(
        (similarity.mean, similarity.standard_deviation),
        (Some(0.25), None)
    );
    let nothing = summarize(&[metric("none", 1, 500, "fid", None)]).unwrap();
    assert_eq!(
        (nothing[0].mean, nothing[0].count, nothing[0].missing),
        (None, 0, 1)
    );
}

#[test]
fn the_order_of_the_rows_does_not_change_a_bit() {
    let mut rows = Vec::from([0.1, 0.7, 1e9, -1e9, 0.3].map(Some));
    rows.push(Some(1.0 / 3.0));
    let mut rows: Vec<_> = rows
        .into_iter()
        .enumerate()
        .map(|(seed, value)| metric("none", seed as i64, 1, "kid", value))
        .collect();
    let summaries = summarize(&rows).unwrap();
    rows.reverse();
    assert_eq!(summarize(&rows).unwrap(), summaries);
    rows.swap(0, 3);
    assert_eq!(summarize(&rows).unwrap(), summaries);
}

#[test]
fn seeds_measured_by_two_protocols_are_refused_by_the_name_of_the_field() {
    let mut rows = [
        metric("none", 1, 500, "fid", Some(1.0)),
        metric("none", 2, 500, "fid", Some(2.0)),
    ];
    rows[1].protocol.n_samples = 5000;
    let error = summarize(&rows).unwrap_err();
    let expected = "metric \"fid\" was measured in two ways: n_samples is 10000 in \"none/seed-1\" and 5000 in \
                    \"none/seed-2\"";
    assert_eq!(error.to_string(), expected);
    assert!(error.hint().contains("WHERE"));
    rows[1].protocol = rows[0].protocol.clone();
    rows[1].protocol.extractor_digest = None;
    let error = summarize(&rows).unwrap_err();
    let SummaryError::MixedProtocols { field, both, .. } = error else {
        panic!("{error}")
    };
    assert_eq!((field, both[1].value.as_str()), ("extractor_digest", "absent"));
}

#[test]
fn runs_of_two_conventions_are_not_averaged() {
    let mut rows = [
        metric("none", 1, 500, "fid", Some(1.0)),
        metric("none", 2, 500, "fid", Some(2.0)),
    ];
    rows[1].convention = "miyato".into();
    assert!(matches!(
        summarize(&rows),
        Err(SummaryError::MixedProtocols {
            field: "convention",
            ..
        })
    ));
}

#[test]
fn other_protocols_at_earlier_steps_or_of_other_metrics_do_not_matter() {
    let mut early = metric("none", 1, 500, "fid", Some(9.0));
    early.protocol.n_samples = 1000;
    let mut other = metric("none", 1, 1000, "kid", Some(0.1));
    other.protocol.estimator = "unbiased".into();
    let rows = [early, other, metric("none", 1, 1000, "fid", Some(1.0))];
    assert_eq!(summarize(&rows).unwrap().len(), 2);
}

#[test]
fn settings_measured_by_two_protocols_are_not_compared() {
    let mut rows = [
        metric("none", 1, 500, "fid", Some(1.0)),
        metric("spectral", 1, 500, "fid", Some(2.0)),
    ];
    check_comparable(&summarize(&rows).unwrap()).unwrap();
    rows[1].protocol.split = "train".into();
    let error = check_comparable(&summarize(&rows).unwrap()).unwrap_err();
    let expected =
        "metric \"fid\" was measured in two ways: split is test in \"none\" and train in \"spectral\"";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_seed_that_stands_in_two_rows_is_refused() {
    let row = metric("none", 1, 500, "fid", Some(1.0));
    let error = summarize(&[row.clone(), row]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "metric \"fid\" of run \"none/seed-1\" at step 500 stands in two rows"
    );
}

#[test]
fn a_summary_can_be_shown_like_any_table() {
    let summaries = summarize(&metrics()).unwrap();
    let columns = ["setting", "metric", "mean", "standard_deviation", "count"];
    let text = Grid::new(&summaries[..2]).select(&columns).unwrap().text();
    let expected = "\
setting  metric      mean  standard_deviation  count
-------  -------  -------  ------------------  -----
none     fid      38.1875           0.0883883      2
none     ms-ssim     0.25                   -      1
";
    assert_eq!(text, expected);
}

/// A value that differs from the one of a cell, of the same kind.
fn another<'c>(cell: Cell<'c>, kind: Kind) -> Cell<'c> {
    match (cell, kind) {
        (Cell::Null, Kind::Text) => Cell::Text("another"),
        (Cell::Null, Kind::Integer) => Cell::Integer(7),
        (Cell::Null, _) => Cell::Real(7.0),
        (Cell::Text(_), _) => Cell::Text("another"),
        (Cell::Integer(value), _) => Cell::Integer(value + 1),
        (Cell::Real(value), _) => Cell::Real(value + 1.0),
        (other, _) => panic!("no protocol has {other:?}"),
    }
}

#[test]
fn a_difference_in_any_column_of_the_protocol_is_refused_by_its_name() {
    for (index, column) in Protocol::columns().iter().enumerate() {
        let rows = [
            metric("none", 1, 500, "fid", Some(1.0)),
            metric("none", 2, 500, "fid", Some(2.0)),
        ];
        let mut cells = rows[1].protocol.cells();
        cells[index] = another(cells[index], column.kind);
        let protocol = Protocol::take_cells(&mut Cells::new(cells)).unwrap();
        let differing = MetricRow {
            protocol,
            ..rows[1].clone()
        };
        let of_seeds = summarize(&[rows[0].clone(), differing.clone()]).unwrap_err();
        let other_setting = MetricRow {
            setting: "spectral".into(),
            ..differing
        };
        let of_settings =
            check_comparable(&summarize(&[rows[0].clone(), other_setting]).unwrap()).unwrap_err();
        for error in [of_seeds, of_settings] {
            let SummaryError::MixedProtocols { field, .. } = error else {
                panic!("{error}")
            };
            assert_eq!(field, column.name);
        }
    }
}
