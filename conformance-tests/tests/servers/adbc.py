"""The ADBC driver for Flight SQL: adbc.py HOST PORT. Raises when something is not as it should be."""

import sys

import adbc_driver_flightsql.dbapi as flight_sql
import pyarrow as pa

uri = f"grpc://{sys.argv[1]}:{sys.argv[2]}"

with flight_sql.connect(uri, autocommit=True) as connection:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) AS n, sum(stock) AS s FROM products")
        assert cursor.fetchone()[0] == 100
        cursor.execute("SELECT name FROM customers WHERE id = ?", (7,))
        assert len(cursor.fetchall()) == 1
        cursor.execute("CREATE TABLE t (a INTEGER, b TEXT)")
        cursor.fetchall() if cursor.description else None
        cursor.executemany("INSERT INTO t VALUES (?, ?)", [(1, "x"), (2, None), (3, "z")])
        cursor.execute("SELECT count(*), count(b) FROM t")
        assert cursor.fetchone() == (3, 2), "executemany"
        table = pa.table({"n": [1, 2, 3], "t": ["a", None, "c"]})
        assert cursor.adbc_ingest("loaded", table, mode="create") == 3
        cursor.execute("SELECT * FROM loaded")
        assert cursor.fetch_arrow_table().num_rows == 3
    objects = connection.adbc_get_objects(depth="all").read_all().to_pylist()
    names = {t["table_name"] for c in objects for s in c["catalog_db_schemas"] for t in s["db_schema_tables"]}
    assert {"customers", "orders", "loaded"} <= names, names
    assert connection.adbc_get_info()["vendor_name"] == "Jetbridge reference server"

with flight_sql.connect(uri) as connection:
    with connection.cursor() as cursor:
        cursor.adbc_statement.set_sql_query("INSERT INTO t VALUES (4, 'w')")
        assert cursor.adbc_statement.execute_update() == 1
    connection.rollback()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM t")
        assert cursor.fetchone() == (3,), "rollback"
    connection.commit()

# Capabilities: every code ADBC knows, and what the server says of itself.
with flight_sql.connect(uri, autocommit=True) as connection:
    info = connection.adbc_get_info()
    assert info["vendor_version"] and info["vendor_arrow_version"], info
    assert {"TABLE", "VIEW"} <= set(connection.adbc_get_table_types())
    schema = connection.adbc_get_table_schema("orders")
    assert schema.field("id").type == pa.int64() and not schema.field("id").nullable, schema
    columns = connection.adbc_get_objects(depth="all", table_name_filter="order_items").read_all().to_pylist()
    tables = [t for c in columns for s in c["catalog_db_schemas"] for t in s["db_schema_tables"]]
    assert [t["table_name"] for t in tables] == ["order_items"], tables
    assert [c["column_name"] for c in tables[0]["table_columns"]][:2] == ["order_id", "line"], tables

# Every mode of ingest, and a temporary table, which is listed for the session that has it.
cookies = {"adbc.flight.sql.rpc.with_cookie_middleware": "true"}
with flight_sql.connect(uri, db_kwargs=cookies, autocommit=True) as connection:
    with connection.cursor() as cursor:
        rows = pa.table({"n": pa.array([1, None], pa.int64()), "t": ["a", "b"]})
        for mode, count in [("create", 2), ("append", 4), ("replace", 2), ("create_append", 4)]:
            assert cursor.adbc_ingest("modes", rows, mode=mode) == 2, mode
            cursor.execute("SELECT count(*) FROM modes")
            assert cursor.fetchone() == (count,), mode
        assert cursor.adbc_ingest("scratch", rows, mode="create", temporary=True) == 2
        cursor.execute("SELECT count(n) FROM temp.scratch")
        assert cursor.fetchone() == (1,), "temporary"
    objects = connection.adbc_get_objects(depth="tables").read_all().to_pylist()
    named = {
        (c["catalog_name"], t["table_name"]): t["table_type"]
        for c in objects
        for s in c["catalog_db_schemas"]
        for t in s["db_schema_tables"]
    }
    assert named[("temp", "scratch")] == "LOCAL TEMPORARY", named
