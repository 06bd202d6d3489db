//! An OAuth 2 server of Authlib: a token endpoint for every flow. Its nth token is `tn`.

use std::path::Path;

use super::not_run::NotRun;
use super::program::{Program, start_on_free_ports};
use super::running::{Running, installed};
use super::tools;

/// The options of the client it knows.
pub const OAUTH_CLIENT: &str =
    "oauth_client_id=app&oauth_client_secret=s3cr%26t%20%25&oauth_client_auth=post";

/// A server with one client.
///
/// # Errors
///
/// When Authlib cannot be had here.
pub async fn oauth() -> Result<Running, NotRun> {
    let python = installed(|| tools::authlib("authlib")).await?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/server/oauth.py");
    let (process, [port]) = start_on_free_ports(|[port]| {
        Program::new("oauth", &python)
            .arg(script.display().to_string())
            .arg(port.to_string())
            // It listens on this machine only.
            .env("AUTHLIB_INSECURE_TRANSPORT", "1")
            .listens_on(*port)
    })
    .await;
    Ok(Running::new("oauth", port, process))
}
