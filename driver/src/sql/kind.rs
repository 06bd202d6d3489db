//! Query or update: what a statement's own words say, where nobody else does.

use super::lexer::{Kind, Lexer, Rules};

/// Statements that give rows.
const QUERIES: [&str; 14] = [
    "select",
    "values",
    "table",
    "from",
    "show",
    "describe",
    "desc",
    "explain",
    "pragma",
    "call",
    "execute",
    "list",
    "summarize",
    "fetch",
];
/// Those of them that run no code but their own.
const READS: [&str; 10] = [
    "select",
    "values",
    "table",
    "from",
    "show",
    "describe",
    "desc",
    "explain",
    "list",
    "summarize",
];
/// Verbs that change rows, to be looked for after the common table expressions of a `WITH`.
const CHANGES: [&str; 6] = ["insert", "update", "delete", "merge", "replace", "upsert"];
/// Verbs that change tables.
const DEFINITIONS: [&str; 4] = ["create", "drop", "alter", "truncate"];

/// Says whether a statement is to run as an update.
///
/// Whatever changes something and gives no rows is an update, and what cannot be told from its words: an update run as a query may never
/// run at all on a server that works only when rows are fetched.
pub(crate) fn is_update(sql: &str) -> bool {
    let mut words = Words::new(sql);
    let Some((first, _)) = words.next() else {
        return false;
    };
    if first.eq_ignore_ascii_case("with") {
        let verb = words
            .by_ref()
            .find(|(word, depth)| *depth == 0 && (is_one_of(word, &CHANGES) || is_one_of(word, &QUERIES)));
        return verb.is_some_and(|(verb, _)| is_one_of(verb, &CHANGES)) && !returns(words);
    }
    if is_one_of(first, &QUERIES) {
        return false;
    }
    !(is_one_of(first, &CHANGES) && returns(words))
}

/// Says whether a statement plainly changes rows or tables and gives none, so that it is no query even where it is run as one.
pub(crate) fn is_change(sql: &str) -> bool {
    let first = Words::new(sql).next().map(|(word, _)| word);
    let known = |word: &str| {
        is_one_of(word, &CHANGES) || is_one_of(word, &DEFINITIONS) || word.eq_ignore_ascii_case("with")
    };
    first.is_some_and(known) && is_update(sql)
}

/// Says whether a statement certainly changes nothing, so that running it twice does no harm.
///
/// A changing verb anywhere in it leaves that open, as does a first word that may stand for anything (`CALL`).
pub(crate) fn only_reads(sql: &str) -> bool {
    let mut words = Words::new(sql).map(|(word, _)| word).peekable();
    let reads = |word: &&str| is_one_of(word, &READS) || word.eq_ignore_ascii_case("with");
    words.peek().is_some_and(reads)
        && words.all(|word| {
            !is_one_of(word, &CHANGES) && !is_one_of(word, &DEFINITIONS) && !word.eq_ignore_ascii_case("into")
        })
}

/// `INSERT … RETURNING` gives rows.
fn returns(mut words: Words<'_>) -> bool {
    words.any(|(word, depth)| depth == 0 && word.eq_ignore_ascii_case("returning"))
}

fn is_one_of(word: &str, list: &[&str]) -> bool {
    list.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// The words of a statement outside of texts, quoted names and comments, each with how deep in parentheses it stands.
struct Words<'a> {
    tokens: Lexer<'a>,
    depth: usize,
    /// Before the first word, parentheses only wrap: `(SELECT 1)`.
    begun: bool,
}

impl<'a> Words<'a> {
    fn new(sql: &'a str) -> Self {
        Self {
            tokens: Lexer::new(sql, Rules::default()),
            depth: 0,
            begun: false,
        }
    }
}

impl<'a> Iterator for Words<'a> {
    type Item = (&'a str, usize);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let token = self.tokens.next()?;
            match (token.kind, token.text) {
                (Kind::Word, word) => {
                    self.begun = true;
                    return Some((word, self.depth));
                }
                (Kind::Symbol, "(") if self.begun => self.depth = self.depth.saturating_add(1),
                (Kind::Symbol, ")") => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{is_change, is_update, only_reads};

    #[test]
    fn what_may_change_something_does_not_only_read() {
        for sql in [
            "select 1",
            "(select 'update') /* delete */",
            "with a as (select 1) select * from a",
            "values (1)",
            "explain select 1",
        ] {
            assert!(only_reads(sql), "{sql}");
        }
        for sql in [
            "",
            "insert into t values (1) returning a",
            "with a as (delete from t returning b) select * from a",
            "explain analyze update t set a = 1",
            "select a into b from t",
            "call f()",
            "execute f",
            "begin",
        ] {
            assert!(!only_reads(sql), "{sql}");
        }
    }

    #[test]
    fn what_gives_rows_is_a_query() {
        for sql in [
            "select 1",
            "  (SELECT 1) UNION (SELECT 2)",
            "-- a comment\nselect 1",
            "/* insert */ values (1)",
            "with t as (select 1) select * from t",
            "with recursive t(x) as (values (1) union all select x + 1 from t) select x from t",
            "with t as (delete from a returning *) select * from t",
            "show tables",
            "EXPLAIN delete from t",
            "pragma table_info(t)",
            "insert into t values (1) returning id",
            "update t set a = 'x;' where b = 2 RETURNING *",
            "from t",
            "",
            ";;",
        ] {
            assert!(!is_update(sql), "{sql}");
        }
    }

    #[test]
    fn what_changes_something_is_an_update() {
        for sql in [
            "insert into t values ('select')",
            "insert into t select * from u",
            "\n\tDelete from t",
            "create table t as select 1",
            "drop view \"select\"",
            "with a as (select 1) insert into t select * from a",
            "with a as (select 1) update t set x = (select 1 returning_count)",
            "insert into t values ('returning')",
            "insert into returning_values values (1)",
            "set x = 1",
            "begin",
            "use db",
        ] {
            assert!(is_update(sql), "{sql}");
        }
    }

    #[test]
    fn only_what_plainly_changes_something_is_no_query_at_all() {
        for sql in [
            "insert into t values (1)",
            "CREATE TABLE t (a int)",
            "with a as (select 1) delete from t",
        ] {
            assert!(is_change(sql), "{sql}");
        }
        for sql in [
            "use db",
            "optimize t",
            "select 1",
            "insert into t values (1) returning a",
            "with t as (select 1) select 1",
        ] {
            assert!(!is_change(sql), "{sql}");
        }
    }

    #[test]
    fn unfinished_texts_and_comments_end_the_search() {
        for sql in [
            "'",
            "\"abc",
            "/* never closed",
            "select 'a",
            "é'",
            "((((",
            "))))select 1",
        ] {
            let _no_panic = is_update(sql);
        }
    }
}
