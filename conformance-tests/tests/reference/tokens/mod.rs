//! Bearer tokens from sources: the program's own code, files, commands, OAuth endpoints that behave and that do not.

mod endpoint;
mod oauth;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures::future::join_all;
use jetbridge::{AccessToken, Config, Error, Kind, Operation, Session, token_from};
use jetbridge_pool::Pool;
use jetbridge_reference_server::{ReferenceServer, Running};

async fn server(token: &str) -> Running {
    ReferenceServer::builder().token(token).serve().await.unwrap()
}

fn string(server: &Running, options: &str) -> String {
    format!("flightsql://{}?transport=tcp&{options}", server.address())
}

async fn one(session: &Session) -> Result<i64, Error> {
    let mut cursor = session.query("SELECT 1 AS one").await?;
    cursor.fetch_one().await?.expect("one row").get("one")
}

/// A source of the program's own that counts how often it is asked: `t1`, `t2`, …
fn counting(config: Config) -> (Config, Arc<AtomicU32>) {
    let asked = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&asked);
    let config = config.token_source(token_from(move || {
        let counter = Arc::clone(&counter);
        async move {
            let number = counter.fetch_add(1, Ordering::SeqCst) + 1;
            tokio::task::yield_now().await;
            Ok(AccessToken::new(format!("t{number}")))
        }
    }));
    (config, asked)
}

#[tokio::test]
async fn a_token_that_expires_amid_eight_queries_is_renewed_once_and_all_have_their_rows() {
    let server = server("t1").await;
    let (config, asked) = counting(super::config(&server));
    let session = Session::connect(config).await.unwrap();
    one(&session).await.unwrap();
    server.replace_token("t2");
    let rows = join_all((0..8).map(|_| one(&session))).await;
    assert!(rows.iter().all(|row| matches!(row, Ok(1))), "{rows:?}");
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn all_sessions_of_a_pool_share_one_token_also_over_several_channels() {
    let server = server("t1").await;
    let (config, asked) = counting(
        super::config(&server)
            .pool_max_size(8)
            .pool_sessions_per_channel(3),
    );
    let pool = Pool::connect(config).await.unwrap();
    let sessions: Vec<_> = join_all((0..8).map(|_| pool.get()))
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    let rows = join_all(sessions.iter().map(|session| one(session))).await;
    assert!(rows.iter().all(|row| matches!(row, Ok(1))), "{rows:?}");
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    server.replace_token("t2");
    let rows = join_all(sessions.iter().map(|session| one(session))).await;
    assert!(rows.iter().all(|row| matches!(row, Ok(1))), "{rows:?}");
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_token_that_is_refused_again_is_not_asked_for_a_third_time() {
    let server = server("never").await;
    let (config, asked) = counting(super::config(&server));
    let session = Session::connect(config).await.unwrap();
    let error = one(&session).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Authentication, "{error}");
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_source_that_fails_says_what_was_being_done() {
    let server = server("t1").await;
    let config = super::config(&server).token_source(token_from(|| async {
        Err(Error::new(Kind::Permission, "the vault is sealed"))
    }));
    let error = Session::connect(config).await.unwrap_err();
    assert_eq!(error.operation(), Some(&Operation::Token));
    assert!(
        error
            .to_string()
            .starts_with("the vault is sealed (while getting a token on 127.0.0.1:"),
        "{error}"
    );
}

#[tokio::test]
async fn a_source_that_never_answers_ends_with_the_connect_timeout() {
    let server = server("t1").await;
    let config = super::config(&server)
        .connect_timeout(Duration::from_millis(200))
        .token_source(token_from(std::future::pending));
    let error = Session::connect(config).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.operation()),
        (Kind::Timeout, Some(&Operation::Token)),
        "{error}"
    );
}

#[tokio::test]
async fn a_token_file_is_read_again_when_the_server_refuses_the_old_token() {
    let server = server("first").await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "first\n").unwrap();
    let options = format!("token_file={}", file.path().display());
    let session = Session::connect(string(&server, &options)).await.unwrap();
    one(&session).await.unwrap();
    std::fs::write(file.path(), "second\n").unwrap();
    server.replace_token("second");
    one(&session).await.unwrap();
    // What counts is what the server takes: a file that vanishes does no harm until then.
    std::fs::remove_file(file.path()).unwrap();
    one(&session).await.unwrap();
    server.replace_token("third");
    let error = one(&session).await.unwrap_err();
    assert!(error.to_string().contains("token_file"), "{error}");
}

#[tokio::test]
async fn a_command_prints_the_token() {
    let server = server("printed").await;
    let command = "token_command=printf%20printed";
    one(&Session::connect(string(&server, command)).await.unwrap())
        .await
        .unwrap();
    for (command, says) in [
        ("exit%203", "exit status: 3"),
        ("true", "one line with a token"),
        ("printf%20'a%5Cnb'", "one line with a token"),
        ("exec%20yes", "too much for a token"),
    ] {
        let string = string(&server, &format!("token_command={command}"));
        let error = Session::connect(string).await.unwrap_err();
        assert_eq!(error.operation(), Some(&Operation::Token));
        assert!(error.to_string().contains(says), "{error}");
    }
    let endless = format!(
        "{}&connect_timeout=200ms",
        string(&server, "token_command=exec%20sleep%2060")
    );
    assert_eq!(Session::connect(endless).await.unwrap_err().kind(), Kind::Timeout);
}

/// The state of a process, as `ps` has it; none where there is no such process.
#[cfg(target_os = "linux")]
fn state(pid: &str) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit(") ").next()?.chars().next()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_a_command_has_started_ends_with_it_when_its_time_is_over() {
    let server = server("printed").await;
    let file = tempfile::NamedTempFile::new().unwrap();
    // The shell waits for a child of its own, which would otherwise sleep on.
    let command = format!("sleep 600 & echo $! > {} && wait", file.path().display());
    let config: Config = string(&server, "connect_timeout=3s").parse().unwrap();
    let error = Session::connect(config.token_command(command)).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Timeout, "{error}");
    let pid = std::fs::read_to_string(file.path()).unwrap();
    let gone = async {
        // A process nobody has waited for yet has ended too.
        while !matches!(state(pid.trim()), None | Some('Z' | 'X')) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), gone)
        .await
        .expect("the grandchild has ended");
}

#[tokio::test]
async fn a_password_file_is_read_at_every_login() {
    let server = ReferenceServer::builder()
        .users([("ada", "x y")])
        .serve()
        .await
        .unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "x y\n").unwrap();
    for handshake in ["auto", "never", "proto"] {
        let options = format!(
            "user=ada&handshake={handshake}&password_file={}",
            file.path().display()
        );
        one(&Session::connect(string(&server, &options)).await.unwrap())
            .await
            .unwrap();
    }
    let missing = string(&server, "user=ada&password_file=/nowhere/at/all");
    let error = Session::connect(missing).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("option password_file: the file cannot be read"),
        "{error}"
    );
}

#[tokio::test]
async fn callers_who_wait_for_a_wrong_password_do_not_try_it_themselves() {
    let server = ReferenceServer::builder()
        .users([("ada", "right")])
        .serve()
        .await
        .unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "right").unwrap();
    let options = format!("user=ada&password_file={}", file.path().display());
    let session = Session::connect(string(&server, &options)).await.unwrap();
    std::fs::write(file.path(), "wrong").unwrap();
    server.expire_tokens();
    let before = server.counters().handshake;
    let rows = join_all((0..32).map(|_| one(&session))).await;
    assert!(rows.iter().all(Result::is_err), "{rows:?}");
    // One login for those who waited; a caller whose own answer came after it failed may be a second.
    let tried = server.counters().handshake - before;
    assert!((1..=4).contains(&tried), "{tried} logins");
}
