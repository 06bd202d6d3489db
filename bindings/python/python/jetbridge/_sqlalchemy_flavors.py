"""How SQL is written in a dialect, and how the catalog of its servers is read."""

from __future__ import annotations

from typing import Any, Mapping

from sqlalchemy import types
from sqlalchemy.dialects.sqlite import JSON
from sqlalchemy.dialects.sqlite import base as sqlite
from sqlalchemy.dialects.sqlite.json import JSONIndexType, JSONPathType
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import compiler

from ._sqlalchemy_catalog import Catalog
from ._sqlalchemy_types import COLSPECS, StandardTypes
from .manners import Manners


class StandardStatements(compiler.SQLCompiler):
    """Statements that no server takes amiss: SQLAlchemy's own would have a limit of -1 before an offset, and no word for an empty list."""

    #: The limit of who wants none, where an offset needs one before it.
    unlimited = ""

    def limit_clause(self, select: Any, **kw: Any) -> str:
        limit, offset = select._limit_clause, select._offset_clause
        text = self.unlimited if limit is None and offset is not None else ""
        if limit is not None:
            text += "\n LIMIT " + self.process(limit, **kw)
        if offset is not None:
            text += "\n OFFSET " + self.process(offset, **kw)
        return text

    def visit_empty_set_expr(self, element_types: Any, **kw: Any) -> str:
        columns = ", ".join("1" for _ in element_types or [None])
        return f"SELECT {columns} FROM (SELECT 1) AS _empty_set WHERE 1 != 1"


class Flavor:
    """As the standard has it."""

    statement_compiler: type[compiler.SQLCompiler] = StandardStatements
    ddl_compiler: type[compiler.DDLCompiler] = compiler.DDLCompiler
    type_compiler: type[compiler.TypeCompiler] = StandardTypes
    preparer: type[compiler.IdentifierPreparer] = compiler.IdentifierPreparer
    settings: Mapping[str, Any] = {}
    colspecs = COLSPECS

    @classmethod
    def catalog_of(cls, connection: Connection) -> Any:
        """What answers SQLAlchemy's questions about tables."""
        return Catalog()

    @classmethod
    def preparer_of(cls, quote: str) -> type[compiler.IdentifierPreparer]:
        """What puts names into quotes of this kind."""
        return Backticks if quote == "`" else cls.preparer


class Backticks(compiler.IdentifierPreparer):
    """Names in backticks."""

    def __init__(self, dialect: Any, **options: Any) -> None:
        super().__init__(dialect, initial_quote="`", escape_quote="`", **options)


class _SQLiteTypes(sqlite.SQLiteTypeCompiler):
    """Types that the server can tell from a column's declaration."""

    def visit_DOUBLE(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        return "DOUBLE"


class _SQLite(Flavor):
    """SQLite. Its catalog is read in SQL: within the transaction, with its temporary tables, indexes and constraints."""

    statement_compiler = sqlite.SQLiteCompiler
    ddl_compiler = sqlite.SQLiteDDLCompiler
    type_compiler = _SQLiteTypes
    preparer = sqlite.SQLiteIdentifierPreparer
    settings = {
        "insert_returning": True,
        "update_returning": True,
        "update_returning_multifrom": True,
        "delete_returning": True,
        "use_insertmanyvalues": True,
        "insert_null_pk_still_autoincrements": True,
        "supports_cast": True,
        "supports_default_values": True,
        "supports_default_metavalue": True,
        "default_metavalue_token": "NULL",
        "supports_empty_insert": False,
        "supports_multivalues_insert": True,
        "supports_native_boolean": False,
        "supports_native_uuid": False,
        "tuple_in_values": True,
        "construct_arguments": sqlite.SQLiteDialect.construct_arguments,
        "_broken_dotted_colnames": False,
    }
    colspecs = {
        **COLSPECS,
        types.JSON: JSON,
        types.JSON.JSONIndexType: JSONIndexType,
        types.JSON.JSONPathType: JSONPathType,
    }

    @classmethod
    def catalog_of(cls, connection: Connection) -> Any:
        try:
            version = connection.exec_driver_sql("SELECT sqlite_version()").scalar() or ""
            connection.exec_driver_sql("PRAGMA main.table_info('sqlite_master')").all()
        except DBAPIError:
            # The server of arrow-go breaks down over what a PRAGMA gives.
            return Catalog()
        catalog: Any = sqlite.SQLiteDialect()
        catalog.server_version_info = tuple(int(part) for part in version.split(".") if part.isdigit())
        return catalog


class _PostgresTypes(StandardTypes):
    """PostgreSQL has its own word for bytes."""

    def visit_BLOB(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        return "BYTEA"

    def visit_BINARY(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        return "BYTEA"

    def visit_VARBINARY(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        return "BYTEA"

    def visit_DATETIME(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        return self.visit_TIMESTAMP(type_, **kw)


class _DataFusionTypes(_PostgresTypes):
    """DataFusion follows PostgreSQL, and has no JSON."""

    def visit_DOUBLE(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        return "DOUBLE"

    def visit_JSON(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        return "VARCHAR"


class _SparkTypes(StandardTypes):
    """Spark's texts have no length, its doubles one word, and its timestamps a zone unless they say that they have none."""

    def visit_string(self, type_: Any, **kw: Any) -> str:
        return "STRING"

    def visit_CHAR(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        return "STRING"

    def visit_VARCHAR(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        return "STRING"

    def visit_TEXT(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        return "STRING"

    def visit_JSON(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        return "STRING"

    def visit_DOUBLE(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        return "DOUBLE"

    def visit_BLOB(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        return "BINARY"

    def visit_VARBINARY(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        return "BINARY"

    def visit_DATETIME(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        return self.visit_TIMESTAMP(type_, **kw)

    def visit_TIMESTAMP(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        return "TIMESTAMP" if type_.timezone else "TIMESTAMP_NTZ"


class _MySQLTypes(StandardTypes):
    """What Doris and StarRocks have of MySQL's types."""

    def visit_VARCHAR(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        return super().visit_VARCHAR(type_, **kw) if type_.length else "STRING"

    def visit_TEXT(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        return "STRING"

    def visit_NUMERIC(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        return self.visit_DECIMAL(type_, **kw)

    def visit_DOUBLE(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        return "DOUBLE"

    def visit_BLOB(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        return "VARBINARY"

    def visit_TIMESTAMP(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        return "DATETIME"


class _MySQLStatements(StandardStatements):
    """MySQL has no offset without a limit."""

    unlimited = "\n LIMIT 9223372036854775807"


class _DuckDB(Flavor):
    """DuckDB: the standard's types, and some more."""


class _Postgres(Flavor):
    """PostgreSQL's SQL, as whatever stands before it or calls itself so has it."""

    type_compiler = _PostgresTypes


class _DataFusion(Flavor):
    """DataFusion, in InfluxDB, Spice, ROAPI and others."""

    type_compiler = _DataFusionTypes
    settings = {"supports_native_uuid": False}


class _Spark(Flavor):
    """Spark SQL."""

    type_compiler = _SparkTypes
    settings = {"supports_native_uuid": False}


class _MySQL(Flavor):
    """MySQL's SQL, as Doris and StarRocks have it."""

    statement_compiler = _MySQLStatements
    type_compiler = _MySQLTypes
    settings = {"supports_native_uuid": False}


#: By the dialect that a server is found to have; which server has which is the driver's to know. All others write as the standard has it.
_FLAVORS: Mapping[str, type[Flavor]] = {
    "datafusion": _DataFusion,
    "duckdb": _DuckDB,
    "mysql": _MySQL,
    "postgresql": _Postgres,
    "spark": _Spark,
    "sqlite": _SQLite,
}


def flavor_of(manners: Manners) -> type[Flavor]:
    """How SQL is written for a server of these manners."""
    return _FLAVORS.get(manners.sql_dialect, Flavor)
