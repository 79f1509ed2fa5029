//! Places as the command line names them: paths, databases, standard input and output.
//!
//! Every argument that says where rows come from or go to is recognised here, so that no address becomes the name of
//! a folder. Of an argument that may hold a password, nothing is ever shown but its scheme.

use std::ffi::OsStr;
use std::path::Path;

/// The form of a database's address, for messages.
pub const DATABASE_FORM: &str = "postgresql://user@host/database";

const DATABASES: [&str; 2] = ["postgresql", "postgres"];
const OBJECT_STORES: [&str; 18] = [
    "s3", "s3a", "s3n", "gs", "gcs", "az", "azure", "adl", "abfs", "abfss", "wasb", "wasbs", "r2", "b2",
    "oss", "cos", "hdfs", "webhdfs",
];
const NETWORKS: [&str; 8] = ["http", "https", "ftp", "ftps", "sftp", "scp", "ssh", "smb"];

/// A place as it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place<'a> {
    /// A file or a folder.
    Path(&'a Path),
    /// The address of a database.
    Database(&'a str),
    /// `-`: standard input or output.
    Stream,
}

impl<'a> Place<'a> {
    /// The place that `given` names.
    ///
    /// # Errors
    ///
    /// If it is an address of a kind that is not supported, or nothing at all.
    pub fn of(given: &'a OsStr) -> Result<Self, String> {
        let text = given.to_string_lossy();
        if text.is_empty() {
            return Err("an empty name: give a path".to_owned());
        }
        if text == "-" {
            return Ok(Self::Stream);
        }
        if let Some(scheme) = scheme(&text) {
            if DATABASES.contains(&scheme) && text[scheme.len()..].starts_with("://") {
                let address = given
                    .to_str()
                    .ok_or("postgresql://…: the address is not UTF-8: write other bytes as %XX")?;
                return Ok(Self::Database(address));
            }
            return Err(unsupported(scheme));
        }
        if is_connection_string(&text) {
            return Err(format!("a connection string: write the address of a database as {DATABASE_FORM}"));
        }
        let path = Path::new(given);
        if has_credentials(&text) && !path.exists() {
            return Err(format!(
                "a name like user:password@host, which is not shown: write the address of a database as \
                 {DATABASE_FORM}, and a path with ./ before it"
            ));
        }
        Ok(Self::Path(path))
    }
}

/// `argument` as an error may repeat it, if it must not do so as it stands.
pub fn masked(argument: &str) -> Option<String> {
    match scheme(argument) {
        Some(scheme) => Some(format!("{}://…", shown(scheme))),
        None => (is_connection_string(argument) || has_credentials(argument)).then(|| "…".to_owned()),
    }
}

/// The scheme of a text that is meant as an address: whatever stands before `://`, and a known scheme before `:/`. That
/// of a database is recognised in any other spelling too. `./` before a path makes it a path.
fn scheme(text: &str) -> Option<&str> {
    let first = text.split('/').next()?;
    let has_two_slashes = text[first.len()..].starts_with("//");
    match first.strip_suffix(':') {
        Some(scheme) if has_two_slashes || is_known(scheme) => Some(scheme),
        // The colon was left out.
        None if has_two_slashes && is_like_database(first) && text.contains('@') => Some(first),
        // The slashes were.
        _ => first.split_once(':').map(|(scheme, _)| scheme).filter(|scheme| is_like_database(scheme)),
    }
}

fn is_known(scheme: &str) -> bool {
    let scheme = scheme.trim().to_ascii_lowercase();
    let scheme = scheme.as_str();
    scheme == "file"
        || OBJECT_STORES.contains(&scheme)
        || NETWORKS.contains(&scheme)
        || is_like_database(scheme)
}

/// Whether `scheme` is that of a PostgreSQL database but for case, spaces, a prefix such as `jdbc:`, a driver's name
/// behind a `+`, or a slip of the keyboard.
fn is_like_database(scheme: &str) -> bool {
    const SLIPS: usize = 2;
    let scheme = scheme.trim().to_ascii_lowercase();
    let scheme = scheme.strip_prefix("jdbc:").unwrap_or(&scheme);
    let scheme = scheme.split_once('+').map_or(scheme, |(scheme, _)| scheme);
    DATABASES.iter().any(|database| strsim::osa_distance(scheme, database) <= SLIPS)
}

/// `scheme`, unless something else is in it: user and password may stand before it by mistake.
fn shown(scheme: &str) -> &str {
    let scheme = scheme.trim();
    let plain = scheme.strip_prefix("jdbc:").unwrap_or(scheme);
    let is_plain = plain.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+.-_".contains(&byte));
    if is_plain { scheme } else { "…" }
}

/// Why a place with this scheme is refused, and the way out.
fn unsupported(scheme: &str) -> String {
    let lower = scheme.trim().to_ascii_lowercase();
    let shown = format!("{}://…", shown(scheme));
    if is_like_database(scheme) {
        format!("{shown}: not a scheme of a database: did you mean {DATABASE_FORM}?")
    } else if OBJECT_STORES.contains(&lower.as_str()) {
        format!("{shown}: object stores are not supported yet: use a local folder and copy its files")
    } else if NETWORKS.contains(&lower.as_str()) {
        format!("{shown}: files are not transferred over a network: use a local folder and copy its files")
    } else if lower == "file" {
        format!("{shown}: URLs of files are not supported: give the path alone")
    } else {
        format!(
            "{shown}: not a supported scheme: give {DATABASE_FORM}, or a path (with ./ before it if it has this form)"
        )
    }
}

/// Whether `text` is a connection string of PostgreSQL's keywords and values, as `host=h dbname=d`.
fn is_connection_string(text: &str) -> bool {
    const KEYWORDS: [&str; 8] =
        ["host", "hostaddr", "port", "dbname", "user", "password", "service", "sslmode"];
    let keywords =
        || text.split_whitespace().filter_map(|word| word.split_once('=').map(|(keyword, _)| keyword));
    let known =
        keywords().filter(|keyword| KEYWORDS.contains(&keyword.to_ascii_lowercase().as_str())).count();
    known >= 2 || keywords().any(|keyword| keyword.eq_ignore_ascii_case("password"))
}

/// Whether `text` begins like `user:password@host`.
fn has_credentials(text: &str) -> bool {
    text.split_once(':')
        .is_some_and(|(user, rest)| !user.is_empty() && !user.contains('/') && rest.contains('@'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECRET: &str = "s3cret";

    #[test]
    fn what_is_an_address_is_no_path() {
        for (given, reason) in [
            ("s3://bucket/x", "s3://…: object stores are not supported yet"),
            ("S3://bucket", "object stores"),
            ("s3a://key:s3cret@bucket/x", "object stores"),
            ("s3:/bucket/x", "object stores"),
            ("gs://bucket", "object stores"),
            ("az://container", "object stores"),
            ("abfs://container@account/x", "object stores"),
            ("abfss://container@account/x", "object stores"),
            ("hdfs://name:8020/x", "object stores"),
            ("file:///tmp/x", "give the path alone"),
            ("file://tmp/x", "give the path alone"),
            ("file:/tmp/x", "give the path alone"),
            ("FILE:///tmp/x", "give the path alone"),
            ("http://host/x.parquet", "local folder"),
            ("https://user:s3cret@host/x.parquet?signature=s3cret", "local folder"),
            ("ftp://host/x", "local folder"),
            ("sftp://me:s3cret@host/x", "local folder"),
            ("mysql://u:s3cret@h/d", "not a supported scheme"),
            ("x://", "not a supported scheme"),
            ("://x", "not a supported scheme"),
            ("1 2://x", "not a supported scheme"),
            ("postgresq://u:s3cret@h/d", "did you mean postgresql://"),
            ("postgesql://u:s3cret@h/d", "did you mean postgresql://"),
            ("postgressql://u:s3cret@h/d", "did you mean postgresql://"),
            ("postgre://u:s3cret@h/d", "did you mean postgresql://"),
            ("PostgreSQL://u:s3cret@h/d", "did you mean postgresql://"),
            (" postgresql://u:s3cret@h/d", "did you mean postgresql://"),
            ("jdbc:postgresql://h/d?user=u&password=s3cret", "did you mean postgresql://"),
            ("postgresql+psycopg2://u:s3cret@h/d", "did you mean postgresql://"),
            ("postgresql:/u:s3cret@h/d", "did you mean postgresql://"),
            ("postgres:/u:s3cret@h/d", "did you mean postgresql://"),
            ("postgresq:/u:s3cret@h/d", "did you mean postgresql://"),
            ("postgresql:u:s3cret@h/d", "did you mean postgresql://"),
            ("u:s3cret@postgresql://h/d", "…://…: not a supported scheme"),
            ("u:s3cret://h/d", "…://…: not a supported scheme"),
            ("--password=s3cret postgresql://h/d", "…://…: not a supported scheme"),
            ("postgres:", "did you mean postgresql://"),
            ("postgresql//u:s3cret@h/d", "did you mean postgresql://"),
            ("host=h user=u password=s3cret", "connection string"),
            ("password=s3cret", "connection string"),
            ("host=h dbname=d", "connection string"),
            ("u:s3cret@h/d", "./"),
            ("u:s3/cret@h", "./"),
            ("", "empty"),
        ] {
            let error = Place::of(OsStr::new(given)).expect_err(given);
            assert!(error.contains(reason), "{given}: {error}");
            assert!(!error.contains(SECRET) && !error.contains("cret@"), "{given}: {error}");
        }
    }

    #[test]
    fn other_names_are_paths() {
        for given in [
            "samples",
            "./s3:/x",
            "./s3://x",
            "/s3://x",
            "a/b://c",
            "a:b",
            "x:/y",
            "x:",
            "C:\\x",
            "s3",
            "s3:x",
            "file:x",
            "2024-01-01T10:00",
            "user@host",
            "a@b:c",
            "postgres",
            "postgresql/data",
            "postgres//data",
            "./postgres:x",
            "./u:p@h",
            "year=2024/x.parquet",
            "user=5/x.parquet",
            "--",
            "./-",
            "größe:1",
            "~x",
            "a b",
        ] {
            assert_eq!(Place::of(OsStr::new(given)), Ok(Place::Path(Path::new(given))), "{given}");
            assert_eq!(masked(given), None, "{given}");
        }
        assert_eq!(Place::of(OsStr::new("-")), Ok(Place::Stream));
        for given in
            ["postgresql://", "postgresql:///d", "postgres://u:p@h/d", "postgresql://h?sslmode=disable"]
        {
            assert_eq!(Place::of(OsStr::new(given)), Ok(Place::Database(given)));
        }
    }

    proptest! {
        #[test]
        fn no_address_shows_its_password(
            before in "[a-z:/@ ]{0,3}(postgresql|postgresq|postgres|s3|https|x|)[:/+]{0,3}[a-z@:/?=]{0,4}",
            behind in "[a-z@:/?&=%,. ]{0,6}",
        ) {
            let text = format!("{before}:s3cret{behind}@h/d");
            let said = Place::of(OsStr::new(&text)).err().unwrap_or_default();
            prop_assert!(!said.contains("s3cret"), "{text}: {said}");
            if let Ok(Place::Path(path)) = Place::of(OsStr::new(&text)) {
                // What has a slash before the first colon.
                prop_assert!(path.starts_with("/") || text.split(':').next().is_some_and(|first| first.contains('/') || first.is_empty()), "{text}");
            }
            let shown = masked(&text).unwrap_or_default();
            prop_assert!(!shown.contains("s3cret"), "{text}: {shown}");
        }
    }

    #[test]
    fn no_secret_is_repeated() {
        for (given, shown) in [
            ("postgresql://u:s3cret@h/d", "postgresql://…"),
            ("postgresq:/u:s3cret@h/d", "postgresq://…"),
            ("https://h/x?signature=s3cret", "https://…"),
            ("host=h password=s3cret", "…"),
            ("u:s3cret@h", "…"),
        ] {
            assert_eq!(masked(given).as_deref(), Some(shown));
        }
    }
}
