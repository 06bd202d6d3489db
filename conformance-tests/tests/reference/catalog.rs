//! The catalog, typed: by the commands, and in SQL where the server lacks them.

use arrow::datatypes::DataType;
use jetbridge::{Kind, ReferentialAction, Session, TableFilter, TableName};
use jetbridge_reference_server::{Capability, ReferenceServer, Running};

use crate::{start, start_plain};

fn named(pattern: &str) -> TableFilter {
    TableFilter {
        table_pattern: Some(pattern.to_owned()),
        ..TableFilter::default()
    }
}

#[tokio::test]
async fn the_catalog_is_typed() {
    let (_server, session) = start_plain().await;
    let catalog = session.catalog();
    assert_eq!(catalog.catalogs().await.unwrap(), ["main"]);
    let schemas = catalog.schemas(Some("main"), None).await.unwrap();
    assert_eq!(schemas.len(), 1);
    assert_eq!(schemas[0].catalog.as_deref(), Some("main"));
    let tables = catalog.tables(&named("order%")).await.unwrap();
    let names: Vec<_> = tables.iter().map(|table| table.name.as_str()).collect();
    assert_eq!(names, ["order_items", "orders"]);
    assert_eq!(tables[0].table_type, "TABLE");
    let types = catalog.table_types().await.unwrap();
    assert!(types.contains(&"VIEW".to_owned()), "{types:?}");
    let key = catalog.primary_keys("order_items").await.unwrap();
    let columns: Vec<_> = key
        .iter()
        .map(|column| (column.key_sequence, column.column.as_str()))
        .collect();
    assert_eq!(columns, [(1, "order_id"), (2, "line")]);
    let imported = catalog.imported_keys("order_items").await.unwrap();
    assert_eq!(imported.len(), 2);
    let to_orders = imported.iter().find(|key| key.pk_table == "orders").unwrap();
    assert_eq!(
        (to_orders.fk_column.as_str(), to_orders.pk_column.as_str()),
        ("order_id", "id")
    );
    assert!(to_orders.delete_rule.is_some() && to_orders.update_rule.is_some());
    assert_eq!(catalog.exported_keys("orders").await.unwrap().len(), 1);
    let cross = catalog.cross_reference("orders", "order_items").await.unwrap();
    assert_eq!(cross.len(), 1);
    let all = catalog.type_info(None).await.unwrap();
    assert!(all.len() > 5, "{all:?}");
    let code = all[0].data_type;
    let some = catalog.type_info(Some(code)).await.unwrap();
    assert!(!some.is_empty() && some.iter().all(|known| known.data_type == code));
}

#[tokio::test]
async fn the_columns_of_all_tables_come_with_one_command() {
    let (server, session) = start_plain().await;
    let columns = session
        .catalog()
        .columns(&TableFilter::default(), Some("%id"))
        .await
        .unwrap();
    assert_eq!(server.counters().get_flight_info, 1);
    let named: Vec<_> = columns
        .iter()
        .map(|column| (column.table.as_str(), column.column.name(), column.ordinal))
        .collect();
    assert!(
        named.contains(&("orders", "id", 1)) && named.contains(&("order_items", "order_id", 1)),
        "{named:?}"
    );
    assert!(named.iter().all(|(_, name, _)| name.ends_with("id")));
    let schema = session.catalog().table_schema("orders").await.unwrap();
    assert_eq!(schema.field(0).data_type(), &DataType::Int64);
    let error = session.catalog().table_schema("nowhere").await.unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound, "{error}");
}

#[tokio::test]
async fn a_wildcard_in_a_name_is_escaped_as_the_server_says() {
    let (_server, session) = start_plain().await;
    session.execute("CREATE TABLE \"a_b\" (x INTEGER)").await.unwrap();
    session.execute("CREATE TABLE \"aXb\" (y TEXT)").await.unwrap();
    let catalog = session.catalog();
    let schema = catalog.table_schema("a_b").await.unwrap();
    assert_eq!(schema.field(0).name(), "x");
    let names = |tables: Vec<jetbridge::Table>| -> Vec<String> {
        tables.into_iter().map(|table| table.name).collect()
    };
    let both = catalog.tables(&named("a_b")).await.unwrap();
    assert_eq!(names(both).len(), 2);
    let one = catalog.tables(&named("a\\_b")).await.unwrap();
    assert_eq!(names(one), ["a_b"]);
}

/// A server without the commands of the catalog, with an information schema: a database of that name, attached.
async fn with_information_schema() -> (Running, Session) {
    let (server, session) = start(ReferenceServer::builder().without(Capability::Catalog)).await;
    // A session of the server's own keeps its connection to the database, and what is attached to it.
    session
        .set_options([("flag".to_owned(), true.into())])
        .await
        .unwrap();
    for sql in [
        "ATTACH ':memory:' AS information_schema",
        "CREATE TABLE information_schema.schemata (catalog_name TEXT, schema_name TEXT)",
        "INSERT INTO information_schema.schemata VALUES ('c', 'public'), ('c', 'other')",
        "CREATE TABLE information_schema.tables (table_catalog TEXT, table_schema TEXT, table_name TEXT, table_type TEXT)",
        "INSERT INTO information_schema.tables VALUES (NULL, NULL, 'orders', 'BASE TABLE'), \
         (NULL, NULL, 'revenue', 'VIEW'), ('c', 'other', 'notes', 'BASE TABLE')",
    ] {
        session.execute(sql).await.unwrap();
    }
    (server, session)
}

#[tokio::test]
async fn a_server_without_the_commands_is_asked_by_its_information_schema() {
    let (server, session) = with_information_schema().await;
    let catalog = session.catalog();
    assert_eq!(catalog.catalogs().await.unwrap(), ["c"]);
    let schemas = catalog.schemas(None, Some("pub%")).await.unwrap();
    assert_eq!((schemas.len(), schemas[0].name.as_str()), (1, "public"));
    let tables = catalog.tables(&named("%e_")).await.unwrap();
    let tables: Vec<_> = tables
        .iter()
        .map(|table| (table.name.as_str(), table.table_type.as_str()))
        .collect();
    assert_eq!(tables, [("notes", "TABLE")]);
    assert_eq!(catalog.table_types().await.unwrap(), ["TABLE", "VIEW"]);
    // Described by a query of it.
    let columns = catalog.columns(&named("orders"), Some("id")).await.unwrap();
    assert_eq!(columns.len(), 1);
    assert_eq!(columns[0].column.data_type(), &DataType::Int64);
    let asked = server.counters().get_flight_info;
    catalog.catalogs().await.unwrap();
    assert_eq!(
        server.counters().get_flight_info,
        asked + 1,
        "the command is not tried again"
    );
}

#[tokio::test]
async fn an_information_schema_without_keys_is_said() {
    let (_server, session) = with_information_schema().await;
    let error = session.catalog().primary_keys("orders").await.unwrap_err();
    assert_eq!(error.kind(), Kind::NotSupported, "{error}");
}

#[tokio::test]
async fn keys_of_the_information_schema_are_typed() {
    let (_server, session) = start(ReferenceServer::builder().without(Capability::Catalog)).await;
    session
        .set_options([("flag".to_owned(), true.into())])
        .await
        .unwrap();
    for sql in [
        "ATTACH ':memory:' AS information_schema",
        "CREATE TABLE information_schema.table_constraints (constraint_schema TEXT, constraint_name TEXT, \
         table_name TEXT, constraint_type TEXT)",
        "INSERT INTO information_schema.table_constraints VALUES ('s', 'pk', 'orders', 'PRIMARY KEY'), \
         ('s', 'fk', 'items', 'FOREIGN KEY')",
        "CREATE TABLE information_schema.key_column_usage (constraint_schema TEXT, constraint_name TEXT, \
         table_catalog TEXT, table_schema TEXT, table_name TEXT, column_name TEXT, ordinal_position INTEGER, \
         position_in_unique_constraint INTEGER)",
        "INSERT INTO information_schema.key_column_usage VALUES ('s', 'pk', 'c', 's', 'orders', 'line', 2, NULL), \
         ('s', 'pk', 'c', 's', 'orders', 'id', 1, NULL), ('s', 'fk', 'c', 's', 'items', 'order_id', 1, 1)",
        "CREATE TABLE information_schema.referential_constraints (constraint_schema TEXT, constraint_name TEXT, \
         unique_constraint_schema TEXT, unique_constraint_name TEXT, update_rule TEXT, delete_rule TEXT)",
        "INSERT INTO information_schema.referential_constraints VALUES ('s', 'fk', 's', 'pk', 'NO ACTION', 'CASCADE')",
    ] {
        session.execute(sql).await.unwrap();
    }
    let catalog = session.catalog();
    let key = catalog.primary_keys("orders").await.unwrap();
    let columns: Vec<_> = key.iter().map(|column| column.column.as_str()).collect();
    assert_eq!(columns, ["id", "line"]);
    let items = TableName {
        schema: Some("s".to_owned()),
        ..TableName::from("items")
    };
    let imported = catalog.imported_keys(items).await.unwrap();
    assert_eq!(imported.len(), 1);
    assert_eq!(imported[0].pk_column, "id");
    assert_eq!(
        (imported[0].update_rule, imported[0].delete_rule),
        (
            Some(ReferentialAction::NoAction),
            Some(ReferentialAction::Cascade)
        )
    );
    assert_eq!(catalog.exported_keys("orders").await.unwrap(), imported);
    assert!(catalog.exported_keys("items").await.unwrap().is_empty());
}

#[tokio::test]
async fn a_server_with_neither_commands_nor_sql_for_them_says_what_it_lacks() {
    let (server, session) = start(ReferenceServer::builder().without(Capability::Catalog)).await;
    let catalog = session.catalog();
    for _ in 0..2 {
        for error in [
            catalog.catalogs().await.unwrap_err(),
            catalog.tables(&TableFilter::default()).await.unwrap_err(),
            catalog.primary_keys("orders").await.unwrap_err(),
            catalog.type_info(None).await.unwrap_err(),
        ] {
            assert_eq!(error.kind(), Kind::NotSupported, "{error}");
        }
    }
    // Each way once: four commands; the information schema for names and for keys; SHOW for catalogs and for schemas.
    // GetSqlInfo is not needed for any.
    let counters = server.counters();
    assert!(counters.get_flight_info <= 8, "{}", counters.get_flight_info);
    assert!(!session.is_broken());
}

#[tokio::test]
async fn every_command_describes_itself() {
    let (_server, session) = start_plain().await;
    let commands = session.catalog().commands();
    let filter = TableFilter::default();
    for (command, columns) in [
        (commands.catalogs(), 1),
        (commands.schemas(None, None), 2),
        (commands.tables(&filter, false), 4),
        (commands.tables(&filter, true), 5),
        (commands.table_types(), 1),
        (commands.primary_keys("orders"), 6),
        (commands.exported_keys("orders"), 13),
        (commands.imported_keys("orders"), 13),
        (commands.cross_reference("orders", "order_items"), 13),
        (commands.type_info(None), 19),
        (commands.sql_info([]), 2),
    ] {
        let schema = command.describe().await.unwrap();
        assert_eq!(schema.fields().len(), columns, "{schema}");
        let mut cursor = command.query().await.unwrap();
        let names = |schema: &arrow::datatypes::Schema| -> Vec<String> {
            schema.fields().iter().map(|field| field.name().clone()).collect()
        };
        assert_eq!(names(cursor.schema()), names(&schema));
        cursor.drain().await.unwrap();
    }
}
