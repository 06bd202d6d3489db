use std::collections::HashMap;
use std::time::Duration;

use super::{read, refuses};
use crate::config::name::plain_name;
use crate::config::table::Action;
use crate::config::value::Reveal;
use crate::config::{Config, LocationPolicy, TransportKind};

/// A config that differs from the default in nothing but what the text says.
fn with(option: &str) -> Config {
    read(&format!("flightsql://h?{option}"))
}

#[test]
fn no_two_options_share_a_name() {
    let mut owners = HashMap::new();
    for option in Config::options() {
        for name in option.plain_names() {
            if let Some(other) = owners.insert(name.clone(), option.key()) {
                panic!("{name} is a name of {other} and of {}", option.key());
            }
        }
    }
}

#[test]
fn the_defaults_can_be_written_and_pass_the_checks() {
    let config = Config::new("h", 31337);
    config.validate().unwrap();
    for option in Config::options() {
        let Some(access) = option.access() else { continue };
        let mut same = config.clone();
        let text = (access.show)(&config, Reveal::Whole);
        same.set(option.key(), &text)
            .unwrap_or_else(|error| panic!("{}: {error}", option.key()));
        // Where `server` may have another default, what is written counts, and is printed.
        same.given.clear();
        assert_eq!(same, config, "{}", option.key());
    }
}

#[test]
fn every_option_says_what_it_is_in_one_line() {
    for option in Config::options() {
        let doc = option.doc();
        assert!(!doc.is_empty() && !doc.contains(['\n', '|']), "{}", option.key());
        if !matches!(option.action, Action::Ignored | Action::Refused) {
            assert!(
                doc.trim() == doc && doc.ends_with('.') && doc.starts_with(char::is_uppercase),
                "{doc}"
            );
        }
    }
}

#[test]
fn the_names_other_clients_use_are_accepted() {
    let tls = "flightsql://h?tls_client_certificate=/c&tls_client_key=/k";
    for (text, expected) in [
        // ADBC
        ("flightsql://h?username=u", "flightsql://h?user=u"),
        (
            "flightsql://h?adbc.flight.sql.authorization_header=x",
            "flightsql://h?authorization=x",
        ),
        (
            "flightsql://h?adbc.flight.sql.client_option.authority=x",
            "flightsql://h?authority=x",
        ),
        (
            "flightsql://h?adbc.flight.sql.client_option.mtls_cert_chain=/c&adbc.flight.sql.client_option.mtls_private_key=/k",
            tls,
        ),
        (
            "flightsql://h?adbc.flight.sql.client_option.tls_override_hostname=x",
            "flightsql://h?tls_server_name=x",
        ),
        (
            "flightsql://h?adbc.flight.sql.client_option.tls_skip_verify=true",
            "flightsql://h?tls_verify=false",
        ),
        (
            "flightsql://h?adbc.flight.sql.client_option.tls_root_certs=/c",
            "flightsql://h?tls_ca=/c",
        ),
        (
            "flightsql://h?adbc.flight.sql.client_option.with_block=true",
            "flightsql://h",
        ),
        (
            "flightsql://h?adbc.flight.sql.client_option.with_max_msg_size=4096",
            "flightsql://h?max_message_size=4KiB",
        ),
        (
            "flightsql://h?adbc.flight.sql.rpc.timeout_seconds.connect=0.5",
            "flightsql://h?connect_timeout=500ms",
        ),
        (
            "flightsql://h?adbc.flight.sql.rpc.timeout_seconds.query=2",
            "flightsql://h?query_timeout=2s",
        ),
        (
            "flightsql://h?adbc.flight.sql.rpc.timeout_seconds.fetch=2",
            "flightsql://h?total_timeout=2s",
        ),
        (
            "flightsql://h?adbc.flight.sql.rpc.timeout_seconds.update=2",
            "flightsql://h?update_timeout=2s",
        ),
        (
            "flightsql://h?adbc.flight.sql.rpc.call_header.X-Y=z",
            "flightsql://h?header.x-y=z",
        ),
        (
            "flightsql://h?adbc.flight.sql.rpc.with_cookie_middleware=false",
            "flightsql://h?cookies=false",
        ),
        (
            "flightsql://h?adbc.connection.catalog=c&adbc.connection.db_schema=s",
            "flightsql://h?catalog=c&schema=s",
        ),
        (
            "flightsql://h?adbc.connection.autocommit=false",
            "flightsql://h?autocommit=0",
        ),
        ("flightsql://h?adbc.rpc.result_queue_size=5", "flightsql://h"),
        // JDBC
        ("flightsql://h?useEncryption=false", "flightsql://h?transport=tcp"),
        (
            "flightsql://h?disableCertificateVerification=true",
            "flightsql://h?tls_verify=false",
        ),
        (
            "flightsql://h?tlsRootCerts=/c&useSystemTrustStore=false",
            "flightsql://h?tls_ca=/c",
        ),
        (
            "flightsql://h?trustStore=/c&trustStorePassword=x",
            "flightsql://h?tls_ca=/c",
        ),
        ("flightsql://h?clientCertificate=/c&clientKey=/k", tls),
        (
            "flightsql://h?threadPoolSize=2",
            "flightsql://h?endpoint_parallelism=2",
        ),
        (
            "flightsql://h?retainCookies=true&retainAuth=true&useClientCache=true",
            "flightsql://h",
        ),
        (
            "flightsql://h?connectTimeoutMs=1500",
            "flightsql://h?connect_timeout=1500ms",
        ),
        (
            "flightsql://h?connectTimeoutMs=2s",
            "flightsql://h?connect_timeout=2s",
        ),
        (
            "flightsql://h?Authorization=Anonymous",
            "flightsql://h?authorization=Anonymous",
        ),
        // ODBC
        ("Driver={x};Host=h;User ID=u;PWD=p", "flightsql://u:p@h"),
        ("Host=h;UID=u;trustedCerts=/c", "flightsql://u@h?tls_ca=/c"),
        (
            "Host=h;useWideChar=true;stringColumnLength=9;chunkBufferCapacity=5;useSystemTrustStore=1",
            "flightsql://h",
        ),
        ("Host=h;LoginTimeout=3", "flightsql://h?connect_timeout=3s"),
        // Python
        ("flightsql://h?insecure=false", "flightsql://h"),
        ("flightsql://h?insecure=true", "flightsql://h?transport=tcp"),
        ("flightsql://h?disable_server_verification=false", "flightsql://h"),
        (
            "flightsql://h?tls_root_certs=/c&override_hostname=x",
            "flightsql://h?tls_ca=/c&tls_server_name=x",
        ),
        ("flightsql://h?cert_chain=/c&private_key=/k", tls),
        (
            "flightsql://h?feature-sqlalchemy-prepared-statements=on",
            "flightsql://h",
        ),
        ("flightsql://h?bucket-name=b", "flightsql://h/b"),
        // Go
        ("flightsql://h?tls=disabled", "flightsql://h?transport=tcp"),
        ("flightsql://h?tls=enabled", "flightsql://h"),
        ("flightsql://h?tls=false", "flightsql://h?transport=tcp"),
        ("flightsql://h?tls=skip-verify", "flightsql://h?tls_verify=false"),
        ("flightsql://h?timeout=1m30s", "flightsql://h?query_timeout=90s"),
    ] {
        assert_eq!(read(text), read(expected), "{text}");
    }
}

#[test]
fn names_are_compared_without_case_and_separators() {
    for name in [
        "connect_timeout",
        "connectTimeout",
        "CONNECT-TIMEOUT",
        "Connect%20Timeout",
    ] {
        assert_eq!(
            with(&format!("{name}=3")).get_connect_timeout(),
            Some(Duration::from_secs(3)),
            "{name}"
        );
    }
}

#[test]
fn an_unknown_option_is_answered_with_the_nearest_known_one() {
    for (text, expected) in [
        ("conect_timeout=3", "unknown option `conect_timeout`"),
        ("conect_timeout=3", "did you mean `connect_timeout`?"),
        ("pasword=x", "did you mean `password`?"),
        ("useEncription=x", "did you mean `transport`?"),
        ("tenant=x", "a header is sent with `header.tenant=value`"),
        ("tenant=x", "unknown_options=headers"),
        (
            "b%C3%B6se=x",
            "unknown option, with a name that no option can have",
        ),
    ] {
        refuses(&format!("flightsql://h?{text}"), expected);
        refuses(&format!("jdbc:arrow-flight-sql://h:1/?{text}"), expected);
    }
    refuses("Host=h;Tennant=x", "`header.Tennant=value`");
}

#[test]
fn unknown_options_become_headers_when_asked() {
    for text in [
        "Host=h;Tenant=x;unknown_options=headers",
        "jdbc:arrow-flight-sql://h?TENANT=x&unknown_options=headers",
    ] {
        let config = read(text);
        assert_eq!(
            config.get_headers(),
            [("tenant".to_owned(), "x".into())],
            "{text}"
        );
        assert_eq!(read(&config.to_uri_with_secrets()), config);
    }
    refuses(
        "Host=h;Own Key=x;UnknownOptions=headers",
        "is not the name of a header",
    );
}

#[test]
fn a_bad_value_is_answered_with_what_would_be_right() {
    for (text, expected) in [
        (
            "connect_timeout=3x",
            "`connect_timeout` (`3x`) is not a duration: write 3s, 500ms, 2m or 1h",
        ),
        ("connect_timeout=200y", "is not a duration"),
        ("connect_timeout=99999d", "must be at most 100 years"),
        ("keepalive_timeout=0", "must be more than 0"),
        (
            "max_message_size=1M",
            "is not a size: write 64MiB, 1MB or a number of bytes",
        ),
        ("max_message_size=1", "must be between 1KiB and"),
        ("max_frame_size=1KiB", "must be between 16KiB and 16777215"),
        ("window_size=3GiB", "must be between 65535 and 2147483647"),
        ("window_size=5GiB", "is too large"),
        (
            "pool_max_size=0",
            "`pool_max_size` (`0`) must be between 1 and 65536",
        ),
        ("endpoint_parallelism=x", "is not a whole number"),
        ("cookies=maybe", "is neither true nor false"),
        (
            "useEncryption=maybe",
            "`useEncryption` (`maybe`) is neither true nor false",
        ),
        ("tls=", "nor enabled, disabled or skip-verify"),
        ("tls=my-registered-config", "nor enabled, disabled or skip-verify"),
        (
            "location_policy=never",
            "is none of follow, prefer-original, original-only",
        ),
        ("location_rewrite=a", "is not FROM=TO"),
        ("location_rewrite=a=", "holds an address that is empty"),
        ("allowed_locations=a%20b", "has a comma, a space or `=` in it"),
        (
            "oauth.flow=client_credentials",
            "`oauth_flow=client_credentials` needs `oauth_token_uri`",
        ),
        (
            "oauth.clientId=x",
            "`oauth_client_id` is given, but no `oauth_flow`",
        ),
        ("uri=x", "give the URL itself as the connection string"),
        ("header.te=x", "the header `te` cannot be set: gRPC sets it"),
        ("header.grpc-timeout=x", "belong to gRPC"),
        ("header.x-bin=x", "hold bytes, not text"),
        ("header.:path=x", "is not the name of a header"),
        ("header.=x", "is not the name of a header"),
        ("header.user-agent=x", "use the option `user_agent`"),
    ] {
        refuses(&format!("flightsql://h?{text}"), expected);
    }
}

#[test]
fn zero_and_none_switch_a_limit_off() {
    for text in ["0", "none", "off", "0s", "0ms"] {
        assert_eq!(
            with(&format!("idle_timeout={text}")).get_idle_timeout(),
            None,
            "{text}"
        );
    }
    assert_eq!(with("pool_max_waiting=0").get_pool_max_waiting(), None);
    assert_eq!(with("pool_max_waiting=3").get_pool_max_waiting(), Some(3));
    assert_eq!(
        Config::new("h", 1)
            .idle_timeout(Duration::ZERO)
            .get_idle_timeout(),
        None
    );
}

#[test]
fn a_header_may_be_given_more_than_once() {
    let config = with("header.X-A=1&header.x-b=2&header.x-a=3");
    let headers: Vec<_> = config
        .get_headers()
        .iter()
        .map(|(name, value)| (name.as_str(), value.expose()))
        .collect();
    assert_eq!(headers, [("x-a", "1"), ("x-b", "2"), ("x-a", "3")]);
}

#[test]
fn the_header_with_the_credentials_is_the_option() {
    let expected = Config::new("h", 31337).authorization("Token t");
    assert_eq!(with("header.Authorization=Token%20t"), expected);
    assert_eq!(
        Config::new("h", 31337).header("Authorization", "Token t"),
        expected
    );
}

#[test]
fn an_option_can_be_set_and_got_by_any_name() {
    let mut config = Config::new("h", 1);
    config.set("Location Policy", "original-only").unwrap();
    config
        .set("adbc.flight.sql.rpc.timeout_seconds.connect", "2")
        .unwrap();
    config.set("insecure", "yes").unwrap();
    config.set("pwd", "hunter2").unwrap();
    config.set("header.x", "hunter2").unwrap();
    config.set("port", "7").unwrap();
    assert_eq!(config.get_location_policy(), LocationPolicy::OriginalOnly);
    assert_eq!(config.get("connect_timeout").as_deref(), Some("2s"));
    assert_eq!(config.get("insecure").as_deref(), Some("tcp"));
    assert_eq!(config.get("password").as_deref(), Some("***"));
    assert_eq!(config.get("header.X").as_deref(), Some("***"));
    assert_eq!(config.get("host").as_deref(), Some("h:7"));
    assert_eq!(config.get("port").as_deref(), Some("7"));
    assert_eq!(
        (config.get("user"), config.get("driver"), config.get("nonsense")),
        (None, None, None)
    );
}

#[test]
fn a_refused_value_changes_nothing() {
    let before = Config::new("h", 1).user("me");
    let mut config = before.clone();
    for (key, value) in [
        ("user", "a\nb"),
        ("pool_max_size", "0"),
        ("host", "a b"),
        ("nonsense", "x"),
        ("tls", "x"),
    ] {
        assert!(config.set(key, value).is_err(), "{key}");
        assert_eq!(config, before, "{key}");
    }
}

#[test]
fn options_can_be_set_one_by_one_in_any_order() {
    let mut config = Config::default();
    for (key, value) in [("port", "5"), ("host", "a,b:6"), ("useEncryption", "false")] {
        config.set(key, value).unwrap();
    }
    assert_eq!(
        config,
        Config::new("a", 5).host("b", 6).transport(TransportKind::Tcp)
    );
    let mut config = Config::default();
    config.set("port", "5").unwrap();
    assert!(config.validate().is_err());
    assert_eq!(config.host("a", 6), Config::new("a", 6));
}

#[test]
fn every_choice_can_be_written() {
    for option in Config::options() {
        for (word, meaning) in option.words() {
            assert!(
                meaning.ends_with('.') && meaning.starts_with(char::is_uppercase),
                "{meaning}"
            );
            let mut config = Config::new("h", 1);
            config.set(option.key(), word).unwrap();
            assert_eq!(
                config.get(option.key()).map(|text| plain_name(&text)),
                Some(plain_name(word))
            );
        }
    }
}
