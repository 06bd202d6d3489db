//! The ten servers.

use super::{Announces, Catalog, Connection, Likeness, Login, Parameters, Says, Texts, Token};

const ADA: &str = "Basic YWRhOnNlY3JldA==";
const TOKEN_USER: &str = "Basic dG9rZW46c2VjcmV0";
const AS_ADA: Connection = connection("ada:secret@", "", "");

const fn connection(user: &'static str, path: &'static str, options: &'static str) -> Connection {
    Connection { user, path, options }
}

/// What most of them are like.
const SOUND: Likeness = Likeness {
    name: "standard",
    plain: AS_ADA,
    named: AS_ADA,
    login: Login::Handshake(ADA, Token::Header),
    demands: None,
    says: Says::Name("sound"),
    texts: Texts::Standard,
    catalog: Catalog::Commands,
    parameters: Parameters::Bound,
    puts: true,
    locations: &[],
    backend: false,
    announces: Announces::AsItIs,
    keep_alives: false,
    ends_earlier: false,
    wants_use: false,
    trailers: &[],
    panics: &[],
};

/// All of them.
pub fn likenesses() -> Vec<Likeness> {
    vec![
        Likeness {
            name: "influxdb",
            plain: connection("", "/sales", "&token=secret"),
            named: connection("anyone:secret@", "/sales", ""),
            // Its scheme names are case-sensitive; the password is the token.
            login: Login::Headers(&["Bearer secret", "Token secret", "Basic YW55b25lOnNlY3JldA=="]),
            demands: Some(("database", "sales")),
            says: Says::Name("InfluxDB IOx"),
            keep_alives: true,
            puts: false,
            trailers: &[("x-influxdata-execution-duration-seconds", "0.5")],
            ..SOUND
        },
        Likeness {
            name: "dremio",
            named: connection("ada:secret@", "/sales", ""),
            says: Says::Name("Dremio"),
            parameters: Parameters::NotPrepared,
            catalog: Catalog::WithoutCatalogs,
            announces: Announces::NoNulls,
            ends_earlier: true,
            ..SOUND
        },
        Likeness {
            name: "doris",
            plain: connection("ada:secret@", "", ""),
            named: connection("ada:secret@", "/sales", ""),
            says: Says::InSql(&[
                ("version()", "5.7.99"),
                ("@@version_comment", "Doris version doris-2.1.8"),
            ]),
            texts: Texts::MySql,
            catalog: Catalog::InformationSchema,
            parameters: Parameters::NotPrepared,
            puts: false,
            locations: &["grpc+tcp://127.0.0.1:{port}"],
            backend: true,
            ..SOUND
        },
        Likeness {
            name: "starrocks",
            named: connection("ada:secret@", "/sales", ""),
            login: Login::Handshake(ADA, Token::Bare),
            says: Says::InSql(&[
                ("version()", "8.0.33"),
                ("@@version_comment", "StarRocks version 3.5.2"),
            ]),
            texts: Texts::MySql,
            catalog: Catalog::InformationSchema,
            parameters: Parameters::NotPrepared,
            puts: false,
            // The name of a host in the server's own network, and then the one that can be reached.
            locations: &[
                "grpc+tcp://be-0.cluster.internal:9419",
                "grpc+tcp://127.0.0.1:{port}",
            ],
            backend: true,
            ..SOUND
        },
        Likeness {
            name: "deephaven",
            plain: connection("", "", "&authorization=Anonymous"),
            named: connection("", "", ""),
            login: Login::Deephaven,
            says: Says::Name("Deephaven"),
            catalog: Catalog::WithoutCatalogs,
            parameters: Parameters::Sentinel,
            puts: false,
            ..SOUND
        },
        Likeness {
            name: "gizmosql",
            plain: connection("token:secret@", "", ""),
            named: connection("", "", "&token=secret"),
            login: Login::Handshake(TOKEN_USER, Token::Header),
            says: Says::Name("gizmosql"),
            ..SOUND
        },
        Likeness {
            name: "databend",
            login: Login::Handshake(ADA, Token::Payload),
            says: Says::Texts("Databend"),
            texts: Texts::MySql,
            catalog: Catalog::Show,
            parameters: Parameters::Refused,
            locations: &["location_not_used", "grpc+tcp://127.0.0.1"],
            announces: Announces::Nothing,
            panics: &["BeginTransaction"],
            ..SOUND
        },
        Likeness {
            name: "spice",
            plain: connection("", "", "&token=secret"),
            named: connection("", "", "&token=secret"),
            login: Login::Headers(&["Bearer secret"]),
            says: Says::Name("Spice.ai"),
            announces: Announces::NoNulls,
            locations: &["grpc+tcp://spiced.default.svc.cluster.local:50051"],
            ..SOUND
        },
        Likeness {
            name: "roapi",
            login: Login::Handshake(ADA, Token::Both),
            says: Says::Name("roapi"),
            parameters: Parameters::Refused,
            announces: Announces::Nothing,
            ..SOUND
        },
        Likeness {
            name: "sail",
            plain: connection("", "", ""),
            named: connection("", "", ""),
            login: Login::Anybody,
            says: Says::InSql(&[("version()", "0.7.2"), ("current_catalog()", "sail")]),
            texts: Texts::Spark,
            catalog: Catalog::Show,
            parameters: Parameters::NotPrepared,
            puts: false,
            ..SOUND
        },
    ]
}
