//! What is asked for, and whether an answer keeps to it.

use super::entry::{ForeignKeyColumn, SchemaName, Table};
use super::pattern::Pattern;
use crate::error::Result;
use crate::shared::Shared;

/// Which tables are asked for; what is left out asks for all. Patterns are those of SQL's `LIKE`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableFilter {
    /// The catalog, exactly; an empty text asks for tables without one.
    pub catalog: Option<String>,
    /// A pattern for the schema.
    pub schema_pattern: Option<String>,
    /// A pattern for the table.
    pub table_pattern: Option<String>,
    /// Types of tables, such as `TABLE` and `VIEW`; none asks for all.
    pub table_types: Vec<String>,
}

impl TableFilter {
    /// The filter as it is sent. Some servers write types of tables in capitals, some do not, and many compare them as they are.
    pub(super) fn in_any_case(&self) -> Self {
        let mut table_types = Vec::new();
        for name in &self.table_types {
            for form in [name.clone(), name.to_uppercase(), name.to_lowercase()] {
                if !table_types.contains(&form) {
                    table_types.push(form);
                }
            }
        }
        Self {
            table_types,
            ..self.clone()
        }
    }
}

/// One table, named exactly.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableName {
    /// Its catalog.
    pub catalog: Option<String>,
    /// Its schema.
    pub schema: Option<String>,
    /// Its name.
    pub table: String,
}

impl From<&str> for TableName {
    fn from(table: &str) -> Self {
        Self {
            table: table.to_owned(),
            ..Self::default()
        }
    }
}

impl From<&Table> for TableName {
    fn from(table: &Table) -> Self {
        Self {
            catalog: table.catalog.clone(),
            schema: table.schema.clone(),
            table: table.name.clone(),
        }
    }
}

/// A filter made ready to be applied here.
#[derive(Debug)]
pub(super) struct Sieve {
    catalog: Option<String>,
    schema: Option<Pattern>,
    table: Option<Pattern>,
    types: Vec<String>,
}

impl Sieve {
    /// Asks the server for its escape character only where a pattern has something that could be one.
    pub(super) async fn new(shared: &Shared, filter: &TableFilter) -> Result<Self> {
        let patterns = [&filter.schema_pattern, &filter.table_pattern];
        let capabilities = match patterns
            .into_iter()
            .flatten()
            .any(|text| Pattern::may_escape(text))
        {
            true => Some(shared.capabilities().await?),
            false => None,
        };
        let escape = capabilities
            .as_ref()
            .and_then(|known| known.search_string_escape());
        let pattern = |text: &Option<String>| text.as_ref().map(|text| Pattern::new(text, escape));
        Ok(Self {
            catalog: filter.catalog.clone(),
            schema: pattern(&filter.schema_pattern),
            table: pattern(&filter.table_pattern),
            types: filter.table_types.clone(),
        })
    }

    pub(super) fn keeps_catalog(&self, catalog: Option<&str>) -> bool {
        same(self.catalog.as_deref(), catalog)
    }

    pub(super) fn keeps_schema(&self, schema: &SchemaName) -> bool {
        self.keeps_catalog(schema.catalog.as_deref()) && passes(self.schema.as_ref(), Some(&schema.name))
    }

    pub(super) fn keeps_table(&self, table: &Table) -> bool {
        let of_type = |asked: &String| asked.eq_ignore_ascii_case(&table.table_type);
        self.keeps_catalog(table.catalog.as_deref())
            && passes(self.schema.as_ref(), table.schema.as_deref())
            && passes(self.table.as_ref(), Some(&table.name))
            && (self.types.is_empty() || self.types.iter().any(of_type))
    }
}

fn passes(pattern: Option<&Pattern>, name: Option<&str>) -> bool {
    pattern.is_none_or(|pattern| pattern.matches(name.unwrap_or_default()))
}

/// Says whether a name is the one asked for; case does not count, as in many servers it does not.
fn same(asked: Option<&str>, found: Option<&str>) -> bool {
    asked.is_none_or(|asked| asked.to_lowercase() == found.unwrap_or_default().to_lowercase())
}

impl TableName {
    /// The names to ask a server by, one after the other until something is found: as given, then the table alone. Some servers list tables in
    /// a catalog, and their keys in none.
    pub(super) fn asked_as(&self) -> Vec<Self> {
        let alone = Self::from(self.table.as_str());
        if *self == alone {
            vec![alone]
        } else {
            vec![self.clone(), alone]
        }
    }

    /// Says whether an answer is about this table. A server may leave out catalog and schema.
    pub(super) fn is(&self, catalog: Option<&str>, schema: Option<&str>, table: &str) -> bool {
        same(Some(&self.table), Some(table))
            && (catalog.is_none() || same(self.catalog.as_deref(), catalog))
            && (schema.is_none() || same(self.schema.as_deref(), schema))
    }

    pub(super) fn is_referred_to(&self, key: &ForeignKeyColumn) -> bool {
        self.is(key.pk_catalog.as_deref(), key.pk_schema.as_deref(), &key.pk_table)
    }

    pub(super) fn refers(&self, key: &ForeignKeyColumn) -> bool {
        self.is(key.fk_catalog.as_deref(), key.fk_schema.as_deref(), &key.fk_table)
    }
}

#[cfg(test)]
mod tests {
    use super::{TableFilter, TableName};

    #[test]
    fn types_of_tables_are_asked_for_in_any_case() {
        let filter = TableFilter {
            table_types: vec!["View".into(), "TABLE".into()],
            ..TableFilter::default()
        };
        assert_eq!(
            filter.in_any_case().table_types,
            ["View", "VIEW", "view", "TABLE", "table"]
        );
    }

    #[test]
    fn a_key_without_catalog_and_schema_is_that_of_the_table_asked_for() {
        let asked = TableName {
            catalog: Some("main".into()),
            schema: None,
            table: "orders".into(),
        };
        assert!(asked.is(None, None, "orders") && asked.is(Some("MAIN"), Some("x"), "Orders"));
        assert!(!asked.is(Some("other"), None, "orders") && !asked.is(None, None, "items"));
    }
}
