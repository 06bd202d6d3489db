//! Prepared statements and parameters.

use jetbridge::{Params, Value};
use jetbridge_reference_server::{Capability, ReferenceServer};

use crate::start_plain;

#[tokio::test]
async fn parameters_are_bound_by_position_and_by_name() {
    let (_server, session) = start_plain().await;
    let statement = session
        .prepare("SELECT name FROM customers WHERE id = ?")
        .await
        .unwrap();
    for id in [1_i64, 2, 3] {
        let mut cursor = statement.query((id,)).await.unwrap();
        let row = cursor.fetch_one().await.unwrap().unwrap();
        assert!(row.get::<&str>("name").unwrap().ends_with(&format!(" {id}")));
    }
    let named = Params::named([("low", Value::from(10_i64)), ("high", Value::from(12_i64))]);
    let sql = "SELECT count(*) AS n FROM customers WHERE id BETWEEN :low AND :high";
    let mut cursor = session.statement(sql).bind(named).query().await.unwrap();
    assert_eq!(
        cursor
            .fetch_one()
            .await
            .unwrap()
            .unwrap()
            .get::<i64>("n")
            .unwrap(),
        3
    );
}

#[tokio::test]
async fn many_rows_of_parameters_are_one_call() {
    let (server, session) = start_plain().await;
    session
        .update("CREATE TABLE t (a INTEGER, b TEXT)")
        .await
        .unwrap();
    let statement = session.prepare("INSERT INTO t VALUES (?, ?)").await.unwrap();
    let before = server.counters().do_put;
    let rows = Params::rows((0..1000_i64).map(|n| (n, (n % 3 > 0).then(|| format!("row {n}")))));
    assert_eq!(statement.update(rows).await.unwrap(), Some(1000));
    assert_eq!(server.counters().do_put, before + 1);
    let mut cursor = session
        .query("SELECT count(*) AS n, count(b) AS texts FROM t")
        .await
        .unwrap();
    let row = cursor.fetch_one().await.unwrap().unwrap();
    assert_eq!(
        (row.get::<i64>("n").unwrap(), row.get::<i64>("texts").unwrap()),
        (1000, 666)
    );
}

#[tokio::test]
async fn a_dropped_statement_is_closed_on_the_server() {
    let (server, session) = start_plain().await;
    for id in 0..20_i64 {
        let mut cursor = session.statement("SELECT ?").bind((id,)).query().await.unwrap();
        assert_eq!(cursor.fetch_all().await.unwrap().len(), 1);
    }
    let statement = session.prepare("SELECT 1").await.unwrap();
    statement.close().await.unwrap();
    session.close().await.unwrap();
    let counters = server.counters();
    assert_eq!((counters.open_statements, counters.open_tickets), (0, 0));
    assert_eq!(counters.action("ClosePreparedStatement"), 21);
}

#[tokio::test]
async fn a_wrong_number_of_parameters_is_an_error_before_anything_runs() {
    let (_server, session) = start_plain().await;
    let statement = session.prepare("SELECT ?, ?").await.unwrap();
    let error = statement.query((1,)).await.unwrap_err();
    assert_eq!(error.sqlstate().as_str(), "07001", "{error}");
}

#[tokio::test]
async fn a_prepared_statement_says_what_it_wants_and_gives() {
    let (server, session) = start_plain().await;
    let sql = "SELECT id, name FROM customers WHERE id = ?";
    let statement = session.prepare(sql).await.unwrap();
    assert_eq!(statement.schema().unwrap().fields().len(), 2);
    assert_eq!(statement.parameter_schema().unwrap().fields().len(), 1);
    assert!(!statement.is_update() && statement.is_on_server());
    assert!(
        session
            .prepare("DELETE FROM customers WHERE id = ?")
            .await
            .unwrap()
            .is_update()
    );
    assert_eq!(server.counters().executions(sql), 0);
}

#[tokio::test]
async fn the_schema_is_known_without_running_also_where_the_server_has_no_call_for_it() {
    let builder = ReferenceServer::builder().without(Capability::GetSchema);
    let (server, session) = crate::start(builder).await;
    let sql = "SELECT id, name FROM customers";
    for _ in 0..2 {
        assert_eq!(session.statement(sql).describe().await.unwrap().fields().len(), 2);
    }
    let counters = server.counters();
    assert_eq!((counters.get_schema, counters.executions(sql)), (1, 0));
}

#[tokio::test]
async fn a_null_of_every_type_is_bound() {
    use jetbridge::types::{Date, Decimal, Time, Timestamp, Uuid};
    let (_server, session) = start_plain().await;
    let mut cursor = session
        .statement("SELECT coalesce(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) IS NULL AS all_null")
        .bind((
            None::<bool>,
            None::<i64>,
            None::<u8>,
            None::<f64>,
            None::<Decimal>,
            None::<&str>,
            None::<Vec<u8>>,
            None::<Date>,
            None::<Time>,
            None::<Timestamp>,
            None::<Uuid>,
        ))
        .query()
        .await
        .unwrap();
    assert_eq!(
        cursor.fetch_one().await.unwrap().unwrap().get::<i64>(0).unwrap(),
        1
    );
}
