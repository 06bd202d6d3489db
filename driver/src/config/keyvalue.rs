//! The ODBC form: `Key=Value;Key={a value; with anything}} in it}`.

use super::Config;
use super::assign::{Pair, assign};
use super::value::Reveal;
use crate::error::{Error, Result};
use crate::secret::Secret;

pub(super) fn parse(text: &str) -> Result<Config> {
    let mut config = Config::default();
    assign(&mut config, &split(text)?)?;
    Ok(config)
}

/// Splits a text into names and values. Empty segments are fine, a name without `=` is not.
pub(super) fn split(text: &str) -> Result<Vec<Pair>> {
    let mut pairs = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|c: char| c == ';' || c.is_whitespace());
        if rest.is_empty() {
            return Ok(pairs);
        }
        let number = pairs.len() + 1;
        let segment_end = rest.find(';').unwrap_or(rest.len());
        let (key, after) = rest
            .split_once('=')
            .filter(|(key, _)| key.len() < segment_end)
            .ok_or_else(|| {
                Error::config(format!("option number {number} has no `=`"))
                    .hint("a value with `;` in it is written in braces: {a;b}")
            })?;
        let (value, after) = read_value(after.trim_start(), number)?;
        pairs.push(Pair {
            key: key.trim().to_owned(),
            value: Secret::new(value),
            repeat: true,
        });
        rest = after;
    }
}

fn read_value(text: &str, number: usize) -> Result<(String, &str)> {
    let Some(braced) = text.strip_prefix('{') else {
        let (value, after) = text.split_once(';').unwrap_or((text, ""));
        return Ok((value.trim_end().to_owned(), after));
    };
    let mut value = String::new();
    let mut rest = braced;
    loop {
        let Some((part, after)) = rest.split_once('}') else {
            return Err(Error::config(format!(
                "the value of option number {number} has a `{{` without `}}`"
            )));
        };
        value.push_str(part);
        // Two closing braces are one that belongs to the value.
        if let Some(after) = after.strip_prefix('}') {
            value.push('}');
            rest = after;
            continue;
        }
        let (between, after) = after.split_once(';').unwrap_or((after, ""));
        if !between.trim().is_empty() {
            return Err(Error::config(format!(
                "the value of option number {number} goes on after its `}}`"
            ))
            .hint("a `}` in a value is written twice"));
        }
        return Ok((value, after));
    }
}

pub(super) fn print(config: &Config, reveal: Reveal) -> String {
    let entries = config.entries(reveal);
    let entries: Vec<_> = entries
        .iter()
        .map(|(key, value)| format!("{key}={}", quote(value)))
        .collect();
    entries.join(";")
}

fn quote(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-.:/,*".contains(c);
    if !value.is_empty() && value.chars().all(plain) {
        value.to_owned()
    } else {
        format!("{{{}}}", value.replace('}', "}}"))
    }
}
