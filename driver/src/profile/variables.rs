//! `${NAME}` in the values of a profile: a variable of the environment.

use std::env;

use super::Pairs;
use crate::error::{Error, Result};
use crate::secret::Secret;

/// The same pairs with their variables filled in; `$${` stands for `${`.
pub(super) fn filled(pairs: Pairs) -> Result<Pairs> {
    filled_by(pairs, |name| env::var(name).ok())
}

fn filled_by(pairs: Pairs, variable: impl Fn(&str) -> Option<String>) -> Result<Pairs> {
    let fill = |(key, value): (String, Secret)| {
        let filled = fill(&key, value.expose(), &variable)?;
        Ok((key, Secret::new(filled)))
    };
    pairs.into_iter().map(fill).collect()
}

fn fill(key: &str, value: &str, variable: &impl Fn(&str) -> Option<String>) -> Result<String> {
    let mut filled = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, after)) = rest.split_once("${") {
        if let Some(before) = before.strip_suffix('$') {
            filled.push_str(before);
            filled.push_str("${");
            rest = after;
            continue;
        }
        filled.push_str(before);
        let wrong = |problem: String| Error::config(format!("option {key}: {problem}"));
        let (name, after) = after
            .split_once('}')
            .ok_or_else(|| wrong("a `${` has no `}`".to_owned()).hint("`$${` stands for `${` itself"))?;
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !is_name {
            return Err(wrong("what stands in `${…}` is no name of a variable".to_owned())
                .hint("`$${` stands for `${` itself"));
        }
        // What the variable holds is not looked through once more.
        let held = variable(name).ok_or_else(|| wrong(format!("the variable {name} is not set")))?;
        filled.push_str(&held);
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::fill;

    fn filled(value: &str) -> Result<String, String> {
        let variable = |name: &str| match name {
            "A" => Some("one".to_owned()),
            "B" => Some("${A}".to_owned()),
            _ => None,
        };
        fill("password", value, &variable).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn a_variable_stands_for_what_it_holds_and_for_nothing_more() {
        assert_eq!(filled("x${A}y${A}").unwrap(), "xoneyone");
        assert_eq!(filled("${B}").unwrap(), "${A}");
        assert_eq!(filled("$${A} $5 {b}").unwrap(), "${A} $5 {b}");
    }

    #[test]
    fn a_variable_that_is_not_set_is_no_empty_text() {
        assert!(filled("${C}").unwrap_err().contains("the variable C is not set"));
        assert!(filled("${A").unwrap_err().contains("no `}`"));
        assert!(filled("${a-b}").unwrap_err().contains("no name"));
    }
}
