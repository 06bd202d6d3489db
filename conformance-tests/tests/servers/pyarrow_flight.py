"""pyarrow.flight: pyarrow_flight.py HOST PORT. Raises when something is not as it should be."""

import sys

import pyarrow.flight as flight

client = flight.connect(f"grpc+tcp://{sys.argv[1]}:{sys.argv[2]}")
options = flight.FlightCallOptions(headers=[client.authenticate_basic_token("ada", "secret")])


def field(number, payload):
    """A length-delimited protobuf field."""
    size, length = len(payload), b""
    while size > 127:
        length += bytes([size & 127 | 128])
        size >>= 7
    return bytes([number << 3 | 2]) + length + bytes([size]) + payload


def command(name, message):
    url = f"type.googleapis.com/arrow.flight.protocol.sql.{name}".encode()
    return flight.FlightDescriptor.for_command(field(1, url) + field(2, message))


query = field(1, b"SELECT id, price, name FROM products ORDER BY id /* endpoints=3 ordered */")
info = client.get_flight_info(command("CommandStatementQuery", query), options)
assert len(info.endpoints) == 3 and info.schema.names == ["id", "price", "name"]
ids = [i for e in info.endpoints for i in client.do_get(e.ticket, options).read_all()["id"].to_pylist()]
assert ids == list(range(1, 101))

try:
    client.get_flight_info(command("CommandStatementQuery", query))
    raise AssertionError("a call without credentials was answered")
except flight.FlightUnauthenticatedError:
    pass
assert {"CancelFlightInfo", "CreatePreparedStatement"} <= {a.type for a in client.list_actions(options)}


def metadata(name, message=b""):
    info = client.get_flight_info(command(name, message), options)
    return client.do_get(info.endpoints[0].ticket, options).read_all().to_pylist()


# Transactions end after five minutes without use; statements never.
timeouts = {row["info_name"]: row["value"] for row in metadata("CommandGetSqlInfo", b"\x0a\x02\x64\x65")}
assert timeouts == {100: 0, 101: 300_000}, timeouts
every = metadata("CommandGetSqlInfo")
assert len({row["info_name"] for row in every}) == len(every) == 91, len(every)
assert metadata("CommandGetCatalogs") == [{"catalog_name": "main"}]
assert {row["table_type"] for row in metadata("CommandGetTableTypes")} == {"TABLE", "VIEW", "LOCAL TEMPORARY"}
keys = metadata("CommandGetPrimaryKeys", field(3, b"order_items"))
assert [row["column_name"] for row in keys] == ["order_id", "line"], keys
keys = metadata("CommandGetImportedKeys", field(3, b"order_items"))
assert {row["pk_table_name"] for row in keys} == {"orders", "products"}, keys
assert metadata("CommandGetXdbcTypeInfo")
