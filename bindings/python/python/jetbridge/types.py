"""The type objects and constructors of PEP 249, and the values that Python's own classes cannot hold."""

from __future__ import annotations

import datetime as _dt
import time as _time
from typing import Any, Iterable, NamedTuple
from zoneinfo import ZoneInfo

__all__ = [
    "BINARY",
    "DATETIME",
    "NUMBER",
    "ROWID",
    "STRING",
    "Binary",
    "Date",
    "DateFromTicks",
    "Interval",
    "NanoDateTime",
    "NanoTime",
    "NanoTimeDelta",
    "Time",
    "TimeFromTicks",
    "Timestamp",
    "TimestampFromTicks",
    "TypeObject",
    "zone",
]


class TypeObject:
    """A type of PEP 249: it equals the type codes of ``Cursor.description`` that belong to it."""

    def __init__(self, name: str, codes: Iterable[str]) -> None:
        self.name = name
        self.codes = frozenset(codes)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, TypeObject):
            return self.codes == other.codes
        return other in self.codes

    def __hash__(self) -> int:
        return hash(self.codes)

    def __repr__(self) -> str:
        return f"jetbridge.{self.name}"


STRING = TypeObject("STRING", ["VARCHAR", "JSON", "UUID"])
BINARY = TypeObject("BINARY", ["BINARY", "VARBINARY"])
NUMBER = TypeObject(
    "NUMBER",
    ["BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "REAL", "DOUBLE", "NUMERIC", "DECIMAL"],
)
DATETIME = TypeObject("DATETIME", ["DATE", "TIME", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"])
ROWID = TypeObject("ROWID", [])

Date = _dt.date
Time = _dt.time
Timestamp = _dt.datetime
Binary = bytes


def DateFromTicks(ticks: float) -> _dt.date:  # noqa: N802 - PEP 249 has the name
    """The date of a number of seconds since 1970, in local time."""
    return Date(*_time.localtime(ticks)[:3])


def TimeFromTicks(ticks: float) -> _dt.time:  # noqa: N802
    """The time of day of a number of seconds since 1970, in local time."""
    return Time(*_time.localtime(ticks)[3:6])


def TimestampFromTicks(ticks: float) -> _dt.datetime:  # noqa: N802
    """The date and time of a number of seconds since 1970, in local time."""
    return Timestamp(*_time.localtime(ticks)[:6])


class Interval(NamedTuple):
    """An interval of the calendar. Months, days and nanoseconds do not add up: a month has no fixed number of days."""

    months: int
    days: int
    nanoseconds: int


class NanoDateTime(_dt.datetime):
    """A datetime with nanoseconds below its microsecond, which a plain one cannot hold."""

    nanosecond: int

    @classmethod
    def of(cls, moment: _dt.datetime, nanosecond: int) -> NanoDateTime:
        """A datetime with the nanoseconds below its microsecond."""
        made = cls(
            moment.year,
            moment.month,
            moment.day,
            moment.hour,
            moment.minute,
            moment.second,
            moment.microsecond,
            moment.tzinfo,
            fold=moment.fold,
        )
        made.nanosecond = nanosecond
        return made

    def isoformat(self, sep: str = "T", timespec: str = "auto") -> str:
        if timespec not in ("auto", "nanoseconds"):
            return super().isoformat(sep, timespec)
        text = super().isoformat(sep, "microseconds")
        return f"{text[:26]}{self.nanosecond:03}{text[26:]}"

    def __str__(self) -> str:
        return self.isoformat(" ")

    def __eq__(self, other: object) -> bool:
        equal = super().__eq__(other)
        if equal is True:
            return self.nanosecond == getattr(other, "nanosecond", 0)
        return equal

    def __hash__(self) -> int:
        return hash((super().__hash__(), self.nanosecond))

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        plain = _dt.datetime.combine(self.date(), self.timetz())
        return (NanoDateTime.of, (plain, self.nanosecond))


class NanoTime(_dt.time):
    """A time of day with nanoseconds below its microsecond, which a plain one cannot hold."""

    nanosecond: int

    @classmethod
    def of(cls, hour: int, minute: int, second: int, nanosecond: int) -> NanoTime:
        """A time of day with all of its nanoseconds."""
        made = cls(hour, minute, second, nanosecond // 1000)
        made.nanosecond = nanosecond % 1000
        return made

    def isoformat(self, timespec: str = "auto") -> str:
        if timespec not in ("auto", "nanoseconds"):
            return super().isoformat(timespec)
        return f"{super().isoformat('microseconds')}{self.nanosecond:03}"

    def __str__(self) -> str:
        return self.isoformat()

    def __eq__(self, other: object) -> bool:
        equal = super().__eq__(other)
        if equal is True:
            return self.nanosecond == getattr(other, "nanosecond", 0)
        return equal

    def __hash__(self) -> int:
        return hash((super().__hash__(), self.nanosecond))

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        nanosecond = self.microsecond * 1000 + self.nanosecond
        return (NanoTime.of, (self.hour, self.minute, self.second, nanosecond))


class NanoTimeDelta(_dt.timedelta):
    """A length of time with nanoseconds below its microsecond, which a plain one cannot hold."""

    nanoseconds: int

    @classmethod
    def of(cls, length: _dt.timedelta, nanoseconds: int) -> NanoTimeDelta:
        """A length of time with the nanoseconds below its microsecond."""
        made = cls(length.days, length.seconds, length.microseconds)
        made.nanoseconds = nanoseconds
        return made

    def __str__(self) -> str:
        text = super().__str__()
        return f"{text}{'' if '.' in text else '.000000'}{self.nanoseconds:03}"

    def __eq__(self, other: object) -> bool:
        equal = super().__eq__(other)
        if equal is True:
            return self.nanoseconds == getattr(other, "nanoseconds", 0)
        return equal

    def __hash__(self) -> int:
        return hash((super().__hash__(), self.nanoseconds))

    def __reduce__(self) -> tuple[Any, ...]:
        plain = _dt.timedelta(self.days, self.seconds, self.microseconds)
        return (NanoTimeDelta.of, (plain, self.nanoseconds))


def zone(name: str) -> _dt.tzinfo:
    """The time zone that Arrow calls by this name: a name of the IANA database, or an offset such as ``+02:00``."""
    if name[:1] in ("+", "-"):
        digits = name[1:].replace(":", "")
        if digits.isdigit() and len(digits) in (2, 4):
            offset = _dt.timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
            return _dt.timezone(-offset if name[0] == "-" else offset)
    return ZoneInfo(name)
