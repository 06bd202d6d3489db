"""The flight level, as programs for flightsql-dbapi use it."""

from __future__ import annotations

import os

import jetbridge
import pyarrow as pa
import pytest
from jetbridge import FlightSQLCallOptions, FlightSQLClient, TableRef, connect

HOST, PORT = os.environ["JETBRIDGE_TEST_LOCKED"].rsplit(":", 1)


@pytest.fixture
def client():
    # As on InfluxDB: a token, and a header that names the database.
    with FlightSQLClient(
        host=HOST, port=int(PORT), token="a-token", insecure=True, metadata={"database": "sensors"}
    ) as client:
        yield client


def test_a_query_gives_tickets_and_a_ticket_gives_batches(client):
    info = client.execute("SELECT id, name FROM products ORDER BY id")
    assert info.schema.names == ["id", "name"]
    assert info.endpoints[0].locations is not None
    reader = client.do_get(info.endpoints[0].ticket)
    assert reader.schema.names == ["id", "name"]
    table = reader.read_all()
    assert isinstance(table, pa.Table) and table.num_rows == 100


def test_a_stream_is_read_chunk_by_chunk(client):
    info = client.execute("SELECT id FROM orders ORDER BY id /* rows_per_batch=1000 */")
    reader = client.do_get(info.endpoints[0].ticket)
    batch, metadata = reader.read_chunk()
    assert isinstance(batch, pa.RecordBatch) and batch.num_rows == 1000 and metadata is None
    assert sum(chunk.data.num_rows for chunk in reader) == 1500
    with pytest.raises(StopIteration):
        reader.read_chunk()


def test_a_stream_is_a_frame(client):
    info = client.execute("SELECT id FROM orders")
    assert len(client.do_get(info.endpoints[0].ticket).read_pandas()) == 2500


def test_every_endpoint_is_there(client):
    info = client.execute("SELECT id FROM orders /* endpoints=4 */")
    assert len(info.endpoints) == 4
    assert sum(client.do_get(endpoint.ticket).read_all().num_rows for endpoint in info.endpoints) == 2500


def test_an_update_gives_its_count(client, table):
    client.execute_update(f"CREATE TABLE {table} (id INTEGER)")
    assert client.execute_update(f"INSERT INTO {table} VALUES (1), (2)") == 2


def test_a_prepared_statement_is_bound(client):
    with client.prepare("SELECT ? + 1") as prepared:
        info = prepared.execute(pa.record_batch({"x": pa.array([41], pa.int64())}))
        assert client.do_get(info.endpoints[0].ticket).read_all().column(0).to_pylist() == [42]


def test_the_catalog_is_asked(client):
    def read(info):
        return client.do_get(info.endpoints[0].ticket).read_all()

    assert "orders" in read(client.get_tables()).column("table_name").to_pylist()
    assert "table_schema" in read(client.get_tables(include_schema=True, table_name_filter_pattern="ord%")).column_names
    assert read(client.get_catalogs()).column_names == ["catalog_name"]
    assert read(client.get_db_schemas()).column_names == ["catalog_name", "db_schema_name"]
    assert "TABLE" in [kind.upper() for kind in read(client.get_table_types()).column("table_type").to_pylist()]
    assert read(client.get_primary_keys(TableRef(table="orders"))).column("column_name").to_pylist() == ["id"]
    assert read(client.get_imported_keys(TableRef(table="orders"))).num_rows == 1
    assert read(client.get_exported_keys(TableRef(table="customers"))).num_rows == 1
    reference = client.get_cross_reference(TableRef(table="customers"), TableRef(table="orders"))
    assert read(reference).num_rows == 1
    assert read(client.get_sql_info([0, 3])).num_rows == 2
    assert read(client.get_xdbc_type_info()).num_rows > 0


def test_a_call_has_headers_and_a_deadline_of_its_own(client):
    options = FlightSQLCallOptions(timeout=0.2)
    with pytest.raises(jetbridge.OperationalError) as caught:
        client.execute("SELECT 1 /* delay=30s */", options)
    assert caught.value.kind == "timeout"
    options = FlightSQLCallOptions(headers=[(b"database", b"other")])
    with pytest.raises(jetbridge.Error):
        client.execute("SELECT 1", options)


def test_a_missing_header_or_a_wrong_token_is_refused():
    with pytest.raises(jetbridge.Error):
        FlightSQLClient(HOST, int(PORT), token="a-token", insecure=True).execute("SELECT 1")
    with pytest.raises(jetbridge.OperationalError) as caught:
        FlightSQLClient(HOST, int(PORT), token="wrong", insecure=True, metadata={"database": "sensors"}).execute("SELECT 1")
    assert caught.value.sqlstate == "28000" and "wrong" not in str(caught.value)


def test_a_client_is_a_connection(client):
    # The example of flightsql-dbapi, with another import.
    conn = connect(client)
    cursor = conn.cursor()
    cursor.execute("select id, name from products limit 10")
    assert [column[0] for column in cursor.description] == ["id", "name"]
    assert len([row for row in cursor]) == 10
    conn.close()


def test_a_password_is_exchanged_for_a_token():
    with FlightSQLClient(
        HOST, int(PORT), user="ada", password="l0velace", insecure=True, metadata={"database": "sensors"},
        features={"metadata-reflection": "true"},
    ) as client:
        info = client.execute("SELECT 1")
        assert client.do_get(info.endpoints[0].ticket).read_all().num_rows == 1


def test_a_flight_info_is_read_by_another_session(client):
    content = client.execute("SELECT id FROM orders /* expire=60s endpoints=3 */").serialize()
    with FlightSQLClient(
        HOST, int(PORT), token="a-token", insecure=True, metadata={"database": "sensors"}
    ) as other:
        assert pa.table(other.read_info(content)).num_rows == 2500


def test_the_examples_of_its_readme_run():
    """Word for word, but for the import, the address, and SQLAlchemy 2 in place of 1.4."""
    import jetbridge.sqlalchemy  # noqa: F401
    from sqlalchemy import func, select
    from sqlalchemy.engine import create_engine
    from sqlalchemy.schema import MetaData, Table

    client = FlightSQLClient(
        host=HOST, port=int(PORT), token="a-token", insecure=True, metadata={"database": "sensors"}
    )
    conn = connect(client)
    cursor = conn.cursor()
    cursor.execute("select * from products limit 10")
    assert [column[0] for column in cursor.description][:2] == ["id", "name"]
    assert len([r for r in cursor]) == 10
    info = client.execute("select * from products limit 10")
    reader = client.do_get(info.endpoints[0].ticket)
    data_frame = reader.read_all().to_pandas()
    assert len(data_frame) == 10
    client.close()

    for credentials, query in (("", "token=a-token&"), ("ada:l0velace@", "")):
        engine = create_engine(f"datafusion+flightsql://{credentials}{HOST}:{PORT}?insecure=true&{query}database=sensors")
        runs = Table("products", MetaData(), autoload_with=engine)
        with engine.connect() as connection:
            assert connection.execute(select(func.count()).select_from(runs)).scalar() == 100
        assert [column.name for column in runs.columns][:2] == ["id", "name"]
        metadata = MetaData()
        metadata.reflect(bind=engine)
        assert "orders" in {table.name for table in metadata.sorted_tables}
        engine.dispose()


def test_a_dialect_of_ones_own_extends_ours():
    from jetbridge.sqlalchemy import FlightSQLDialect
    from sqlalchemy import create_engine, text
    from sqlalchemy.dialects import registry

    class CustomDialect(FlightSQLDialect):
        name = "custom"
        paramstyle = "named"
        supports_statement_cache = True

    globals()["CustomDialect"] = CustomDialect
    registry.register("custom.flightsql", __name__, "CustomDialect")
    host = os.environ["JETBRIDGE_TEST_URI"].removeprefix("flightsql://")
    engine = create_engine(f"custom+flightsql://{host}")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT :a + 1"), {"a": 1}).scalar() == 2
    engine.dispose()
