"""flightsql-dbapi, as InfluxDB's users have it: flightsql_dbapi.py HOST PORT. Raises when something is not as it should be."""

import sys

import pyarrow as pa
from flightsql import FlightSQLClient, connect

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
