"""PEP 249, blocking. Waiting is done without the GIL, and Ctrl-C ends it here and on the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Iterable, Iterator, Mapping, Sequence

from . import _native, exceptions
from ._catalog import CatalogMixin
from ._state import (
    FEW,
    SHOWN,
    STEP,
    ConnectionState,
    CursorState,
    Headers,
    Parameters,
    Row,
    as_arrow,
    by_position,
    header_list,
    html_table,
    rows_to_bind,
    start_progress,
    to_arrow,
    to_pandas,
    to_polars,
)
from .exceptions import NotSupportedError
from .manners import Manners

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

    from .flight import FlightSQLClient

apilevel = "2.0"
#: Threads may share the module and connections, not cursors.
threadsafety = 2
#: ``?``; named (``:name``, with a mapping) and numeric (``:1``) parameters are understood too.
paramstyle = "qmark"


def connect(
    target: str | FlightSQLClient,
    *,
    autocommit: bool | None = None,
    **options: Any,
) -> Connection:
    """Connects to what a connection string names, such as ``flightsql://user:password@host:31337/database``.

    Args:
        target: a connection string of any of the kinds Jetbridge knows, or a :class:`FlightSQLClient`.
        autocommit: whether every statement is a transaction of its own. By default a transaction is begun, as PEP 249 has it, where the
            server has transactions, and none where it has not; ``False`` makes their absence an error.
        options: options of the connection string, which win over the string: ``user``, ``password``, ``token``, ``query_timeout``, …

    Raises:
        InterfaceError: the connection string is wrong.
        OperationalError: the server cannot be reached, or refuses the credentials.
    """
    if not isinstance(target, str):
        return target._connection(autocommit)
    return Connection(_native.connect(target, options), autocommit)


class Connection(ConnectionState, CatalogMixin["Cursor"]):
    """A session with a server. Threads may share it; each needs cursors of its own."""

    Warning = exceptions.Warning
    Error = exceptions.Error
    InterfaceError = exceptions.InterfaceError
    DatabaseError = exceptions.DatabaseError
    DataError = exceptions.DataError
    OperationalError = exceptions.OperationalError
    IntegrityError = exceptions.IntegrityError
    InternalError = exceptions.InternalError
    ProgrammingError = exceptions.ProgrammingError
    NotSupportedError = exceptions.NotSupportedError

    def __init__(self, session: _native.Session, autocommit: bool | None = None) -> None:
        super().__init__(session, autocommit)
        if not self._autocommit:
            session.set_autocommit(False)

    @property
    def autocommit(self) -> bool:
        """Whether every statement is a transaction of its own; setting it commits what is open."""
        return self._autocommit

    @autocommit.setter
    def autocommit(self, value: bool) -> None:
        self._session.set_autocommit(bool(value))
        self._autocommit = bool(value)
        self._required = not value

    def cursor(self) -> Cursor:
        """A new cursor."""
        self._must_be_open()
        return Cursor(self)

    def execute(self, operation: str, parameters: Parameters = None, **options: Any) -> Cursor:
        """Executes a statement on a cursor of its own."""
        return self.cursor().execute(operation, parameters, **options)

    def executemany(
        self, operation: str, seq_of_parameters: Iterable[Parameters], **options: Any
    ) -> Cursor:
        """Executes a statement once for each row of parameters, on a cursor of its own."""
        return self.cursor().executemany(operation, seq_of_parameters, **options)

    def commit(self) -> None:
        """Commits the open transaction; without one, nothing is to be done."""
        self._session.commit()

    def rollback(self) -> None:
        """Rolls the open transaction back; without one, nothing is to be done."""
        self._session.rollback()

    def savepoint(self, name: str) -> Savepoint:
        """Makes a savepoint in the open transaction.

        Raises:
            NotSupportedError: the server has none.
        """
        return Savepoint(self, self._begun(lambda: self._session.begin_savepoint(name)))

    def ping(self) -> None:
        """Asks the server for a sign of life."""
        self._session.ping()

    def manners(self) -> Manners:
        """Which server this is and how its SQL is written. It is asked, once, where neither ``server=`` nor its host says it.

        Raises:
            OperationalError: no answer came.
        """
        return Manners(*self._session.manners())

    def close(self) -> None:
        """Rolls back what is open and ends the session.

        Raises:
            InterfaceError: it is closed already, as PEP 249 has it for everything that is done to a closed connection.
        """
        self._must_be_open()
        self._leave_cursors()
        self._session.close()

    def session_options(self) -> dict[str, Any]:
        """The session options that the server holds."""
        options: dict[str, Any] = self._session.options()
        return options

    def set_session_options(self, options: Mapping[str, Any]) -> None:
        """Sets session options on the server; ``None`` erases one."""
        self._session.set_options(dict(options))

    def ingest(
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
        """Loads data into a table, in bulk.

        Args:
            table: the name of the table.
            data: anything that offers itself as Arrow (tables and readers of pyarrow, frames of polars and pandas), or rows as dictionaries.
            mode: ``create``, ``append``, ``replace`` or ``create_append``.

        Returns:
            The number of rows, or ``None`` where the server does not say.
        """
        pairs = list(options.items()) if options else None
        begin = lambda: self._session.ingest(  # noqa: E731
            table, as_arrow(data), mode, catalog, schema, temporary, pairs
        )
        rows: int | None = self._begun(begin)
        return rows

    def _begun(self, run: Callable[[], Any]) -> Any:
        """Runs what begins a transaction first; a server without transactions is worked with all the same, unless they were asked for."""
        try:
            return run()
        except NotSupportedError as error:
            if not self._lives_without(error):
                raise
            self._session.set_autocommit(True)
            self._autocommit = True
            return run()

    def _catalog(self, command: str, arguments: dict[str, Any]) -> Cursor:
        cursor = self.cursor()
        cursor._take(self._session.catalog(command, arguments))
        return cursor

    def _inquire(self, about: str, schema: str | None = None, table: str | None = None) -> Any:
        return self._session.inquire(about, schema, table)

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        """Commits, or rolls back where an exception ended the block, and closes."""
        if self._session.closed:
            return
        try:
            if kind is None:
                self.commit()
            else:
                self.rollback()
        finally:
            self._leave_cursors()
            self._session.close()


class Savepoint:
    """A point of a transaction to which it can be rolled back."""

    def __init__(self, connection: Connection, id: _native.SavepointId) -> None:
        self._connection = connection
        self._id = id

    def release(self) -> None:
        """Forgets it; the changes since stay in the transaction."""
        self._connection._session.end_savepoint(self._id, True)

    def rollback(self) -> None:
        """Undoes the changes since."""
        self._connection._session.end_savepoint(self._id, False)


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

    def execute(
        self,
        operation: str,
        parameters: Parameters = None,
        *,
        timeout: float | None = None,
        headers: Headers = None,
        run_as: str | None = None,
        progress: bool | Callable[[float | None], None] = False,
    ) -> Cursor:
        """Executes a statement; rows are fetched from this cursor afterwards.

        Args:
            operation: the statement.
            parameters: a sequence for ``?`` and ``:1``, a mapping for ``:name``, or Arrow data with a row for each execution.
            timeout: seconds for its calls, in place of the deadlines of the connection string.
            headers: headers of its calls.
            run_as: ``query`` or ``update``, where the first word of the statement misleads.
            progress: ``True`` shows a bar while rows are fetched; a function is called with how far the server is, from 0 to 1.

        Returns:
            This cursor.
        """
        return self._run(operation, by_position(operation, parameters), False, timeout, headers, run_as, progress)

    def executemany(
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
            return self._repeat(operation, count, timeout, headers)
        return self._run(operation, rows, True, timeout, headers, "update", False)

    def _repeat(self, operation: str, times: int, timeout: float | None, headers: Headers) -> Cursor:
        """Executes a statement without parameters so many times."""
        self._check()
        self._drop()
        total = 0
        for _ in range(times):
            self._run(operation, None, False, timeout, headers, "update", False)
            total = -1 if total < 0 or self._rowcount < 0 else total + self._rowcount
        self._rowcount = total
        return self

    def _run(
        self,
        operation: str,
        parameters: Any,
        many: bool,
        timeout: float | None,
        headers: Headers,
        run_as: str | None,
        progress: bool | Callable[[float | None], None],
    ) -> Cursor:
        self._check()
        self._drop()
        self._rowcount = -1
        session = self._connection._session
        statement = session.statement(operation, parameters, many, timeout, header_list(headers), run_as)
        self._statement = statement
        run: Callable[[], _native.Rows]
        if callable(progress):
            run = lambda: statement.execute_with_progress(progress)  # noqa: E731
        else:
            run = statement.execute
        self._take(self._connection._begun(run))
        if progress is True and self._rows is not None and self._description is not None:
            self._progress = start_progress(self._rows)
        return self

    def callproc(self, procname: str, parameters: Sequence[Any] = ()) -> Any:
        """Raises ``NotSupportedError``: Flight SQL has no call of stored procedures."""
        raise NotSupportedError("Flight SQL has no call of stored procedures", sqlstate="HYC00")

    def nextset(self) -> bool | None:
        """Drops what is left of the result; ``None``, as a statement has one result."""
        self._check()
        self._drop()
        return None

    def fetchone(self) -> Row | None:
        """The next row; ``None`` at the end."""
        rows = self._open()
        row = self._next_kept()
        if row is not None:
            return row
        more: list[Row] | None = rows.fetch(FEW)
        if more is None:
            self._end_progress()
            return None
        if self._progress is not None:
            self._progress.update(len(more))
        self._buffer, self._at = more, 1
        self._fetched += 1
        return more[0]

    def fetchmany(self, size: int | None = None) -> list[Row]:
        """The next rows, ``arraysize`` of them by default; fewer only at the end."""
        rows = self._open()
        wanted = self.arraysize if size is None else size
        fetched = self._kept(wanted)
        while len(fetched) < wanted:
            more = rows.fetch(min(STEP, wanted - len(fetched)))
            if more is None:
                self._end_progress()
                break
            self._count(len(more))
            if fetched:
                fetched += more
            else:
                fetched = more
        return fetched

    def fetchall(self) -> list[Row]:
        """All rows that are left."""
        rows = self._open()
        fetched = self._kept(None)
        while (more := rows.fetch(STEP)) is not None:
            self._count(len(more))
            fetched += more
        self._end_progress()
        return fetched

    def __iter__(self) -> Iterator[Row]:
        rows = self._open()
        while True:
            # Spelled out, as a call for each row would take longer than the row.
            while self._at < len(self._buffer):
                row = self._buffer[self._at]
                self._at += 1
                self._fetched += 1
                yield row
            more = rows.fetch(STEP)
            if more is None:
                self._end_progress()
                return
            if self._progress is not None:
                self._progress.update(len(more))
            self._buffer, self._at = more, 0

    def __next__(self) -> Row:
        row = self.fetchone()
        if row is None:
            raise StopIteration
        return row

    def fetch_arrow_table(self) -> pyarrow.Table:
        """All that is left as a table of pyarrow."""
        return to_arrow(self._all())

    #: As the Flight SQL driver of ADBC calls it.
    fetchallarrow = fetch_arrow_table
    fetch_arrow = fetch_arrow_table

    def fetch_df(self, *, arrow_backed: bool = False) -> pandas.DataFrame:
        """All that is left as a frame of pandas; ``arrow_backed`` keeps Arrow's arrays and types."""
        frame: pandas.DataFrame = to_pandas(self._all(), arrow_backed=arrow_backed)
        return frame

    def fetch_polars(self) -> polars.DataFrame:
        """All that is left as a frame of polars."""
        frame: polars.DataFrame = to_polars(self._all())
        return frame

    def _all(self) -> _native.ArrowStream:
        rows = self._open()
        self._give_back()
        watch = None if self._progress is None else self._progress.update
        gathered: _native.ArrowStream = rows.all_batches(watch)
        self._end_progress()
        return gathered

    def describe(self, operation: str, parameters: Parameters = None) -> pyarrow.Schema:
        """The schema of a statement's rows, without running it."""
        import pyarrow

        statement = self._connection._session.statement(operation, by_position(operation, parameters))
        stream = self._connection._begun(statement.describe)
        return pyarrow.RecordBatchReader.from_stream(stream).schema

    def cancel(self) -> None:
        """Ends what the cursor is doing, here and on the server; may be called from any thread."""
        if self._rows is not None:
            self._rows.cancel()
        elif self._statement is not None:
            self._statement.cancel()

    def close(self) -> None:
        """Ends the result, on the server too. Closing twice is no error."""
        if not self._closed:
            self._drop()
            self._closed = True

    def _drop(self) -> None:
        rows = self._rows
        self._forget()
        if rows is not None:
            rows.close()

    def _end_progress(self) -> None:
        if self._progress is not None:
            self._progress.close()
            self._progress = None

    def __enter__(self) -> Cursor:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.close()

    def _repr_html_(self) -> str | None:
        """The next rows as a table, for notebooks; they stay to be fetched."""
        if self._closed or self._rows is None or self._description is None:
            return None
        if self._at >= len(self._buffer):
            more: list[Row] | None = self._rows.fetch(FEW)
            self._buffer, self._at = more or [], 0
        shown = self._buffer[self._at : self._at + SHOWN]
        names = [column[0] for column in self._description]
        return html_table(names, shown, len(self._buffer) - self._at > SHOWN)

    def __repr__(self) -> str:
        return f"<jetbridge.Cursor on {self._connection!r}>"
