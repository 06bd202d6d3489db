//! The manual page of the errors is what the code says.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use jetbridge::{Kind, SqlState};

/// The one reader of gRPC codes: its table is private to the driver, and the page shows it.
const STATUS: &str = include_str!("../src/error/status.rs");

const HEAD: &str = "\
# Errors and SQLSTATE

<!-- Generated from driver/src/error: run
     JETBRIDGE_BLESS=1 cargo test -p jetbridge --test sqlstate -->

Every error has a kind, for programs that branch on it, and a SQLSTATE, for those that come from ODBC or JDBC. The message is the
server's own where the server sent one; what was being done, the kind and the SQLSTATE follow it.
";

const GRPC: &str = "
## What a gRPC status becomes

A server fails a call with a gRPC status. Its code gives the kind, and the kind gives the SQLSTATE:

";

const EXCEPTIONS: &str = "
Five things say more than the code does:

- A server that sends its own SQLSTATE in the trailer `sqlstate` is believed, as far as it is five digits or capital letters. The kind
  stays that of the code.
- A status that came from no server but from a connection that failed is of kind `Connection`: `08001` when the connection could not be
  made, `08S01` when it broke later, whatever its code. When the deadline for connecting passed, TCP and TLS included, or the server
  accepted the connection and then said nothing, it is of kind `Timeout` with `HYT01`.
- A stream that ends without a status was cut: kind `Connection`. What came before is not the whole result.
- A message larger than `max_message_size` is of kind `Resource`, though its code is OutOfRange.
- A commit whose connection broke or whose deadline passed before the answer is of kind `CommitOutcomeUnknown`, unless the server cannot
  have read it: it may or may not have happened.

`Error::grpc_code`, `Error::metadata` and `Error::details` give the code, the headers and trailers, and the bytes of
`grpc-status-details-bin` as they came.

## SQLSTATEs

These are the codes the driver has; a server may send others.

";

/// `Code::Unavailable | Code::DataLoss => Kind::Connection,` as a row of its table.
fn grpc_rows() -> Vec<(Vec<&'static str>, Kind)> {
    let row = |line: &'static str| {
        let (codes, kind) = line.trim().strip_suffix(',')?.split_once(" => Kind::")?;
        let codes: Option<Vec<_>> = codes
            .split(" | ")
            .map(|code| code.strip_prefix("Code::"))
            .collect();
        let kind = Kind::ALL.iter().find(|known| format!("{known:?}") == kind)?;
        Some((codes?, *kind))
    };
    STATUS.lines().filter_map(row).collect()
}

fn markdown() -> String {
    let mut page = HEAD.to_owned();
    page.push_str(
        "\n## Kinds\n\n| Kind | Printed as | SQLSTATE | What it means |\n| --- | --- | --- | --- |\n",
    );
    for kind in Kind::ALL {
        let (label, state, meaning) = (kind.label(), kind.sqlstate(), kind.meaning());
        writeln!(page, "| `{kind:?}` | {label} | `{state}` | {meaning} |").unwrap();
    }
    page.push_str(GRPC);
    page.push_str("| gRPC code | Kind | SQLSTATE |\n| --- | --- | --- |\n");
    for (codes, kind) in grpc_rows() {
        writeln!(
            page,
            "| {} | `{kind:?}` | `{}` |",
            codes.join(", "),
            kind.sqlstate()
        )
        .unwrap();
    }
    page.push_str(EXCEPTIONS);
    page.push_str("| SQLSTATE | What it means |\n| --- | --- |\n");
    let mut states = SqlState::ALL.to_vec();
    states.sort_by(|(a, _), (b, _)| a.as_str().cmp(b.as_str()));
    for (state, meaning) in states {
        writeln!(page, "| `{state}` | {meaning} |").unwrap();
    }
    page
}

#[test]
fn the_manual_page_of_the_errors_is_what_the_code_says() {
    let page = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/reference/sqlstate.md");
    let expected = markdown();
    if std::env::var_os("JETBRIDGE_BLESS").is_some() {
        fs::write(&page, &expected).unwrap();
    }
    let written = fs::read_to_string(&page).unwrap_or_default();
    assert!(
        written == expected,
        "docs/reference/sqlstate.md is not what the code says: \
         run JETBRIDGE_BLESS=1 cargo test -p jetbridge --test sqlstate"
    );
}

#[test]
fn every_grpc_code_is_on_the_page_once() {
    let mut codes: Vec<_> = grpc_rows().into_iter().flat_map(|(codes, _)| codes).collect();
    codes.sort_unstable();
    let all = [
        "Aborted",
        "AlreadyExists",
        "Cancelled",
        "DataLoss",
        "DeadlineExceeded",
        "FailedPrecondition",
        "Internal",
        "InvalidArgument",
        "NotFound",
        "Ok",
        "OutOfRange",
        "PermissionDenied",
        "ResourceExhausted",
        "Unauthenticated",
        "Unavailable",
        "Unimplemented",
        "Unknown",
    ];
    assert_eq!(codes, all);
}

#[test]
fn every_kind_has_a_sqlstate_that_is_explained() {
    for kind in Kind::ALL {
        let explained = SqlState::ALL.iter().any(|(state, _)| *state == kind.sqlstate());
        assert!(explained, "{kind:?}");
    }
}
