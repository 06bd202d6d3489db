"""Which server a connection is with, and what is done otherwise because of that."""

from __future__ import annotations

from typing import Mapping, NamedTuple


class Manners(NamedTuple):
    """What a server is found to be: by the option ``server``, its host, or what it says of itself. SQL for it is written accordingly."""

    #: The word of the option ``server``, such as ``sail``; ``standard`` where it is none of those known.
    server: str
    #: Its name as its makers write it, such as ``InfluxDB 3``; ``None`` where it is none of those known.
    server_name: str | None
    #: By what it was recognized: ``option``, ``host`` or ``name``; ``None`` where it was not.
    evidence: str | None
    #: The dialect of its SQL: ``standard``, ``sqlite``, ``datafusion``, ``spark``, ``mysql``, ``postgresql`` or ``duckdb``.
    sql_dialect: str
    #: What a quoted name stands in: a double quote or a backtick.
    identifier_quote: str
    #: The options that have another default because of the server, each with its value.
    in_force: Mapping[str, str]
    #: The options that would have another default if ``server=`` named it: they count before it can be recognized by its name.
    by_option_only: Mapping[str, str]
