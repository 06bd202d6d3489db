//! The tokens of a statement.

/// Where dialects differ about where a text or a comment ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Rules {
    /// A backslash in a text takes the next character with it.
    pub(crate) backslash: bool,
    /// `#` begins a comment.
    pub(crate) hash_comments: bool,
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Space,
    Comment,
    /// A keyword or a name without quotes.
    Word,
    Number,
    /// `'…'`, `"…"`, `` `…` `` or `$tag$…$tag$`.
    Quoted,
    /// `?`
    Question,
    /// `?1` or `$1`.
    Numbered,
    /// `:name`, `@name` or `$name`.
    Named,
    Symbol,
}

/// A token as it stands in the statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    pub(super) text: &'a str,
    /// Where it begins, in bytes.
    pub(super) start: usize,
    /// It ends where the statement does, and should not; or dialects do not agree where it ends.
    pub(super) doubtful: bool,
}

/// The tokens of a statement one by one; put together, they are the statement.
#[derive(Debug, Clone)]
pub(super) struct Lexer<'a> {
    rest: &'a str,
    position: usize,
    rules: Rules,
    /// The character before, to tell `a[b:c]` from a parameter.
    before: Option<char>,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(sql: &'a str, rules: Rules) -> Self {
        Self {
            rest: sql,
            position: 0,
            rules,
            before: None,
        }
    }

    /// The kind and the length of the next token, and whether it is doubtful.
    fn measure(&self, first: char) -> (Kind, usize, bool) {
        let rest = self.rest;
        let sure = |kind, length| (kind, length, false);
        match first {
            _ if first.is_whitespace() => sure(Kind::Space, while_is(rest, char::is_whitespace)),
            '-' if rest.starts_with("--") => sure(Kind::Comment, line(rest)),
            '#' if self.rules.hash_comments => sure(Kind::Comment, line(rest)),
            '/' if rest.starts_with("/*") => comment(rest),
            '\'' | '"' | '`' => self.quoted(first, 0, self.rules.backslash && first != '`'),
            '$' => self.dollar(),
            '?' => question(rest),
            ':' => sure_named(rest, first, !self.is_after_operand() && !rest.starts_with("::")),
            '@' => sure_named(rest, first, !self.is_after_operand() && !rest.starts_with("@@")),
            _ if begins_word(first) => self.word(),
            _ if first.is_ascii_digit() => sure(
                Kind::Number,
                while_is(rest, |c| c.is_ascii_alphanumeric() || c == '.' || c == '_'),
            ),
            _ => sure(Kind::Symbol, first.len_utf8()),
        }
    }

    /// `a[b:c]`, `x::int`, `'key':value`: what follows a value directly is no parameter.
    fn is_after_operand(&self) -> bool {
        self.before
            .is_some_and(|c| in_word(c) || matches!(c, ']' | ')' | '\'' | '"' | '`' | ':' | '@'))
    }

    /// A word, or a text with a letter before it: `E'…'` has backslashes in every dialect that knows it, `r'…'` has none.
    fn word(&self) -> (Kind, usize, bool) {
        let length = while_is(self.rest, in_word);
        let (word, after) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        match after.chars().next() {
            Some('\'') if word.eq_ignore_ascii_case("e") => self.quoted('\'', length, true),
            Some(quote @ ('\'' | '"')) if word.eq_ignore_ascii_case("r") => self.quoted(quote, length, false),
            _ => (Kind::Word, length, false),
        }
    }

    /// A text or a quoted name, in which the quote is doubled. `skipped` bytes stand before it.
    fn quoted(&self, quote: char, skipped: usize, backslash: bool) -> (Kind, usize, bool) {
        let begin = skipped.saturating_add(quote.len_utf8());
        let mut inside = self
            .rest
            .get(begin..)
            .unwrap_or_default()
            .char_indices()
            .peekable();
        while let Some((at, c)) = inside.next() {
            if backslash && c == '\\' {
                inside.next();
            } else if c == quote && inside.next_if(|(_, next)| *next == quote).is_none() {
                let end = begin.saturating_add(at).saturating_add(quote.len_utf8());
                return (Kind::Quoted, end, false);
            }
        }
        (Kind::Quoted, self.rest.len(), true)
    }

    /// `$1`, `$name`, or a text between dollars.
    fn dollar(&self) -> (Kind, usize, bool) {
        let after = self.rest.get(1..).unwrap_or_default();
        let name = while_is(after, |c| c.is_alphanumeric() || c == '_');
        let end = name.saturating_add(1);
        if after.get(name..).is_some_and(|after| after.starts_with('$'))
            && !after.starts_with(|c: char| c.is_ascii_digit())
        {
            let opened = end.saturating_add(1);
            let (tag, inside) = self.rest.split_at_checked(opened).unwrap_or((self.rest, ""));
            return match inside.find(tag) {
                Some(at) => (
                    Kind::Quoted,
                    opened.saturating_add(at).saturating_add(tag.len()),
                    false,
                ),
                None => (Kind::Quoted, self.rest.len(), true),
            };
        }
        let digits = while_is(after, |c| c.is_ascii_digit());
        match (name, digits) {
            (0, _) => (Kind::Symbol, 1, false),
            (_, 0) => (Kind::Named, end, false),
            _ => (Kind::Numbered, digits.saturating_add(1), false),
        }
    }
}

impl<'a> Iterator for Lexer<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let first = self.rest.chars().next()?;
        let (kind, length, doubtful) = self.measure(first);
        let (text, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        let token = Token {
            kind,
            text,
            start: self.position,
            doubtful,
        };
        self.position = self.position.saturating_add(text.len());
        self.before = text.chars().next_back();
        self.rest = rest;
        Some(token)
    }
}

fn begins_word(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

fn in_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

/// How many bytes at the start of a text are of a kind.
fn while_is(text: &str, is: impl Fn(char) -> bool) -> usize {
    text.find(|c| !is(c)).unwrap_or(text.len())
}

fn line(rest: &str) -> usize {
    rest.find('\n').unwrap_or(rest.len())
}

/// A comment within a comment ends the outer one in some dialects and not in others.
fn comment(rest: &str) -> (Kind, usize, bool) {
    let inside = rest.get(2..).unwrap_or_default();
    match inside.find("*/") {
        Some(end) => {
            let nested = inside.get(..end).is_some_and(|inside| inside.contains("/*"));
            (Kind::Comment, end.saturating_add(4), nested)
        }
        None => (Kind::Comment, rest.len(), true),
    }
}

/// `?`, `?1`, or an operator of PostgreSQL's (`?|`, `?&`, `??`).
fn question(rest: &str) -> (Kind, usize, bool) {
    let after = rest.get(1..).unwrap_or_default();
    let digits = while_is(after, |c| c.is_ascii_digit());
    if digits > 0 {
        return (Kind::Numbered, digits.saturating_add(1), false);
    }
    let is_operator = after.starts_with(['?', '&']) || (after.starts_with('|') && !after.starts_with("||"));
    match is_operator {
        true => (Kind::Symbol, 2, false),
        false => (Kind::Question, 1, false),
    }
}

/// A prefix with a name behind it, where it may be a parameter at all.
fn sure_named(rest: &str, prefix: char, possible: bool) -> (Kind, usize, bool) {
    let after = rest.get(prefix.len_utf8()..).unwrap_or_default();
    if possible && after.starts_with(begins_word) {
        let length = while_is(after, |c| c.is_alphanumeric() || c == '_');
        return (Kind::Named, length.saturating_add(prefix.len_utf8()), false);
    }
    // Doubled, both belong together: `::` and `@@` begin no parameter.
    let doubled = after.starts_with(prefix);
    (Kind::Symbol, if doubled { 2 } else { 1 }, false)
}

#[cfg(test)]
mod tests {
    use super::{Kind, Lexer, Rules};

    fn tokens(sql: &str, rules: Rules) -> Vec<(Kind, &str)> {
        Lexer::new(sql, rules)
            .filter(|token| token.kind != Kind::Space)
            .map(|token| (token.kind, token.text))
            .collect()
    }

    #[test]
    fn texts_names_and_comments_are_one_token_each() {
        let sql = "a 'it''s ?' \"q?\"\"\" `b?` /* ? */ -- ?\n $$ ? $$ $t$ ? $$ $t$ E'\\'?' x";
        let kinds: Vec<_> = tokens(sql, Rules::default())
            .into_iter()
            .map(|(kind, _)| kind)
            .collect();
        let quoted = Kind::Quoted;
        let comment = Kind::Comment;
        assert_eq!(
            kinds,
            [
                Kind::Word,
                quoted,
                quoted,
                quoted,
                comment,
                comment,
                quoted,
                quoted,
                quoted,
                Kind::Word
            ]
        );
    }

    #[test]
    fn a_backslash_counts_where_the_dialect_has_it() {
        let sql = r"'a\' ? 'b'";
        assert_eq!(tokens(sql, Rules::default())[1], (Kind::Question, "?"));
        let rules = Rules {
            backslash: true,
            ..Rules::default()
        };
        assert_eq!(tokens(sql, rules)[0], (Kind::Quoted, r"'a\' ? '"));
        assert_eq!(tokens(r"r'a\' ?", rules)[1], (Kind::Question, "?"));
    }

    #[test]
    fn parameters_are_told_from_operators() {
        let of = |sql| {
            tokens(sql, Rules::default())
                .into_iter()
                .filter(|(kind, _)| matches!(kind, Kind::Question | Kind::Numbered | Kind::Named))
                .map(|(_, text)| text)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            of("? ?1 $2 :a @b $c ?||?"),
            ["?", "?1", "$2", ":a", "@b", "$c", "?", "?"]
        );
        assert_eq!(of("a::int, b[c:d], {'k':v}, x@y, @@version, :: :="), [""; 0]);
        assert_eq!(of("a ?| b, a ?& b, a ?? b, a$1, a$b, $ 1"), [""; 0]);
        assert_eq!(of("(:a)::int = :b::text and x[:i]"), [":a", ":b", ":i"]);
    }

    #[test]
    fn put_together_the_tokens_are_the_statement() {
        for sql in [
            "",
            "'",
            "/*",
            "$$",
            "$a$b",
            "é'ß",
            "\u{feff}?",
            ":é",
            "select\u{a0}1",
            "r\"",
            "E'\\",
        ] {
            for backslash in [false, true] {
                let rules = Rules {
                    backslash,
                    hash_comments: backslash,
                };
                let joined: String = Lexer::new(sql, rules).map(|token| token.text).collect();
                assert_eq!(joined, sql);
            }
        }
    }

    #[test]
    fn what_ends_nowhere_or_here_and_there_is_doubtful() {
        for sql in ["'a", "\"a", "/* a", "/* /* */", "$$ a"] {
            assert!(
                Lexer::new(sql, Rules::default()).any(|token| token.doubtful),
                "{sql}"
            );
        }
        assert!(!Lexer::new("'a' /* b */ $$ c $$", Rules::default()).any(|token| token.doubtful));
    }
}
