//! The kinds of option value: how each is read, shown and checked.

use std::marker::PhantomData;
use std::time::Duration;

use super::choice::Choice;
use super::pem::Pem;
use super::value::{self, Reveal};
use crate::secret::Secret;

pub(super) use super::recycle::Recycle;

/// A kind of option value.
pub(super) trait Shape {
    /// What `Config` keeps.
    type Stored;

    /// Whether the value may never be shown.
    const SECRET: bool = false;

    /// Reads it; the error says what would be right, and never repeats the text.
    fn read(text: &str) -> Result<Self::Stored, String>;

    /// Shows it as `read` takes it.
    fn show(value: &Self::Stored, reveal: Reveal) -> String;

    /// Says why a value, read or set by a program, cannot be used.
    fn check(_value: &Self::Stored) -> Result<(), String> {
        Ok(())
    }

    /// What the manual says under "values".
    fn values() -> String;

    /// The words it takes and what they mean, where it takes only a few.
    fn words() -> Vec<(&'static str, &'static str)> {
        Vec::new()
    }
}

/// Checks that a value lies within two others.
pub(super) fn between<S: Shape>(value: &S::Stored, low: &S::Stored, high: &S::Stored) -> Result<(), String>
where
    S::Stored: PartialOrd,
{
    if value < low || value > high {
        let (low, high) = (S::show(low, Reveal::Whole), S::show(high, Reveal::Whole));
        return Err(format!("must be between {low} and {high}"));
    }
    Ok(())
}

/// Applies a check that belongs to one option only.
pub(super) fn passes<T>(value: &T, check: fn(&T) -> Result<(), String>) -> Result<(), String> {
    check(value)
}

/// A line of text; the empty text is no value.
pub(super) struct Text;

impl Shape for Text {
    type Stored = Option<String>;

    fn read(text: &str) -> Result<Self::Stored, String> {
        Ok(value::non_empty(text.to_owned()))
    }

    fn show(value: &Self::Stored, _: Reveal) -> String {
        value.clone().unwrap_or_default()
    }

    fn check(value: &Self::Stored) -> Result<(), String> {
        value::no_control_characters(value.as_deref().unwrap_or_default())
    }

    fn values() -> String {
        "text".to_owned()
    }
}

/// A text that goes into a header.
pub(super) struct HeaderText;

impl Shape for HeaderText {
    type Stored = Option<String>;

    fn read(text: &str) -> Result<Self::Stored, String> {
        Text::read(text)
    }

    fn show(value: &Self::Stored, reveal: Reveal) -> String {
        Text::show(value, reveal)
    }

    fn check(value: &Self::Stored) -> Result<(), String> {
        value::header_value(value.as_deref().unwrap_or_default())
    }

    fn values() -> String {
        Text::values()
    }
}

/// A secret that is never put into a header as it is.
pub(super) struct Hidden;

impl Shape for Hidden {
    type Stored = Option<Secret>;
    const SECRET: bool = true;

    fn read(text: &str) -> Result<Self::Stored, String> {
        Ok(value::non_empty(text.to_owned()).map(Secret::new))
    }

    fn show(value: &Self::Stored, reveal: Reveal) -> String {
        value
            .as_ref()
            .map(|secret| reveal.secret(secret))
            .unwrap_or_default()
    }

    fn values() -> String {
        "text, secret".to_owned()
    }
}

/// A secret that goes into a header.
pub(super) struct HiddenHeader;

impl Shape for HiddenHeader {
    type Stored = Option<Secret>;
    const SECRET: bool = true;

    fn read(text: &str) -> Result<Self::Stored, String> {
        Hidden::read(text)
    }

    fn show(value: &Self::Stored, reveal: Reveal) -> String {
        Hidden::show(value, reveal)
    }

    fn check(value: &Self::Stored) -> Result<(), String> {
        value::header_value(value.as_ref().map(Secret::expose).unwrap_or_default())
    }

    fn values() -> String {
        Hidden::values()
    }
}

/// The path of a PEM file, or its text.
pub(super) struct PemFile;

impl Shape for PemFile {
    type Stored = Option<Pem>;
    // Whoever mistypes the text of a key must not find it in an error.
    const SECRET: bool = true;

    fn read(text: &str) -> Result<Self::Stored, String> {
        Ok(value::non_empty(text.to_owned()).map(Pem::from))
    }

    fn show(value: &Self::Stored, reveal: Reveal) -> String {
        match value {
            None => String::new(),
            Some(Pem::Path(path)) => path.clone(),
            Some(Pem::Text(text)) => reveal.secret(text),
        }
    }

    fn check(value: &Self::Stored) -> Result<(), String> {
        match value {
            Some(Pem::Path(path)) => value::no_control_characters(path),
            Some(Pem::Text(_)) | None => Ok(()),
        }
    }

    fn values() -> String {
        "path of a PEM file, or the PEM text (secret)".to_owned()
    }
}

/// Yes or no.
pub(super) struct Flag;

impl Shape for Flag {
    type Stored = bool;

    fn read(text: &str) -> Result<bool, String> {
        value::read_bool(text)
    }

    fn show(value: &bool, _: Reveal) -> String {
        value.to_string()
    }

    fn values() -> String {
        "`true`, `false`".to_owned()
    }
}

/// A duration that has to be there.
pub(super) struct Span;

impl Shape for Span {
    type Stored = Duration;

    fn read(text: &str) -> Result<Duration, String> {
        value::read_duration(text)
    }

    fn show(value: &Duration, _: Reveal) -> String {
        value::show_duration(*value)
    }

    fn check(value: &Duration) -> Result<(), String> {
        if value.is_zero() {
            return Err("must be more than 0".to_owned());
        }
        value::not_too_long(*value)
    }

    fn values() -> String {
        "duration".to_owned()
    }
}

/// A duration, or none: `0`.
pub(super) struct Limit;

impl Shape for Limit {
    type Stored = Option<Duration>;

    fn read(text: &str) -> Result<Self::Stored, String> {
        if value::means_none(text) {
            return Ok(None);
        }
        value::read_duration(text).map(value::non_zero)
    }

    fn show(value: &Self::Stored, _: Reveal) -> String {
        value.map_or_else(|| "none".to_owned(), value::show_duration)
    }

    fn check(value: &Self::Stored) -> Result<(), String> {
        value.map_or(Ok(()), value::not_too_long)
    }

    fn values() -> String {
        "duration; `0` or `none`: off".to_owned()
    }
}

/// A number of bytes.
pub(super) struct Size<T>(PhantomData<T>);

impl<T: TryFrom<u64> + Copy> Shape for Size<T>
where
    u64: TryFrom<T>,
{
    type Stored = T;

    fn read(text: &str) -> Result<T, String> {
        T::try_from(value::read_size(text)?).map_err(|_| "is too large".to_owned())
    }

    fn show(value: &T, _: Reveal) -> String {
        value::show_size(u64::try_from(*value).unwrap_or(u64::MAX))
    }

    fn values() -> String {
        "size".to_owned()
    }
}

/// A whole number.
pub(super) struct Count;

impl Shape for Count {
    type Stored = usize;

    fn read(text: &str) -> Result<usize, String> {
        value::read_count(text)
    }

    fn show(value: &usize, _: Reveal) -> String {
        value.to_string()
    }

    fn values() -> String {
        "number".to_owned()
    }
}

/// A whole number, or what is usual for who asks.
pub(super) struct CountOrAuto;

impl Shape for CountOrAuto {
    type Stored = Option<usize>;

    fn read(text: &str) -> Result<Self::Stored, String> {
        match text.eq_ignore_ascii_case("auto") {
            true => Ok(None),
            false => value::read_count(text).map(Some),
        }
    }

    fn show(value: &Self::Stored, _: Reveal) -> String {
        value.map_or_else(|| "auto".to_owned(), |count| count.to_string())
    }

    fn values() -> String {
        "number, or `auto`".to_owned()
    }
}

/// A whole number, or no limit: `0`.
pub(super) struct Cap;

impl Shape for Cap {
    type Stored = Option<usize>;

    fn read(text: &str) -> Result<Self::Stored, String> {
        if value::means_none(text) {
            return Ok(None);
        }
        Ok(Some(value::read_count(text)?).filter(|count| *count > 0))
    }

    fn show(value: &Self::Stored, _: Reveal) -> String {
        value.map_or_else(|| "none".to_owned(), |count| count.to_string())
    }

    fn values() -> String {
        "number; `0` or `none`: no limit".to_owned()
    }
}

/// One word out of a few.
pub(super) struct OneOf<T>(PhantomData<T>);

impl<T: Choice> Shape for OneOf<T> {
    type Stored = T;

    fn read(text: &str) -> Result<T, String> {
        T::find(text).ok_or_else(|| format!("is none of {}", words::<T>("")))
    }

    fn show(value: &T, _: Reveal) -> String {
        value.word().to_owned()
    }

    fn values() -> String {
        words::<T>("`")
    }

    fn words() -> Vec<(&'static str, &'static str)> {
        T::CHOICES
            .iter()
            .map(|choice| (choice.word(), choice.meaning()))
            .collect()
    }
}

fn words<T: Choice>(quote: &str) -> String {
    let words: Vec<_> = T::CHOICES
        .iter()
        .map(|choice| format!("{quote}{}{quote}", choice.word()))
        .collect();
    words.join(", ")
}

/// An item of a list.
pub(super) trait Item: Sized {
    /// Reads one.
    fn read(text: &str) -> Result<Self, String>;
    /// Shows it.
    fn show(&self) -> String;
    /// Says why it cannot be used.
    fn check(&self) -> Result<(), String>;
    /// What the manual calls it.
    const NAME: &'static str;
}

/// Items with commas between them.
pub(super) struct List<T>(PhantomData<T>);

impl<T: Item> Shape for List<T> {
    type Stored = Vec<T>;

    fn read(text: &str) -> Result<Vec<T>, String> {
        text.split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(T::read)
            .collect()
    }

    fn show(value: &Vec<T>, _: Reveal) -> String {
        let items: Vec<_> = value.iter().map(T::show).collect();
        items.join(",")
    }

    fn check(value: &Vec<T>) -> Result<(), String> {
        value.iter().try_for_each(T::check)
    }

    fn values() -> String {
        format!("{} with commas between them", T::NAME)
    }
}
