use std::time::Duration;

use arrow_flight::sql::{
    ActionBeginSavepointRequest, ActionBeginSavepointResult, ActionEndSavepointRequest, EndTransaction,
};
use bytes::Bytes;
use jetbridge_reference_server::ReferenceServer;
use tonic::Code;

use crate::client::{
    Client, act, act_silently, integers, number, query_in, start, start_with, status, update,
};

const RELEASE: i32 = 1;
const ROLLBACK: i32 = 2;

async fn count_in(client: &mut Client, transaction: &Bytes) -> i64 {
    let batches = query_in(client, "SELECT count(*) FROM t", Some(transaction.clone()))
        .await
        .unwrap();
    integers(&batches)[0]
}

async fn insert(client: &mut Client, transaction: &Bytes) {
    let inserted = client
        .execute_update("INSERT INTO t VALUES (1)".into(), Some(transaction.clone()))
        .await;
    assert_eq!(inserted.unwrap(), 1);
}

#[tokio::test]
async fn nobody_sees_a_transaction_before_it_is_committed() {
    let (server, mut client) = start().await;
    update(&mut client, "CREATE TABLE t (a INTEGER)").await;
    let transaction = client.begin_transaction().await.unwrap();
    insert(&mut client, &transaction).await;
    assert_eq!(count_in(&mut client, &transaction).await, 1);
    assert_eq!(number(&mut client, "SELECT count(*) FROM t").await, 0);
    assert_eq!(server.counters().open_transactions, 1);
    client
        .end_transaction(transaction, EndTransaction::Commit)
        .await
        .unwrap();
    assert_eq!(number(&mut client, "SELECT count(*) FROM t").await, 1);
    assert_eq!(server.counters().open_transactions, 0);
}

#[tokio::test]
async fn a_rollback_leaves_nothing_and_the_id_is_gone() {
    let (_server, mut client) = start().await;
    update(&mut client, "CREATE TABLE t (a INTEGER)").await;
    let transaction = client.begin_transaction().await.unwrap();
    insert(&mut client, &transaction).await;
    client
        .end_transaction(transaction.clone(), EndTransaction::Rollback)
        .await
        .unwrap();
    assert_eq!(number(&mut client, "SELECT count(*) FROM t").await, 0);
    let error = status(query_in(&mut client, "SELECT 1", Some(transaction.clone())).await);
    assert_eq!(error.code(), Code::NotFound);
    assert_eq!(
        status(client.end_transaction(transaction, EndTransaction::Commit).await).code(),
        Code::NotFound
    );
}

#[tokio::test]
async fn two_results_of_one_transaction_are_read_in_turns() {
    let (_server, mut client) = start().await;
    let transaction = client.begin_transaction().await.unwrap();
    let mut streams = Vec::new();
    for _ in 0..2 {
        let sql = "SELECT value FROM generate_series(1, 100) /* rows_per_batch=10 */";
        let info = client
            .execute(sql.into(), Some(transaction.clone()))
            .await
            .unwrap();
        streams.push(
            client
                .do_get(info.endpoint[0].ticket.clone().unwrap())
                .await
                .unwrap(),
        );
    }
    let mut read = 0;
    for _ in 0..10 {
        for stream in &mut streams {
            read += futures::TryStreamExt::try_next(stream)
                .await
                .unwrap()
                .unwrap()
                .num_rows();
        }
        insert_other(&mut client, &transaction).await;
    }
    assert_eq!(read, 200);
    client
        .end_transaction(transaction, EndTransaction::Commit)
        .await
        .unwrap();
}

async fn insert_other(client: &mut Client, transaction: &Bytes) {
    let sql = "UPDATE products SET stock = stock WHERE id = 1";
    assert_eq!(
        client
            .execute_update(sql.into(), Some(transaction.clone()))
            .await
            .unwrap(),
        1
    );
}

#[tokio::test]
async fn savepoints_are_rolled_back_to_and_released() {
    let (_server, mut client) = start().await;
    update(&mut client, "CREATE TABLE t (a INTEGER)").await;
    let transaction = client.begin_transaction().await.unwrap();
    insert(&mut client, &transaction).await;
    let begin = ActionBeginSavepointRequest {
        transaction_id: transaction.clone(),
        name: "one".into(),
    };
    let first: ActionBeginSavepointResult = act(&mut client, "BeginSavepoint", &begin).await.unwrap();
    insert(&mut client, &transaction).await;
    let second: ActionBeginSavepointResult = act(&mut client, "BeginSavepoint", &begin).await.unwrap();
    insert(&mut client, &transaction).await;
    assert_eq!(count_in(&mut client, &transaction).await, 3);
    let end = |id: &Bytes, action| ActionEndSavepointRequest {
        savepoint_id: id.clone(),
        action,
    };
    act_silently(&mut client, "EndSavepoint", &end(&first.savepoint_id, ROLLBACK))
        .await
        .unwrap();
    assert_eq!(count_in(&mut client, &transaction).await, 1);
    let gone = act_silently(&mut client, "EndSavepoint", &end(&second.savepoint_id, RELEASE)).await;
    assert_eq!(
        status(gone).code(),
        Code::NotFound,
        "it was begun after the one rolled back to"
    );
    act_silently(&mut client, "EndSavepoint", &end(&first.savepoint_id, RELEASE))
        .await
        .unwrap();
    let gone = act_silently(&mut client, "EndSavepoint", &end(&first.savepoint_id, RELEASE)).await;
    assert_eq!(status(gone).code(), Code::NotFound);
    client
        .end_transaction(transaction, EndTransaction::Commit)
        .await
        .unwrap();
    assert_eq!(number(&mut client, "SELECT count(*) FROM t").await, 1);
}

#[tokio::test]
async fn a_transaction_nobody_uses_is_rolled_back() {
    let timeout = Duration::from_millis(50);
    let (server, mut client) = start_with(ReferenceServer::builder().transaction_timeout(timeout)).await;
    let transaction = client.begin_transaction().await.unwrap();
    let gone = async {
        while server.counters().open_transactions > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), gone).await.unwrap();
    let error = status(query_in(&mut client, "SELECT 1", Some(transaction)).await);
    assert_eq!(error.code(), Code::NotFound);
}
