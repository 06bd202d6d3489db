"""The catalog commands of Flight SQL, for the blocking connection and the one of asyncio."""

from __future__ import annotations

from typing import Any, Generic, Iterable, TypeVar

Answer = TypeVar("Answer")


class CatalogMixin(Generic[Answer]):
    """The nine catalog commands. Each gives a cursor; patterns are those of SQL's ``LIKE``."""

    def _catalog(self, command: str, arguments: dict[str, Any]) -> Answer:
        raise NotImplementedError

    def catalogs(self) -> Answer:
        """Catalogs: ``catalog_name``."""
        return self._catalog("catalogs", {})

    def schemas(self, catalog: str | None = None, schema_pattern: str | None = None) -> Answer:
        """Schemas: ``catalog_name``, ``db_schema_name``."""
        return self._catalog("schemas", {"catalog": catalog, "schema_pattern": schema_pattern})

    def tables(
        self,
        catalog: str | None = None,
        schema_pattern: str | None = None,
        table_pattern: str | None = None,
        table_types: Iterable[str] | None = None,
        include_schema: bool = False,
    ) -> Answer:
        """Tables: ``catalog_name``, ``db_schema_name``, ``table_name``, ``table_type``, and ``table_schema`` where asked for."""
        arguments = {
            "catalog": catalog,
            "schema_pattern": schema_pattern,
            "table_pattern": table_pattern,
            "table_types": list(table_types) if table_types is not None else None,
            "include_schema": include_schema,
        }
        return self._catalog("tables", arguments)

    def table_types(self) -> Answer:
        """Types of tables: ``table_type``."""
        return self._catalog("table_types", {})

    def primary_keys(self, table: str, schema: str | None = None, catalog: str | None = None) -> Answer:
        """The columns of a table's primary key."""
        return self._catalog("primary_keys", {"table": table, "schema": schema, "catalog": catalog})

    def exported_keys(self, table: str, schema: str | None = None, catalog: str | None = None) -> Answer:
        """The foreign keys of other tables that refer to a table."""
        return self._catalog("exported_keys", {"table": table, "schema": schema, "catalog": catalog})

    def imported_keys(self, table: str, schema: str | None = None, catalog: str | None = None) -> Answer:
        """The foreign keys of a table."""
        return self._catalog("imported_keys", {"table": table, "schema": schema, "catalog": catalog})

    def type_info(self, data_type: int | None = None) -> Answer:
        """The types the server knows, or the one with an XDBC code."""
        return self._catalog("type_info", {"data_type": data_type})

    def sql_info(self, codes: Iterable[int] = ()) -> Answer:
        """What the server can do: ``info_name`` and ``value``; no codes ask for all."""
        return self._catalog("sql_info", {"codes": list(codes)})
