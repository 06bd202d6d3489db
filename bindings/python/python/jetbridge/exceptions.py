"""The exceptions of PEP 249.

Each carries what the driver knows of the failure: the SQLSTATE, what was being done, on which server, the server's own words.
"""

from __future__ import annotations

__all__ = [
    "DataError",
    "DatabaseError",
    "Error",
    "IntegrityError",
    "InterfaceError",
    "InternalError",
    "NotSupportedError",
    "OperationalError",
    "ProgrammingError",
    "Warning",
]


class Warning(Exception):  # noqa: A001 - PEP 249 has the name
    """An important warning."""


class Error(Exception):
    """Anything that went wrong.

    Attributes:
        sqlstate: the five characters of the SQLSTATE: the server's own where it sent one.
        kind: what kind of failure it is, such as ``timeout`` or ``connection``.
        operation: what was being done.
        server: ``host:port`` of the server, where one was involved.
        hint: what can be done about it, where that is known.
        grpc_code: the status code of gRPC, where the error came over the wire.
        server_message: the message alone: the server's words where it sent any.
        retryable: whether the same call may succeed later and cannot have taken effect.
    """

    def __init__(
        self,
        message: str = "",
        *,
        sqlstate: str = "HY000",
        kind: str = "",
        operation: str | None = None,
        server: str | None = None,
        hint: str | None = None,
        grpc_code: int | None = None,
        server_message: str | None = None,
        retryable: bool = False,
    ) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate
        self.kind = kind
        self.operation = operation
        self.server = server
        self.hint = hint
        self.grpc_code = grpc_code
        self.server_message = message if server_message is None else server_message
        self.retryable = retryable

    def __reduce__(self) -> tuple[object, ...]:
        # Keyword arguments do not survive pickling by themselves, and errors cross process pools.
        return (_rebuild, (type(self), str(self), dict(self.__dict__)))


def _rebuild(cls: type[Error], message: str, attributes: dict[str, object]) -> Error:
    error = cls(message)
    error.__dict__.update(attributes)
    return error


class InterfaceError(Error):
    """The driver was used wrongly: a connection string, an option, a closed cursor."""


class DatabaseError(Error):
    """The database failed."""


class DataError(DatabaseError):
    """A value does not fit, or cannot be converted."""


class OperationalError(DatabaseError):
    """The connection, a deadline, the credentials, a conflict: not the fault of the program."""


class IntegrityError(DatabaseError):
    """A constraint of the database was violated."""


class InternalError(DatabaseError):
    """The server broke a promise of the protocol."""


class ProgrammingError(DatabaseError):
    """The statement is wrong: its syntax, its tables, its parameters."""


class NotSupportedError(DatabaseError):
    """The server or the driver lacks the feature."""
