"""flightsql-dbapi, as InfluxDB's users have it: flightsql_dbapi.py HOST PORT. Raises when something is not as it should be."""

import sys

import pyarrow as pa
from flightsql import FlightSQLClient, connect
from flightsql.client import TableRef

client = FlightSQLClient(
    host=sys.argv[1], port=int(sys.argv[2]), token="s3cret", insecure=True, metadata={"database": "shop"}
)
info = client.execute("SELECT * FROM orders ORDER BY id LIMIT 10")
reader = client.do_get(info.endpoints[0].ticket)
assert reader.read_all().num_rows == 10
info = client.get_tables()
assert client.do_get(info.endpoints[0].ticket).read_all().num_rows >= 6
cursor = connect(client).cursor()
cursor.execute("SELECT id, name FROM products WHERE id <= 3")
assert len(cursor.fetchall()) == 3
statement = client.prepare("SELECT name FROM products WHERE id = ?")
with statement:
    info = statement.execute(pa.RecordBatch.from_pydict({"id": [5]}))
    assert client.do_get(info.endpoints[0].ticket).read_all().num_rows == 1


def rows(info):
    return client.do_get(info.endpoints[0].ticket).read_all().to_pylist()


assert [row["catalog_name"] for row in rows(client.get_catalogs())] == ["main"]
assert len(rows(client.get_db_schemas())) == 1
assert {"TABLE", "VIEW"} <= {row["table_type"] for row in rows(client.get_table_types())}
assert [row["column_name"] for row in rows(client.get_primary_keys(TableRef(table="order_items")))] == ["order_id", "line"]
assert len(rows(client.get_imported_keys(TableRef(table="order_items")))) == 2
assert len(rows(client.get_exported_keys(TableRef(table="orders")))) == 1
assert rows(client.get_xdbc_type_info(None))
names = {row["info_name"]: row["value"] for row in rows(client.get_sql_info([0, 101]))}
assert names == {0: "Jetbridge reference server", 101: 300_000}, names
