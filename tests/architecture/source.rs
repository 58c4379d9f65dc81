//! Reads a Rust file into the paths that it names, each with its line.
//!
//! Follows `use` trees and renames, `super`, `self` and inline modules; passes over comments and literals. It is no
//! compiler: glob imports and names made by macros stay unseen.

use std::collections::BTreeMap;
use std::path::{Component, Path};

/// A Rust file and what it names.
pub(crate) struct SourceFile {
    /// Path from the repository's root, with `/`.
    pub(crate) path: String,
    /// Its lines.
    pub(crate) lines: Vec<String>,
    /// The paths it names, in order.
    pub(crate) named: Vec<Named>,
}

/// One path in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    /// The whole path: `crate::table::Row`, or `println!` for a macro.
    pub(crate) path: String,
    /// Line, from 1.
    pub(crate) line: usize,
    /// Whether it stands in test code.
    pub(crate) in_test: bool,
}

impl SourceFile {
    /// Reads `text` as the file at `path`.
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let lines = text.lines().map(str::to_owned).collect();
        let named = Reader::new(path, text).read();
        Self {
            path: path.to_owned(),
            lines,
            named,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    PathSeparator,
    Other(char),
}

/// An inline module that is open, and how many braces were open before it.
struct OpenModule {
    braces: usize,
    is_test: bool,
}

struct Reader {
    tokens: Vec<(Token, usize)>,
    next: usize,
    braces: usize,
    module: Vec<String>,
    open: Vec<OpenModule>,
    aliases: BTreeMap<String, Vec<String>>,
    is_test_file: bool,
    named: Vec<Named>,
}

impl Reader {
    fn new(path: &str, text: &str) -> Self {
        let parts: Vec<&str> = Path::new(path).components().filter_map(name).collect();
        let is_test_file = parts
            .iter()
            .any(|part| matches!(*part, "tests" | "tests.rs" | "benches" | "examples"));
        let inside = parts
            .iter()
            .position(|part| *part == "src")
            .map_or(parts.len(), |source| source + 1);
        let file = parts[inside..].iter().map(|part| part.trim_end_matches(".rs"));
        let module = file
            .filter(|part| !matches!(*part, "mod" | "lib" | "main"))
            .map(str::to_owned);
        Self {
            tokens: tokens(text),
            next: 0,
            braces: 0,
            module: std::iter::once("crate".to_owned()).chain(module).collect(),
            open: Vec::new(),
            aliases: BTreeMap::new(),
            is_test_file,
            named: Vec::new(),
        }
    }

    fn read(mut self) -> Vec<Named> {
        while let Some(token) = self.peek(0).cloned() {
            match token {
                Token::Word(word) if word == "use" && !self.at(1, '<') => {
                    self.next += 1;
                    self.use_tree(Vec::new());
                }
                Token::Word(word) if word == "mod" && self.at(2, '{') => self.open_module(),
                Token::Word(_) if self.follows_dot() => self.next += 1,
                Token::Word(_) => self.path(),
                Token::Other('{') => self.step_braces(1),
                Token::Other('}') => self.step_braces(-1),
                _ => self.next += 1,
            }
        }
        self.named
    }

    fn peek(&self, ahead: usize) -> Option<&Token> {
        self.tokens.get(self.next + ahead).map(|(token, _)| token)
    }

    fn at(&self, ahead: usize, symbol: char) -> bool {
        self.peek(ahead) == Some(&Token::Other(symbol))
    }

    fn follows_dot(&self) -> bool {
        let before = |back: usize| self.next.checked_sub(back).map(|index| &self.tokens[index].0);
        before(1) == Some(&Token::Other('.')) && before(2) != Some(&Token::Other('.'))
    }

    fn word(&mut self) -> Option<String> {
        let Some(Token::Word(word)) = self.peek(0).cloned() else {
            return None;
        };
        self.next += 1;
        Some(word)
    }

    fn step_braces(&mut self, by: isize) {
        self.next += 1;
        self.braces = self.braces.saturating_add_signed(by);
        if self
            .open
            .last()
            .is_some_and(|module| module.braces == self.braces)
        {
            self.open.pop();
            self.module.pop();
        }
    }

    /// Enters `mod name {`; `#[cfg(test)]` stands before it, perhaps with other attributes and `pub` between.
    fn open_module(&mut self) {
        let start = self.tokens[..self.next]
            .iter()
            .rposition(|(token, _)| matches!(token, Token::Other(';' | '{' | '}')));
        let before = &self.tokens[start.map_or(0, |index| index + 1)..self.next];
        let is_word = |token: &Token, text: &str| matches!(token, Token::Word(word) if word == text);
        let is_test = before
            .windows(3)
            .any(|window| is_word(&window[0].0, "cfg") && is_word(&window[2].0, "test"));
        self.next += 1;
        let name = self.word().unwrap_or_default();
        self.module.push(name);
        self.open.push(OpenModule {
            braces: self.braces,
            is_test,
        });
        self.next += 1;
        self.braces += 1;
    }

    /// Reads one branch of a `use` tree below `prefix`.
    fn use_tree(&mut self, mut segments: Vec<String>) {
        let line = self.line();
        if self.peek(0) == Some(&Token::PathSeparator) {
            self.next += 1;
        }
        loop {
            if self.at(0, '{') {
                self.next += 1;
                return self.use_branches(&segments);
            }
            match self.word() {
                Some(word) if word == "self" && !segments.is_empty() => {}
                Some(word) => segments.push(word),
                None => break,
            }
            if self.peek(0) != Some(&Token::PathSeparator) {
                break;
            }
            self.next += 1;
        }
        self.use_leaf(segments, line);
    }

    fn use_branches(&mut self, prefix: &[String]) {
        while self.peek(0).is_some() && !self.at(0, '}') {
            if self.at(0, ',') {
                self.next += 1;
            } else {
                let before = self.next;
                self.use_tree(prefix.to_vec());
                self.next = self.next.max(before + 1);
            }
        }
        self.next += 1;
    }

    fn use_leaf(&mut self, segments: Vec<String>, line: usize) {
        if self.at(0, '*') {
            self.next += 1;
        }
        let full = self.resolved(segments);
        let mut alias = full.last().cloned();
        if self.peek(0) == Some(&Token::Word("as".into())) {
            self.next += 1;
            alias = self.word();
        }
        self.add(&full, line);
        if let Some(alias) = alias {
            self.aliases.insert(alias, full);
        }
    }

    /// Reads a path outside of `use`: at least two segments, or a macro's name.
    fn path(&mut self) {
        let line = self.line();
        let mut segments: Vec<String> = self.word().into_iter().collect();
        while self.peek(0) == Some(&Token::PathSeparator) && matches!(self.peek(1), Some(Token::Word(_))) {
            self.next += 1;
            segments.extend(self.word());
        }
        let is_macro = self.at(0, '!') && !self.at(1, '=');
        if segments.len() > 1 || is_macro {
            let mut full = self.resolved(segments);
            if is_macro && let Some(last) = full.last_mut() {
                last.push('!');
            }
            self.add(&full, line);
        }
    }

    fn line(&self) -> usize {
        self.tokens.get(self.next).map_or(0, |(_, line)| *line)
    }

    /// Returns the path from its crate: without `self` and `super`, and with what `use` renamed put back.
    fn resolved(&self, segments: Vec<String>) -> Vec<String> {
        let Some(head) = segments.first() else {
            return segments;
        };
        let supers = segments
            .iter()
            .skip(usize::from(head == "self"))
            .take_while(|word| *word == "super")
            .count();
        let relative = usize::from(head == "self") + supers;
        if relative > 0 {
            let kept = self.module.len().saturating_sub(supers).max(1);
            return self.module[..kept]
                .iter()
                .chain(&segments[relative..])
                .cloned()
                .collect();
        }
        match self.aliases.get(head) {
            Some(full) => full.iter().chain(&segments[1..]).cloned().collect(),
            None => segments,
        }
    }

    fn add(&mut self, segments: &[String], line: usize) {
        let in_test = self.is_test_file || self.open.iter().any(|module| module.is_test);
        self.named.push(Named {
            path: segments.join("::"),
            line,
            in_test,
        });
    }
}

fn name(component: Component<'_>) -> Option<&str> {
    component.as_os_str().to_str()
}

/// Splits Rust into words and symbols with their lines, without comments, literals and lifetimes.
fn tokens(text: &str) -> Vec<(Token, usize)> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let (mut at, mut line) = (0, 1);
    while at < chars.len() {
        let end = skipped(&chars, at);
        if end > at {
            line += chars[at..end].iter().filter(|c| **c == '\n').count();
            at = end;
        } else if is_word(chars[at]) {
            let end = (at..chars.len())
                .find(|&index| !is_word(chars[index]))
                .unwrap_or(chars.len());
            let word: String = chars[at..end].iter().collect();
            let is_raw_name = word == "r" && chars.get(end) == Some(&'#');
            if !is_raw_name {
                tokens.push((Token::Word(word), line));
            }
            at = end + usize::from(is_raw_name);
        } else if chars[at..].starts_with(&[':', ':']) {
            tokens.push((Token::PathSeparator, line));
            at += 2;
        } else {
            tokens.push((Token::Other(chars[at]), line));
            at += 1;
        }
    }
    tokens
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Returns where white space, a comment, a literal or a lifetime that starts at `at` ends; `at` if none does.
fn skipped(chars: &[char], at: usize) -> usize {
    let rest = &chars[at..];
    let until = |length: Option<usize>| at + length.unwrap_or(rest.len());
    match rest {
        [c, ..] if c.is_whitespace() => at + 1,
        ['/', '/', ..] => until(rest.iter().position(|c| *c == '\n')),
        ['/', '*', ..] => until(block_comment(rest)),
        ['"', ..] => until(quoted(rest, '"')),
        ['\'', '\\', ..] => until(quoted(rest, '\'')),
        ['\'', _, '\'', ..] => at + 3,
        ['\'', ..] => at + 1 + rest[1..].iter().take_while(|c| is_word(**c)).count(),
        ['b' | 'c' | 'r', ..] => at + prefixed(rest),
        _ => at,
    }
}

fn block_comment(rest: &[char]) -> Option<usize> {
    let (mut depth, mut at) = (0_usize, 0);
    while at + 1 < rest.len() {
        match rest[at..at + 2] {
            ['/', '*'] => depth += 1,
            ['*', '/'] if depth == 1 => return Some(at + 2),
            ['*', '/'] => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
    }
    None
}

/// Returns the length of a literal in quotes, in which a backslash hides the next character.
fn quoted(rest: &[char], quote: char) -> Option<usize> {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            '\\' => at += 2,
            c if c == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
    None
}

/// Returns the length of a literal such as `b"..."` or `br#"..."#`; 0 if `rest` starts with a plain word.
fn prefixed(rest: &[char]) -> usize {
    let letters = rest.iter().take_while(|c| c.is_ascii_alphabetic()).count();
    let prefix: String = rest[..letters].iter().collect();
    let body = &rest[letters..];
    match (prefix.as_str(), body.first()) {
        ("b" | "c", Some('"')) => letters + quoted(body, '"').unwrap_or(body.len()),
        ("b", Some('\'')) => letters + quoted(body, '\'').unwrap_or(body.len()),
        ("r" | "br" | "cr", Some('"' | '#')) => raw(body).map_or(0, |length| letters + length),
        _ => 0,
    }
}

/// Returns the length of `#"..."#` with any number of `#`; `None` if no quote follows them.
fn raw(body: &[char]) -> Option<usize> {
    let hashes = body.iter().take_while(|c| **c == '#').count();
    if body.get(hashes) != Some(&'"') {
        return None;
    }
    let close: Vec<char> = std::iter::once('"')
        .chain(std::iter::repeat_n('#', hashes))
        .collect();
    let end = body[hashes + 1..]
        .windows(close.len())
        .position(|window| window == close);
    Some(end.map_or(body.len(), |end| hashes + 1 + end + close.len()))
}
