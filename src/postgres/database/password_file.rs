//! The password file. Source: <https://www.postgresql.org/docs/15/libpq-pgpass.html>.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// What a password file has for a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Password(String),
    Nothing,
    /// A password that is not used, since others may read the file.
    Exposed,
}

/// Looks in the file at `path` for the password of a host, port, database and user. That there is no such file, or none
/// that may be read, is no error: the server may not ask for a password.
pub(super) fn find(path: &Path, wanted: [&str; 4]) -> Found {
    let Ok(metadata) = fs::metadata(path) else {
        return Found::Nothing;
    };
    // A pipe would be waited for.
    if !metadata.is_file() {
        return Found::Nothing;
    }
    let file = fs::read(path).unwrap_or_default();
    match password_of(&String::from_utf8_lossy(&file), wanted) {
        None => Found::Nothing,
        Some(_) if metadata.permissions().mode() & 0o077 != 0 => Found::Exposed,
        Some(password) => Found::Password(password),
    }
}

/// The password of the first line that fits.
fn password_of(file: &str, wanted: [&str; 4]) -> Option<String> {
    file.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let mut rest = line;
        for wanted in wanted {
            let field;
            (field, rest) = split_field(rest)?;
            if field != "*" && unescaped(field) != wanted {
                return None;
            }
        }
        Some(unescaped(rest)).filter(|password| !password.is_empty())
    })
}

/// What is before the first colon that no backslash stands before, and what is behind it.
fn split_field(line: &str) -> Option<(&str, &str)> {
    let mut is_escaped = false;
    let end = line.find(|c| {
        let is_end = c == ':' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        is_end
    })?;
    Some((&line[..end], &line[end + 1..]))
}

/// `text` without the backslashes that take the meaning from what follows them.
fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        plain.push(if character == '\\' { characters.next().unwrap_or(character) } else { character });
    }
    plain
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_first_line_that_fits_counts() {
        let file = "# comment\nother:*:*:*:no\n*:5432:db:me:with\\:colon\\\\\nh:5432:db:me:later\n";
        assert_eq!(password_of(file, ["h", "5432", "db", "me"]), Some("with:colon\\".to_owned()));
        assert_eq!(password_of(file, ["h", "5433", "db", "me"]), None);
        assert_eq!(password_of("short:line\n\n:::", ["h", "5432", "db", "me"]), None);
        assert_eq!(password_of("*:*:*:*:a:b\r\n", ["h", "5432", "db", "me"]), Some("a:b".to_owned()));
        assert_eq!(password_of("\\*:*:*:*:x\n\\h:*:*:*:y", ["h", "1", "db", "me"]), Some("y".to_owned()));
        assert_eq!(
            password_of("[\\:\\:1]:*:*:*:x\n\\:\\:1:*:*:*:y", ["::1", "1", "d", "u"]),
            Some("y".to_owned())
        );
    }

    #[test]
    fn a_file_that_others_may_read_is_not_used() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("passwords");
        let wanted = ["h", "5432", "db", "me"];
        assert_eq!(find(&path, wanted), Found::Nothing);
        assert_eq!(find(folder.path(), wanted), Found::Nothing);
        fs::write(&path, "h:*:*:*:s3cret\n").expect("a file");
        for (mode, found) in
            [(0o600, Found::Password("s3cret".to_owned())), (0o640, Found::Exposed), (0o604, Found::Exposed)]
        {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("permissions");
            assert_eq!(find(&path, wanted), found);
        }
        assert_eq!(find(&path, ["other", "5432", "db", "me"]), Found::Nothing);
    }

    proptest! {
        #[test]
        fn no_password_file_makes_it_panic(file in "[a-cä:*#\\\\\n]{0,60}") {
            let _ = password_of(&file, ["a", "b", "c", "a"]);
        }
    }
}
