use super::refused;
use crate::config::Config;

/// What must not be seen, whatever is done with it.
const CANARY: &str = "hunter2canary";

#[test]
fn no_secret_is_printed() {
    let config = Config::new("h", 1)
        .user("me")
        .password(CANARY)
        .token(CANARY)
        .authorization(CANARY)
        .header("x-key", CANARY)
        .tls_ca(format!("-----BEGIN {CANARY}"))
        .tls_client_key(format!("-----BEGIN {CANARY}"))
        .tls_client_certificate(format!("-----BEGIN {CANARY}"));
    for text in [
        config.to_string(),
        config.to_uri(),
        config.to_key_values(),
        format!("{config:?} {config:#?}"),
        format!("{:?}", config.get_headers()),
        format!("{:?} {:?}", config.get_tls_ca(), config.get_password()),
        config.validate().unwrap_err().to_string(),
    ] {
        assert!(!text.contains(CANARY), "{text}");
    }
    for key in [
        "password",
        "token",
        "authorization",
        "header.x-key",
        "tls_ca",
        "tls_client_key",
    ] {
        assert_eq!(config.get(key).as_deref(), Some("***"), "{key}");
    }
    assert!(config.to_uri_with_secrets().contains(CANARY));
    assert!(config.to_key_values_with_secrets().contains(CANARY));
}

#[test]
fn a_password_that_was_not_escaped_is_in_no_error() {
    for text in [
        format!("flightsql://me:{CANARY}/x@h"),
        format!("flightsql://me:x/{CANARY}@h"),
        format!("flightsql://me:1/{CANARY}@h:1/db"),
        format!("flightsql://me:x?{CANARY}@h"),
        format!("flightsql://me:1?{CANARY}@h"),
        format!("flightsql://me:1?{CANARY}=@h"),
        format!("flightsql://me:1?x{CANARY}=1@h&y=2"),
        format!("flightsql://me:x#{CANARY}@h"),
        format!("flightsql://me:%{CANARY}@h"),
        format!("flightsql://me:{CANARY}%zz@h"),
        format!("flightsql://me:{CANARY} \n@h"),
        format!("flightsql://me:{CANARY}"),
        format!("flightsql://{CANARY}:x"),
        format!("flightsql://me:{CANARY}@h:x"),
        format!("flightsql://me:{CANARY}@a b"),
        format!("flightsql://me:{CANARY}@h?nonsense=1"),
        format!("flightsql://h?password=x&{CANARY}=1"),
        format!("flightsql://h?password=x&{CANARY}"),
        format!("flightsql://h?token={CANARY}&transport=x"),
        format!("flightsql://h?token={CANARY}&token={CANARY}"),
        format!("flightsql://h?token={CANARY}%0A"),
        format!("flightsql://h?user=a;password={CANARY}"),
        format!("flightsql://h?header.x={CANARY}%0A"),
        format!("flightsql://h?pasword={CANARY}"),
        format!("flightsql://h?nonsense={CANARY}"),
        format!("flightsql://h?dsn={CANARY}"),
        format!("flightsql://h?tls_ca=-----BEGIN{CANARY}&tls_ca=x"),
        format!("postgres://me:{CANARY}@h"),
        format!("me:{CANARY}@h"),
        CANARY.to_string(),
        format!("Host=h;PWD=x;{CANARY}"),
        format!("Host=h;PWD=x;{CANARY}=1"),
        format!("Host=h;PWD={{x}}{CANARY}"),
        format!("Host=h;PWD={{{CANARY}"),
        format!("Host=h;PWD={CANARY};PWD=x"),
        format!("Host=me:{CANARY}@h;Port=1"),
        format!("Host=flightsql://me:{CANARY}@h"),
        format!("user=me&password={CANARY}"),
        format!("jdbc:arrow-flight-sql://h:1/;password=x;{CANARY}=y"),
        format!("jdbc:arrow-flight-sql://h:1/;password=x;{CANARY}"),
    ] {
        let error = refused(&text);
        let shown = format!("{error} {error:?} {error:#?}");
        assert!(!shown.contains(CANARY), "{text}\n  gave: {error}");
    }
}

#[test]
fn a_secret_set_by_name_is_in_no_error() {
    let mut config = Config::new("h", 1);
    for (key, value) in [
        ("token", format!("{CANARY}\n")),
        ("header.x", format!("{CANARY}\n")),
        ("nonsense", CANARY.to_owned()),
        ("host", format!("me:{CANARY}@h")),
    ] {
        let error = config.set(key, &value).unwrap_err();
        assert!(!format!("{error} {error:?}").contains(CANARY), "{error}");
    }
}
