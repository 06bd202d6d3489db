//! The commands of Flight SQL and the descriptors that carry them.

use std::collections::HashMap;

use arrow_flight::FlightDescriptor;
use arrow_flight::sql;
use bytes::Bytes;

use super::pack;

/// What GetFlightInfo, GetSchema, PollFlightInfo or DoPut is asked for.
#[derive(Debug, Clone)]
pub(crate) enum Command {
    Query {
        sql: String,
        transaction: Option<Bytes>,
    },
    Update {
        sql: String,
        transaction: Option<Bytes>,
    },
    PreparedQuery {
        handle: Bytes,
    },
    PreparedUpdate {
        handle: Bytes,
    },
    Substrait {
        plan: SubstraitPlan,
        transaction: Option<Bytes>,
    },
    Catalogs,
    DbSchemas {
        catalog: Option<String>,
        pattern: Option<String>,
    },
    Tables(sql::CommandGetTables),
    TableTypes,
    PrimaryKeys(sql::CommandGetPrimaryKeys),
    ExportedKeys(sql::CommandGetExportedKeys),
    ImportedKeys(sql::CommandGetImportedKeys),
    CrossReference(sql::CommandGetCrossReference),
    TypeInfo {
        data_type: Option<i32>,
    },
    SqlInfo {
        codes: Vec<u32>,
    },
    /// A descriptor's command as a plain Flight server defines it.
    Raw(Bytes),
    /// A descriptor's path as a plain Flight server defines it.
    Path(Vec<String>),
}

/// A Substrait plan, serialised, and the version of Substrait it was made for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubstraitPlan {
    /// The serialised `substrait.Plan`.
    pub plan: Bytes,
    /// The version of Substrait, such as `0.20.0`; empty where it is unknown.
    pub version: String,
}

impl SubstraitPlan {
    pub(super) fn message(&self) -> sql::SubstraitPlan {
        sql::SubstraitPlan {
            plan: self.plan.clone(),
            version: self.version.clone(),
        }
    }
}

impl Command {
    pub(super) fn descriptor(&self) -> FlightDescriptor {
        match self {
            Self::Raw(command) => FlightDescriptor::new_cmd(command.clone()),
            Self::Path(path) => FlightDescriptor::new_path(path.clone()),
            _ => FlightDescriptor::new_cmd(self.packed()),
        }
    }

    fn packed(&self) -> Bytes {
        match self.clone() {
            Self::Query {
                sql: query,
                transaction: transaction_id,
            } => pack(
                "CommandStatementQuery",
                &sql::CommandStatementQuery {
                    query,
                    transaction_id,
                },
            ),
            Self::Update {
                sql: query,
                transaction: transaction_id,
            } => pack(
                "CommandStatementUpdate",
                &sql::CommandStatementUpdate {
                    query,
                    transaction_id,
                },
            ),
            Self::PreparedQuery {
                handle: prepared_statement_handle,
            } => {
                let message = sql::CommandPreparedStatementQuery {
                    prepared_statement_handle,
                };
                pack("CommandPreparedStatementQuery", &message)
            }
            Self::PreparedUpdate {
                handle: prepared_statement_handle,
            } => {
                let message = sql::CommandPreparedStatementUpdate {
                    prepared_statement_handle,
                };
                pack("CommandPreparedStatementUpdate", &message)
            }
            Self::Substrait {
                plan,
                transaction: transaction_id,
            } => {
                let plan = Some(plan.message());
                pack(
                    "CommandStatementSubstraitPlan",
                    &sql::CommandStatementSubstraitPlan { plan, transaction_id },
                )
            }
            Self::Catalogs => pack("CommandGetCatalogs", &sql::CommandGetCatalogs {}),
            Self::DbSchemas {
                catalog,
                pattern: db_schema_filter_pattern,
            } => pack(
                "CommandGetDbSchemas",
                &sql::CommandGetDbSchemas {
                    catalog,
                    db_schema_filter_pattern,
                },
            ),
            Self::Tables(message) => pack("CommandGetTables", &message),
            Self::TableTypes => pack("CommandGetTableTypes", &sql::CommandGetTableTypes {}),
            Self::PrimaryKeys(message) => pack("CommandGetPrimaryKeys", &message),
            Self::ExportedKeys(message) => pack("CommandGetExportedKeys", &message),
            Self::ImportedKeys(message) => pack("CommandGetImportedKeys", &message),
            Self::CrossReference(message) => pack("CommandGetCrossReference", &message),
            Self::TypeInfo { data_type } => pack(
                "CommandGetXdbcTypeInfo",
                &sql::CommandGetXdbcTypeInfo { data_type },
            ),
            Self::SqlInfo { codes: info } => pack("CommandGetSqlInfo", &sql::CommandGetSqlInfo { info }),
            Self::Raw(command) => command,
            Self::Path(_) => Bytes::new(),
        }
    }
}

/// What bulk ingest does about the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum IngestMode {
    /// Makes the table; one that exists is an error.
    #[default]
    Create,
    /// Adds to the table; one that does not exist is an error.
    Append,
    /// Drops the table if it exists, and makes it.
    Replace,
    /// Makes the table if it does not exist, and adds to it.
    CreateAppend,
}

/// The message of a bulk ingest.
pub(super) fn ingest(target: &super::put::IngestTarget) -> FlightDescriptor {
    use sql::{TableDefinitionOptions, TableExistsOption as Exists, TableNotExistOption as Missing};
    let (missing, exists) = match target.mode {
        IngestMode::Create => (Missing::Create, Exists::Fail),
        IngestMode::Append => (Missing::Fail, Exists::Append),
        IngestMode::Replace => (Missing::Create, Exists::Replace),
        IngestMode::CreateAppend => (Missing::Create, Exists::Append),
    };
    let message = sql::CommandStatementIngest {
        table_definition_options: Some(TableDefinitionOptions {
            if_not_exist: i32::from(missing),
            if_exists: i32::from(exists),
        }),
        table: target.table.clone(),
        schema: target.schema.clone(),
        catalog: target.catalog.clone(),
        temporary: target.temporary,
        transaction_id: target.transaction.clone(),
        options: target.options.iter().cloned().collect::<HashMap<_, _>>(),
    };
    FlightDescriptor::new_cmd(pack("CommandStatementIngest", &message))
}
