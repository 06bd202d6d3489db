"""The async engine: SQLAlchemy's own bridge, over the connection of asyncio."""

from __future__ import annotations

from collections import deque
from typing import Any

from . import aio
from .manners import Manners


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

    def _inquire(self, about: str, schema: str | None = None, table: str | None = None) -> Any:
        return _await(self._connection._inquire(about, schema, table))

    def manners(self) -> Manners:
        manners: Manners = _await(self._connection.manners())
        return manners

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


class AdaptedModule:
    """The module ``jetbridge`` with the ``connect`` of asyncio."""

    def __init__(self) -> None:
        import jetbridge

        self._module = jetbridge
        self.paramstyle = jetbridge.paramstyle

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)

    def connect(self, target: str, **options: Any) -> _AdaptedConnection:
        return _AdaptedConnection(_await(aio.connect(target, **options)))
