//! Checks that the options make sense, each alone and all together.

use super::choice::{GrpcCompression, OAuthFlow, TransportKind};
use super::options::OPTIONS;
use super::value::Reveal;
use super::{Config, address, assign};
use crate::error::{Error, Result};

pub(super) fn validate(config: &Config) -> Result<()> {
    for option in OPTIONS {
        let Some(access) = option.access() else { continue };
        if let Err(problem) = (access.check)(config) {
            let shown = (access.show)(config, Reveal::Masked);
            return Err(assign::bad_value(
                option.key,
                (!option.secret).then_some(&shown),
                &problem,
            ));
        }
    }
    for (name, value) in &config.headers {
        assign::check_header(name, value, true)?;
    }
    if !cfg!(feature = "grpc-compression") && config.get_grpc_compression() != GrpcCompression::None {
        return Err(Error::config(
            "`grpc_compression` needs the feature `grpc-compression` of the driver",
        ));
    }
    place(config)?;
    login(config)?;
    tls(config)?;
    if config.get_pool_min_idle() > config.get_pool_max_size() {
        return Err(Error::config("`pool_min_idle` is larger than `pool_max_size`"));
    }
    Ok(())
}

fn place(config: &Config) -> Result<()> {
    let unix = config.get_transport() == TransportKind::Unix;
    match (unix, config.get_socket_path()) {
        (true, None) => Err(Error::config("`transport=unix` needs the path of a socket")
            .hint("write flightsql:///PATH?transport=unix or socket_path=PATH")),
        (false, Some(_)) => Err(Error::config(
            "the path of a socket is given, but another transport than `unix`",
        )),
        (true, Some(_)) if !address::is_missing(config) => {
            Err(Error::config("both a host and the path of a socket are given"))
        }
        (false, None) if address::is_missing(config) => Err(assign::no_form("no host is given")),
        _ => Ok(()),
    }
}

fn login(config: &Config) -> Result<()> {
    let password = [
        ("password", config.get_password().is_some()),
        ("password_file", config.get_password_file().is_some()),
    ];
    at_most_one(&password, "the password comes from one place")?;
    let token = [
        ("authorization", config.get_authorization().is_some()),
        ("token", config.get_token().is_some()),
        ("token_file", config.get_token_file().is_some()),
        ("token_command", config.get_token_command().is_some()),
        ("oauth_flow", config.get_oauth_flow() != OAuthFlow::None),
        ("token_source", config.tokens().is_some()),
    ];
    at_most_one(&token, "the token comes from one place")?;
    let user = [
        ("user", config.get_user().is_some()),
        ("password", config.get_password().is_some()),
        ("password_file", config.get_password_file().is_some()),
    ];
    if let (true, Some((other, _))) = (
        config.get_authorization().is_some(),
        user.iter().find(|(_, given)| *given),
    ) {
        return Err(
            Error::config(format!("both `authorization` and `{other}` are given"))
                .hint("`authorization` is the whole header: leave the other out"),
        );
    }
    if config.get_user().is_some_and(|user| user.contains(':')) {
        return Err(Error::config("`user` holds a `:`, which a login cannot carry"));
    }
    oauth(config)
}

fn at_most_one(options: &[(&str, bool)], hint: &str) -> Result<()> {
    let mut given = options.iter().filter(|(_, given)| *given);
    match (given.next(), given.next()) {
        (Some((a, _)), Some((b, _))) => {
            Err(Error::config(format!("both `{a}` and `{b}` are given")).hint(hint))
        }
        _ => Ok(()),
    }
}

/// What a flow cannot do without; and no option of a flow without a flow, as it would have no effect.
fn oauth(config: &Config) -> Result<()> {
    let flow = config.get_oauth_flow();
    let given = [
        ("oauth_token_uri", config.get_oauth_token_uri().is_some()),
        ("oauth_client_id", config.get_oauth_client_id().is_some()),
        ("oauth_client_secret", config.get_oauth_client_secret().is_some()),
        ("oauth_subject_token", config.get_oauth_subject_token().is_some()),
        ("oauth_refresh_token", config.get_oauth_refresh_token().is_some()),
        ("oauth_device_uri", config.get_oauth_device_uri().is_some()),
    ];
    let needed: &[&str] = match flow {
        OAuthFlow::None => {
            return match given.iter().find(|(_, given)| *given) {
                Some((option, _)) => Err(Error::config(format!("`{option}` is given, but no `oauth_flow`"))
                    .hint(
                        "write oauth_flow=client_credentials, token_exchange, refresh_token or device_code",
                    )),
                None => Ok(()),
            };
        }
        OAuthFlow::ClientCredentials => &["oauth_token_uri", "oauth_client_id", "oauth_client_secret"],
        OAuthFlow::TokenExchange => &["oauth_token_uri", "oauth_subject_token"],
        OAuthFlow::RefreshToken => &["oauth_token_uri", "oauth_refresh_token"],
        OAuthFlow::DeviceCode => &["oauth_token_uri", "oauth_device_uri", "oauth_client_id"],
    };
    match needed.iter().find(|option| given.contains(&(**option, false))) {
        Some(option) => Err(Error::config(format!("`oauth_flow={flow}` needs `{option}`"))),
        None => Ok(()),
    }
}

fn tls(config: &Config) -> Result<()> {
    let (certificate, key) = (config.get_tls_client_certificate(), config.get_tls_client_key());
    if certificate.is_some() != key.is_some() {
        return Err(Error::config(
            "`tls_client_certificate` and `tls_client_key` need each other",
        ));
    }
    if config.get_transport() == TransportKind::Tls {
        return Ok(());
    }
    let given = [
        ("tls_ca", config.get_tls_ca().is_some()),
        ("tls_client_certificate", certificate.is_some()),
        ("tls_server_name", config.get_tls_server_name().is_some()),
    ];
    match given.iter().find(|(_, given)| *given) {
        Some((option, _)) => Err(Error::config(format!(
            "`{option}` is given, but the connection is not TLS"
        ))
        .hint("leave it out, or write transport=tls")),
        None => Ok(()),
    }
}
