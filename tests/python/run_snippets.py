"""Runs the SQL and Python snippets of Markdown pages, in the folder whose results they read.

    python tests/python/run_snippets.py PAGE...

A snippet is a fenced block that begins with ```sql or ```python; a second word names its question. Python leaves its
result in `answer`; SQL is run by DuckDB. Every snippet must run by itself and give at least one row, and snippets of one
question must give the same rows, whatever their program calls the columns. Prints one line a snippet. Exits with 1 and a
line for each snippet that fails, or with 2 if there is nothing to run.
"""

import contextlib
import io
import math
import re
import sys
import traceback
from pathlib import Path

import duckdb
import polars

FENCE = re.compile(r"^```(sql|python)(?: ([\w-]+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Snippet:
    """One block of a page."""

    def __init__(self, place, language, question, text):
        self.place = place
        self.language = language
        self.question = question
        self.text = text

    def rows(self):
        """Runs the snippet and returns its rows as tuples."""
        if self.language == "sql":
            return duckdb.sql(self.text).fetchall()
        namespace = {}
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(compile(self.text, self.place, "exec"), namespace)
        answer = namespace["answer"]
        if not printed.getvalue().strip():
            raise ValueError("it prints nothing")
        if isinstance(answer, polars.DataFrame):
            return answer.rows()
        return list(answer.itertuples(index=False, name=None))


def snippets(page):
    """Returns the snippets of a page, in order."""
    text = page.read_text(encoding="utf-8")
    for match in FENCE.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        yield Snippet(f"{page.name}:{line}", *match.groups())


def plain(value):
    """Returns a value as every reader has it: nothing for null and for pandas' NaN, numbers to nine digits."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, str):
        return value
    return float(f"{float(value):.9g}")


def comparable(rows):
    """Returns rows in an order that does not depend on how nulls are sorted."""
    return sorted((tuple(plain(value) for value in row) for row in rows), key=repr)


def main(pages):
    problems = []
    answers = {}
    count = 0
    for snippet in (snippet for page in pages for snippet in snippets(Path(page))):
        count += 1
        try:
            rows = comparable(snippet.rows())
        except Exception:
            problems.append(f"{snippet.place}: {traceback.format_exc(limit=-1)}")
            continue
        print(f"{snippet.place}: {snippet.language}: {len(rows)} rows")
        if not rows:
            problems.append(f"{snippet.place}: it gives no row")
        if snippet.question:
            place, expected = answers.setdefault(snippet.question, (snippet.place, rows))
            if rows != expected:
                problems.append(f"{snippet.place}: other rows than {place}:\n{expected}\n{rows}")
    for problem in problems:
        print(problem, file=sys.stderr)
    if count == 0:
        print(f"no snippet in {pages}", file=sys.stderr)
        return 2
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
