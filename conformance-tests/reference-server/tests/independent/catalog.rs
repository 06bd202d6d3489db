use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{DataType, Int32Type, Schema, UInt8Type, UInt32Type};
use arrow_flight::sql::{
    CommandGetCatalogs, CommandGetCrossReference, CommandGetDbSchemas, CommandGetExportedKeys,
    CommandGetImportedKeys, CommandGetPrimaryKeys, CommandGetSqlInfo, CommandGetTableTypes, CommandGetTables,
    CommandGetXdbcTypeInfo, ProstMessageExt,
};
use arrow_flight::{FlightDescriptor, FlightInfo, SchemaResult};
use prost::Message;

use crate::client::{Client, flight, read, rows, start, status};

type Shape = Vec<(&'static str, DataType, bool)>;

fn shape(schema: &Schema) -> Vec<(String, DataType, bool)> {
    schema
        .fields()
        .iter()
        .map(|f| (f.name().clone(), f.data_type().clone(), f.is_nullable()))
        .collect()
}

fn text(name: &'static str, nullable: bool) -> (&'static str, DataType, bool) {
    (name, DataType::Utf8, nullable)
}

fn foreign() -> Shape {
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

fn tables(include_schema: bool) -> Shape {
    let mut shape = vec![
        text("catalog_name", true),
        text("db_schema_name", true),
        text("table_name", false),
        text("table_type", false),
    ];
    if include_schema {
        shape.push(("table_schema", DataType::Binary, false));
    }
    shape
}

fn all(include_schema: bool) -> Vec<(Vec<u8>, Shape)> {
    let packed = |command: arrow_flight::sql::Any| command.encode_to_vec();
    let table = || "orders".to_owned();
    let tables_command = CommandGetTables {
        include_schema,
        ..CommandGetTables::default()
    };
    let primary = CommandGetPrimaryKeys {
        table: table(),
        ..CommandGetPrimaryKeys::default()
    };
    let exported = CommandGetExportedKeys {
        table: table(),
        ..CommandGetExportedKeys::default()
    };
    let imported = CommandGetImportedKeys {
        table: table(),
        ..CommandGetImportedKeys::default()
    };
    vec![
        (
            packed(CommandGetCatalogs {}.as_any()),
            vec![text("catalog_name", false)],
        ),
        (
            packed(CommandGetDbSchemas::default().as_any()),
            vec![text("catalog_name", true), text("db_schema_name", false)],
        ),
        (packed(tables_command.as_any()), tables(include_schema)),
        (
            packed(CommandGetTableTypes {}.as_any()),
            vec![text("table_type", false)],
        ),
        (
            packed(primary.as_any()),
            vec![
                text("catalog_name", true),
                text("db_schema_name", true),
                text("table_name", false),
                text("column_name", false),
                text("key_name", true),
                ("key_sequence", DataType::Int32, false),
            ],
        ),
        (packed(exported.as_any()), foreign()),
        (packed(imported.as_any()), foreign()),
        (packed(CommandGetCrossReference::default().as_any()), foreign()),
    ]
}

#[tokio::test]
async fn every_answer_has_the_shape_of_the_specification() {
    let (server, mut client) = start().await;
    let mut flight = flight(&server).await;
    for (command, expected) in all(true).into_iter().chain(all(false)) {
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(name, data_type, nullable)| (name.to_owned(), data_type, nullable))
            .collect();
        let descriptor = FlightDescriptor::new_cmd(command);
        let asked: SchemaResult = flight.get_schema(descriptor.clone()).await.unwrap().into_inner();
        assert_eq!(shape(&asked.try_into().unwrap()), expected);
        let info = flight.get_flight_info(descriptor).await.unwrap().into_inner();
        assert_eq!(shape(&info.clone().try_into().unwrap()), expected);
        let mut stream = client
            .do_get(info.endpoint[0].ticket.clone().unwrap())
            .await
            .unwrap();
        while futures::TryStreamExt::try_next(&mut stream)
            .await
            .unwrap()
            .is_some()
        {}
        assert_eq!(shape(stream.schema().unwrap()), expected);
    }
}

async fn answer(
    client: &mut Client,
    info: Result<FlightInfo, arrow_flight::error::FlightError>,
) -> RecordBatch {
    let info = info.unwrap();
    let schema: Schema = info.clone().try_into().unwrap();
    let batches = read(client, info).await.unwrap();
    arrow_select(&schema, &batches)
}

/// One batch, also when there was none.
fn arrow_select(schema: &Schema, batches: &[RecordBatch]) -> RecordBatch {
    match batches {
        [] => RecordBatch::new_empty(schema.clone().into()),
        [batch] => batch.clone(),
        _ => arrow::compute::concat_batches(&batches[0].schema(), batches).unwrap(),
    }
}

fn strings(batch: &RecordBatch, name: &str) -> Vec<String> {
    let column = batch.column_by_name(name).unwrap().as_string::<i32>();
    column
        .iter()
        .map(|value| value.unwrap_or("NULL").to_owned())
        .collect()
}

#[tokio::test]
async fn tables_are_filtered_by_patterns_and_types() {
    let (_server, mut client) = start().await;
    for (pattern, types, expected) in [
        (Some("order%"), vec![], vec!["order_items", "orders"]),
        (Some("order\\_%"), vec![], vec!["order_items"]),
        (Some("order_"), vec![], vec!["orders"]),
        (None, vec!["VIEW"], vec!["revenue"]),
        (Some("orders"), vec!["VIEW", "TABLE"], vec!["orders"]),
        (Some("nothing"), vec![], vec![]),
    ] {
        let request = CommandGetTables {
            table_name_filter_pattern: pattern.map(str::to_owned),
            table_types: types.into_iter().map(str::to_owned).collect(),
            ..CommandGetTables::default()
        };
        let info = client.get_tables(request).await;
        assert_eq!(
            strings(&answer(&mut client, info).await, "table_name"),
            expected,
            "{pattern:?}"
        );
    }
    let elsewhere = CommandGetTables {
        catalog: Some("nowhere".into()),
        ..CommandGetTables::default()
    };
    let info = client.get_tables(elsewhere).await;
    assert_eq!(answer(&mut client, info).await.num_rows(), 0);
}

#[tokio::test]
async fn columns_carry_their_metadata() {
    let (_server, mut client) = start().await;
    let request = CommandGetTables {
        table_name_filter_pattern: Some("products".into()),
        include_schema: true,
        ..CommandGetTables::default()
    };
    let info = client.get_tables(request).await;
    let found = answer(&mut client, info).await;
    let bytes = found
        .column_by_name("table_schema")
        .unwrap()
        .as_binary::<i32>()
        .value(0)
        .to_vec();
    let schema: Schema = SchemaResult { schema: bytes.into() }.try_into().unwrap();
    let price = schema.field_with_name("price").unwrap();
    assert_eq!(*price.data_type(), DataType::Decimal128(10, 2));
    let key = |name: &str| price.metadata()[&format!("ARROW:FLIGHT:SQL:{name}")].as_str();
    assert_eq!(
        (
            key("TABLE_NAME"),
            key("CATALOG_NAME"),
            key("PRECISION"),
            key("SCALE")
        ),
        ("products", "main", "10", "2")
    );
    assert_eq!((key("IS_AUTO_INCREMENT"), key("IS_SEARCHABLE")), ("0", "1"));
    assert!(!price.is_nullable(), "price is declared NOT NULL");
    assert!(schema.field_with_name("weight").unwrap().is_nullable());
}

#[tokio::test]
async fn keys_are_told_from_both_ends() {
    let (_server, mut client) = start().await;
    let primary = CommandGetPrimaryKeys {
        table: "order_items".into(),
        ..CommandGetPrimaryKeys::default()
    };
    let info = client.get_primary_keys(primary).await;
    let found = answer(&mut client, info).await;
    assert_eq!(strings(&found, "column_name"), ["order_id", "line"]);
    assert_eq!(
        found
            .column_by_name("key_sequence")
            .unwrap()
            .as_primitive::<Int32Type>()
            .values(),
        &[1, 2]
    );

    let imported = CommandGetImportedKeys {
        table: "order_items".into(),
        ..CommandGetImportedKeys::default()
    };
    let info = client.get_imported_keys(imported).await;
    let found = answer(&mut client, info).await;
    assert_eq!(strings(&found, "pk_table_name"), ["orders", "products"]);
    let rules = found
        .column_by_name("delete_rule")
        .unwrap()
        .as_primitive::<UInt8Type>();
    assert_eq!(rules.values(), &[0, 3], "CASCADE and NO ACTION");

    let exported = CommandGetExportedKeys {
        table: "orders".into(),
        ..CommandGetExportedKeys::default()
    };
    let info = client.get_exported_keys(exported).await;
    assert_eq!(
        strings(&answer(&mut client, info).await, "fk_table_name"),
        ["order_items"]
    );

    let cross = CommandGetCrossReference {
        pk_table: "products".into(),
        fk_table: "order_items".into(),
        ..CommandGetCrossReference::default()
    };
    let info = client.get_cross_reference(cross).await;
    assert_eq!(
        strings(&answer(&mut client, info).await, "fk_column_name"),
        ["product_id"]
    );
}

#[tokio::test]
async fn info_and_types_are_answered_whole_and_in_part() {
    let (_server, mut client) = start().await;
    let whole = client.get_sql_info(Vec::new()).await;
    let whole = answer(&mut client, whole).await;
    let codes: Vec<u32> = whole.column(0).as_primitive::<UInt32Type>().values().to_vec();
    let missing: Vec<u32> = (0..=11)
        .chain(100..=101)
        .chain(500..=576)
        .filter(|code| !codes.contains(code))
        .collect();
    assert_eq!(missing, [] as [u32; 0], "codes without an answer");
    let part = client
        .get_sql_info(vec![arrow_flight::sql::SqlInfo::FlightSqlServerName])
        .await;
    assert_eq!(answer(&mut client, part).await.num_rows(), 1);
    let types = client
        .get_xdbc_type_info(CommandGetXdbcTypeInfo { data_type: None })
        .await;
    assert!(answer(&mut client, types).await.num_rows() > 10);
    let bigint = client
        .get_xdbc_type_info(CommandGetXdbcTypeInfo { data_type: Some(-5) })
        .await;
    assert!(answer(&mut client, bigint).await.num_rows() >= 1);
}

#[tokio::test]
async fn what_was_switched_off_says_so() {
    use jetbridge_reference_server::{Capability, ReferenceServer};
    let builder = ReferenceServer::builder().without([Capability::Catalog, Capability::SqlInfo]);
    let builder = builder
        .without(Capability::Transactions)
        .without(Capability::Prepared);
    let (_server, mut client) = crate::client::start_with(builder).await;
    let unimplemented = tonic::Code::Unimplemented;
    assert_eq!(status(client.get_catalogs().await).code(), unimplemented);
    assert_eq!(
        status(client.get_sql_info(Vec::new()).await).code(),
        unimplemented
    );
    assert_eq!(status(client.begin_transaction().await).code(), unimplemented);
    assert!(client.prepare("SELECT 1".into(), None).await.is_err());
    assert_eq!(
        rows(&crate::client::query(&mut client, "SELECT 1").await.unwrap()),
        1
    );
    assert!(!CommandGetSqlInfo::type_url().is_empty());
}
