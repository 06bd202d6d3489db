"""Types: by their names in the catalog, in DDL, and as values on their way there and back."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, Callable, Mapping

from sqlalchemy import types
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


class _Numeric(types.Numeric[Any]):
    """Decimals there, so that all rows of a statement are of one type, and decimals or floats back, whatever an expression gives."""

    def bind_processor(self, dialect: Any) -> Any:
        def process(value: Any) -> Any:
            return value if value is None or isinstance(value, Decimal) else Decimal(str(value))

        return process

    def result_processor(self, dialect: Any, coltype: Any) -> Any:
        scale = self._effective_decimal_return_scale

        def decimal(value: Any) -> Any:
            if isinstance(value, (float, int)):
                return Decimal(f"{value:.{scale}f}")
            return value if value is None or isinstance(value, Decimal) else Decimal(value)

        def number(value: Any) -> Any:
            return None if value is None else float(value)

        return decimal if self.asdecimal else number


class _Float(types.Float[Any]):
    """Floats there, also where a decimal is given."""

    def bind_processor(self, dialect: Any) -> Any:
        def process(value: Any) -> Any:
            return None if value is None else float(value)

        return process


class _Date(types.Date):
    """Dates of datetimes; and dates of the texts that SQLite's expressions give."""

    def bind_processor(self, dialect: Any) -> Any:
        def process(value: Any) -> Any:
            return value.date() if isinstance(value, dt.datetime) else value

        return process

    def result_processor(self, dialect: Any, coltype: Any) -> Any:
        def process(value: Any) -> Any:
            return dt.date.fromisoformat(value[:10]) if isinstance(value, str) else value

        return process


class _DateTime(types.DateTime):
    """Datetimes, also of texts."""

    def result_processor(self, dialect: Any, coltype: Any) -> Any:
        def process(value: Any) -> Any:
            return dt.datetime.fromisoformat(value) if isinstance(value, str) else value

        return process


class _Time(types.Time):
    """Times of day, also of texts."""

    def result_processor(self, dialect: Any, coltype: Any) -> Any:
        def process(value: Any) -> Any:
            return dt.time.fromisoformat(value) if isinstance(value, str) else value

        return process


#: What stands for SQLAlchemy's types below it.
COLSPECS: dict[type[types.TypeEngine[Any]], type[types.TypeEngine[Any]]] = {
    types.Numeric: _Numeric,
    types.Float: _Float,
    types.Date: _Date,
    types.DateTime: _DateTime,
    types.Time: _Time,
}

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
