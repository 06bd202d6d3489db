use super::{Candidate, route};
use crate::config::{Config, TransportKind};
use crate::transport::Address;

fn candidates(string: &str, locations: &[&str]) -> (Vec<String>, usize) {
    let config = Config::parse(string).unwrap();
    let host = &config.get_hosts()[0];
    let own = Address {
        kind: config.get_transport(),
        host: host.name().to_owned(),
        port: host.port(),
    };
    let locations: Vec<_> = locations.iter().map(|location| (*location).to_owned()).collect();
    let route = route(&config, &own, &locations);
    let shown = |candidate: &Candidate| match candidate {
        Candidate::Original => "original".to_owned(),
        Candidate::Other(address, _) if address.kind == TransportKind::Tls => {
            format!("tls {}", address.peer())
        }
        Candidate::Other(address, _) => format!("tcp {}", address.peer()),
        Candidate::Object(url, _) => url.to_string(),
    };
    (route.candidates.iter().map(shown).collect(), route.refused.len())
}

#[test]
fn without_locations_the_sessions_own_connection_is_used() {
    assert_eq!(candidates("flightsql://a:1", &[]), (vec!["original".into()], 0));
}

#[test]
fn the_reuse_marker_and_the_own_server_come_first() {
    let tried = candidates(
        "flightsql://a:1",
        &["grpc+tls://a:2", "arrow-flight-reuse-connection://?"],
    );
    assert_eq!(tried, (vec!["original".into(), "tls a:2".into()], 0));
    let tried = candidates("flightsql://a:1", &["grpc+tls://a:2", "grpc+tls://a:1"]);
    assert_eq!(tried, (vec!["original".into(), "tls a:2".into()], 0));
}

#[test]
fn when_locations_fail_the_original_is_last() {
    let tried = candidates(
        "flightsql://a:1",
        &["grpc+tls://a:2", "grpc+tls://A:3", "grpc+tls://a:2"],
    );
    assert_eq!(
        tried,
        (vec!["tls a:2".into(), "tls a:3".into(), "original".into()], 0)
    );
}

#[test]
fn a_foreign_host_is_followed_only_when_allowed() {
    assert_eq!(
        candidates("flightsql://a:1", &["grpc+tls://evil:1"]),
        (vec!["original".into()], 1)
    );
    for allowed in ["b", "b:2", "*"] {
        let string = format!("flightsql://a:1?allowed_locations={allowed}");
        assert_eq!(
            candidates(&string, &["grpc+tls://b:2"]),
            (vec!["tls b:2".into(), "original".into()], 0)
        );
    }
    let string = "flightsql://a:1?allowed_locations=*.b.example";
    assert_eq!(candidates(string, &["grpc+tls://x.b.example:2"]).0.len(), 2);
    assert_eq!(candidates(string, &["grpc+tls://xb.example:2"]).1, 1);
}

#[test]
fn tls_never_falls_to_plaintext_unless_the_user_says_so() {
    assert_eq!(
        candidates("flightsql://a:1", &["grpc://a:2", "grpc+tcp://a:2"]),
        (vec!["original".into()], 2)
    );
    let string = "flightsql://a:1?allow_location_downgrade=true";
    assert_eq!(candidates(string, &["grpc://a:2"]).0, ["tcp a:2", "original"]);
}

#[test]
fn rubbish_and_addresses_of_elsewhere_are_passed_over() {
    let locations = [
        "location_not_used",
        "grpc+tcp://127.0.0.1",
        "grpc+tcp://0.0.0.0:1",
        "file:///etc/passwd",
        "",
        "grpc+tls://:1",
    ];
    assert_eq!(
        candidates("flightsql://a:1?transport=tcp", &locations),
        (vec!["original".into()], 6)
    );
}

#[test]
fn a_wildcard_does_not_allow_what_runs_on_the_clients_own_machine() {
    for own in [
        "localhost",
        "LOCALHOST.",
        "127.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "x.localhost",
    ] {
        let location = format!("grpc+tls://{own}:9");
        let string = "flightsql://db.example:1?allowed_locations=*";
        assert_eq!(
            candidates(string, &[&location]),
            (vec!["original".into()], 1),
            "{own}"
        );
    }
    let named = "flightsql://db.example:1?allowed_locations=127.0.0.1:9";
    assert_eq!(
        candidates(named, &["grpc+tls://127.0.0.1:9"]).0,
        ["tls 127.0.0.1:9", "original"]
    );
}

#[test]
fn localhost_and_its_addresses_are_one_host() {
    let string = "flightsql://localhost:1?transport=tcp";
    assert_eq!(candidates(string, &["grpc://127.0.0.1:1"]).0, ["original"]);
    assert_eq!(
        candidates(string, &["grpc://127.0.0.1:2"]).0,
        ["tcp 127.0.0.1:2", "original"]
    );
    assert_eq!(
        candidates(string, &["grpc://127.0.0.2:1"]),
        (vec!["original".into()], 1)
    );
}

#[test]
fn a_flood_of_locations_is_cut() {
    let many: Vec<_> = (0..10_000)
        .map(|n| format!("grpc+tls://a:{}", 1000 + n))
        .collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    assert_eq!(candidates("flightsql://a:1", &many).0.len(), 17);
}

#[test]
fn an_internal_name_is_rewritten() {
    let string = "flightsql://a:1?transport=tcp&location_rewrite=be-1.internal:8050=a:9000";
    assert_eq!(
        candidates(string, &["grpc://be-1.internal:8050"]).0,
        ["tcp a:9000", "original"]
    );
}

#[test]
fn the_policy_can_keep_everything_on_the_original() {
    let locations = ["grpc+tls://a:2"];
    assert_eq!(
        candidates("flightsql://a:1?location_policy=original-only", &locations).0,
        ["original"]
    );
    assert_eq!(
        candidates("flightsql://a:1?location_policy=prefer-original", &locations).0,
        ["original", "tls a:2"]
    );
}

#[test]
fn a_rewrite_may_name_schemes_and_any_address() {
    for (rule, location, tried) in [
        ("*=gate:9", "grpc+tls://be-1.internal:8050", "tls gate:9"),
        ("*=gate", "grpc+tls://be-1.internal:8050", "tls gate:8050"),
        ("grpc://be:1=grpc+tls://gate:9", "grpc+tcp://be:1", "tls gate:9"),
        ("be=[2001:db8::1]:9", "grpc+tls://be:1", "tls [2001:db8::1]:9"),
    ] {
        let string = format!("flightsql://a:1?location_rewrite={rule}");
        assert_eq!(candidates(&string, &[location]).0, [tried, "original"], "{rule}");
    }
    // The rule is for another scheme; and a rewrite gives nobody plaintext who has TLS.
    let string = "flightsql://a:1?location_rewrite=grpc://be:1=gate:9";
    assert_eq!(
        candidates(string, &["grpc+tls://be:1"]),
        (vec!["original".into()], 1)
    );
    let string = "flightsql://a:1?location_rewrite=*=grpc://gate:9";
    assert_eq!(
        candidates(string, &["grpc+tls://be:1"]),
        (vec!["original".into()], 1)
    );
}

#[cfg(feature = "http-locations")]
#[test]
fn an_object_is_read_from_an_allowed_host_only_and_never_in_plaintext_beside_tls() {
    let there = "https://bucket.example/part-1.arrow?signature=x";
    assert_eq!(
        candidates("flightsql://a:1", &[there]),
        (vec!["original".into()], 1)
    );
    let allowing = "flightsql://a:1?allowed_locations=bucket.example";
    assert_eq!(candidates(allowing, &[there]).0, [there, "original"]);
    assert_eq!(
        candidates(allowing, &["http://bucket.example/x"]),
        (vec!["original".into()], 1)
    );
    assert_eq!(candidates(allowing, &["https:///x", "http://"]).1, 2);
}

#[cfg(not(feature = "http-locations"))]
#[test]
fn an_object_is_passed_over_where_the_feature_is_off() {
    assert_eq!(
        candidates("flightsql://a:1", &["https://a/x"]),
        (vec!["original".into()], 1)
    );
}
