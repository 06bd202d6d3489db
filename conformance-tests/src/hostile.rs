//! Texts that break drivers which write them into statements: sent as parameters, read back, and compared.

use jetbridge::{Params, Result, Session, Value};
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// How many texts go into one statement.
const TOGETHER: usize = 8;

/// What ends texts, comments and statements in one dialect or another.
const PIECES: [&str; 40] = [
    "'",
    "''",
    "\\",
    "\\\\",
    "\\'",
    "\"",
    "`",
    "--",
    "-- ",
    "/*",
    "*/",
    "/* /*",
    ";",
    "$$",
    "$tag$",
    "${x}",
    "$1",
    "?",
    ":a",
    "@b",
    "::",
    "E'",
    "X'",
    "\n",
    "\r\n",
    "\t",
    "%",
    "_",
    "{",
    "}",
    "\\u0027",
    "\\x27",
    "\\0",
    "');",
    " OR 1=1",
    "DROP TABLE t",
    "é",
    "\u{2019}",
    "\u{1F600}",
    "\u{feff}",
];

fn text(with_nul: bool) -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        12 => proptest::sample::select(&PIECES[..]).prop_map(str::to_owned),
        4 => any::<char>().prop_map(String::from),
        2 => "[a-z ]{0,6}",
        1 => Just("\0".to_owned()),
    ];
    let nul = if with_nul { "\0" } else { "" };
    proptest::collection::vec(piece, 0..8).prop_map(move |pieces| pieces.concat().replace('\0', nul))
}

/// Sends so many statements with hostile texts as parameters, and reads them back.
///
/// The texts are the same in every run.
///
/// # Errors
///
/// What the server or the driver says to a statement; the first text that came back as another one fails the test.
///
/// # Panics
///
/// When a text came back as another one.
pub async fn come_back(session: &Session, statements: usize, with_nul: bool) -> Result<()> {
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        TestRng::deterministic_rng(RngAlgorithm::ChaCha),
    );
    let texts = proptest::collection::vec(text(with_nul), TOGETHER);
    let columns: Vec<String> = (0..TOGETHER).map(|column| format!("? AS c{column}")).collect();
    let sql = format!("SELECT '?' AS q, {}", columns.join(", "));
    for _ in 0..statements {
        let texts = texts.new_tree(&mut runner).expect("texts can be made").current();
        let params: Params = texts.iter().map(String::as_str).collect::<Vec<_>>().into();
        let mut cursor = session.statement(&sql).bind(params).query().await?;
        let rows = cursor.fetch_all().await?;
        assert_eq!(rows.len(), 1, "{texts:?}");
        for (column, text) in texts.iter().enumerate() {
            let back = rows[0].value(column + 1)?;
            assert_eq!(
                back,
                Value::from(text.as_str()),
                "{text:?} came back as another text"
            );
        }
    }
    Ok(())
}
