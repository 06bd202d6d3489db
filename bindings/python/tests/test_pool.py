"""The pool, for threads."""

from __future__ import annotations

import threading

import jetbridge
import pytest


def test_threads_share_a_pool(uri):
    with jetbridge.Pool(uri, max_size=3) as pool:
        answers: list[tuple[object, ...] | None] = []

        def work(number: int) -> None:
            with pool.connection() as connection:
                answers.append(connection.execute("SELECT ?", (number,)).fetchone())

        threads = [threading.Thread(target=work, args=(number,)) for number in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers) == [(number,) for number in range(20)]
        assert 1 <= pool.status.size <= 3


def test_a_cursor_that_is_still_there_keeps_no_session_from_its_pool(uri):
    with jetbridge.Pool(uri, max_size=1, pool_acquire_timeout="30s") as pool:
        cursors = []
        for number in range(3):
            with pool.connection() as connection:
                cursor = connection.cursor()
                cursor.execute("SELECT value + ? FROM generate_series(1, 1000)", (number,))
                assert cursor.fetchone() == (number + 1,)
                cursors.append(cursor)
        assert pool.status.size == 1
        with pytest.raises(jetbridge.Error):
            cursors[0].fetchone()


def test_what_is_open_is_rolled_back_when_a_connection_goes_back(uri, table):
    with jetbridge.connect(uri, autocommit=True) as connection:
        connection.execute(f"CREATE TABLE {table} (id INTEGER)")
    with jetbridge.Pool(uri, max_size=1) as pool:
        connection = pool.get()
        connection.execute(f"INSERT INTO {table} VALUES (1)")
        connection.close()
        with pool.connection() as connection:
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


def test_a_full_pool_says_so_after_the_timeout(uri):
    with jetbridge.Pool(uri, max_size=1, pool_acquire_timeout="100ms") as pool:
        taken = pool.get()
        with pytest.raises(jetbridge.OperationalError):
            pool.get()
        taken.close()
        pool.get().close()


def test_a_closed_pool_lends_nothing(uri):
    pool = jetbridge.Pool(uri, max_size=1)
    pool.close()
    with pytest.raises(jetbridge.Error):
        pool.get()
