//! Values of every type, written into a statement and read back.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use jetbridge::types::{Date, Decimal, Duration, Interval, Time, Timestamp, Uuid};
use jetbridge::{Kind, Session, Value};

/// How a server differs from Arrow.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Server {
    /// It keeps nanoseconds, and numbers without a sign.
    arrow_types: bool,
}

pub(crate) const SPARK: Server = Server { arrow_types: false };
pub(crate) const DATA_FUSION: Server = Server { arrow_types: true };

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Writes every value into a statement of its own and reads it back.
pub(crate) async fn come_back(session: &Session, server: Server) {
    let mut same: Vec<Value> = vec![
        Value::Null,
        true.into(),
        false.into(),
        i64::MIN.into(),
        i64::MAX.into(),
        1.5_f32.into(),
        0.1_f32.into(),
        0.1_f64.into(),
        f64::MAX.into(),
        f64::INFINITY.into(),
        f64::NEG_INFINITY.into(),
        "-12.50".parse::<Decimal>().unwrap().into(),
        "0.00000000000000000000000000000000000001"
            .parse::<Decimal>()
            .unwrap()
            .into(),
        "text".into(),
        vec![0_u8, 39, 92, 255].into(),
        "2024-02-29".parse::<Date>().unwrap().into(),
        "0001-01-01".parse::<Date>().unwrap().into(),
        "9999-12-31".parse::<Date>().unwrap().into(),
        "23:59:59.000001".parse::<Time>().unwrap().into(),
        time("2024-02-29T12:34:56.789").into(),
        time("0001-01-01T00:00:00").into(),
        time("9999-12-31T23:59:59.999999").into(),
        Duration::new(-1, 500_000_000).unwrap().into(),
        Interval::new(14, -3, -1_500_000_000).into(),
        Value::List(vec![1_i64.into(), Value::Null]),
        Value::Struct(vec![("it's".into(), "a".into()), ("b".into(), 1.5_f64.into())]),
        Value::Map(vec![("a'".into(), 1.5_f64.into()), ("b".into(), 2.5_f64.into())]),
    ];
    let uuid = "67e55044-10b1-426f-9247-bb680e5fe0c8".parse::<Uuid>().unwrap();
    if server.arrow_types {
        same.extend([
            u64::MAX.into(),
            Value::Binary(uuid.0.to_vec()),
            time("2024-02-29T12:34:56.123456789").into(),
            time("2024-02-29T12:34:56.5+02:00").into(),
            Interval::new(0, 0, 1).into(),
            "1234567890123456789012345678901234567890.5"
                .parse::<Decimal>()
                .unwrap()
                .into(),
        ]);
    }
    for value in same {
        let back = read(session, &value).await;
        assert!(alike(&value, &back), "{value:?} came back as {back:?}");
    }
    let nan = read(session, &f64::NAN.into()).await;
    assert!(
        matches!(nan, Value::Float64(number) if number.is_nan()),
        "{nan:?}"
    );
    // A point in time stays that, whatever zone it is shown in.
    let Value::Timestamp(back) = read(session, &time("2024-02-29T12:34:56.5+02:00").into()).await else {
        panic!("no timestamp came back");
    };
    assert_eq!((back.seconds(), back.nanosecond()), (1_709_202_896, 500_000_000));
    let text = read(session, &uuid.into()).await;
    assert!(
        text == Value::from(uuid.to_string()) || text == Value::Binary(uuid.0.to_vec()),
        "{text:?}"
    );
    if !server.arrow_types {
        let finer = time("2024-02-29T12:34:56.123456789");
        let error = session
            .statement("select ?")
            .bind((finer,))
            .query()
            .await
            .unwrap_err();
        assert_eq!(error.kind(), Kind::Conversion, "{error}");
        assert!(error.message().contains("finer"), "{error}");
    }
}

async fn read(session: &Session, value: &Value) -> Value {
    let mut cursor = session
        .statement("select ? as v")
        .bind((value.clone(),))
        .query()
        .await
        .unwrap_or_else(|error| panic!("{value:?}: {error}"));
    let row = cursor.fetch_one().await.unwrap().unwrap();
    row.value(0).unwrap()
}

/// The same value, perhaps of another width: an integer that is written has none.
fn alike(given: &Value, back: &Value) -> bool {
    let integer = |value: &Value| value.to_string().parse::<i128>().ok();
    match (given, back) {
        (Value::List(given), Value::List(back)) => {
            given.len() == back.len() && given.iter().zip(back).all(|(given, back)| alike(given, back))
        }
        (Value::Map(given), Value::Map(back)) => given == back,
        (Value::Int64(_), _) => integer(given).is_some() && integer(given) == integer(back),
        _ => given == back,
    }
}

/// Rows to load, with NULLs and texts that are hard to quote.
pub(crate) fn batch() -> RecordBatch {
    const ROWS: i64 = 1200;
    let every = |n: i64| n % 5 != 0;
    let texts = (0..ROWS)
        .map(|n| every(n).then(|| format!("it's \\ {n}")))
        .collect::<StringArray>();
    let days = (0..ROWS)
        .map(|n| every(n).then_some(i32::try_from(n).unwrap_or(0)))
        .collect::<Date32Array>();
    let times = (0..ROWS)
        .map(|n| every(n).then_some(n * 1_000_001))
        .collect::<TimestampMicrosecondArray>();
    let numbers = (0..ROWS)
        .map(|n| every(n).then_some(n as f64 / 8.0))
        .collect::<Float64Array>();
    let columns: [(&str, ArrayRef, bool); 5] = [
        ("n", Arc::new((0..ROWS).collect::<Int64Array>()), true),
        ("t", Arc::new(texts), true),
        ("d", Arc::new(days), true),
        ("at", Arc::new(times), true),
        ("x", Arc::new(numbers), true),
    ];
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

/// Reads rows and holds them against a batch.
pub(crate) async fn same_rows(session: &Session, sql: &str, batch: &RecordBatch) {
    let rows = session.query(sql).await.unwrap().fetch_all().await.unwrap();
    let expected = jetbridge::Params::from(batch.clone()).to_rows().unwrap();
    assert_eq!(rows.len(), expected.len());
    for (row, expected) in rows.iter().zip(expected) {
        let values: Vec<Value> = (0..expected.len())
            .map(|column| row.value(column).unwrap())
            .collect();
        assert_eq!(values, expected);
    }
}
