//! `jetbridge options`: what a connection string can say.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use jetbridge::Config;
use jetbridge::config::{ConfigOption, Group};

use crate::args::OptionsArgs;
use crate::exit::Failure;

pub(crate) fn run(args: &OptionsArgs) -> Result<(), Failure> {
    let page = if args.markdown {
        Config::options_as_markdown()
    } else {
        list(args.word.as_deref().unwrap_or_default())
    };
    if page.is_empty() {
        return Err(Failure::usage(
            "no option has that word; `jetbridge options` lists all",
        ));
    }
    let mut out = io::stdout().lock();
    out.write_all(page.as_bytes())?;
    Ok(out.flush()?)
}

fn list(word: &str) -> String {
    let word = word.to_lowercase();
    let mut page = String::new();
    for group in Group::ALL {
        let options = Config::options()
            .iter()
            .filter(|option| option.group() == *group && mentions(option, &word));
        for (position, option) in options.enumerate() {
            if position == 0 {
                let gap = if page.is_empty() { "" } else { "\n" };
                let _ = writeln!(page, "{gap}{}\n", group.title());
            }
            describe(&mut page, option);
        }
    }
    page
}

fn mentions(option: &ConfigOption, word: &str) -> bool {
    let mut names = std::iter::once(option.key()).chain(option.aliases());
    names.any(|name| name.to_lowercase().contains(word)) || option.doc().to_lowercase().contains(word)
}

fn describe(page: &mut String, option: &ConfigOption) {
    let _ = write!(page, "  {}", option.key());
    let values = option.values();
    if !values.is_empty() && !option.is_ignored() {
        let _ = write!(page, " = {}", values.replace('`', ""));
    }
    if let Some(default) = option.default() {
        let _ = write!(page, " [{default}]");
    }
    let _ = writeln!(page, "\n      {}", option.doc().replace('`', ""));
    let aliases: Vec<_> = option.aliases().collect();
    if !aliases.is_empty() {
        let _ = writeln!(page, "      Also: {}", aliases.join(", "));
    }
}

#[cfg(test)]
mod tests {
    use jetbridge::Config;

    use super::list;

    #[test]
    fn every_option_is_listed_with_its_default() {
        let page = list("");
        for option in Config::options() {
            assert!(
                page.contains(&format!("\n  {}", option.key())),
                "{}",
                option.key()
            );
        }
        assert!(
            page.contains("\n  transport = ") && page.contains("[tls]"),
            "{page}"
        );
    }

    #[test]
    fn a_word_picks_options_by_name_other_name_or_description() {
        assert!(list("query_timeout").contains("  query_timeout"));
        assert!(list("UID").contains("  user"));
        assert_eq!(list("no such word anywhere"), "");
    }
}
