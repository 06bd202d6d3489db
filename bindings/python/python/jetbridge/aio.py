"""The same names for asyncio: ``await`` where the blocking API waits, ``async for`` over rows.

::

    import jetbridge.aio

    async with await jetbridge.aio.connect("flightsql://db.example:31337") as connection:
        cursor = await connection.execute("SELECT id FROM customers WHERE country = ?", ("DE",))
        async for (id,) in cursor:
            print(id)

Cancelling a task cancels its query on the server.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Mapping

from . import _native
from ._catalog import CatalogMixin
from ._state import (
    FEW,
    STEP,
    ConnectionState,
    CursorState,
    Headers,
    Parameters,
    Row,
    as_arrow,
    by_position,
    header_list,
    rows_to_bind,
    to_arrow,
    to_pandas,
    to_polars,
)
from .exceptions import NotSupportedError
from .manners import Manners
from .pool import PoolStatus

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

__all__ = ["Connection", "Cursor", "Pool", "connect"]


async def _wait(start: Callable[..., Any], *arguments: Any) -> Any:
    """Awaits a call of the native module; cancelling the task gives the call up, which the server is told."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()

    def settle(result: Any, error: BaseException | None) -> None:
        if future.done():
            return
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)

    def called(result: Any, error: BaseException | None) -> None:
        try:
            loop.call_soon_threadsafe(settle, result, error)
        except RuntimeError:
            pass  # The loop is closed: nobody waits any more.

    task = start(*arguments, callback=called)
    try:
        return await future
    except asyncio.CancelledError:
        task.cancel()
        raise


async def connect(target: str, *, autocommit: bool | None = None, **options: Any) -> Connection:
    """Connects to what a connection string names; see :func:`jetbridge.connect`."""
    session = await _wait(_native.connect, target, options)
    return await Connection._over(session, autocommit)


class Connection(ConnectionState, CatalogMixin[Awaitable["Cursor"]]):
    """A session with a server. Tasks may share it; each needs cursors of its own."""

    @classmethod
    async def _over(cls, session: _native.Session, autocommit: bool | None) -> Connection:
        connection = cls(session, autocommit)
        if not connection._autocommit:
            await _wait(session.set_autocommit, False)
        return connection

    @property
    def autocommit(self) -> bool:
        """Whether every statement is a transaction of its own."""
        return self._autocommit

    async def set_autocommit(self, value: bool) -> None:
        """Switches autocommit; switching commits what is open."""
        await _wait(self._session.set_autocommit, bool(value))
        self._autocommit = bool(value)
        self._required = not value

    def cursor(self) -> Cursor:
        """A new cursor."""
        self._must_be_open()
        return Cursor(self)

    async def execute(self, operation: str, parameters: Parameters = None, **options: Any) -> Cursor:
        """Executes a statement on a cursor of its own."""
        return await self.cursor().execute(operation, parameters, **options)

    async def executemany(
        self, operation: str, seq_of_parameters: Iterable[Parameters], **options: Any
    ) -> Cursor:
        """Executes a statement once for each row of parameters, on a cursor of its own."""
        return await self.cursor().executemany(operation, seq_of_parameters, **options)

    async def commit(self) -> None:
        """Commits the open transaction; without one, nothing is to be done."""
        await _wait(self._session.commit)

    async def rollback(self) -> None:
        """Rolls the open transaction back; without one, nothing is to be done."""
        await _wait(self._session.rollback)

    async def savepoint(self, name: str) -> Savepoint:
        """Makes a savepoint in the open transaction; see :meth:`jetbridge.Connection.savepoint`."""
        made = await self._begun(lambda: _wait(self._session.begin_savepoint, name))
        return Savepoint(self, made)

    async def ping(self) -> None:
        """Asks the server for a sign of life."""
        await _wait(self._session.ping)

    async def manners(self) -> Manners:
        """Which server this is and how its SQL is written; see :meth:`jetbridge.Connection.manners`."""
        return Manners(*await _wait(self._session.manners))

    async def close(self) -> None:
        """Rolls back what is open and ends the session.

        Raises:
            InterfaceError: it is closed already.
        """
        self._must_be_open()
        self._leave_cursors()
        await _wait(self._session.close)

    async def session_options(self) -> dict[str, Any]:
        """The session options that the server holds."""
        options: dict[str, Any] = await _wait(self._session.options)
        return options

    async def set_session_options(self, options: Mapping[str, Any]) -> None:
        """Sets session options on the server; ``None`` erases one."""
        await _wait(self._session.set_options, dict(options))

    async def ingest(
        self,
        table: str,
        data: Any,
        mode: str = "create",
        *,
        catalog: str | None = None,
        schema: str | None = None,
        temporary: bool = False,
        options: Mapping[str, str] | None = None,
    ) -> int | None:
        """Loads data into a table, in bulk; see :meth:`jetbridge.Connection.ingest`."""
        pairs = list(options.items()) if options else None

        async def load() -> Any:
            return await _wait(
                self._session.ingest, table, as_arrow(data), mode, catalog, schema, temporary, pairs
            )

        rows: int | None = await self._begun(load)
        return rows

    async def _begun(self, run: Callable[[], Awaitable[Any]]) -> Any:
        try:
            return await run()
        except NotSupportedError as error:
            if not self._lives_without(error):
                raise
            await _wait(self._session.set_autocommit, True)
            self._autocommit = True
            return await run()

    async def _catalog(self, command: str, arguments: dict[str, Any]) -> Cursor:
        cursor = self.cursor()
        cursor._take(await _wait(self._session.catalog, command, arguments))
        return cursor

    async def _inquire(self, about: str, schema: str | None = None, table: str | None = None) -> Any:
        return await _wait(self._session.inquire, about, schema, table)

    async def __aenter__(self) -> Connection:
        return self

    async def __aexit__(self, kind: object, error: object, trace: object) -> None:
        """Commits, or rolls back where an exception ended the block, and closes."""
        if self._session.closed:
            return
        try:
            if kind is None:
                await self.commit()
            else:
                await self.rollback()
        finally:
            self._leave_cursors()
            await _wait(self._session.close)


class Savepoint:
    """A point of a transaction to which it can be rolled back."""

    def __init__(self, connection: Connection, id: _native.SavepointId) -> None:
        self._connection = connection
        self._id = id

    async def release(self) -> None:
        """Forgets it; the changes since stay in the transaction."""
        await _wait(self._connection._session.end_savepoint, self._id, True)

    async def rollback(self) -> None:
        """Undoes the changes since."""
        await _wait(self._connection._session.end_savepoint, self._id, False)


class Cursor(CursorState):
    """Runs statements and fetches their rows."""

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self._connection = connection
        connection._cursors.add(self)

    @property
    def connection(self) -> Connection:
        """The connection it belongs to."""
        return self._connection

    async def execute(
        self,
        operation: str,
        parameters: Parameters = None,
        *,
        timeout: float | None = None,
        headers: Headers = None,
        run_as: str | None = None,
    ) -> Cursor:
        """Executes a statement; see :meth:`jetbridge.Cursor.execute`."""
        return await self._run(operation, by_position(operation, parameters), False, timeout, headers, run_as)

    async def executemany(
        self,
        operation: str,
        seq_of_parameters: Iterable[Parameters],
        *,
        timeout: float | None = None,
        headers: Headers = None,
    ) -> Cursor:
        """Executes a statement once for each row of parameters, which all go to the server in one call."""
        rows, count = rows_to_bind(operation, seq_of_parameters)
        if rows is None:
            return await self._repeat(operation, count, timeout, headers)
        return await self._run(operation, rows, True, timeout, headers, "update")

    async def _repeat(self, operation: str, times: int, timeout: float | None, headers: Headers) -> Cursor:
        """Executes a statement without parameters so many times."""
        self._check()
        await self._drop()
        total = 0
        for _ in range(times):
            await self._run(operation, None, False, timeout, headers, "update")
            total = -1 if total < 0 or self._rowcount < 0 else total + self._rowcount
        self._rowcount = total
        return self

    async def _run(
        self,
        operation: str,
        parameters: Any,
        many: bool,
        timeout: float | None,
        headers: Headers,
        run_as: str | None,
    ) -> Cursor:
        self._check()
        await self._drop()
        self._rowcount = -1
        session = self._connection._session
        statement = session.statement(operation, parameters, many, timeout, header_list(headers), run_as)
        self._statement = statement
        self._take(await self._connection._begun(lambda: _wait(statement.execute)))
        return self

    async def fetchone(self) -> Row | None:
        """The next row; ``None`` at the end."""
        rows = self._open()
        row = self._next_kept()
        if row is not None:
            return row
        more: list[Row] | None = await _wait(rows.fetch, FEW)
        if more is None:
            return None
        self._buffer, self._at = more, 1
        self._fetched += 1
        return more[0]

    async def fetchmany(self, size: int | None = None) -> list[Row]:
        """The next rows, ``arraysize`` of them by default; fewer only at the end."""
        rows = self._open()
        wanted = self.arraysize if size is None else size
        fetched = self._kept(wanted)
        while len(fetched) < wanted:
            more = await _wait(rows.fetch, min(STEP, wanted - len(fetched)))
            if more is None:
                break
            self._count(len(more))
            fetched += more
        return fetched

    async def fetchall(self) -> list[Row]:
        """All rows that are left."""
        rows = self._open()
        fetched = self._kept(None)
        while (more := await _wait(rows.fetch, STEP)) is not None:
            self._count(len(more))
            fetched += more
        return fetched

    async def __aiter__(self) -> AsyncIterator[Row]:
        while (row := await self.fetchone()) is not None:
            yield row

    async def fetch_arrow_table(self) -> pyarrow.Table:
        """All that is left as a table of pyarrow."""
        return to_arrow(await self._all())

    async def fetch_df(self, *, arrow_backed: bool = False) -> pandas.DataFrame:
        """All that is left as a frame of pandas; ``arrow_backed`` keeps Arrow's arrays and types."""
        frame: pandas.DataFrame = to_pandas(await self._all(), arrow_backed=arrow_backed)
        return frame

    async def fetch_polars(self) -> polars.DataFrame:
        """All that is left as a frame of polars."""
        frame: polars.DataFrame = to_polars(await self._all())
        return frame

    async def _all(self) -> _native.ArrowStream:
        rows = self._open()
        self._give_back()
        gathered: _native.ArrowStream = await _wait(rows.all_batches)
        return gathered

    async def cancel(self) -> None:
        """Ends what the cursor is doing, here and on the server."""
        if self._rows is not None:
            await _wait(self._rows.cancel)
        elif self._statement is not None:
            await _wait(self._statement.cancel)

    async def close(self) -> None:
        """Ends the result, on the server too. Closing twice is no error."""
        if not self._closed:
            await self._drop()
            self._closed = True

    async def _drop(self) -> None:
        rows = self._rows
        self._forget()
        if rows is not None:
            await _wait(rows.close)

    async def __aenter__(self) -> Cursor:
        return self

    async def __aexit__(self, kind: object, error: object, trace: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<jetbridge.aio.Cursor on {self._connection!r}>"


class Pool:
    """Sessions for many tasks: ``async with pool.connection() as connection: …``; see :class:`jetbridge.Pool`."""

    def __init__(
        self, target: str, *, max_size: int | None = None, min_idle: int | None = None, **options: Any
    ) -> None:
        options = {"pool_max_size": max_size, "pool_min_idle": min_idle, **options}
        self._pool = _native.Pool(target, options)

    async def get(self, autocommit: bool | None = None) -> Connection:
        """A connection; closing it rolls back what is open and hands it back."""
        return await Connection._over(await _wait(self._pool.get), autocommit)

    @asynccontextmanager
    async def connection(self, autocommit: bool | None = None) -> AsyncGenerator[Connection, None]:
        """A connection for a block: committed at its end, rolled back where an exception ended it, and handed back."""
        async with await self.get(autocommit) as connection:
            yield connection

    @property
    def status(self) -> PoolStatus:
        """How the pool stands."""
        return PoolStatus(*self._pool.status())

    async def close(self) -> None:
        """Ends the pool: nobody gets a session any more, and the idle ones are closed."""
        await _wait(self._pool.close)

    async def __aenter__(self) -> Pool:
        return self

    async def __aexit__(self, kind: object, error: object, trace: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<jetbridge.aio.Pool {self.status!r}>"
