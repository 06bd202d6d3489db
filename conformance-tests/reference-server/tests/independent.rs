//! The server before clients that are not ours: arrow-flight's own, and messages written by hand.

#[path = "independent/auth.rs"]
mod auth;
#[path = "independent/catalog.rs"]
mod catalog;
#[path = "independent/client.rs"]
mod client;
#[path = "independent/endpoints.rs"]
mod endpoints;
#[path = "independent/ingest.rs"]
mod ingest;
#[path = "independent/lifecycle.rs"]
mod lifecycle;
#[path = "independent/long.rs"]
mod long;
#[path = "independent/prepared.rs"]
mod prepared;
#[path = "independent/sessions.rs"]
mod sessions;
#[path = "independent/statements.rs"]
mod statements;
#[path = "independent/transactions.rs"]
mod transactions;
