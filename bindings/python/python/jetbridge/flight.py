"""The flight level: a query gives a FlightInfo, its endpoints have tickets, a ticket gives a stream of batches.

For programs that were written for ``flightsql-dbapi``: the names, arguments and answers are the same. Batches are those of pyarrow.
"""

from __future__ import annotations

import datetime as _dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Iterable, Iterator, Mapping

from . import _native
from ._state import header_list, schema_of, to_arrow
from .exceptions import InterfaceError

if TYPE_CHECKING:
    import pandas
    import pyarrow

    from .dbapi import Connection


@dataclass
class TableRef:
    """A table."""

    catalog: str | None = None
    db_schema: str | None = None
    table: str = ""


@dataclass
class FlightSQLCallOptions:
    """What one call has of its own: a deadline in seconds, and headers, which win over those of the client."""

    timeout: float | None = None
    headers: Any = None
    write_options: Any = None
    read_options: Any = None


@dataclass(frozen=True)
class Ticket:
    """What an endpoint's stream is asked for by."""

    ticket: bytes

    def serialize(self) -> bytes:
        """Its bytes."""
        return self.ticket


@dataclass(frozen=True)
class FlightEndpoint:
    """A part of a result."""

    ticket: Ticket | None
    locations: list[str]
    expiration_time: _dt.datetime | None = None
    app_metadata: bytes = b""


class FlightInfo:
    """Where a result is."""

    def __init__(self, info: _native.FlightInfo) -> None:
        self._info = info

    @property
    def endpoints(self) -> list[FlightEndpoint]:
        """The parts of the result."""
        return [
            FlightEndpoint(
                None if ticket is None else Ticket(ticket),
                locations,
                None if expiry is None else _dt.datetime.fromtimestamp(expiry, _dt.timezone.utc),
                metadata,
            )
            for ticket, locations, expiry, metadata in self._info.endpoints()
        ]

    @property
    def schema(self) -> pyarrow.Schema:
        """The schema, which is empty where the server tells it only with the rows."""
        return schema_of(self._info)

    @property
    def total_records(self) -> int:
        """How many rows there are, -1 where the server does not know."""
        return self._info.total_records

    @property
    def total_bytes(self) -> int:
        """How many bytes there are, -1 where the server does not know."""
        return self._info.total_bytes

    @property
    def ordered(self) -> bool:
        """Whether the endpoints have an order."""
        return self._info.ordered

    @property
    def app_metadata(self) -> bytes:
        """What the application put beside the result."""
        return self._info.app_metadata

    def serialize(self) -> bytes:
        """The FlightInfo as bytes, which another process can read."""
        return self._info.serialize()


@dataclass(frozen=True)
class FlightStreamChunk:
    """A batch and its metadata; it unpacks into both."""

    data: pyarrow.RecordBatch | None
    app_metadata: bytes | None

    def __iter__(self) -> Iterator[Any]:
        return iter((self.data, self.app_metadata))


class FlightStreamReader:
    """The stream behind a ticket."""

    def __init__(self, reader: _native.FlightReader) -> None:
        self._reader = reader

    @property
    def schema(self) -> pyarrow.Schema:
        """The schema of its batches."""
        return schema_of(self._reader)

    def read_chunk(self) -> FlightStreamChunk:
        """The next batch with its metadata.

        Raises:
            StopIteration: there is none any more.
        """
        chunk = self._reader.read_chunk()
        if chunk is None:
            raise StopIteration
        stream, metadata = chunk
        batch = None
        if stream is not None:
            import pyarrow

            batch = pyarrow.RecordBatchReader.from_stream(stream).read_next_batch()
        return FlightStreamChunk(batch, metadata)

    def read_all(self) -> pyarrow.Table:
        """All that is left, as a table."""
        return to_arrow(self._reader.read_all())

    def read_pandas(self, **options: Any) -> pandas.DataFrame:
        """All that is left, as a frame of pandas."""
        table: Any = self.read_all()
        frame: pandas.DataFrame = table.to_pandas(**options)
        return frame

    def to_reader(self) -> pyarrow.RecordBatchReader:
        """All that is left, as a reader."""
        import pyarrow

        return pyarrow.RecordBatchReader.from_stream(self._reader.read_all())

    def __iter__(self) -> Iterator[FlightStreamChunk]:
        while True:
            try:
                yield self.read_chunk()
            except StopIteration:
                return


class PreparedStatement:
    """A statement that the server has prepared; a ``with`` block closes it."""

    def __init__(self, prepared: _native.Prepared) -> None:
        self._prepared = prepared
        self.closed = False

    def execute(self, binding: Any = None) -> FlightInfo:
        """Binds parameters (a batch of pyarrow, or a row as a sequence) and tells where the result is."""
        return FlightInfo(self._prepared.flight_info(binding))

    def close(self) -> None:
        """Closes it on the server. Closing twice is no error."""
        self.closed = True
        self._prepared.close()

    def __enter__(self) -> PreparedStatement:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.close()


class FlightSQLClient:
    """A client of one server.

    Args:
        host: the server.
        port: its port.
        user: with ``password``, for a handshake that gives a token.
        password: see ``user``.
        token: a bearer token.
        insecure: ``True`` speaks without TLS.
        disable_server_verification: ``True`` takes any certificate.
        metadata: headers of every call, such as ``{'database': 'sensors'}``.
        features: kept for programs that pass them; what a server can do is asked.
        options: ``tls_root_certs``, ``cert_chain``, ``private_key`` (PEM, text or bytes), ``override_hostname``, and every option of a
            connection string.
    """

    def __init__(
        self,
        host: str = "localhost",
        port: int = 443,
        user: str | None = None,
        password: str | None = None,
        token: str | None = None,
        insecure: bool | None = None,
        disable_server_verification: bool | None = None,
        metadata: Mapping[str, str] | None = None,
        features: Mapping[str, str] | None = None,
        **options: Any,
    ) -> None:
        self.features = dict(features or {})
        name = f"[{host}]" if ":" in host and not host.startswith("[") else host
        chosen: dict[str, Any] = {"user": user, "password": password, "token": token}
        if disable_server_verification and not insecure:
            chosen["tls_verify"] = False
        for header, value in (metadata or {}).items():
            chosen[f"header.{header}"] = value
        # What pyarrow takes and Jetbridge has no need of.
        for unused in ("middleware", "write_size_limit_bytes", "generic_options"):
            options.pop(unused, None)
        for option, value in options.items():
            chosen[option] = value.decode() if isinstance(value, bytes) else value
        self._target = f"flightsql://{name}:{port}?transport={'tcp' if insecure else 'tls'}"
        self._options = chosen
        self._session = _native.connect(self._target, chosen)

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return bool(self._session.closed)

    def close(self) -> None:
        """Ends the session."""
        self._session.close()

    def execute(self, query: str, call_options: FlightSQLCallOptions | None = None) -> FlightInfo:
        """Executes a query and tells where its result is."""
        timeout, headers = _of_call(call_options)
        return FlightInfo(self._session.flight_info(query, timeout, headers))

    def execute_update(self, query: str, call_options: FlightSQLCallOptions | None = None) -> int:
        """Executes an update and gives the number of rows it changed, -1 where the server does not know."""
        timeout, headers = _of_call(call_options)
        statement = self._session.statement(query, None, False, timeout, headers, "update")
        affected = statement.execute().affected
        return -1 if affected is None else affected

    def prepare(self, query: str, call_options: FlightSQLCallOptions | None = None) -> PreparedStatement:
        """Has the server prepare a query."""
        timeout, headers = _of_call(call_options)
        return PreparedStatement(self._session.statement(query, None, False, timeout, headers).prepare())

    def read_info(self, info: FlightInfo | bytes) -> _native.ArrowStream:
        """A whole result, all endpoints of it, from a FlightInfo or its bytes, which may come from another process."""
        content = info if isinstance(info, bytes) else info.serialize()
        stream: _native.ArrowStream = self._session.read_info(content)
        return stream

    def do_get(self, ticket: Ticket | bytes, call_options: FlightSQLCallOptions | None = None) -> FlightStreamReader:
        """The stream behind a ticket."""
        timeout, headers = _of_call(call_options)
        content = ticket if isinstance(ticket, bytes) else ticket.ticket
        return FlightStreamReader(self._session.do_get(content, timeout, headers))

    def get_catalogs(self, call_options: FlightSQLCallOptions | None = None) -> FlightInfo:
        """Catalogs."""
        return self._info("catalogs", {}, call_options)

    def get_db_schemas(
        self,
        catalog: str | None = None,
        db_schema_filter_pattern: str | None = None,
        call_options: FlightSQLCallOptions | None = None,
    ) -> FlightInfo:
        """Schemas."""
        arguments = {"catalog": catalog, "schema_pattern": db_schema_filter_pattern}
        return self._info("schemas", arguments, call_options)

    def get_tables(
        self,
        include_schema: bool = False,
        catalog: str | None = None,
        table_types: Iterable[str] | None = None,
        table_name_filter_pattern: str | None = None,
        db_schema_filter_pattern: str | None = None,
        call_options: FlightSQLCallOptions | None = None,
    ) -> FlightInfo:
        """Tables."""
        arguments = {
            "include_schema": include_schema,
            "catalog": catalog,
            "table_types": list(table_types) if table_types is not None else None,
            "table_pattern": table_name_filter_pattern,
            "schema_pattern": db_schema_filter_pattern,
        }
        return self._info("tables", arguments, call_options)

    def get_table_types(self, call_options: FlightSQLCallOptions | None = None) -> FlightInfo:
        """Types of tables."""
        return self._info("table_types", {}, call_options)

    def get_primary_keys(self, table: TableRef, call_options: FlightSQLCallOptions | None = None) -> FlightInfo:
        """The primary key of a table."""
        return self._info("primary_keys", _table("", table), call_options)

    def get_exported_keys(self, table: TableRef, call_options: FlightSQLCallOptions | None = None) -> FlightInfo:
        """The foreign keys that refer to a table."""
        return self._info("exported_keys", _table("", table), call_options)

    def get_imported_keys(self, table: TableRef, call_options: FlightSQLCallOptions | None = None) -> FlightInfo:
        """The foreign keys of a table."""
        return self._info("imported_keys", _table("", table), call_options)

    def get_cross_reference(
        self, pk_table: TableRef, fk_table: TableRef, call_options: FlightSQLCallOptions | None = None
    ) -> FlightInfo:
        """The foreign keys of one table that refer to another."""
        arguments = {**_table("pk_", pk_table), **_table("fk_", fk_table)}
        return self._info("cross_reference", arguments, call_options)

    def get_xdbc_type_info(
        self, data_type: int | None = None, call_options: FlightSQLCallOptions | None = None
    ) -> FlightInfo:
        """The types the server knows."""
        return self._info("type_info", {"data_type": data_type}, call_options)

    def get_sql_info(
        self, info: Iterable[int] = (), call_options: FlightSQLCallOptions | None = None
    ) -> FlightInfo:
        """What the server can do."""
        return self._info("sql_info", {"codes": list(info)}, call_options)

    def _info(
        self, command: str, arguments: dict[str, Any], call_options: FlightSQLCallOptions | None
    ) -> FlightInfo:
        timeout, headers = _of_call(call_options)
        return FlightInfo(self._session.catalog_info(command, arguments, timeout, headers))

    def _connection(self, autocommit: bool | None) -> Connection:
        """A connection to the same server with the same credentials."""
        from .dbapi import Connection

        if self.closed:
            raise InterfaceError("the client is closed: make another", sqlstate="08003", kind="state")
        return Connection(_native.connect(self._target, self._options), autocommit)

    def __enter__(self) -> FlightSQLClient:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<jetbridge.FlightSQLClient {'closed' if self.closed else self._session.server}>"


def _of_call(options: FlightSQLCallOptions | None) -> tuple[float | None, list[tuple[str, bytes]] | None]:
    if options is None:
        return None, None
    return options.timeout, header_list(options.headers)


def _table(prefix: str, table: TableRef) -> dict[str, Any]:
    return {
        f"{prefix}catalog": table.catalog,
        f"{prefix}schema": table.db_schema,
        f"{prefix}table": table.table,
    }
