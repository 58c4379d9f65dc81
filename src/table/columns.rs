//! How a struct becomes columns: the traits [`Columns`] and [`Row`], and the macro that states a column once.
//!
//! Knows neither which tables there are (`schema`) nor how they are stored.

use super::cell::{Cell, Kind, Value};

/// One column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Name in the file.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether a cell may be null.
    pub nullable: bool,
    /// Unit of the numbers; empty where there is none.
    pub unit: &'static str,
    /// What the column means, in one sentence.
    pub definition: &'static str,
}

/// Where the rows of a table lie in a results folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// One file, replaced as a whole: `<table>.parquet`.
    File,
    /// A folder `<table>/` with one file for each build.
    Folder,
}

/// One table: its name, what a row means, and its columns in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Name of the file or folder.
    pub name: &'static str,
    /// What a row means, in one sentence.
    pub definition: &'static str,
    /// Where the rows lie.
    pub layout: Layout,
    /// Names of the columns that the rows are sorted by, most significant first.
    pub sorted_by: &'static [&'static str],
    /// The columns, in the order of the file.
    pub columns: Vec<Column>,
}

/// A struct whose fields are columns, in the order of the fields.
pub trait Columns: Sized {
    /// Returns the columns.
    fn columns() -> Vec<Column>;

    /// Appends one cell for each column.
    fn push_cells<'a>(&'a self, cells: &mut Vec<Cell<'a>>);

    /// Takes one cell for each column, or returns `None` after the first that does not fit.
    fn take_cells(cells: &mut Cells<'_>) -> Option<Self>;

    /// Returns one cell for each column.
    fn cells(&self) -> Vec<Cell<'_>> {
        let mut cells = Vec::new();
        self.push_cells(&mut cells);
        cells
    }
}

/// A row of one table.
pub trait Row: Columns {
    /// Returns the table whose row this is.
    fn table() -> Table;
}

/// A row of a table that is one file.
pub trait FileRow: Row {}

/// The cells of one row while they are read, first to last.
#[derive(Debug)]
pub struct Cells<'a> {
    cells: Vec<Cell<'a>>,
    taken: usize,
}

impl<'a> Cells<'a> {
    /// Starts at the first of `cells`.
    pub fn new(cells: Vec<Cell<'a>>) -> Self {
        Self { cells, taken: 0 }
    }

    /// Returns how many cells were taken; after a failure the last of them is the culprit.
    pub fn taken(&self) -> usize {
        self.taken
    }

    fn next(&mut self) -> Option<Cell<'a>> {
        let cell = self.cells.get(self.taken).copied();
        self.taken += 1;
        cell
    }
}

/// A field of a row struct: one column, or the columns of a nested struct.
pub(super) trait Field: Sized {
    /// Appends the columns of the field; a nested struct states its own names, units and definitions.
    fn push_columns(own: Statement, columns: &mut Vec<Column>);

    /// Appends the cells of the field.
    fn push_field<'a>(&'a self, cells: &mut Vec<Cell<'a>>);

    /// Takes the cells of the field.
    fn take_field(cells: &mut Cells<'_>) -> Option<Self>;
}

/// What the listing of a struct says about one field.
#[derive(Clone, Copy, Debug)]
pub(super) struct Statement {
    /// Name of the field.
    pub(super) name: &'static str,
    /// Unit of the numbers; empty where there is none.
    pub(super) unit: &'static str,
    /// The field's documentation.
    pub(super) definition: &'static str,
}

impl<T: Value> Field for T {
    fn push_columns(own: Statement, columns: &mut Vec<Column>) {
        let Statement {
            name,
            unit,
            definition,
        } = own;
        let definition = definition.trim_ascii();
        columns.push(Column {
            name,
            kind: T::KIND,
            nullable: T::NULLABLE,
            unit,
            definition,
        });
    }

    fn push_field<'a>(&'a self, cells: &mut Vec<Cell<'a>>) {
        cells.push(self.cell());
    }

    fn take_field(cells: &mut Cells<'_>) -> Option<Self> {
        cells.next().and_then(T::from_cell)
    }
}

/// Declares structs whose fields are columns: the field's documentation is the column's definition, `as "..."` its
/// unit. A struct can be a field of another one, which then has its columns at that place.
macro_rules! columns {
    ($(
        $(#[doc = $about:literal])+
        $vis:vis struct $name:ident {
            $( #[doc = $definition:literal] pub $field:ident : $type:ty $(as $unit:literal)?, )+
        }
    )+) => {$(
        $(#[doc = $about])+
        #[derive(Clone, Debug, PartialEq)]
        $vis struct $name {
            $( #[doc = $definition] pub $field: $type, )+
        }

        impl $crate::table::Columns for $name {
            fn columns() -> Vec<$crate::table::Column> {
                let mut columns = Vec::new();
                $({
                    let own = $crate::table::columns::Statement {
                        name: stringify!($field),
                        unit: concat!($($unit)?),
                        definition: $definition,
                    };
                    <$type as $crate::table::columns::Field>::push_columns(own, &mut columns);
                })+
                columns
            }

            fn push_cells<'a>(&'a self, cells: &mut Vec<$crate::table::Cell<'a>>) {
                $( $crate::table::columns::Field::push_field(&self.$field, cells); )+
            }

            fn take_cells(cells: &mut $crate::table::Cells<'_>) -> Option<Self> {
                Some(Self { $( $field: $crate::table::columns::Field::take_field(cells)?, )+ })
            }
        }

        impl $crate::table::columns::Field for $name {
            fn push_columns(
                _own: $crate::table::columns::Statement,
                columns: &mut Vec<$crate::table::Column>,
            ) {
                columns.extend(<Self as $crate::table::Columns>::columns());
            }

            fn push_field<'a>(&'a self, cells: &mut Vec<$crate::table::Cell<'a>>) {
                $crate::table::Columns::push_cells(self, cells);
            }

            fn take_field(cells: &mut $crate::table::Cells<'_>) -> Option<Self> {
                $crate::table::Columns::take_cells(cells)
            }
        }
    )+};
}
pub(super) use columns;
