"""Queries, parameters and the catalog on servers that are not ours."""

from __future__ import annotations

import datetime as dt
import os

import jetbridge
import pytest
import sqlalchemy as sa

sa.dialects.registry.register("flightsql.jetbridge", "jetbridge.sqlalchemy", "FlightSQLDialect")

SAIL, ROAPI, GO = (os.environ[f"JETBRIDGE_TEST_{name}"] for name in ("SAIL", "ROAPI", "GO"))


@pytest.mark.parametrize("uri", [SAIL, ROAPI, GO], ids=["sail", "roapi", "go"])
def test_a_query_is_answered(uri):
    with jetbridge.connect(uri) as connection:
        assert connection.execute("SELECT 1 + 1").fetchall() == [(2,)]


def test_a_large_range_of_sail_is_whole():
    with jetbridge.connect(SAIL) as connection:
        numbers = [n for (n,) in connection.execute("SELECT * FROM range(100000)")]
        assert sorted(numbers) == list(range(100_000))


def test_rows_of_roapi_have_their_types():
    with jetbridge.connect(ROAPI) as connection:
        table = connection.execute("SELECT * FROM sample ORDER BY id").fetch_arrow_table()
        assert table.num_rows == 1000
        rows = connection.execute("SELECT * FROM sample ORDER BY id").fetchall()
        assert rows == [tuple(row.values()) for row in table.to_pylist()]


def test_parameters_and_the_catalog_of_arrow_go():
    with jetbridge.connect(GO) as connection:
        assert connection.execute("SELECT keyName FROM intTable WHERE value = ?", (1,)).fetchall() == [("one",)]
        assert "intTable" in connection.tables().fetch_arrow_table().column("table_name").to_pylist()


@pytest.mark.parametrize(
    ("uri", "table", "columns"),
    [(ROAPI, "sample", {"id": sa.BIGINT}), (GO, "intTable", {"keyName": sa.VARCHAR, "value": sa.BIGINT})],
    ids=["roapi", "go"],
)
def test_sqlalchemy_reflects_a_table_and_reads_it(uri, table, columns):
    engine = sa.create_engine(uri.replace("flightsql:", "flightsql+jetbridge:"))
    inspector = sa.inspect(engine)
    assert table in inspector.get_table_names() and not inspector.has_table(f"{table}_")
    reflected = sa.Table(table, sa.MetaData(), autoload_with=engine)
    assert {name: type(reflected.c[name].type) for name in columns} == columns
    with engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(reflected)) > 0
    engine.dispose()


def test_sqlalchemy_writes_names_and_types_as_sail_reads_them():
    engine = sa.create_engine(SAIL.replace("flightsql:", "flightsql+jetbridge:") + "&server=sail")
    with engine.connect() as connection:
        row = connection.execute(sa.select(sa.cast(sa.literal_column("1.5"), sa.String).label("In Words"))).one()
        assert row._mapping == {"In Words": "1.5"}
        at = dt.datetime(2024, 1, 2, 3, 4, 5)
        assert connection.scalar(sa.select(sa.cast(sa.literal(at), sa.DateTime))) == at
        last = sa.select(sa.column("id")).select_from(sa.text("range(5)")).order_by(sa.column("id")).offset(3)
        assert connection.execute(last).scalars().all() == [3, 4]
        assert connection.execute(sa.select(sa.literal(1)).where(sa.literal(1).in_([]))).all() == []
    assert engine.dialect.identifier_preparer.quote("In Words") == "`In Words`"
    engine.dispose()
