//! Reads Rust source for the paths it names: comments, texts and test code aside.

use std::fs;
use std::path::{Path as FilePath, PathBuf};

/// A path such as `tonic::transport::Channel`, taken out of its braces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Path {
    pub(crate) line: usize,
    pub(crate) names: Vec<String>,
    /// It stands in a `use`: all below it can then be named without it.
    imported: bool,
}

impl Path {
    /// Says whether it names something in `home`, or imports what `home` is a part of.
    pub(crate) fn reaches(&self, home: &str) -> bool {
        let mut names = self.names.iter().map(String::as_str);
        for (depth, part) in home.split("::").enumerate() {
            match names.next() {
                Some(name) if name == part => {}
                None | Some("*" | "self") => return self.imported && depth > 0,
                Some(_) => return false,
            }
        }
        true
    }

    /// The module at the crate's root that it leads to, seen from a file `depth` modules below the root.
    pub(crate) fn root_module(&self, depth: usize) -> Option<&str> {
        let first = self.names.first()?;
        if first == "crate" {
            return Some(self.names.get(1).map_or("", String::as_str));
        }
        let mut up = self.names.iter().filter(|name| *name != "self");
        let supers = up.clone().take_while(|name| *name == "super").count();
        let leaves = depth > 0 && supers >= depth;
        up.nth(supers)
            .map(String::as_str)
            .filter(|_| leaves || (depth == 0 && first == "self"))
    }
}

/// One file: its code without comments, texts and tests.
#[derive(Debug)]
pub(crate) struct Source {
    /// Below the crate's `src`, with `/` between.
    pub(crate) file: String,
    /// As a rule prints it.
    pub(crate) origin: String,
    pub(crate) code: String,
}

impl Source {
    pub(crate) fn new(file: &str, text: &str) -> Self {
        Self {
            file: file.to_owned(),
            origin: file.to_owned(),
            code: without_tests(&without_texts(text)),
        }
    }

    /// The modules it is, from the root: `cursor/row.rs` is `["cursor", "row"]`.
    pub(crate) fn modules(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.file.trim_end_matches(".rs").split('/').collect();
        names.pop_if(|name| matches!(*name, "mod" | "lib" | "main"));
        names
    }

    pub(crate) fn paths(&self) -> Vec<Path> {
        paths(&tokens(&self.code))
    }
}

/// All files of a crate's `src`, test files aside.
pub(crate) fn sources(src: &FilePath) -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = vec![src.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() && name != "tests" {
                folders.push(path);
            } else if name.ends_with(".rs") && name != "tests.rs" {
                let below: Vec<_> = path.strip_prefix(src).unwrap().iter().collect();
                let below: Vec<_> = below.iter().map(|part| part.to_str().unwrap()).collect();
                found.push(Source::new(&below.join("/"), &fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort_by(|a, b| a.file.cmp(&b.file));
    found
}

/// Blanks comments and what stands between quotes; lines and quotes stay where they are.
fn without_texts(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let at = |index: usize| chars.get(index).copied().unwrap_or('\0');
    let mut code = String::with_capacity(text.len());
    let mut index = 0;
    while index < chars.len() {
        let end = match (at(index), at(index + 1)) {
            ('/', '/') => find(&chars, index, "\n"),
            ('/', '*') => end_of_comment(&chars, index),
            ('r', '"' | '#') if index == 0 || !is_name(at(index - 1)) || at(index - 1) == 'b' => {
                let hashes = chars[index + 1..].iter().take_while(|c| **c == '#').count();
                match at(index + 1 + hashes) {
                    '"' => {
                        let close = format!("\"{}", "#".repeat(hashes));
                        find(&chars, index + 2 + hashes, &close) + close.len()
                    }
                    _ => index,
                }
            }
            ('"', _) => end_of_quotes(&chars, index),
            ('\'', '\\') => end_of_quotes(&chars, index),
            ('\'', _) if at(index + 2) == '\'' => index + 3,
            _ => index,
        };
        if end == index {
            code.push(at(index));
            index += 1;
            continue;
        }
        let end = end.min(chars.len());
        for (place, char) in chars[index..end].iter().enumerate() {
            let edge = place == 0 || index + place + 1 == end;
            code.push(match char {
                '\n' => '\n',
                '"' if edge => '"',
                _ => ' ',
            });
        }
        index = end;
    }
    code
}

/// Where `what` begins, from `start` on; the end of the text where it does not.
fn find(chars: &[char], start: usize, what: &str) -> usize {
    let what: Vec<char> = what.chars().collect();
    let place = chars.get(start..).unwrap_or_default();
    place
        .windows(what.len())
        .position(|window| window == what)
        .map_or(chars.len(), |place| start + place)
}

fn end_of_comment(chars: &[char], start: usize) -> usize {
    let (mut depth, mut index) = (0, start);
    while index < chars.len() {
        match (chars[index], chars.get(index + 1)) {
            ('/', Some('*')) => (depth, index) = (depth + 1, index + 2),
            ('*', Some('/')) => (depth, index) = (depth - 1, index + 2),
            _ => index += 1,
        }
        if depth == 0 {
            break;
        }
    }
    index
}

fn end_of_quotes(chars: &[char], start: usize) -> usize {
    let mut index = start + 1;
    while index < chars.len() && chars[index] != chars[start] {
        index += if chars[index] == '\\' { 2 } else { 1 };
    }
    index + 1
}

/// Blanks what follows `#[cfg(test)]`, up to its `;` or closing brace.
fn without_tests(code: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut kept = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(start) = rest.find(MARK) {
        kept.push_str(&rest[..start]);
        let (mut depth, mut end) = (0, rest.len());
        for (place, char) in rest[start + MARK.len()..].char_indices() {
            match char {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if depth == 0 && matches!(char, ';' | '}') {
                end = start + MARK.len() + place + 1;
                break;
            }
        }
        kept.extend(rest[start..end].chars().filter(|char| *char == '\n'));
        rest = &rest[end..];
    }
    kept + rest
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Name(String),
    /// `::`
    Below,
    Sign(char),
}

fn is_name(char: char) -> bool {
    char.is_alphanumeric() || char == '_'
}

fn tokens(code: &str) -> Vec<(usize, Token)> {
    let mut tokens = Vec::new();
    let (mut line, mut rest) = (1, code);
    while let Some(first) = rest.chars().next() {
        let mut length = first.len_utf8();
        if is_name(first) {
            length = rest.find(|char| !is_name(char)).unwrap_or(rest.len());
            tokens.push((line, Token::Name(rest[..length].to_owned())));
        } else if rest.starts_with("::") {
            length = 2;
            tokens.push((line, Token::Below));
        } else if first == '\n' {
            line += 1;
        } else if !first.is_whitespace() {
            tokens.push((line, Token::Sign(first)));
        }
        rest = &rest[length..];
    }
    tokens
}

fn paths(tokens: &[(usize, Token)]) -> Vec<Path> {
    let token = |index: usize| tokens.get(index).map(|(_, token)| token);
    let is_use = |index: usize| matches!(token(index), Some(Token::Name(name)) if name == "use");
    let mut found = Vec::new();
    let mut index = 0;
    while index < tokens.len() {
        let leading = usize::from(is_use(index) && token(index + 1) == Some(&Token::Below));
        let start = index + 1 + leading;
        let (imported, start) = if is_use(index) {
            (true, start)
        } else {
            (false, index)
        };
        let is_path = imported
            || (matches!(token(start), Some(Token::Name(_))) && token(start + 1) == Some(&Token::Below));
        index = match is_path {
            true => branch(tokens, start, &[], imported, &mut found).max(index + 1),
            false => index + 1,
        };
    }
    found
}

/// Reads one path and what its braces hold; gives the place after it.
fn branch(
    tokens: &[(usize, Token)],
    mut index: usize,
    above: &[String],
    imported: bool,
    found: &mut Vec<Path>,
) -> usize {
    let mut names = above.to_vec();
    let mut line = tokens.get(index).map_or(0, |(line, _)| *line);
    loop {
        match tokens.get(index) {
            Some((here, Token::Name(name))) => {
                names.push(name.clone());
                line = *here;
                index += 1;
                if !matches!(tokens.get(index), Some((_, Token::Below))) {
                    break;
                }
                index += 1;
            }
            Some((here, Token::Sign('*'))) if imported => {
                names.push("*".to_owned());
                line = *here;
                index += 1;
                break;
            }
            Some((_, Token::Sign('{'))) if imported => {
                index += 1;
                while let Some((_, token)) = tokens.get(index) {
                    match token {
                        Token::Sign('}') => return index + 1,
                        Token::Name(_) | Token::Below | Token::Sign('{' | '*') => {
                            index = branch(tokens, index, &names, imported, found).max(index + 1);
                            // `as name`
                            while !matches!(tokens.get(index), None | Some((_, Token::Sign(',' | '}')))) {
                                index += 1;
                            }
                        }
                        Token::Sign(_) => index += 1,
                    }
                }
                return index;
            }
            _ => break,
        }
    }
    if !names.is_empty() {
        found.push(Path {
            line,
            names,
            imported,
        });
    }
    index
}
