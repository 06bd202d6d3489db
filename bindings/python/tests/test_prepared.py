"""Statements that connections keep prepared. `pytest.rs` counts at the server how often each text here was prepared, and that all are closed at the end."""

from __future__ import annotations

import asyncio

import jetbridge
import jetbridge.aio
import pytest


def test_a_cursor_and_then_another_execute_a_text_that_was_prepared_once(uri):
    with jetbridge.connect(uri, autocommit=True) as connection:
        cursor = connection.cursor()
        for number in range(5):
            assert cursor.execute("SELECT ? + 0", (number,)).fetchall() == [(number,)]
        cursor.close()
        for number in range(5):
            assert connection.execute("SELECT ? + 0", (number,)).fetchone() == (number,)


def test_rows_of_parameters_and_single_ones_share_a_statement(uri, table):
    with jetbridge.connect(uri) as connection:
        connection.execute(f"CREATE TABLE {table} (id INTEGER)")
        insert = f"INSERT INTO {table} /* kept */ VALUES (:id)"
        for first in (1, 3):
            cursor = connection.executemany(insert, [{"id": first}, {"id": first + 1}])
            assert cursor.rowcount == 2
            cursor.close()
        assert connection.execute(insert, {"id": 5}).rowcount == 1
        assert connection.execute(f"SELECT sum(id) FROM {table}").fetchone() == (15,)


def test_a_transaction_takes_its_statements_with_it(uri, table):
    with jetbridge.connect(uri) as connection:
        connection.execute(f"CREATE TABLE {table} (id INTEGER)")
        connection.commit()
        insert = f"INSERT INTO {table} /* undone */ VALUES (?)"
        for id in (1, 2):
            connection.execute(insert, (id,))
        connection.rollback()
        for id in (3, 4):
            connection.execute(insert, (id,))
        connection.commit()
        assert connection.execute(f"SELECT id FROM {table} ORDER BY id").fetchall() == [(3,), (4,)]


def test_nothing_is_kept_where_the_option_says_so(uri):
    with jetbridge.connect(uri, autocommit=True, statement_cache_size=0) as connection:
        for number in range(3):
            assert connection.execute("SELECT ? + 1", (number,)).fetchall() == [(number + 1,)]
    with jetbridge.connect(uri + "&statement_cache_size=0", autocommit=True) as connection:
        assert connection.execute("SELECT ? + 1", (7,)).fetchall() == [(8,)]


def test_a_text_that_comes_with_values_of_another_type_is_run_all_the_same(uri):
    with jetbridge.connect(uri, autocommit=True) as connection:
        for value in (1, "one", None, 1.5, b"one"):
            assert connection.execute("SELECT ? AS mixed", (value,)).fetchone() == (value,)


def test_a_timeout_and_headers_are_those_of_the_execution(uri):
    slow = "SELECT value + ? FROM generate_series(1, 3) /* slow=60s rows_per_batch=1 */"
    with jetbridge.connect(uri, autocommit=True) as connection:
        with pytest.raises(jetbridge.OperationalError) as caught:
            connection.execute(slow, (1,), timeout=0.2).fetchall()
        assert caught.value.kind == "timeout"
        for _ in range(2):
            assert connection.execute("SELECT ? + 2", (1,), timeout=30, headers={"x-tag": "1"}).fetchall() == [(3,)]


def test_tasks_share_what_their_connection_keeps(uri):
    async def work():
        async with await jetbridge.aio.connect(uri, autocommit=True) as connection:
            for number in range(4):
                cursor = await connection.execute("SELECT ? + 3", (number,))
                assert await cursor.fetchall() == [(number + 3,)]
                await cursor.close()

    asyncio.run(asyncio.wait_for(work(), 60))


def test_a_pooled_connection_finds_its_statements_again(uri):
    with jetbridge.Pool(uri, max_size=1) as pool:
        for number in range(4):
            with pool.connection(autocommit=True) as connection:
                assert connection.execute("SELECT ? + 4", (number,)).fetchall() == [(number + 4,)]
