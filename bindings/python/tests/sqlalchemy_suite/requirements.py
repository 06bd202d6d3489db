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

    computed_columns = there()
    computed_columns_reflect_persisted = there()
    computed_columns_stored = there()
    computed_columns_virtual = there()
    ctes_with_update_delete = there()
    indexes_check_column_order = there()
    expression_server_defaults = there()
    foreign_key_constraint_name_reflection = there()
    legacy_unconditional_json_extract = there()
    skip_autocommit_rollback = there()

    # What SQLite lacks.
    ctes_with_values = lacking("SQLite has no names for the columns of VALUES")
    comment_reflection_full_unicode = lacking("SQLite has no comments")
    fetch_expression = lacking("SQLite has LIMIT, and no FETCH FIRST")
    fetch_no_order_by = lacking("SQLite has LIMIT, and no FETCH FIRST")
    fetch_offset_with_options = lacking("SQLite has LIMIT, and no FETCH FIRST")
    fetch_percent = lacking("SQLite has LIMIT, and no FETCH FIRST")
    fetch_ties = lacking("SQLite has LIMIT, and no FETCH FIRST")
    fk_constraint_option_reflection_ondelete_noaction = lacking("SQLite's catalog gives NO ACTION where nothing was said")
    indexes_with_expressions = lacking("SQLite's catalog does not tell the expressions of indexes")
    reflect_indexes_with_expressions = lacking("SQLite's catalog does not tell the expressions of indexes")
    schema_create_delete = lacking("SQLite has no CREATE SCHEMA")
    column_collation_reflection = lacking("SQLite's catalog does not tell collations")
    computed_columns_default_persisted = lacking("SQLite's computed columns are not stored by default")
    create_or_replace_view = lacking("SQLite has no CREATE OR REPLACE VIEW")
    datetime_literals = lacking("SQLite has no literals of dates and times")
    float_or_double_precision_behaves_generically = lacking("SQLite has one precision of floats")
    index_reflects_included_columns = lacking("SQLite has no included columns in an index")
    materialized_views = lacking("SQLite has no materialized views")
    nvarchar_types = lacking("SQLite has no NVARCHAR of its own")
    precision_numerics_many_significant_digits = lacking("SQLite computes decimals as floats")
    precision_numerics_retains_significant_digits = lacking("SQLite computes decimals as floats")
    regexp_match = lacking("SQLite has no REGEXP, unless a function is added to it")
    regexp_replace = lacking("SQLite has no function that replaces by pattern")
    repeated_column_foreign_keys = lacking("SQLite's catalog does not tell them apart")
    repeated_remote_col_foreign_keys = lacking("SQLite's catalog does not tell them apart")
    supports_bitwise_xor = lacking("SQLite has no bitwise XOR")
    supports_distinct_on = lacking("SQLite has no DISTINCT ON")
    table_value_constructor = lacking("SQLite has no names for the columns of VALUES")
    window_range_non_numeric = lacking("SQLite has no intervals")
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
