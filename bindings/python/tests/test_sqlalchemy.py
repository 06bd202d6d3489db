"""The dialect of SQLAlchemy 2: Core, ORM, reflection, transactions, streaming, the async engine."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import uuid
from decimal import Decimal

import pandas
import pytest
import sqlalchemy as sa
from jetbridge._sqlalchemy_catalog import Catalog
from sqlalchemy import orm
from sqlalchemy.dialects import registry
from sqlalchemy.ext.asyncio import create_async_engine

registry.register("flightsql", "jetbridge.sqlalchemy", "FlightSQLDialect")
registry.register("flightsql.jetbridge", "jetbridge.sqlalchemy", "FlightSQLDialect")
registry.register("flightsql.jetbridge_async", "jetbridge.sqlalchemy", "AsyncFlightSQLDialect")

URI = os.environ["JETBRIDGE_TEST_URI"].replace("flightsql://", "flightsql+jetbridge://")


@pytest.fixture(scope="module")
def engine():
    engine = sa.create_engine(URI)
    yield engine
    engine.dispose()


@pytest.fixture
def shop():
    """Tables of this test alone, made and dropped by SQLAlchemy."""
    suffix = uuid.uuid4().hex
    metadata = sa.MetaData()
    owners = sa.Table(
        f"owners_{suffix}",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(50), nullable=False),
        sa.Column("born", sa.Date),
        sa.Column("seen", sa.DateTime),
        sa.Column("credit", sa.Numeric(10, 2)),
        sa.Column("active", sa.Boolean),
    )
    sa.Table(
        f"pets_{suffix}",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("owner_id", sa.ForeignKey(owners.c.id)),
    )
    yield metadata, owners
    engine = sa.create_engine(URI)
    metadata.drop_all(engine)
    engine.dispose()


def test_core_makes_fills_and_reads_tables(engine, shop):
    metadata, owners = shop
    metadata.create_all(engine)
    ada = {
        "id": 1,
        "name": "Ada",
        "born": dt.date(1815, 12, 10),
        "seen": dt.datetime(2024, 1, 2, 3, 4, 5, 678),
        "credit": Decimal("12.50"),
        "active": True,
    }
    bob = {"id": 2, "name": "Bob", "born": None, "seen": None, "credit": None, "active": None}
    with engine.begin() as connection:
        connection.execute(owners.insert(), [ada, bob])
    with engine.connect() as connection:
        rows = connection.execute(sa.select(owners).order_by(owners.c.id)).mappings().all()
        assert [dict(row) for row in rows] == [ada, bob]
        statement = sa.select(owners.c.name).where(owners.c.name.in_(["Ada", "Eve"]), owners.c.active.is_(True))
        assert connection.execute(statement).scalars().all() == ["Ada"]
    with engine.begin() as connection:
        assert connection.execute(owners.update().values(name="Bo").where(owners.c.id == 2)).rowcount == 1
        assert connection.execute(owners.delete()).rowcount == 2


def test_the_orm_writes_and_reads_objects(engine):
    class Base(orm.DeclarativeBase):
        pass

    class Book(Base):
        __tablename__ = "books_" + uuid.uuid4().hex
        id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
        title: orm.Mapped[str]
        price: orm.Mapped[Decimal | None] = orm.mapped_column(sa.Numeric(8, 2))

    Base.metadata.create_all(engine)
    try:
        with orm.Session(engine) as session:
            book = Book(title="On Computable Numbers", price=Decimal("3.14"))
            session.add_all([book, Book(title="Untitled")])
            session.commit()
            assert book.id is not None
            book.title = "Computable Numbers"
            session.commit()
        with orm.Session(engine) as session:
            titles = session.scalars(sa.select(Book.title).order_by(Book.id)).all()
            assert titles == ["Computable Numbers", "Untitled"]
            session.delete(session.get_one(Book, book_id(session, Book)))
            session.rollback()
            assert session.scalar(sa.select(sa.func.count()).select_from(Book)) == 2
    finally:
        Base.metadata.drop_all(engine)


def book_id(session, book):
    return session.scalars(sa.select(book.id).order_by(book.id)).first()


@pytest.fixture(params=["by SQL", "by commands"])
def reflected(request):
    """An engine that knows its server's SQL, as that of SQLite, and one that has the catalog commands only."""
    engine = sa.create_engine(URI)
    with engine.connect():
        if request.param == "by commands":
            engine.dialect.catalog = Catalog()
    yield engine
    engine.dispose()


def test_tables_views_columns_and_keys_are_reflected(reflected):
    engine = reflected
    inspector = sa.inspect(engine)
    assert {"customers", "orders"} <= set(inspector.get_table_names())
    assert "revenue" in inspector.get_view_names()
    assert inspector.has_table("orders") and not inspector.has_table("order_")
    columns = {column["name"]: column for column in inspector.get_columns("customers")}
    assert isinstance(columns["id"]["type"], sa.Integer)
    assert isinstance(columns["born"]["type"], sa.Date) and columns["born"]["nullable"]
    assert not columns["name"]["nullable"]
    assert inspector.get_pk_constraint("order_items")["constrained_columns"] == ["order_id", "line"]
    (key,) = inspector.get_foreign_keys("orders")
    assert key["referred_table"] == "customers" and key["constrained_columns"] == ["customer_id"]
    with pytest.raises(sa.exc.NoSuchTableError):
        inspector.get_columns("nowhere")
    orders = sa.Table("orders", sa.MetaData(), autoload_with=engine)
    assert {fk.column.table.name for fk in orders.foreign_keys} == {"customers"}


def test_a_table_of_the_open_transaction_and_its_index_are_reflected(engine):
    name = "fresh_" + uuid.uuid4().hex
    with engine.connect() as connection:
        table = sa.Table(name, sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("name", sa.String(9), index=True))
        table.create(connection)
        inspector = sa.inspect(connection)
        assert inspector.has_table(name)
        assert [index["column_names"] for index in inspector.get_indexes(name)] == [["name"]]
        connection.rollback()


def test_transactions_and_savepoints(engine, shop):
    metadata, owners = shop
    metadata.create_all(engine)
    with engine.connect() as connection:
        connection.execute(owners.insert().values(id=1, name="Ada"))
        savepoint = connection.begin_nested()
        connection.execute(owners.insert().values(id=2, name="Bob"))
        savepoint.rollback()
        connection.commit()
        assert connection.execute(sa.select(owners.c.name)).scalars().all() == ["Ada"]
        connection.rollback()
        connection.execute(owners.delete())
        connection.rollback()
        assert connection.scalar(sa.select(sa.func.count()).select_from(owners)) == 1
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(owners.delete())
    with engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(owners)) == 0


def test_a_long_result_is_streamed(engine):
    with engine.connect() as connection:
        statement = sa.select(sa.column("id")).select_from(sa.table("orders")).order_by(sa.column("id"))
        result = connection.execution_options(yield_per=100).execute(statement)
        partitions = [len(partition) for partition in result.partitions()]
        assert partitions == [100] * 25


def test_arrow_comes_out_of_a_result(engine):
    with engine.connect() as connection:
        cursor = connection.execute(sa.text("SELECT id FROM orders")).cursor
        assert cursor.fetch_arrow_table().num_rows == 2500


def test_pandas_reads_and_writes_by_an_engine(engine):
    name = "frame_" + uuid.uuid4().hex
    frame = pandas.DataFrame({"id": [1, 2], "name": ["a", None], "at": pandas.to_datetime(["2024-01-01", "2024-01-02"])})
    try:
        assert frame.to_sql(name, engine, index=False) == 2
        back = pandas.read_sql(f"SELECT * FROM {name} ORDER BY id", engine)
        assert back["id"].tolist() == [1, 2] and back["at"].tolist() == frame["at"].tolist()
        assert len(pandas.read_sql_table(name, engine)) == 2
    finally:
        with engine.begin() as connection:
            connection.execute(sa.text(f"DROP TABLE IF EXISTS {name}"))


def test_a_url_is_a_connection_string():
    from jetbridge.sqlalchemy import FlightSQLDialect

    url = sa.make_url("flightsql+jetbridge://me:p%40ss@db.example:31337/sales?query_timeout=3s")
    arguments, options = FlightSQLDialect().create_connect_args(url)
    assert arguments == ["flightsql://me:p%40ss@db.example:31337/sales?query_timeout=3s"] and options == {}


def test_the_async_engine():
    async def work():
        engine = create_async_engine(URI.replace("+jetbridge:", "+jetbridge_async:"))
        async with engine.connect() as connection:
            result = await connection.execute(sa.text("SELECT id FROM orders WHERE id <= :most ORDER BY id"), {"most": 3})
            assert result.scalars().all() == [1, 2, 3]
            stream = await connection.stream(sa.text("SELECT id FROM orders ORDER BY id"))
            assert len([row async for row in stream]) == 2500
            names = await connection.run_sync(lambda sync: sa.inspect(sync).get_table_names())
            assert "orders" in names
        await engine.dispose()

    asyncio.run(asyncio.wait_for(work(), 60))
