//! The official scenarios about Flight SQL itself: `flight_sql` and `flight_sql:extension`, step by step, each in one attempt.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow_flight::sql::{ActionCancelQueryRequest, ActionCancelQueryResult, Any, ProstMessageExt as _};
use jetbridge::{
    CallOptions, CancelStatus, CatalogCommand, FlightInfo, PreparedStatement, Session, Statement,
    SubstraitPlan, TableFilter, TableName, Value,
};
use jetbridge_conformance::{require, server};
use prost::Message as _;

use crate::connect;

/// The schema of every result outside of a transaction (`id`), and within one (`pkey`), with the metadata the server gives the column.
fn result_schema(name: &str, data_type: DataType) -> SchemaRef {
    let metadata = [
        ("TABLE_NAME", "test"),
        ("IS_AUTO_INCREMENT", "1"),
        ("IS_CASE_SENSITIVE", "0"),
        ("TYPE_NAME", "type_test"),
        ("SCHEMA_NAME", "schema_test"),
        ("IS_SEARCHABLE", "1"),
        ("CATALOG_NAME", "catalog_test"),
        ("PRECISION", "100"),
        ("REMARKS", "test column"),
    ];
    let metadata: HashMap<_, _> = metadata
        .iter()
        .map(|(key, value)| (format!("ARROW:FLIGHT:SQL:{key}"), (*value).to_owned()))
        .collect();
    let field = Field::new(name, data_type, true).with_metadata(metadata);
    Arc::new(Schema::new(vec![field]))
}

fn query_schema() -> SchemaRef {
    result_schema("id", DataType::Int64)
}

fn transaction_schema() -> SchemaRef {
    result_schema("pkey", DataType::Int32)
}

/// Names, types and nullability: the metadata of the specification's own schemas differs between its implementations.
fn shape(schema: &Schema) -> Vec<(String, DataType, bool)> {
    let fields = schema.fields().iter();
    fields
        .map(|field| {
            (
                field.name().clone(),
                field.data_type().clone(),
                field.is_nullable(),
            )
        })
        .collect()
}

/// The schema on the wire: the ticket is read to its end, which comes without a batch.
async fn stream_schema(session: &Session, info: &FlightInfo) -> SchemaRef {
    let endpoints = info.endpoints();
    assert_eq!(endpoints.len(), 1);
    let ticket = endpoints[0].ticket().expect("a ticket");
    let mut reader = session.do_get(&ticket, CallOptions::new()).await.unwrap();
    let schema = reader.schema().await.unwrap();
    assert!(reader.read_chunk().await.unwrap().is_none());
    schema
}

/// FlightInfo, stream and GetSchema of a metadata command, against the specification. The FlightInfo of a cross reference has another
/// schema than its stream, on purpose.
async fn metadata(session: &Session, command: CatalogCommand, expected: &[(&str, DataType, bool)]) {
    let expected: Vec<_> = expected
        .iter()
        .map(|(name, data_type, nullable)| ((*name).to_owned(), data_type.clone(), *nullable))
        .collect();
    let info = command.flight_info().await.unwrap();
    let (streamed, described) = (
        stream_schema(session, &info).await,
        command.describe().await.unwrap(),
    );
    assert_eq!(shape(&streamed), expected);
    assert_eq!(shape(&described), expected);
    // The cursor of the same command ends without a row.
    assert_eq!(command.query().await.unwrap().drain().await.unwrap(), 0);
}

fn text(name: &'static str, nullable: bool) -> (&'static str, DataType, bool) {
    (name, DataType::Utf8, nullable)
}

fn foreign_key() -> Vec<(&'static str, DataType, bool)> {
    vec![
        text("pk_catalog_name", true),
        text("pk_db_schema_name", true),
        text("pk_table_name", false),
        text("pk_column_name", false),
        text("fk_catalog_name", true),
        text("fk_db_schema_name", true),
        text("fk_table_name", false),
        text("fk_column_name", false),
        ("key_sequence", DataType::Int32, false),
        text("fk_key_name", true),
        text("pk_key_name", true),
        ("update_rule", DataType::UInt8, false),
        ("delete_rule", DataType::UInt8, false),
    ]
}

fn table(catalog: &str, schema: &str, table: &str) -> TableName {
    TableName {
        catalog: Some(catalog.to_owned()),
        schema: Some(schema.to_owned()),
        table: table.to_owned(),
    }
}

fn plan() -> SubstraitPlan {
    SubstraitPlan {
        plan: "plan".into(),
        version: "version".to_owned(),
    }
}

/// Runs a query: FlightInfo, stream and GetSchema have the schema.
async fn statement(session: &Session, statement: Statement, expected: &SchemaRef) {
    let info = statement.flight_info().await.unwrap();
    assert_eq!(info.schema(), Some(expected));
    assert_eq!(&stream_schema(session, &info).await, expected);
    assert_eq!(&statement.describe().await.unwrap(), expected);
}

/// One row of parameters, in the schema that queries have outside of transactions.
fn parameters() -> RecordBatch {
    RecordBatch::try_new(query_schema(), vec![Arc::new(Int64Array::from(vec![1]))]).unwrap()
}

/// Runs a prepared query with parameters, describes and closes it.
async fn prepared_query(session: &Session, prepared: PreparedStatement, expected: &SchemaRef) {
    let info = prepared.flight_info(parameters()).await.unwrap();
    assert_eq!(info.schema(), Some(expected));
    assert_eq!(&stream_schema(session, &info).await, expected);
    assert_eq!(&prepared.describe().await.unwrap(), expected);
    prepared.close().await.unwrap();
}

async fn prepared_update(prepared: PreparedStatement, expected: u64) {
    assert_eq!(prepared.update(()).await.unwrap(), Some(expected));
    prepared.close().await.unwrap();
}

#[tokio::test]
async fn flight_sql() {
    let server = require!(server::go_integration("flight_sql").await);
    let session = connect(&server).await;
    metadata_commands(&session).await;
    statement(&session, session.statement("SELECT STATEMENT"), &query_schema()).await;
    assert_eq!(session.update("UPDATE STATEMENT").await.unwrap(), Some(10_000));
    let prepared = session.prepare("SELECT PREPARED STATEMENT").await.unwrap();
    prepared_query(&session, prepared, &query_schema()).await;
    prepared_update(
        session.prepare("UPDATE PREPARED STATEMENT").await.unwrap(),
        20_000,
    )
    .await;
    session.close().await.unwrap();
}

async fn metadata_commands(session: &Session) {
    let commands = session.catalog().commands();
    metadata(session, commands.catalogs(), &[text("catalog_name", false)]).await;
    let schemas = commands.schemas(Some("catalog"), Some("db_schema_filter_pattern"));
    metadata(
        session,
        schemas,
        &[text("catalog_name", true), text("db_schema_name", false)],
    )
    .await;
    let filter = TableFilter {
        catalog: Some("catalog".to_owned()),
        schema_pattern: Some("db_schema_filter_pattern".to_owned()),
        table_pattern: Some("table_filter_pattern".to_owned()),
        table_types: vec!["table".to_owned(), "view".to_owned()],
    };
    let mut columns = vec![
        text("catalog_name", true),
        text("db_schema_name", true),
        text("table_name", false),
        text("table_type", false),
    ];
    let without = commands.tables(&filter, false).describe().await.unwrap();
    assert_eq!(without.fields().len(), columns.len());
    columns.push(("table_schema", DataType::Binary, false));
    metadata(session, commands.tables(&filter, true), &columns).await;
    metadata(session, commands.table_types(), &[text("table_type", false)]).await;
    let primary = [
        text("catalog_name", true),
        text("db_schema_name", true),
        text("table_name", false),
        text("column_name", false),
        // The specification has these two the other way round.
        ("key_sequence", DataType::Int32, false),
        text("key_name", true),
    ];
    let named = || table("catalog", "db_schema", "table");
    metadata(session, commands.primary_keys(named()), &primary).await;
    metadata(session, commands.exported_keys(named()), &foreign_key()).await;
    metadata(session, commands.imported_keys(named()), &foreign_key()).await;
    let (pk, fk) = (
        table("pk_catalog", "pk_db_schema", "pk_table"),
        table("fk_catalog", "fk_db_schema", "fk_table"),
    );
    metadata(session, commands.cross_reference(pk, fk), &foreign_key()).await;
    let types = commands.type_info(None);
    let described = types.describe().await.unwrap();
    assert_eq!(described.fields().len(), 19);
    let streamed = stream_schema(session, &types.flight_info().await.unwrap()).await;
    assert_eq!(shape(&streamed), shape(&described));
    let info = commands.sql_info([0, 3]);
    let described = info.describe().await.unwrap();
    assert!(matches!(described.field(1).data_type(), DataType::Union(_, _)));
    let streamed = stream_schema(session, &info.flight_info().await.unwrap()).await;
    assert_eq!(shape(&streamed), shape(&described));
}

#[tokio::test]
async fn flight_sql_extension() {
    let server = require!(server::go_integration("flight_sql:extension").await);
    let mut session = connect(&server).await;
    sql_info(&session).await;
    statement(&session, session.substrait(plan()), &query_schema()).await;
    let info = session.substrait(plan()).flight_info().await.unwrap();
    assert_eq!(session.cancel(&info).await.unwrap(), CancelStatus::Cancelled);
    cancel_query(&session, &session.substrait(plan()).flight_info().await.unwrap()).await;
    assert_eq!(session.substrait(plan()).update().await.unwrap(), Some(10_000));
    let prepared = session.substrait(plan()).prepare().await.unwrap();
    prepared_query(&session, prepared, &query_schema()).await;
    prepared_update(session.substrait(plan()).prepare().await.unwrap(), 20_000).await;
    transactions(&mut session).await;
    session.close().await.unwrap();
}

/// The older action for cancelling, by its name.
async fn cancel_query(session: &Session, info: &FlightInfo) {
    let request = ActionCancelQueryRequest {
        info: info.to_bytes().into(),
    };
    let body = request.as_any().encode_to_vec();
    let answer = session
        .action("CancelQuery", body, CallOptions::new())
        .await
        .unwrap();
    assert_eq!(answer.len(), 1);
    let any = Any::decode(answer[0].clone()).unwrap();
    let result: ActionCancelQueryResult = any.unpack().unwrap().unwrap();
    assert_eq!(result.result, 1, "cancelled");
}

async fn sql_info(session: &Session) {
    let codes = [4_u32, 5, 6, 7, 8, 9, 100, 101];
    let mut cursor = session
        .catalog()
        .commands()
        .sql_info(codes)
        .query()
        .await
        .unwrap();
    let rows = cursor.fetch_all().await.unwrap();
    let mut values = HashMap::new();
    for row in &rows {
        let code: u32 = row.get("info_name").unwrap();
        let twice = values.insert(code, row.value("value").unwrap());
        assert_eq!(twice, None, "code {code} came twice");
    }
    let expected = [
        (4, Value::Bool(false)),
        (5, Value::Bool(true)),
        (6, Value::Text("min_version".to_owned())),
        (7, Value::Text("max_version".to_owned())),
        (8, Value::Int32(2)),
        (9, Value::Bool(true)),
        (100, Value::Int32(42)),
        (101, Value::Int32(7)),
    ];
    assert_eq!(values, HashMap::from(expected));
}

async fn transactions(session: &mut Session) {
    let transaction = session.begin().await.unwrap();
    let savepoint = transaction.savepoint("savepoint_name").await.unwrap();
    let expected = transaction_schema();
    statement(&transaction, transaction.statement("SELECT STATEMENT"), &expected).await;
    statement(&transaction, transaction.substrait(plan()), &expected).await;
    assert_eq!(
        transaction.update("UPDATE STATEMENT").await.unwrap(),
        Some(15_000)
    );
    assert_eq!(
        transaction.substrait(plan()).update().await.unwrap(),
        Some(15_000)
    );
    let prepared = transaction.prepare("SELECT PREPARED STATEMENT").await.unwrap();
    prepared_query(&transaction, prepared, &expected).await;
    let prepared = transaction.substrait(plan()).prepare().await.unwrap();
    prepared_query(&transaction, prepared, &expected).await;
    prepared_update(
        transaction.prepare("UPDATE PREPARED STATEMENT").await.unwrap(),
        25_000,
    )
    .await;
    prepared_update(transaction.substrait(plan()).prepare().await.unwrap(), 25_000).await;
    savepoint.rollback().await.unwrap();
    let savepoint = transaction.savepoint("savepoint_name").await.unwrap();
    savepoint.release().await.unwrap();
    transaction.commit().await.unwrap();
    session.begin().await.unwrap().rollback().await.unwrap();
}
