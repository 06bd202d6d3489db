"""The dialect of SQLAlchemy 2: ``flightsql+jetbridge://user:password@host:port/database?option=value``.

The URL is a connection string of Jetbridge with ``+jetbridge`` after the scheme: its options are the same, and ``transport=tcp`` speaks without
TLS. ``flightsql+jetbridge_async://`` is the same for ``create_async_engine``.

What a server is called decides how SQL is written for it: SQLite and DuckDB have words and types of their own, all others get the standard's.
Tables, columns and keys are read by the catalog commands of Flight SQL, and by ``information_schema`` where a server lacks them.
"""

from __future__ import annotations

from collections import deque
from typing import Any, Callable, Iterable, Mapping, Sequence

from sqlalchemy import exc, pool, types
from sqlalchemy.dialects.sqlite import base as sqlite
from sqlalchemy.engine import URL, Connection, default, reflection
from sqlalchemy.engine.interfaces import DBAPIConnection, IsolationLevel
from sqlalchemy.sql import compiler

from . import aio, dbapi
from .exceptions import Error, NotSupportedError

__all__ = ["AsyncFlightSQLDialect", "FlightSQLDialect"]

#: What the names of SQL types, in the catalog or of columns, are in SQLAlchemy.
_TYPES: dict[str, Callable[..., types.TypeEngine[Any]]] = {
    "BOOLEAN": types.BOOLEAN,
    "BOOL": types.BOOLEAN,
    "TINYINT": types.SMALLINT,
    "SMALLINT": types.SMALLINT,
    "INT": types.INTEGER,
    "INTEGER": types.INTEGER,
    "BIGINT": types.BIGINT,
    "REAL": types.REAL,
    "FLOAT": types.FLOAT,
    "DOUBLE": types.DOUBLE,
    "DOUBLE PRECISION": types.DOUBLE,
    "DECIMAL": types.DECIMAL,
    "NUMERIC": types.NUMERIC,
    "CHAR": types.CHAR,
    "VARCHAR": types.VARCHAR,
    "TEXT": types.TEXT,
    "CLOB": types.CLOB,
    "BINARY": types.BINARY,
    "VARBINARY": types.VARBINARY,
    "BLOB": types.BLOB,
    "DATE": types.DATE,
    "TIME": types.TIME,
    "DATETIME": types.DATETIME,
    "TIMESTAMP": types.TIMESTAMP,
    "UUID": types.UUID,
    "JSON": types.JSON,
}


class _StandardTypes(compiler.GenericTypeCompiler):
    """Types by their names in the standard, without a length where none is wanted."""

    def visit_string(self, type_: Any, **kw: Any) -> str:
        return self.visit_VARCHAR(type_, **kw)

    def visit_DOUBLE(self, type_: Any, **kw: Any) -> str:  # noqa: N802 - SQLAlchemy has the name
        return "DOUBLE PRECISION"

    def visit_datetime(self, type_: Any, **kw: Any) -> str:
        return self.visit_TIMESTAMP(type_, **kw)


class _Flavor:
    """How SQL is written for a kind of server."""

    statement_compiler: type[compiler.SQLCompiler] = compiler.SQLCompiler
    ddl_compiler: type[compiler.DDLCompiler] = compiler.DDLCompiler
    type_compiler: type[compiler.TypeCompiler] = _StandardTypes
    preparer: type[compiler.IdentifierPreparer] = compiler.IdentifierPreparer
    settings: Mapping[str, Any] = {}


class _SQLiteTypes(sqlite.SQLiteTypeCompiler):
    """Types that the server can tell from a column's declaration."""

    def visit_DOUBLE(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        return "DOUBLE"


class _SQLite(_Flavor):
    statement_compiler = sqlite.SQLiteCompiler
    ddl_compiler = sqlite.SQLiteDDLCompiler
    type_compiler = _SQLiteTypes
    preparer = sqlite.SQLiteIdentifierPreparer
    settings = {
        "insert_returning": True,
        "update_returning": True,
        "delete_returning": True,
        "use_insertmanyvalues": True,
        "supports_default_values": True,
        "supports_empty_insert": False,
        "supports_multivalues_insert": True,
        "tuple_in_values": True,
    }


#: Flavours by the beginning of the name a server gives itself.
_FLAVORS: tuple[tuple[str, type[_Flavor]], ...] = (("sqlite", _SQLite), ("jetbridge", _SQLite))


class _Context(default.DefaultExecutionContext):
    """Every cursor streams: there is no other kind to make for a result that is to be streamed."""

    def create_server_side_cursor(self) -> Any:
        if self.dialect.is_async:
            return self._dbapi_connection.cursor(server_side=True)
        return self._dbapi_connection.cursor()


class FlightSQLDialect(default.DefaultDialect):
    """Any server that speaks Flight SQL."""

    name = "flightsql"
    driver = "jetbridge"

    supports_statement_cache = True
    default_paramstyle = "qmark"
    supports_sane_rowcount = True
    supports_sane_multi_rowcount = False
    supports_native_boolean = True
    supports_native_decimal = True
    supports_native_uuid = True
    supports_unicode_binds = True
    supports_alter = False
    supports_comments = False
    supports_sequences = False
    supports_multivalues_insert = True
    supports_server_side_cursors = True
    # There is no `lastrowid`: keys come back by RETURNING, where the server has it.
    postfetch_lastrowid = False
    type_compiler_cls = _StandardTypes
    execution_ctx_cls = _Context
    ischema_names = _TYPES

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.server_name = ""

    @classmethod
    def import_dbapi(cls) -> Any:
        import jetbridge

        return jetbridge

    def create_connect_args(self, url: URL) -> tuple[list[Any], dict[str, Any]]:
        """The URL as a connection string."""
        return [_connection_string(url)], {}

    def initialize(self, connection: Connection) -> None:
        self.server_name = _server_name(connection)
        flavor = next(
            (flavor for name, flavor in _FLAVORS if self.server_name.lower().startswith(name)), _Flavor
        )
        self._become(flavor)
        super().initialize(connection)

    def _become(self, flavor: type[_Flavor]) -> None:
        """Writes SQL as one kind of server reads it, from now on."""
        self.statement_compiler = flavor.statement_compiler
        self.ddl_compiler = flavor.ddl_compiler
        self.preparer = flavor.preparer
        self.identifier_preparer = flavor.preparer(self)
        self.type_compiler_instance = self.type_compiler = flavor.type_compiler(self)
        for setting, value in flavor.settings.items():
            setattr(self, setting, value)

    def do_ping(self, dbapi_connection: DBAPIConnection) -> bool:
        dbapi_connection.ping()
        return True

    def is_disconnect(self, e: Any, connection: Any, cursor: Any) -> bool:
        return isinstance(e, self.loaded_dbapi.OperationalError) and getattr(e, "kind", "") in (
            "connection",
            "commit outcome unknown",
        )

    # Transactions: PEP 249's own, and the savepoints of SQL.

    def get_isolation_level_values(self, dbapi_conn: Any) -> Sequence[IsolationLevel]:
        return ["AUTOCOMMIT", "SERIALIZABLE"]

    def get_default_isolation_level(self, dbapi_conn: Any) -> IsolationLevel:
        return "SERIALIZABLE"

    def get_isolation_level(self, dbapi_connection: Any) -> IsolationLevel:
        return "AUTOCOMMIT" if dbapi_connection.autocommit else "SERIALIZABLE"

    def set_isolation_level(self, dbapi_connection: Any, level: str) -> None:
        dbapi_connection.autocommit = level == "AUTOCOMMIT"

    def detect_autocommit_setting(self, dbapi_conn: Any) -> bool:
        return bool(dbapi_conn.autocommit)

    def do_savepoint(self, connection: Connection, name: str) -> None:
        savepoints = connection.info.setdefault("jetbridge savepoints", {})
        savepoints[name] = connection.connection.dbapi_connection.savepoint(name)  # type: ignore[union-attr]

    def do_rollback_to_savepoint(self, connection: Connection, name: str) -> None:
        connection.info["jetbridge savepoints"][name].rollback()

    def do_release_savepoint(self, connection: Connection, name: str) -> None:
        connection.info["jetbridge savepoints"].pop(name).release()

    # Reflection.

    def has_table(self, connection: Connection, table_name: str, schema: str | None = None, **kw: Any) -> bool:
        self._ensure_has_table_connection(connection)
        return any(row["table_name"] == table_name for row in _tables(connection, schema, table_name))

    @reflection.cache
    def get_schema_names(self, connection: Connection, **kw: Any) -> list[str]:
        rows = _ask(connection, "schemas", {})
        return sorted({row["db_schema_name"] for row in rows if row["db_schema_name"]})

    @reflection.cache
    def get_table_names(self, connection: Connection, schema: str | None = None, **kw: Any) -> list[str]:
        return sorted(row["table_name"] for row in _tables(connection, schema) if not _is_view(row) and not _is_temporary(row))

    @reflection.cache
    def get_view_names(self, connection: Connection, schema: str | None = None, **kw: Any) -> list[str]:
        return sorted(row["table_name"] for row in _tables(connection, schema) if _is_view(row) and not _is_temporary(row))

    @reflection.cache
    def get_columns(
        self, connection: Connection, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[Any]:
        found = [
            row
            for row in _tables(connection, schema, table_name, include_schema=True)
            if row["table_name"] == table_name
        ]
        if not found:
            raise exc.NoSuchTableError(f"{schema}.{table_name}" if schema else table_name)
        return [_column(field) for field in _fields(found[0]["table_schema"])]

    @reflection.cache
    def get_pk_constraint(
        self, connection: Connection, table_name: str, schema: str | None = None, **kw: Any
    ) -> Any:
        self._must_exist(connection, table_name, schema)
        rows = _optional(connection, "primary_keys", {"table": table_name, "schema": schema})
        rows.sort(key=lambda row: row["key_sequence"] or 0)
        return {
            "constrained_columns": [row["column_name"] for row in rows],
            "name": next((row["key_name"] for row in rows if row["key_name"]), None),
        }

    @reflection.cache
    def get_foreign_keys(
        self, connection: Connection, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[Any]:
        self._must_exist(connection, table_name, schema)
        rows = _optional(connection, "imported_keys", {"table": table_name, "schema": schema})
        keys: list[dict[str, Any]] = []
        for row in rows:
            # A key begins anew where its columns are counted from one again.
            if row["key_sequence"] == 1 or not keys:
                referred = row["pk_db_schema_name"]
                keys.append(
                    {
                        "name": row["fk_key_name"] or None,
                        "constrained_columns": [],
                        "referred_schema": referred if schema is not None else None,
                        "referred_table": row["pk_table_name"],
                        "referred_columns": [],
                        "options": {},
                    }
                )
            keys[-1]["constrained_columns"].append(row["fk_column_name"])
            keys[-1]["referred_columns"].append(row["pk_column_name"])
        return keys

    @reflection.cache
    def get_indexes(
        self, connection: Connection, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[Any]:
        """None: Flight SQL has no command for indexes."""
        self._must_exist(connection, table_name, schema)
        return []

    @reflection.cache
    def get_unique_constraints(
        self, connection: Connection, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[Any]:
        """None: Flight SQL has no command for them."""
        self._must_exist(connection, table_name, schema)
        return []

    @reflection.cache
    def get_check_constraints(
        self, connection: Connection, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[Any]:
        """None: Flight SQL has no command for them."""
        self._must_exist(connection, table_name, schema)
        return []

    def _must_exist(self, connection: Connection, table: str, schema: str | None) -> None:
        if not self.has_table(connection, table, schema):
            raise exc.NoSuchTableError(f"{schema}.{table}" if schema else table)


def _connection_string(url: URL) -> str:
    """A URL of SQLAlchemy as a connection string of Jetbridge."""
    plain = url.set(drivername="flightsql")
    return plain.render_as_string(hide_password=False)


def _dbapi(connection: Connection) -> dbapi.Connection:
    """The connection below one of SQLAlchemy."""
    driver = connection.connection.dbapi_connection
    if isinstance(driver, _AdaptedConnection):
        return driver.blocking
    assert isinstance(driver, dbapi.Connection)
    return driver


def _ask(connection: Connection, command: str, arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of a catalog command as dictionaries; a column that a server leaves out is ``None``."""
    cursor = _dbapi(connection)._catalog(command, dict(arguments))
    names = [column[0] for column in cursor.description or ()]
    return [_Row(zip(names, row)) for row in cursor.fetchall()]


class _Row(dict[str, Any]):
    def __missing__(self, key: str) -> None:
        return None


def _optional(connection: Connection, command: str, arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of a command that servers may lack, as many do that have no keys."""
    try:
        return _ask(connection, command, arguments)
    except NotSupportedError:
        return []


def _server_name(connection: Connection) -> str:
    """The name the server gives itself; some do not know the question, or answer in a shape of their own."""
    try:
        rows = _ask(connection, "sql_info", {"codes": [0]})
    except Error:
        return ""
    return next((row["value"] for row in rows if isinstance(row["value"], str)), "")


def _tables(
    connection: Connection, schema: str | None, table: str | None = None, include_schema: bool = False
) -> list[dict[str, Any]]:
    arguments = {
        "schema_pattern": schema,
        "table_pattern": table,
        "include_schema": include_schema,
    }
    rows = _ask(connection, "tables", arguments)
    # A name as a pattern finds itself, and perhaps more: servers differ in what escapes a `_`, and in whether they read patterns at all.
    return [
        row
        for row in rows
        if (table is None or row["table_name"] == table)
        and (schema is None or row["db_schema_name"] == schema)
    ]


def _is_view(row: Mapping[str, Any]) -> bool:
    return "VIEW" in (row["table_type"] or "").upper()


def _is_temporary(row: Mapping[str, Any]) -> bool:
    return "TEMPORARY" in (row["table_type"] or "").upper()


def _fields(serialized: bytes) -> Iterable[Any]:
    import pyarrow

    return pyarrow.ipc.read_schema(pyarrow.py_buffer(serialized))


def _column(field: Any) -> dict[str, Any]:
    metadata = {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}

    def said(name: str) -> str | None:
        return metadata.get(f"ARROW:FLIGHT:SQL:{name}")

    column: dict[str, Any] = {
        "name": field.name,
        "type": _type(field.type, said("TYPE_NAME")),
        "nullable": field.nullable,
        "default": None,
        "comment": said("REMARKS"),
    }
    if said("IS_AUTO_INCREMENT") == "1":
        column["autoincrement"] = True
    return column


def _type(arrow: Any, declared: str | None) -> types.TypeEngine[Any]:
    """The type a column was declared as, where the server says it and SQLAlchemy knows it; else the one of its Arrow type."""
    if declared:
        name, _, rest = declared.upper().partition("(")
        made = _TYPES.get(name.strip())
        numbers = [int(part) for part in rest.rstrip(") ").split(",") if part.strip().isdigit()]
        if made is not None:
            return _sized(made, numbers)
    return _of_arrow(arrow)


def _sized(made: Any, numbers: Sequence[int]) -> types.TypeEngine[Any]:
    sized = (types.CHAR, types.VARCHAR, types.TEXT, types.BINARY, types.VARBINARY, types.DECIMAL, types.NUMERIC)
    wanted = 2 if made in (types.DECIMAL, types.NUMERIC) else 1
    type_: types.TypeEngine[Any] = made(*numbers[:wanted]) if made in sized else made()
    return type_


def _of_arrow(arrow: Any) -> types.TypeEngine[Any]:
    from pyarrow import types as kinds

    if kinds.is_dictionary(arrow):
        return _of_arrow(arrow.value_type)
    if kinds.is_boolean(arrow):
        return types.BOOLEAN()
    if kinds.is_int8(arrow) or kinds.is_int16(arrow) or kinds.is_uint8(arrow):
        return types.SMALLINT()
    if kinds.is_int32(arrow) or kinds.is_uint16(arrow):
        return types.INTEGER()
    if kinds.is_uint64(arrow):
        return types.NUMERIC(20, 0)
    if kinds.is_integer(arrow):
        return types.BIGINT()
    if kinds.is_float64(arrow):
        return types.DOUBLE()
    if kinds.is_floating(arrow):
        return types.REAL()
    if kinds.is_decimal(arrow):
        return types.DECIMAL(arrow.precision, arrow.scale)
    if kinds.is_date(arrow):
        return types.DATE()
    if kinds.is_time(arrow):
        return types.TIME()
    if kinds.is_timestamp(arrow):
        return types.TIMESTAMP(timezone=arrow.tz is not None)
    if kinds.is_duration(arrow):
        return types.Interval()
    if "binary" in str(arrow):
        return types.VARBINARY()
    if "string" in str(arrow):
        return types.VARCHAR()
    return types.NullType()


# The async engine: SQLAlchemy's own bridge, over the connection of asyncio.


def _await(awaitable: Any) -> Any:
    from sqlalchemy.util import await_

    return await_(awaitable)


class _AdaptedCursor:
    """A cursor that has all rows once it has executed: they may be fetched outside of SQLAlchemy's greenlets."""

    def __init__(self, connection: _AdaptedConnection) -> None:
        self._adapted = connection
        self._cursor = connection._connection.cursor()
        self._rows: deque[Any] = deque()
        self.arraysize = 1

    @property
    def description(self) -> Any:
        return self._cursor.description

    @property
    def rowcount(self) -> int:
        return self._cursor.rowcount

    @property
    def lastrowid(self) -> None:
        return None

    def execute(self, operation: str, parameters: Any = None) -> Any:
        _await(self._cursor.execute(operation, parameters))
        self._begin()
        return self

    def executemany(self, operation: str, rows: Any) -> Any:
        _await(self._cursor.executemany(operation, rows))
        self._begin()
        return self

    def _begin(self) -> None:
        self._rows.clear()
        if self._cursor.description is not None:
            self._rows.extend(_await(self._cursor.fetchall()))

    def fetchone(self) -> Any:
        return self._rows.popleft() if self._rows else None

    def fetchmany(self, size: int | None = None) -> list[Any]:
        wanted = self.arraysize if size is None else size
        return [self._rows.popleft() for _ in range(min(wanted, len(self._rows)))]

    def fetchall(self) -> list[Any]:
        rows = list(self._rows)
        self._rows.clear()
        return rows

    def setinputsizes(self, *sizes: Any) -> None:
        pass

    def close(self) -> None:
        # Dropping the result ends it, here and on the server; waiting for that may not be possible here.
        self._rows.clear()
        self._cursor._forget()
        self._cursor._closed = True

    async def _async_soft_close(self) -> None:
        await self._cursor.close()


class _StreamingCursor(_AdaptedCursor):
    """A cursor that fetches as it is asked."""

    def _begin(self) -> None:
        pass

    def fetchone(self) -> Any:
        return _await(self._cursor.fetchone())

    def fetchmany(self, size: int | None = None) -> Any:
        return _await(self._cursor.fetchmany(self.arraysize if size is None else size))

    def fetchall(self) -> Any:
        return _await(self._cursor.fetchall())


class _AdaptedSavepoint:
    """A savepoint of asyncio, as SQLAlchemy wants one."""

    def __init__(self, savepoint: aio.Savepoint) -> None:
        self._savepoint = savepoint

    def release(self) -> None:
        _await(self._savepoint.release())

    def rollback(self) -> None:
        _await(self._savepoint.rollback())


class _AdaptedConnection:
    """A connection of asyncio, as SQLAlchemy wants one."""

    def __init__(self, connection: aio.Connection) -> None:
        self._connection = connection
        #: The same session for the catalog commands, which are short.
        self.blocking = dbapi.Connection.__new__(dbapi.Connection)
        self.blocking._session = connection._session
        self.blocking._required = connection._required
        self.blocking._autocommit = connection._autocommit

    @property
    def driver_connection(self) -> aio.Connection:
        return self._connection

    @property
    def autocommit(self) -> bool:
        return self._connection.autocommit

    @autocommit.setter
    def autocommit(self, value: bool) -> None:
        _await(self._connection.set_autocommit(value))

    def cursor(self, server_side: bool = False) -> _AdaptedCursor:
        return _StreamingCursor(self) if server_side else _AdaptedCursor(self)

    def savepoint(self, name: str) -> _AdaptedSavepoint:
        return _AdaptedSavepoint(_await(self._connection.savepoint(name)))

    def ping(self) -> None:
        _await(self._connection.ping())

    def commit(self) -> None:
        _await(self._connection.commit())

    def rollback(self) -> None:
        _await(self._connection.rollback())

    def close(self) -> None:
        _await(self._connection.close())

    def terminate(self) -> None:
        # Dropping the session ends it in the background.
        self._connection._session.close(callback=lambda result, error: None)


class _AdaptedModule:
    """The module ``jetbridge`` with the ``connect`` of asyncio."""

    def __init__(self) -> None:
        import jetbridge

        self._module = jetbridge
        self.paramstyle = jetbridge.paramstyle

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)

    def connect(self, target: str, **options: Any) -> _AdaptedConnection:
        return _AdaptedConnection(_await(aio.connect(target, **options)))


class AsyncFlightSQLDialect(FlightSQLDialect):
    """The same for ``create_async_engine``."""

    driver = "jetbridge_async"
    is_async = True
    supports_statement_cache = True

    @classmethod
    def import_dbapi(cls) -> Any:
        return _AdaptedModule()

    @classmethod
    def get_pool_class(cls, url: URL) -> type[pool.Pool]:
        return pool.AsyncAdaptedQueuePool

    def do_terminate(self, dbapi_connection: Any) -> None:
        dbapi_connection.terminate()

    def get_driver_connection(self, connection: Any) -> Any:
        return connection.driver_connection

