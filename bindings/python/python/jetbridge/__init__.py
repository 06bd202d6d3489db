"""A SQL driver for Arrow Flight SQL.

::

    import jetbridge

    with jetbridge.connect("flightsql://me:secret@db.example:31337/sales") as connection:
        cursor = connection.execute("SELECT id, name FROM customers WHERE country = ?", ("DE",))
        for id, name in cursor:
            print(id, name)

The module is one of PEP 249. Results are to be had as rows, as tables of pyarrow, as frames of pandas and polars, or by the Arrow
PyCapsule interface. ``jetbridge.aio`` is the same for asyncio, ``jetbridge.Pool`` a pool, ``jetbridge.FlightSQLClient`` the flight level,
``jetbridge.sqlalchemy`` the dialect of SQLAlchemy 2.
"""

from __future__ import annotations

from ._native import __version__
from .dbapi import Connection, Cursor, apilevel, connect, paramstyle, threadsafety
from .exceptions import (
    DatabaseError,
    DataError,
    Error,
    IntegrityError,
    InterfaceError,
    InternalError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    Warning,
)
from .flight import FlightSQLCallOptions, FlightSQLClient, TableRef
from .manners import Manners
from .pool import Pool, PoolStatus
from .types import (
    BINARY,
    DATETIME,
    NUMBER,
    ROWID,
    STRING,
    Binary,
    Date,
    DateFromTicks,
    Interval,
    NanoDateTime,
    NanoTime,
    NanoTimeDelta,
    Time,
    TimeFromTicks,
    Timestamp,
    TimestampFromTicks,
)

__all__ = [
    "BINARY",
    "DATETIME",
    "NUMBER",
    "ROWID",
    "STRING",
    "Binary",
    "Connection",
    "Cursor",
    "DataError",
    "DatabaseError",
    "Date",
    "DateFromTicks",
    "Error",
    "FlightSQLCallOptions",
    "FlightSQLClient",
    "IntegrityError",
    "InterfaceError",
    "InternalError",
    "Interval",
    "Manners",
    "NanoDateTime",
    "NanoTime",
    "NanoTimeDelta",
    "NotSupportedError",
    "OperationalError",
    "Pool",
    "PoolStatus",
    "ProgrammingError",
    "TableRef",
    "Time",
    "TimeFromTicks",
    "Timestamp",
    "TimestampFromTicks",
    "Warning",
    "__version__",
    "apilevel",
    "connect",
    "paramstyle",
    "threadsafety",
]
