"""PEP 249, line by line, and what every driver adds to it."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import time

import jetbridge
import pytest


def test_the_module_says_what_it_is():
    assert jetbridge.apilevel == "2.0"
    assert jetbridge.threadsafety == 2
    assert jetbridge.paramstyle == "qmark"
    assert issubclass(jetbridge.IntegrityError, jetbridge.DatabaseError)
    assert not issubclass(jetbridge.InterfaceError, jetbridge.DatabaseError)


def test_rows_come_one_by_one_in_pieces_and_all_at_once(connection):
    cursor = connection.execute("SELECT id FROM orders ORDER BY id")
    assert cursor.fetchone() == (1,)
    assert cursor.fetchmany(2) == [(2,), (3,)]
    cursor.arraysize = 4
    assert [id for (id,) in cursor.fetchmany()] == [4, 5, 6, 7]
    rest = cursor.fetchall()
    assert rest[0] == (8,) and rest[-1] == (2500,) and len(rest) == 2493
    assert cursor.fetchone() is None and cursor.fetchmany() == [] and cursor.fetchall() == []


def test_a_cursor_is_iterated(connection):
    cursor = connection.execute("SELECT id FROM orders ORDER BY id LIMIT 700")
    assert next(cursor) == (1,)
    assert [id for (id,) in cursor] == list(range(2, 701))
    assert cursor.rownumber == 700


def test_the_description_has_seven_fields(connection):
    cursor = connection.execute("SELECT id, name, price FROM products")
    names = [column[0] for column in cursor.description]
    assert names == ["id", "name", "price"]
    assert all(len(column) == 7 for column in cursor.description)
    types = [column[1] for column in cursor.description]
    assert types[0] == jetbridge.NUMBER and types[1] == jetbridge.STRING and types[2] == jetbridge.NUMBER
    assert types[0] != jetbridge.STRING
    assert cursor.description[2][4:6] == (10, 2)


@pytest.mark.parametrize(
    ("sql", "parameters"),
    [
        ("SELECT ?, ?", (1, "x")),
        ("SELECT :number, :text", {"number": 1, "text": "x"}),
        ("SELECT :2, :1", ("x", 1)),
        ("SELECT :1, ':3' || substr(:2, 1, 1)", (1, "x")),
    ],
)
def test_parameters_come_by_position_by_name_and_by_number(connection, sql, parameters):
    row = connection.execute(sql, parameters).fetchone()
    assert row[0] == 1 and row[1].endswith("x")


def test_an_update_tells_its_count(connection, table):
    cursor = connection.execute(f"CREATE TABLE {table} (id INTEGER, name TEXT)")
    assert cursor.description is None
    cursor.execute(f"INSERT INTO {table} VALUES (1, 'a'), (2, 'b')")
    assert cursor.rowcount == 2
    cursor.execute(f"UPDATE {table} SET name = ? WHERE id > ?", ("c", 0))
    assert cursor.rowcount == 2
    cursor.executemany(f"INSERT INTO {table} VALUES (?, ?)", [(3, "d"), (4, None), (5, "f")])
    assert cursor.rowcount == 3
    cursor.executemany(f"INSERT INTO {table} VALUES (?, ?)", [])
    assert cursor.rowcount == 0
    assert connection.execute(f"SELECT count(*), count(name) FROM {table}").fetchone() == (5, 4)


def test_a_transaction_is_rolled_back_on_close(uri, table):
    with jetbridge.connect(uri, autocommit=True) as setup:
        setup.execute(f"CREATE TABLE {table} (id INTEGER)")
    connection = jetbridge.connect(uri)
    connection.execute(f"INSERT INTO {table} VALUES (1)")
    connection.close()
    with pytest.raises(jetbridge.InterfaceError):
        connection.close()
    with jetbridge.connect(uri) as connection:
        assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
        connection.execute(f"INSERT INTO {table} VALUES (1)")
        connection.commit()
        connection.execute(f"INSERT INTO {table} VALUES (2)")
        connection.rollback()
        assert connection.execute(f"SELECT id FROM {table}").fetchall() == [(1,)]


def test_a_block_commits_unless_it_fails(uri, table):
    with jetbridge.connect(uri) as connection:
        connection.execute(f"CREATE TABLE {table} (id INTEGER)")
    with pytest.raises(ZeroDivisionError), jetbridge.connect(uri) as connection:
        connection.execute(f"INSERT INTO {table} VALUES (1)")
        1 / 0
    with jetbridge.connect(uri) as connection:
        assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


def test_an_error_says_what_the_server_says(connection):
    with pytest.raises(jetbridge.ProgrammingError, match="no such table: nowhere") as caught:
        connection.execute("SELECT * FROM nowhere")
    error = caught.value
    assert error.server == connection.server
    assert len(error.sqlstate) == 5 and error.operation and error.grpc_code is not None
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error) and again.sqlstate == error.sqlstate and str(again) == str(error)


def test_a_violated_constraint_is_an_integrity_error(connection, table):
    connection.execute(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY)")
    connection.execute(f"INSERT INTO {table} VALUES (1)")
    with pytest.raises(jetbridge.IntegrityError):
        connection.execute(f"INSERT INTO {table} VALUES (1)")
    connection.rollback()


def test_a_wrong_option_is_an_interface_error(uri):
    with pytest.raises(jetbridge.InterfaceError, match="did you mean"):
        jetbridge.connect(uri, query_timeoot=3)


def test_nothing_works_on_what_is_closed(uri):
    connection = jetbridge.connect(uri)
    cursor = connection.cursor()
    cursor.execute("SELECT 1")
    cursor.close()
    cursor.close()
    with pytest.raises(jetbridge.Error):
        cursor.fetchone()
    connection.close()
    for use in (connection.cursor, connection.commit, connection.rollback):
        with pytest.raises(jetbridge.InterfaceError):
            use()


def test_fetching_without_rows_is_an_error(connection, table):
    cursor = connection.cursor()
    with pytest.raises(jetbridge.Error):
        cursor.fetchone()
    cursor.execute(f"CREATE TABLE {table} (id INTEGER)")
    for fetch in (cursor.fetchone, cursor.fetchmany, cursor.fetchall):
        with pytest.raises(jetbridge.Error):
            fetch()


def test_callproc_and_nextset_are_answered(connection):
    cursor = connection.execute("SELECT 1")
    with pytest.raises(jetbridge.NotSupportedError):
        cursor.callproc("anything")
    assert cursor.nextset() is None
    cursor.setinputsizes([1])
    cursor.setoutputsize(1)


def test_threads_share_a_connection(uri):
    with jetbridge.connect(uri, autocommit=True) as connection:
        answers: dict[int, list[tuple[int]]] = {}

        def work(number: int) -> None:
            for _ in range(20):
                answers[number] = connection.execute("SELECT ?", (number,)).fetchall()

        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answers == {number: [(number,)] for number in range(8)}


def test_another_thread_cancels_a_query(connection):
    cursor = connection.cursor()
    failures: list[BaseException] = []

    def run() -> None:
        try:
            cursor.execute("SELECT 1 /* delay=30s */")
        except jetbridge.Error as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    started = time.monotonic()
    thread.start()
    while cursor._statement is None:
        time.sleep(0.001)
    cursor.cancel()
    thread.join(20)
    assert not thread.is_alive() and time.monotonic() - started < 20
    assert isinstance(failures[0], jetbridge.OperationalError)
    assert failures[0].sqlstate == "HY008"


INTERRUPTED = """
import signal, sys, threading, time, jetbridge
# Started in the background of a shell, the program would ignore Ctrl-C from its first moment.
signal.signal(signal.SIGINT, signal.default_int_handler)
connection = jetbridge.connect(sys.argv[1], autocommit=True)
cursor = connection.cursor()

def tell():
    while cursor._statement is None:
        time.sleep(0.001)
    print("ready", flush=True)

try:
    threading.Thread(target=tell).start()
    cursor.execute("SELECT 1 /* delay=60s */")
except KeyboardInterrupt:
    print("interrupted", connection.execute("SELECT 1").fetchone(), flush=True)
"""


def test_ctrl_c_ends_a_query(uri):
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, uri], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as program:
        try:
            assert program.stdout is not None
            assert program.stdout.readline() == "ready\n"
            program.send_signal(signal.SIGINT)
            answer, errors = program.communicate(timeout=50)
        finally:
            program.kill()
    assert answer == "interrupted (1,)\n", errors


def test_a_forked_child_gets_an_error_and_the_parent_goes_on(connection):
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            connection.execute("SELECT 1")
            os.write(write, b"no error")
        except jetbridge.Error as error:
            os.write(write, str(error).encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    os.close(write)
    assert b"forked" in os.read(read, 4096)
    os.close(read)
    assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_timeout_names_itself(connection):
    with pytest.raises(jetbridge.OperationalError) as caught:
        connection.execute("SELECT 1 /* delay=30s */", timeout=0.2)
    assert caught.value.kind == "timeout"


def test_a_notebook_shows_the_next_rows_and_leaves_them(connection):
    cursor = connection.execute("SELECT id, '<b>' AS mark, NULL AS empty FROM orders ORDER BY id")
    shown = cursor._repr_html_()
    assert "<th>id</th><th>mark</th><th>empty</th>" in shown
    assert "<td>1</td><td>&lt;b&gt;</td><td>NULL</td>" in shown
    assert shown.count("<tr>") == 21 and "more rows" in shown
    assert cursor.fetchone()[0] == 1
    assert "<td>2</td>" in cursor._repr_html_()
    assert [row[0] for row in cursor.fetchall()] == list(range(2, 2501))
    assert "more rows" not in cursor._repr_html_()
    assert connection.cursor()._repr_html_() is None


def test_progress_is_told_and_shown(connection, capsys):
    seen: list[float | None] = []
    cursor = connection.execute("SELECT 1 /* slow=300ms */", progress=seen.append)
    assert cursor.fetchall() == [(1,)]
    assert seen
    cursor = connection.execute("SELECT id FROM orders", progress=True)
    assert len(cursor.fetchall()) == 2500
    assert " rows" in capsys.readouterr().err
    for fetch in ("fetchall", "fetch_arrow_table", "fetch_df", "fetch_polars"):
        cursor = connection.execute("SELECT id FROM orders", progress=True)
        bar = cursor._progress
        assert len(getattr(cursor, fetch)()) == bar.n == 2500


def test_what_is_used_wrongly_says_what_to_do(uri):
    connection = jetbridge.connect(uri, autocommit=True)
    cursor = connection.cursor()
    for use, advice in [
        (cursor.fetchone, "execute a statement"),
        (lambda: connection.execute("SELECT ?", (object(),)), "give a number"),
        (lambda: connection.ingest("t", 7), "rows as dictionaries"),
        (lambda: connection.ingest("t", [1, 2]), "rows as dictionaries"),
        (lambda: connection.ingest("t", [{"a": 1}], mode="upsert"), "create_append"),
    ]:
        with pytest.raises(jetbridge.Error, match=advice):
            use()
    cursor.close()
    with pytest.raises(jetbridge.InterfaceError, match=r"connection\.cursor\(\)"):
        cursor.fetchone()
    unread = connection.execute("SELECT id FROM orders")
    connection.close()
    with pytest.raises(jetbridge.InterfaceError, match="connect again"):
        connection.execute("SELECT 1")
    with pytest.raises(jetbridge.Error, match="ends with its connection"):
        unread.fetchone()


def test_the_catalog_is_read(connection):
    tables = {row[2] for row in connection.tables(table_types=["TABLE"]).fetchall()}
    assert {"customers", "orders", "products"} <= tables
    assert connection.table_types().fetchall()
    keys = connection.primary_keys("order_items").fetch_arrow_table()
    assert sorted(keys.column("column_name").to_pylist()) == ["line", "order_id"]
    assert connection.imported_keys("orders").fetchall()
    assert connection.sql_info([0]).fetchall()[0][0] == 0


def test_session_options_are_set_and_erased(connection):
    connection.set_session_options({"x": 1, "y": "text", "z": [True][0], "list": ["a", "b"]})
    options = connection.session_options()
    assert options["x"] == 1 and options["y"] == "text" and options["list"] == ["a", "b"]
    connection.set_session_options({"x": None})
    assert "x" not in connection.session_options()


def test_no_secret_is_shown(uri):
    host = uri.removeprefix("flightsql://")
    with pytest.raises(jetbridge.Error) as caught:
        jetbridge.connect("flightsql://ada@127.0.0.1:1?transport=tcp", password="planted-secret")
    assert "planted-secret" not in repr(caught.value) and "planted-secret" not in str(caught.value.__dict__)
    with jetbridge.connect(f"flightsql://{host}", token="planted-secret") as connection:
        assert "planted-secret" not in repr(connection) + connection._session.uri


def test_executemany_counts_rows_without_parameters(connection, table):
    connection.execute(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY)")
    cursor = connection.executemany(f"INSERT INTO {table} DEFAULT VALUES", [(), (), ()])
    assert cursor.rowcount == 3
    assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (3,)
    connection.commit()
