//! Rows as text for people and as CSV for programs; returns strings and prints nothing.
//!
//! Text rounds numbers to six significant digits; CSV keeps the shortest text that reads back as the same number.

use super::cell::{Cell, Kind};
use super::columns::{Column, Columns};

/// Rows and columns ready to be shown.
#[derive(Clone, Debug)]
pub struct Grid<'a> {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell<'a>>>,
}

/// A column that was asked for and does not exist.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no column \"{name}\"; the columns are {}", known.join(", "))]
pub struct UnknownColumn {
    /// Name that was asked for.
    pub name: String,
    /// Names that there are.
    pub known: Vec<&'static str>,
}

impl<'a> Grid<'a> {
    /// Takes all columns of `rows`, which keep their order.
    pub fn new<C: Columns>(rows: &'a [C]) -> Self {
        Self {
            columns: C::columns(),
            rows: rows.iter().map(Columns::cells).collect(),
        }
    }

    /// Keeps the named columns, in the order of `names`.
    ///
    /// # Errors
    /// The first name that is not a column's.
    pub fn select(self, names: &[impl AsRef<str>]) -> Result<Self, UnknownColumn> {
        let position = |name: &str| {
            let found = self.columns.iter().position(|column| column.name == name);
            let known = || self.columns.iter().map(|column| column.name).collect();
            found.ok_or_else(|| UnknownColumn {
                name: name.to_owned(),
                known: known(),
            })
        };
        let kept = names
            .iter()
            .map(|name| position(name.as_ref()))
            .collect::<Result<Vec<_>, _>>()?;
        let columns = kept.iter().map(|&index| self.columns[index]).collect();
        let rows = self
            .rows
            .iter()
            .map(|row| kept.iter().map(|&index| row[index]).collect())
            .collect();
        Ok(Self { columns, rows })
    }

    /// Returns an aligned table: a line of names, a rule, a line a row; numbers are right-aligned, null is `-`.
    pub fn text(&self) -> String {
        let names: Vec<String> = self.columns.iter().map(|column| column.name.to_owned()).collect();
        let rows: Vec<Vec<String>> = self
            .rows
            .iter()
            .map(|row| row.iter().map(shown).collect())
            .collect();
        let width = |index: usize| {
            let cells = rows.iter().chain([&names]).map(|row| row[index].chars().count());
            cells.max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..names.len()).map(width).collect();
        let rule: Vec<String> = widths.iter().map(|&width| "-".repeat(width)).collect();
        let lines = [&names, &rule].into_iter().chain(&rows);
        lines.map(|cells| self.line(cells, &widths)).collect()
    }

    /// Returns comma-separated values: a line of names, then a line a row; null is empty, lines end with a newline.
    ///
    /// Text with a comma, a quote or a line break is quoted as in RFC 4180, and so is empty text, to differ from null.
    pub fn csv(&self) -> String {
        let names = self
            .columns
            .iter()
            .map(|column| quoted(column.name))
            .collect::<Vec<_>>();
        let rows = self
            .rows
            .iter()
            .map(|row| row.iter().map(csv_field).collect::<Vec<_>>());
        [names]
            .into_iter()
            .chain(rows)
            .map(|fields| fields.join(",") + "\n")
            .collect()
    }

    fn line(&self, cells: &[String], widths: &[usize]) -> String {
        let aligned = self
            .columns
            .iter()
            .zip(cells)
            .zip(widths)
            .map(|((column, cell), &width)| match column.kind {
                Kind::Integer | Kind::Real | Kind::Single => format!("{cell:>width$}"),
                Kind::Text | Kind::Instant => format!("{cell:<width$}"),
            });
        let line = aligned.collect::<Vec<_>>().join("  ");
        format!("{}\n", line.trim_end())
    }
}

fn shown(cell: &Cell<'_>) -> String {
    match *cell {
        Cell::Null => "-".into(),
        Cell::Real(number) => rounded(number),
        Cell::Single(number) => rounded(f64::from(number)),
        Cell::Text(text) => text
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect(),
        cell => cell.to_string(),
    }
}

/// Returns the number with at most six significant digits.
fn rounded(number: f64) -> String {
    let rounded = format!("{number:.5e}").parse().unwrap_or(number);
    let text = format!("{rounded:?}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

fn csv_field(cell: &Cell<'_>) -> String {
    match *cell {
        Cell::Text(text) => quoted(text),
        cell => cell.to_string(),
    }
}

fn quoted(text: &str) -> String {
    if text.is_empty() || text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::super::columns::columns;
    use super::*;

    columns! {
        /// A row with one column of each look.
        struct Example {
            /// Text.
            pub name: String,
            /// A number with a fraction.
            pub value: Option<f64>,
            /// A whole number.
            pub count: i64,
        }
    }

    fn examples() -> Vec<Example> {
        vec![
            Example {
                name: "a".into(),
                value: Some(2.0 / 3.0),
                count: 1000,
            },
            Example {
                name: "größer, \"b\"".into(),
                value: None,
                count: 7,
            },
            Example {
                name: String::new(),
                value: Some(2e-7),
                count: -1,
            },
        ]
    }

    #[test]
    fn text_aligns_numbers_to_the_right_and_words_to_the_left() {
        let expected = "\
name            value  count
-----------  --------  -----
a            0.666667   1000
größer, \"b\"         -      7
                 2e-7     -1
";
        assert_eq!(Grid::new(&examples()).text(), expected);
    }

    #[test]
    fn csv_quotes_what_needs_it_and_keeps_every_digit() {
        let expected = "\
name,value,count
a,0.6666666666666666,1000
\"größer, \"\"b\"\"\",,7
\"\",2e-7,-1
";
        assert_eq!(Grid::new(&examples()).csv(), expected);
    }

    #[test]
    fn selected_columns_stand_in_the_order_asked_for() {
        let rows = examples();
        let grid = Grid::new(&rows[..1]).select(&["count", "name"]).unwrap();
        assert_eq!(grid.csv(), "count,name\n1000,a\n");
    }

    #[test]
    fn an_unknown_column_is_refused_with_the_known_ones() {
        let error = Grid::new(&examples()).select(&["nmae"]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no column \"nmae\"; the columns are name, value, count"
        );
    }

    #[test]
    fn rounding_keeps_six_digits_of_any_size() {
        let texts = [0.1 + 0.2, 123_456_789.0, -1e-9, 10.0, f64::INFINITY].map(rounded);
        assert_eq!(texts, ["0.3", "123457000", "-1e-9", "10", "inf"]);
    }

    #[test]
    fn no_rows_are_only_a_header() {
        assert_eq!(
            Grid::new::<Example>(&[]).text(),
            "name  value  count\n----  -----  -----\n"
        );
    }
}
