use std::time::Duration;

use super::{read, refuses};
use crate::config::{Config, HostOrder, TransportKind};

#[test]
fn a_url_says_who_where_and_which_database() {
    let config = read("flightsql://me:pw@db.example:1234/sales?connect_timeout=3s&target=random");
    assert_eq!(
        config,
        Config::new("db.example", 1234)
            .user("me")
            .password("pw")
            .database("sales")
            .connect_timeout(Duration::from_secs(3))
            .target(HostOrder::Random)
    );
    assert_eq!(config.get_transport(), TransportKind::Tls);
}

#[test]
fn hosts_are_names_addresses_and_lists() {
    for (text, expected) in [
        ("flightsql://h", "h:31337"),
        ("flightsql://h/", "h:31337"),
        ("flightsql://h:1/", "h:1"),
        ("flightsql://h?port=5", "h:5"),
        ("flightsql://127.0.0.1:2", "127.0.0.1:2"),
        ("flightsql://[::1]", "[::1]:31337"),
        ("flightsql://[fe80::1:2]:3/db", "[fe80::1:2]:3"),
        ("flightsql://a:1,b:2/db", "a:1,b:2"),
        ("flightsql://a,b:2,[::1]", "a:31337,b:2,[::1]:31337"),
        ("flightsql://a,b:2/?port=7", "a:7,b:2"),
        ("flightsql://me:p,w@a:1,b:2", "a:1,b:2"),
        ("flightsql://b%C3%BCcher.example:1", "xn--bcher-kva.example:1"),
        ("flightsql://bücher.example:1", "xn--bcher-kva.example:1"),
        ("flightsql://My-Host_1.example:1", "My-Host_1.example:1"),
        ("flightsql://?host=h&port=9", "h:9"),
    ] {
        assert_eq!(read(text).get("host").as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn what_is_no_host_is_refused() {
    for (text, expected) in [
        ("flightsql://", "no host is given"),
        ("flightsql:///db", "no host is given"),
        ("flightsql://?port=5", "no host is given"),
        ("flightsql://h:", "has a port that is not a number"),
        ("flightsql://h:x", "has a port that is not a number"),
        ("flightsql://h:0", "has a port that is not a number"),
        ("flightsql://h:65536", "has a port that is not a number"),
        ("flightsql://h:+1", "has a port that is not a number"),
        ("flightsql://[::1", "has a `[` without `]`"),
        ("flightsql://[::1]x", "something between `]` and the port"),
        ("flightsql://[h]:1", "brackets around what is not an IPv6 address"),
        ("flightsql://[::g]:1", "is not an IPv6 address"),
        ("flightsql://a:1,,b", "number 2 has no name"),
        ("flightsql://a b:1", "has a name that no host can have"),
        (
            "flightsql://h:1?port=2",
            "names another port than the option `port`",
        ),
    ] {
        refuses(text, expected);
    }
}

#[test]
fn schemes_say_what_carries_the_bytes() {
    for (text, expected) in [
        ("flightsql://h", TransportKind::Tls),
        ("FlightSQL://h", TransportKind::Tls),
        ("grpc://h", TransportKind::Tcp),
        ("grpc+tcp://h", TransportKind::Tcp),
        ("grpc+tls://h", TransportKind::Tls),
        ("grpc+unix:///s", TransportKind::Unix),
        ("datafusion+flightsql://h", TransportKind::Tls),
        ("datafusion+flightsql://h?insecure=true", TransportKind::Tcp),
        ("jdbc:arrow-flight-sql://h:1", TransportKind::Tls),
        ("jdbc:arrow-flight://h:1/?useEncryption=false", TransportKind::Tcp),
        ("flightsql://h?transport=TCP", TransportKind::Tcp),
        ("grpc+tcp://h?transport=tcp", TransportKind::Tcp),
    ] {
        assert_eq!(read(text).get_transport(), expected, "{text}");
    }
}

#[test]
fn a_scheme_and_an_option_may_not_disagree() {
    refuses(
        "grpc+tls://h?transport=tcp",
        "the scheme `grpc+tls` contradicts `transport=tcp`",
    );
    refuses("grpc://h?useEncryption=true", "contradicts `transport=tls`");
    refuses("grpc+tcp://?socket_path=/s", "contradicts `transport=unix`");
    refuses("postgres://h", "unknown scheme in the URL");
    refuses("http://h", "unknown scheme in the URL");
}

#[test]
fn a_unix_socket_is_the_path() {
    for (text, socket, database) in [
        (
            "flightsql:///var/run/x.sock?transport=unix&database=d",
            "/var/run/x.sock",
            Some("d"),
        ),
        ("grpc+unix:///var/run/x.sock", "/var/run/x.sock", None),
        ("flightsql://?transport=unix&socket_path=x.sock", "x.sock", None),
        ("flightsql:///?socket_path=%2Fx", "/x", None),
        ("flightsql:///a%20b/@c?transport=unix", "/a b/@c", None),
    ] {
        let config = read(text);
        assert_eq!(config.get_transport(), TransportKind::Unix, "{text}");
        assert_eq!(
            (config.get_socket_path(), config.get_database()),
            (Some(socket), database),
            "{text}"
        );
    }
    refuses("flightsql://?transport=unix", "needs the path of a socket");
    refuses(
        "flightsql://h/x.sock?transport=unix",
        "both a host and the path of a socket",
    );
    refuses("grpc+unix:///x?socket_path=/y", "given twice");
}

#[test]
fn everything_may_be_escaped() {
    let config = read("flightsql://m%65:%2F%3F%23%40%3A%25@h/a%2Fb?sch%65ma=x%26y%3Dz&header.x-y=a%20b");
    assert_eq!(config.get_user(), Some("me"));
    assert_eq!(
        config.get_password().map(|password| password.expose()),
        Some("/?#@:%")
    );
    assert_eq!(config.get_database(), Some("a/b"));
    assert_eq!(config.get_schema(), Some("x&y=z"));
    assert_eq!(config.get_headers().len(), 1);
    for text in [
        "flightsql://h?schema=%",
        "flightsql://h?schema=%4",
        "flightsql://h?schema=%zz",
        "flightsql://h/%ff",
    ] {
        refuses(text, "`%`");
    }
}

#[test]
fn a_password_may_hold_an_at_sign_and_colons() {
    let config = read("flightsql://me:p@ss:word@h:1");
    assert_eq!(
        config.get_password().map(|password| password.expose()),
        Some("p@ss:word")
    );
}

#[test]
fn a_plus_is_a_plus_except_in_jdbc() {
    let token = |text: &str| read(text).get_token().map(|token| token.expose().to_owned());
    assert_eq!(token("flightsql://h?token=a+b/c==").as_deref(), Some("a+b/c=="));
    assert_eq!(
        token("jdbc:arrow-flight-sql://h:1?token=a+b%2Bc").as_deref(),
        Some("a b+c")
    );
}

#[test]
fn the_database_is_the_path_without_its_slashes() {
    for (text, expected) in [
        ("flightsql://h", None),
        ("flightsql://h/", None),
        ("flightsql://h/db", Some("db")),
        ("flightsql://h/db/", Some("db")),
        ("flightsql://h/a/b", Some("a/b")),
        ("flightsql://h?database=db", Some("db")),
        ("flightsql://h?bucket-name=db", Some("db")),
    ] {
        assert_eq!(read(text).get_database(), expected, "{text}");
    }
    refuses(
        "flightsql://h/a?database=b",
        "the option `database` is given twice",
    );
}

#[test]
fn jdbc_separates_by_semicolons_where_there_is_no_question_mark() {
    let expected = Config::new("h", 1)
        .user("a")
        .password("b")
        .transport(TransportKind::Tcp);
    for text in [
        "jdbc:arrow-flight-sql://h:1/?user=a&password=b&useEncryption=false",
        "jdbc:arrow-flight-sql://h:1?user=a&password=b&useEncryption=false",
        "jdbc:arrow-flight-sql://h:1/;user=a;password=b;useEncryption=false",
        "jdbc:arrow-flight-sql://h:1;user=a;password=b;useEncryption=false;",
    ] {
        assert_eq!(read(text), expected, "{text}");
    }
}

#[test]
fn a_password_with_a_semicolon_is_never_cut() {
    for text in [
        "jdbc:arrow-flight-sql://h:1/?user=a&password=b;c",
        "flightsql://h?user=a&password=b;c=d",
    ] {
        let config = read(text);
        let password = config.get_password().map(|password| password.expose());
        assert!(
            password.is_some_and(|password| password.starts_with("b;c")),
            "{text}"
        );
    }
    // It could be meant as a separator, so neither reading is safe.
    refuses(
        "jdbc:arrow-flight-sql://h:1/?user=a;password=b",
        "holds another one after a `;`",
    );
    refuses(
        "flightsql://h?user=a&password=b;schema=c",
        "holds another one after a `;`",
    );
}

#[test]
fn what_a_url_cannot_hold_is_refused() {
    for (text, expected) in [
        ("flightsql://h/#x", "write `#` as %23"),
        ("flightsql://h/a\nb", "holds a control character"),
        ("flightsql://h/a@b", "the path holds an `@`"),
        ("flightsql://h?cookies", "option number 1 of the URL has no `=`"),
        (
            "flightsql://h?schema=a&schema=b",
            "the option `schema` is given twice",
        ),
        ("flightsql://me@h?user=you", "the option `user` is given twice"),
        ("flightsql://h?user=me&uid=you", "as `user` and as `uid`"),
    ] {
        refuses(text, expected);
    }
}

#[test]
fn what_is_printed_is_a_url_to_others_too() {
    let config = Config::new("::1", 5)
        .user("m e")
        .password("p/w?#@:%")
        .database("a/b ü")
        .header("x-y", "v;w&x=y");
    let text = config.to_uri_with_secrets();
    let url = url::Url::parse(&text).unwrap();
    assert_eq!(
        (url.scheme(), url.host_str(), url.port()),
        ("flightsql", Some("[::1]"), Some(5))
    );
    assert_eq!(
        (url.username(), url.password()),
        ("m%20e", Some("p%2Fw%3F%23%40%3A%25"))
    );
    assert_eq!(url.path(), "/a%2Fb%20%C3%BC");
    let pairs: Vec<_> = url.query_pairs().into_owned().collect();
    assert_eq!(pairs, [("header.x-y".to_owned(), "v;w&x=y".to_owned())]);
    assert_eq!(read(&text), config);
}

#[test]
fn only_what_is_not_the_default_is_printed() {
    for (config, expected) in [
        (Config::new("h", 31337), "flightsql://h:31337"),
        (Config::new("a", 1).host("::1", 2), "flightsql://a:1,[::1]:2"),
        (
            Config::new("h", 1).connect_timeout(Duration::from_secs(10)),
            "flightsql://h:1",
        ),
        (
            Config::new("h", 1).connect_timeout(None),
            "flightsql://h:1?connect_timeout=none",
        ),
        (Config::new("h", 1).password("x"), "flightsql://h:1?password=***"),
        (
            Config::new("h", 1).user("u").password("x").token("t"),
            "flightsql://u:***@h:1?token=***",
        ),
        (
            Config::unix("/r/x.sock").database("d"),
            "flightsql:///r/x.sock?transport=unix&database=d",
        ),
        (
            Config::unix("x.sock").user("u"),
            "flightsql://?socket_path=x.sock&transport=unix&user=u",
        ),
        (
            Config::new("h", 1)
                .allowed_locations(["*.example.com", "b:2"])
                .location_rewrite([("a", "b:1")]),
            "flightsql://h:1?location_rewrite=a%3Db:1&allowed_locations=*.example.com,b:2",
        ),
    ] {
        assert_eq!(config.to_string(), expected);
        if !expected.contains("***") {
            assert_eq!(read(expected), config);
        }
    }
}
