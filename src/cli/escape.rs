//! Text that others wrote, as it may be shown: on one line, and nothing in it that a terminal obeys.

use std::ffi::OsStr;

/// `text` with every character escaped that does not print as itself: control characters, separators of lines,
/// marks that turn the direction of writing, and the like.
pub fn escaped(text: &str) -> String {
    const KEPT: [char; 3] = ['\\', '\'', '"'];
    let mut shown = String::with_capacity(text.len());
    for piece in text.split_inclusive(KEPT) {
        let plain = piece.strip_suffix(KEPT).unwrap_or(piece);
        shown.extend(plain.escape_debug());
        shown.push_str(&piece[plain.len()..]);
    }
    shown
}

/// A name of the file system, which need not be UTF-8: other bytes are shown as `\xff`.
pub fn name(name: impl AsRef<OsStr>) -> String {
    let mut shown = String::new();
    for chunk in name.as_ref().as_encoded_bytes().utf8_chunks() {
        shown.push_str(&escaped(chunk.valid()));
        for byte in chunk.invalid() {
            shown.push_str(&format!("\\x{byte:02x}"));
        }
    }
    shown
}

/// `json` with the same characters escaped, as JSON escapes them. Outside its strings there are none.
pub fn escaped_json(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for c in json.chars() {
        if c == '"' || c == '\\' || c == '\'' || escaped(c.encode_utf8(&mut [0; 4])).len() == c.len_utf8() {
            shown.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                shown.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_print_as_itself_is_escaped() {
        for (text, shown) in [
            ("plain text, \"quoted\" and 'so', a\\b", "plain text, \"quoted\" and 'so', a\\b"),
            ("Grüße 你好 नमस्ते", "Grüße 你好 नमस्ते"),
            ("a\nb\r\tc\0", "a\\nb\\r\\tc\\0"),
            ("\x1b[2J\x7f", "\\u{1b}[2J\\u{7f}"),
            ("a\u{9b}1m\u{85}", "a\\u{9b}1m\\u{85}"),
            ("a\u{2028}b\u{2029}", "a\\u{2028}b\\u{2029}"),
            ("\u{202e}txt.exe\u{2066}\u{200f}", "\\u{202e}txt.exe\\u{2066}\\u{200f}"),
            ("\u{feff}id\u{200b}\u{ad}\u{e0041}", "\\u{feff}id\\u{200b}\\u{ad}\\u{e0041}"),
        ] {
            assert_eq!(escaped(text), shown);
        }
    }

    #[test]
    fn json_stays_the_same_json() {
        let text = "a\n\"\\\u{7f}\u{9b}\u{2028}\u{202e}\u{e0041}ü'";
        let shown = escaped_json(&serde_json::to_string(text).expect("a text"));
        assert_eq!(serde_json::from_str::<String>(&shown).expect("a JSON text"), text);
        assert_eq!(shown, r#""a\n\"\\\u007f\u009b\u2028\u202e\udb40\udc41ü'""#);
    }

    #[cfg(unix)]
    #[test]
    fn bytes_that_are_not_utf8_are_shown_as_such() {
        use std::os::unix::ffi::OsStrExt;
        assert_eq!(name(OsStr::from_bytes(b"a\xff\n\xe2\x82.csv")), "a\\xff\\n\\xe2\\x82.csv");
    }
}
