use super::table::PROFILES;
use super::{Evidence, has_word, row};
use crate::config::choice::{Choice as _, IdentifierQuote, PlaceMode};
use crate::config::{Config, HandshakeMode, ParameterMode, Server, SqlDialect};

fn config(text: &str) -> Config {
    Config::parse(text).unwrap().in_manners()
}

#[test]
fn every_server_has_one_profile_whose_options_can_be_set_by_hand() {
    for server in Server::CHOICES {
        let count = PROFILES
            .iter()
            .filter(|profile| profile.server == *server)
            .count();
        let expected = usize::from(!matches!(server, Server::Auto | Server::Standard));
        assert_eq!(count, expected, "{server}");
    }
    for profile in PROFILES {
        let mut config = Config::new("h", 1);
        for (key, value) in profile.options {
            config.set(key, value).unwrap();
            assert!(key.starts_with("header.") || row(key).is_some(), "{key}");
        }
        config.validate().unwrap();
        for word in profile.words {
            assert_eq!(*word, word.to_lowercase());
        }
    }
}

#[test]
fn an_explicit_option_wins_even_where_it_says_the_default() {
    let plain = config("flightsql://h?server=databend");
    assert_eq!(plain.get_handshake(), HandshakeMode::Always);
    let explicit = config("flightsql://h?server=databend&handshake=auto&lacks=");
    assert_eq!(explicit.get_handshake(), HandshakeMode::Auto);
    assert_eq!(explicit.get_lacks(), []);
    let made = Config::new("h", 1)
        .parameters(ParameterMode::Server)
        .server(Server::Sail);
    assert_eq!(made.in_manners().get_parameters(), ParameterMode::Server);
    // And it survives being printed, in both forms.
    for text in [made.to_uri(), made.to_key_values()] {
        let read = Config::parse(&text).unwrap();
        assert_eq!(read, made, "{text}");
        assert_eq!(
            read.in_manners().get_parameters(),
            ParameterMode::Server,
            "{text}"
        );
    }
}

#[test]
fn the_clouds_are_told_by_their_hosts() {
    let told = |host: &str| Config::parse(host).unwrap().recognize("", None).manners;
    for (host, server) in [
        (
            "flightsql://us-east-1-1.aws.cloud2.influxdata.com/b",
            Server::InfluxDb,
        ),
        ("flightsql://Data.Dremio.Cloud:443", Server::Dremio),
        ("flightsql://data.eu.dremio.cloud:443", Server::Dremio),
        ("flightsql://flight.spiceai.io:443", Server::Spice),
    ] {
        assert_eq!(
            (told(host).server(), told(host).evidence()),
            (server, Evidence::Host),
            "{host}"
        );
    }
    // Not by a host that only looks like one, and not where one of several is another.
    for host in [
        "flightsql://notdremio.cloud",
        "flightsql://data.dremio.cloud,evil.example",
    ] {
        assert_eq!(told(host).evidence(), Evidence::None, "{host}");
    }
}

#[test]
fn a_server_is_told_by_what_it_calls_itself_unless_the_option_says_otherwise() {
    let config = Config::new("h", 1);
    let told = config.recognize("GizmoSQL 1.2 (duckdb v1.3)", Some("\""));
    assert_eq!(told.manners.server(), Server::GizmoSql);
    assert_eq!(told.manners.server_name(), Some("GizmoSQL"));
    assert_eq!(told.manners.evidence(), Evidence::Name);
    assert_eq!(told.manners.sql_dialect(), SqlDialect::DuckDb);
    let in_force: Vec<_> = told.manners.in_force().collect();
    assert_eq!(
        in_force,
        [("sql_dialect", "duckdb"), ("identifier_quote", "double")]
    );
    // What counts before the first call is only told.
    let later: Vec<_> = told.manners.by_option_only().collect();
    assert_eq!(later, [("token_user", "token")]);
    let forced = config
        .clone()
        .server(Server::Sail)
        .in_manners()
        .recognize("GizmoSQL", None);
    assert_eq!(
        (forced.manners.server(), forced.manners.identifier_quote()),
        (Server::Sail, "`")
    );
    let none = config
        .clone()
        .server(Server::Standard)
        .in_manners()
        .recognize("GizmoSQL", None);
    assert_eq!(
        (none.manners.server(), none.manners.server_name()),
        (Server::Standard, None)
    );
    let engine = config.recognize("MyServer on PostgreSQL 17", Some("`"));
    assert_eq!(engine.manners.sql_dialect(), SqlDialect::Postgres);
    assert_eq!(
        (engine.manners.evidence(), engine.manners.identifier_quote()),
        (Evidence::None, "`")
    );
}

#[test]
fn a_word_within_a_word_is_no_name() {
    assert!(has_word("lakesail sail 0.7", "sail"));
    assert!(!has_word("we were assailed", "sail"));
}

#[test]
fn a_token_goes_out_as_the_server_wants_it() {
    let header = |config: &Config| {
        config
            .get_authorization()
            .map(|header| header.expose().to_owned())
    };
    let key = config("flightsql://h?server=deephaven&token=k");
    assert_eq!((header(&key), key.get_token_scheme()), (None, Some("psk")));
    assert_eq!(
        header(&config("flightsql://h?server=deephaven")).as_deref(),
        Some("Anonymous")
    );
    for login in ["token_file=/t", "token_command=t", "token=t"] {
        assert_eq!(
            header(&config(&format!("flightsql://h?server=deephaven&{login}"))),
            None,
            "{login}"
        );
    }
    assert_eq!(header(&config("flightsql://u:p@h?server=deephaven")), None);
    let bearer = config("flightsql://h?server=deephaven&token=k&token_scheme=Bearer");
    assert_eq!(bearer.get_token_scheme(), Some("Bearer"));
    let file = config("flightsql://h?server=gizmosql&token_file=/t");
    assert_eq!(
        (file.get_user(), file.get_password_file()),
        (Some("token"), Some("/t"))
    );
    let gizmo = config("flightsql://h?server=gizmosql&token=jwt");
    assert_eq!(
        (gizmo.get_user(), gizmo.get_password().is_some()),
        (Some("token"), true)
    );
    let user = config("flightsql://me:pw@h?server=gizmosql");
    assert_eq!(user.get_user(), Some("me"));
    for config in [key, gizmo, file] {
        config.validate().unwrap();
        assert_eq!(config.in_manners(), config, "once is enough");
    }
}

#[test]
fn headers_and_places_follow_the_server() {
    let deephaven = config("flightsql://h?server=deephaven");
    let name = "x-deephaven-auth-cookie-request";
    let sent = |config: &Config| {
        let of_that_name = config.get_headers().iter().filter(|(known, _)| known == name);
        of_that_name
            .map(|(_, value)| value.expose().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(sent(&deephaven), ["true"]);
    let without = config(&format!("flightsql://h?server=deephaven&header.{name}=false"));
    assert_eq!(sent(&without), ["false"]);
    let doris = config("flightsql://h/sales?server=doris");
    assert_eq!(
        (doris.get_place_mode(), doris.get_database_header().len()),
        (PlaceMode::Use, 0)
    );
    assert_eq!(doris.get_identifier_quote(), IdentifierQuote::Backtick);
    let names = |config: &Config| {
        let names = config.get_database_header().iter();
        names.map(|name| name.as_str().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&config("flightsql://h")), ["database"]);
    assert_eq!(
        names(&config("flightsql://h?database_header=bucket-name,Database")),
        ["bucket-name", "database"]
    );
}
