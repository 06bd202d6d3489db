"""What the blocking cursor and the one of asyncio have in common: everything but the waiting."""

from __future__ import annotations

import html
import re
import weakref
from typing import TYPE_CHECKING, Any, Mapping, Sequence, Union, cast

from . import _native
from .exceptions import InterfaceError, NotSupportedError, ProgrammingError

if TYPE_CHECKING:
    import pyarrow

Row = tuple[Any, ...]
Description = list[tuple[str, str, None, None, Union[int, None], Union[int, None], Union[bool, None]]]
Parameters = Union[Sequence[Any], Mapping[str, Any], None]
Headers = Union[Mapping[str, Union[str, bytes]], Sequence[tuple[str, Union[str, bytes]]], None]

#: How many rows are made into Python objects at a time.
STEP = 8192
#: How many rows ``fetchone`` makes at a time.
FEW = 256
#: How many rows a notebook shows.
SHOWN = 20

_NUMERIC = re.compile(r"(?<![:\w]):(\d+)\b")
_HIDDEN = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/", re.DOTALL)


def header_list(headers: Headers) -> list[tuple[str, bytes]] | None:
    """Headers as pairs of a name and bytes."""
    if headers is None:
        return None
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    return [(_text(name), value.encode() if isinstance(value, str) else bytes(value)) for name, value in pairs]


def _text(name: str | bytes) -> str:
    return name.decode() if isinstance(name, bytes) else name


def by_position(sql: str, parameters: Any) -> Any:
    """Parameters of the style ``numeric`` (``:1``, ``:2``) as named ones; those of any other style as they are."""
    if not isinstance(parameters, (list, tuple)) or not parameters:
        return cast("Any", parameters)
    shown = _HIDDEN.sub("", sql)
    if "?" in shown or not _NUMERIC.search(shown):
        return cast("Any", parameters)
    return {str(number): value for number, value in enumerate(cast("Sequence[Any]", parameters), 1)}


def rows_to_bind(sql: str, offered: Any) -> tuple[Any, int]:
    """The parameters of an ``executemany``, all rows of them, and how many there are.

    ``None`` in their place where no row has any: the statement is then to be run so many times, as Arrow does not count rows without columns.
    Arrow data goes as it is, uncounted.
    """
    if hasattr(offered, "__arrow_c_stream__") or hasattr(offered, "__arrow_c_array__"):
        return offered, -1
    rows: list[Any] = [by_position(sql, row) for row in offered]
    return (rows if any(rows) else None), len(rows)


class ConnectionState:
    """A session, and how it stands with its transactions."""

    def __init__(self, session: _native.Session, autocommit: bool | None) -> None:
        self._session = session
        self._cursors: weakref.WeakSet[CursorState] = weakref.WeakSet()
        self._required = autocommit is False
        self._autocommit = bool(autocommit)

    @property
    def server(self) -> str:
        """``host:port`` of the server."""
        return self._session.server

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._session.closed

    def _leave_cursors(self) -> None:
        """Drops what cursors hold of the session, which would keep it from ending, or from going back to its pool."""
        for cursor in list(self._cursors):
            cursor._forget()

    def _must_be_open(self) -> None:
        if self._session.closed:
            raise InterfaceError("the connection is closed: connect again", sqlstate="08003", kind="state")

    def _lives_without(self, error: NotSupportedError) -> bool:
        """Whether a server without transactions is worked with all the same: not where they were asked for."""
        refused = error.operation == "beginning a transaction"
        return refused and not self._autocommit and not self._required

    def __repr__(self) -> str:
        kind = type(self)
        return f"<{kind.__module__.removesuffix('.dbapi')}.{kind.__name__} {'closed' if self.closed else self.server}>"


class CursorState:
    """The result at hand, and the rows of it that are Python objects already."""

    #: How many rows ``fetchmany`` gives by default.
    arraysize: int = 1

    def __init__(self) -> None:
        self._rows: _native.Rows | None = None
        self._statement: _native.Statement | None = None
        self._buffer: list[Row] = []
        self._at = 0
        self._fetched = 0
        self._rowcount = -1
        self._description: Description | None = None
        self._closed = False
        self._progress: Any = None

    @property
    def description(self) -> Description | None:
        """The columns of the result, seven items each (PEP 249); ``None`` where there are none."""
        return self._description

    @property
    def rowcount(self) -> int:
        """How many rows the statement changed or the result has; -1 where that is not known."""
        return self._rowcount

    @property
    def rownumber(self) -> int | None:
        """The number of the next row, from 0; ``None`` without a result."""
        return None if self._description is None else self._fetched

    @property
    def lastrowid(self) -> None:
        """Always ``None``: Flight SQL has no such thing. ``INSERT … RETURNING`` tells the key."""
        return None

    @property
    def trailers(self) -> dict[str, str]:
        """What the server sent after the parts of the result read so far, such as its timings."""
        return self._open().trailers

    def setinputsizes(self, sizes: Sequence[Any]) -> None:
        """Does nothing: values have the type they have."""

    def setoutputsize(self, size: int, column: int | None = None) -> None:
        """Does nothing: values come whole."""

    def _take(self, rows: _native.Rows) -> None:
        self._rows = rows
        # From now on the result is what can be cancelled.
        self._statement = None
        self._buffer = []
        self._at = 0
        self._fetched = 0
        self._description = rows.description
        if rows.affected is not None:
            self._rowcount = rows.affected
        elif self._description is not None and rows.total is not None:
            self._rowcount = rows.total
        else:
            self._rowcount = -1

    def _forget(self) -> None:
        self._rows = None
        self._statement = None
        self._buffer = []
        self._at = 0
        self._description = None
        if self._progress is not None:
            self._progress.close()
            self._progress = None

    def _check(self) -> None:
        if self._closed:
            raise InterfaceError("the cursor is closed: make another with connection.cursor()", sqlstate="24000", kind="state")

    def _open(self) -> _native.Rows:
        """The result, which has to be there and to have rows."""
        self._check()
        if self._rows is None:
            words = "there is no result: execute a statement first; one that was there ends with its connection, and with nextset()"
            raise ProgrammingError(words, sqlstate="24000", kind="state")
        if self._description is None:
            words = "the statement has no rows to fetch; rowcount says how many it changed"
            raise ProgrammingError(words, sqlstate="24000", kind="state")
        return self._rows

    def _next_kept(self) -> Row | None:
        if self._at < len(self._buffer):
            row = self._buffer[self._at]
            self._at += 1
            self._fetched += 1
            return row
        return None

    def _kept(self, most: int | None) -> list[Row]:
        """Rows that are Python objects already, at most so many."""
        if self._at == 0 and (most is None or len(self._buffer) <= most):
            rows, self._buffer = self._buffer, []
        else:
            end = len(self._buffer) if most is None else min(len(self._buffer), self._at + most)
            rows = self._buffer[self._at : end]
            self._at = end
        if self._at >= len(self._buffer):
            self._buffer, self._at = [], 0
        self._fetched += len(rows)
        return rows

    def _count(self, rows: int) -> None:
        self._fetched += rows
        if self._progress is not None:
            self._progress.update(rows)

    def _give_back(self) -> None:
        """Rows that were made and not fetched go back, so that an Arrow result begins where the rows ended."""
        left = len(self._buffer) - self._at
        if left and self._rows is not None:
            self._rows.give_back(left)
        self._buffer, self._at = [], 0

    def _arrow_c_stream(self) -> _native.ArrowStream:
        rows = self._open()
        self._give_back()
        return rows.stream()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The rest of the result for any reader of Arrow: pyarrow, polars, DuckDB, pandas."""
        return self._arrow_c_stream().__arrow_c_stream__(requested_schema)

    def __arrow_c_schema__(self) -> object:
        """The schema of the result for any reader of Arrow."""
        return self._open().__arrow_c_schema__()

    def fetch_record_batch(self) -> pyarrow.RecordBatchReader:
        """The rest of the result as a reader that fetches as it is read."""
        import pyarrow

        return pyarrow.RecordBatchReader.from_stream(self._arrow_c_stream())


def html_table(names: Sequence[str], rows: Sequence[Row], more: bool) -> str:
    """A table for notebooks."""

    def line(cells: Sequence[object], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(str(cell))}</{tag}>" for cell in cells) + "</tr>"

    body = "".join(line(["NULL" if cell is None else cell for cell in row], "td") for row in rows)
    below = "<p>… and more rows</p>" if more else ""
    return f"<table><thead>{line(names, 'th')}</thead><tbody>{body}</tbody></table>{below}"


def start_progress(rows: _native.Rows) -> Any:
    """A progress bar over the rows of a result."""
    try:
        from tqdm.auto import tqdm
    except ImportError:
        raise InterfaceError("progress=True needs tqdm: pip install 'jetbridge[progress]'") from None
    return tqdm(total=rows.total, unit=" rows", unit_scale=True, leave=False)


def schema_of(offered: Any) -> pyarrow.Schema:
    """The schema of whatever offers one as Arrow."""
    import pyarrow

    return pyarrow.schema(offered)


def to_arrow(stream: Any) -> pyarrow.Table:
    """A table of pyarrow, which takes the batches as they are."""
    import pyarrow

    return pyarrow.RecordBatchReader.from_stream(stream).read_all()


def to_pandas(stream: Any, *, arrow_backed: bool) -> Any:
    """A frame of pandas, on Arrow's own arrays on demand."""
    table: Any = to_arrow(stream)
    if arrow_backed:
        import pandas

        return table.to_pandas(types_mapper=pandas.ArrowDtype)
    return table.to_pandas()


def to_polars(stream: Any) -> Any:
    """A frame of polars, which takes the batches as they are."""
    import polars

    return polars.DataFrame(stream)


def as_arrow(data: Any) -> Any:
    """Data for an ingest: whatever offers itself as Arrow, or rows as dictionaries."""
    if hasattr(data, "__arrow_c_stream__") or hasattr(data, "__arrow_c_array__"):
        return data
    import pyarrow

    if hasattr(data, "to_arrow"):
        return data.to_arrow()
    if type(data).__module__.split(".")[0] == "pandas":
        return pyarrow.Table.from_pandas(data, preserve_index=False)
    if isinstance(data, Mapping):
        return pyarrow.table(dict(cast("Mapping[str, Any]", data)))
    rows: list[Any] = list(data) if hasattr(data, "__iter__") else [data]
    if not all(isinstance(row, Mapping) for row in rows):
        words = "an ingest takes Arrow data, a frame of pandas or polars, a mapping of names to columns, or rows as dictionaries"
        raise InterfaceError(words, sqlstate="HY024", kind="configuration")
    return pyarrow.Table.from_pylist(rows)
