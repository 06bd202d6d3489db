//! From the command line to a session.

use std::time::Duration;

use jetbridge::Config;
use jetbridge::config::OAuthFlow;
use jetbridge_pool::{Pool, PooledSession};

use crate::args::LoginArgs;
use crate::exit::Failure;

#[cfg(feature = "embedded")]
mod embedded;

#[cfg(feature = "embedded")]
pub(crate) use embedded::{Access, Database, listen};

const URL: &str = "JETBRIDGE_URL";
const PASSWORD: &str = "JETBRIDGE_PASSWORD";
const TOKEN: &str = "JETBRIDGE_TOKEN";
/// How long the end of a session may keep a command that has done its work.
const FAREWELL: Duration = Duration::from_secs(3);

/// What to connect to.
pub(crate) struct Target {
    config: Config,
    /// The server to start first.
    #[cfg(feature = "embedded")]
    embedded: Option<Database>,
}

impl Target {
    /// The server a connection string names; the one of the environment where none is given.
    pub(crate) fn at(connection: Option<&str>, login: &LoginArgs) -> Result<Self, Failure> {
        let from_environment = variable(URL);
        let text = connection
            .or(from_environment.as_deref())
            .ok_or_else(missing_connection)?;
        let mut config = options(Config::load(text)?, login)?;
        if let (false, Some(token)) = (has_credentials(&config), variable(TOKEN)) {
            config = config.token(token);
        }
        let lacks_password = config.get_user().is_some()
            && config.get_password().is_none()
            && config.get_password_file().is_none()
            && config.get_token().is_none();
        if let (true, Some(password)) = (lacks_password, variable(PASSWORD)) {
            config = config.password(password);
        }
        config.validate()?;
        Ok(Self {
            config,
            #[cfg(feature = "embedded")]
            embedded: None,
        })
    }

    /// A server inside this process.
    #[cfg(feature = "embedded")]
    pub(crate) fn embedded(database: Database, login: &LoginArgs) -> Result<Self, Failure> {
        let here = Config::new("127.0.0.1", 1).transport(jetbridge::TransportKind::Tcp);
        Ok(Self {
            config: options(here, login)?,
            embedded: Some(database),
        })
    }

    /// What there is to connect to, where that is a server that runs.
    pub(crate) fn into_config(self) -> Config {
        self.config
    }

    /// Starts what has to be started, connects and logs in.
    pub(crate) async fn connect(self) -> Result<Connection, Failure> {
        #[cfg(feature = "embedded")]
        if let Some(database) = self.embedded {
            let server = listen(embedded::anywhere(), database, Access::default()).await?;
            let address = server.address();
            let config = self
                .config
                .hosts([jetbridge::Host::new(address.ip().to_string(), address.port())]);
            return Ok(Connection {
                pool: Pool::connect(config).await?,
                server: Some(server),
            });
        }
        Ok(Connection {
            pool: Pool::connect(self.config).await?,
            #[cfg(feature = "embedded")]
            server: None,
        })
    }
}

/// A pool, and the server inside this process where there is one.
pub(crate) struct Connection {
    pool: Pool,
    #[cfg(feature = "embedded")]
    server: Option<embedded::Running>,
}

impl Connection {
    pub(crate) async fn session(&self) -> Result<PooledSession, Failure> {
        Ok(self.pool.get().await?)
    }

    /// Gives the server a moment to hear of the end. What it says then changes nothing about what was done.
    pub(crate) async fn close(self) {
        let farewell = async {
            let _ = self.pool.close().await;
            #[cfg(feature = "embedded")]
            if let Some(server) = self.server {
                let _ = server.shutdown().await;
            }
        };
        let _ = tokio::time::timeout(FAREWELL, farewell).await;
    }
}

fn missing_connection() -> Failure {
    let embedded = if cfg!(feature = "embedded") {
        ", or --embedded"
    } else {
        ""
    };
    Failure::usage(format!(
        "what to connect to is missing: a connection string, or {URL} in the environment{embedded}"
    ))
}

/// Says whether there is a connection string in the environment.
pub(crate) fn environment_has_connection() -> bool {
    variable(URL).is_some()
}

/// What the command line says besides the connection string.
fn options(mut config: Config, login: &LoginArgs) -> Result<Config, Failure> {
    for option in &login.options {
        let (key, value) = option
            .split_once('=')
            .ok_or_else(|| Failure::usage("an --option is written KEY=VALUE; see `jetbridge options`"))?;
        config.set(key, value)?;
    }
    if let Some(user) = &login.user {
        config = config.user(user);
    }
    if let Some(name) = &login.password_env {
        config = config.password(named_variable(name)?);
    }
    if let Some(name) = &login.token_env {
        config = config.token(named_variable(name)?);
    }
    config.validate()?;
    Ok(config)
}

fn has_credentials(config: &Config) -> bool {
    config.get_user().is_some()
        || config.get_token().is_some()
        || config.get_authorization().is_some()
        || config.get_token_file().is_some()
        || config.get_token_command().is_some()
        || config.get_oauth_flow() != OAuthFlow::None
}

/// A variable that is set and not empty.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The variable the command line names for a secret.
pub(crate) fn named_variable(name: &str) -> Result<String, Failure> {
    variable(name)
        .ok_or_else(|| Failure::usage(format!("the environment variable {name} is not set, or empty")))
}

#[cfg(test)]
mod tests {
    use jetbridge::Config;

    use super::{has_credentials, options};
    use crate::args::LoginArgs;

    fn login(options: &[&str]) -> LoginArgs {
        LoginArgs {
            options: options.iter().map(|&option| option.to_owned()).collect(),
            ..LoginArgs::default()
        }
    }

    #[test]
    fn options_of_the_command_line_come_last() {
        let config = Config::parse("flightsql://h?query_timeout=3s").unwrap();
        let config = options(config, &login(&["query_timeout=7s", "header.x-org=a=b"])).unwrap();
        assert_eq!(config.get("query_timeout").as_deref(), Some("7s"));
        assert_eq!(config.get_headers().len(), 1);
    }

    #[test]
    fn an_option_that_is_not_known_is_the_users_mistake() {
        for wrong in ["query_timout=7s", "query_timeout", "query_timeout=soon"] {
            let failure = options(Config::new("h", 1), &login(&[wrong])).unwrap_err();
            assert_eq!(failure.code(), 2, "{wrong}");
        }
    }

    #[test]
    fn a_password_of_a_variable_that_is_not_set_is_not_an_empty_one() {
        let login = LoginArgs {
            password_env: Some("JETBRIDGE_NO_SUCH_VARIABLE".to_owned()),
            ..LoginArgs::default()
        };
        let failure = options(Config::new("h", 1).user("me"), &login).unwrap_err();
        assert!(failure.line().unwrap().contains("JETBRIDGE_NO_SUCH_VARIABLE"));
    }

    #[test]
    fn a_user_a_token_or_a_header_are_credentials() {
        assert!(!has_credentials(&Config::new("h", 1)));
        assert!(has_credentials(&Config::new("h", 1).user("me")));
        assert!(has_credentials(&Config::new("h", 1).token("t")));
        assert!(has_credentials(&Config::new("h", 1).authorization("Basic eA==")));
        assert!(has_credentials(&Config::new("h", 1).token_file("t")));
    }
}
