"""How SQL is written for a kind of server, and how its catalog is read."""

from __future__ import annotations

from typing import Any, Mapping

from sqlalchemy import types
from sqlalchemy.dialects.sqlite import JSON
from sqlalchemy.dialects.sqlite import base as sqlite
from sqlalchemy.dialects.sqlite.json import JSONIndexType, JSONPathType
from sqlalchemy.engine import Connection
from sqlalchemy.sql import compiler

from ._sqlalchemy_catalog import Catalog
from ._sqlalchemy_types import COLSPECS, StandardTypes


class Flavor:
    """As the standard has it."""

    statement_compiler: type[compiler.SQLCompiler] = compiler.SQLCompiler
    ddl_compiler: type[compiler.DDLCompiler] = compiler.DDLCompiler
    type_compiler: type[compiler.TypeCompiler] = StandardTypes
    preparer: type[compiler.IdentifierPreparer] = compiler.IdentifierPreparer
    settings: Mapping[str, Any] = {}
    colspecs = COLSPECS

    @classmethod
    def catalog_of(cls, connection: Connection) -> Any:
        """What answers SQLAlchemy's questions about tables."""
        return Catalog()


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
        version = connection.exec_driver_sql("SELECT sqlite_version()").scalar() or ""
        catalog: Any = sqlite.SQLiteDialect()
        catalog.server_version_info = tuple(int(part) for part in version.split(".") if part.isdigit())
        return catalog


class _SparkTypes(StandardTypes):
    """Spark's texts have no length, and its doubles one word."""

    def visit_string(self, type_: Any, **kw: Any) -> str:
        return "STRING"

    def visit_VARCHAR(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        return "STRING"

    def visit_TEXT(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        return "STRING"

    def visit_DOUBLE(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        return "DOUBLE"

    def visit_BLOB(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        return "BINARY"


class _MySQLTypes(StandardTypes):
    """What Doris and StarRocks have of MySQL's types."""

    def visit_VARCHAR(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        return super().visit_VARCHAR(type_, **kw) if type_.length else "STRING"

    def visit_TEXT(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        return "STRING"

    def visit_DOUBLE(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        return "DOUBLE"

    def visit_TIMESTAMP(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        return "DATETIME"


class _Backticks(compiler.IdentifierPreparer):
    """Names in backticks."""

    def __init__(self, dialect: Any, **options: Any) -> None:
        super().__init__(dialect, initial_quote="`", escape_quote="`", **options)


class _Spark(Flavor):
    """Spark SQL."""

    type_compiler = _SparkTypes
    preparer = _Backticks


class _MySQL(Flavor):
    """MySQL's SQL, as Doris and StarRocks have it."""

    type_compiler = _MySQLTypes
    preparer = _Backticks


#: By the beginning of the name that the option `server` has, or that a server gives itself; all others write as the standard has it.
_FLAVORS: tuple[tuple[str, type[Flavor]], ...] = (
    ("sqlite", _SQLite),
    ("jetbridge", _SQLite),
    ("sail", _Spark),
    ("doris", _MySQL),
    ("apache doris", _MySQL),
    ("starrocks", _MySQL),
)


def flavor_of(server: str) -> type[Flavor]:
    """How SQL is written for a server of this name."""
    named = server.lower()
    return next((flavor for name, flavor in _FLAVORS if named.startswith(name)), Flavor)
