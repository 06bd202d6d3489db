"""A client in Python: worker.py CLIENT, one of adbc, pyarrow, flightsql-dbapi.

Takes orders `CASE ADDRESS ROWS TIMES` from its standard input, answers `ok NUMBER...` or `error WORDS`.
"""

import sys
import time

import pyarrow as pa


def statement(rows):
    return f"SELECT * FROM numbers /* rows={rows} */"


def count(batches):
    return sum(batch.num_rows for batch in batches)


class Adbc:
    def __init__(self, address):
        import adbc_driver_flightsql.dbapi

        self.connection = adbc_driver_flightsql.dbapi.connect(f"grpc://{address}", autocommit=True)

    def batches(self, rows):
        # The statement below DB-API: no preparing, no cursor.
        import adbc_driver_manager

        with adbc_driver_manager.AdbcStatement(self.connection.adbc_connection) as statement_:
            statement_.set_sql_query(statement(rows))
            stream, _ = statement_.execute_query()
            return count(pa.RecordBatchReader._import_from_c(stream.address))

    def query(self, rows):
        with self.connection.cursor() as cursor:
            cursor.execute(statement(rows))
            return len(cursor.fetchall())

    rows = query


class PyArrow:
    def __init__(self, address):
        import pyarrow.flight

        self.flight = pyarrow.flight
        self.client = pyarrow.flight.connect(f"grpc://{address}")

    def batches(self, rows):
        from google.protobuf import any_pb2

        sql = statement(rows).encode()
        command = any_pb2.Any(
            type_url="type.googleapis.com/arrow.flight.protocol.sql.CommandStatementQuery",
            value=b"\x0a" + bytes([len(sql)]) + sql,
        )
        descriptor = self.flight.FlightDescriptor.for_command(command.SerializeToString())
        info = self.client.get_flight_info(descriptor)
        read = 0
        for endpoint in info.endpoints:
            for chunk in self.client.do_get(endpoint.ticket):
                read += chunk.data.num_rows
        return read

    query = batches


class FlightSqlDbapi:
    def __init__(self, address):
        import flightsql

        host, port = address.rsplit(":", 1)
        self.client = flightsql.FlightSQLClient(host=host, port=int(port), insecure=True)
        self.connection = flightsql.connect(self.client)

    def batches(self, rows):
        info = self.client.execute(statement(rows))
        read = 0
        for endpoint in info.endpoints:
            for chunk in self.client.do_get(endpoint.ticket):
                read += chunk.data.num_rows
        return read

    def query(self, rows):
        cursor = self.connection.cursor()
        cursor.execute(statement(rows))
        read = len(cursor.fetchall())
        cursor.close()
        return read

    rows = query


CLIENTS = {"adbc": Adbc, "pyarrow": PyArrow, "flightsql-dbapi": FlightSqlDbapi}


def memory():
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    raise RuntimeError("no VmHWM")


def main():
    client, connections = CLIENTS[sys.argv[1]], {}
    for line in sys.stdin:
        try:
            case, address, rows, times = line.split()
            rows = int(rows)
            if address not in connections:
                connections[address] = client(address)
            run = getattr(connections[address], "batches" if case == "long" else case, None)
            if run is None:
                raise NotImplementedError("unknown case")
            numbers = []
            for _ in range(int(times)):
                started = time.perf_counter()
                read = run(rows)
                numbers.append(time.perf_counter() - started)
                if read != rows:
                    raise RuntimeError(f"{read} rows instead of {rows}")
            if case == "long":
                numbers = [0, numbers[-1], 0, memory()]
            print("ok", *numbers, flush=True)
        except Exception as error:
            print("error", repr(error).replace("\n", " "), flush=True)


main()
