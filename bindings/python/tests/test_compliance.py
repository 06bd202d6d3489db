"""The compliance suite of PEP 249, as it is published."""

from __future__ import annotations

import os

import dbapi20
import jetbridge


class TestCompliance(dbapi20.DatabaseAPI20Test):
    driver = jetbridge
    connect_args = (os.environ["JETBRIDGE_TEST_URI"],)
    connect_kw_args: dict[str, object] = {}
    # There are no stored procedures to call.
    lower_func = None
    # The suite drops its tables in tearDown, in a connection of its own: the names have to be this run's alone.
    table_prefix = f"dbapi20_{os.getpid()}_"
    ddl1 = f"create table {table_prefix}booze (name varchar(20))"
    ddl2 = f"create table {table_prefix}barflys (name varchar(20), drink varchar(30))"
    xddl1 = f"drop table {table_prefix}booze"
    xddl2 = f"drop table {table_prefix}barflys"

    def tearDown(self):
        connection = jetbridge.connect(*self.connect_args, autocommit=True)
        try:
            for name in ("booze", "barflys"):
                connection.execute(f"drop table if exists {self.table_prefix}{name}")
        finally:
            connection.close()

    def test_nextset(self):
        # A statement of Flight SQL has one result: there is never a next one.
        connection = self._connect()
        try:
            cursor = connection.cursor()
            cursor.execute("select 1")
            assert cursor.nextset() is None
        finally:
            connection.close()

    def test_setoutputsize(self):
        connection = self._connect()
        try:
            cursor = connection.cursor()
            cursor.setoutputsize(1000)
            cursor.setoutputsize(2000, 0)
            self._paraminsert(cursor)
        finally:
            connection.close()

    def test_callproc(self):
        connection = self._connect()
        try:
            with self.assertRaises(jetbridge.NotSupportedError):
                connection.cursor().callproc("anything")
        finally:
            connection.close()
