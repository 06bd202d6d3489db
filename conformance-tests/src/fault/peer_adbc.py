"""The ADBC driver for Flight SQL against a scripted server: peer_adbc.py ACT HOST PORT."""

import sys

import adbc_driver_flightsql.dbapi as flight_sql

act, uri = sys.argv[1], f"grpc+tcp://{sys.argv[2]}:{sys.argv[3]}"
login = {"username": "ada", "password": "secret"} if act == "login" else {}
print("READY", flush=True)


def number(value):
    try:
        return int(value)
    except (TypeError, ValueError):
        return -1


def run():
    autocommit = act != "commit"
    cookies = {"adbc.flight.sql.rpc.with_cookie_middleware": "true"}
    with flight_sql.connect(uri, db_kwargs={**login, **cookies}, autocommit=autocommit) as connection:
        if act == "sql-info":
            return f"ROWS {[1] * 6 if connection.adbc_get_info() is not None else []}"
        with connection.cursor() as cursor:
            if act in ("update", "commit"):
                count = cursor.adbc_statement
                count.set_sql_query("update t set n = 1")
                changed = count.execute_update()
                if act == "commit":
                    connection.commit()
                return f"COUNT {changed}"
            for _ in range(2 if act == "twice" else 1):
                if act == "prepared":
                    cursor.execute("select n where n > ?", (0,))
                else:
                    cursor.execute("select n")
                rows = [number(row[0]) for row in cursor.fetchall()]
            return f"ROWS {rows}"


try:
    print(run(), flush=True)
except Exception as error:
    print("ERROR", type(error).__name__, str(error).replace("\n", " ")[:300], flush=True)
