//! The words of the fixture's language: parted by white space, with `:`, `,`, `;` and `>` as words of their own.
//!
//! A text in double quotes is one word without its quotes and may hold anything but a double quote, also nothing.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::str::FromStr;

/// What is left of a line.
pub(crate) struct Words<'a> {
    line: &'a str,
    rest: VecDeque<&'a str>,
}

impl<'a> Words<'a> {
    pub(crate) fn new(line: &'a str) -> Words<'a> {
        Words { line, rest: split(line) }
    }

    pub(crate) fn next(&mut self) -> &'a str {
        let word = self.rest.pop_front();
        word.unwrap_or_else(|| panic!("the line ends too early: {}", self.line))
    }

    /// Takes `word` if it is the next one.
    pub(crate) fn take(&mut self, word: &str) -> bool {
        let found = self.rest.front() == Some(&word);
        if found {
            self.rest.pop_front();
        }
        found
    }

    pub(crate) fn expect(&mut self, word: &str) {
        assert!(self.take(word), "expected {word:?} in: {}", self.line);
    }

    pub(crate) fn number<T: FromStr<Err: Debug>>(&mut self) -> T {
        let word = self.next();
        word.parse().unwrap_or_else(|_| panic!("{word:?} is no number in: {}", self.line))
    }

    /// Numbers, up to the next word that is none.
    pub(crate) fn numbers(&mut self) -> Vec<u32> {
        let mut numbers = Vec::new();
        while let Some(number) = self.rest.front().and_then(|word| word.parse().ok()) {
            numbers.push(number);
            self.rest.pop_front();
        }
        numbers
    }

    /// Names, up to the next comma or the end.
    pub(crate) fn names(&mut self) -> Vec<&'a str> {
        let mut names = Vec::new();
        while !self.ended() && self.rest[0] != "," {
            names.push(self.next());
        }
        names
    }

    pub(crate) fn ended(&self) -> bool {
        self.rest.is_empty()
    }

    /// Whether another element of a list follows; takes the comma before it.
    pub(crate) fn more(&mut self) -> bool {
        if self.ended() {
            return false;
        }
        self.expect(",");
        true
    }

    pub(crate) fn end(&self) {
        assert!(self.ended(), "{:?} is left over in: {}", self.rest, self.line);
    }

    /// Fails the test because `word` has no meaning here.
    pub(crate) fn unknown(&self, word: &str) -> ! {
        panic!("{word:?} is not known in: {}", self.line)
    }
}

/// A name as the language has it, in quotes where it needs them.
pub(crate) fn quoted(name: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '@' | '#' | '_' | '-' | '.');
    if !name.is_empty() && name.chars().all(plain) { name.to_owned() } else { format!("{name:?}") }
}

fn split(line: &str) -> VecDeque<&str> {
    let mut words = VecDeque::new();
    let mut rest = line.trim_start();
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '"' => {
                let end = rest[1..].find('"').expect("a quoted word has two quotes") + 2;
                words.push_back(&rest[1..end - 1]);
                end
            }
            ':' | ',' | ';' | '>' => {
                words.push_back(&rest[..1]);
                1
            }
            _ => {
                let ends = |c: char| c.is_whitespace() || matches!(c, ':' | ',' | ';' | '>' | '"');
                let end = rest.find(ends).unwrap_or(rest.len());
                words.push_back(&rest[..end]);
                end
            }
        };
        rest = rest[end..].trim_start();
    }
    words
}
