//! Properties of connection strings: what is printed is read back, nothing panics, no secret is seen, the manual is true.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use jetbridge::config::{Config, ConfigOption, Host, LocationRewrite, TransportKind};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// A secret that occurs in no message by chance.
const CANARY: &str = "hunter2canary";

/// The options that hang together, and are made by hand; all others are made from what the table says of them.
const BY_HAND: &[&str] = &[
    "port",
    "host",
    "socket_path",
    "transport",
    "database",
    "catalog",
    "schema",
    "user",
    "password",
    "token",
    "authorization",
    "authority",
    "user_agent",
    "tls_ca",
    "tls_client_certificate",
    "tls_client_key",
    "tls_server_name",
    "location_rewrite",
    "database_header",
    "token_scheme",
    "token_user",
    "lacks",
    "allowed_locations",
    "oauth_flow",
    "pool_min_idle",
    "header.NAME",
];

/// Text with everything in it that means something in a URL, in ODBC's braces or in a list.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => select(vec![
            ";", "{", "}", "}}", "{{", "=", "==", "&", "?", "#", "/", "//", "://", "@", ":", "%", "%41", "%2", "+", " ",
            "  ", ",", "'", "\"", "\\", "[", "]", "*", "***", "|", "~", "PWD=x", ";Host=evil;", "&transport=tcp",
        ])
        .prop_map(str::to_owned),
        3 => "[a-zA-Z0-9]{1,6}",
        1 => "[\\PC]{1,3}",
    ];
    vec(piece, 1..8).prop_map(|pieces| pieces.concat())
}

/// The same, as far as a header can carry it.
fn header_text() -> impl Strategy<Value = String> {
    hostile().prop_map(|text| as_header(&text))
}

fn as_header(text: &str) -> String {
    text.chars()
        .filter(char::is_ascii)
        .collect::<String>()
        .trim()
        .to_owned()
}

fn host() -> impl Strategy<Value = Host> {
    let address = any::<std::net::Ipv6Addr>().prop_map(|address| address.to_string());
    (
        prop_oneof!["[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,20}".boxed(), address.boxed()],
        1_u16..,
    )
        .prop_map(|(name, port)| Host::new(name, port))
}

/// A duration in a unit that loses nothing.
fn duration() -> impl Strategy<Value = String> {
    let longest = 100 * 365 * 24 * 60 * 60;
    prop_oneof![
        (1_u64..longest).prop_map(Duration::from_secs),
        (1_u64..10_000_000).prop_map(Duration::from_millis),
        (1..u64::MAX / 8).prop_map(Duration::from_nanos),
    ]
    .prop_map(|duration| format!("{}ns", duration.as_nanos()))
}

/// Any word, number or duration that an option takes, by what the option says of itself.
fn value_of(option: &ConfigOption) -> BoxedStrategy<String> {
    let words: Vec<_> = option
        .words()
        .into_iter()
        .map(|(word, _)| word.to_owned())
        .collect();
    if !words.is_empty() {
        return select(words).boxed();
    }
    match option.values().as_str() {
        "`true`, `false`" => any::<bool>().prop_map(|yes| yes.to_string()).boxed(),
        "size" => (64_u64..4096).prop_map(|kib| format!("{kib}KiB")).boxed(),
        "number" => (1_u32..9).prop_map(|number| number.to_string()).boxed(),
        "number; `0` or `none`: no limit" => (0_u32..999).prop_map(|number| number.to_string()).boxed(),
        "number, or `auto`" => prop_oneof![
            Just("auto".to_owned()),
            (0_u32..999).prop_map(|number| number.to_string())
        ]
        .boxed(),
        "duration" => duration().boxed(),
        "duration; `0` or `none`: off" => prop_oneof![Just("none".to_owned()), duration()].boxed(),
        other => panic!("{} takes {other}, which this test cannot make", option.key()),
    }
}

/// Some options, each with a value.
fn plain_options() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    let plain = |option: &&ConfigOption| !BY_HAND.contains(&option.key()) && option.default().is_some();
    let each: Vec<_> = Config::options()
        .iter()
        .filter(plain)
        .map(|option| {
            let key = option.key();
            proptest::option::weighted(0.2, value_of(option))
                .prop_map(move |value| value.map(|value| (key, value)))
        })
        .collect();
    assert!(each.len() > 30, "most options are made from the table");
    each.prop_map(|options| options.into_iter().flatten().collect())
}

fn with_texts(config: Config) -> impl Strategy<Value = Config> {
    let maybe = || proptest::option::weighted(0.3, hostile()).prop_map(Option::unwrap_or_default);
    let header = || proptest::option::weighted(0.3, header_text()).prop_map(Option::unwrap_or_default);
    let names = (maybe(), maybe(), maybe(), header());
    let login = (maybe(), maybe(), header(), header());
    (names, login).prop_map(
        move |((database, catalog, schema, authority), (user, password, token, agent))| {
            config
                .clone()
                .database(database)
                .catalog(catalog)
                .schema(schema)
                .authority(authority)
                .user(user.replace(':', "."))
                .password(password)
                .token(token)
                .user_agent(agent)
        },
    )
}

fn with_lists_and_headers(config: Config) -> impl Strategy<Value = Config> {
    let address = || "[a-z*][a-z0-9.:/*-]{0,12}";
    let header_name = "[a-z0-9][a-z0-9_.-]{0,12}".prop_map(|name| format!("x-{name}-h"));
    let rewrite = (address(), address()).prop_map(|(from, to)| LocationRewrite::new(from, to));
    (
        vec(rewrite, 0..3),
        vec(address(), 0..3),
        vec((header_name, header_text()), 0..4),
    )
        .prop_map(move |(rewrite, allowed, headers)| {
            let config = config
                .clone()
                .location_rewrite(rewrite)
                .allowed_locations(allowed);
            headers
                .into_iter()
                .fold(config, |config, (name, value)| config.header(name, value))
        })
}

fn over_tls() -> impl Strategy<Value = Config> {
    let ca = proptest::option::of("/[a-z]{1,9}\\.pem");
    let key = proptest::option::of(hostile());
    (vec(host(), 1..4), ca, key, any::<bool>()).prop_map(|(hosts, ca, key, text)| {
        let config = Config::default().hosts(hosts).tls_ca(ca.unwrap_or_default());
        match key {
            Some(key) if text => config
                .tls_client_certificate("/c.pem")
                .tls_client_key(format!("-----BEGIN\n{key}")),
            Some(key) => config.tls_client_certificate(key.clone()).tls_client_key(key),
            None => config,
        }
    })
}

/// Any configuration that passes its own checks.
fn config() -> impl Strategy<Value = Config> {
    let plaintext =
        vec(host(), 1..4).prop_map(|hosts| Config::default().hosts(hosts).transport(TransportKind::Tcp));
    let unix = (any::<bool>(), hostile())
        .prop_map(|(absolute, path)| Config::unix(if absolute { format!("/{path}") } else { path }));
    (prop_oneof![over_tls(), plaintext, unix], plain_options())
        .prop_map(|(mut config, options)| {
            for (key, value) in options {
                config.set(key, &value).unwrap();
            }
            config
        })
        .prop_flat_map(with_texts)
        .prop_flat_map(with_lists_and_headers)
}

/// Text that looks like a connection string and mostly is none.
fn almost_a_connection_string() -> impl Strategy<Value = String> {
    let keys: Vec<_> = Config::options()
        .iter()
        .flat_map(|option| option.aliases().chain([option.key()]))
        .collect();
    let piece = prop_oneof![
        select(vec![
            "flightsql://",
            "grpc+tcp://",
            "grpc+unix://",
            "jdbc:arrow-flight-sql://",
            "Driver={",
            "Host=",
            "PWD={",
            "header.",
            "me:pw@",
            "a:1,b:2",
            "[::1]:5",
            "/db",
            "?",
            "&",
            ";",
            "=",
            "}",
            "3s",
            "64MiB",
            "true",
            "%41",
            "%",
        ])
        .prop_map(str::to_owned),
        select(keys).prop_map(str::to_owned),
        hostile(),
    ];
    vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

/// A text of one of the forms, often good: what `what_was_read_is_printed_and_read_again` needs.
fn likely_a_connection_string() -> impl Strategy<Value = String> {
    let pair = prop_oneof![
        (
            select(vec![
                "user",
                "PWD",
                "token",
                "catalog",
                "db_schema",
                "header.x",
                "header.Y"
            ]),
            "[a-z*{}=%4,' ]{0,6}"
        ),
        (
            select(vec!["connectTimeoutMs", "timeout", "idle_timeout"]),
            "[0-9]{1,3}(ms|s|m)?"
        ),
        (
            select(vec![
                "insecure",
                "disableCertificateVerification",
                "cookies",
                "autocommit"
            ]),
            "(true|false|1|0)"
        ),
    ];
    let form = select(vec![
        ("flightsql://h?", "&"),
        ("flightsql://u:p@a:1,b/d?", "&"),
        ("jdbc:arrow-flight-sql://h:1/?", "&"),
        ("jdbc:arrow-flight-sql://h:1/;", ";"),
        ("Driver={x};Host=h;", ";"),
        ("Host=a,b:2;Port=1;", ";"),
    ]);
    (form, vec(pair, 0..5)).prop_map(|((head, separator), pairs)| {
        let pairs: Vec<_> = pairs
            .into_iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        format!("{head}{}", pairs.join(separator))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_printed_is_read_back(config in config()) {
        config.validate().unwrap();
        let uri = config.to_uri_with_secrets();
        prop_assert_eq!(&Config::parse(&uri).unwrap(), &config, "{}", uri);
        let pairs = config.to_key_values_with_secrets();
        prop_assert_eq!(&Config::parse(&pairs).unwrap(), &config, "{}", pairs);
    }

    #[test]
    fn what_was_read_is_printed_and_read_again(text in prop_oneof![likely_a_connection_string(), almost_a_connection_string()]) {
        if let Ok(config) = Config::parse(&text) {
            prop_assert_eq!(&Config::parse(&config.to_uri_with_secrets()).unwrap(), &config);
            prop_assert_eq!(&Config::parse(&config.to_key_values_with_secrets()).unwrap(), &config);
        }
    }

    #[test]
    fn no_text_whatever_makes_it_panic(text in any::<String>(), almost in almost_a_connection_string()) {
        for text in [text, almost] {
            let shown = match Config::parse(&text) {
                Ok(config) => format!("{config} {config:?} {}", config.to_key_values()),
                Err(error) => format!("{error} {error:?}"),
            };
            prop_assert!(!shown.chars().any(char::is_control), "{:?}", shown);
            let _ = Config::split_key_values(&text);
            let _ = Config::new("h", 1).set(&text, &text);
        }
    }

    #[test]
    fn no_secret_is_seen(config in config(), before in hostile(), after in hostile()) {
        let secret = format!("{before}{CANARY}{after}");
        let config = config.password(&*secret).token(as_header(&secret)).header("x-secret", as_header(&secret));
        let read = Config::parse(&config.to_key_values_with_secrets()).unwrap();
        for config in [config, read] {
            prop_assert!(config.to_uri_with_secrets().contains(CANARY));
            let shown = format!("{config} {config:?} {config:#?} {}", config.to_key_values());
            prop_assert!(!shown.contains(CANARY), "{}", shown);
        }
    }

    #[test]
    fn no_secret_is_in_the_error_about_a_text_that_was_garbled(
        config in config(),
        at in any::<prop::sample::Index>(),
        // With a `=` it could put the secret under the name of another option, where nobody can tell it for one.
        garbage in hostile().prop_map(|text| text.replace('=', "")),
        uri in any::<bool>(),
    ) {
        let config = config.password(CANARY).token(CANARY).header("x-secret", CANARY);
        let text = if uri { config.to_uri_with_secrets() } else { config.to_key_values_with_secrets() };
        let mut text: Vec<char> = text.chars().collect();
        let at = at.index(text.len());
        text.splice(at..at, garbage.chars());
        let text: String = text.into_iter().collect();
        if let Err(error) = Config::parse(&text) {
            let shown = format!("{error} {error:?}");
            prop_assert!(!shown.contains(CANARY), "{}\n{}", text, shown);
        }
    }

    #[test]
    fn an_option_is_the_same_however_its_name_is_written(value in hostile()) {
        for option in Config::options() {
            let (mut plain, mut spelled) = (Config::new("h", 1), Config::new("h", 1));
            let plainly = plain.set(option.key(), &value).is_ok();
            let otherwise = spelled.set(&option.key().to_uppercase().replace('_', " "), &value).is_ok();
            prop_assert_eq!((plainly, &plain), (otherwise, &spelled), "{}", option.key());
        }
    }
}

fn docs(page: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../docs")
        .join(page)
}

#[test]
fn the_manual_page_of_the_options_is_the_table() {
    let page = docs("reference/options.md");
    let expected = Config::options_as_markdown();
    if std::env::var_os("JETBRIDGE_BLESS").is_some() {
        fs::write(&page, &expected).unwrap();
    }
    let written = fs::read_to_string(&page).unwrap_or_default();
    assert!(
        written == expected,
        "docs/reference/options.md is not what the table says: \
         run JETBRIDGE_BLESS=1 cargo test -p jetbridge --test config_roundtrip"
    );
}

/// Checks the blocks of a page: those marked `connection` hold one string a line, those marked `refused` what is an error. Gives the former.
fn strings_of(page: &str) -> Vec<String> {
    let guide = fs::read_to_string(docs(page)).unwrap();
    let (mut strings, mut good) = (Vec::new(), None);
    for line in guide.lines() {
        match (good, line) {
            (None, "```text connection") => good = Some(true),
            (None, "```text refused") => good = Some(false),
            (Some(_), "```") => good = None,
            (Some(good), line) if !line.is_empty() => {
                let outcome = Config::parse(line);
                assert_eq!(outcome.is_ok(), good, "{page}: {line}: {outcome:?}");
                strings.push(line.to_owned());
            }
            _ => {}
        }
    }
    strings
}

#[test]
fn every_connection_string_in_the_guide_is_what_it_says() {
    let checked = strings_of("guide/connection-strings.md").len();
    assert!(
        checked > 25,
        "only {checked} connection strings were found in the guide"
    );
}

#[test]
fn every_server_has_a_page_whose_connection_strings_can_be_used() {
    let option = Config::options().iter().find(|option| option.key() == "server");
    let words = option.unwrap().words();
    let overview = fs::read_to_string(docs("guide/servers/README.md")).unwrap();
    for (word, _) in words
        .into_iter()
        .filter(|(word, _)| !["auto", "standard"].contains(word))
    {
        let strings = strings_of(&format!("guide/servers/{word}.md"));
        assert!(
            overview.contains(&format!("({word}.md)")),
            "{word} is not in the overview"
        );
        let named =
            |text: &&String| Config::parse(text).is_ok_and(|config| config.get_server().to_string() == word);
        assert!(
            strings.iter().any(|text| named(&text)),
            "{word}: no string names it"
        );
        for text in strings {
            // With the server's own defaults, too.
            jetbridge::Connector::new(text.as_str()).unwrap_or_else(|error| panic!("{text}: {error}"));
        }
    }
}
