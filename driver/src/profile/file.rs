//! Reading the files of profiles.

use std::fs::File;
use std::io::{self, Read as _};

use super::place::Place;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::secret::Secret;
use crate::trace;

/// No file of profiles is larger; a wrong path may name anything.
const LARGEST: u64 = 1 << 20;

/// The text of a file; none where it is not there and nobody named it.
pub(super) fn read(place: &Place) -> Result<Option<String>> {
    let wrong = |problem: String| Err(place.blame(Error::config(problem)));
    let file = match File::open(&place.path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound && !place.named => return Ok(None),
        Err(error) => return wrong(format!("the file cannot be read: {error}")),
    };
    let mut text = String::new();
    match file.take(LARGEST + 1).read_to_string(&mut text) {
        Err(error) => wrong(format!("the file cannot be read: {error}")),
        Ok(_) if text.len() as u64 > LARGEST => wrong("the file is too large for profiles".to_owned()),
        Ok(_) => Ok(Some(text)),
    }
}

/// Warns where a secret is written out in a file that others can read.
pub(super) fn warn_if_open(place: &Place, pairs: &[(String, Secret)]) {
    let is_secret = |(key, value): &(String, Secret)| {
        let whole_variable = value.expose().starts_with("${");
        let name = key.replace(['_', '-', '.', ' '], "").to_ascii_lowercase();
        let same = |known: &str| known.replace(['_', '-', '.', ' '], "").to_ascii_lowercase() == name;
        let mut options = Config::options().iter().filter(|option| option.is_secret());
        !whole_variable && options.any(|option| same(option.key()) || option.aliases().any(same))
    };
    if pairs.iter().any(is_secret) && others_can_read(place) {
        trace::secrets_can_be_read(&place.path.display().to_string());
    }
}

#[cfg(unix)]
fn others_can_read(place: &Place) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(&place.path).is_ok_and(|about| about.permissions().mode() & 0o044 != 0)
}

#[cfg(not(unix))]
fn others_can_read(_: &Place) -> bool {
    false
}
