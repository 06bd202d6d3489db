//! Prepared statements and parameters.

use jetbridge::{Params, Value};

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
