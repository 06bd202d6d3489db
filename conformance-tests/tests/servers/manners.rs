//! Real servers are recognized, and what is named for them is in force.

use jetbridge::{Evidence, Server, SqlDialect};
use jetbridge_conformance::{require, server};

use crate::{connect, connect_with};

#[tokio::test]
async fn sail_is_recognized_by_its_catalog_and_named_it_takes_parameters() {
    let sail = require!(server::sail().await);
    let manners = connect(&sail).await.manners().await.unwrap();
    assert_eq!(
        (manners.server(), manners.evidence()),
        (Server::Sail, Evidence::Name)
    );
    assert_eq!(
        (manners.sql_dialect(), manners.identifier_quote()),
        (SqlDialect::Spark, "`")
    );
    let session = connect_with(&sail, "server=sail").await;
    let statement = session
        .statement("select ? as text, cast(? as int) + 1 as n")
        .bind(("it's", 6));
    let row = statement
        .query()
        .await
        .unwrap()
        .fetch_one()
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (row.get::<&str>("text").unwrap(), row.get::<i32>("n").unwrap()),
        ("it's", 7)
    );
}

#[tokio::test]
async fn roapi_is_recognized_by_its_name_and_named_it_takes_parameters() {
    let parquet = require!(server::sample_parquet(1000));
    let roapi = require!(server::roapi("sample", &parquet).await);
    let manners = connect(&roapi).await.manners().await.unwrap();
    assert_eq!(
        (manners.server(), manners.evidence()),
        (Server::Roapi, Evidence::Name)
    );
    assert_eq!(manners.sql_dialect(), SqlDialect::DataFusion);
    let session = connect_with(&roapi, "server=roapi").await;
    let statement = session
        .statement("select count(*) as n from sample where id < ?")
        .bind((7_i64,));
    let row = statement
        .query()
        .await
        .unwrap()
        .fetch_one()
        .await
        .unwrap()
        .unwrap();
    assert_eq!(row.get::<i64>("n").unwrap(), 7);
}

#[tokio::test]
async fn a_server_of_another_kind_is_taken_as_the_specification_has_it() {
    let server = require!(server::go_sqlite().await);
    let manners = connect(&server).await.manners().await.unwrap();
    assert_eq!(
        (manners.server(), manners.server_name()),
        (Server::Standard, None)
    );
    assert_eq!(manners.evidence(), Evidence::None);
    assert_eq!(manners.in_force().count() + manners.by_option_only().count(), 0);
}
