"""The dialect of SQLAlchemy on scripted likenesses of the servers of the field: quotes, types and limits as each of them reads them."""

from __future__ import annotations

import asyncio
import os
from typing import NamedTuple

import jetbridge
import jetbridge.aio
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import registry
from sqlalchemy.ext.asyncio import create_async_engine

registry.register("flightsql.jetbridge", "jetbridge.sqlalchemy", "FlightSQLDialect")
registry.register("flightsql.jetbridge_async", "jetbridge.sqlalchemy", "AsyncFlightSQLDialect")


class Written(NamedTuple):
    """What a dialect makes of the statements below."""

    name: str
    text: str
    data: str
    at: str
    number: str
    offset: str


STANDARD = Written('"In Words"', "VARCHAR", "BLOB", "TIMESTAMP", "DOUBLE PRECISION", "OFFSET ?")
DATAFUSION = STANDARD._replace(data="BYTEA", number="DOUBLE")
MYSQL = Written("`In Words`", "STRING", "VARBINARY", "DATETIME", "DOUBLE", "LIMIT 9223372036854775807 OFFSET ?")
SPARK = Written("`In Words`", "STRING", "BINARY", "TIMESTAMP_NTZ", "DOUBLE", "OFFSET ?")

SERVERS = {
    "influxdb": ("InfluxDB 3", "datafusion", DATAFUSION),
    "dremio": ("Dremio", "standard", STANDARD),
    "doris": ("Apache Doris", "mysql", MYSQL),
    "starrocks": ("StarRocks", "mysql", MYSQL),
    "deephaven": ("Deephaven", "standard", STANDARD),
    "gizmosql": ("GizmoSQL", "duckdb", STANDARD),
    "databend": ("Databend", "standard", STANDARD),
    "spice": ("Spice", "datafusion", DATAFUSION),
    "roapi": ("ROAPI", "datafusion", DATAFUSION),
    "sail": ("Sail", "spark", SPARK),
}

#: Connection strings by server, without and with `server=`.
LIKENESSES = {
    (name, evidence): uri
    for name, evidence, uri in (line.split() for line in os.environ["JETBRIDGE_TEST_LIKENESSES"].splitlines())
}


@pytest.fixture(params=[pytest.param(key, id="-by-".join(key)) for key in LIKENESSES])
def likeness(request):
    return (*request.param, LIKENESSES[request.param])


def engine_of(uri):
    return sa.create_engine(uri.replace("flightsql:", "flightsql+jetbridge:"))


def written_by(engine):
    table = sa.Table(
        "t",
        sa.MetaData(),
        sa.Column("In Words", sa.String),
        sa.Column("data", sa.LargeBinary),
        sa.Column("at", sa.DateTime),
        sa.Column("number", sa.Double),
    )
    created = " ".join(str(sa.schema.CreateTable(table).compile(engine)).split())
    columns = created.removeprefix("CREATE TABLE t ( ").removesuffix(" )").split(", ")
    name, text = columns[0].rsplit(" ", 1)
    types = [column.split(" ", 1)[1] for column in columns[1:]]
    selected = " ".join(str(sa.select(sa.column("n")).select_from(sa.table("t")).offset(1).compile(engine)).split())
    return Written(name, text, *types, selected.removeprefix("SELECT n FROM t "))


def test_a_connection_says_which_server_it_is_with(likeness):
    name, evidence, uri = likeness
    with jetbridge.connect(uri) as connection:
        manners = connection.manners()
    title, dialect, written = SERVERS[name]
    assert (manners.server, manners.server_name, manners.evidence) == (name, title, evidence)
    assert (manners.sql_dialect, manners.identifier_quote) == (dialect, written.name[0])
    assert "identifier_quote" in manners.in_force


def test_sqlalchemy_writes_names_types_and_limits_as_the_server_reads_them(likeness):
    name, _, uri = likeness
    engine = engine_of(uri)
    with engine.connect():
        assert written_by(engine) == SERVERS[name][2]
        assert engine.dialect.manners.server == name
        empty = sa.select(sa.column("n")).where(sa.column("n").in_([]))
        assert "1 != 1" in str(empty.compile(engine, compile_kwargs={"render_postcompile": True}))
    engine.dispose()


@pytest.mark.parametrize("name", SERVERS)
def test_a_query_with_a_parameter_runs_where_the_url_names_the_server(name):
    engine = engine_of(LIKENESSES[name, "option"])
    with engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT n FROM t WHERE n > :least"), {"least": 4})
        assert rows.scalars().all() == [5, 6]
    engine.dispose()


def test_what_the_url_says_of_the_dialect_wins_over_the_server():
    engine = engine_of(LIKENESSES["gizmosql", "name"] + "&sql_dialect=mysql&identifier_quote=backtick")
    with engine.connect():
        assert written_by(engine) == MYSQL
        assert engine.dialect.manners.server == "gizmosql"
    engine.dispose()
    engine = engine_of(LIKENESSES["gizmosql", "name"] + "&sql_dialect=postgresql")
    with engine.connect():
        assert written_by(engine) == STANDARD._replace(data="BYTEA")
    engine.dispose()


def test_the_async_engine_has_the_manners_of_its_server():
    async def work():
        async with await jetbridge.aio.connect(LIKENESSES["sail", "name"]) as connection:
            assert (await connection.manners()).sql_dialect == "spark"
        engine = create_async_engine(LIKENESSES["sail", "name"].replace("flightsql:", "flightsql+jetbridge_async:"))
        async with engine.connect():
            assert written_by(engine.sync_engine) == SPARK
        await engine.dispose()

    asyncio.run(asyncio.wait_for(work(), 60))
