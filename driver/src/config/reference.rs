//! The manual page of the option table.

use std::fmt::Write;

use super::Config;
use super::table::{Action, Alias, ConfigOption, Group, Meaning};

const HEAD: &str = "\
# Options

<!-- Generated from the option table in driver/src/config/options.rs: run
     JETBRIDGE_BLESS=1 cargo test -p jetbridge --test config_roundtrip -->

Every option of a connection string, of `Config` (where the setter has the name of the option) and of the command line's
`--option`. How a connection string is written is in [Connection strings](../guide/connection-strings.md).

- Case, `_`, `-`, `.` and spaces in a name do not count: `connect_timeout`, `ConnectTimeout` and `Connect Timeout` are the same.
- A duration has a unit (`500ms`, `3s`, `1m30s`, `2h`); a bare number is seconds.
- A size has a unit (`64MiB`, `1MB`) or is bytes. `KiB`, `MiB`, `GiB` count in 1024, `kB`, `MB`, `GB` in 1000.
- True is `true`, `1`, `yes` or `on`; false is `false`, `0`, `no` or `off`.
- An empty text means that the option is not set.
- A secret is never printed: not in an error, a log record or the connection string a program shows.
- An option holds for the connection to a server, for a session, for a statement (where it is what statements start with) or
  for the pool.
";

/// Writes the page.
pub(super) fn markdown() -> String {
    let mut page = HEAD.to_owned();
    for group in Group::ALL {
        section(&mut page, *group);
    }
    ignored(&mut page);
    words(&mut page);
    page
}

fn section(page: &mut String, group: Group) {
    put(page, format_args!("\n## {}\n\n", group.title()));
    put(
        page,
        format_args!("| Option | Values | Default | Holds for | What it does | Also accepted |\n"),
    );
    put(page, format_args!("| --- | --- | --- | --- | --- | --- |\n"));
    let live = |option: &&ConfigOption| {
        option.group == group && matches!(option.action, Action::Value(_) | Action::Header)
    };
    for option in Config::options().iter().filter(live) {
        put(
            page,
            format_args!(
                "| `{}` | {} | {} | {} | {} | {} |\n",
                option.key,
                option.values(),
                option
                    .default()
                    .map(|text| format!("`{text}`"))
                    .unwrap_or_default(),
                option.scope,
                option.doc,
                aliases(option)
            ),
        );
    }
}

fn ignored(page: &mut String) {
    put(
        page,
        format_args!(
            "\nThese are accepted so that strings written for other drivers work, and do nothing:\n\n\
         | Option | Why it does nothing | Also accepted |\n| --- | --- | --- |\n"
        ),
    );
    rows(page, |action| matches!(action, Action::Ignored));
    put(
        page,
        format_args!(
            "\nThese are known, and refused:\n\n| Option | Why | Also refused |\n| --- | --- | --- |\n"
        ),
    );
    rows(page, |action| matches!(action, Action::Refused));
}

fn words(page: &mut String) {
    put(page, format_args!("\n## Words\n"));
    for option in Config::options()
        .iter()
        .filter(|option| !option.words().is_empty())
    {
        put(page, format_args!("\n`{}`\n\n", option.key));
        for (word, meaning) in option.words() {
            put(page, format_args!("- `{word}`: {meaning}\n"));
        }
    }
}

fn rows(page: &mut String, wanted: fn(&Action) -> bool) {
    for option in Config::options().iter().filter(|option| wanted(&option.action)) {
        put(
            page,
            format_args!("| `{}` | {} | {} |\n", option.key, option.doc, aliases(option)),
        );
    }
}

fn aliases(option: &ConfigOption) -> String {
    let aliases: Vec<_> = option.aliases.iter().map(alias).collect();
    aliases.join(", ")
}

fn alias(alias: &Alias) -> String {
    let meaning = match alias.meaning {
        Meaning::Same => "",
        Meaning::Inverse => "the opposite",
        Meaning::Milliseconds => "a bare number is milliseconds",
        Meaning::Encryption => "`true`: `tls`, `false`: `tcp`",
        Meaning::Plaintext => "`true`: `tcp`, `false`: `tls`",
        Meaning::GoTls => "`enabled`, `disabled`, `skip-verify`",
    };
    let notes: Vec<_> = [alias.client, meaning]
        .into_iter()
        .filter(|note| !note.is_empty())
        .collect();
    if notes.is_empty() {
        format!("`{}`", alias.name)
    } else {
        format!("`{}` ({})", alias.name, notes.join("; "))
    }
}

fn put(page: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = page.write_fmt(text);
}
