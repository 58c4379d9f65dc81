//! Numbers, times and counts in words, and which name is meant by a misspelt one. Pure; prints nothing.

/// A duration for people: `0.04 s`, `12.3 s`, `3 min 05 s`, `2 h 07 min`, `30 days`.
pub(super) fn duration(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    match whole {
        _ if seconds < 9.95 => format!("{:.2} s", seconds.max(0.0)),
        _ if seconds < 59.95 => format!("{seconds:.1} s"),
        0..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        3600..864_000 => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
        _ => format!("{} days", whole / 86_400),
    }
}

/// A count with its noun: `1 run`, `2 runs`, `3 entries`, `4 days`.
pub(super) fn count(number: usize, noun: &str) -> String {
    let stem = noun
        .strip_suffix('y')
        .filter(|stem| !stem.ends_with(['a', 'e', 'o', 'u']));
    match (number, stem) {
        (1, _) => format!("{number} {noun}"),
        (_, Some(stem)) => format!("{number} {stem}ies"),
        (_, None) => format!("{number} {noun}s"),
    }
}

/// A length for people, in units of 1024: `0 B`, `12.3 KiB`, `1.50 GiB`.
pub(super) fn bytes(number: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if number < 1024 {
        return format!("{number} B");
    }
    let mut size = number as f64 / 1024.0;
    let mut unit = 0;
    // What would be shown as 1024 of a unit is 1.00 of the next.
    while size >= 1023.5 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    let decimals = match size {
        ..9.995 => 2,
        ..99.95 => 1,
        _ => 0,
    };
    format!("{size:.decimals$} {}", UNITS[unit])
}

/// A number with four significant digits, or all of a larger whole part: `0.01234`, `12.34`, `12345`.
pub(super) fn significant(number: f64) -> String {
    if number == 0.0 || !number.is_finite() {
        return number.to_string();
    }
    let magnitude = number.abs().log10().floor();
    if magnitude < -4.0 {
        return format!("{number:.3e}");
    }
    let decimals = (3.0 - magnitude).max(0.0) as usize;
    format!("{number:.decimals$}")
}

/// A speed: `40.1 steps/s`, or per minute where it is slow.
pub(super) fn speed(per_second: f64, unit: &str) -> String {
    if per_second >= 1.0 {
        format!("{per_second:.1} {unit}/s")
    } else {
        format!("{:.1} {unit}/min", per_second * 60.0)
    }
}

/// A whole number with its digits in groups of three: `13,786,115`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Rows as aligned columns, two spaces between; the first column to the left, the others to the right.
pub(super) fn columns(rows: &[Vec<String>]) -> String {
    columns_after(1, rows)
}

/// Rows as aligned columns, two spaces between; the first `words` columns to the left, the others to the right.
pub(super) fn columns_after(words: usize, rows: &[Vec<String>]) -> String {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |index: usize| {
        let cells = rows.iter().filter_map(|row| row.get(index));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..count).map(width).collect();
    let cell = |(index, (cell, &width)): (usize, (&String, &usize))| match index < words {
        true => format!("{cell:<width$}"),
        false => format!("{cell:>width$}"),
    };
    let line = |row: &Vec<String>| {
        let cells: Vec<String> = row.iter().zip(&widths).enumerate().map(cell).collect();
        format!("{}\n", cells.join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

/// A message without the name of the temporary file at its end, which tells nobody anything: what the file was to
/// become is named before.
pub(super) fn without_temporary(message: &str) -> String {
    let whole = message.split_once(" at path \"");
    whole.map_or(message, |(message, _)| message).to_owned()
}

/// The name most like the word, if any is like it at all.
pub(super) fn nearest<'n>(word: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let far = (word.chars().count() / 3).clamp(1, 6);
    names
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(word, name), name))
        .filter(|(distance, _)| *distance <= far)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_say_them() {
        let texts = [-1.0, 0.041, 9.99, 59.96, 185.2, 7620.0, 863_940.0, 2_600_000.0].map(duration);
        assert_eq!(
            texts,
            [
                "0.00 s",
                "0.04 s",
                "10.0 s",
                "1 min 00 s",
                "3 min 05 s",
                "2 h 07 min",
                "239 h 59 min",
                "30 days"
            ]
        );
    }

    #[test]
    fn numbers_keep_four_significant_digits() {
        let texts = [0.0, 0.012_341, -12.344, 12_345.6, 3.1e-7, 999.96].map(significant);
        assert_eq!(texts, ["0", "0.01234", "-12.34", "12346", "3.100e-7", "1000.0"]);
    }

    #[test]
    fn lengths_have_three_digits_and_the_unit_that_fits() {
        let texts = [0, 1023, 1536, 12_595, 1_048_575, 999 << 20, 3 << 29].map(bytes);
        assert_eq!(
            texts,
            [
                "0 B", "1023 B", "1.50 KiB", "12.3 KiB", "1.00 MiB", "999 MiB", "1.50 GiB"
            ]
        );
    }

    #[test]
    fn nouns_have_their_plural() {
        let texts = [(1, "entry"), (0, "entry"), (2, "history"), (3, "day"), (2, "run")]
            .map(|(n, noun)| count(n, noun));
        assert_eq!(texts, ["1 entry", "0 entries", "2 histories", "3 days", "2 runs"]);
    }

    #[test]
    fn slow_work_is_counted_by_the_minute() {
        assert_eq!(speed(40.06, "steps"), "40.1 steps/s");
        assert_eq!(speed(0.25, "steps"), "15.0 steps/min");
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["setting", "fid"], ["none", "±1"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(columns(&rows), "setting  fid\nnone      ±1\n");
    }

    #[test]
    fn the_name_of_a_temporary_file_is_left_out() {
        let message = "No space left on device (os error 28) at path \"cache/tmp/x7Gq\"";
        assert_eq!(
            without_temporary(message),
            "No space left on device (os error 28)"
        );
        assert_eq!(without_temporary("cannot write runs"), "cannot write runs");
    }

    #[test]
    fn a_misspelt_name_finds_the_nearest_and_a_strange_one_none() {
        assert_eq!(nearest("clasifier", ["data", "classifier"]), Some("classifier"));
        assert_eq!(nearest("optimizer", ["data", "classifier"]), None);
    }
}
