//! What libpq takes from an address and from the environment, and what becomes of each of them here.
//!
//! Nothing that psql heeds is passed over in silence: a parameter is heeded, has no consequence, or is refused by its
//! name. Sources: <https://www.postgresql.org/docs/15/libpq-connect.html> and
//! <https://www.postgresql.org/docs/15/libpq-envars.html>.

use std::collections::BTreeMap;
use std::ffi::OsString;

use super::error::AddressError;

/// A parameter of a connection.
#[derive(Debug)]
pub(super) struct Parameter {
    /// Its name in an address, if it has one.
    pub keyword: Option<&'static str>,
    /// The environment variable that stands for it where the address does not have it, if there is one.
    pub variable: Option<&'static str>,
    pub standing: Standing,
}

/// What becomes of a parameter.
#[derive(Clone, Copy, Debug)]
pub(super) enum Standing {
    /// As in libpq.
    Heeded,
    /// Whatever its value is, the same rows come and go. The reason.
    Harmless(#[expect(dead_code, reason = "the table is read by people too")] &'static str),
    /// Refused, unless its value is one of these, which ask for nothing.
    Refused { unless: &'static [&'static str], why: &'static str },
}

use Standing::{Harmless, Heeded, Refused};

const NO_GSSAPI: &str = "GSSAPI is not supported: a server that asks for it is not connected to";
const NO_CLIENT_CERTIFICATES: &str = "client certificates are not supported: use a password";
const NO_SERVICES: &str = "service files are not supported: give the service's parameters in the address";

const fn parameter(
    keyword: Option<&'static str>,
    variable: Option<&'static str>,
    standing: Standing,
) -> Parameter {
    Parameter { keyword, variable, standing }
}

/// All parameters of libpq 15, and those of later releases that ask for more protection.
#[rustfmt::skip]
pub(super) const PARAMETERS: &[Parameter] = &[
    parameter(Some("host"), Some("PGHOST"), Heeded),
    parameter(Some("hostaddr"), Some("PGHOSTADDR"), Heeded),
    parameter(Some("port"), Some("PGPORT"), Heeded),
    parameter(Some("dbname"), Some("PGDATABASE"), Heeded),
    parameter(Some("user"), Some("PGUSER"), Heeded),
    parameter(Some("password"), Some("PGPASSWORD"), Heeded),
    parameter(Some("passfile"), Some("PGPASSFILE"), Heeded),
    parameter(Some("channel_binding"), Some("PGCHANNELBINDING"), Heeded),
    parameter(Some("connect_timeout"), Some("PGCONNECT_TIMEOUT"), Heeded),
    parameter(Some("client_encoding"), Some("PGCLIENTENCODING"), Heeded),
    parameter(Some("options"), Some("PGOPTIONS"), Heeded),
    parameter(Some("application_name"), Some("PGAPPNAME"), Heeded),
    parameter(Some("fallback_application_name"), None, Heeded),
    parameter(Some("keepalives"), None, Heeded),
    parameter(Some("keepalives_idle"), None, Heeded),
    parameter(Some("keepalives_interval"), None, Heeded),
    parameter(Some("keepalives_count"), None, Heeded),
    parameter(Some("tcp_user_timeout"), None, Heeded),
    parameter(Some("sslmode"), Some("PGSSLMODE"), Heeded),
    parameter(None, Some("PGREQUIRESSL"), Heeded),
    parameter(Some("sslrootcert"), Some("PGSSLROOTCERT"), Heeded),
    parameter(Some("sslcrl"), Some("PGSSLCRL"), Heeded),
    parameter(Some("sslcrldir"), Some("PGSSLCRLDIR"), Heeded),
    parameter(Some("sslsni"), Some("PGSSLSNI"), Heeded),
    parameter(Some("ssl_min_protocol_version"), Some("PGSSLMINPROTOCOLVERSION"), Heeded),
    parameter(Some("ssl_max_protocol_version"), Some("PGSSLMAXPROTOCOLVERSION"), Heeded),
    parameter(Some("target_session_attrs"), Some("PGTARGETSESSIONATTRS"), Heeded),
    parameter(None, Some("PGDATESTYLE"), Heeded),
    parameter(None, Some("PGTZ"), Heeded),
    parameter(None, Some("PGGEQO"), Heeded),

    parameter(Some("sslcompression"), Some("PGSSLCOMPRESSION"), Harmless("TLS is never compressed")),
    parameter(Some("sslpassword"), None, Harmless("it unlocks sslkey, which is refused")),
    parameter(Some("krbsrvname"), Some("PGKRBSRVNAME"), Harmless(NO_GSSAPI)),
    parameter(Some("gsslib"), Some("PGGSSLIB"), Harmless(NO_GSSAPI)),
    parameter(Some("gssdelegation"), Some("PGGSSDELEGATION"), Harmless(NO_GSSAPI)),
    parameter(Some("max_protocol_version"), Some("PGMAXPROTOCOLVERSION"),
        Harmless("the protocol is the first version that it allows")),
    parameter(Some("servicefile"), Some("PGSERVICEFILE"), Harmless("it is read for a service, which is refused")),
    parameter(None, Some("PGSYSCONFDIR"), Harmless("it holds the file of services, which are refused")),
    parameter(None, Some("PGLOCALEDIR"), Harmless("it holds translations of libpq's own messages")),

    parameter(Some("service"), Some("PGSERVICE"), Refused { unless: &[], why: NO_SERVICES }),
    parameter(Some("sslcert"), Some("PGSSLCERT"), Refused { unless: &[""], why: NO_CLIENT_CERTIFICATES }),
    parameter(Some("sslkey"), Some("PGSSLKEY"), Refused { unless: &[""], why: NO_CLIENT_CERTIFICATES }),
    parameter(Some("sslcertmode"), Some("PGSSLCERTMODE"),
        Refused { unless: &["", "allow", "disable"], why: NO_CLIENT_CERTIFICATES }),
    parameter(Some("requirepeer"), Some("PGREQUIREPEER"),
        Refused { unless: &[""], why: "the server's user is not looked at: use TLS with verify-full" }),
    parameter(Some("gssencmode"), Some("PGGSSENCMODE"),
        Refused { unless: &["disable", "prefer"], why: "GSSAPI is not supported: use TLS" }),
    parameter(Some("replication"), None,
        Refused { unless: &["", "false", "off", "no", "0"], why: "rows are not loaded over a connection for replication" }),
    parameter(Some("require_auth"), Some("PGREQUIREAUTH"),
        Refused { unless: &[""], why: "the way of authentication is the server's choice: use TLS with verify-full" }),
    parameter(Some("sslnegotiation"), Some("PGSSLNEGOTIATION"),
        Refused { unless: &["postgres"], why: "TLS without negotiation is not supported: leave it out" }),
    parameter(Some("load_balance_hosts"), Some("PGLOADBALANCEHOSTS"),
        Refused { unless: &["disable"], why: "all connections of a run go to the first server that accepts one: leave it out" }),
    parameter(Some("min_protocol_version"), Some("PGMINPROTOCOLVERSION"),
        Refused { unless: &["", "3.0"], why: "the protocol is version 3.0: leave it out" }),
    parameter(Some("sslkeylogfile"), None,
        Refused { unless: &[""], why: "keys of TLS are not written anywhere: leave it out" }),
];

/// The parameter that an address calls `keyword`.
pub(super) fn named(keyword: &str) -> Option<&'static Parameter> {
    PARAMETERS.iter().find(|parameter| parameter.keyword == Some(keyword))
}

/// The value of a parameter, and what it is called where it was given.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))]
pub(super) struct Value {
    pub name: &'static str,
    pub text: String,
}

impl Value {
    /// An error about it. It never shows the value: one in a malformed address may be a part of a password.
    pub fn wrong(&self, what: &str) -> AddressError {
        AddressError::new(format!("{}: {what}", self.name))
    }
}

/// The values of the parameters that are heeded, by keyword, or by variable where there is no keyword.
#[cfg_attr(test, derive(Debug))]
pub(super) struct Values(BTreeMap<&'static str, Value>);

impl Values {
    /// The values that an address gives, and of the other parameters those of their variables.
    pub fn new(
        mut address: BTreeMap<&'static str, String>,
        variable: &dyn Fn(&str) -> Option<OsString>,
    ) -> Result<Self, AddressError> {
        let mut values = BTreeMap::new();
        for parameter in PARAMETERS {
            let given = parameter.keyword.and_then(|keyword| Some((keyword, address.remove(keyword)?)));
            let value = match (given, parameter.variable) {
                (Some((name, text)), _) => Value { name, text },
                (None, Some(name)) => match variable(name) {
                    Some(text) => {
                        let text = text.into_string();
                        let text = text.map_err(|_| AddressError::new(format!("{name}: not valid UTF-8")))?;
                        Value { name, text }
                    }
                    None => continue,
                },
                (None, None) => continue,
            };
            match parameter.standing {
                Heeded => {
                    values.extend(parameter.keyword.or(parameter.variable).map(|key| (key, value)));
                }
                Harmless(_) => {}
                Refused { unless, why } if !unless.contains(&value.text.as_str()) => {
                    return Err(value.wrong(why));
                }
                Refused { .. } => {}
            }
        }
        Ok(Self(values))
    }

    /// The value that was given for `key`, even if it is empty.
    pub fn get(&self, key: &str) -> Option<&Value> {
        debug_assert!(
            PARAMETERS.iter().any(|known| known.keyword == Some(key) || known.variable == Some(key))
        );
        self.0.get(key)
    }

    /// The value for `key`, unless it is empty: for many parameters, libpq takes that for not given.
    pub fn filled(&self, key: &str) -> Option<&Value> {
        self.get(key).filter(|value| !value.text.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_is_heeded_harmless_or_refused_by_its_name() {
        for parameter in PARAMETERS {
            let ways = [
                parameter.keyword.map(|keyword| (keyword, BTreeMap::from([(keyword, "x".to_owned())]), None)),
                parameter.variable.map(|variable| (variable, BTreeMap::new(), Some(variable))),
            ];
            for (name, address, variable) in ways.into_iter().flatten() {
                let lookup = |asked: &str| (Some(asked) == variable).then(|| OsString::from("x"));
                let values = Values::new(address, &lookup);
                let key = parameter.keyword.or(parameter.variable).expect("a name");
                match parameter.standing {
                    Heeded => {
                        let value = Value { name, text: "x".to_owned() };
                        assert_eq!(values.expect(name).get(key), Some(&value));
                    }
                    Harmless(_) => assert!(values.expect(name).0.is_empty()),
                    Refused { .. } => {
                        let error = values.expect_err(name).to_string();
                        assert!(error.starts_with(&format!("{name}: ")), "{error}");
                    }
                }
            }
            if let (Refused { unless, .. }, Some(name)) = (parameter.standing, parameter.variable) {
                for value in unless {
                    let lookup = |asked: &str| (asked == name).then(|| OsString::from(value));
                    assert!(Values::new(BTreeMap::new(), &lookup).is_ok(), "{name}={value}");
                }
            }
        }
    }

    #[test]
    fn the_address_comes_before_the_environment() {
        let lookup = |_: &str| Some(OsString::from("allow"));
        let address = BTreeMap::from([("service", "x".to_owned())]);
        assert!(Values::new(address, &|_| None).is_err());
        let all: BTreeMap<_, _> = PARAMETERS
            .iter()
            .filter_map(|known| known.keyword)
            .map(|keyword| (keyword, String::new()))
            .collect();
        let error = Values::new(all, &lookup).expect_err("a service").to_string();
        assert!(error.starts_with("service: "), "{error}");
    }

    /// Each name is in the table of its standing, and in no other.
    #[test]
    fn the_documentation_has_the_same_table() {
        let documentation = include_str!("../../../docs/postgres.md");
        let (heeded, rest) = documentation.split_once("| of no consequence |").expect("a second table");
        let (harmless, rest) = rest.split_once("| refused |").expect("a third table");
        let (refused, _) = rest.split_once("Where `gen` differs").expect("an end");
        for parameter in PARAMETERS {
            let place = match parameter.standing {
                Heeded => heeded,
                Harmless(_) => harmless,
                Refused { .. } => refused,
            };
            for name in [parameter.keyword, parameter.variable].into_iter().flatten() {
                let quoted = format!("`{name}`");
                let is_in =
                    |text: &str| text.lines().any(|line| line.starts_with('|') && line.contains(&quoted));
                assert!(is_in(place), "{name} is missing");
                let others = [heeded, harmless, refused].into_iter().filter(|text| *text != place);
                // `sslpassword` unlocks a parameter that is named beside it.
                assert!(name == "sslkey" || !others.into_iter().any(is_in), "{name} is in two tables");
            }
        }
    }

    #[test]
    fn no_name_is_there_twice() {
        let names: Vec<_> =
            PARAMETERS.iter().flat_map(|known| [known.keyword, known.variable]).flatten().collect();
        let distinct: std::collections::HashSet<_> = names.iter().collect();
        assert_eq!(names.len(), distinct.len());
    }
}
