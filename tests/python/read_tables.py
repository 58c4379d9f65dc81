"""Reads the tables of a results folder in polars, duckdb, pandas and pyarrow and holds them to docs/tables.md.

    python tests/python/read_tables.py results/<study>

Names, their order and types must agree in every reader; units, definitions and nullability in the Arrow schema that the
files carry; the file's own metadata must name the table. The readers must count the same rows. Prints one line a table.
Exits with 1 and one line for each difference, or with 2 if the folder or the page cannot be used.
"""

import re
import sys
from pathlib import Path

import duckdb
import pandas
import polars
import pyarrow
import pyarrow.parquet

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tables.md"
SINGLE_FILES = ("runs", "metrics", "losses")
FOLDERS = ("stages",)

# What each reader calls the types of docs/tables.md. DuckDB keeps moments in UTC as TIMESTAMP WITH TIME ZONE.
TYPES = {
    "text": {"pyarrow": "string", "polars": "String", "duckdb": "VARCHAR", "pandas": "str"},
    "int64": {"pyarrow": "int64", "polars": "Int64", "duckdb": "BIGINT", "pandas": "int64"},
    "float64": {"pyarrow": "double", "polars": "Float64", "duckdb": "DOUBLE", "pandas": "float64"},
    "float32": {"pyarrow": "float", "polars": "Float32", "duckdb": "FLOAT", "pandas": "float32"},
    "timestamp": {
        "pyarrow": "timestamp[us, tz=UTC]",
        "polars": "Datetime(time_unit='us', time_zone='UTC')",
        "duckdb": "TIMESTAMP WITH TIME ZONE",
        "pandas": "datetime64[us, UTC]",
    },
}


class Column:
    """One line of a table in docs/tables.md."""

    def __init__(self, name, type_text, unit, definition):
        self.name = name
        self.type = type_text.removesuffix(" or null")
        self.nullable = type_text.endswith(" or null")
        self.unit = unit
        self.definition = definition

    def pandas_type(self, has_null):
        """Returns the type that pandas gives the column: integers with a null in them become floats."""
        if self.type == "int64" and has_null:
            return "float64"
        return TYPES[self.type]["pandas"]


def documented_tables(page):
    """Returns the columns of each table of the page, in order."""
    tables = {}
    columns = None
    for line in page.splitlines():
        if heading := re.fullmatch(r"## (\w+)", line):
            columns = tables.setdefault(heading[1], [])
        elif columns is not None and (cells := re.fullmatch(r"\| `(\w+)` \| (.*?) \| (.*?) \| (.*?) \|", line)):
            columns.append(Column(*cells.groups()))
    return tables


def files_of(folder, table):
    """Returns the files of a table; a table of one file has one."""
    if table in SINGLE_FILES:
        return [folder / f"{table}.parquet"]
    return sorted((folder / table).glob("*.parquet"))


def compare(place, what, expected, found):
    """Returns the differences between two lists or values as sentences."""
    return [] if expected == found else [f"{place}: {what}: expected {expected!r}, found {found!r}"]


def check_metadata(path, table, columns):
    """Checks what the file says of itself and of its columns, with pyarrow and DuckDB."""
    schema = pyarrow.parquet.read_schema(path)
    problems = compare(path, "column names", [c.name for c in columns], schema.names)
    if problems:
        return problems
    for column, field in zip(columns, schema):
        place = f"{path}: column {column.name}"
        metadata = {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
        problems += compare(place, "unit", column.unit, metadata.get("unit"))
        problems += compare(place, "definition", column.definition, metadata.get("definition"))
        problems += compare(place, "may be null", column.nullable, field.nullable)
        problems += compare(place, "type in pyarrow", TYPES[column.type]["pyarrow"], str(field.type))
    query = "SELECT decode(key), decode(value) FROM parquet_kv_metadata(?)"
    pairs = dict(duckdb.connect().execute(query, [str(path)]).fetchall())
    problems += compare(path, "gan_pipe.table in duckdb", table, pairs.get("gan_pipe.table"))
    if not re.fullmatch(r"[1-9][0-9]*", pairs.get("gan_pipe.schema_version", "")):
        problems.append(f"{path}: gan_pipe.schema_version is {pairs.get('gan_pipe.schema_version')!r}, not a number")
    return problems


def read_in_polars(paths, columns):
    """Returns how many rows polars reads, and what it sees otherwise than the page."""
    frame = polars.read_parquet(paths)
    expected = [(c.name, TYPES[c.type]["polars"]) for c in columns]
    problems = compare(paths[0], "columns in polars", expected, [(n, str(t)) for n, t in frame.schema.items()])
    for column in columns:
        if column.type in ("float64", "float32") and column.name in frame.columns:
            problems += compare(f"{paths[0]}: column {column.name}", "NaN", False, frame[column.name].is_nan().any())
    return frame.height, problems


def read_in_duckdb(paths, columns):
    """Returns how many rows DuckDB reads, and what it sees otherwise than the page."""
    relation = duckdb.connect().read_parquet([str(path) for path in paths])
    expected = [(c.name, TYPES[c.type]["duckdb"]) for c in columns]
    found = list(zip(relation.columns, (str(kind) for kind in relation.types)))
    return relation.count("*").fetchall()[0][0], compare(paths[0], "columns in duckdb", expected, found)


def read_in_pandas(paths, columns):
    """Returns how many rows pandas reads, and what it sees otherwise than the page."""
    frame = pandas.concat([pandas.read_parquet(path) for path in paths], ignore_index=True)
    problems = compare(paths[0], "column names in pandas", [c.name for c in columns], list(frame.columns))
    if problems or frame.empty:
        return len(frame), problems
    for column in columns:
        series = frame[column.name]
        if column.nullable and series.isna().all():
            continue  # pandas has no type for a column without any value
        expected = column.pandas_type(series.isna().any())
        problems += compare(f"{paths[0]}: column {column.name}", "type in pandas", expected, str(series.dtype))
    return len(frame), problems


def check_table(folder, table, columns):
    """Returns the number of rows of a table and all differences."""
    paths = files_of(folder, table)
    absent = [f"{path}: there is no such file" for path in paths if not path.is_file()]
    if absent or not paths:
        return 0, absent or [f"{folder / table}: there is no Parquet file in this folder"]
    problems = [problem for path in paths for problem in check_metadata(path, table, columns)]
    counts = {}
    for reader, read in (("polars", read_in_polars), ("duckdb", read_in_duckdb), ("pandas", read_in_pandas)):
        counts[reader], found = read(paths, columns)
        problems += found
    if len(set(counts.values())) > 1:
        problems.append(f"{paths[0]}: the readers count different numbers of rows: {counts}")
    return counts["pandas"], problems


def main(arguments):
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        print(f"usage: read_tables.py RESULTS_FOLDER (an existing folder), not {arguments}", file=sys.stderr)
        return 2
    documented = documented_tables(PAGE.read_text(encoding="utf-8"))
    differences = compare(PAGE, "tables", sorted(SINGLE_FILES + FOLDERS), sorted(documented))
    if differences:
        print("\n".join(differences), file=sys.stderr)
        return 2
    problems = []
    for table, columns in documented.items():
        try:
            rows, found = check_table(Path(arguments[0]), table, columns)
        except (duckdb.Error, polars.exceptions.PolarsError, pyarrow.ArrowException, OSError) as error:
            rows, found = 0, [f"{Path(arguments[0]) / table}: cannot be read: {error}"]
        problems += found
        print(f"{table}: {rows} rows, {len(columns)} columns, {len(found)} differences")
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
