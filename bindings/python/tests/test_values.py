"""Every value survives the way to the server and back."""

from __future__ import annotations

import datetime as dt
import pickle
import uuid
from decimal import Decimal

import jetbridge
import pyarrow as pa
import pytest
from jetbridge import _native
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

# Years that Arrow's nanoseconds can hold; microseconds hold all of Python's.
MOMENTS = st.datetimes(dt.datetime(1678, 1, 1), dt.datetime(2261, 12, 31))


def echo(connection: jetbridge.Connection, *values: object) -> tuple[object, ...]:
    marks = ", ".join("?" for _ in values)
    row = connection.execute(f"SELECT {marks}", values).fetchone()
    assert row is not None
    return row


@SETTINGS
@given(number=st.integers(-(2**63), 2**63 - 1))
def test_integers(connection, number):
    assert echo(connection, number) == (number,)


@SETTINGS
@given(number=st.floats(allow_nan=False))
def test_floats(connection, number):
    (back,) = echo(connection, number)
    assert back == number and str(float(back)) == str(number)


# SQLite's text ends at a NUL, and a lone surrogate is no text.
@SETTINGS
@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_texts(connection, text):
    assert echo(connection, text) == (text,)


@SETTINGS
@given(content=st.binary())
def test_bytes(connection, content):
    assert echo(connection, content) == (content,)
    assert echo(connection, bytearray(content)) == (content,)
    assert echo(connection, memoryview(content)) == (content,)


def typed(connection: jetbridge.Connection, table: str, kind: str, values: list[object]) -> list[object]:
    connection.execute(f"DROP TABLE IF EXISTS {table}")
    connection.execute(f"CREATE TABLE {table} (number INTEGER, value {kind})")
    connection.executemany(f"INSERT INTO {table} VALUES (?, ?)", list(enumerate(values)))
    rows = connection.execute(f"SELECT value FROM {table} ORDER BY number").fetchall()
    connection.commit()
    return [value for (value,) in rows]


@settings(SETTINGS, max_examples=15)
@given(values=st.lists(st.none() | MOMENTS, min_size=1, max_size=20))
def test_datetimes(connection, table, values):
    assert typed(connection, table, "TIMESTAMP", values) == values


@settings(SETTINGS, max_examples=15)
@given(values=st.lists(st.none() | st.dates(), min_size=1, max_size=20))
def test_dates(connection, table, values):
    assert typed(connection, table, "DATE", values) == values


@settings(SETTINGS, max_examples=15)
@given(values=st.lists(st.none() | st.times(), min_size=1, max_size=20))
def test_times(connection, table, values):
    assert typed(connection, table, "TIME", values) == values


@settings(SETTINGS, max_examples=15)
@given(values=st.lists(st.none() | st.decimals(-(10**12), 10**12, places=4), min_size=1, max_size=20))
def test_decimals(connection, table, values):
    assert typed(connection, table, "DECIMAL(18, 4)", values) == values


@settings(SETTINGS, max_examples=15)
@given(values=st.lists(st.none() | st.booleans(), min_size=1, max_size=20))
def test_truth_values(connection, table, values):
    back = typed(connection, table, "BOOLEAN", values)
    assert back == values and [type(value) for value in back] == [type(value) for value in values]


# What SQLite has no type for goes through Arrow itself: a column in, the same column out.

BELOW = st.integers(0, 999)
ARROW = [
    (pa.null(), st.none()),
    (pa.bool_(), st.booleans()),
    (pa.int8(), st.integers(-(2**7), 2**7 - 1)),
    (pa.int16(), st.integers(-(2**15), 2**15 - 1)),
    (pa.int32(), st.integers(-(2**31), 2**31 - 1)),
    (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    (pa.uint8(), st.integers(0, 2**8 - 1)),
    (pa.uint16(), st.integers(0, 2**16 - 1)),
    (pa.uint32(), st.integers(0, 2**32 - 1)),
    (pa.uint64(), st.integers(0, 2**64 - 1)),
    (pa.float16(), st.floats(width=16, allow_nan=False)),
    (pa.float32(), st.floats(width=32, allow_nan=False)),
    (pa.float64(), st.floats(allow_nan=False)),
    (pa.decimal32(9, 2), st.decimals(-(10**6), 10**6, places=2)),
    (pa.decimal64(18, 4), st.decimals(-(10**13), 10**13, places=4)),
    (pa.decimal128(38, 10), st.decimals(-(10**27), 10**27, places=10)),
    (pa.decimal256(76, 20), st.decimals(-(10**50), 10**50, places=20)),
    (pa.string(), st.text(st.characters(exclude_categories=["Cs"]))),
    (pa.large_string(), st.text(st.characters(exclude_categories=["Cs"]))),
    (pa.string_view(), st.text(st.characters(exclude_categories=["Cs"]))),
    (pa.binary(), st.binary()),
    (pa.binary_view(), st.binary()),
    (pa.large_binary(), st.binary()),
    (pa.binary(4), st.binary(min_size=4, max_size=4)),
    (pa.date32(), st.dates()),
    (pa.date64(), st.dates()),
    (pa.time32("s"), st.times().map(lambda time: time.replace(microsecond=0))),
    (pa.time32("ms"), st.times().map(lambda time: time.replace(microsecond=time.microsecond // 1000 * 1000))),
    (pa.time64("us"), st.times()),
    (pa.time64("ns"), st.times()),
    (pa.timestamp("s"), st.datetimes().map(lambda moment: moment.replace(microsecond=0))),
    (pa.timestamp("us"), st.datetimes()),
    (pa.timestamp("ns"), st.datetimes(dt.datetime(1700, 1, 1), dt.datetime(2200, 1, 1))),
    (pa.timestamp("us", tz="UTC"), st.datetimes(timezones=st.just(dt.timezone.utc))),
    (pa.duration("us"), st.timedeltas(dt.timedelta(-10_000), dt.timedelta(10_000))),
    (pa.duration("s"), st.integers(-(10**6), 10**6).map(lambda seconds: dt.timedelta(seconds=seconds))),
    (pa.duration("ns"), st.timedeltas(dt.timedelta(-10_000), dt.timedelta(10_000))),
    (pa.large_list(pa.string()), st.lists(st.none() | st.text("xyz"))),
    (pa.list_view(pa.int64()), st.lists(st.none() | st.integers(0, 9))),
    (pa.list_(pa.int64(), 2), st.lists(st.none() | st.integers(0, 9), min_size=2, max_size=2)),
    (pa.list_(pa.int64()), st.lists(st.none() | st.integers(0, 9))),
    (pa.struct([("a", pa.int64()), ("b", pa.string())]), st.fixed_dictionaries({"a": st.integers(0, 9), "b": st.text("xyz")})),
    (pa.map_(pa.string(), pa.int64()), st.dictionaries(st.text("xyz"), st.integers(0, 9))),
    (pa.dictionary(pa.int32(), pa.string()), st.sampled_from(["a", "b", "c"])),
]


@pytest.mark.parametrize(("kind", "values"), ARROW, ids=[str(kind) for kind, _ in ARROW])
def test_columns_become_objects(kind, values):
    @settings(max_examples=30, deadline=None)
    @given(column=st.lists(st.none() | values, max_size=40))
    def check(column):
        array = pa.array(column, kind)
        assert _native.rows_of(pa.table({"c": array})) == [(value,) for value in column]
        # A slice begins in the middle of its buffers.
        assert _native.rows_of(pa.table({"c": array.slice(1)})) == [(value,) for value in column[1:]]

    check()


# Parameters become Arrow and come back: what a server that keeps every type would return.

NANO_MOMENTS = st.builds(jetbridge.NanoDateTime.of, MOMENTS, st.integers(1, 999))
NANO_TIMES = st.builds(jetbridge.NanoTime.of, st.integers(0, 23), st.integers(0, 59), st.integers(0, 59), st.integers(0, 999_999_999))
NANO_LENGTHS = st.builds(
    jetbridge.NanoTimeDelta.of, st.timedeltas(dt.timedelta(-10_000), dt.timedelta(10_000)), st.integers(1, 999)
)
SCALARS = (
    st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**20), max_value=10**20)
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.binary()
    | st.dates()
    | st.times()
    | MOMENTS
    | MOMENTS.map(lambda moment: moment.replace(tzinfo=dt.timezone.utc))
    | st.timedeltas(dt.timedelta(-10_000), dt.timedelta(10_000))
    | st.uuids()
    | NANO_MOMENTS
    | NANO_TIMES
    | NANO_LENGTHS
    | st.builds(jetbridge.Interval, st.integers(-99, 99), st.integers(-99, 99), st.integers(-99, 99))
)


@settings(max_examples=300, deadline=None)
@given(value=SCALARS | st.lists(st.integers(0, 9)) | st.dictionaries(st.text("xyz", min_size=1), st.integers(0, 9), min_size=1))
def test_a_parameter_survives_the_way_through_arrow(value):
    ((back,),) = _native.rows_of(_native.batch_of([value]))
    assert back == value
    assert isinstance(back, type(value)) or isinstance(value, (jetbridge.NanoTime,))


@given(value=NANO_MOMENTS | NANO_TIMES | NANO_LENGTHS)
@settings(deadline=None)
def test_nanoseconds_are_pickled_and_shown(value):
    assert pickle.loads(pickle.dumps(value)) == value
    rest = getattr(value, "nanosecond", None) or getattr(value, "nanoseconds", 0)
    assert str(value).endswith(f"{rest:03}") or "+" in str(value)


def test_a_zone_is_kept():
    moment = dt.datetime(2024, 7, 1, 12, tzinfo=dt.timezone.utc)
    ((back,),) = _native.rows_of(pa.table({"c": pa.array([moment], pa.timestamp("us", tz="Europe/Berlin"))}))
    assert back == moment and back.utcoffset() == dt.timedelta(hours=2) and str(back.tzinfo) == "Europe/Berlin"
    ((back,),) = _native.rows_of(pa.table({"c": pa.array([moment], pa.timestamp("s", tz="-03:30"))}))
    assert back == moment and back.utcoffset() == -dt.timedelta(hours=3, minutes=30)


def test_uuids_and_unions():
    key = uuid.uuid4()
    column = pa.ExtensionArray.from_storage(pa.uuid(), pa.array([key.bytes, None], pa.binary(16)))
    assert _native.rows_of(pa.table({"c": column})) == [(key,), (None,)]
    union = pa.UnionArray.from_dense(
        pa.array([0, 1, 0], pa.int8()), pa.array([0, 0, 1], pa.int32()), [pa.array([1, 2]), pa.array(["x"])]
    )
    assert _native.rows_of(pa.table({"c": union})) == [(1,), ("x",), (2,)]


def test_runs_are_read_as_their_values():
    runs = pa.RunEndEncodedArray.from_arrays([2, 5], ["a", None])
    assert _native.rows_of(pa.table({"c": runs})) == [("a",), ("a",), (None,), (None,), (None,)]
    assert _native.rows_of(pa.table({"c": runs.slice(1, 2)})) == [("a",), (None,)]


def test_what_has_no_object_in_python_is_a_data_error():
    with pytest.raises(jetbridge.DataError):
        _native.rows_of(pa.table({"c": pa.array([2**62], pa.timestamp("s"))}))
    # Its last hour in UTC lies in the year 10,000 farther east.
    last = pa.array([dt.datetime(9999, 12, 31, 23, 30)], pa.timestamp("us")).cast(pa.timestamp("us", tz="Asia/Tokyo"))
    with pytest.raises(jetbridge.DataError, match="9999"):
        _native.rows_of(pa.table({"c": last}))
    with pytest.raises(jetbridge.DataError):
        _native.rows_of(pa.table({"c": pa.array([-(10**6)], pa.int32()).cast(pa.date32())}))


@pytest.mark.parametrize("wrong", [object(), 10**80, dt.time(12, tzinfo=dt.timezone.utc), Decimal("NaN")])
def test_what_cannot_be_sent_is_a_data_error(connection, wrong):
    with pytest.raises(jetbridge.DataError):
        echo(connection, wrong)


def test_one_text_is_no_row_of_parameters(connection):
    with pytest.raises(jetbridge.DataError, match="sequence"):
        connection.execute("SELECT ?", "text")


def test_scalars_of_numpy_and_timestamps_of_pandas_are_sent(connection):
    import numpy
    import pandas

    assert echo(connection, numpy.int64(7), numpy.float64(0.5), numpy.str_("x")) == (7, 0.5, "x")
    moment = pandas.Timestamp("2024-01-02 03:04:05.000000007")
    ((back,),) = _native.rows_of(_native.batch_of([moment]))
    assert back == jetbridge.NanoDateTime.of(dt.datetime(2024, 1, 2, 3, 4, 5), 7)
