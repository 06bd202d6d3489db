"""pyarrow.flight against a scripted server, as its documentation uses it: peer_pyarrow.py ACT HOST PORT."""

import sys

import pyarrow.flight as flight

act, where = sys.argv[1], f"grpc+tcp://{sys.argv[2]}:{sys.argv[3]}"
print("READY", flush=True)


def field(number, payload):
    """A length-delimited protobuf field, of less than 128 bytes."""
    return bytes([number << 3 | 2, len(payload)]) + payload


def number(value):
    try:
        return int(value)
    except (TypeError, ValueError):
        return -1


def query(client, options):
    url = b"type.googleapis.com/arrow.flight.protocol.sql.CommandStatementQuery"
    command = field(1, url) + field(2, field(1, b"select n"))
    info = client.get_flight_info(flight.FlightDescriptor.for_command(command), options)
    rows = []
    for endpoint in info.endpoints:
        table = client.do_get(endpoint.ticket, options).read_all()
        rows += [number(value) for value in table.column(0).to_pylist()]
    return rows


def run():
    with flight.connect(where) as client:
        options = flight.FlightCallOptions()
        if act == "login":
            options = flight.FlightCallOptions(headers=[client.authenticate_basic_token("ada", "secret")])
        if act == "twice":
            query(client, options)
        return f"ROWS {query(client, options)}"


try:
    print(run(), flush=True)
except Exception as error:
    print("ERROR", type(error).__name__, str(error).replace("\n", " ")[:300], flush=True)
