//! The commands that list the catalog.

use crate::{run, serve, stderr, stdout};

fn list(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    stdout(&output)
}

#[test]
fn tables_are_filtered_by_pattern_and_type() {
    let server = serve();
    let all = list(&["tables", &server.uri, "-f", "csv"]);
    assert!(
        all.starts_with("catalog,schema,table,type\n") && all.contains("main,\"\",orders,TABLE\n"),
        "{all}"
    );
    let some = list(&[
        "tables",
        &server.uri,
        "-f",
        "csv",
        "--no-header",
        "--table",
        "order%",
    ]);
    assert_eq!(some, "main,\"\",order_items,TABLE\nmain,\"\",orders,TABLE\n");
    let views = list(&["tables", &server.uri, "-f", "json", "--types", "view"]);
    assert_eq!(
        views,
        "{\"catalog\":\"main\",\"schema\":\"\",\"table\":\"revenue\",\"type\":\"VIEW\"}\n"
    );
    let none = list(&["tables", &server.uri, "-f", "csv", "--catalog", "nowhere"]);
    assert_eq!(none, "catalog,schema,table,type\n");
}

#[test]
fn columns_say_their_types() {
    let columns = list(&[
        "columns",
        "--embedded",
        "--table",
        "customers",
        "-f",
        "csv",
        "--no-header",
    ]);
    let lines: Vec<_> = columns.lines().collect();
    assert!(lines[0].starts_with("main,\"\",customers,id,1,"), "{columns}");
    assert!(lines.len() > 3, "{columns}");
    let one = list(&[
        "columns",
        "--embedded",
        "--column",
        "em_il",
        "-f",
        "csv",
        "--no-header",
    ]);
    assert_eq!(one.lines().count(), 1, "{one}");
    assert!(one.starts_with("main,\"\",customers,email,3,"), "{one}");
}

#[test]
fn keys_say_what_they_refer_to() {
    let keys = list(&[
        "keys",
        "--embedded",
        "--table",
        "order_items",
        "-f",
        "csv",
        "--no-header",
    ]);
    assert!(
        keys.contains("order_items,PRIMARY,") && keys.contains(",1,order_id,"),
        "{keys}"
    );
    assert!(
        keys.contains("FOREIGN") && keys.contains("main.orders.id"),
        "{keys}"
    );
}

#[test]
fn info_names_the_server() {
    let info = list(&["info", "--embedded"]);
    assert!(
        info.contains("FLIGHT_SQL_SERVER_NAME") && info.contains("Jetbridge reference server"),
        "{info}"
    );
    assert!(info.contains("standard (not recognized)"), "{info}");
    let named = list(&["info", "--embedded", "-O", "server=influxdb", "-f", "csv"]);
    assert!(
        named.contains("influxdb (InfluxDB 3, by the option server)"),
        "{named}"
    );
    assert!(named.contains(",in force: handshake,never\n"), "{named}");
}

#[test]
fn what_to_list_of_is_asked_for() {
    let output = run(&["tables"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("what to connect to is missing"));
    let output = run(&["tables", "--embedded", "flightsql://h"]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
}
