//! Where profiles lie.

use std::env;
use std::path::{Path, PathBuf};

use super::{Pairs, ini, toml};
use crate::error::{Error, Result};

/// A file that may hold profiles.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) path: PathBuf,
    form: Form,
    /// The user named it: that it is not there is an error.
    pub(super) named: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Toml,
    Ini,
}

impl Place {
    /// The profile of a name in the text of the file.
    pub(super) fn pairs(&self, text: &str, name: &str) -> Result<Option<Pairs>> {
        match self.form {
            Form::Toml => toml::profile(text, name),
            Form::Ini => Ok(ini::section(text, name)),
        }
    }

    /// Says in which file it is.
    pub(super) fn blame(&self, error: Error) -> Error {
        let words = format!("{}: {}", self.path.display(), error.message());
        error.saying(words)
    }
}

/// The files, in the order they are looked at.
pub(super) fn places() -> Vec<Place> {
    found_by(|name| {
        env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    })
}

fn found_by(variable: impl Fn(&str) -> Option<PathBuf>) -> Vec<Place> {
    let place = |form, named| move |path| Place { path, form, named };
    let home = || variable("HOME").or_else(|| variable("USERPROFILE"));
    let own_configuration = || {
        variable("XDG_CONFIG_HOME")
            .or_else(|| home().map(|home| home.join(".config")))
            .map(|configuration| configuration.join("jetbridge").join("profiles.toml"))
    };
    let profiles = variable("JETBRIDGE_PROFILES")
        .map(place(Form::Toml, true))
        .or_else(|| own_configuration().map(place(Form::Toml, false)));
    let own = variable("ODBCINI").map(place(Form::Ini, true)).or_else(|| {
        home()
            .map(|home| home.join(".odbc.ini"))
            .map(place(Form::Ini, false))
    });
    let system = variable("ODBCSYSINI").unwrap_or_else(|| Path::new("/etc").to_owned());
    let system = place(Form::Ini, false)(system.join("odbc.ini"));
    profiles.into_iter().chain(own).chain([system]).collect()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::found_by;

    fn paths(variables: &[(&str, &str)]) -> Vec<String> {
        let value = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| PathBuf::from(value))
        };
        found_by(value)
            .into_iter()
            .map(|place| place.path.display().to_string())
            .collect()
    }

    #[test]
    fn the_files_of_the_user_come_before_that_of_the_system() {
        assert_eq!(
            paths(&[("HOME", "/h")]),
            [
                "/h/.config/jetbridge/profiles.toml",
                "/h/.odbc.ini",
                "/etc/odbc.ini"
            ]
        );
        assert_eq!(
            paths(&[
                ("HOME", "/h"),
                ("XDG_CONFIG_HOME", "/x"),
                ("ODBCINI", "/o"),
                ("ODBCSYSINI", "/s")
            ]),
            ["/x/jetbridge/profiles.toml", "/o", "/s/odbc.ini"]
        );
        assert_eq!(paths(&[("JETBRIDGE_PROFILES", "/p")]), ["/p", "/etc/odbc.ini"]);
    }
}
