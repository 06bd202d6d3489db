//! Profiles by name: which file, what wins, and what is said about a secret that others can read.

use std::path::{Path, PathBuf};
use std::process::Output;

use crate::{jetbridge, serve, stderr, stdout};

/// A home directory with files in it.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Writes a file that nobody else can read.
    fn put(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        set_mode(&path, 0o600);
        path
    }

    fn ask(&self, connection: &str, variables: &[(&str, &str)]) -> Output {
        let mut command = jetbridge();
        for name in ["JETBRIDGE_PROFILES", "XDG_CONFIG_HOME", "ODBCINI"] {
            command.env_remove(name);
        }
        command
            .env("HOME", self.0.path())
            .env("ODBCSYSINI", self.0.path())
            .env("JETBRIDGE_LOG", "jetbridge=warn")
            .envs(variables.iter().copied())
            .args(["query", connection, "SELECT 1 AS one", "--format", "csv"])
            .output()
            .unwrap()
    }
}

fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[track_caller]
fn answers(output: &Output) {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
    assert_eq!(stdout(output).replace('\r', ""), "one\n1\n");
}

#[track_caller]
fn refuses(output: &Output, words: &[&str]) {
    let text = stderr(output);
    assert_eq!(output.status.code(), Some(2), "{text}");
    for word in words {
        assert!(text.contains(word), "{word} in {text}");
    }
}

const PROFILES: &str = ".config/jetbridge/profiles.toml";

#[test]
fn a_profile_is_found_by_its_name_in_either_file() {
    let (server, home) = (serve(), Home::new());
    let address = server.uri.trim_start_matches("flightsql://");
    let (address, _) = address.split_once('?').unwrap();
    home.put(
        PROFILES,
        &format!(
            "[sales]\nurl = \"{}\"\nquery_timeout = \"60s\"\ncookies = true\n",
            server.uri
        ),
    );
    home.put(
        ".odbc.ini",
        &format!("[legacy]\nDriver = Jetbridge\nDescription = x\nHost = {address}\nUseEncryption = false\n"),
    );
    answers(&home.ask("DSN=sales", &[]));
    answers(&home.ask("profile=sales;query_timeout=30s", &[]));
    answers(&home.ask("dsn=legacy", &[]));
    // Moved elsewhere, they are found by the variables.
    let elsewhere = Home::new();
    let profiles = home.0.path().join(PROFILES).display().to_string();
    let ini = home.0.path().join(".odbc.ini").display().to_string();
    answers(&elsewhere.ask("DSN=sales", &[("JETBRIDGE_PROFILES", &profiles)]));
    answers(&elsewhere.ask("DSN=legacy", &[("ODBCINI", &ini)]));
    refuses(
        &elsewhere.ask("DSN=sales", &[]),
        &["no profile \"sales\"", "IM002", ".odbc.ini"],
    );
}

#[test]
fn the_connection_string_wins_over_the_profile() {
    let (server, home) = (serve(), Home::new());
    home.put(
        PROFILES,
        "[sales]\nhost = \"no-such-host.invalid\"\ntransport = \"tcp\"\n",
    );
    let address = server.uri.trim_start_matches("flightsql://");
    let (address, _) = address.split_once('?').unwrap();
    answers(&home.ask(&format!("DSN=sales;Host={address}"), &[]));
}

#[test]
fn a_variable_counts_in_a_profile_and_not_in_a_connection_string() {
    let home = Home::new();
    home.put(PROFILES, "[sales]\nhost = \"${SALES_HOST}\"\n");
    refuses(
        &home.ask("DSN=sales", &[]),
        &["option host: the variable SALES_HOST is not set", "profiles.toml"],
    );
    let server = serve();
    let address = server.uri.trim_start_matches("flightsql://");
    let (address, _) = address.split_once('?').unwrap();
    answers(&home.ask("DSN=sales;transport=tcp", &[("SALES_HOST", address)]));
    refuses(
        &home.ask("Host=${SALES_HOST};transport=tcp", &[("SALES_HOST", address)]),
        &[],
    );
    // Nor is a profile found by a URL, which may come from a stranger.
    refuses(&home.ask("flightsql://h?profile=sales", &[]), &["Config::load"]);
}

#[test]
fn a_secret_that_others_can_read_is_warned_of_and_not_shown() {
    let (server, home) = (serve(), Home::new());
    let profile = |password: &str| {
        format!(
            "[sales]\nurl = \"{}\"\nuser = \"me\"\npassword = \"{password}\"\n",
            server.uri
        )
    };
    let path = home.put(PROFILES, &profile("c4nary"));
    let quiet = home.ask("DSN=sales", &[]);
    assert!(
        !stderr(&quiet).contains("can be read by others"),
        "{}",
        stderr(&quiet)
    );
    set_mode(&path, 0o644);
    let warned = home.ask("DSN=sales", &[]);
    assert!(
        stderr(&warned).contains("can be read by others"),
        "{}",
        stderr(&warned)
    );
    assert!(!stderr(&warned).contains("c4nary"));
    // With the secret in a variable, the file holds none.
    let path = home.put(PROFILES, &profile("${SALES_PASSWORD}"));
    set_mode(&path, 0o644);
    let quiet = home.ask("DSN=sales", &[("SALES_PASSWORD", "c4nary")]);
    assert!(
        !stderr(&quiet).contains("can be read by others"),
        "{}",
        stderr(&quiet)
    );
}

#[test]
fn a_file_that_is_wrong_is_named_with_its_line() {
    let home = Home::new();
    home.put(PROFILES, "[sales]\nhost = \"h\"\npassword = c4nary\n");
    let output = home.ask("DSN=sales", &[]);
    refuses(&output, &["profiles.toml", "line 3"]);
    assert!(!stderr(&output).contains("c4nary"), "{}", stderr(&output));
}
