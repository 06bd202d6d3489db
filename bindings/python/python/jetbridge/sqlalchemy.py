"""The dialect of SQLAlchemy 2: ``flightsql+jetbridge://user:password@host:port/database?option=value``.

The URL is a connection string of Jetbridge with ``+jetbridge`` after the scheme: its options are the same, and ``transport=tcp`` speaks without
TLS. ``flightsql+jetbridge_async://`` is the same for ``create_async_engine``.

What a server is called decides how SQL is written for it: SQLite and DuckDB have words and types of their own, all others get the standard's.
Tables, columns and keys are read by the catalog commands of Flight SQL, and by ``information_schema`` where a server lacks them.
"""

from __future__ import annotations

from typing import Any, Callable, Mapping, Sequence

from sqlalchemy import exc, pool
from sqlalchemy.dialects import registry
from sqlalchemy.engine import URL, Connection, default, reflection
from sqlalchemy.engine.interfaces import DBAPIConnection, IsolationLevel

from ._sqlalchemy_async import AdaptedModule
from ._sqlalchemy_flavors import TYPES, Flavor, StandardTypes, flavor_of, type_of
from .exceptions import Error, NotSupportedError

__all__ = ["AsyncFlightSQLDialect", "DataFusionDialect", "FlightSQLDialect"]


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
    type_compiler_cls = StandardTypes
    execution_ctx_cls = _Context
    ischema_names = TYPES

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
        self._become(flavor_of(self.server_name))
        super().initialize(connection)

    def _become(self, flavor: type[Flavor]) -> None:
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
        return bool(_inquire(connection, "tables", schema, table_name))

    @reflection.cache
    def get_schema_names(self, connection: Connection, **kw: Any) -> list[str]:
        names: list[str] = _inquire(connection, "schemas")
        return names

    @reflection.cache
    def get_table_names(self, connection: Connection, schema: str | None = None, **kw: Any) -> list[str]:
        return _names(connection, schema, lambda kind: "VIEW" not in kind and "TEMP" not in kind)

    @reflection.cache
    def get_temp_table_names(self, connection: Connection, schema: str | None = None, **kw: Any) -> list[str]:
        return _names(connection, schema, lambda kind: "VIEW" not in kind and "TEMP" in kind)

    @reflection.cache
    def get_view_names(self, connection: Connection, schema: str | None = None, **kw: Any) -> list[str]:
        return _names(connection, schema, lambda kind: "VIEW" in kind and "TEMP" not in kind)

    @reflection.cache
    def get_temp_view_names(self, connection: Connection, schema: str | None = None, **kw: Any) -> list[str]:
        return _names(connection, schema, lambda kind: "VIEW" in kind and "TEMP" in kind)

    @reflection.cache
    def get_columns(
        self, connection: Connection, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[Any]:
        self._must_exist(connection, table_name, schema)
        return [_column(column) for column in _inquire(connection, "columns", schema, table_name)]

    @reflection.cache
    def get_pk_constraint(
        self, connection: Connection, table_name: str, schema: str | None = None, **kw: Any
    ) -> Any:
        self._must_exist(connection, table_name, schema)
        found = _optional(connection, "primary_key", schema, table_name)
        return {
            "constrained_columns": [column["column"] for column in found],
            "name": next((column["name"] for column in found if column["name"]), None),
        }

    @reflection.cache
    def get_foreign_keys(
        self, connection: Connection, table_name: str, schema: str | None = None, **kw: Any
    ) -> list[Any]:
        self._must_exist(connection, table_name, schema)
        keys: list[dict[str, Any]] = []
        for column in _optional(connection, "foreign_keys", schema, table_name):
            # A key begins anew where its columns are counted from one again.
            if column["sequence"] == 1 or not keys:
                rules = {name: column[name] for name in ("onupdate", "ondelete") if column[name] not in (None, "NO ACTION")}
                keys.append(
                    {
                        "name": column["name"] or None,
                        "constrained_columns": [],
                        "referred_schema": column["referred_schema"] if schema is not None else None,
                        "referred_table": column["referred_table"],
                        "referred_columns": [],
                        "options": rules,
                    }
                )
            keys[-1]["constrained_columns"].append(column["column"])
            keys[-1]["referred_columns"].append(column["referred_column"])
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


def _inquire(connection: Connection, about: str, schema: str | None = None, table: str | None = None) -> Any:
    """What the catalog says, by the commands of Flight SQL or, where the server lacks them, in SQL."""
    driver: Any = connection.connection.dbapi_connection
    return driver._inquire(about, schema, table)


def _optional(connection: Connection, about: str, schema: str | None, table: str) -> list[dict[str, Any]]:
    """The same of what servers may lack, as many do that have no keys."""
    try:
        found: list[dict[str, Any]] = _inquire(connection, about, schema, table)
    except NotSupportedError:
        return []
    return found


def _server_name(connection: Connection) -> str:
    """The name the server gives itself; some do not know the question, or answer in a shape of their own."""
    try:
        return _inquire(connection, "server") or ""
    except Error:
        return ""


def _names(connection: Connection, schema: str | None, wanted: Callable[[str], bool]) -> list[str]:
    tables = _inquire(connection, "tables", schema)
    return sorted(table["name"] for table in tables if wanted(table["type"].upper()))


def _column(column: Mapping[str, Any]) -> dict[str, Any]:
    described = {
        "name": column["name"],
        "type": type_of(column),
        "nullable": column["nullable"],
        "default": None,
        "comment": column["comment"],
    }
    if column["autoincrement"]:
        described["autoincrement"] = True
    return described


class AsyncFlightSQLDialect(FlightSQLDialect):
    """The same for ``create_async_engine``."""

    driver = "jetbridge_async"
    is_async = True
    supports_statement_cache = True

    @classmethod
    def import_dbapi(cls) -> Any:
        return AdaptedModule()

    @classmethod
    def get_pool_class(cls, url: URL) -> type[pool.Pool]:
        return pool.AsyncAdaptedQueuePool

    def do_terminate(self, dbapi_connection: Any) -> None:
        dbapi_connection.terminate()

    def get_driver_connection(self, connection: Any) -> Any:
        return connection.driver_connection


class DataFusionDialect(FlightSQLDialect):
    """``datafusion+flightsql://``, the URLs of ``flightsql-dbapi``.

    They mean TLS unless ``insecure=true``, take any certificate with ``disable_server_verification=true``, have a ``token`` or a user with a
    password, and send whatever else is in their query as headers.
    """

    name = "datafusion"
    driver = "flightsql"
    supports_statement_cache = True

    def create_connect_args(self, url: URL) -> tuple[list[Any], dict[str, Any]]:
        query = {name: value if isinstance(value, str) else value[-1] for name, value in url.query.items()}
        insecure = query.pop("insecure", "").lower() == "true"
        anybody = query.pop("disable_server_verification", "").lower() == "true"
        options: dict[str, Any] = {
            "user": url.username,
            "password": url.password,
            "token": query.pop("token", None),
            "tls_verify": False if anybody and not insecure else None,
        }
        options.update({f"header.{name}": value for name, value in query.items()})
        transport = {"transport": "tcp" if insecure else "tls"}
        plain = URL.create("flightsql", host=url.host, port=url.port or 443, database=url.database, query=transport)
        return [plain.render_as_string()], options


# Programs that change `import flightsql.sqlalchemy` mean this one, whoever else goes by the name.
registry.register("datafusion.flightsql", __name__, "DataFusionDialect")
