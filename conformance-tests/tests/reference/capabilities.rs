//! What a server says it can do.

use std::time::Duration;

use jetbridge::{IsolationLevel, NameCase, SqlInfo, TransactionSupport};
use jetbridge_reference_server::{Capability, ReferenceServer};

use crate::{start, start_plain};

#[tokio::test]
async fn capabilities_are_typed_and_asked_once() {
    let (server, session) = start_plain().await;
    let before = server.counters().get_flight_info;
    assert_eq!(before, 0, "connecting asks nothing");
    let capabilities = session.capabilities().await.unwrap();
    assert_eq!(capabilities.server_name(), Some("Jetbridge reference server"));
    assert_eq!(capabilities.read_only(), Some(false));
    assert_eq!(capabilities.transactions(), Some(TransactionSupport::Savepoint));
    assert_eq!(capabilities.sql_transactions(), Some(true));
    assert_eq!(capabilities.cancel(), Some(true));
    assert_eq!(capabilities.bulk_ingestion(), Some(true));
    assert_eq!(capabilities.ingest_transactions(), Some(true));
    assert_eq!(capabilities.statement_timeout(), Some(Duration::ZERO));
    assert_eq!(capabilities.transaction_timeout(), Some(Duration::from_secs(300)));
    assert_eq!(capabilities.savepoints(), Some(true));
    assert_eq!(capabilities.named_parameters(), Some(true));
    assert_eq!(capabilities.identifier_quote(), Some("\""));
    assert_eq!(capabilities.identifier_case(), Some(NameCase::Insensitive));
    assert_eq!(capabilities.search_string_escape(), Some("\\"));
    assert_eq!(
        capabilities.default_isolation(),
        Some(IsolationLevel::Serializable)
    );
    assert_eq!(
        capabilities.isolation_levels(),
        Some(vec![IsolationLevel::Serializable])
    );
    let keywords = capabilities
        .get(SqlInfo::Keywords)
        .unwrap()
        .as_text_list()
        .unwrap();
    assert!(keywords.iter().any(|word| word == "PRAGMA"), "{keywords:?}");
    // Every code of the specification, each as the type it has there.
    let missing: Vec<_> = SqlInfo::ALL
        .iter()
        .filter(|code| capabilities.get(**code).is_none())
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
    let (first, second) = tokio::join!(session.capabilities(), session.capabilities());
    assert_eq!(first.unwrap(), second.unwrap());
    assert_eq!(server.counters().get_flight_info, 1);
}

#[tokio::test]
async fn a_server_without_get_sql_info_says_nothing_and_is_not_asked_again() {
    let (server, session) = start(ReferenceServer::builder().without(Capability::SqlInfo)).await;
    for _ in 0..3 {
        assert!(session.capabilities().await.unwrap().is_empty());
    }
    assert_eq!(server.counters().get_flight_info, 1);
    assert!(!session.is_broken());
}

#[tokio::test]
async fn what_was_switched_off_is_not_announced() {
    let off = [Capability::Savepoints, Capability::Cancel, Capability::Ingest];
    let (_server, session) = start(ReferenceServer::builder().without(off)).await;
    let capabilities = session.capabilities().await.unwrap();
    assert_eq!(capabilities.transactions(), Some(TransactionSupport::Transaction));
    assert_eq!(
        (capabilities.cancel(), capabilities.bulk_ingestion()),
        (Some(false), Some(false))
    );
}

#[tokio::test]
async fn no_answer_is_an_error_and_is_not_remembered() {
    let (server, session) = start_plain().await;
    server.shutdown().await.unwrap();
    let error = session.capabilities().await.unwrap_err();
    assert_eq!(error.kind(), jetbridge::Kind::Connection, "{error}");
    session.capabilities().await.unwrap_err();
}
