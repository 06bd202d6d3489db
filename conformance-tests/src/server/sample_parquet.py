"""Writes the sample table: sample_parquet.py ROWS FILE. The rows are described in sample.rs."""

import sys

import pyarrow as pa
import pyarrow.parquet as pq

START = 1_704_067_200_000_000  # 2024-01-01 in microseconds


def text(i):
    if i % 7 == 0:
        return None
    if i % 5 == 3:
        return ""
    return f"row {i} é 日本" if i % 5 == 4 else f"row {i}"


def sample(rows):
    ids = range(rows)
    columns = {
        "id": (pa.int64(), list(ids)),
        "small": (pa.int32(), [i * 7919 % 100_003 - 50_000 for i in ids]),
        "ratio": (pa.float64(), [None if i % 11 == 5 else (i - 1000) / 8 for i in ids]),
        "text": (pa.utf8(), [text(i) for i in ids]),
        "at": (pa.timestamp("us"), [START + i * 1_000_003 for i in ids]),
        "flag": (pa.bool_(), [None if i % 13 == 1 else i % 3 == 0 for i in ids]),
    }
    return pa.table({name: pa.array(values, kind) for name, (kind, values) in columns.items()})


pq.write_table(sample(int(sys.argv[1])), sys.argv[2], row_group_size=10_000)
