"""Writes a sample table as text: sample_csv.py PARQUET CSV. The form is described in sample.rs."""

import sys

import pyarrow as pa
import pyarrow.parquet as pq


def cell(value):
    if value is None:
        return "\\N"
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)


def columns(table):
    for column in table.columns:
        if pa.types.is_timestamp(column.type):
            column = column.cast(pa.int64())
        yield map(cell, column.to_pylist())


table = pq.read_table(sys.argv[1]).sort_by("id")
with open(sys.argv[2], "w", encoding="utf-8", newline="\n") as csv:
    for row in zip(*columns(table)):
        csv.write(",".join(row) + "\n")
