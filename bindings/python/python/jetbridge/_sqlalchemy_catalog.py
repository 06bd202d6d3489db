"""What tables, columns and keys a server has, as SQLAlchemy asks for them."""

from __future__ import annotations

from typing import Any, Callable, Mapping

from sqlalchemy import exc
from sqlalchemy.engine import Connection, reflection

from ._sqlalchemy_types import type_of
from .exceptions import NotSupportedError


class Catalog:
    """By the catalog commands of Flight SQL and, where a server lacks them, by its ``information_schema`` or ``SHOW``.

    The commands belong to no transaction: what the open one has made is not seen before it is committed.
    """

    def has_table(self, connection: Connection, table_name: str, schema: str | None = None, **kw: Any) -> bool:
        return bool(inquire(connection, "tables", schema, table_name))

    @reflection.cache
    def get_schema_names(self, connection: Connection, **kw: Any) -> list[str]:
        names: list[str] = inquire(connection, "schemas")
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
        return [_column(column) for column in inquire(connection, "columns", schema, table_name)]

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


def inquire(connection: Connection, about: str, schema: str | None = None, table: str | None = None) -> Any:
    """What the catalog says, by the commands of Flight SQL or, where the server lacks them, in SQL."""
    driver: Any = connection.connection.dbapi_connection
    return driver._inquire(about, schema, table)


def _optional(connection: Connection, about: str, schema: str | None, table: str) -> list[dict[str, Any]]:
    """The same of what servers may lack, as many do that have no keys."""
    try:
        found: list[dict[str, Any]] = inquire(connection, about, schema, table)
    except NotSupportedError:
        return []
    return found


def _names(connection: Connection, schema: str | None, wanted: Callable[[str], bool]) -> list[str]:
    tables = inquire(connection, "tables", schema)
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
