//! The cases.

mod answers;
mod endings;
mod endpoints;
mod login;
mod messages;
mod promises;
mod silence;

use super::case::Case;

/// A theme and its cases.
pub(in crate::fault) type Theme = (&'static str, fn() -> Vec<Case>);

/// The themes, in the order of the page.
pub(in crate::fault) const THEMES: &[Theme] = &[
    ("A stream that ends wrongly", endings::cases),
    ("Messages that lie", messages::cases),
    ("A result that is not what was promised", promises::cases),
    ("Endpoints, tickets and locations", endpoints::cases),
    ("Login, tokens, cookies and headers", login::cases),
    ("Answers to updates and actions", answers::cases),
    ("Servers that say nothing, or do not stop", silence::cases),
];

/// The cases by theme.
pub fn themes() -> Vec<(&'static str, Vec<Case>)> {
    THEMES.iter().map(|(theme, cases)| (*theme, cases())).collect()
}

/// Every case.
pub fn cases() -> Vec<Case> {
    THEMES.iter().flat_map(|(_, cases)| cases()).collect()
}
