//! Query or update: what a statement's own words say, where nobody else does.

use crate::config::StatementMode;

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
/// Verbs that change rows, to be looked for after the common table expressions of a `WITH`.
const CHANGES: [&str; 6] = ["insert", "update", "delete", "merge", "replace", "upsert"];

/// Says whether to run a statement as an update.
///
/// Whatever changes something and gives no rows is an update, and what cannot be told from its words: an update run as a query may never
/// run at all on a server that works only when rows are fetched.
pub(super) fn is_update(sql: &str, mode: StatementMode) -> bool {
    match mode {
        StatementMode::Query => false,
        StatementMode::Update => true,
        StatementMode::Auto => by_words(sql),
    }
}

fn by_words(sql: &str) -> bool {
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

/// `INSERT … RETURNING` gives rows.
fn returns(mut words: Words<'_>) -> bool {
    words.any(|(word, depth)| depth == 0 && word.eq_ignore_ascii_case("returning"))
}

fn is_one_of(word: &str, list: &[&str]) -> bool {
    list.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// The words of a statement outside of texts, quoted names and comments, each with how deep in parentheses it stands.
struct Words<'a> {
    rest: &'a str,
    depth: usize,
    /// Before the first word, parentheses only wrap: `(SELECT 1)`.
    begun: bool,
}

impl<'a> Words<'a> {
    fn new(sql: &'a str) -> Self {
        Self {
            rest: sql,
            depth: 0,
            begun: false,
        }
    }

    fn skip_past(&mut self, end: &str) {
        self.rest = self.rest.split_once(end).map_or("", |(_, rest)| rest);
    }
}

impl<'a> Iterator for Words<'a> {
    type Item = (&'a str, usize);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let first = self.rest.chars().next()?;
            let after = self.rest.get(first.len_utf8()..).unwrap_or_default();
            if self.rest.starts_with("--") {
                self.skip_past("\n");
            } else if self.rest.starts_with("/*") {
                self.skip_past("*/");
            } else if first.is_alphabetic() || first == '_' {
                let end = self
                    .rest
                    .find(|c: char| !c.is_alphanumeric() && c != '_')
                    .unwrap_or(self.rest.len());
                let (word, rest) = self.rest.split_at_checked(end)?;
                self.rest = rest;
                self.begun = true;
                return Some((word, self.depth));
            } else {
                self.rest = after;
                match first {
                    '\'' | '"' | '`' => self.skip_past(first.encode_utf8(&mut [0; 4])),
                    '(' if self.begun => self.depth = self.depth.saturating_add(1),
                    ')' => self.depth = self.depth.saturating_sub(1),
                    _ => {}
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::by_words;

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
            assert!(!by_words(sql), "{sql}");
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
            assert!(by_words(sql), "{sql}");
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
            let _no_panic = by_words(sql);
        }
    }
}
