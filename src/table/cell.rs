//! Values of one cell: which Rust types may stand in a column, and how each is shown as a [`Cell`].
//!
//! Knows no table, no file format. The one place where "not a number" becomes "no value".

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// UTF-8 text.
    Text,
    /// 64-bit signed integer.
    Integer,
    /// 64-bit floating point, never NaN.
    Real,
    /// 32-bit floating point, never NaN.
    Single,
    /// Microseconds since 1970-01-01 UTC.
    Instant,
}

impl Kind {
    /// Returns the name that the documentation and the messages use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "int64",
            Self::Real => "float64",
            Self::Single => "float32",
            Self::Instant => "timestamp",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One value on its way into or out of a column; `Null` is "no value".
#[derive(Clone, Copy, Debug)]
pub enum Cell<'a> {
    /// No value.
    Null,
    /// See [`Kind::Text`].
    Text(&'a str),
    /// See [`Kind::Integer`].
    Integer(i64),
    /// See [`Kind::Real`].
    Real(f64),
    /// See [`Kind::Single`].
    Single(f32),
    /// See [`Kind::Instant`].
    Instant(Timestamp),
}

impl Cell<'_> {
    /// Orders two cells of one column totally: null first, then by value.
    pub fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Text(left), Self::Text(right)) => left.cmp(right),
            (Self::Integer(left), Self::Integer(right)) => left.cmp(right),
            (Self::Real(left), Self::Real(right)) => left.total_cmp(right),
            (Self::Single(left), Self::Single(right)) => left.total_cmp(right),
            (Self::Instant(left), Self::Instant(right)) => left.cmp(right),
            (left, right) => left.rank().cmp(&right.rank()),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Text(_) => 1,
            Self::Integer(_) => 2,
            Self::Real(_) => 3,
            Self::Single(_) => 4,
            Self::Instant(_) => 5,
        }
    }
}

impl fmt::Display for Cell<'_> {
    /// Writes the shortest text that reads back as the same value; null is empty.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => Ok(()),
            Self::Text(text) => f.write_str(text),
            Self::Integer(number) => write!(f, "{number}"),
            Self::Real(number) => write!(f, "{number:?}"),
            Self::Single(number) => write!(f, "{number:?}"),
            Self::Instant(instant) => write!(f, "{instant}"),
        }
    }
}

/// A moment in microseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl From<SystemTime> for Timestamp {
    /// Converts a clock's reading; times that do not fit 64 bits of microseconds saturate.
    fn from(time: SystemTime) -> Self {
        let micros = |duration: std::time::Duration| i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        match time.duration_since(UNIX_EPOCH) {
            Ok(since) => Self(micros(since)),
            Err(before) => Self(-micros(before.duration())),
        }
    }
}

impl fmt::Display for Timestamp {
    /// Writes ISO 8601 in UTC with microseconds: `2026-01-31T12:00:00.000000Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DAY: i64 = 86_400_000_000;
        let (year, month, day) = civil_date(self.0.div_euclid(DAY));
        let micros = self.0.rem_euclid(DAY);
        let (seconds, fraction) = (micros / 1_000_000, micros % 1_000_000);
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:06}Z"
        )
    }
}

/// Returns year, month and day of the Gregorian calendar for days since 1970-01-01.
///
/// Counts in years that begin on 1 March, so that the leap day is a year's last, within eras of 400 years
/// (146 097 days), after which the calendar repeats.
fn civil_date(days_since_epoch: i64) -> (i64, i64, i64) {
    let days = days_since_epoch + 719_468; // from 0000-03-01
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    (400 * era + year_of_era + i64::from(month <= 2), month, day)
}

/// A Rust type that one column can hold.
pub trait Value: Sized {
    /// What the column holds.
    const KIND: Kind;
    /// Whether the column may be null.
    const NULLABLE: bool = false;

    /// Returns the value as a cell. NaN is [`Cell::Null`]: readers disagree on how NaN sorts and averages.
    fn cell(&self) -> Cell<'_>;

    /// Returns the value of a cell, or `None` if the cell holds something else.
    fn from_cell(cell: Cell<'_>) -> Option<Self>;
}

/// Implements [`Value`] for types that are one variant of [`Cell`].
macro_rules! value {
    ($type:ty, $kind:ident, $self:ident => $cell:expr, $pattern:ident => $back:expr) => {
        impl Value for $type {
            const KIND: Kind = Kind::$kind;

            fn cell(&self) -> Cell<'_> {
                let $self = self;
                $cell
            }

            fn from_cell(cell: Cell<'_>) -> Option<Self> {
                match cell {
                    Cell::$kind($pattern) => $back,
                    _ => None,
                }
            }
        }
    };
}
pub(super) use value;

value!(String, Text, text => Cell::Text(text), text => Some(text.to_owned()));
value!(Arc<str>, Text, text => Cell::Text(text), text => Some(Arc::from(text)));
value!(i64, Integer, number => Cell::Integer(*number), number => Some(number));
value!(f64, Real, number => if number.is_nan() { Cell::Null } else { Cell::Real(*number) }, number => Some(number));
value!(f32, Single, number => if number.is_nan() { Cell::Null } else { Cell::Single(*number) }, number => Some(number));
value!(Timestamp, Instant, instant => Cell::Instant(*instant), instant => Some(instant));

impl<T: Value> Value for Option<T> {
    const KIND: Kind = T::KIND;
    const NULLABLE: bool = true;

    fn cell(&self) -> Cell<'_> {
        self.as_ref().map_or(Cell::Null, Value::cell)
    }

    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Null => Some(None),
            cell => T::from_cell(cell).map(Some),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_reads_as_iso_8601_around_leap_days_and_before_1970() {
        let text = |seconds: i64, micros: i64| Timestamp(seconds * 1_000_000 + micros).to_string();
        assert_eq!(text(0, 0), "1970-01-01T00:00:00.000000Z");
        assert_eq!(text(951_782_399, 999_999), "2000-02-28T23:59:59.999999Z");
        assert_eq!(text(951_782_400, 0), "2000-02-29T00:00:00.000000Z");
        assert_eq!(text(4_107_542_400, 0), "2100-03-01T00:00:00.000000Z");
        assert_eq!(text(1_709_251_199, 1), "2024-02-29T23:59:59.000001Z");
        assert_eq!(text(-1, 0), "1969-12-31T23:59:59.000000Z");
    }

    #[test]
    fn a_clock_reading_keeps_its_microseconds_on_both_sides_of_1970() {
        let span = std::time::Duration::from_micros(1_500_000);
        assert_eq!(Timestamp::from(UNIX_EPOCH + span), Timestamp(1_500_000));
        assert_eq!(Timestamp::from(UNIX_EPOCH - span), Timestamp(-1_500_000));
    }

    #[test]
    fn not_a_number_is_no_value() {
        assert!(matches!(f64::NAN.cell(), Cell::Null));
        assert!(matches!(Some(f32::NAN).cell(), Cell::Null));
        assert!(matches!(f64::INFINITY.cell(), Cell::Real(_)));
    }

    #[test]
    fn a_cell_of_another_kind_is_not_a_value() {
        assert_eq!(i64::from_cell(Cell::Real(1.0)), None);
        assert_eq!(String::from_cell(Cell::Null), None);
        assert_eq!(Option::<String>::from_cell(Cell::Null), Some(None));
    }

    #[test]
    fn cells_of_one_column_have_a_total_order_with_null_first() {
        assert_eq!(Cell::Null.order(&Cell::Integer(-5)), Ordering::Less);
        assert_eq!(Cell::Integer(2).order(&Cell::Integer(10)), Ordering::Less);
        assert_eq!(Cell::Real(-0.0).order(&Cell::Real(0.0)), Ordering::Less);
        assert_eq!(Cell::Text("b").order(&Cell::Text("a")), Ordering::Greater);
    }
}
