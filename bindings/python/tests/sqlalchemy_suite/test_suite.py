"""All that SQLAlchemy asks of a dialect."""

from __future__ import annotations

from sqlalchemy.testing import config, suite
from sqlalchemy.testing.provision import temp_table_keyword_args
from sqlalchemy.testing.suite import *  # noqa: F403


@temp_table_keyword_args.for_db("flightsql")
def _temporary(config, engine):
    return {"prefixes": ["TEMPORARY"]}


# SQLite has this one schema, unless files are attached.
for _config in config.Config.all_configs():
    _config.test_schema = "main"
config.test_schema = "main"


# What no requirement speaks of.


class TrueDivTest(suite.TrueDivTest):
    def test_floordiv_numeric(self):
        config.skip_test("SQLite has no FLOOR, unless it is built with mathematics")


class IsolationLevelTest(suite.IsolationLevelTest):
    def test_dialect_user_setting_is_restored(self):
        config.skip_test("SQLite has no isolation level but SERIALIZABLE")
