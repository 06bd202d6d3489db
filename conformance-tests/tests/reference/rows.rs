//! Rows as structs, tuples and chunks.

use futures::TryStreamExt as _;
use jetbridge::SqlState;
use serde::Deserialize;

use crate::start_plain;

#[derive(Debug, Deserialize)]
struct Customer {
    id: u32,
    name: String,
}

#[tokio::test]
async fn a_result_is_read_into_structs_across_batches() {
    let (_server, session) = start_plain().await;
    let sql = "SELECT name, id, id * 2 AS twice FROM customers ORDER BY id /* rows_per_batch=7 */";
    let mut cursor = session.query(sql).await.unwrap();
    let first: Customer = cursor.fetch_one_as().await.unwrap().unwrap();
    assert_eq!((first.id, first.name.is_empty()), (1, false));
    let some: Vec<Customer> = cursor.fetch_many_as(20).await.unwrap();
    assert_eq!(
        some.iter().map(|customer| customer.id).collect::<Vec<_>>(),
        (2..=21).collect::<Vec<_>>()
    );
    let third: Customer = cursor.rows_as().try_next().await.unwrap().unwrap();
    assert_eq!(third.id, 22);
    let rest: Vec<Customer> = cursor.fetch_all_as().await.unwrap();
    assert_eq!((rest.len(), rest[0].id, rest[477].id), (478, 23, 500));
    assert!(cursor.fetch_one_as::<Customer>().await.unwrap().is_none());
}

#[tokio::test]
async fn chunks_are_what_is_left_of_each_batch() {
    #[derive(Deserialize)]
    struct Borrowed<'a> {
        id: i64,
        name: &'a str,
    }
    let (_server, session) = start_plain().await;
    let sql = "SELECT id, name FROM customers ORDER BY id /* rows_per_batch=7 */";
    let mut cursor = session.query(sql).await.unwrap();
    cursor.fetch_many(10).await.unwrap();
    let mut next = 11;
    while let Some(chunk) = cursor.next_chunk().await.unwrap() {
        assert_eq!(chunk.first_row(), next - 1);
        for row in chunk.rows_as() {
            let Borrowed { id, name } = row.unwrap();
            assert!(name.ends_with(&format!(" {id}")), "{name}");
            assert_eq!(u64::try_from(id).unwrap(), next);
            next += 1;
        }
    }
    assert_eq!(next, 501);
}

#[tokio::test]
async fn a_row_that_does_not_fit_is_an_error_with_its_number_in_the_result() {
    let (_server, session) = start_plain().await;
    let sql = "SELECT value FROM generate_series(120, 140) /* rows_per_batch=3 */";
    let mut cursor = session.query(sql).await.unwrap();
    let error = cursor.fetch_all_as::<i8>().await.unwrap_err();
    assert_eq!(error.sqlstate(), SqlState::NUMBER_OUT_OF_RANGE);
    assert!(error.message().contains("column 0 (\"value\"), row 8"), "{error}");
}

#[tokio::test]
async fn row_numbers_go_on_after_batches_read_as_they_are() {
    let (_server, session) = start_plain().await;
    let sql = "SELECT value FROM generate_series(0, 99) /* rows_per_batch=10 */";
    let mut cursor = session.query(sql).await.unwrap();
    cursor.next_batch().await.unwrap().unwrap();
    let row = cursor.fetch_one().await.unwrap().unwrap();
    assert_eq!((row.number(), row.get::<i64>(0).unwrap()), (10, 10));
    cursor.next_batch().await.unwrap().unwrap();
    cursor.next_batch().await.unwrap().unwrap();
    let row = cursor.fetch_one().await.unwrap().unwrap();
    assert_eq!((row.number(), row.get::<i64>(0).unwrap()), (30, 30));
}
