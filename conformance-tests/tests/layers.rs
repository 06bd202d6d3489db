//! The import rules of `docs/design/architecture.md`, held over the source of every crate.

#[path = "layers/scan.rs"]
mod scan;

use std::path::PathBuf;

use scan::{Source, sources};

/// The modules of the driver from bottom to top, each with those it may import.
const LAYERS: &[(&str, &str)] = &[
    ("metadata", ""),
    ("secret", ""),
    ("error", "metadata"),
    ("trace", "error"),
    ("sql", "error"),
    ("token", "error secret trace"),
    ("config", "error secret metadata trace token"),
    ("profile", "error secret trace config"),
    ("transport", "error secret metadata trace token config"),
    ("protocol", "error secret metadata trace config transport"),
    ("stream", "error secret metadata trace config transport protocol"),
    ("types", "error secret metadata trace"),
    ("cursor", "error secret metadata trace stream types"),
    (
        "shared",
        "error secret metadata trace sql config transport protocol stream types cursor",
    ),
    ("statement", BELOW_STATEMENTS),
    ("catalog", BELOW_STATEMENTS),
    (
        "session",
        "error secret metadata trace token config transport protocol stream types cursor shared statement catalog",
    ),
    (
        "blocking",
        "error secret metadata trace config transport protocol stream types cursor shared statement catalog session",
    ),
    ("fuzzing", "config cursor protocol shared stream transport types"),
];

/// Statements and the catalog import all below them, and not each other.
const BELOW_STATEMENTS: &str =
    "error secret metadata trace sql config transport protocol stream types cursor shared";

/// What starts work that goes on by itself.
const SPAWN: &[&str] = &[
    "tokio::spawn",
    "tokio::task::spawn",
    "tokio::task::spawn_blocking",
    "tokio::task::spawn_local",
    "tokio::task::JoinSet",
    "tokio::runtime",
    "std::thread::spawn",
];

/// What reaches outside of the process: files, the environment, sockets.
const OUTSIDE: &[&str] = &[
    "std::fs",
    "std::env",
    "std::net::TcpStream",
    "std::net::UdpSocket",
    "std::net::ToSocketAddrs",
    "std::os",
    "std::process",
    "tokio",
    "tonic",
    "hyper",
];

#[test]
fn a_module_of_the_driver_imports_only_what_stands_below_it() {
    let broken: Vec<_> = read("driver").iter().flat_map(imports_upwards).collect();
    holds("a module imports only what stands below it", &broken);
}

#[test]
fn url_stays_in_config_and_transport() {
    stays_in("driver", &["url"], &["config/", "transport/"]);
}

#[test]
fn tonic_stays_below_the_result_streams() {
    stays_in(
        "driver",
        &["tonic"],
        &["error/status.rs", "transport/", "protocol/"],
    );
}

#[test]
fn http2_is_spoken_in_one_place() {
    stays_in("driver", &["h2"], &["error/status.rs", "transport/http2/"]);
    stays_in("driver", &["tonic::transport"], &[]);
}

#[test]
fn messages_of_flight_sql_stay_in_protocol_and_catalog() {
    stays_in("driver", &["arrow_flight::sql"], &["protocol/", "catalog/"]);
}

#[test]
fn protobuf_stays_in_protocol_and_the_handshake() {
    stays_in(
        "driver",
        &["prost", "prost_types"],
        &["protocol/", "transport/auth.rs"],
    );
}

#[test]
fn tasks_are_spawned_for_connections_for_endpoints_and_by_the_janitor() {
    stays_in(
        "driver",
        SPAWN,
        &[
            "stream/fanout.rs",
            "shared/janitor.rs",
            "blocking/runtime.rs",
            "transport/http2/",
        ],
    );
}

#[test]
fn the_driver_logs_through_trace() {
    stays_in("driver", &["tracing"], &["trace.rs"]);
}

#[test]
fn the_driver_reads_files_for_tls_secrets_and_profiles_and_the_environment_for_profiles() {
    stays_in(
        "driver",
        &["std::fs", "tokio::fs"],
        &["transport/tls.rs", "transport/sources/file.rs", "profile/file.rs"],
    );
    stays_in(
        "driver",
        &["std::env"],
        &["profile/place.rs", "profile/variables.rs"],
    );
}

#[test]
fn a_configuration_reads_nothing_but_its_text() {
    is_not_used("driver", "config/", OUTSIDE);
}

#[test]
fn conversions_do_no_io() {
    is_not_used("driver", "types/", OUTSIDE);
}

#[test]
fn transport_knows_neither_arrays_nor_sql() {
    is_not_used(
        "driver",
        "transport/",
        &["arrow", "arrow_ipc", "arrow_flight::sql"],
    );
}

#[test]
fn the_pool_spawns_in_one_place() {
    stays_in("pool", SPAWN, &["tasks.rs"]);
}

#[test]
fn the_pool_stands_on_the_public_api_alone() {
    let crates = [
        "arrow",
        "arrow_flight",
        "arrow_ipc",
        "tonic",
        "prost",
        "url",
        "jetbridge::arrow",
    ];
    is_not_used("pool", "", &crates);
}

#[test]
fn the_command_line_stands_on_the_public_api_alone() {
    is_not_used("cli", "", &["arrow_flight", "arrow_ipc", "tonic", "prost"]);
}

#[test]
fn the_reference_server_knows_nothing_of_the_driver() {
    let server = "conformance-tests/reference-server";
    is_not_used(
        server,
        "",
        &["jetbridge", "jetbridge_pool", "jetbridge_conformance"],
    );
    let manifest = std::fs::read_to_string(root().join(server).join("Cargo.toml")).unwrap();
    let broken: Vec<_> = manifest
        .lines()
        .filter(|line| line.starts_with("jetbridge"))
        .collect();
    holds("the reference server depends on nothing of ours", &broken);
}

#[test]
fn neither_the_driver_nor_the_pool_unwraps() {
    let broken: Vec<_> = ["driver", "pool"]
        .iter()
        .flat_map(|krate| read(krate).iter().flat_map(unwraps).collect::<Vec<_>>())
        .collect();
    holds("an error is returned, not unwrapped", &broken);
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(krate: &str) -> Vec<Source> {
    let mut sources = sources(&root().join(krate).join("src"));
    assert!(!sources.is_empty(), "{krate} has no source");
    for source in &mut sources {
        source.origin = format!("{krate}/src/{}", source.file);
    }
    sources
}

#[track_caller]
fn holds(rule: &str, broken: &[impl std::fmt::Display]) {
    let list: Vec<_> = broken.iter().map(ToString::to_string).collect();
    assert!(list.is_empty(), "{rule}:\n  {}", list.join("\n  "));
}

/// Some names are used in their homes only, and each home uses one of them: a rule without a subject is taken back.
#[track_caller]
fn stays_in(krate: &str, names: &[&str], homes: &[&str]) {
    let sources = read(krate);
    let (at_home, broken): (Vec<_>, Vec<_>) = sources
        .iter()
        .flat_map(|source| uses(source, names).into_iter().map(|hit| (&source.file, hit)))
        .partition(|(file, _)| homes.iter().any(|home| file.starts_with(home)));
    let broken: Vec<_> = broken.into_iter().map(|(_, hit)| hit).collect();
    holds(&format!("{names:?} only in {homes:?}"), &broken);
    for home in homes {
        let lived_in = at_home.iter().any(|(file, _)| file.starts_with(home));
        assert!(
            lived_in,
            "{home} of {krate} uses none of {names:?}: take it out of the rule"
        );
    }
}

#[track_caller]
fn is_not_used(krate: &str, below: &str, names: &[&str]) {
    let sources = read(krate);
    let concerned: Vec<_> = sources
        .iter()
        .filter(|source| source.file.starts_with(below))
        .collect();
    assert!(!concerned.is_empty(), "{krate} has no {below}");
    let broken: Vec<_> = concerned.iter().flat_map(|source| uses(source, names)).collect();
    holds(&format!("{krate}/src/{below} uses none of {names:?}"), &broken);
}

fn uses(source: &Source, names: &[&str]) -> Vec<String> {
    source
        .paths()
        .iter()
        .filter(|path| names.iter().any(|name| path.reaches(name)))
        .map(|path| format!("{}:{}: {}", source.origin, path.line, path.names.join("::")))
        .collect()
}

fn imports_upwards(source: &Source) -> Vec<String> {
    let modules = source.modules();
    let Some(own) = modules.first() else {
        // The root itself declares the modules and shows what is public.
        return Vec::new();
    };
    let Some((_, allowed)) = LAYERS.iter().find(|(module, _)| module == own) else {
        return vec![format!("{}:1: the module {own} is in no layer", source.origin)];
    };
    let is_module = |name: &str| LAYERS.iter().any(|(module, _)| *module == name);
    source
        .paths()
        .iter()
        .filter_map(|path| {
            let target = path.root_module(modules.len())?;
            let through_root = path.names.first().is_some_and(|name| name == "crate") && !is_module(target);
            let upwards =
                is_module(target) && target != *own && allowed.split(' ').all(|module| module != target);
            (through_root || upwards).then(|| {
                let words = if through_root {
                    "is imported through the root"
                } else {
                    "stands above"
                };
                format!(
                    "{}:{}: {} {words}",
                    source.origin,
                    path.line,
                    path.names.join("::")
                )
            })
        })
        .collect()
}

/// `expect` counts where it is given words: parsers have a method of that name.
fn unwraps(source: &Source) -> Vec<String> {
    let lines = source.code.lines().enumerate();
    lines
        .filter(|(_, line)| {
            line.contains(".unwrap()") || line.contains(".expect(\"") || line.contains(".expect(&")
        })
        .map(|(index, line)| format!("{}:{}: {}", source.origin, index + 1, line.trim()))
        .collect()
}

mod the_scanner {
    use super::{Source, imports_upwards, unwraps, uses};

    fn at(file: &str, text: &str) -> Source {
        Source::new(file, text)
    }

    #[test]
    fn finds_an_import_that_points_up() {
        let broken = imports_upwards(&at(
            "stream/mod.rs",
            "\nuse crate::error::Error;\nuse crate::session::Session;",
        ));
        assert_eq!(broken, ["stream/mod.rs:3: crate::session::Session stands above"]);
    }

    #[test]
    fn finds_siblings_groups_supers_and_what_goes_through_the_root() {
        for text in [
            "use crate::statement::Statement;",
            "use crate::{error::Error, statement::Statement};",
            "use crate::{\n    error::{Error, Kind},\n    statement as other,\n};",
            "fn f(_: &crate::statement::Statement) {}",
            "use super::statement::Statement;",
            "use crate::Session;",
            "use crate::*;",
        ] {
            assert_eq!(imports_upwards(&at("catalog/mod.rs", text)).len(), 1, "{text}");
        }
        let below = at(
            "catalog/mod.rs",
            "use crate::shared::Shared; use super::cursor; use self::x::statement;",
        );
        assert_eq!(imports_upwards(&below), Vec::<String>::new());
    }

    #[test]
    fn finds_a_module_without_a_layer() {
        assert_eq!(
            imports_upwards(&at("util.rs", "")),
            ["util.rs:1: the module util is in no layer"]
        );
    }

    #[test]
    fn finds_foreign_names_however_they_are_written() {
        for text in [
            "use tonic::transport::Channel;",
            "use ::tonic::transport::Channel;",
            "use tonic::{Code, transport::{Channel, Endpoint}};",
            "use tonic::{\n    self,\n};",
            "use tonic;",
            "use tonic as t;",
            "use tonic::*;",
            "fn f() { let _ = tonic::transport::Endpoint::new(x); }",
        ] {
            assert!(
                !uses(&at("a.rs", text), &["tonic::transport"]).is_empty(),
                "{text}"
            );
        }
        for text in [
            "use tonic::Code;",
            "tonic::Code::Ok",
            "use other::tonic::transport;",
            "mytonic::transport::x()",
        ] {
            assert!(
                uses(&at("a.rs", text), &["tonic::transport"]).is_empty(),
                "{text}"
            );
        }
    }

    #[test]
    fn passes_over_comments_texts_and_tests() {
        let text = "// use url::Url;\n/* url::a /* b */ url::c */\nconst A: &str = \"url::Url \\\" url::x\";\n\
                    const B: &str = r#\"url::\"Url\"#;\nconst C: char = '\"';\nfn f<'a>(_: &'a str) {}\n\
                    #[cfg(test)]\nmod tests {\n    use url::Url;\n    fn g() { x.unwrap() }\n}\n";
        let source = at("a.rs", text);
        assert_eq!(uses(&source, &["url"]), Vec::<String>::new());
        assert_eq!(unwraps(&source), Vec::<String>::new());
    }

    #[test]
    fn goes_on_after_a_test_module_with_the_right_lines() {
        let text = "#[cfg(test)]\nmod tests;\n\nuse url::Url;\nfn f() { x.unwrap(); y.expect(b'-'); }\nz.expect(\"words\");\n";
        let source = at("a.rs", text);
        assert_eq!(uses(&source, &["url"]), ["a.rs:4: url::Url"]);
        assert_eq!(unwraps(&source).len(), 2);
    }
}
