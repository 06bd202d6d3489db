use std::sync::Arc;

use arrow::array::{
    ArrayRef, AsArray, BinaryArray, BooleanArray, Date32Array, Decimal128Array, DictionaryArray,
    Float64Array, Int64Array, LargeStringArray, NullArray, RecordBatch, StringArray, StringViewArray,
    TimestampMicrosecondArray, UInt64Array, UnionArray,
};
use arrow::buffer::ScalarBuffer;
use arrow::datatypes::{DataType, Field, Int32Type, UnionFields};
use arrow_flight::sql::{ActionCreatePreparedStatementRequest, CommandPreparedStatementQuery};
use bytes::Bytes;
use tonic::Code;

use crate::client::{act, act_plainly, integers, number, query, read, rows, start, status, update};

fn batch(columns: &[(&str, ArrayRef)]) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.iter().map(|(name, array)| (*name, array.clone(), true)))
        .unwrap()
}

fn one(array: impl arrow::array::Array + 'static) -> RecordBatch {
    batch(&[("1", Arc::new(array))])
}

fn dense_union(text: &str) -> UnionArray {
    let fields = [
        (0, Arc::new(Field::new("string", DataType::Utf8, true))),
        (1, Arc::new(Field::new("int", DataType::Int64, true))),
    ];
    let children: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(vec![text])),
        Arc::new(Int64Array::from(Vec::<i64>::new())),
    ];
    let (types, offsets) = (ScalarBuffer::from(vec![0_i8]), ScalarBuffer::from(vec![0_i32]));
    UnionArray::try_new(UnionFields::from_iter(fields), types, Some(offsets), children).unwrap()
}

#[tokio::test]
async fn parameters_of_many_types_arrive_as_what_they_are() {
    let (_server, mut client) = start().await;
    let words: DictionaryArray<Int32Type> = vec!["other", "word"].into_iter().collect();
    let word = arrow::array::Array::slice(&words, 1, 1);
    let cases: Vec<(RecordBatch, &str, &str)> = vec![
        (one(Int64Array::from(vec![7])), "integer", "7"),
        (one(UInt64Array::from(vec![8])), "integer", "8"),
        (one(Float64Array::from(vec![1.5])), "real", "1.5"),
        (one(BooleanArray::from(vec![true])), "integer", "1"),
        (one(StringArray::from(vec!["a'b"])), "text", "a'b"),
        (one(LargeStringArray::from(vec!["large"])), "text", "large"),
        (
            one(StringViewArray::from(vec!["a view of some length"])),
            "text",
            "a view of some length",
        ),
        (one(BinaryArray::from(vec![&b"\x00\xff"[..]])), "blob", "00FF"),
        (one(Date32Array::from(vec![19_782])), "text", "2024-02-29"),
        (
            one(TimestampMicrosecondArray::from(vec![500_000])),
            "text",
            "1970-01-01 00:00:00.5",
        ),
        (
            one(Decimal128Array::from(vec![-1234])
                .with_precision_and_scale(10, 2)
                .unwrap()),
            "text",
            "-12.34",
        ),
        (one(NullArray::new(1)), "null", ""),
        (batch(&[("1", word)]), "text", "word"),
        (one(dense_union("from a union")), "text", "from a union"),
    ];
    for (parameters, kind, shown) in cases {
        let data_type = parameters.column(0).data_type().clone();
        let sql = "SELECT typeof(?1) AS k, CASE typeof(?1) WHEN 'blob' THEN hex(?1) ELSE coalesce(?1, '') || '' END AS v";
        let mut statement = client.prepare(sql.into(), None).await.unwrap();
        statement.set_parameters(parameters).unwrap();
        let info = statement.execute().await.unwrap();
        let found = read(&mut client, info).await.unwrap();
        let text = |column: usize| found[0].column(column).as_string::<i32>().value(0).to_owned();
        assert_eq!((text(0).as_str(), text(1).as_str()), (kind, shown), "{data_type}");
        statement.close().await.unwrap();
    }
}

#[tokio::test]
async fn several_rows_of_parameters_change_all_or_nothing() {
    let (server, mut client) = start().await;
    update(&mut client, "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)").await;
    let sql = "INSERT INTO t VALUES (?, ?)";
    let mut statement = client.prepare(sql.into(), None).await.unwrap();
    let good = batch(&[
        ("1", Arc::new(Int64Array::from(vec![1, 2, 3]))),
        ("2", Arc::new(StringArray::from(vec![Some("x"), None, Some("z")]))),
    ]);
    statement.set_parameters(good).unwrap();
    assert_eq!(statement.execute_update().await.unwrap(), 3);
    assert_eq!(server.counters().executions(sql), 1);
    let bad = batch(&[
        ("1", Arc::new(Int64Array::from(vec![4, 5, 1]))),
        ("2", Arc::new(StringArray::from(vec!["p", "q", "r"]))),
    ]);
    statement.set_parameters(bad).unwrap();
    assert_eq!(
        status(statement.execute_update().await).code(),
        Code::AlreadyExists
    );
    assert_eq!(number(&mut client, "SELECT count(*) FROM t").await, 3);
}

#[tokio::test]
async fn several_rows_of_parameters_query_one_after_the_other() {
    let (_server, mut client) = start().await;
    let mut statement = client
        .prepare("SELECT value FROM generate_series(1, ?)".into(), None)
        .await
        .unwrap();
    statement
        .set_parameters(one(Int64Array::from(vec![2, 0, 3])))
        .unwrap();
    let info = statement.execute().await.unwrap();
    assert_eq!(integers(&read(&mut client, info).await.unwrap()), [1, 2, 1, 2, 3]);
}

#[tokio::test]
async fn columns_without_rows_run_nothing() {
    let (_server, mut client) = start().await;
    update(&mut client, "CREATE TABLE t (a INTEGER)").await;
    let mut statement = client
        .prepare("INSERT INTO t VALUES (?)".into(), None)
        .await
        .unwrap();
    statement
        .set_parameters(one(Int64Array::from(Vec::<i64>::new())))
        .unwrap();
    assert_eq!(statement.execute_update().await.unwrap(), 0);
    assert_eq!(number(&mut client, "SELECT count(*) FROM t").await, 0);
}

#[tokio::test]
async fn named_parameters_are_found_by_name() {
    let (_server, mut client) = start().await;
    let mut statement = client
        .prepare("SELECT :big - $small AS d".into(), None)
        .await
        .unwrap();
    let names: Vec<String> = statement
        .parameter_schema()
        .unwrap()
        .fields()
        .iter()
        .map(|field| field.name().clone())
        .collect();
    assert_eq!(names, [":big", "$small"]);
    let swapped = batch(&[
        ("small", Arc::new(Int64Array::from(vec![1]))),
        ("big", Arc::new(Int64Array::from(vec![10]))),
    ]);
    statement.set_parameters(swapped).unwrap();
    let info = statement.execute().await.unwrap();
    assert_eq!(integers(&read(&mut client, info).await.unwrap()), [9]);
}

#[tokio::test]
async fn a_wrong_number_of_parameters_is_refused() {
    let (_server, mut client) = start().await;
    let mut statement = client.prepare("SELECT ?, ?".into(), None).await.unwrap();
    statement.set_parameters(one(Int64Array::from(vec![1]))).unwrap();
    let error = status(statement.execute().await);
    assert_eq!(error.code(), Code::InvalidArgument, "{error}");
    let mut unbound = client.prepare("SELECT ?".into(), None).await.unwrap();
    assert_eq!(status(unbound.execute().await).code(), Code::FailedPrecondition);
}

#[tokio::test]
async fn closed_handles_are_unknown_and_no_longer_counted() {
    let (server, mut client) = start().await;
    let request = ActionCreatePreparedStatementRequest {
        query: "SELECT 1".into(),
        transaction_id: None,
    };
    let prepared: arrow_flight::sql::ActionCreatePreparedStatementResult =
        act(&mut client, "CreatePreparedStatement", &request)
            .await
            .unwrap();
    assert_eq!(server.counters().open_statements, 1);
    let handle = prepared.prepared_statement_handle;
    let close = arrow_flight::sql::ActionClosePreparedStatementRequest {
        prepared_statement_handle: handle.clone(),
    };
    crate::client::act_silently(&mut client, "ClosePreparedStatement", &close)
        .await
        .unwrap();
    assert_eq!(server.counters().open_statements, 0);
    let command = CommandPreparedStatementQuery {
        prepared_statement_handle: handle,
    };
    let descriptor = arrow_flight::FlightDescriptor::new_cmd(prost::Message::encode_to_vec(
        &arrow_flight::sql::ProstMessageExt::as_any(&command),
    ));
    let error = crate::client::flight(&server)
        .await
        .get_flight_info(descriptor)
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::NotFound);
}

/// `ActionCreatePreparedStatementResult` with the field arrow-flight does not know.
#[derive(Clone, PartialEq, prost::Message)]
struct Prepared {
    #[prost(bytes = "bytes", tag = "2")]
    dataset_schema: Bytes,
    #[prost(bool, optional, tag = "4")]
    is_update: Option<bool>,
}

#[tokio::test]
async fn a_prepared_statement_says_whether_it_is_an_update() {
    let (_server, mut client) = start().await;
    for (sql, expected) in [("SELECT 1", false), ("DELETE FROM orders WHERE id = 0", true)] {
        let request = ActionCreatePreparedStatementRequest {
            query: sql.into(),
            transaction_id: None,
        };
        let request = arrow_flight::sql::ProstMessageExt::as_any(&request);
        let body = act_plainly(&mut client, "CreatePreparedStatement", &request)
            .await
            .unwrap();
        let any = <arrow_flight::sql::Any as prost::Message>::decode(body).unwrap();
        let prepared = <Prepared as prost::Message>::decode(any.value).unwrap();
        assert_eq!(prepared.is_update, Some(expected), "{sql}");
    }
    assert_eq!(rows(&query(&mut client, "SELECT 1").await.unwrap()), 1);
}
