"""What others hand over by the Arrow interface and by Python's own: broken, it is an exception, never the end of the process."""

from __future__ import annotations

import ctypes
import threading

import jetbridge
import pyarrow as pa
import pytest

CAPSULE = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
new_capsule = CAPSULE(("PyCapsule_New", ctypes.pythonapi))
TABLE = pa.table({"n": [1, 2, 3]})
# Longer than any struct of the interface. A struct of zeros is one that has been released.
ZEROS = ctypes.create_string_buffer(1024)


def capsule(name: bytes) -> object:
    return new_capsule(ctypes.addressof(ZEROS), name, None)


class Stream:
    """An object that offers itself as a stream of batches, and gives this."""

    def __init__(self, given: object) -> None:
        self.given = given

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        if isinstance(self.given, BaseException):
            raise self.given
        return self.given


class Array(Stream):
    """The same, as one batch."""

    __arrow_c_array__ = Stream.__arrow_c_stream__
    __arrow_c_stream__ = property()  # type: ignore[assignment]


def taken() -> object:
    """A stream that somebody has read already."""
    stream = pa.RecordBatchReader.from_batches(TABLE.schema, TABLE.to_batches()).__arrow_c_stream__()
    pa.RecordBatchReader._import_from_c_capsule(stream)
    return stream


def failing() -> object:
    """A stream that breaks after its first batch."""

    def batches():
        yield TABLE.to_batches()[0]
        raise ValueError("the source is broken")

    return pa.RecordBatchReader.from_batches(TABLE.schema, batches()).__arrow_c_stream__()


BROKEN = {
    "none": lambda: Stream(None),
    "a number": lambda: Stream(7),
    "an exception": lambda: Stream(ValueError("no data today")),
    "a schema for a stream": lambda: Stream(TABLE.schema.__arrow_c_schema__()),
    "a stream that is taken": lambda: Stream(taken()),
    "a stream that fails": lambda: Stream(failing()),
    "a stream of zeros": lambda: Stream(capsule(b"arrow_array_stream")),
    "a capsule of another name": lambda: Stream(capsule(b"something else")),
    "one capsule for an array": lambda: Array(TABLE.schema.__arrow_c_schema__()),
    "two numbers for an array": lambda: Array((1, 2)),
    "capsules the wrong way round": lambda: Array(TABLE.to_batches()[0].__arrow_c_array__()[::-1]),
    "arrays of zeros": lambda: Array((capsule(b"arrow_schema"), capsule(b"arrow_array"))),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_what_is_handed_over_broken_is_an_exception(connection, table, kind):
    connection.execute(f"CREATE TABLE {table} (n INTEGER)")
    for run in [
        lambda given: connection.cursor().executemany(f"INSERT INTO {table} VALUES (?)", given),
        lambda given: connection.cursor().execute(f"INSERT INTO {table} VALUES (?)", given),
        lambda given: connection.ingest(table, given, "append"),
    ]:
        with pytest.raises(Exception):
            run(BROKEN[kind]())
    # The connection is as good as before.
    connection.rollback()
    assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_result_is_handed_over_once_however_many_threads_ask(connection):
    cursor = connection.execute("SELECT 1 AS one")
    capsules: list[object] = []
    failures: list[Exception] = []

    def take() -> None:
        try:
            capsules.append(cursor.__arrow_c_stream__())
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=take) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows = sum(pa.RecordBatchReader._import_from_c_capsule(capsule).read_all().num_rows for capsule in capsules)
    assert len(capsules) + len(failures) == 16 and rows == 1


def test_sixteen_threads_share_what_was_closed_under_them(uri):
    connection = jetbridge.connect(uri)
    cursors = [connection.execute("SELECT id FROM orders") for _ in range(16)]
    outcomes: list[object] = []

    def read(cursor: jetbridge.Cursor) -> None:
        try:
            outcomes.append(len(cursor.fetchall()))
        except jetbridge.Error as error:
            outcomes.append(error)

    threads = [threading.Thread(target=read, args=[cursor]) for cursor in cursors]
    for thread in threads:
        thread.start()
    connection.close()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 16
    assert all(outcome == 2500 or isinstance(outcome, jetbridge.Error) for outcome in outcomes)
