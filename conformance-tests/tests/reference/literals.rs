//! Parameters written into the statement (`parameters=client`).

use jetbridge::types::{Date, Decimal, Duration, Interval, Time, Timestamp, Uuid};
use jetbridge::{Kind, ParameterMode, Params, Session, Value};
use jetbridge_conformance::hostile;
use jetbridge_reference_server::{Builder, Capability, ReferenceServer, Running};

use crate::string;

async fn start_client_side(builder: Builder) -> (Running, Session) {
    let server = builder.serve().await.unwrap();
    let session = Session::connect(format!("{}&parameters=client", string(&server)))
        .await
        .unwrap();
    (server, session)
}

fn without_parameters() -> Builder {
    ReferenceServer::builder().without(Capability::Parameters)
}

#[tokio::test]
async fn a_server_that_cannot_bind_gives_an_error_that_names_the_option() {
    let (_server, session) = crate::start(without_parameters()).await;
    for error in [
        session
            .statement("SELECT ?")
            .bind((1,))
            .query()
            .await
            .unwrap_err(),
        session
            .statement("DELETE FROM orders WHERE id = ?")
            .bind((1,))
            .update()
            .await
            .unwrap_err(),
    ] {
        assert_eq!(error.kind(), Kind::NotSupported, "{error}");
        assert!(error.to_string().contains("parameters=client"), "{error}");
    }
    let statement = session
        .statement("SELECT ?")
        .bind((1,))
        .parameters(ParameterMode::Client);
    let row = statement
        .query()
        .await
        .unwrap()
        .fetch_one()
        .await
        .unwrap()
        .unwrap();
    assert_eq!(row.get::<i64>(0).unwrap(), 1);
}

#[tokio::test]
async fn hostile_texts_come_back_as_they_were() {
    let (server, session) = start_client_side(without_parameters()).await;
    hostile::come_back(&session, 150, true).await.unwrap();
    let counters = server.counters();
    assert_eq!(counters.action("CreatePreparedStatement"), 0);
    // Each statement, and one question about the dialect.
    assert_eq!(counters.get_flight_info, 151);
}

#[tokio::test]
async fn every_type_that_sqlite_has_comes_back_as_if_it_had_been_bound() {
    let (_server, client_side) = start_client_side(ReferenceServer::builder()).await;
    let bound = |value: Value| {
        client_side
            .statement("SELECT ? AS v, typeof(?) AS t")
            .bind((value.clone(), value))
    };
    let values: Vec<Value> = vec![
        Value::Null,
        true.into(),
        false.into(),
        (-5_i8).into(),
        i64::MIN.into(),
        i64::MAX.into(),
        u32::MAX.into(),
        0.1_f32.into(),
        f64::MIN_POSITIVE.into(),
        (-0.0_f64).into(),
        f64::MAX.into(),
        f64::INFINITY.into(),
        f64::NEG_INFINITY.into(),
        "12.50".parse::<Decimal>().unwrap().into(),
        "it's\0 \\".into(),
        vec![0_u8, 39, 92, 255].into(),
        Value::Binary(Vec::new()),
        "67e55044-10b1-426f-9247-bb680e5fe0c8"
            .parse::<Uuid>()
            .unwrap()
            .into(),
        "2024-02-29".parse::<Date>().unwrap().into(),
        "23:59:59.000001".parse::<Time>().unwrap().into(),
        "2024-02-29T12:34:56.789".parse::<Timestamp>().unwrap().into(),
        "2024-02-29T12:34:56.789+02:00"
            .parse::<Timestamp>()
            .unwrap()
            .into(),
        Duration::new(-1, 500_000_000).unwrap().into(),
    ];
    for value in values {
        let mut rows = Vec::new();
        for mode in [ParameterMode::Server, ParameterMode::Client] {
            let mut cursor = bound(value.clone()).parameters(mode).query().await.unwrap();
            let row = cursor.fetch_one().await.unwrap().unwrap();
            rows.push((row.value(0).unwrap(), row.value(1).unwrap()));
        }
        assert_eq!(rows[0], rows[1], "{value:?}");
    }
    for value in [
        Value::from(f64::NAN),
        u64::MAX.into(),
        Interval::new(1, 2, 3).into(),
        Value::List(vec![1.into()]),
    ] {
        let error = bound(value.clone()).query().await.unwrap_err();
        assert_eq!(error.kind(), Kind::Conversion, "{error}");
        assert!(error.message().contains("parameter 1 (\"1\")"), "{error}");
        assert!(error.message().contains(value.kind()), "{error}");
    }
}

#[tokio::test]
async fn names_and_numbers_are_written_as_well() {
    let (_server, session) = start_client_side(without_parameters()).await;
    let named = Params::named([("high", Value::from(12_i64)), (":low", Value::from(10_i64))]);
    let sql = "SELECT count(*), ':low' FROM customers WHERE id BETWEEN :low AND :high -- :other";
    let row = session
        .statement(sql)
        .bind(named)
        .query()
        .await
        .unwrap()
        .fetch_one()
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (row.get::<i64>(0).unwrap(), row.get::<&str>(1).unwrap()),
        (3, ":low")
    );
    let row = session
        .statement("SELECT $2 - $1, $1")
        .bind((-1, 2))
        .query()
        .await
        .unwrap()
        .fetch_one()
        .await
        .unwrap();
    assert_eq!(row.unwrap().get::<i64>(0).unwrap(), 3);
}

#[tokio::test]
async fn rows_of_parameters_run_one_by_one_and_are_counted() {
    let (server, session) = start_client_side(without_parameters()).await;
    session
        .update("CREATE TABLE t (a INTEGER, b TEXT)")
        .await
        .unwrap();
    let statement = session.prepare("INSERT INTO t VALUES (?, ?)").await.unwrap();
    assert!(!statement.is_on_server());
    let rows = Params::rows((0..20_i64).map(|n| (n, format!("row '{n}'"))));
    assert_eq!(statement.update(&rows).await.unwrap(), Some(20));
    assert_eq!(server.counters().do_put, 21);
    // What cannot be written is found before anything has run.
    let broken = Params::rows([(1_i64, Value::from("x")), (2, Value::List(Vec::new()))]);
    statement.update(broken).await.unwrap_err();
    let mut cursor = session.query("SELECT count(*) FROM t").await.unwrap();
    assert_eq!(
        cursor.fetch_one().await.unwrap().unwrap().get::<i64>(0).unwrap(),
        20
    );
    let error = session
        .statement("SELECT ?, ?")
        .bind(&rows)
        .query()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::NotSupported, "{error}");
}
