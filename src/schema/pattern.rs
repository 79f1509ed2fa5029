//! Patterns: the subset of regular expressions that describes texts of a fixed number of characters.

use std::fmt;

/// The most characters that a class may have to choose from.
const MAX_CHOICES: usize = 65_536;
/// The most characters of a text that a pattern describes.
const MAX_CHARACTERS: usize = 1 << 20;

/// A pattern: literals and classes, each with an optional count.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pattern {
    source: String,
    pieces: Vec<Piece>,
}

/// One or more neighbouring places of the same kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Piece {
    /// Characters without a choice.
    Literal(String),
    /// `count` places, each of which is one of several characters.
    Choice {
        /// The characters, two or more, in the order in which they are numbered.
        characters: Vec<char>,
        /// How many places there are.
        count: usize,
    },
}

/// Why a text is not a pattern, and where: at the character of this number, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason} (character {at} of the pattern)")]
pub struct PatternError {
    at: usize,
    reason: Reason,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum Reason {
    #[error(
        "{0:?} stands for itself only as \"\\{0}\"; alternatives, groups and repetition other than {{n}} are not supported"
    )]
    Special(char),
    #[error("unknown escape \"\\{0}\"; \\d is a digit, and \\ before punctuation gives that character")]
    Escape(char),
    #[error("the pattern ends with a single \\; write \\\\ for one")]
    LoneBackslash,
    #[error("the class is not closed; add ]")]
    OpenClass,
    #[error("the class is empty")]
    EmptyClass,
    #[error("a class that begins with ^ is not supported; list the characters that may occur, or write \\^")]
    Negated,
    #[error("[ within a class must be written \\[")]
    OpenBracket,
    #[error("- stands for itself only first or last in a class; elsewhere write \\-")]
    Dash,
    #[error("the range {0}-{1} is empty or ends in no single character")]
    Range(char, char),
    #[error("the class has {0:?} twice")]
    Twice(char),
    #[error("the class has more than {MAX_CHOICES} characters")]
    TooManyChoices,
    #[error("a count is {{n}}, with n from 1")]
    Count,
    #[error("the text has more than {MAX_CHARACTERS} characters")]
    TooLong,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    ///
    /// If it is not of the subset.
    pub fn new(source: &str) -> Result<Self, PatternError> {
        let characters: Vec<char> = source.chars().collect();
        let mut parser = Parser { characters: &characters, next: 0 };
        let mut pieces = Vec::new();
        let mut length = 0usize;
        while parser.peek().is_some() {
            let at = parser.next;
            let error = |reason| PatternError { at: at + 1, reason };
            let choices = parser.choices()?;
            let count = parser.count()?;
            length = length.saturating_add(count);
            if length > MAX_CHARACTERS {
                return Err(error(Reason::TooLong));
            }
            push(&mut pieces, choices, count);
        }
        Ok(Self { source: source.to_owned(), pieces })
    }

    /// The pattern as written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What it consists of, in order.
    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

/// Appends `count` places of `choices`; neighbouring literals become one.
fn push(pieces: &mut Vec<Piece>, choices: Vec<char>, count: usize) {
    match (choices.as_slice(), pieces.last_mut()) {
        ([single], Some(Piece::Literal(text))) => text.extend(std::iter::repeat_n(*single, count)),
        ([single], _) => pieces.push(Piece::Literal(std::iter::repeat_n(*single, count).collect())),
        _ => pieces.push(Piece::Choice { characters: choices, count }),
    }
}

struct Parser<'a> {
    characters: &'a [char],
    next: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.characters.get(self.next).copied()
    }

    fn take(&mut self) -> Option<char> {
        let character = self.peek();
        self.next += usize::from(character.is_some());
        character
    }

    /// An error at the character that was taken last.
    fn error<T>(&self, reason: Reason) -> Result<T, PatternError> {
        Err(PatternError { at: self.next.max(1), reason })
    }

    /// The characters of one literal, class, `.` or `\d`.
    fn choices(&mut self) -> Result<Vec<char>, PatternError> {
        match self.take() {
            Some('[') => self.class(),
            Some('.') => Ok((' '..='~').collect()),
            Some('\\') => self.escape(),
            Some(special) if "^$|()?*+]{}".contains(special) => self.error(Reason::Special(special)),
            Some(literal) => Ok(vec![literal]),
            None => Ok(Vec::new()),
        }
    }

    fn escape(&mut self) -> Result<Vec<char>, PatternError> {
        match self.take() {
            Some('d') => Ok(('0'..='9').collect()),
            Some(punctuation) if punctuation.is_ascii_punctuation() => Ok(vec![punctuation]),
            Some(other) => self.error(Reason::Escape(other)),
            None => self.error(Reason::LoneBackslash),
        }
    }

    /// What is behind `[`, up to and with `]`.
    fn class(&mut self) -> Result<Vec<char>, PatternError> {
        let mut choices = Vec::new();
        let first = self.next;
        loop {
            let at_first = self.next == first;
            let members = match self.take() {
                None => return self.error(Reason::OpenClass),
                Some(']') if at_first => return self.error(Reason::EmptyClass),
                Some(']') => break,
                Some('^') if at_first => return self.error(Reason::Negated),
                Some('[') => return self.error(Reason::OpenBracket),
                Some('-') if !at_first && self.peek() != Some(']') => return self.error(Reason::Dash),
                Some('\\') => self.escape()?,
                Some(literal) => vec![literal],
            };
            // A dash behind a single character makes a range, unless the class ends with it. A dash that
            // comes first stands for itself.
            let lone_dash = at_first && members == ['-'];
            let before_range = self.peek() == Some('-')
                && self.characters.get(self.next + 1).is_some_and(|after| *after != ']');
            match members[..] {
                [start] if before_range && !lone_dash => choices.extend(self.range(start)?),
                _ => choices.extend(members),
            }
            if choices.len() > MAX_CHOICES {
                return self.error(Reason::TooManyChoices);
            }
        }
        let mut sorted = choices.clone();
        sorted.sort_unstable();
        match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => self.error(Reason::Twice(pair[0])),
            None => Ok(choices),
        }
    }

    /// The characters of the range that begins with `start` and goes on with `-`.
    fn range(&mut self, start: char) -> Result<std::ops::RangeInclusive<char>, PatternError> {
        self.take();
        let end = match self.take() {
            Some('[') => return self.error(Reason::OpenBracket),
            Some('\\') => match self.escape()?[..] {
                [end] => end,
                _ => return self.error(Reason::Range(start, 'd')),
            },
            Some(end) => end,
            None => return self.error(Reason::OpenClass),
        };
        let surrogates = (start as u32) < 0xD800 && end as u32 > 0xDFFF;
        if start > end || surrogates {
            return self.error(Reason::Range(start, end));
        }
        Ok(start..=end)
    }

    /// The count behind a literal or a class: `{n}`, or 1 if there is none.
    fn count(&mut self) -> Result<usize, PatternError> {
        if self.peek() != Some('{') {
            return Ok(1);
        }
        self.take();
        let mut digits = String::new();
        while let Some(digit) = self.peek().filter(char::is_ascii_digit) {
            digits.push(digit);
            self.next += 1;
        }
        match (self.take(), digits.parse::<usize>()) {
            (Some('}'), Ok(count)) if count >= 1 => Ok(count),
            (Some('}'), Err(_)) if !digits.is_empty() => self.error(Reason::TooLong),
            _ => self.error(Reason::Count),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_a_list_of_places() {
        let literal = |text: &str| Piece::Literal(text.to_owned());
        let choice =
            |characters: &str, count| Piece::Choice { characters: characters.chars().collect(), count };
        for (source, pieces) in [
            ("", vec![]),
            ("ORD-[0-9]{6}", vec![literal("ORD-"), choice("0123456789", 6)]),
            ("[A-C_]{2}x{3}", vec![choice("ABC_", 2), literal("xxx")]),
            (r"\d\.\\", vec![choice("0123456789", 1), literal(".\\")]),
            ("[-ab]", vec![choice("-ab", 1)]),
            ("[ab-]", vec![choice("ab-", 1)]),
            (r"[\d-]", vec![choice("0123456789-", 1)]),
            (r"[!-\-]", vec![choice("!\"#$%&'()*+,-", 1)]),
            (r"[a^\]\[.]", vec![choice("a^][.", 1)]),
            ("[x]{2}y", vec![literal("xxy")]),
            ("[α-γ]é", vec![choice("αβγ", 1), literal("é")]),
        ] {
            assert_eq!(Pattern::new(source).expect(source).pieces(), pieces, "{source}");
        }
        let any = Pattern::new(".").expect("a dot");
        assert!(matches!(any.pieces(), [Piece::Choice { characters, .. }] if characters.len() == 95));
    }

    #[test]
    fn what_is_not_of_the_subset_is_refused_with_its_place() {
        for (source, at, reason) in [
            ("a|b", 2, "alternatives"),
            ("(a)", 1, "groups"),
            ("a*", 2, "repetition"),
            ("a]", 2, "stands for itself"),
            ("{3}", 1, "stands for itself"),
            ("a{2}{3}", 5, "stands for itself"),
            (r"\w", 2, "unknown escape"),
            ("\\", 1, "single \\"),
            ("ab[c", 4, "not closed"),
            ("[]", 2, "empty"),
            ("[^a]", 2, "begins with ^"),
            ("[a[b]", 3, "must be written"),
            ("[a-z-9]", 5, "- stands for itself"),
            ("[--a]", 3, "- stands for itself"),
            (r"[\d-z]", 4, "- stands for itself"),
            ("[z-a]", 4, "empty"),
            (r"[a-\d]", 5, "single character"),
            ("[\u{D000}-\u{E000}]", 4, "empty"),
            ("[a-cb]", 6, "twice"),
            ("[\u{10000}-\u{20000}]", 4, "65536 characters"),
            ("a{0}", 4, "a count is"),
            ("a{}", 3, "a count is"),
            ("a{2", 3, "a count is"),
            ("a{1,2}", 4, "a count is"),
            ("a{99999999999999999999}", 23, "1048576 characters"),
            ("ab{1048576}", 2, "1048576 characters"),
        ] {
            let error = Pattern::new(source).expect_err(source);
            assert_eq!(error.at, at, "{source}: {error}");
            assert!(error.to_string().contains(reason), "{source}: {error}");
        }
    }
}
