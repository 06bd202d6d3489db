use super::{read, refuses};
use crate::config::{Config, Host, Pem, TransportKind};

#[test]
fn what_contradicts_itself_is_refused() {
    for (text, expected) in [
        (
            "flightsql://h?authorization=x&token=y",
            "both `authorization` and `token` are given",
        ),
        (
            "flightsql://u:p@h?authorization=x",
            "both `authorization` and `user` are given",
        ),
        ("flightsql://h?tls_client_certificate=/c", "need each other"),
        ("flightsql://h?tls_client_key=/k", "need each other"),
        (
            "grpc://h?tls_ca=/c",
            "`tls_ca` is given, but the connection is not TLS",
        ),
        (
            "grpc://h?tls_server_name=x",
            "`tls_server_name` is given, but the connection is not TLS",
        ),
        ("flightsql://a%3Ab:c@h", "`user` holds a `:`"),
        (
            "flightsql://h?pool_min_idle=9",
            "`pool_min_idle` is larger than `pool_max_size`",
        ),
    ] {
        refuses(text, expected);
    }
}

#[test]
fn what_other_drivers_accept_together_is_accepted() {
    // JDBC sends both; the token is the one that counts.
    read("flightsql://u:p@h?token=t");
    // Dialogs write every option, whether it matters or not.
    read("Host=h;useEncryption=false;disableCertificateVerification=true");
}

#[test]
fn nothing_can_be_smuggled_into_a_header() {
    for key in [
        "user",
        "token",
        "authorization",
        "database",
        "catalog",
        "schema",
        "authority",
        "user_agent",
        "header.x",
    ] {
        for value in ["a%0D%0Ax-evil:%20b", "a%0Ab", "a%00b", "a%0Db", "a%7Fb"] {
            refuses(
                &format!("flightsql://h?{key}={value}"),
                "holds a control character",
            );
        }
    }
    for key in ["token", "authorization", "authority", "user_agent", "header.x"] {
        refuses(
            &format!("flightsql://h?{key}=%C3%A9"),
            "holds a character that a header cannot carry",
        );
    }
    for name in ["a%0D%0Ab", "a%20b", "a:b", "%C3%A9"] {
        refuses(
            &format!("flightsql://h?header.{name}=x"),
            "is not the name of a header",
        );
    }
}

#[test]
fn what_a_program_sets_is_checked_as_well() {
    let good = || Config::new("h", 1);
    for (config, expected) in [
        (Config::default(), "no host is given"),
        (
            Config::new("a b", 1),
            "`host` (`a b:1`) has a name that no host can have",
        ),
        (Config::new("h", 0), "`host` (`h:0`) has the port 0"),
        (Config::new("", 1), "no host is given"),
        (good().hosts([Host::new("::g", 1)]), "is not an IPv6 address"),
        (good().user("a\r\nb"), "`user` holds a control character"),
        (good().token("a\nb"), "`token` holds a control character"),
        (
            good().header("x y", "v"),
            "the header `x y` is not the name of a header",
        ),
        (
            good().header("x", "a\nb"),
            "the header `x` holds a control character",
        ),
        (good().header("content-type", "x"), "cannot be set"),
        (good().max_frame_size(1), "`max_frame_size` (`1`) must be between"),
        (good().pool_max_size(0), "`pool_max_size` (`0`) must be between"),
        (good().location_rewrite([("a,b", "c")]), "has a comma"),
        (
            good().transport(TransportKind::Unix),
            "needs the path of a socket",
        ),
        (good().socket_path("/x"), "both a host and the path"),
        (
            Config::unix("/x").transport(TransportKind::Tcp),
            "another transport than `unix`",
        ),
        (Config::unix("/x\0y"), "holds a control character"),
    ] {
        let error = config.validate().unwrap_err().to_string();
        assert!(
            error.contains(expected),
            "{config:?}\n  gave:     {error}\n  expected: {expected}"
        );
    }
}

#[test]
fn a_pem_is_a_path_or_the_text_itself() {
    let text = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    let config = Config::new("h", 31337).tls_ca(text);
    assert_eq!(config.get_tls_ca(), Some(&Pem::Text(text.into())));
    assert_eq!(read(&config.to_uri_with_secrets()), config);
    assert_eq!(read(&config.to_key_values_with_secrets()), config);
    assert_eq!(config.to_uri(), "flightsql://h:31337?tls_ca=***");
    let config = config.tls_ca("/etc/ca.pem");
    assert_eq!(config.get_tls_ca(), Some(&Pem::Path("/etc/ca.pem".to_owned())));
    assert_eq!(config.to_uri(), "flightsql://h:31337?tls_ca=/etc/ca.pem");
    assert_eq!(config.tls_ca("").get_tls_ca(), None);
}
