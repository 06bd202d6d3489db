//! A scripted server that runs, and what it has seen.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tonic::metadata::MetadataMap;

use super::script::Script;
use super::{raw, service};

/// What clients have sent: the calls in order, by RPC, with their headers.
#[derive(Debug, Default)]
pub struct Seen(Mutex<Vec<(String, MetadataMap)>>);

impl Seen {
    /// Notes a call and says how many of its kind came before.
    pub(crate) fn note(&self, rpc: &str, headers: &MetadataMap) -> usize {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = calls.iter().filter(|(known, _)| known == rpc).count();
        calls.push((rpc.to_owned(), headers.clone()));
        before
    }

    /// How often an RPC (or an action, by its type) was called.
    pub fn count(&self, rpc: &str) -> usize {
        self.headers(rpc).len()
    }

    /// The headers of every call of an RPC.
    pub fn headers(&self, rpc: &str) -> Vec<MetadataMap> {
        let calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let those = calls.iter().filter(|(known, _)| known == rpc);
        those.map(|(_, headers)| headers.clone()).collect()
    }

    /// One header of every call of an RPC, empty where it had none.
    pub fn header(&self, rpc: &str, name: &str) -> Vec<String> {
        let value = |headers: &MetadataMap| {
            let value = headers.get(name).and_then(|value| value.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        self.headers(rpc).iter().map(value).collect()
    }
}

/// A scripted server. Dropping it ends it.
#[derive(Debug)]
pub struct FaultServer {
    address: SocketAddr,
    seen: Arc<Seen>,
    task: JoinHandle<()>,
}

impl FaultServer {
    /// Starts a server on this address of the loopback interface; port 0 takes a free one.
    ///
    /// # Errors
    ///
    /// When the port cannot be had.
    pub async fn start(script: Script, port: u16) -> std::io::Result<Self> {
        let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let seen = Arc::new(Seen::default());
        let task = match script.raw.clone() {
            Some(raw) => tokio::spawn(raw::serve(listener, raw, Arc::clone(&seen))),
            None => tokio::spawn(service::serve(listener, script, address, Arc::clone(&seen))),
        };
        Ok(Self { address, seen, task })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What clients have sent.
    pub fn seen(&self) -> &Seen {
        &self.seen
    }
}

impl Drop for FaultServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}
