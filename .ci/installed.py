"""The installed package, nothing of the source tree: rows from a server, and what a wheel registers.

    python .ci/installed.py PATH-OF-THE-REFERENCE-SERVER
"""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import entry_points, version

import jetbridge


def main(program: str) -> None:
    server = subprocess.Popen([program, "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert server.stdout is not None
        found = next(filter(None, (re.search(r"127\.0\.0\.1:\d+", line) for line in server.stdout)))
        with jetbridge.connect(f"flightsql://{found.group()}?transport=tcp") as connection:
            rows = connection.execute("SELECT 1 + ?, 'text'", (41,)).fetchall()
        assert rows == [(42, "text")], rows
    finally:
        server.kill()
        server.wait()
    dialects = {point.name for point in entry_points(group="sqlalchemy.dialects")}
    assert {"flightsql", "flightsql.jetbridge"} <= dialects, dialects
    print(f"jetbridge {version('jetbridge')} from {jetbridge.__file__}: {rows}")


main(sys.argv[1])
