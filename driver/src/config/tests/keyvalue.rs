use super::{read, refuses};
use crate::config::{Config, TransportKind};

#[test]
fn an_odbc_string_is_read() {
    let config = read(
        "Driver={Apache Arrow Flight SQL ODBC Driver}; HOST = h ;Port=1;UID=me;PWD={a;b}}c=d};UseEncryption=false;;\
         Connect Timeout=2;header.X-Tenant=t;",
    );
    let expected = Config::new("h", 1)
        .user("me")
        .password("a;b}c=d")
        .transport(TransportKind::Tcp)
        .connect_timeout(std::time::Duration::from_secs(2))
        .header("x-tenant", "t");
    assert_eq!(config, expected);
}

#[test]
fn values_may_hold_anything_in_braces() {
    for (text, expected) in [
        ("Host=h;PWD=a=b", "a=b"),
        ("Host=h;PWD= a b ", "a b"),
        ("Host=h;PWD={ a }", " a "),
        ("Host=h;PWD={a;b}", "a;b"),
        ("Host=h;PWD={a}}}", "a}"),
        ("Host=h;PWD={}}}", "}"),
        ("Host=h;PWD={{}", "{"),
        ("Host=h;PWD= {x} ;", "x"),
        ("Host=h;PWD=a{b", "a{b"),
        ("Host=h;PWD=a}b", "a}b"),
        ("Host=h;PWD=flightsql://x", "flightsql://x"),
        ("PWD={Host=no;};Host=h", "Host=no;"),
    ] {
        let config = read(text);
        assert_eq!(
            config.get_password().map(|password| password.expose()),
            Some(expected),
            "{text}"
        );
        assert_eq!(read(&config.to_key_values_with_secrets()), config, "{text}");
    }
}

#[test]
fn an_empty_value_is_no_value() {
    assert_eq!(read("Host=h;UID=;PWD=;Database={}"), Config::new("h", 31337));
}

#[test]
fn what_is_no_list_of_pairs_is_refused() {
    for (text, expected) in [
        ("Host=h;PWD={a", "option number 2 has a `{` without `}`"),
        ("Host=h;PWD={a}b", "option number 2 goes on after its `}`"),
        ("Host=h;PWD=a;b", "option number 3 has no `=`"),
        ("Host=h;x", "option number 2 has no `=`"),
        ("Host=h;=x", "unknown option"),
        (
            "Host=h;host=g",
            "the option `host` is given twice, as `Host` and as `host`",
        ),
        ("Host=a:1;Port=2", "names another port than the option `port`"),
        ("Port=1", "no host is given"),
        ("Host=;Port=1", "no host is given"),
        ("UID=me", "no host is given"),
        ("DSN=x", "looked up by the ODBC driver"),
    ] {
        refuses(text, expected);
    }
}

#[test]
fn hosts_and_ports_go_together_in_any_order() {
    for text in [
        "Host=a,b:2;Port=1",
        "Port=1;Host=a,b:2",
        "host={a:1,b:2}",
        "hosts=a:1, b:2",
    ] {
        assert_eq!(read(text), Config::new("a", 1).host("b", 2), "{text}");
    }
    assert_eq!(read("Host=::1;Port=5"), Config::new("::1", 5));
    assert_eq!(read("Host=[::1]:5"), Config::new("[::1]", 5));
}

#[test]
fn a_socket_implies_its_transport() {
    assert_eq!(read("socket_path=/x"), Config::unix("/x"));
    assert_eq!(
        read("Transport=unix;Socket=/x;Database=d"),
        Config::unix("/x").database("d")
    );
    refuses("Transport=tcp;Socket=/x", "another transport than `unix`");
}

#[test]
fn pairs_can_be_split_without_knowing_the_keys() {
    let pairs = Config::split_key_values("DSN=sales;Own Key={a;b}").unwrap();
    let pairs: Vec<_> = pairs
        .iter()
        .map(|(key, value)| (key.as_str(), value.expose()))
        .collect();
    assert_eq!(pairs, [("DSN", "sales"), ("Own Key", "a;b")]);
}

#[test]
fn printed_pairs_hold_no_secret_unless_asked() {
    let config = Config::new("h", 1)
        .user("a b")
        .password("x;}")
        .header("X-Key", "y");
    assert_eq!(
        config.to_key_values(),
        "host=h:1;user={a b};password=***;header.x-key=***"
    );
    assert_eq!(
        config.to_key_values_with_secrets(),
        "host=h:1;user={a b};password={x;}}};header.x-key=y"
    );
}
