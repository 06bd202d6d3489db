"""The same for asyncio."""

from __future__ import annotations

import asyncio
import functools
import os
import time
import uuid
from typing import Any, Callable, Coroutine

import jetbridge
import jetbridge.aio
import pytest

URI = os.environ["JETBRIDGE_TEST_URI"]


def run(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[[], None]:
    @functools.wraps(test)
    def wrapped() -> None:
        asyncio.run(asyncio.wait_for(test(), 60))

    return wrapped


@run
async def test_rows_are_fetched_and_iterated():
    async with await jetbridge.aio.connect(URI) as connection:
        cursor = await connection.execute("SELECT id FROM orders WHERE id <= ? ORDER BY id", (600,))
        assert await cursor.fetchone() == (1,)
        assert await cursor.fetchmany(2) == [(2,), (3,)]
        assert [id async for (id,) in cursor] == list(range(4, 601))
        assert await cursor.fetchall() == []


@run
async def test_a_transaction_commits_and_rolls_back():
    table = "t_" + uuid.uuid4().hex
    async with await jetbridge.aio.connect(URI) as connection:
        await connection.execute(f"CREATE TABLE {table} (id INTEGER)")
        await connection.commit()
        cursor = connection.cursor()
        await cursor.executemany(f"INSERT INTO {table} VALUES (?)", [(1,), (2,)])
        assert cursor.rowcount == 2
        await connection.rollback()
        assert await (await connection.execute(f"SELECT count(*) FROM {table}")).fetchone() == (0,)
        assert await connection.ingest(table, [{"id": 7}], "append") == 1
        await connection.execute(f"DROP TABLE {table}")


@run
async def test_queries_run_side_by_side():
    async with await jetbridge.aio.connect(URI, autocommit=True) as connection:
        started = time.monotonic()
        cursors = await asyncio.gather(*(connection.execute("SELECT ? /* delay=1s */", (n,)) for n in range(4)))
        assert [await cursor.fetchone() for cursor in cursors] == [(n,) for n in range(4)]
        assert time.monotonic() - started < 4


@run
async def test_a_cancelled_task_cancels_its_query():
    async with await jetbridge.aio.connect(URI, autocommit=True) as connection:
        task = asyncio.create_task(connection.execute("SELECT 1 /* delay=30s */"))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await (await connection.execute("SELECT 1")).fetchone() == (1,)


@run
async def test_a_cursor_is_cancelled_from_another_task():
    async with await jetbridge.aio.connect(URI, autocommit=True) as connection:
        cursor = connection.cursor()
        task = asyncio.create_task(cursor.execute("SELECT 1 /* delay=30s */"))
        await asyncio.sleep(0.1)
        await cursor.cancel()
        with pytest.raises(jetbridge.OperationalError):
            await task


@run
async def test_a_timeout_of_asyncio_ends_a_fetch():
    async with await jetbridge.aio.connect(URI, autocommit=True) as connection:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(connection.execute("SELECT 1 /* delay=30s */"), 0.1)


@run
async def test_errors_are_those_of_pep_249():
    async with await jetbridge.aio.connect(URI) as connection:
        with pytest.raises(jetbridge.ProgrammingError):
            await connection.execute("SELECT * FROM nowhere")
    with pytest.raises(jetbridge.OperationalError):
        await jetbridge.aio.connect("flightsql://127.0.0.1:9?transport=tcp")


@run
async def test_frames_and_the_catalog():
    async with await jetbridge.aio.connect(URI) as connection:
        assert (await (await connection.execute("SELECT id FROM orders")).fetch_arrow_table()).num_rows == 2500
        assert len(await (await connection.execute("SELECT id FROM orders")).fetch_df()) == 2500
        assert len(await (await connection.execute("SELECT id FROM orders")).fetch_polars()) == 2500
        tables = await connection.tables(table_pattern="ord%")
        assert {row[2] for row in await tables.fetchall()} == {"orders", "order_items"}


@run
async def test_a_pool_lends_connections():
    async with jetbridge.aio.Pool(URI, max_size=2) as pool:

        async def work(number: int) -> tuple[Any, ...] | None:
            async with pool.connection() as connection:
                return await (await connection.execute("SELECT ?", (number,))).fetchone()

        assert await asyncio.gather(*(work(n) for n in range(20))) == [(n,) for n in range(20)]
        assert pool.status.size <= 2
