//! Headers and trailers of calls.

use std::fmt;

use bytes::Bytes;

/// Headers sent or received with a call: names in lower case, several values per name, in order.
///
/// A name that ends in `-bin` has bytes, any other text. `Debug` prints the names of all and the values of none that could be a secret.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Metadata(Vec<(String, Bytes)>);

/// Names whose values `Debug` prints; whatever else a server or a user put into a header may be a secret.
const HARMLESS: [&str; 8] = [
    "content-type",
    "date",
    "server",
    "user-agent",
    "grpc-status",
    "grpc-message",
    "grpc-encoding",
    "database",
];

impl Metadata {
    /// No headers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What came with a call: HTTP/2 has names in lower case already.
    pub(crate) fn received(pairs: impl Iterator<Item = (String, Bytes)>) -> Self {
        Self(pairs.collect())
    }

    /// Adds a value under a name, which is lower-cased.
    pub fn append(&mut self, name: impl AsRef<str>, value: impl Into<Bytes>) {
        self.0.push((name.as_ref().to_ascii_lowercase(), value.into()));
    }

    /// Sets the only value of a name.
    pub fn set(&mut self, name: impl AsRef<str>, value: impl Into<Bytes>) {
        let name = name.as_ref().to_ascii_lowercase();
        self.0.retain(|(known, _)| *known != name);
        self.0.push((name, value.into()));
    }

    /// The first value of a name, as text where it is text.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.get_bytes(name)
            .and_then(|value| std::str::from_utf8(value).ok())
    }

    /// The first value of a name, as bytes.
    #[must_use]
    pub fn get_bytes(&self, name: &str) -> Option<&[u8]> {
        self.iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// Every value of a name that is text.
    pub fn get_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.iter()
            .filter(move |(known, _)| known.eq_ignore_ascii_case(name))
            .filter_map(|(_, value)| std::str::from_utf8(value).ok())
    }

    /// Every name and value, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_ref()))
    }

    /// How many values there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Says whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds all values of another.
    pub fn extend(&mut self, other: &Self) {
        self.0.extend_from_slice(&other.0);
    }
}

impl<N: AsRef<str>, V: Into<Bytes>> FromIterator<(N, V)> for Metadata {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let mut metadata = Self::new();
        for (name, value) in pairs {
            metadata.append(name, value);
        }
        metadata
    }
}

impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.iter().map(|(name, value)| {
            let value = match std::str::from_utf8(value) {
                Ok(text) if HARMLESS.contains(&name) => text.to_owned(),
                _ => format!("*** ({} bytes)", value.len()),
            };
            (name, value)
        });
        f.debug_map().entries(shown).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::Metadata;

    #[test]
    fn a_name_has_several_values_in_any_case() {
        let mut metadata = Metadata::new();
        metadata.append("Set-Cookie", "a=1");
        metadata.append("set-cookie", "b=2");
        assert_eq!(metadata.get_all("SET-COOKIE").collect::<Vec<_>>(), ["a=1", "b=2"]);
        metadata.set("set-cookie", "c=3");
        assert_eq!(metadata.get_all("set-cookie").collect::<Vec<_>>(), ["c=3"]);
    }

    #[test]
    fn debug_shows_no_value_that_may_be_a_secret() {
        let metadata: Metadata = [("authorization", "Bearer planted"), ("x-api", "planted")]
            .into_iter()
            .collect();
        assert!(!format!("{metadata:?}").contains("planted"));
    }
}
