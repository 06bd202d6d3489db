//! Several hosts in one string.

use std::collections::BTreeMap;

use jetbridge::{Kind, Session};
use jetbridge_pool::Pool;
use jetbridge_reference_server::{ReferenceServer, Running};

use super::number;

async fn three() -> Vec<Running> {
    let mut servers = Vec::new();
    for _ in 0..3 {
        servers.push(ReferenceServer::builder().serve().await.unwrap());
    }
    servers
}

fn string(servers: &[Running], options: &str) -> String {
    let hosts: Vec<_> = servers
        .iter()
        .map(|server| server.address().to_string())
        .collect();
    format!("flightsql://{}?transport=tcp&{options}", hosts.join(","))
}

#[tokio::test]
async fn the_sessions_of_a_pool_are_dealt_out_over_the_hosts_in_turn() {
    let servers = three().await;
    let pool = Pool::new(string(&servers, "target=round-robin&pool_max_size=9")).unwrap();
    let mut held = Vec::new();
    let mut peers = BTreeMap::<String, usize>::new();
    for _ in 0..9 {
        let session = pool.get().await.unwrap();
        *peers.entry(session.peer().to_owned()).or_default() += 1;
        held.push(session);
    }
    assert_eq!(peers.values().copied().collect::<Vec<_>>(), [3, 3, 3]);
}

#[tokio::test]
async fn a_host_that_is_gone_is_passed_over_in_the_dealing() {
    let mut servers = three().await;
    let text = string(&servers, "target=round-robin&pool_max_size=9");
    servers.remove(1).shutdown().await.unwrap();
    let pool = Pool::new(text).unwrap();
    let mut held = Vec::new();
    for _ in 0..9 {
        let session = pool.get().await.unwrap();
        assert_eq!(number(&session, "SELECT 5").await.unwrap(), 5);
        held.push(session);
    }
    assert_eq!(pool.metrics().connect_failed, 0);
}

#[tokio::test]
async fn the_primary_is_the_first_that_does_not_call_itself_read_only() {
    let replica = ReferenceServer::builder().read_only(true).serve().await.unwrap();
    let primary = ReferenceServer::builder().serve().await.unwrap();
    let servers = [replica, primary];
    let any = Session::connect(string(&servers, "target=any")).await.unwrap();
    assert_eq!(any.peer(), servers[0].address().to_string());
    let session = Session::connect(string(&servers, "target=primary"))
        .await
        .unwrap();
    assert_eq!(session.peer(), servers[1].address().to_string());
    let pool = Pool::connect(string(&servers, "target=primary")).await.unwrap();
    assert_eq!(pool.get().await.unwrap().peer(), servers[1].address().to_string());
    let only_replicas = Session::connect(string(&servers[..1], "target=primary")).await;
    let error = only_replicas.unwrap_err();
    assert_eq!(error.kind(), Kind::Connection);
    assert!(error.message().contains("read-only"), "{error}");
}
