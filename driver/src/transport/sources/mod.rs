//! The token sources that a connection string can ask for.

mod command;
mod file;
#[cfg(all(feature = "oauth", any(feature = "tls-ring", feature = "tls-aws-lc")))]
mod oauth;
#[cfg(all(feature = "oauth", any(feature = "tls-ring", feature = "tls-aws-lc")))]
mod token_endpoint;

pub(super) use file::secret_in;

use crate::config::{Config, OAuthFlow};
use crate::error::Result;
use crate::token::Tokens;

/// The source of a configuration's tokens, if it has one. Sessions that are to share tokens share what this gives.
pub(crate) fn tokens(config: &Config) -> Result<Option<Tokens>> {
    if let Some(tokens) = config.tokens() {
        return Ok(Some(tokens.clone()));
    }
    if let Some(path) = config.get_token_file() {
        return Ok(Some(Tokens::new(file::TokenFile::new(path))));
    }
    if let Some(line) = config.get_token_command() {
        let patience = config.get_connect_timeout();
        return Ok(Some(Tokens::new(command::TokenCommand::new(line, patience))));
    }
    if config.get_oauth_flow() == OAuthFlow::None {
        return Ok(None);
    }
    oauth(config).map(Some)
}

#[cfg(all(feature = "oauth", any(feature = "tls-ring", feature = "tls-aws-lc")))]
fn oauth(config: &Config) -> Result<Tokens> {
    Ok(Tokens::new(oauth::OAuth::new(config)?))
}

#[cfg(not(all(feature = "oauth", any(feature = "tls-ring", feature = "tls-aws-lc"))))]
fn oauth(_: &Config) -> Result<Tokens> {
    use crate::error::{Error, Kind};
    Err(Error::new(
        Kind::NotSupported,
        "this build of Jetbridge cannot get tokens by OAuth",
    )
    .hint("build it with the features `oauth` and `tls-ring`, or give a token_source, token_command or token_file"))
}
