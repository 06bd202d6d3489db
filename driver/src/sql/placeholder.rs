//! The places of a statement where parameters go.

use std::ops::Range;

use super::lexer::{Kind, Lexer, Rules};
use crate::error::{Error, Kind as ErrorKind, Operation, Result};

/// How a parameter is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form<'a> {
    /// `?`
    Question,
    /// `$1` or `?1`, counted from 1.
    Numbered(usize),
    /// `:name`, `@name` or `$name`, without the prefix.
    Named(&'a str),
}

/// One place of a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Placeholder<'a> {
    pub(crate) form: Form<'a>,
    pub(crate) place: Range<usize>,
}

/// All of them, in the order of the text.
#[derive(Debug, Clone)]
pub(crate) struct Placeholders<'a> {
    sql: &'a str,
    pub(crate) list: Vec<Placeholder<'a>>,
    doubtful: bool,
}

impl<'a> Placeholders<'a> {
    /// Finds the parameters outside of texts, quoted names and comments.
    pub(crate) fn find(sql: &'a str, rules: Rules) -> Self {
        let mut doubtful = false;
        let mut list = Vec::new();
        for token in Lexer::new(sql, rules) {
            doubtful |= token.doubtful;
            let bare = token.text.get(1..).unwrap_or_default();
            let form = match token.kind {
                Kind::Question => Form::Question,
                Kind::Numbered => match bare.parse() {
                    Ok(number) => Form::Numbered(number),
                    Err(_) => continue,
                },
                Kind::Named => Form::Named(bare),
                _ => continue,
            };
            let end = token.start.saturating_add(token.text.len());
            list.push(Placeholder {
                form,
                place: token.start..end,
            });
        }
        Self { sql, list, doubtful }
    }

    /// The names, each once, in the order in which they first come.
    pub(crate) fn names(&self) -> Vec<&'a str> {
        let mut names = Vec::new();
        for placeholder in &self.list {
            if let Form::Named(name) = placeholder.form
                && !names.contains(&name)
            {
                names.push(name);
            }
        }
        names
    }

    /// The names as often as they are written.
    pub(crate) fn every_name(&self) -> Vec<&'a str> {
        self.list
            .iter()
            .filter_map(|placeholder| match placeholder.form {
                Form::Named(name) => Some(name),
                _ => None,
            })
            .collect()
    }

    /// Says whether all parameters have names.
    pub(crate) fn are_named(&self) -> bool {
        !self.list.is_empty()
            && self
                .list
                .iter()
                .all(|placeholder| matches!(placeholder.form, Form::Named(_)))
    }

    /// The statement with something else in their places; `write` is asked for each, with its number among them all.
    pub(crate) fn replace(
        &self,
        mut write: impl FnMut(usize, Form<'a>, &mut String) -> Result<()>,
    ) -> Result<String> {
        let mut text = String::with_capacity(self.sql.len());
        let mut done = 0;
        for (number, placeholder) in self.list.iter().enumerate() {
            text.push_str(self.sql.get(done..placeholder.place.start).unwrap_or_default());
            write(number, placeholder.form, &mut text)?;
            done = placeholder.place.end;
        }
        text.push_str(self.sql.get(done..).unwrap_or_default());
        Ok(text)
    }

    /// Refuses a statement whose texts and comments do not end, or end elsewhere in another dialect: a value could then go where it does not belong.
    pub(crate) fn check(&self) -> Result<()> {
        if !self.doubtful {
            return Ok(());
        }
        let words = "the statement has a text or comment that does not end, or a comment within a comment: \
                     parameters are not written into it";
        Err(Error::new(ErrorKind::InvalidRequest, words).during(Operation::Bind))
    }
}

#[cfg(test)]
mod tests {
    use super::{Form, Placeholders};
    use crate::sql::Rules;

    #[test]
    fn parameters_in_texts_and_comments_are_none() {
        let sql = "select ?, '?', \"?\", -- ?\n /* ? */ $1, :name, a::int from t";
        let found = Placeholders::find(sql, Rules::default());
        let forms: Vec<_> = found.list.iter().map(|placeholder| placeholder.form).collect();
        assert_eq!(forms, [Form::Question, Form::Numbered(1), Form::Named("name")]);
        found.check().unwrap();
    }

    #[test]
    fn names_come_once_and_in_their_order() {
        let found = Placeholders::find("@b + :a + $b + :c", Rules::default());
        assert_eq!(found.names(), ["b", "a", "c"]);
        assert!(found.are_named());
        assert!(!Placeholders::find(":a + ?", Rules::default()).are_named());
    }

    #[test]
    fn what_is_replaced_stands_where_the_parameter_stood() {
        let found = Placeholders::find("é=:a and 'x:a'=:b", Rules::default());
        let text = found
            .replace(|number, _, text| {
                text.push_str(&format!("${}", number + 1));
                Ok(())
            })
            .unwrap();
        assert_eq!(text, "é=$1 and 'x:a'=$2");
    }

    #[test]
    fn a_doubtful_statement_is_refused() {
        for sql in ["select '?", "/* a /* b */ ? */ select ?"] {
            Placeholders::find(sql, Rules::default()).check().unwrap_err();
        }
    }
}
