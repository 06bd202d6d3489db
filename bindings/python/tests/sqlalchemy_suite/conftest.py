"""Runs SQLAlchemy's own suite for dialects; `pytest.rs` names the server by `--dburi`."""

from __future__ import annotations

import pytest
from sqlalchemy.dialects import registry

registry.register("flightsql", "jetbridge.sqlalchemy", "FlightSQLDialect")
registry.register("flightsql.jetbridge", "jetbridge.sqlalchemy", "FlightSQLDialect")

pytest.register_assert_rewrite("sqlalchemy.testing.assertions")

from sqlalchemy.testing.plugin.pytestplugin import *  # noqa: E402, F403
