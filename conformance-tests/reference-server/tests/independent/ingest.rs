use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow_flight::error::FlightError;
use arrow_flight::sql::{
    CommandStatementIngest, EndTransaction, TableDefinitionOptions, TableExistsOption, TableNotExistOption,
};
use futures::stream;
use tonic::Code;

use crate::client::{Client, integers, number, query_in, start, status, update};

fn batch(from: i64, to: i64) -> RecordBatch {
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(from..to));
    let texts: ArrayRef = Arc::new(StringArray::from_iter(
        (from..to).map(|n| (n % 2 == 0).then(|| n.to_string())),
    ));
    RecordBatch::try_from_iter_with_nullable([("n", numbers, true), ("t", texts, true)]).unwrap()
}

fn command(missing: TableNotExistOption, exists: TableExistsOption) -> CommandStatementIngest {
    CommandStatementIngest {
        table_definition_options: Some(TableDefinitionOptions {
            if_not_exist: missing.into(),
            if_exists: exists.into(),
        }),
        table: "loaded".into(),
        ..CommandStatementIngest::default()
    }
}

async fn ingest(client: &mut Client, command: CommandStatementIngest) -> Result<i64, FlightError> {
    client
        .execute_ingest(command, stream::iter([Ok(batch(0, 10)), Ok(batch(10, 15))]))
        .await
}

#[tokio::test]
async fn each_mode_does_what_it_says() {
    use TableExistsOption as Exists;
    use TableNotExistOption as Missing;
    let (_server, mut client) = start().await;
    let missing = ingest(&mut client, command(Missing::Fail, Exists::Append)).await;
    assert_eq!(status(missing).code(), Code::NotFound);
    assert_eq!(
        ingest(&mut client, command(Missing::Create, Exists::Fail))
            .await
            .unwrap(),
        15
    );
    let exists = ingest(&mut client, command(Missing::Create, Exists::Fail)).await;
    assert_eq!(status(exists).code(), Code::AlreadyExists);
    assert_eq!(
        ingest(&mut client, command(Missing::Fail, Exists::Append))
            .await
            .unwrap(),
        15
    );
    assert_eq!(number(&mut client, "SELECT count(*) FROM loaded").await, 30);
    assert_eq!(
        ingest(&mut client, command(Missing::Fail, Exists::Replace))
            .await
            .unwrap(),
        15
    );
    assert_eq!(number(&mut client, "SELECT count(*) FROM loaded").await, 15);
    assert_eq!(number(&mut client, "SELECT count(t) FROM loaded").await, 8);
}

#[tokio::test]
async fn an_upload_that_fails_leaves_nothing() {
    let (_server, mut client) = start().await;
    update(
        &mut client,
        "CREATE TABLE loaded (n INTEGER CHECK (n < 12), t TEXT)",
    )
    .await;
    let append = command(TableNotExistOption::Fail, TableExistsOption::Append);
    assert_eq!(
        status(ingest(&mut client, append).await).code(),
        Code::FailedPrecondition
    );
    assert_eq!(number(&mut client, "SELECT count(*) FROM loaded").await, 0);
}

#[tokio::test]
async fn a_transaction_decides_about_its_ingestion() {
    let (_server, mut client) = start().await;
    let transaction = client.begin_transaction().await.unwrap();
    let mut create = command(TableNotExistOption::Create, TableExistsOption::Fail);
    create.transaction_id = Some(transaction.clone());
    assert_eq!(ingest(&mut client, create).await.unwrap(), 15);
    let inside = query_in(
        &mut client,
        "SELECT count(*) FROM loaded",
        Some(transaction.clone()),
    )
    .await
    .unwrap();
    assert_eq!(integers(&inside), [15]);
    client
        .end_transaction(transaction, EndTransaction::Rollback)
        .await
        .unwrap();
    let gone = status(crate::client::query(&mut client, "SELECT * FROM loaded").await);
    assert!(gone.message().contains("no such table"), "{gone}");
}

#[tokio::test]
async fn a_temporary_table_lives_in_its_transaction() {
    let (_server, mut client) = start().await;
    let transaction = client.begin_transaction().await.unwrap();
    let mut create = command(TableNotExistOption::Create, TableExistsOption::Fail);
    create.transaction_id = Some(transaction.clone());
    create.temporary = true;
    assert_eq!(ingest(&mut client, create).await.unwrap(), 15);
    let inside = query_in(
        &mut client,
        "SELECT count(*) FROM temp.loaded",
        Some(transaction.clone()),
    )
    .await
    .unwrap();
    assert_eq!(integers(&inside), [15]);
    client
        .end_transaction(transaction, EndTransaction::Commit)
        .await
        .unwrap();
    let gone = status(crate::client::query(&mut client, "SELECT * FROM loaded").await);
    assert!(gone.message().contains("no such table"), "{gone}");
}

#[tokio::test]
async fn a_catalog_or_schema_that_does_not_exist_is_refused() {
    let (_server, mut client) = start().await;
    let mut elsewhere = command(TableNotExistOption::Create, TableExistsOption::Fail);
    elsewhere.catalog = Some("nowhere".into());
    assert_eq!(
        status(ingest(&mut client, elsewhere.clone()).await).code(),
        Code::NotFound
    );
    elsewhere.catalog = Some("main".into());
    elsewhere.schema = Some("nowhere".into());
    assert_eq!(
        status(ingest(&mut client, elsewhere).await).code(),
        Code::NotFound
    );
}
