//! Jetbridge against the scripted servers: always runs, needs nothing but this machine.

mod endless;
mod injection;
mod page;
mod renewal;
mod twice;

use std::time::Duration;

use futures::StreamExt as _;
use jetbridge_conformance::fault::{Case, FaultServer, Observed, Outcome, cases, observe, themes};

/// No case may take longer, however loaded the machine is; what should end by a deadline has one of a second or two.
const LIMIT: Duration = Duration::from_secs(40);

/// Runs a case and says what is wrong with what came of it.
async fn wrong(case: &Case) -> Option<String> {
    let server = FaultServer::start(case.script(), 0).await.expect("a free port");
    let observing = tokio::spawn({
        let (case, address) = (case.clone(), server.address());
        async move { observe(&case, address).await }
    });
    let observed = match tokio::time::timeout(LIMIT, observing).await {
        Ok(Ok(observed)) => observed,
        Ok(Err(panicked)) => return Some(format!("{}: panics: {panicked}", case.name)),
        Err(_) => return Some(format!("{}: hangs", case.name)),
    };
    let right = is_right(case, &observed);
    if right && case.server_saw_what_it_should(server.seen()) {
        return None;
    }
    let Observed { rows, count, error } = observed;
    let error = error.map(|error| error.to_string());
    let seen = server.seen();
    let wanted = case.outcome;
    Some(format!(
        "{}: wanted {wanted:?}; rows {:?}, count {count:?}, error {error:?}, outcome right: {right}, seen {seen:?}",
        case.name,
        rows.iter().take(20).collect::<Vec<_>>(),
    ))
}

fn is_right(case: &Case, observed: &Observed) -> bool {
    let Observed { rows, count, error } = observed;
    match (case.outcome, error) {
        (Outcome::Complete, None) => rows == case.rows || (case.rows.is_empty() && rows.is_empty()),
        (Outcome::Count(wanted), None) => *count == wanted,
        (Outcome::Fails(kind, words), Some(error)) => {
            let text = error.to_string();
            // A server's own words may have lines, as those that point at a place in the SQL.
            let lines = text.lines().count() == 1 || kind == jetbridge::Kind::InvalidRequest;
            error.kind() == kind
                && lines
                && words.iter().all(|word| text.contains(word))
                && case.rows.starts_with(rows)
        }
        _ => false,
    }
}

/// Runs cases, several at once.
async fn hold(cases: Vec<Case>) {
    assert!(!cases.is_empty());
    let wrong: Vec<String> = futures::stream::iter(cases)
        .map(|case| async move { wrong(&case).await })
        .buffer_unordered(4)
        .filter_map(futures::future::ready)
        .collect()
        .await;
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
}

/// The cases of these names.
async fn hold_each(names: &[&str]) {
    let named = |name: &&str| cases().into_iter().find(|case| case.name == *name);
    let found: Vec<Case> = names.iter().filter_map(named).collect();
    assert_eq!(found.len(), names.len(), "every name is that of a case");
    hold(found).await;
}

/// One test for each theme of the page, so that a failure says where to look.
macro_rules! themes {
    ($($theme:literal => $test:ident;)*) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                let theme = themes().into_iter().find(|(theme, _)| *theme == $theme);
                hold(theme.expect("the theme").1).await;
            }
        )*

        #[test]
        fn every_theme_has_a_test() {
            let all: Vec<_> = themes().into_iter().map(|(theme, _)| theme).collect();
            assert_eq!(all, [$($theme),*]);
        }
    };
}

themes! {
    "A stream that ends wrongly" => a_stream_that_ends_wrongly_is_never_a_short_result;
    "Messages that lie" => a_message_that_lies_is_an_error_and_allocates_nothing;
    "A result that is not what was promised" => a_result_that_is_not_what_was_promised_is_whole_or_an_error;
    "Endpoints, tickets and locations" => a_bad_location_costs_nothing_and_a_ticket_is_read_once;
    "Login, tokens, cookies and headers" => logins_end_and_tokens_and_cookies_come_back;
    "Answers to updates and actions" => an_update_is_sent_once_whatever_is_answered;
    "Servers that say nothing, or do not stop" => silence_ends_by_a_deadline_that_is_named;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_ends_in_any_of_seven_wrong_ways_after_two_batches_is_an_error() {
    hold_each(&[
        "end-without-trailers",
        "end-in-a-message",
        "reset-no-error",
        "reset-cancel",
        "reset-internal",
        "goaway",
        "connection-dropped",
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fewer_rows_than_promised_are_an_error_where_that_is_asked_for() {
    hold_each(&[
        "one-row-fewer-than-promised",
        "half-of-the-rows-promised",
        "no-row-of-those-promised",
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_schemas_and_missing_tickets_are_errors_and_odd_messages_are_not() {
    hold_each(&[
        "schema-differs-between-endpoints",
        "schema-changes-in-the-stream",
        "dictionary-replaced",
        "batches-without-rows",
        "schema-alone",
        "metadata-alone",
        "an-endpoint-without-a-ticket",
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_above_the_limit_names_the_option_to_raise() {
    hold_each(&["message-above-the-limit", "claims-two-gigabytes"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cookies_are_kept_from_headers_trailers_and_handshakes_and_end_when_they_should() {
    hold_each(&[
        "cookie-in-headers",
        "cookie-in-trailers",
        "cookie-in-both",
        "cookie-with-the-handshake",
        "cookie-deleted",
        "cookie-expired",
        "two-cookies",
    ])
    .await;
}

#[test]
fn a_case_has_a_name_of_its_own() {
    let mut names: Vec<_> = cases().iter().map(|case| case.name).collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
}

/// Below 0.14.6 tonic takes a stream without trailers for one that ended well; `end-without-trailers` would find it, and this says why.
#[test]
fn the_lock_file_has_no_tonic_that_takes_a_cut_stream_for_a_whole_one() {
    let lock = include_str!("../../../Cargo.lock");
    let after = |line: &str| {
        lock.split(line)
            .skip(1)
            .filter_map(|rest| rest.lines().nth(1))
            .collect::<Vec<_>>()
    };
    let versions = after("name = \"tonic\"");
    assert!(!versions.is_empty());
    for version in versions {
        let numbers = version.trim_start_matches("version = ").trim_matches('"');
        let numbers: Vec<u32> = numbers
            .split('.')
            .filter_map(|number| number.parse().ok())
            .collect();
        assert!(numbers >= vec![0, 14, 6], "tonic {version}");
    }
}
