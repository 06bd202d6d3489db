//! Certificates and keys as the user gave them.

use crate::secret::Secret;

/// Where a certificate or key is: in a file, or in the option itself.
///
/// A text that holds `-----BEGIN` is PEM, anything else is a path; nothing is opened before the session connects.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pem {
    /// The path of a PEM file.
    Path(String),
    /// The PEM text. It is never printed: a certificate file may hold the key too.
    Text(Secret),
}

impl Pem {
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Path(path) => path.is_empty(),
            Self::Text(text) => text.is_empty(),
        }
    }
}

impl From<String> for Pem {
    fn from(text: String) -> Self {
        if text.contains("-----BEGIN") {
            Self::Text(Secret::new(text))
        } else {
            Self::Path(text)
        }
    }
}

impl From<&str> for Pem {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}
