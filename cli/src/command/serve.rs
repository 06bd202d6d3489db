//! `jetbridge serve`: the reference server for anybody's client.

use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use jetbridge::{Config, Pem, TransportKind};

use crate::args::ServeArgs;
use crate::connect::{Access, listen, named_variable};
use crate::exit::Failure;
use crate::interrupt::Signals;

pub(crate) async fn run(args: ServeArgs, quiet: bool, signals: &mut Signals) -> Result<(), Failure> {
    let access = access(&args)?;
    let address = resolve(&args.listen).await?;
    let is_open = access.user.is_none() && access.token.is_none();
    let server = signals
        .guard(listen(address, args.database.clone(), access))
        .await?;
    if !quiet {
        notes(&args, server.address(), is_open);
    }
    // The server serves on even when nobody reads this.
    let _ = writeln!(io::stdout(), "{}", connection_string(&args, server.address()));
    signals.next().await;
    // A second signal ends what clients are still doing.
    tokio::select! {
        ended = server.shutdown() => ended.map_err(|error| Failure::here("the server failed", &error)),
        _ = signals.next() => Ok(()),
    }
}

fn access(args: &ServeArgs) -> Result<Access, Failure> {
    let secret = |variable: &Option<String>| variable.as_deref().map(named_variable).transpose();
    let read = |path: &Option<std::path::PathBuf>| path.as_deref().map(read).transpose();
    Ok(Access {
        user: args.user.clone().zip(secret(&args.password_env)?),
        token: secret(&args.token_env)?,
        tls: read(&args.tls_cert)?.zip(read(&args.tls_key)?),
    })
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path)
        .map_err(|error| Failure::usage(format!("cannot read {}: {error}", path.display())))
}

async fn resolve(listen: &str) -> Result<SocketAddr, Failure> {
    let mut found = tokio::net::lookup_host(listen).await.map_err(|error| {
        Failure::usage(format!(
            "--listen {listen} is no address of this machine: {error}"
        ))
    })?;
    found
        .next()
        .ok_or_else(|| Failure::usage(format!("--listen {listen} has no address")))
}

fn notes(args: &ServeArgs, address: SocketAddr, is_open: bool) {
    let what = args.database.as_deref().map_or_else(
        || "a sample database".to_owned(),
        |path| path.display().to_string(),
    );
    let mut stderr = io::stderr();
    let _ = writeln!(stderr, "serving {what}; Ctrl-C ends it");
    if is_open && !address.ip().is_loopback() {
        let _ = writeln!(
            stderr,
            "warning: anybody who reaches {address} can read and write it; see --user and --token-env"
        );
    }
}

/// What a client on this machine connects with; a password or token is not in it.
fn connection_string(args: &ServeArgs, address: SocketAddr) -> String {
    let host = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    let mut config = Config::new(host.to_string(), address.port());
    if let Some(user) = &args.user {
        config = config.user(user);
    }
    match &args.tls_cert {
        Some(certificate) => config
            .tls_ca(Pem::Path(certificate.display().to_string()))
            .to_uri(),
        None => config.transport(TransportKind::Tcp).to_uri(),
    }
}

#[cfg(test)]
mod tests {
    use super::connection_string;
    use crate::args::ServeArgs;

    fn args() -> ServeArgs {
        ServeArgs {
            listen: String::new(),
            database: None,
            user: None,
            password_env: None,
            token_env: None,
            tls_cert: None,
            tls_key: None,
        }
    }

    #[test]
    fn the_connection_string_can_be_copied() {
        let table = [
            ("127.0.0.1:1234", "flightsql://127.0.0.1:1234?transport=tcp"),
            ("0.0.0.0:1234", "flightsql://127.0.0.1:1234?transport=tcp"),
            ("[::]:1234", "flightsql://[::1]:1234?transport=tcp"),
        ];
        for (address, wanted) in table {
            assert_eq!(connection_string(&args(), address.parse().unwrap()), wanted);
        }
        let tls = ServeArgs {
            tls_cert: Some("cert.pem".into()),
            user: Some("me".into()),
            ..args()
        };
        assert_eq!(
            connection_string(&tls, "127.0.0.1:1".parse().unwrap()),
            "flightsql://me@127.0.0.1:1?tls_ca=cert.pem"
        );
    }
}
