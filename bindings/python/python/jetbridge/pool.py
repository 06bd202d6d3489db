"""A pool of connections, for threads."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Generator, NamedTuple

from . import _native
from .dbapi import Connection


class PoolStatus(NamedTuple):
    """How a pool stands."""

    max_size: int
    size: int
    idle: int
    waiting: int


class Pool:
    """Sessions for many threads: ``with pool.connection() as connection: …``.

    Args:
        target: a connection string.
        max_size: how many sessions there are at most.
        min_idle: how many idle sessions are kept ready.
        options: options of the connection string, which win over the string; those of the pool begin with ``pool_``.
    """

    def __init__(
        self, target: str, *, max_size: int | None = None, min_idle: int | None = None, **options: Any
    ) -> None:
        options = {"pool_max_size": max_size, "pool_min_idle": min_idle, **options}
        self._pool = _native.Pool(target, options)

    def get(self, autocommit: bool | None = None) -> Connection:
        """A connection; closing it rolls back what is open and hands it back.

        Raises:
            OperationalError: no session came free within ``pool_acquire_timeout``, or the server cannot be reached.
        """
        return Connection(self._pool.get(), autocommit)

    @contextmanager
    def connection(self, autocommit: bool | None = None) -> Generator[Connection, None, None]:
        """A connection for a block: committed at its end, rolled back where an exception ended it, and handed back."""
        with self.get(autocommit) as connection:
            yield connection

    @property
    def status(self) -> PoolStatus:
        """How the pool stands."""
        return PoolStatus(*self._pool.status())

    def close(self) -> None:
        """Ends the pool: nobody gets a session any more, and the idle ones are closed."""
        self._pool.close()

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<jetbridge.Pool {self.status!r}>"
