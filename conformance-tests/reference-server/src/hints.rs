//! What a comment in the SQL asks of the result's shape. The crate page lists them.

use std::time::Duration;

use tonic::Status;

/// Rows of a batch when nothing else is asked for.
const BATCH_ROWS: usize = 8192;

/// The hints of one statement.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Hints {
    pub(crate) endpoints: usize,
    pub(crate) ordered: bool,
    pub(crate) expire: Option<Duration>,
    pub(crate) slow: Option<Duration>,
    pub(crate) delay: Option<Duration>,
    pub(crate) rows_per_batch: usize,
    pub(crate) locations: Vec<String>,
    pub(crate) die_after: Option<usize>,
    pub(crate) total_records: Option<i64>,
}

impl Hints {
    /// Reads the hints from all comments of a statement.
    ///
    /// # Errors
    ///
    /// `INVALID_ARGUMENT` for a hint whose value cannot be read: a test must not pass because of a typing error.
    pub(crate) fn parse(sql: &str) -> Result<Self, Status> {
        let mut hints = Self {
            endpoints: 1,
            ordered: false,
            expire: None,
            slow: None,
            delay: None,
            rows_per_batch: BATCH_ROWS,
            locations: Vec::new(),
            die_after: None,
            total_records: None,
        };
        for comment in comments(sql) {
            for word in comment.split_whitespace() {
                hints.read(word)?;
            }
        }
        let words: Vec<String> = sql.split_whitespace().map(str::to_ascii_lowercase).collect();
        hints.ordered |= words
            .windows(2)
            .any(|pair| matches!(pair, [a, b] if a == "order" && b == "by"));
        Ok(hints)
    }

    fn read(&mut self, word: &str) -> Result<(), Status> {
        let Some((key, value)) = word.split_once('=') else {
            self.ordered |= word == "ordered";
            return Ok(());
        };
        let known = match key {
            "endpoints" => number(value)
                .filter(|n| (1..=1000).contains(n))
                .map(|n| self.endpoints = n),
            "rows_per_batch" => number(value).filter(|n| *n > 0).map(|n| self.rows_per_batch = n),
            "die_after" => number(value).map(|n| self.die_after = Some(n)),
            "total_records" => value.parse().ok().map(|n| self.total_records = Some(n)),
            "expire" => duration(value).map(|time| self.expire = Some(time)),
            "slow" => duration(value).map(|time| self.slow = Some(time)),
            "delay" => duration(value).map(|time| self.delay = Some(time)),
            "locations" => {
                self.locations = value.split(',').map(location).collect();
                Some(())
            }
            _ => Some(()),
        };
        known.ok_or_else(|| Status::invalid_argument(format!("the hint `{word}` cannot be read")))
    }

    /// Whether the result is kept in memory rather than streamed.
    pub(crate) fn shaped(&self) -> bool {
        self.endpoints > 1 || self.expire.is_some() || self.slow.is_some()
    }
}

/// What is inside of the comments, texts and quoted names being passed over.
fn comments(sql: &str) -> Vec<&str> {
    let mut comments = Vec::new();
    let mut rest = sql;
    while let Some(begin) = rest.find(['\'', '"', '`', '/']) {
        let (_, found) = rest.split_at(begin);
        if let Some(comment) = found.strip_prefix("/*") {
            let (inside, after) = comment.split_once("*/").unwrap_or((comment, ""));
            comments.push(inside);
            rest = after;
        } else if let Some(after) = found.strip_prefix('/') {
            rest = after;
        } else {
            // A quote within is written twice, and so begins the next text where this one ends.
            let quote = found.chars().next().unwrap_or('\'');
            let inside = found.get(1..).unwrap_or_default();
            rest = inside.split_once(quote).map_or("", |(_, after)| after);
        }
    }
    comments
}

fn number(text: &str) -> Option<usize> {
    text.parse().ok()
}

fn location(text: &str) -> String {
    match text {
        "reuse" => "arrow-flight-reuse-connection://?".into(),
        "none" => String::new(),
        uri => uri.to_owned(),
    }
}

/// Reads `3s`, `250ms`, `1.5s` or `2m`.
fn duration(text: &str) -> Option<Duration> {
    let (digits, factor) = if let Some(digits) = text.strip_suffix("ms") {
        (digits, 0.001)
    } else if let Some(digits) = text.strip_suffix('s') {
        (digits, 1.0)
    } else {
        (text.strip_suffix('m')?, 60.0)
    };
    Duration::try_from_secs_f64(digits.parse::<f64>().ok()? * factor).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_are_read_from_every_comment() {
        let hints = Hints::parse(
            "/* endpoints=3 ordered */ select 1 /* expire=5s slow=250ms locations=grpc://a:1,reuse die_after=2 */",
        )
        .unwrap();
        assert_eq!(hints.endpoints, 3);
        assert!(hints.ordered && hints.shaped());
        assert_eq!(hints.expire, Some(Duration::from_secs(5)));
        assert_eq!(hints.slow, Some(Duration::from_millis(250)));
        assert_eq!(
            hints.locations,
            ["grpc://a:1", "arrow-flight-reuse-connection://?"]
        );
        assert_eq!(hints.die_after, Some(2));
    }

    #[test]
    fn an_ordinary_comment_is_no_hint() {
        let hints = Hints::parse("select 1 /* just a comment with a=b */ -- endpoints=3").unwrap();
        assert!(!hints.shaped() && !hints.ordered);
        let text =
            Hints::parse("select '/* endpoints=3', \"/* slow=x */\", 'it''s /* expire=no */' /* ordered */")
                .unwrap();
        assert!(!text.shaped() && text.ordered);
        assert!(Hints::parse("select a from t\n ORDER  BY a").unwrap().ordered);
    }

    #[test]
    fn a_hint_that_cannot_be_read_is_an_error() {
        for sql in [
            "/* endpoints=0 */",
            "/* slow=fast */",
            "/* rows_per_batch=-1 */",
            "/* expire=3 */",
        ] {
            assert!(Hints::parse(sql).is_err(), "{sql}");
        }
    }
}
