//! From YAML and JSON to nodes. JSON is YAML, and one parser reads both.
//!
//! Scalars without quotes are what YAML 1.2's core schema says: `no` and `2024-01-01` are text. Of the
//! rest of YAML, what a schema has no use for is refused: tags, anchors and aliases, several documents,
//! names that are not scalars, and a name that occurs twice.

use std::borrow::Cow;
use std::collections::HashSet;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle};

use super::fault::Fault;
use super::node::{Content, Entry, Node, Position};

/// The most bytes of a schema: 16 MiB of values and as much again for how they are written.
pub const MAX_BYTES: usize = 64 << 20;
/// How deep lists and maps may lie in each other.
const MAX_DEPTH: usize = 32;

/// Reads a text; `None` stands for one without content.
pub(super) fn parse(text: &str) -> Result<Option<Node>, Fault> {
    if text.len() > MAX_BYTES {
        return Err(fault(None, format!("the schema has more than {MAX_BYTES} bytes")));
    }
    let text = join_surrogates(text);
    let mut reader = Reader { events: Parser::new_from_str(&text), text: &text };
    let mut document = None;
    loop {
        match reader.next()? {
            (Event::DocumentStart(_), at) if document.is_some() => {
                return Err(fault(at, "a second document; a schema is one document".to_owned()));
            }
            (Event::DocumentStart(_), _) => {
                let (event, at) = reader.next()?;
                document = Some(reader.node(event, at, 0)?);
            }
            (Event::StreamEnd, _) => return Ok(document.filter(|node| node.content != Content::Null)),
            _ => {}
        }
    }
}

fn fault(at: Option<Position>, message: String) -> Fault {
    Fault { at, table: None, column: None, message }
}

fn position(marker: &Marker) -> Position {
    Position { line: marker.line(), column: marker.col() + 1 }
}

struct Reader<'a> {
    events: Parser<'a, saphyr_parser::StrInput<'a>>,
    text: &'a str,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Option<Position>), Fault> {
        match self.events.next_event() {
            Some(Ok((event, span))) => Ok((event, Some(position(&span.start)))),
            Some(Err(error)) => Err(self.syntax(position(error.marker()), error.info())),
            None => Ok((Event::StreamEnd, None)),
        }
    }

    /// A fault of the text itself. Types have brackets and commas, which end a text without quotes
    /// within braces; that is the likeliest reason.
    fn syntax(&self, at: Position, info: &str) -> Fault {
        let line = self.text.lines().nth(at.line - 1).unwrap_or("");
        let hint = if line.contains('{') && line.contains('[') {
            "; within { } quote text that has brackets or commas, such as \"timestamp[us, UTC]\""
        } else {
            ""
        };
        fault(Some(at), format!("not valid YAML or JSON: {info}{hint}"))
    }

    /// The node that begins with `event`.
    fn node(&mut self, event: Event<'a>, at: Option<Position>, depth: usize) -> Result<Node, Fault> {
        if depth > MAX_DEPTH {
            return Err(fault(at, format!("lists and maps lie more than {MAX_DEPTH} deep in each other")));
        }
        let (anchor, tag) = match &event {
            Event::Scalar(_, _, anchor, tag) => (*anchor, tag.is_some()),
            Event::SequenceStart(anchor, tag) | Event::MappingStart(anchor, tag) => (*anchor, tag.is_some()),
            Event::Alias(_) => (1, false),
            _ => (0, false),
        };
        if anchor != 0 {
            return Err(fault(
                at,
                "anchors and aliases are not supported; repeat what they stand for".to_owned(),
            ));
        }
        if tag {
            return Err(fault(at, "tags are not supported; quote what is text".to_owned()));
        }
        let content = match event {
            Event::Scalar(text, ScalarStyle::Plain, ..) => plain(text),
            Event::Scalar(text, ..) => Content::Text(text.into_owned()),
            Event::SequenceStart(..) => self.list(depth)?,
            Event::MappingStart(..) => self.map(depth)?,
            _ => Content::Null,
        };
        Ok(Node { at, content })
    }

    fn list(&mut self, depth: usize) -> Result<Content, Fault> {
        let mut nodes = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Content::List(nodes)),
                (event, at) => nodes.push(self.node(event, at, depth + 1)?),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Result<Content, Fault> {
        let mut entries = Vec::new();
        let mut names = HashSet::new();
        loop {
            let (name, at) = match self.next()? {
                (Event::MappingEnd, _) => return Ok(Content::Map(entries)),
                (Event::Scalar(name, _, 0, None), at) => (name.into_owned(), at),
                (_, at) => return Err(fault(at, "a name must be plain text".to_owned())),
            };
            if !names.insert(name.clone()) {
                return Err(fault(at, format!("{name:?} is given twice; leave one of them out")));
            }
            let (event, value_at) = self.next()?;
            let value = self.node(event, value_at, depth + 1)?;
            entries.push(Entry { at, name, value });
        }
    }
}

/// What a scalar without quotes is.
fn plain(text: Cow<'_, str>) -> Content {
    match &*text {
        "" | "~" | "null" | "Null" | "NULL" => Content::Null,
        "true" | "True" | "TRUE" => Content::Bool(true),
        "false" | "False" | "FALSE" => Content::Bool(false),
        other if is_number(other) => Content::Number(text.into_owned()),
        _ => Content::Text(text.into_owned()),
    }
}

/// Whether a scalar without quotes is text.
pub(super) fn is_text(text: &str) -> bool {
    matches!(plain(Cow::Borrowed(text)), Content::Text(_))
}

/// Whether a scalar without quotes is a number.
fn is_number(text: &str) -> bool {
    let all =
        |digits: &str, is_digit: fn(&u8) -> bool| !digits.is_empty() && digits.bytes().all(|b| is_digit(&b));
    if let Some(digits) = text.strip_prefix("0x") {
        return all(digits, u8::is_ascii_hexdigit);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return all(digits, |digit| (b'0'..=b'7').contains(digit));
    }
    if matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let magnitude = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(magnitude, ".inf" | ".Inf" | ".INF") {
        return true;
    }
    let (mantissa, exponent) = magnitude.split_once(['e', 'E']).unwrap_or((magnitude, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole)
        && digits(fraction)
        && whole.len() + fraction.len() > 0
        && all(exponent.strip_prefix(['-', '+']).unwrap_or(exponent), u8::is_ascii_digit)
}

/// JSON writes characters beyond 16 bits as two escapes, which YAML does not know: joins them to one.
fn join_surrogates(text: &str) -> Cow<'_, str> {
    let has_escapes = text.contains("\\ud") || text.contains("\\uD");
    if !has_escapes || serde_json::from_str::<serde::de::IgnoredAny>(text).is_err() {
        return Cow::Borrowed(text);
    }
    let mut joined = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        joined.push_str(before);
        let unit = |at: usize| u32::from_str_radix(escape.get(at..at + 6)?.strip_prefix("\\u")?, 16).ok();
        let length = match (unit(0), unit(6)) {
            (Some(high @ 0xD800..0xDC00), Some(low @ 0xDC00..0xE000)) => {
                let character = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
                joined.push_str(&format!("\\U{character:08x}"));
                12
            }
            // Behind a backslash, JSON has one ASCII character.
            _ => {
                joined.push_str(&escape[..2]);
                2
            }
        };
        rest = &escape[length..];
    }
    joined.push_str(rest);
    Cow::Owned(joined)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(text: &str) -> Content {
        parse(text).expect(text).expect("some content").content
    }

    fn number(text: &str) -> Node {
        Node::new(Content::Number(text.to_owned()))
    }

    #[test]
    fn scalars_are_what_the_core_schema_says() {
        for (text, expected) in [
            ("NO", Content::Text("NO".into())),
            ("yes", Content::Text("yes".into())),
            ("2024-01-01T00:00:00", Content::Text("2024-01-01T00:00:00".into())),
            ("1ms", Content::Text("1ms".into())),
            ("5%", Content::Text("5%".into())),
            ("1_000", Content::Text("1_000".into())),
            ("1e", Content::Text("1e".into())),
            ("'12'", Content::Text("12".into())),
            ("True", Content::Bool(true)),
        ] {
            assert_eq!(content(text), expected, "{text}");
        }
        for text in [
            "0", "-7", "+7", "007", "1.5", ".5", "5.", "1e3", "1.5E-3", "0x1f", "0o17", ".inf", "-.INF",
            ".nan",
        ] {
            assert_eq!(content(text), Content::Number(text.into()), "{text}");
        }
        for text in ["", "~", "null", "# nothing", "---"] {
            assert_eq!(parse(text), Ok(None), "{text}");
        }
    }

    #[test]
    fn json_is_read_as_yaml() {
        let expected = Node::map([
            ("a", number("1")),
            ("b", Node::list(["x/y".into(), "😀\\ud83d\u{1}".into()])),
            ("c", Node::new(Content::Null)),
        ]);
        let json = r#"{"a":1,"b":["x\/y","\uD83D\ude00\\ud83d\u0001"],"c":null}"#;
        assert_eq!(content(json), expected.content);
        assert_eq!(
            content("{\n\t\"a\": 1,\n\t\"b\": [\n\t\t2\n\t]\n}"),
            Node::map([("a", number("1")), ("b", Node::list([number("2")]))]).content
        );
    }

    #[test]
    fn what_a_schema_has_no_use_for_is_refused_with_its_place() {
        for (text, message) in [
            ("a: 1\nb: 2\na: 3", "3:1: \"a\" is given twice"),
            ("a: &x 1\nb: *x", "1:4: anchors and aliases are not supported"),
            ("a: 1\nb: *x", "2:4: "),
            ("a: !!str 5", "1:4: tags are not supported"),
            ("? [a]\n: b", "1:3: a name must be plain text"),
            ("a: x\n---\nb: y", "2:1: a second document"),
            ("a: [1,2\nb: 3", "2:2: not valid YAML or JSON"),
            (
                "- {type: timestamp[us, UTC]}",
                "1:19: not valid YAML or JSON: while parsing a flow mapping, did not find expected ',' or '}'; within { } quote text",
            ),
            (r#"{"a":"\ud83d"}"#, "1:6: not valid YAML or JSON"),
        ] {
            let fault = parse(text).expect_err(text);
            let shown = format!("{}: {fault}", fault.at.expect("a place"));
            assert!(shown.starts_with(message), "{text}: {shown}");
        }
        let deep = format!("{}{}", "[".repeat(40), "]".repeat(40));
        assert!(parse(&deep).is_err());
        assert!(parse(&"[".repeat(100_000)).is_err());
    }
}
