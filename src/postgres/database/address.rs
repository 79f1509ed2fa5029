//! The text of an address: a URI as libpq reads it.
//!
//! No error shows any of it but the names of parameters, since a password may be anywhere in what is malformed.

use std::collections::BTreeMap;
use std::net::Ipv6Addr;

use percent_encoding::percent_decode_str;

use super::error::AddressError;
use super::parameters;

const SCHEMES: [&str; 2] = ["postgresql://", "postgres://"];

/// What an address gives, by the keywords of parameters.
type Given = BTreeMap<&'static str, String>;

/// Reads `address`.
pub(super) fn parse(address: &str) -> Result<Given, AddressError> {
    let rest = SCHEMES.iter().find_map(|scheme| address.strip_prefix(scheme));
    let mut rest = rest.ok_or_else(|| wrong("the address of a database begins with postgresql://"))?;
    let mut given = Given::new();
    let user_end = rest.find(['@', '/']).filter(|end| rest[*end..].starts_with('@'));
    if let Some(last) = rest.rfind('@')
        && Some(last) != user_end
        && without_ipv6(&rest[..last]).contains(':')
    {
        return Err(wrong(
            "an address has one @, behind user and password: write any other as %40, and a / as %2F",
        ));
    }
    if let Some(end) = user_end {
        let (user, password) = rest[..end].split_once(':').unwrap_or((&rest[..end], ""));
        store(&mut given, "user", user)?;
        store(&mut given, "password", password)?;
        rest = &rest[end + 1..];
    }
    let (mut hosts, mut ports) = (String::new(), String::new());
    loop {
        let host;
        (host, rest) = split_host(rest)?;
        hosts.push_str(host);
        if let Some(behind) = rest.strip_prefix(':') {
            let (port, behind) = behind.split_at(behind.find(['/', '?', ',']).unwrap_or(behind.len()));
            ports.push_str(port);
            rest = behind;
        }
        match rest.strip_prefix(',') {
            Some(next) => rest = next,
            None => break,
        }
        hosts.push(',');
        ports.push(',');
    }
    store(&mut given, "host", &hosts)?;
    store(&mut given, "port", &ports)?;
    let (place, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    store(&mut given, "dbname", place.strip_prefix('/').unwrap_or(place))?;
    // Elsewhere the ? may be in a password.
    let is_well_formed =
        !parameters.contains('@') && ports.bytes().all(|byte| byte.is_ascii_digit() || byte == b',');
    store_parameters(&mut given, parameters, is_well_formed)?;
    Ok(given)
}

fn wrong(what: &str) -> AddressError {
    AddressError::new(what.to_owned())
}

/// `text` without IPv6 addresses, whose colons set no password apart.
fn without_ipv6(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, inside)) = rest.split_once('[') {
        kept.push_str(before);
        rest = match inside.split_once(']') {
            Some((address, behind)) if address.parse::<Ipv6Addr>().is_ok() => behind,
            _ => inside,
        };
    }
    kept + rest
}

/// A host at the beginning of `text`, and what is behind it.
fn split_host(text: &str) -> Result<(&str, &str), AddressError> {
    let Some(inside) = text.strip_prefix('[') else {
        return Ok(text.split_at(text.find([':', '/', '?', ',']).unwrap_or(text.len())));
    };
    let (host, behind) = inside.split_once(']').ok_or_else(|| wrong("an IPv6 address ends with ]"))?;
    if host.is_empty() || !(behind.is_empty() || behind.starts_with([':', '/', '?', ','])) {
        return Err(wrong("an IPv6 address is written as [::1], and a port, a / or nothing follows it"));
    }
    Ok((host, behind))
}

/// Notes a part of the address, unless it is empty: then the address does not say it.
fn store(given: &mut Given, keyword: &'static str, encoded: &str) -> Result<(), AddressError> {
    if !encoded.is_empty() {
        given.insert(keyword, decode(keyword, encoded)?);
    }
    Ok(())
}

/// Notes the parameters. The name of an unknown one is shown only if the address is well formed before them.
fn store_parameters(
    given: &mut Given,
    mut parameters: &str,
    is_well_formed: bool,
) -> Result<(), AddressError> {
    let mut behind_password = false;
    while !parameters.is_empty() {
        let (parameter, next) = parameters.split_once('&').unwrap_or((parameters, ""));
        parameters = next;
        let assigned = parameter.split_once('=').filter(|(_, value)| !value.contains('='));
        let (name, value) = assigned.ok_or_else(|| {
            wrong("a parameter is written as name=value, with %3D for a = and %26 for a & in the value")
        })?;
        let name = decode("a parameter's name", name)?;
        let (name, value) = match (name.as_str(), value) {
            // As other drivers have it.
            ("ssl", "true") => ("sslmode", "require"),
            // The old name.
            ("requiressl", value) => ("sslmode", if value.starts_with('1') { "require" } else { "prefer" }),
            (name, value) => (name, value),
        };
        let Some(keyword) = parameters::named(name).and_then(|parameter| parameter.keyword) else {
            // Behind a password with a & in it, the name may be a part of it.
            let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            return Err(wrong(&if is_name && is_well_formed && !behind_password {
                format!("{name}: there is no such parameter of a connection")
            } else {
                "there is a parameter that no connection has: write a & in a value as %26".to_owned()
            }));
        };
        given.insert(keyword, decode(keyword, value)?);
        behind_password = keyword.ends_with("password");
    }
    Ok(())
}

/// `encoded`, which is the part of an address called `what`, as it is meant.
fn decode(what: &str, encoded: &str) -> Result<String, AddressError> {
    let is_code = |code: &[u8]| code.iter().all(u8::is_ascii_hexdigit) && code != b"00";
    let mut codes = encoded.split('%').skip(1);
    if !codes.all(|code| code.as_bytes().get(..2).is_some_and(is_code)) {
        return Err(wrong(&format!(
            "{what}: a % is followed by two hexadecimal digits, not 00: write a % as %25"
        )));
    }
    let decoded = percent_decode_str(encoded).decode_utf8();
    Ok(decoded.map_err(|_| wrong(&format!("{what}: not valid UTF-8")))?.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(address: &str) -> Vec<(&'static str, String)> {
        parse(address).expect(address).into_iter().collect()
    }

    /// What psql makes of the same addresses.
    #[test]
    fn addresses_are_read_as_libpq_reads_them() {
        let all: &[(&str, &[(&str, &str)])] = &[
            ("postgresql://", &[]),
            ("postgres://", &[]),
            ("postgresql:///", &[]),
            ("postgresql://?", &[]),
            ("postgresql:///d", &[("dbname", "d")]),
            ("postgresql://h", &[("host", "h")]),
            ("postgresql://h:5/d", &[("dbname", "d"), ("host", "h"), ("port", "5")]),
            ("postgresql://:5", &[("port", "5")]),
            ("postgresql://u@h", &[("host", "h"), ("user", "u")]),
            ("postgresql://u:p@h", &[("host", "h"), ("password", "p"), ("user", "u")]),
            ("postgresql://@h", &[("host", "h")]),
            ("postgresql://:@h", &[("host", "h")]),
            ("postgresql://:p@h", &[("host", "h"), ("password", "p")]),
            ("postgresql://u:p?=&#x@h", &[("host", "h"), ("password", "p?=&#x"), ("user", "u")]),
            ("postgresql://u:a:b@h", &[("host", "h"), ("password", "a:b"), ("user", "u")]),
            ("postgresql://u%40c:p%2F%25@h", &[("host", "h"), ("password", "p/%"), ("user", "u@c")]),
            ("postgresql://[::1]:5/d", &[("dbname", "d"), ("host", "::1"), ("port", "5")]),
            ("postgresql://[::1]", &[("host", "::1")]),
            ("postgresql://[::1],[::2]:5", &[("host", "::1,::2"), ("port", ",5")]),
            ("postgresql://a,b:2,c/d", &[("dbname", "d"), ("host", "a,b,c"), ("port", ",2,")]),
            ("postgresql://,/d", &[("dbname", "d"), ("host", ","), ("port", ",")]),
            ("postgresql://%2Frun%2Fpg/d", &[("dbname", "d"), ("host", "/run/pg")]),
            ("postgresql:///d?host=/run/pg&port=5", &[("dbname", "d"), ("host", "/run/pg"), ("port", "5")]),
            ("postgresql://h/d/e", &[("dbname", "d/e"), ("host", "h")]),
            ("postgresql://h/d%20e#x", &[("dbname", "d e#x"), ("host", "h")]),
            ("postgresql://h?sslmode=disable", &[("host", "h"), ("sslmode", "disable")]),
            ("postgresql://h?user=a&user=b&", &[("host", "h"), ("user", "b")]),
            ("postgresql://h/d?dbname=e&host=i", &[("dbname", "e"), ("host", "i")]),
            ("postgresql://h?%75ser=a%26b+c", &[("host", "h"), ("user", "a&b+c")]),
            ("postgresql://h?user=", &[("host", "h"), ("user", "")]),
            ("postgresql://h/?user=me@server", &[("host", "h"), ("user", "me@server")]),
            ("postgresql://h?user=me@server", &[("host", "server"), ("user", "h?user=me")]),
            ("postgresql://[::1]/?user=me@server", &[("host", "::1"), ("user", "me@server")]),
            ("postgresql://h?ssl=true", &[("host", "h"), ("sslmode", "require")]),
            ("postgresql://h?requiressl=1", &[("host", "h"), ("sslmode", "require")]),
            ("postgresql://h?requiressl=0", &[("host", "h"), ("sslmode", "prefer")]),
            ("postgresql://h?options=-c%20a%3Db", &[("host", "h"), ("options", "-c a=b")]),
        ];
        for (address, given) in all {
            let given: Vec<_> =
                given.iter().map(|(keyword, value)| (*keyword, (*value).to_owned())).collect();
            assert_eq!(parsed(address), given, "{address}");
        }
    }

    #[test]
    fn what_is_malformed_is_said_and_not_shown() {
        for (address, reason) in [
            ("postgre://s3cret", "postgresql://"),
            ("POSTGRESQL://u:s3cret@h", "postgresql://"),
            ("postgresql://u:s3/cret@h", "%2F"),
            ("postgresql://u:s3@cret@h", "%40"),
            ("postgresql://u:5/s3cret@h", "%40"),
            ("postgresql://u:p?x=s3cret@h@i", "%40"),
            ("postgresql://u:p/?sslrootcert=s3cret@h", "%40"),
            ("postgresql://u[:/?sslrootcert=s3cret@h", "%40"),
            ("postgresql://u[:]/?sslrootcert=s3cret@h", "%40"),
            ("postgresql://u:s3cret@[::1/d", "]"),
            ("postgresql://u:s3cret@[]/d", "IPv6"),
            ("postgresql://u:s3cret@[::1]x/d", "IPv6"),
            ("postgresql://u:s3cret%zz@h", "password: a %"),
            ("postgresql://u:s3cret%@h", "password: a %"),
            ("postgresql://u:s3cret%0@h", "password: a %"),
            ("postgresql://u:s3cret%00@h", "password: a %"),
            ("postgresql://u:s3cret%ff@h", "password: not valid UTF-8"),
            ("postgresql://h/d%2?password=s3cret", "dbname: a %"),
            ("postgresql://h/d?s3cret", "name=value"),
            ("postgresql://h/d?&", "name=value"),
            ("postgresql://h/d?password=s3cret&cret", "name=value"),
            ("postgresql://h/d?password=s3=s3cret", "name=value"),
            ("postgresql://h/d?password=s3&s3cret=x", "%26"),
            ("postgresql://h/d?s3cret%20x=1", "%26"),
            ("postgresql://u:s3cret@h/d?nonsense=s3cret", "nonsense: there is no such parameter"),
            ("postgresql://u:s3cret@h/d?SSLMODE=disable", "SSLMODE: there is no such parameter"),
            ("postgresql://u:s3cret@h/d?ssl=1", "ssl: there is no such parameter"),
            ("postgresql://u:s3cret@h/d?authtype=x", "authtype: there is no such parameter"),
            ("postgresql://u:s3cret@h/d?PGHOST=x", "PGHOST: there is no such parameter"),
        ] {
            let error = parse(address).expect_err(address).to_string();
            assert!(error.contains(reason), "{address}: {error}");
            assert!(!error.contains("cret"), "{address}: {error}");
        }
    }
}
