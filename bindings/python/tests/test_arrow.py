"""Results for pyarrow, pandas, polars and DuckDB, and their data into tables."""

from __future__ import annotations

import subprocess
import sys

import duckdb
import jetbridge
import pandas
import polars
import pyarrow as pa
import pytest

SQL = "SELECT id, name, price FROM products ORDER BY id"


def test_a_result_is_a_table(connection):
    table = connection.execute(SQL).fetch_arrow_table()
    assert table.num_rows == 100 and table.column_names == ["id", "name", "price"]
    assert table.schema.field("id").type == pa.int64()


def test_a_result_is_a_stream(connection):
    reader = connection.execute("SELECT id FROM orders /* rows_per_batch=100 */").fetch_record_batch()
    assert [batch.num_rows for batch in reader] == [100] * 25


def test_rows_and_batches_of_one_result_follow_each_other(connection):
    cursor = connection.execute("SELECT id FROM orders ORDER BY id /* rows_per_batch=300 */")
    assert cursor.fetchone() == (1,)
    assert cursor.fetchmany(500)[-1] == (501,)
    assert cursor.fetchone() == (502,)
    assert cursor.fetch_arrow_table().column("id").to_pylist() == list(range(503, 2501))


def test_a_result_is_a_frame_of_pandas(connection):
    frame = connection.execute(SQL).fetch_df()
    assert len(frame) == 100 and list(frame.columns) == ["id", "name", "price"]
    backed = connection.execute(SQL).fetch_df(arrow_backed=True)
    assert isinstance(backed["name"].dtype, pandas.ArrowDtype)


def test_a_result_is_a_frame_of_polars(connection):
    frame = connection.execute(SQL).fetch_polars()
    assert frame.shape == (100, 3)
    assert polars.DataFrame(connection.execute(SQL)).equals(frame)


def test_polars_reads_a_database(uri, connection):
    assert polars.read_database(SQL, connection).shape == (100, 3)
    assert polars.read_database(SQL, connection.cursor()).shape == (100, 3)
    pieces = polars.read_database("SELECT id FROM orders", connection, iter_batches=True, batch_size=1000)
    assert sum(len(piece) for piece in pieces) == 2500


def test_duckdb_reads_a_cursor(connection):
    cursor = connection.execute("SELECT id, customer_id FROM orders")
    assert duckdb.sql("SELECT count(*), max(id) FROM cursor").fetchall() == [(2500, 2500)]


def test_pandas_reads_sql(connection):
    with pytest.warns(UserWarning):
        frame = pandas.read_sql(SQL, connection)
    assert len(frame) == 100


def test_a_schema_is_to_be_had_before_the_rows(connection):
    schema = connection.cursor().describe(SQL)
    assert schema.names == ["id", "name", "price"]
    assert pa.schema(connection.execute(SQL)).names == schema.names


@pytest.mark.parametrize("kind", ["table", "reader", "pandas", "polars", "rows", "columns"])
def test_data_of_every_kind_is_loaded(connection, table, kind):
    data = pa.table({"id": [1, 2, 3], "name": ["a", None, "c"]})
    offered = {
        "table": lambda: data,
        "reader": lambda: data.to_reader(),
        "pandas": lambda: data.to_pandas(),
        "polars": lambda: polars.DataFrame(data),
        "rows": lambda: data.to_pylist(),
        "columns": lambda: data.to_pydict(),
    }[kind]()
    assert connection.ingest(table, offered) == 3
    assert connection.ingest(table, data, "append") == 3
    rows = connection.execute(f"SELECT id, name FROM {table} ORDER BY id").fetchall()
    assert rows == [(1, "a"), (1, "a"), (2, None), (2, None), (3, "c"), (3, "c")]
    assert connection.ingest(table, data, "replace") == 3
    with pytest.raises(jetbridge.Error):
        connection.ingest(table, data, "create")
    connection.rollback()


def test_a_table_is_a_batch_of_parameters(connection, table):
    connection.execute(f"CREATE TABLE {table} (id INTEGER, name TEXT)")
    data = pa.table({"id": [1, 2, 3], "name": ["a", None, "c"]})
    cursor = connection.cursor()
    cursor.executemany(f"INSERT INTO {table} VALUES (?, ?)", data)
    assert cursor.rowcount == 3
    connection.commit()


def test_a_result_is_handed_over_once(connection):
    cursor = connection.execute(SQL)
    assert pa.table(cursor).num_rows == 100
    assert pa.table(cursor).num_rows == 0


ROWS_ONLY = """
import sys
class Block:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("pyarrow", "pandas", "polars", "numpy"):
            raise ImportError(name)
sys.meta_path.insert(0, Block())
import jetbridge
with jetbridge.connect(sys.argv[1]) as connection:
    print(connection.execute("SELECT 1, 'x'").fetchall())
"""


def test_rows_need_nothing_but_python(uri):
    printed = subprocess.run([sys.executable, "-c", ROWS_ONLY, uri], capture_output=True, text=True, timeout=60)
    assert printed.stdout == "[(1, 'x')]\n", printed.stderr


def test_a_result_that_breaks_is_an_error_for_every_reader(connection):
    broken = "SELECT id FROM orders /* rows_per_batch=100 die_after=3 */"
    with pytest.raises(jetbridge.Error):
        connection.execute(broken).fetchall()
    with pytest.raises(jetbridge.Error):
        connection.execute(broken).fetch_arrow_table()
    with pytest.raises(Exception, match="endpoint"):
        connection.execute(broken).fetch_record_batch().read_all()
    with pytest.raises(Exception):
        polars.DataFrame(connection.execute(broken))
