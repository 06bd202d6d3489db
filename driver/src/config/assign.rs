//! From names and values to a `Config`: finds the option a name means, and says what is wrong without telling secrets.

use std::collections::HashMap;

use super::choice::{TransportKind, UnknownOptions};
use super::name::{plain_name, strip_prefix};
use super::options::OPTIONS;
use super::shape::{Flag, OneOf, Shape};
use super::table::{Access, Action, ConfigOption, Meaning};
use super::value::{self, Reveal};
use super::{Config, header};
use crate::error::{Error, Result};
use crate::secret::Secret;

/// A name and a value, as the text had them.
pub(super) struct Pair {
    pub(super) key: String,
    pub(super) value: Secret,
    /// Whether errors may repeat the text: not where a password that was not escaped may have ended up.
    pub(super) repeat: bool,
}

/// What a name means.
enum Found {
    /// A row of the table, by its place.
    Option(usize, &'static ConfigOption, Meaning),
    /// A header, its name in lower case.
    Header(String),
    Unknown,
}

/// An error about a text that is no connection string at all, with an example.
pub(super) fn no_form(problem: &str) -> Error {
    Error::config(problem).hint(
        "write flightsql://USER:PASSWORD@HOST:PORT/DATABASE?OPTION=VALUE or Host=HOST;Port=PORT;UID=USER;PWD=PASSWORD",
    )
}

/// What tells whether two names mean the same: the place of the option in the table, or the name of the header.
pub(super) fn meaning(key: &str) -> (usize, String) {
    match find(key) {
        Found::Option(place, ..) => (place, String::new()),
        Found::Header(name) => (usize::MAX, name),
        Found::Unknown => (usize::MAX, format!("?{}", plain_name(key))),
    }
}

/// Applies everything a connection string says.
pub(super) fn assign(config: &mut Config, pairs: &[Pair]) -> Result<()> {
    let mut found: Vec<_> = pairs.iter().map(|pair| find(&pair.key)).collect();
    if asks_for_headers(pairs, &found)? {
        for (pair, found) in pairs
            .iter()
            .zip(&mut found)
            .filter(|(_, found)| matches!(found, Found::Unknown))
        {
            *found = Found::Header(pair.key.trim().to_ascii_lowercase());
        }
    }
    refuse_unknown(pairs, &found)?;
    refuse_twice(pairs, &found)?;

    let mut order: Vec<_> = pairs.iter().zip(&found).collect();
    // In the order of the table, headers last and in the order written.
    order.sort_by_key(|(_, found)| match found {
        Found::Option(place, ..) => *place,
        Found::Header(_) | Found::Unknown => usize::MAX,
    });
    order
        .into_iter()
        .try_for_each(|(pair, found)| apply(config, pair, found))
}

/// Sets one option.
pub(super) fn set(config: &mut Config, key: &str, value: &str) -> Result<()> {
    let mut found = find(key);
    if matches!(found, Found::Unknown) && config.get_unknown_options() == UnknownOptions::Headers {
        found = Found::Header(key.trim().to_ascii_lowercase());
    }
    if matches!(found, Found::Unknown) {
        return Err(unknown(key, None));
    }
    apply(
        config,
        &Pair {
            key: key.to_owned(),
            value: Secret::new(value),
            repeat: true,
        },
        &found,
    )
}

/// Gets one option, secrets masked.
pub(super) fn get(config: &Config, key: &str) -> Option<String> {
    match find(key) {
        Found::Option(_, option, _) => {
            let access = option.access()?;
            Some((access.show)(config, Reveal::Masked)).filter(|text| !text.is_empty())
        }
        Found::Header(name) => {
            let (_, value) = config.headers.iter().find(|(header, _)| *header == name)?;
            Some(Reveal::Masked.secret(value))
        }
        Found::Unknown => None,
    }
}

/// Says whether a name is that of an option.
pub(super) fn is_known(key: &str) -> bool {
    !matches!(find(key), Found::Unknown)
}

fn find(key: &str) -> Found {
    let key = key.trim();
    let prefixes = OPTIONS
        .iter()
        .filter(|option| matches!(option.action, Action::Header));
    let mut prefixes = prefixes.flat_map(|option| std::iter::once(option.key).chain(option.aliases()));
    let header = prefixes.find_map(|prefix| strip_prefix(key, prefix.trim_end_matches("NAME")));
    // The credentials have one place only.
    let key = match header.map(str::to_ascii_lowercase) {
        Some(name) if name == "authorization" => "authorization",
        Some(name) => return Found::Header(name),
        None => key,
    };
    let place = |(place, option): (usize, &'static ConfigOption)| {
        option
            .answers_to(key)
            .map(|meaning| Found::Option(place, option, meaning))
    };
    let options = OPTIONS
        .iter()
        .enumerate()
        .filter(|(_, option)| !matches!(option.action, Action::Header));
    options.into_iter().find_map(place).unwrap_or(Found::Unknown)
}

/// Says whether unknown options are headers, which has to be known before any other.
fn asks_for_headers(pairs: &[Pair], found: &[Found]) -> Result<bool> {
    let mut config = Config::default();
    for (pair, found) in pairs.iter().zip(found) {
        if matches!(found, Found::Option(_, option, _) if option.key == "unknown_options") {
            apply(&mut config, pair, found)?;
        }
    }
    Ok(config.get_unknown_options() == UnknownOptions::Headers)
}

fn refuse_unknown(pairs: &[Pair], found: &[Found]) -> Result<()> {
    let mut after_secret = false;
    for (index, (pair, found)) in pairs.iter().zip(found).enumerate() {
        if matches!(found, Found::Unknown) {
            // What follows a secret may be its second half: a separator in it that was not escaped.
            let place = (after_secret || !pair.repeat).then_some(index + 1);
            return Err(unknown(&pair.key, place));
        }
        after_secret = match found {
            Found::Option(_, option, _) => option.secret,
            Found::Header(_) | Found::Unknown => true,
        };
    }
    Ok(())
}

fn refuse_twice(pairs: &[Pair], found: &[Found]) -> Result<()> {
    let mut seen = HashMap::new();
    for (pair, found) in pairs.iter().zip(found) {
        let Found::Option(place, option, _) = found else {
            continue;
        };
        if matches!(option.action, Action::Ignored) {
            continue;
        }
        if let Some(before) = seen.insert(place, pair.key.trim()) {
            let message = format!("the option `{}` is given twice", option.key);
            return Err(match (before, pair.key.trim()) {
                (a, b) if a == b => Error::config(message),
                (a, b) => Error::config(format!("{message}, as `{a}` and as `{b}`")),
            });
        }
    }
    Ok(())
}

fn apply(config: &mut Config, pair: &Pair, found: &Found) -> Result<()> {
    match found {
        Found::Option(_, option, meaning) => match &option.action {
            Action::Value(access) => apply_value(config, pair, option, access, *meaning),
            Action::Refused => {
                Err(Error::config(format!("the option `{}` cannot be used", option.key)).hint(option.doc))
            }
            Action::Ignored | Action::Header => Ok(()),
        },
        Found::Header(name) => apply_header(config, pair, name),
        Found::Unknown => Err(unknown(&pair.key, None)),
    }
}

fn apply_value(
    config: &mut Config,
    pair: &Pair,
    option: &ConfigOption,
    access: &Access,
    meaning: Meaning,
) -> Result<()> {
    let text = pair.value.expose();
    let outcome = translate(meaning, text).and_then(|translated| {
        (access.read)(config, translated.as_deref().unwrap_or(text))?;
        (access.check)(config)
    });
    outcome.map_err(|problem| {
        let repeated = (pair.repeat && !option.secret).then_some(text);
        bad_value(pair.key.trim(), repeated, &problem)
    })?;
    config.give(option.key);
    if meaning == Meaning::GoTls && is_skip_verify(text) {
        config.values.tls_verify = false;
    }
    Ok(())
}

fn apply_header(config: &mut Config, pair: &Pair, name: &str) -> Result<()> {
    let value = pair.value.clone();
    check_header(name, &value, pair.repeat)?;
    config.headers.push((name.to_owned(), value));
    Ok(())
}

/// Says what is wrong with a header.
pub(super) fn check_header(name: &str, value: &Secret, repeat: bool) -> Result<()> {
    let shown = if repeat && is_name_like(name) {
        format!("the header `{name}`")
    } else {
        "a header".to_owned()
    };
    header::check_name(name)
        .and_then(|()| value::header_value(value.expose()))
        .map_err(|problem| Error::config(format!("{shown} {problem}")))
}

/// Turns a value under another driver's name into ours, where it is not the same.
fn translate(meaning: Meaning, text: &str) -> Result<Option<String>, String> {
    let transport = |tls: bool| {
        let kind = if tls {
            TransportKind::Tls
        } else {
            TransportKind::Tcp
        };
        OneOf::<TransportKind>::show(&kind, Reveal::Whole)
    };
    Ok(Some(match meaning {
        Meaning::Same => return Ok(None),
        Meaning::Inverse => Flag::show(&!Flag::read(text)?, Reveal::Whole),
        Meaning::Encryption => transport(Flag::read(text)?),
        Meaning::Plaintext => transport(!Flag::read(text)?),
        Meaning::GoTls => match plain_name(text.trim()).as_str() {
            "enabled" | "skipverify" => transport(true),
            "disabled" => transport(false),
            _ => {
                let help = "is neither true nor false, nor enabled, disabled or skip-verify";
                transport(Flag::read(text).map_err(|_| help.to_owned())?)
            }
        },
        Meaning::Milliseconds => {
            let bare = text
                .trim()
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'.');
            if bare {
                format!("{}ms", text.trim())
            } else {
                return Ok(None);
            }
        }
    }))
}

fn is_skip_verify(text: &str) -> bool {
    plain_name(text.trim()) == "skipverify"
}

/// An error about a value; the text is left out where it may be, or may hold, a secret.
pub(super) fn bad_value(key: &str, text: Option<&str>, problem: &str) -> Error {
    // What is more than a plain word may be several options that a missing separator joined, or a login.
    let plain = |c: char| c.is_ascii_alphanumeric() || " _-.:/,+*".contains(c);
    let shown = text.filter(|text| text.len() <= 60 && text.chars().all(plain));
    let shown = shown.map(|text| format!(" (`{text}`)")).unwrap_or_default();
    Error::config(format!("the option `{key}`{shown} {problem}"))
}

/// An error about a name nobody knows; with its place instead of its text where it may be half of a password.
fn unknown(key: &str, place: Option<usize>) -> Error {
    let key = key.trim();
    let near = nearest(key);
    let message = match place {
        Some(place) => format!("option number {place} is unknown"),
        None if is_name_like(key) => format!("unknown option `{key}`"),
        None => "unknown option, with a name that no option can have".to_owned(),
    };
    let hint = match (near, place) {
        (Some(near), _) => format!("did you mean `{near}`?"),
        (None, Some(_)) => "if it belongs to the password or token before it, escape the separator: \
                            %26, %3B, %40 in a URL, {…} around the value in Key=Value"
            .to_owned(),
        (None, None) if is_name_like(key) => format!(
            "a header is sent with `header.{key}=value`; `unknown_options=headers` makes headers of all that is unknown"
        ),
        (None, None) => "a header is sent with `header.NAME=value`".to_owned(),
    };
    Error::config(message).hint(hint)
}

/// Says whether a text looks like the name of an option, so that an error may repeat it.
fn is_name_like(key: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b' ');
    !key.is_empty() && key.len() <= 64 && key.bytes().all(plain)
}

/// The option whose name is nearest, if any is near.
fn nearest(key: &str) -> Option<&'static str> {
    if key.len() > 64 {
        return None;
    }
    let key = plain_name(key);
    let mut best = None;
    for option in OPTIONS.iter().filter(|option| option.access().is_some()) {
        for name in option.plain_names() {
            let distance = strsim::damerau_levenshtein(&key, &name);
            let near = distance <= (name.len() / 3).min(3);
            if near && best.is_none_or(|(least, _)| distance < least) {
                best = Some((distance, option.key));
            }
        }
    }
    best.map(|(_, key)| key)
}
