"""What SQLAlchemy's suite may ask for: on the reference server, which is SQLite behind Flight SQL.

Each feature that is left out names the side that lacks it, SQLite or Flight SQL.
"""

from __future__ import annotations

from sqlalchemy.testing import exclusions
from sqlalchemy.testing.requirements import SuiteRequirements


def lacking(why: str):
    """A feature that there cannot be."""
    return property(lambda self: exclusions.skip_if(lambda config: True, why))


def there():
    """A feature that the suite takes for rare."""
    return property(lambda self: exclusions.open())


class Requirements(SuiteRequirements):
    # What SQLite has, and its catalog tells, beyond what the suite expects of every database.
    autocommit = there()
    boolean_col_expressions = there()
    create_table_as = there()
    create_temp_table_as = there()
    cross_schema_fk_reflection = lacking("SQLite has no foreign keys across its schemas, which are files")
    ctes = there()
    date_historic = there()
    datetime_historic = there()
    except_ = there()
    get_isolation_level_values = there()
    index_ddl_if_exists = there()
    infinity_floats = there()
    intersect = there()
    isolation_level = there()
    json_type = there()
    nullsordering = there()
    order_by_label_with_expression = there()
    percent_schema_names = there()
    precision_numerics_enotation_small = there()
    savepoints = there()
    server_defaults = there()
    supports_bitwise_and = there()
    supports_bitwise_not = there()
    supports_bitwise_or = there()
    supports_bitwise_shift = there()
    table_ddl_if_exists = there()
    timestamp_microseconds = there()
    tuple_in = there()
    unicode_ddl = there()
    update_from = there()
    views = there()
    window_functions = there()
    window_range = there()
    window_range_numeric = there()
    foreign_key_constraint_option_reflection_ondelete = there()
    foreign_key_constraint_option_reflection_onupdate = there()
    fk_constraint_option_reflection_ondelete_restrict = there()
    fk_constraint_option_reflection_onupdate_restrict = there()

    check_constraint_reflection = there()
    inline_check_constraint_reflection = there()
    reflect_table_options = there()
    reflects_pk_names = there()

    # What SQLite lacks.
    implicitly_named_constraints = lacking("SQLite gives constraints no names of its own")
    array_type = lacking("SQLite has no arrays")
    comment_reflection = lacking("SQLite has no comments")
    ctes_on_dml = lacking("SQLite has no CTEs that change rows")
    datetime_interval = lacking("SQLite has no intervals")
    datetime_timezone = lacking("SQLite has no time zones")
    delete_from = lacking("SQLite has no DELETE FROM … USING")
    fetch_first = lacking("SQLite has LIMIT, and no FETCH FIRST")
    identity_columns = lacking("SQLite has no identity columns")
    parens_in_union_contained_select_w_limit_offset = lacking("SQLite has no parentheses around the parts of a UNION")
    parens_in_union_contained_select_wo_limit_offset = lacking("SQLite has no parentheses around the parts of a UNION")
    schemas = lacking("SQLite has no schemas but the files it attaches; the server attaches none")
    sequences = lacking("SQLite has no sequences")
    time_timezone = lacking("SQLite has no time zones")
    two_phase_transactions = lacking("SQLite has no two-phase commit")
    uuid_data_type = lacking("SQLite has no UUID type")

    # What Flight SQL lacks. It has no connections: a temporary table of SQLite ends with its transaction.
    has_temp_table = lacking("Flight SQL has no connection that a temporary table could live on")
    temp_table_names = lacking("Flight SQL has no connection that a temporary table could live on")
    temp_table_reflection = lacking("Flight SQL has no connection that a temporary table could live on")
    temporary_tables = lacking("Flight SQL has no connection that a temporary table could live on")
    temporary_views = lacking("Flight SQL has no connection that a temporary view could live on")
    implements_get_lastrowid = lacking("Flight SQL has no last row id; RETURNING gives keys")
    server_side_cursors = lacking("all cursors stream: there is no other kind to tell them from")
