//! What an address and its surroundings ask for: a pure function, in the order of precedence that libpq has.

use std::ffi::OsString;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio_postgres::config::ChannelBinding;

use super::address;
use super::error::AddressError;
use super::parameters::{Value, Values};
use super::tls::{Revocation, Roots, TlsMode, TlsSettings, TlsVersion};

pub(super) const DEFAULT_PORT: u16 = 5_432;
/// How long to wait for a connection unless it is said: libpq, which people watch, has no limit.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a connection may be silent before it is tried whether the server is still there.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(60);
const APPLICATION_NAME: &str = "samplegen";

/// What a connection depends on beside the address.
pub(super) struct Surroundings<'a> {
    /// The value of an environment variable.
    pub variable: &'a dyn Fn(&str) -> Option<OsString>,
    /// The user's home folder.
    pub home: Option<PathBuf>,
    /// The name that the operating system has for the user.
    pub user: Option<String>,
}

/// Everything that is known of connections before there is one. It has a password in it, and is never shown.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Settings {
    /// In the order in which they are tried; at least one.
    pub servers: Vec<Server>,
    pub user: String,
    pub database: String,
    /// The password from the address or `PGPASSWORD`.
    pub password: Option<String>,
    pub password_file: Option<PathBuf>,
    pub options: Option<String>,
    pub application_name: Option<String>,
    pub connect_timeout: Option<Duration>,
    pub keepalives: Keepalives,
    pub tcp_user_timeout: Option<Duration>,
    pub channel_binding: ChannelBinding,
    pub session: Session,
    pub tls: TlsSettings,
}

/// A server, and the port on which it listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Server {
    pub host: Host,
    pub port: u16,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Host {
    /// The Unix socket in the folder where servers have it by default.
    DefaultSocket,
    /// The Unix socket in this folder.
    Socket(PathBuf),
    /// A host of this name, which certificates and password files go by, at this address if that is given.
    Tcp { name: String, address: Option<IpAddr> },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Keepalives {
    pub are_sent: bool,
    /// None where the system's default is asked for.
    pub idle: Option<Duration>,
    pub interval: Option<Duration>,
    pub count: Option<u32>,
}

/// What a session has to be like for its server to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Session {
    Any,
    ReadWrite,
    ReadOnly,
    Primary,
    Standby,
    PreferStandby,
}

/// What the address and its surroundings ask for.
pub(super) fn resolve(address: &str, surroundings: &Surroundings<'_>) -> Result<Settings, AddressError> {
    let values = Values::new(address::parse(address)?, surroundings.variable)?;
    let text = |key: &str| values.filled(key).map(|value| value.text.clone());
    let user = text("user").or_else(|| surroundings.user.clone()).ok_or_else(|| {
        AddressError::new("cannot tell the name of the user: give it in the address".to_owned())
    })?;
    let in_home = |name: &str| surroundings.home.as_ref().map(|home| home.join(name));
    let tls = tls(&values, surroundings.home.as_deref())?;
    let servers = servers(&values)?;
    let is_unnamed = |server: &Server| match &server.host {
        Host::Tcp { name, address } => address.is_some_and(|address| address.to_string() == *name),
        Host::Socket(_) | Host::DefaultSocket => false,
    };
    if tls.mode == TlsMode::VerifyFull && values.filled("host").is_none() && servers.iter().any(is_unnamed) {
        return Err(AddressError::new(
            "sslmode=verify-full: a certificate is for a name, and hostaddr has none: give host too"
                .to_owned(),
        ));
    }
    Ok(Settings {
        servers,
        database: text("dbname").unwrap_or_else(|| user.clone()),
        user,
        password: text("password"),
        password_file: text("passfile").map(PathBuf::from).or_else(|| in_home(".pgpass")),
        options: options(&values),
        // One that is empty is none, and nothing stands in for it.
        application_name: match values.get("application_name").or(values.get("fallback_application_name")) {
            Some(name) => Some(name.text.clone()).filter(|name| !name.is_empty()),
            None => Some(APPLICATION_NAME.to_owned()),
        },
        connect_timeout: match integer(&values, "connect_timeout")? {
            Some(seconds) => positive(seconds).map(|seconds| Duration::from_secs(seconds.into())),
            None => Some(CONNECT_TIMEOUT),
        },
        keepalives: keepalives(&values)?,
        tcp_user_timeout: integer(&values, "tcp_user_timeout")?
            .and_then(positive)
            .map(|milliseconds| Duration::from_millis(milliseconds.into())),
        channel_binding: choice(
            &values,
            "channel_binding",
            &[
                ("prefer", ChannelBinding::Prefer),
                ("disable", ChannelBinding::Disable),
                ("require", ChannelBinding::Require),
            ],
        )?
        .unwrap_or(ChannelBinding::Prefer),
        session: choice(
            &values,
            "target_session_attrs",
            &[
                ("any", Session::Any),
                ("read-write", Session::ReadWrite),
                ("read-only", Session::ReadOnly),
                ("primary", Session::Primary),
                ("standby", Session::Standby),
                ("prefer-standby", Session::PreferStandby),
            ],
        )?
        .unwrap_or(Session::Any),
        tls,
    })
}

/// The parts of a list, and the value that has it.
type List<'v> = Option<(&'v Value, Vec<&'v str>)>;

/// The part at `index`, unless it is empty.
fn part<'v>(list: &List<'v>, index: usize) -> Option<&'v str> {
    list.as_ref()?.1.get(index).copied().filter(|part| !part.is_empty())
}

/// The servers of the lists of hosts, their addresses and their ports, which go together one by one.
fn servers(values: &Values) -> Result<Vec<Server>, AddressError> {
    let list = |key| -> List<'_> { values.filled(key).map(|value| (value, value.text.split(',').collect())) };
    let (hosts, addresses, ports) = (list("host"), list("hostaddr"), list("port"));
    let count = match (&addresses, &hosts) {
        (Some((_, addresses)), _) => addresses.len(),
        (None, Some((_, hosts))) => hosts.len(),
        (None, None) => 1,
    };
    if let Some((value, hosts)) = &hosts
        && hosts.len() != count
    {
        return Err(value.wrong("as many hosts are needed as there are addresses in hostaddr"));
    }
    if let Some((value, ports)) = &ports
        && ports.len() != count
        && ports.len() > 1
    {
        return Err(value.wrong("one port is needed, or as many as there are hosts"));
    }
    let server = |index: usize| {
        let (name, address) = (part(&hosts, index), part(&addresses, index));
        let host = match (name, address) {
            (None, None) => Host::DefaultSocket,
            (Some(name), None) if name.starts_with('/') => Host::Socket(PathBuf::from(name)),
            (Some(name), None) => {
                if name.contains('@') {
                    return Err(AddressError::new(
                        "an @ in a user's name or a password is written as %40, and a socket without a file is not \
                         supported"
                            .to_owned(),
                    ));
                }
                Host::Tcp { name: name.to_owned(), address: None }
            }
            (name, Some(address)) => {
                let parsed: IpAddr = address.parse().map_err(|_| match &addresses {
                    Some((value, _)) => value.wrong("an address consists of numbers, as 127.0.0.1 or ::1"),
                    None => AddressError::new("hostaddr: not an address".to_owned()),
                })?;
                Host::Tcp { name: name.unwrap_or(address).to_owned(), address: Some(parsed) }
            }
        };
        let port = match &ports {
            None => DEFAULT_PORT,
            Some((value, ports)) => match ports.get(if ports.len() == 1 { 0 } else { index }) {
                None | Some(&"") => DEFAULT_PORT,
                Some(port) => parse_integer(port)
                    .and_then(|port| u16::try_from(port).ok())
                    .filter(|port| *port > 0)
                    .ok_or_else(|| value.wrong("a port is a number from 1 to 65535"))?,
            },
        };
        Ok(Server { host, port })
    };
    (0..count).map(server).collect()
}

/// Command-line options for the server: those given, and the settings that libpq takes from elsewhere.
fn options(values: &Values) -> Option<String> {
    // Text travels as UTF-8 whatever encoding is asked for, and the driver says so later than this; but the server
    // refuses one that there is not.
    let encoding = values.filled("client_encoding").filter(|value| value.text != "auto");
    let encoding = encoding.map(|value| ("client_encoding", value));
    let settings = [("PGDATESTYLE", "datestyle"), ("PGTZ", "timezone"), ("PGGEQO", "geqo")];
    let settings = settings.into_iter().filter_map(|(variable, setting)| {
        // The word that leaves the server its own.
        let value = values.filled(variable).filter(|value| !value.text.eq_ignore_ascii_case("default"))?;
        Some((setting, value))
    });
    let given = values.filled("options").map(|value| value.text.clone());
    let set = encoding.into_iter().chain(settings);
    let set = set.map(|(setting, value)| format!("-c {setting}={}", escaped_option(&value.text)));
    let all: Vec<_> = given.into_iter().chain(set).collect();
    (!all.is_empty()).then(|| all.join(" "))
}

/// `value` as a part of the server's options, where a space ends an option unless a backslash stands before it.
fn escaped_option(value: &str) -> String {
    let mut escaped = String::new();
    for character in value.chars() {
        if character.is_ascii_whitespace() || character == '\\' {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

fn keepalives(values: &Values) -> Result<Keepalives, AddressError> {
    let seconds = |key| -> Result<Option<Duration>, AddressError> {
        let given = integer(values, key)?.and_then(positive);
        Ok(given.map(|seconds| Duration::from_secs(seconds.into())))
    };
    Ok(Keepalives {
        are_sent: integer(values, "keepalives")?.is_none_or(|sent| sent != 0),
        idle: match values.get("keepalives_idle") {
            Some(_) => seconds("keepalives_idle")?,
            None => Some(KEEPALIVE_IDLE),
        },
        interval: seconds("keepalives_interval")?,
        count: integer(values, "keepalives_count")?.and_then(positive),
    })
}

fn tls(values: &Values, home: Option<&Path>) -> Result<TlsSettings, AddressError> {
    let roots = match values.filled("sslrootcert") {
        Some(value) if value.text == "system" => Roots::System,
        Some(value) => Roots::File { name: value.name, path: PathBuf::from(&value.text) },
        None => Roots::Usual(home.map(|home| home.join(".postgresql/root.crt"))),
    };
    let given = choice(values, "sslmode", &TlsMode::NAMES)?;
    let is_required = values.get("PGREQUIRESSL").is_some_and(|value| value.text.starts_with('1'));
    let mode = match (given, &roots) {
        (Some(mode), Roots::System) if mode != TlsMode::VerifyFull => {
            return Err(AddressError::new(
                "sslrootcert=system: anybody can have a certificate of these roots: give sslmode=verify-full"
                    .to_owned(),
            ));
        }
        (Some(mode), _) => mode,
        (None, Roots::System) => TlsMode::VerifyFull,
        (None, _) if is_required => TlsMode::Require,
        (None, _) => TlsMode::Prefer,
    };
    let version = |key| match values.filled(key) {
        Some(value) => TlsVersion::of(&value.text)
            .map(Some)
            .ok_or_else(|| value.wrong("choose TLSv1, TLSv1.1, TLSv1.2 or TLSv1.3")),
        None => Ok(None),
    };
    let min = version("ssl_min_protocol_version")?.unwrap_or(TlsVersion::V1_2);
    let max = version("ssl_max_protocol_version")?.unwrap_or(TlsVersion::V1_3);
    if let Some(value) = values.filled("ssl_max_protocol_version")
        && (max < min || max < TlsVersion::V1_2)
    {
        return Err(value.wrong("versions below TLSv1.2, or below the least that is asked for, are not used"));
    }
    let file = |key| values.filled(key).map(|value| (value.name, PathBuf::from(&value.text)));
    Ok(TlsSettings {
        mode,
        roots,
        revocation: Revocation {
            file: file("sslcrl"),
            folder: file("sslcrldir"),
            usual: home.map(|home| home.join(".postgresql/root.crl")),
        },
        min,
        max,
        sends_name: values.filled("sslsni").is_none_or(|value| value.text.starts_with('1')),
    })
}

/// What the word that is given for `key` stands for.
fn choice<T: Copy>(values: &Values, key: &str, choices: &[(&str, T)]) -> Result<Option<T>, AddressError> {
    let Some(value) = values.get(key) else {
        return Ok(None);
    };
    let chosen = choices.iter().find(|(word, _)| *word == value.text);
    let words: Vec<_> = choices.iter().map(|(word, _)| *word).collect();
    chosen
        .map(|(_, chosen)| Some(*chosen))
        .ok_or_else(|| value.wrong(&format!("choose {}", words.join(", "))))
}

fn integer(values: &Values, key: &str) -> Result<Option<i32>, AddressError> {
    let Some(value) = values.get(key) else {
        return Ok(None);
    };
    parse_integer(&value.text).map(Some).ok_or_else(|| value.wrong("a whole number is needed"))
}

/// A number as libpq takes it, with spaces around it or not.
fn parse_integer(text: &str) -> Option<i32> {
    text.trim_ascii().parse().ok()
}

/// `number`, unless it is one of those that stand for none.
fn positive(number: i32) -> Option<u32> {
    u32::try_from(number).ok().filter(|number| *number > 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An address, an environment, and what is expected of them.
    type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);

    fn resolved(address: &str, environment: &[(&str, &str)]) -> Result<Settings, String> {
        let variable = |name: &str| {
            environment.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
        };
        let surroundings = Surroundings {
            variable: &variable,
            home: Some(PathBuf::from("/home/me")),
            user: Some("me".to_owned()),
        };
        resolve(address, &surroundings).map_err(|error| error.to_string())
    }

    /// What is asked for, in short: `user@host:port/database` of all servers, and what differs from the default.
    fn short(settings: &Settings) -> String {
        let hosts: Vec<_> = settings
            .servers
            .iter()
            .map(|server| {
                let host = match &server.host {
                    Host::DefaultSocket => "socket".to_owned(),
                    Host::Socket(folder) => folder.display().to_string(),
                    Host::Tcp { name, address: None } => name.clone(),
                    Host::Tcp { name, address: Some(address) } => format!("{name}={address}"),
                };
                format!("{host}:{}", server.port)
            })
            .collect();
        let plain = resolved("postgresql://", &[]).expect("an address");
        let mut text = format!("{}@{}/{}", settings.user, hosts.join(","), settings.database);
        let mut note = |name: &str, differs: bool, value: String| {
            if differs {
                text.push_str(&format!(" {name}={value}"));
            }
        };
        let seconds = |duration: Option<Duration>| duration.map_or(0.0, |duration| duration.as_secs_f64());
        let (this, that) = (settings, &plain);
        note("password", this.password.is_some(), this.password.clone().unwrap_or_default());
        note(
            "passfile",
            this.password_file != that.password_file,
            this.password_file.clone().unwrap_or_default().display().to_string(),
        );
        note("options", this.options.is_some(), this.options.clone().unwrap_or_default());
        note(
            "name",
            this.application_name != that.application_name,
            this.application_name.clone().unwrap_or_default(),
        );
        note(
            "timeout",
            this.connect_timeout != that.connect_timeout,
            seconds(this.connect_timeout).to_string(),
        );
        note("alive", this.keepalives != that.keepalives, {
            let Keepalives { are_sent, idle, interval, count } = &this.keepalives;
            format!("{are_sent},{},{},{}", seconds(*idle), seconds(*interval), count.unwrap_or(0))
        });
        note("unacknowledged", this.tcp_user_timeout.is_some(), seconds(this.tcp_user_timeout).to_string());
        note("binding", this.channel_binding != that.channel_binding, format!("{:?}", this.channel_binding));
        note("session", this.session != that.session, format!("{:?}", this.session));
        note("tls", this.tls.mode != that.tls.mode, format!("{:?}", this.tls.mode));
        note(
            "roots",
            this.tls.roots != that.tls.roots,
            match &this.tls.roots {
                Roots::System => "system".to_owned(),
                Roots::File { path, .. } => path.display().to_string(),
                Roots::Usual(_) => "usual".to_owned(),
            },
        );
        let revocation = &this.tls.revocation;
        for (name, file) in [("crl", &revocation.file), ("crldir", &revocation.folder)] {
            note(name, file.is_some(), file.iter().map(|(_, path)| path.display().to_string()).collect());
        }
        note("min", this.tls.min != that.tls.min, format!("{:?}", this.tls.min));
        note("max", this.tls.max != that.tls.max, format!("{:?}", this.tls.max));
        note("sni", !this.tls.sends_name, "no".to_owned());
        text
    }

    #[test]
    fn address_and_environment_are_taken_as_libpq_takes_them() {
        let all: &[Case<'_>] = &[
            // Where
            ("postgresql://", &[], "me@socket:5432/me"),
            ("postgresql:///db", &[], "me@socket:5432/db"),
            ("postgresql://you@/", &[], "you@socket:5432/you"),
            ("postgresql:///db", &[("PGHOST", "h"), ("PGPORT", "5")], "me@h:5/db"),
            ("postgresql://", &[("PGDATABASE", "d"), ("PGUSER", "u")], "u@socket:5432/d"),
            (
                "postgresql://",
                &[("PGHOST", ""), ("PGPORT", ""), ("PGUSER", ""), ("PGDATABASE", "")],
                "me@socket:5432/me",
            ),
            ("postgresql://h:6/d", &[("PGHOST", "x"), ("PGPORT", "5"), ("PGDATABASE", "x")], "me@h:6/d"),
            ("postgresql://h", &[("PGPORT", " 5 ")], "me@h:5/me"),
            ("postgresql://h/d?port=7&user=u&dbname=e", &[("PGPORT", "5")], "u@h:7/e"),
            ("postgresql:///d?host=", &[("PGHOST", "x")], "me@socket:5432/d"),
            ("postgresql://", &[("PGHOST", "/run/pg")], "me@/run/pg:5432/me"),
            ("postgresql://h", &[("PGHOSTADDR", "10.0.0.1")], "me@h=10.0.0.1:5432/me"),
            ("postgresql://", &[("PGHOSTADDR", "::1")], "me@::1=::1:5432/me"),
            ("postgresql:///d?hostaddr=::1&host=h", &[], "me@h=::1:5432/d"),
            ("postgresql://[::1]:5/", &[], "me@::1:5/me"),
            ("postgresql://a,b/d", &[], "me@a:5432,b:5432/d"),
            ("postgresql://a,b/d?port=5", &[], "me@a:5,b:5/d"),
            ("postgresql://a,b:6,%2Frun/d", &[], "me@a:5432,b:6,/run:5432/d"),
            ("postgresql://", &[("PGHOST", "a,,b"), ("PGPORT", "1,2,3")], "me@a:1,socket:2,b:3/me"),
            ("postgresql://a,b", &[("PGHOSTADDR", "1.1.1.1,")], "me@a=1.1.1.1:5432,b:5432/me"),
            // With what
            ("postgresql://u:p@h", &[("PGPASSWORD", "x")], "u@h:5432/u password=p"),
            ("postgresql://h", &[("PGPASSWORD", "x")], "me@h:5432/me password=x"),
            ("postgresql://h", &[("PGPASSWORD", ""), ("PGPASSFILE", "/f")], "me@h:5432/me passfile=/f"),
            ("postgresql://h?passfile=/g", &[("PGPASSFILE", "/f")], "me@h:5432/me passfile=/g"),
            ("postgresql://h", &[("PGOPTIONS", "-c a=b")], "me@h:5432/me options=-c a=b"),
            ("postgresql://h?options=-c%20x%3Dy", &[("PGOPTIONS", "-c a=b")], "me@h:5432/me options=-c x=y"),
            (
                "postgresql://h?options=-cx%3Dy",
                &[("PGTZ", "Asia/Tokyo"), ("PGDATESTYLE", "ISO, DMY"), ("PGGEQO", "off")],
                "me@h:5432/me options=-cx=y -c datestyle=ISO,\\ DMY -c timezone=Asia/Tokyo -c geqo=off",
            ),
            (
                "postgresql://h",
                &[("PGTZ", "default"), ("PGDATESTYLE", ""), ("PGGEQO", "DEFAULT")],
                "me@h:5432/me",
            ),
            ("postgresql://h", &[("PGAPPNAME", "a")], "me@h:5432/me name=a"),
            ("postgresql://h", &[("PGAPPNAME", "")], "me@h:5432/me name="),
            (
                "postgresql://h?application_name=b&fallback_application_name=c",
                &[("PGAPPNAME", "a")],
                "me@h:5432/me name=b",
            ),
            ("postgresql://h?fallback_application_name=c", &[], "me@h:5432/me name=c"),
            ("postgresql://h", &[("PGCONNECT_TIMEOUT", "5")], "me@h:5432/me timeout=5"),
            ("postgresql://h?connect_timeout=7", &[("PGCONNECT_TIMEOUT", "5")], "me@h:5432/me timeout=7"),
            ("postgresql://h?connect_timeout=0", &[], "me@h:5432/me timeout=0"),
            ("postgresql://h?connect_timeout=-1", &[], "me@h:5432/me timeout=0"),
            (
                "postgresql://h?keepalives=0&keepalives_idle=0&keepalives_interval=2&keepalives_count=3&tcp_user_timeout=1500",
                &[],
                "me@h:5432/me alive=false,0,2,3 unacknowledged=1.5",
            ),
            ("postgresql://h?keepalives=1&keepalives_idle=9", &[], "me@h:5432/me alive=true,9,0,0"),
            ("postgresql://h", &[("PGCHANNELBINDING", "require")], "me@h:5432/me binding=Require"),
            ("postgresql://h", &[("PGTARGETSESSIONATTRS", "read-write")], "me@h:5432/me session=ReadWrite"),
            ("postgresql://h?target_session_attrs=prefer-standby", &[], "me@h:5432/me session=PreferStandby"),
            (
                "postgresql://h?client_encoding=LATIN1",
                &[("PGCLIENTENCODING", "SJIS")],
                "me@h:5432/me options=-c client_encoding=LATIN1",
            ),
            ("postgresql://h?sslcompression=1&krbsrvname=x", &[("PGCLIENTENCODING", "auto")], "me@h:5432/me"),
            (
                "postgresql://h?gssencmode=disable&sslcert=",
                &[("PGGSSENCMODE", "require"), ("PGSSLCERT", "/c")],
                "me@h:5432/me",
            ),
            // Under what protection
            ("postgresql://h", &[("PGSSLMODE", "disable")], "me@h:5432/me tls=Disable"),
            ("postgresql://h", &[("PGSSLMODE", "allow")], "me@h:5432/me tls=Allow"),
            ("postgresql://h", &[("PGSSLMODE", "prefer")], "me@h:5432/me"),
            ("postgresql://h", &[("PGSSLMODE", "require")], "me@h:5432/me tls=Require"),
            ("postgresql://h", &[("PGSSLMODE", "verify-ca")], "me@h:5432/me tls=VerifyCa"),
            ("postgresql://h", &[("PGSSLMODE", "verify-full")], "me@h:5432/me tls=VerifyFull"),
            ("postgresql://h?sslmode=require", &[("PGSSLMODE", "verify-full")], "me@h:5432/me tls=Require"),
            ("postgresql://h", &[("PGREQUIRESSL", "1")], "me@h:5432/me tls=Require"),
            ("postgresql://h", &[("PGREQUIRESSL", "0")], "me@h:5432/me"),
            (
                "postgresql://h",
                &[("PGREQUIRESSL", "1"), ("PGSSLMODE", "disable")],
                "me@h:5432/me tls=Disable",
            ),
            ("postgresql://h", &[("PGSSLROOTCERT", "/r")], "me@h:5432/me roots=/r"),
            ("postgresql://h?sslrootcert=/s", &[("PGSSLROOTCERT", "/r")], "me@h:5432/me roots=/s"),
            ("postgresql://h?sslrootcert=", &[("PGSSLROOTCERT", "/r")], "me@h:5432/me"),
            ("postgresql://h?sslrootcert=system", &[], "me@h:5432/me tls=VerifyFull roots=system"),
            ("postgresql://h", &[("PGSSLCRL", "/c"), ("PGSSLCRLDIR", "/d")], "me@h:5432/me crl=/c crldir=/d"),
            ("postgresql://h", &[("PGSSLMINPROTOCOLVERSION", "TLSv1.3")], "me@h:5432/me min=V1_3"),
            ("postgresql://h", &[("PGSSLMINPROTOCOLVERSION", "tlsv1")], "me@h:5432/me min=V1"),
            ("postgresql://h", &[("PGSSLMAXPROTOCOLVERSION", "TLSv1.2")], "me@h:5432/me max=V1_2"),
            ("postgresql://h", &[("PGSSLSNI", "0")], "me@h:5432/me sni=no"),
            (
                "postgresql:///d?sslmode=verify-full",
                &[("PGHOSTADDR", "::1"), ("PGHOST", "h")],
                "me@h=::1:5432/d tls=VerifyFull",
            ),
        ];
        for (address, environment, expected) in all {
            let settings = resolved(address, environment)
                .unwrap_or_else(|error| panic!("{address} {environment:?}: {error}"));
            assert_eq!(short(&settings), *expected, "{address} {environment:?}");
        }
    }

    #[test]
    fn what_cannot_be_heeded_is_refused_by_name() {
        let all: &[Case<'_>] = &[
            ("postgresql://h:s3cret/d", &[], "port: "),
            ("postgresql://h:0", &[], "port: "),
            ("postgresql://h:65536", &[], "port: "),
            ("postgresql://h:0x1", &[], "port: "),
            ("postgresql://h", &[("PGPORT", "x")], "PGPORT: "),
            ("postgresql://h", &[("PGPORT", "1,2")], "PGPORT: one port"),
            ("postgresql://a,b,c?port=1,2", &[], "port: one port"),
            ("postgresql://a,b", &[("PGHOSTADDR", "1.1.1.1")], "host: as many hosts"),
            ("postgresql://h?hostaddr=name", &[], "hostaddr: "),
            ("postgresql://u@v@h", &[], "%40"),
            ("postgresql://h?connect_timeout=", &[], "connect_timeout: "),
            ("postgresql://h", &[("PGCONNECT_TIMEOUT", "1s")], "PGCONNECT_TIMEOUT: "),
            ("postgresql://h?keepalives=x", &[], "keepalives: "),
            ("postgresql://h?keepalives_idle=x", &[], "keepalives_idle: "),
            ("postgresql://h?keepalives_interval=", &[], "keepalives_interval: "),
            ("postgresql://h?keepalives_count=1.5", &[], "keepalives_count: "),
            ("postgresql://h?tcp_user_timeout=x", &[], "tcp_user_timeout: "),
            (
                "postgresql://h?sslmode=",
                &[],
                "sslmode: choose disable, allow, prefer, require, verify-ca, verify-full",
            ),
            ("postgresql://h", &[("PGSSLMODE", "")], "PGSSLMODE: choose"),
            ("postgresql://h", &[("PGSSLMODE", "Require")], "PGSSLMODE: choose"),
            ("postgresql://h", &[("PGCHANNELBINDING", "")], "PGCHANNELBINDING: choose"),
            ("postgresql://h", &[("PGTARGETSESSIONATTRS", "x")], "PGTARGETSESSIONATTRS: choose"),
            ("postgresql://h?sslrootcert=system&sslmode=require", &[], "sslrootcert=system: "),
            ("postgresql://h?sslrootcert=system", &[("PGSSLMODE", "prefer")], "sslrootcert=system: "),
            ("postgresql://?hostaddr=::1&sslmode=verify-full", &[], "sslmode=verify-full: "),
            ("postgresql://h", &[("PGSSLMINPROTOCOLVERSION", "SSLv3")], "PGSSLMINPROTOCOLVERSION: choose"),
            ("postgresql://h", &[("PGSSLMAXPROTOCOLVERSION", "TLSv1.1")], "PGSSLMAXPROTOCOLVERSION: "),
            (
                "postgresql://h?ssl_max_protocol_version=TLSv1.2",
                &[("PGSSLMINPROTOCOLVERSION", "TLSv1.3")],
                "ssl_max_protocol_version: ",
            ),
            ("postgresql://h", &[("PGSERVICE", "")], "PGSERVICE: "),
            ("postgresql://h?service=x", &[], "service: "),
            ("postgresql://h", &[("PGSSLCERT", "/c")], "PGSSLCERT: client certificates"),
            ("postgresql://h?sslkey=/k", &[], "sslkey: client certificates"),
            ("postgresql://h", &[("PGREQUIREPEER", "postgres")], "PGREQUIREPEER: "),
            ("postgresql://h", &[("PGREQUIREAUTH", "scram-sha-256")], "PGREQUIREAUTH: "),
            ("postgresql://h?gssencmode=require", &[], "gssencmode: "),
            ("postgresql://h", &[("PGGSSENCMODE", "")], "PGGSSENCMODE: "),
            ("postgresql://h?replication=database", &[], "replication: "),
            ("postgresql://h?load_balance_hosts=random", &[], "load_balance_hosts: "),
        ];
        for (address, environment, reason) in all {
            let Err(error) = resolved(address, environment) else {
                panic!("{address} {environment:?} is taken")
            };
            assert!(error.contains(reason), "{address} {environment:?}: {error}");
            assert!(!error.contains("s3cret"), "{address}: {error}");
        }
    }

    #[test]
    fn a_user_without_a_name_is_asked_for_one() {
        let surroundings = Surroundings { variable: &|_| None, home: None, user: None };
        assert!(resolve("postgresql://h/d", &surroundings).is_err());
        let settings = resolve("postgresql://u@h/d", &surroundings).expect("an address");
        assert_eq!((settings.password_file, settings.tls.roots), (None, Roots::Usual(None)));
    }

    proptest! {
        /// Whatever is behind it or in it.
        #[test]
        fn no_error_shows_a_password(
            user in "[a-z@:/%#,\\[\\]]{0,6}",
            before in "[a-z0-9@:/?&=%,\\[\\]]{0,4}",
            behind in "[a-z0-9@:/?&=%,\\[\\]]{0,4}",
            rest in "[a-z0-9@:/%.,\\[\\]-]{0,30}",
            parameter in prop::sample::select(vec!["", "?password=", "?sslmode=", "?port=", "?nonsense=", "?hostaddr=", "?passfile="]),
        ) {
            const SECRET: &str = "Pa55W0RD";
            for address in [
                format!("postgresql://{user}:{before}{SECRET}{behind}@{rest}"),
                format!("postgresql://{user}:{SECRET}{behind}{rest}"),
                format!("postgresql://{rest}{parameter}{SECRET}{behind}"),
                format!("postgresql://{user}@h/d{parameter}{before}{SECRET}&x=1"),
                format!("postgresql:/{user}:{SECRET}@{rest}"),
            ] {
                if let Err(error) = resolved(&address, &[]) {
                    prop_assert!(!error.contains(SECRET), "{}: {}", address, error);
                }
            }
        }
    }
}
