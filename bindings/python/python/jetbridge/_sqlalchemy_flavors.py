"""How SQL is written for a kind of server, and what the types of its columns are in SQLAlchemy."""

from __future__ import annotations

from typing import Any, Callable, Mapping

from sqlalchemy import types
from sqlalchemy.dialects.sqlite import base as sqlite
from sqlalchemy.sql import compiler

#: What the names of SQL types, in the catalog or of columns, are in SQLAlchemy.
TYPES: dict[str, Callable[..., types.TypeEngine[Any]]] = {
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


class StandardTypes(compiler.GenericTypeCompiler):
    """Types by their names in the standard, without a length where none is wanted."""

    def visit_string(self, type_: Any, **kw: Any) -> str:
        return self.visit_VARCHAR(type_, **kw)

    def visit_DOUBLE(self, type_: Any, **kw: Any) -> str:  # noqa: N802 - SQLAlchemy has the name
        return "DOUBLE PRECISION"

    def visit_datetime(self, type_: Any, **kw: Any) -> str:
        return self.visit_TIMESTAMP(type_, **kw)


class Flavor:
    """How SQL is written for a kind of server."""

    statement_compiler: type[compiler.SQLCompiler] = compiler.SQLCompiler
    ddl_compiler: type[compiler.DDLCompiler] = compiler.DDLCompiler
    type_compiler: type[compiler.TypeCompiler] = StandardTypes
    preparer: type[compiler.IdentifierPreparer] = compiler.IdentifierPreparer
    settings: Mapping[str, Any] = {}


class _SQLiteTypes(sqlite.SQLiteTypeCompiler):
    """Types that the server can tell from a column's declaration."""

    def visit_DOUBLE(self, type_: Any, **kw: Any) -> str:  # noqa: N802
        return "DOUBLE"


class _SQLite(Flavor):
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


def flavor_of(server: str) -> type[Flavor]:
    """How SQL is written for a server of this name."""
    named = server.lower()
    return next((flavor for name, flavor in _FLAVORS if named.startswith(name)), Flavor)


#: Flavours by the beginning of the name a server gives itself.
_FLAVORS: tuple[tuple[str, type[Flavor]], ...] = (("sqlite", _SQLite), ("jetbridge", _SQLite))


#: Types with a length; DECIMAL and NUMERIC have a precision and a scale.
_LENGTHS = frozenset(["CHAR", "VARCHAR", "TEXT", "BINARY", "VARBINARY"])
_DECIMALS = frozenset(["DECIMAL", "NUMERIC"])


def type_of(column: Mapping[str, Any]) -> types.TypeEngine[Any]:
    """The type a column was declared as, where the server says it and SQLAlchemy knows it; else the one its values have."""
    name, _, rest = column["declared"].upper().partition("(")
    name = name.strip()
    numbers = [int(part) for part in rest.rstrip(") ").split(",") if part.strip().isdigit()]
    if name not in TYPES:
        name, numbers = column["type"], []
    if name == "TIMESTAMP WITH TIME ZONE":
        return types.TIMESTAMP(timezone=True)
    if name.startswith("INTERVAL"):
        return types.Interval()
    if name in _DECIMALS:
        numbers = numbers or [column["precision"] or 38, column["scale"] or 0]
        return TYPES[name](*numbers[:2])
    if name in _LENGTHS:
        return TYPES[name](*numbers[:1])
    return TYPES[name]() if name in TYPES else types.NullType()
