"""A client in Python: worker.py CLIENT, one of adbc, pyarrow, flightsql-dbapi, jetbridge-python; the last with the directory of its package.

Takes orders `CASE ADDRESS ROWS TIMES` from its standard input, answers `ok NUMBER...` or `error WORDS`.
"""

import sys
import time

import pyarrow as pa


def statement(rows):
    return f"SELECT * FROM numbers /* rows={rows} */"


def numbers(rows):
    return f"SELECT * FROM numbers /* rows={rows} floats=2 */"


def count(batches):
    return sum(batch.num_rows for batch in batches)


class DbApi:
    """What every client of PEP 249 does alike."""

    def query(self, rows):
        cursor = self.connection.cursor()
        cursor.execute(statement(rows))
        read = len(cursor.fetchall())
        cursor.close()
        return read

    def fetchall(self, rows):
        cursor = self.connection.cursor()
        cursor.execute(numbers(rows))
        read = len(cursor.fetchall())
        cursor.close()
        return read

    def fetchmany(self, rows):
        cursor = self.connection.cursor()
        cursor.execute(numbers(rows))
        read = 0
        while some := cursor.fetchmany(1000):
            read += len(some)
        cursor.close()
        return read

    def iterate(self, rows):
        cursor = self.connection.cursor()
        cursor.execute(numbers(rows))
        read = 0
        for _ in cursor:
            read += 1
        cursor.close()
        return read

    def table(self, rows):
        cursor = self.connection.cursor()
        cursor.execute(numbers(rows))
        read = cursor.fetch_arrow_table().num_rows
        cursor.close()
        return read


class Jetbridge(DbApi):
    def __init__(self, address):
        sys.path.insert(0, sys.argv[2])
        import jetbridge

        self.connection = jetbridge.connect(f"flightsql://{address}?transport=tcp", autocommit=True)


class Adbc(DbApi):
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


class FlightSqlDbapi(DbApi):
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

    def table(self, rows):
        # Its cursor has no tables; its client has.
        info = self.client.execute(numbers(rows))
        return sum(self.client.do_get(endpoint.ticket).read_all().num_rows for endpoint in info.endpoints)


CLIENTS = {"adbc": Adbc, "pyarrow": PyArrow, "flightsql-dbapi": FlightSqlDbapi, "jetbridge-python": Jetbridge}


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
            taken = []
            for _ in range(int(times)):
                started = time.perf_counter()
                read = run(rows)
                taken.append(time.perf_counter() - started)
                if read != rows:
                    raise RuntimeError(f"{read} rows instead of {rows}")
            if case in ("long", "iterate"):
                taken = [0, taken[-1], 0, memory()]
            print("ok", *taken, flush=True)
        except Exception as error:
            print("error", repr(error).replace("\n", " "), flush=True)


main()
