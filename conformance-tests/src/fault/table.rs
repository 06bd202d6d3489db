//! The page: what comes of every case, ours beside the peers.

use std::fmt::Write as _;

use super::case::{Case, Outcome};
use super::cases::THEMES;
use super::peer_cells::PeerCells;
use super::peers::Peer;

/// What must come of a case with Jetbridge, in a few words.
fn ours(case: &Case) -> String {
    let outcome = match case.outcome {
        Outcome::Complete => "complete".to_owned(),
        Outcome::Count(Some(count)) => format!("runs it, count {count}"),
        Outcome::Count(None) => "runs it, count unknown".to_owned(),
        Outcome::Fails(kind, _) => format!("error ({})", kind.label()),
    };
    match case.options.trim_start_matches('&') {
        "" => outcome,
        options if options.contains("password") => outcome,
        options => format!("{outcome}; `{options}`"),
    }
}

/// The table of every theme, and how often each client did what.
pub fn table(peers: &PeerCells) -> String {
    let mut page = String::new();
    let names = Peer::ALL.map(Peer::name).join(" | ");
    let mut all = Vec::new();
    for (theme, cases) in THEMES {
        let _ = writeln!(
            page,
            "\n### {theme}\n\n| The server … | case | Jetbridge | {names} |\n| --- | --- | --- | --- | --- | --- |"
        );
        for case in cases() {
            let missing = || ["?".to_owned(), "?".to_owned(), "?".to_owned()];
            let cells = peers.get(case.name).cloned().unwrap_or_else(missing);
            let _ = writeln!(
                page,
                "| {} | `{}` | {} | {} |",
                case.server,
                case.name,
                ours(&case),
                cells.join(" | ")
            );
            all.push((ours(&case), cells));
        }
    }
    let _ = write!(
        page,
        "\n### In numbers\n\n| | Jetbridge | {names} |\n| --- | --- | --- | --- | --- |\n"
    );
    for word in [
        "complete",
        "runs it",
        "error",
        "short result",
        "doubled",
        "accepts it",
        "hangs",
        "crashes",
        "panics",
        "not measured",
        "–",
    ] {
        let ours = all.iter().filter(|(ours, _)| is(ours, word)).count();
        let theirs = [0, 1, 2].map(|peer| {
            all.iter()
                .filter(|(_, cells)| is(&cells[peer], word))
                .count()
                .to_string()
        });
        let label = if word == "–" {
            "lacks what the case is about"
        } else {
            word
        };
        let _ = writeln!(page, "| {label} | {ours} | {} |", theirs.join(" | "));
    }
    page
}

fn is(cell: &str, word: &str) -> bool {
    cell.trim_start_matches('*').starts_with(word)
}
