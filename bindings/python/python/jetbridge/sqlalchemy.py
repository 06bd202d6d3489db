"""The dialect of SQLAlchemy 2: ``flightsql+jetbridge://user:password@host:port/database?option=value``.

The URL is a connection string of Jetbridge with ``+jetbridge`` after the scheme: its options are the same, and ``transport=tcp`` speaks without
TLS. ``flightsql+jetbridge_async://`` is the same for ``create_async_engine``.

SQL is written as the server wants it, names in its quotes and types in its words: by ``server=``, ``sql_dialect=`` and ``identifier_quote=`` in the
URL, or by what the server is found to be when the engine first connects. ``engine.dialect.manners`` says what that was.
The catalog of SQLite is read in SQL; all others are reflected by the catalog commands of Flight SQL, or by ``information_schema`` where they lack those.
"""

from __future__ import annotations

from typing import Any, Callable, Sequence

from sqlalchemy import pool
from sqlalchemy.dialects import registry
from sqlalchemy.engine import URL, Connection, default
from sqlalchemy.engine.interfaces import DBAPIConnection, IsolationLevel
from sqlalchemy.sql import compiler

from ._sqlalchemy_async import AdaptedModule
from ._sqlalchemy_catalog import Catalog
from ._sqlalchemy_flavors import Flavor, StandardStatements, flavor_of
from ._sqlalchemy_types import COLSPECS, TYPES, StandardTypes
from .manners import Manners

__all__ = ["AsyncFlightSQLDialect", "DataFusionDialect", "FlightSQLDialect"]


class _Context(default.DefaultExecutionContext):
    """Every cursor streams: there is no other kind to make for a result that is to be streamed."""

    def create_server_side_cursor(self) -> Any:
        if self.dialect.is_async:
            return self._dbapi_connection.cursor(server_side=True)
        return self._dbapi_connection.cursor()


def _by_catalog(name: str) -> Any:
    """A question of SQLAlchemy's that is put to the catalog of the server at hand."""

    def ask(self: FlightSQLDialect, connection: Connection, *arguments: Any, **options: Any) -> Any:
        answer = getattr(self.catalog, name, None)
        if answer is None:
            raise NotImplementedError(name)
        return answer(connection, *arguments, **options)

    return ask


class FlightSQLDialect(default.DefaultDialect):
    """Any server that speaks Flight SQL."""

    name = "flightsql"
    driver = "jetbridge"

    supports_statement_cache = True
    default_paramstyle = "qmark"
    supports_sane_rowcount = True
    supports_sane_multi_rowcount = True
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
    statement_compiler: type[compiler.SQLCompiler] = StandardStatements
    type_compiler_cls = StandardTypes
    colspecs = COLSPECS
    execution_ctx_cls = _Context
    ischema_names = TYPES

    def __init__(
        self,
        json_serializer: Callable[[Any], str] | None = None,
        json_deserializer: Callable[[str], Any] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        # Where SQLAlchemy's JSON looks for them.
        self._json_serializer = json_serializer
        self._json_deserializer = json_deserializer
        #: Which server it is, once the engine has connected.
        self.manners: Manners | None = None
        self.catalog = Catalog()

    @classmethod
    def import_dbapi(cls) -> Any:
        import jetbridge

        return jetbridge

    def create_connect_args(self, url: URL) -> tuple[list[Any], dict[str, Any]]:
        """The URL as a connection string."""
        return [_connection_string(url)], {}

    def initialize(self, connection: Connection) -> None:
        driver: Any = connection.connection.dbapi_connection
        manners: Manners = driver.manners()
        self.manners = manners
        self._become(flavor_of(manners), manners.identifier_quote, connection)
        super().initialize(connection)

    def _become(self, flavor: type[Flavor], quote: str, connection: Connection) -> None:
        """Speaks as one kind of server does, from now on."""
        self.statement_compiler = flavor.statement_compiler
        self.ddl_compiler = flavor.ddl_compiler
        self.preparer = flavor.preparer_of(quote)
        self.identifier_preparer = self.preparer(self)
        self.type_compiler_instance = self.type_compiler = flavor.type_compiler(self)
        self.colspecs = flavor.colspecs
        # What types have been adapted to is kept, and has changed.
        self.__dict__.pop("_type_memos", None)
        for setting, value in flavor.settings.items():
            setattr(self, setting, value)
        self.catalog = flavor.catalog_of(connection)

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

    # Reflection: the catalog knows.

    catalog: Any

    has_table = _by_catalog("has_table")
    get_schema_names = _by_catalog("get_schema_names")
    get_table_names = _by_catalog("get_table_names")
    get_temp_table_names = _by_catalog("get_temp_table_names")
    get_view_names = _by_catalog("get_view_names")
    get_temp_view_names = _by_catalog("get_temp_view_names")
    get_view_definition = _by_catalog("get_view_definition")
    get_columns = _by_catalog("get_columns")
    get_pk_constraint = _by_catalog("get_pk_constraint")
    get_foreign_keys = _by_catalog("get_foreign_keys")
    get_indexes = _by_catalog("get_indexes")
    get_unique_constraints = _by_catalog("get_unique_constraints")
    get_check_constraints = _by_catalog("get_check_constraints")
    get_table_options = _by_catalog("get_table_options")
    get_table_comment = _by_catalog("get_table_comment")


def _connection_string(url: URL) -> str:
    """A URL of SQLAlchemy as a connection string of Jetbridge."""
    plain = url.set(drivername="flightsql")
    return plain.render_as_string(hide_password=False)


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
