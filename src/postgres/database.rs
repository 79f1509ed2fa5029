//! Reaching a database: its address, its password, and TLS.

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use percent_encoding::percent_decode_str;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::{Client, Config, NoTls, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::error::DatabaseError;

/// What the address of a database begins with.
const SCHEMES: [&str; 2] = ["postgresql:", "postgres:"];
const DEFAULT_PORT: u16 = 5_432;
/// How long to wait for a connection, unless the address says otherwise.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a connection may be silent before it is tried whether the server is still there.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(60);

/// A PostgreSQL database: where it is, and how to be let in.
///
/// It is written as `postgresql://user:password@host:port/database?sslmode=…`. A password that is not in it
/// comes from `PGPASSWORD`, or from the file that `PGPASSFILE` names, or from `~/.pgpass`. It is never shown.
#[derive(Clone)]
pub struct Database {
    config: Config,
    tls: Option<MakeRustlsConnect>,
    shown: String,
}

/// A connection that holds a snapshot, or waits for others, may be silent for long; and one whose other end is gone
/// must not keep what it has locked. Versions of PostgreSQL know different ones of these.
const SESSION_SETTINGS: &str = "select set_config(name, value, false) from \
    (values ('idle_session_timeout', '0'), ('idle_in_transaction_session_timeout', '0'), \
                 ('tcp_keepalives_idle', '60'), ('tcp_keepalives_interval', '10'), ('tcp_keepalives_count', '6')) \
    as wanted (name, value) where current_setting(name, true) is not null";

/// Why a text is no address of a database.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct AddressError(String);

/// How much the connection has to be protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protection {
    Disable,
    Prefer,
    Require,
    VerifyFull,
}

impl FromStr for Protection {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        Ok(match text {
            "disable" => Self::Disable,
            "prefer" => Self::Prefer,
            "require" => Self::Require,
            "verify-full" => Self::VerifyFull,
            _ => {
                return Err(AddressError(format!(
                    "sslmode={text}: choose disable, prefer, require or verify-full"
                )));
            }
        })
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Database").field(&self.shown).finish()
    }
}

/// The address without user and password.
impl std::fmt::Display for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown)
    }
}

impl FromStr for Database {
    type Err = AddressError;

    fn from_str(address: &str) -> Result<Self, AddressError> {
        if !SCHEMES.iter().any(|scheme| address.starts_with(&format!("{scheme}//"))) {
            return Err(AddressError("the address of a database begins with postgresql://".to_owned()));
        }
        let mut protection = Protection::Prefer;
        let mut root_certificates = None;
        let mut kept = String::new();
        let (place, parameters) = address.split_once('?').unwrap_or((address, ""));
        for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            match name {
                "sslmode" => protection = value.parse()?,
                "sslrootcert" => {
                    let path = percent_decode_str(value).decode_utf8_lossy().into_owned();
                    root_certificates = Some(PathBuf::from(path));
                }
                _ => {
                    kept.push(if kept.is_empty() { '?' } else { '&' });
                    kept.push_str(parameter);
                }
            }
        }
        let mut config: Config = format!("{place}{kept}").parse().map_err(|error| {
            AddressError(format!(
                "not the address of a database ({}): write it as postgresql://user@host:port/database",
                with_causes(&error)
            ))
        })?;
        if config.get_hosts().iter().any(|host| host_name(host).contains('@')) {
            return Err(AddressError("an @ in a user's name or a password is written as %40".to_owned()));
        }
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            config.host(env::var("PGHOST").unwrap_or_else(|_| "localhost".to_owned()));
        }
        if config.get_user().is_none()
            && let Ok(user) = env::var("PGUSER")
        {
            config.user(user);
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        if config.get_keepalives_idle() == Config::new().get_keepalives_idle() {
            config.keepalives_idle(KEEPALIVE_IDLE);
        }
        if config.get_application_name().is_none() {
            config.application_name("samplegen");
        }
        if config.get_password().is_none()
            && let Some(password) = find_password(&config)?
        {
            config.password(password);
        }
        config.ssl_mode(match protection {
            Protection::Disable => SslMode::Disable,
            Protection::Prefer => SslMode::Prefer,
            Protection::Require | Protection::VerifyFull => SslMode::Require,
        });
        if root_certificates.is_some() && protection != Protection::VerifyFull {
            return Err(AddressError(
                "sslrootcert is used with sslmode=verify-full only: give both".to_owned(),
            ));
        }
        let tls = match protection {
            Protection::Disable => None,
            Protection::Prefer | Protection::Require => Some(unverified()?),
            Protection::VerifyFull => Some(verified(root_certificates.as_deref())?),
        };
        let shown = shown(&config);
        Ok(Self { config, tls, shown })
    }
}

impl Database {
    /// Whether `text` is meant as the address of a database.
    pub fn is_address(text: &str) -> bool {
        // However it is written, it is no name of a folder.
        let text = text.to_ascii_lowercase();
        SCHEMES.iter().any(|scheme| text.starts_with(scheme))
    }

    /// Opens a connection.
    pub(super) async fn connect(&self) -> Result<Connection, DatabaseError> {
        let hosts = self.config.get_hosts().len().max(self.config.get_hostaddrs().len()).max(1);
        let patience = self.config.get_connect_timeout().copied().unwrap_or(CONNECT_TIMEOUT);
        let patience = patience.saturating_mul(u32::try_from(hosts).unwrap_or(u32::MAX));
        let connected = async {
            match &self.tls {
                None => self.connect_with(NoTls).await,
                Some(tls) => self.connect_with(tls.clone()).await,
            }
        };
        // The timeout of the driver ends when the socket is connected, whether or not anybody answers.
        tokio::time::timeout(patience, connected).await.unwrap_or_else(|_| {
            Err(DatabaseError::work(&self.shown, format!("no answer within {} s", patience.as_secs())))
        })
    }

    async fn connect_with<T>(&self, tls: T) -> Result<Connection, DatabaseError>
    where
        T: MakeTlsConnect<Socket>,
        T::Stream: Send + 'static,
        T::TlsConnect: Send,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        let (client, connection) =
            self.config.connect(tls).await.map_err(|error| DatabaseError::of(&self.shown, &error))?;
        let loss = Arc::new(OnceLock::new());
        let noted = Arc::clone(&loss);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                let _ = noted.set(error);
            }
        });
        let connection = Connection { client, place: self.shown.clone(), loss };
        let set = connection.client.batch_execute(SESSION_SETTINGS).await;
        set.map_err(|error| connection.explain(&error))?;
        Ok(connection)
    }
}

/// An open connection.
pub(super) struct Connection {
    pub(super) client: Client,
    place: String,
    /// Why the connection was lost, if it was.
    loss: Arc<OnceLock<tokio_postgres::Error>>,
}

impl Connection {
    /// What `error` means here. That a connection is closed says less than why.
    pub(super) fn explain(&self, error: &tokio_postgres::Error) -> DatabaseError {
        let reason = if error.is_closed() { self.loss.get() } else { None };
        DatabaseError::of(&self.place, reason.unwrap_or(error))
    }
}

/// An error and what caused it, in one line.
pub(super) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.contains(&said) {
            text.push_str(&format!(": {said}"));
        }
        cause = error.source();
    }
    text
}

fn host_name(host: &Host) -> String {
    match host {
        Host::Tcp(name) => name.clone(),
        Host::Unix(path) => path.display().to_string(),
    }
}

fn shown(config: &Config) -> String {
    let hosts = config.get_hosts().iter().map(host_name);
    let addresses = config.get_hostaddrs().iter().map(ToString::to_string);
    let mut places: Vec<_> = hosts.collect();
    if places.is_empty() {
        places.extend(addresses);
    }
    let port = match config.get_ports() {
        [] | [DEFAULT_PORT] => String::new(),
        ports => format!(":{}", ports.iter().map(u16::to_string).collect::<Vec<_>>().join(",")),
    };
    let database = config.get_dbname().or(config.get_user()).unwrap_or_default();
    format!("postgresql://{}{port}/{database}", places.join(","))
}

/// The password that is not in the address: `PGPASSWORD`, else that of the password file.
fn find_password(config: &Config) -> Result<Option<String>, AddressError> {
    if let Ok(password) = env::var("PGPASSWORD") {
        return Ok(Some(password));
    }
    let path = match env::var_os("PGPASSFILE") {
        Some(path) => PathBuf::from(path),
        None => match env::home_dir() {
            Some(home) => home.join(".pgpass"),
            None => return Ok(None),
        },
    };
    // That there is none, or none that may be read, is no error: the server may not ask for a password.
    let (Ok(text), Ok(metadata)) = (fs::read_to_string(&path), fs::metadata(&path)) else {
        return Ok(None);
    };
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(name)) => name.clone(),
        Some(Host::Unix(_)) | None => "localhost".to_owned(),
    };
    let port = config.get_ports().first().copied().unwrap_or(DEFAULT_PORT).to_string();
    let user = config.get_user().map_or_else(|| env::var("USER").unwrap_or_default(), str::to_owned);
    let database = config.get_dbname().unwrap_or(&user);
    let Some(password) = password_of(&text, [&host, &port, database, &user]) else {
        return Ok(None);
    };
    if metadata.permissions().mode() & 0o077 != 0 {
        return Err(AddressError(format!(
            "{}: others may read this password file: run chmod 600 on it",
            path.display()
        )));
    }
    Ok(Some(password))
}

/// The password of the first line of a password file that fits host, port, database and user. Source:
/// <https://www.postgresql.org/docs/current/libpq-pgpass.html>.
fn password_of(file: &str, wanted: [&str; 4]) -> Option<String> {
    file.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let fields = split_escaped(line);
        let (place, password) = fields.split_at_checked(wanted.len())?;
        let fits = place.iter().zip(wanted).all(|(field, wanted)| field == "*" || field == wanted);
        if fits { password.first().cloned() } else { None }
    })
}

/// The fields of a line between colons, where a backslash takes the meaning from what follows it.
fn split_escaped(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        let plain = match character {
            ':' => {
                fields.push(String::new());
                continue;
            }
            '\\' => characters.next().unwrap_or(character),
            other => other,
        };
        if let Some(field) = fields.last_mut() {
            field.push(plain);
        }
    }
    fields
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn tls_error(error: rustls::Error) -> AddressError {
    AddressError(format!("TLS cannot be set up: {error}"))
}

/// TLS with whoever answers: it keeps out those who only listen.
fn unverified() -> Result<MakeRustlsConnect, AddressError> {
    let provider = provider();
    let any = AnyCertificate(provider.signature_verification_algorithms);
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(tls_error)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(any))
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// TLS with a server whose certificate is vouched for by those in the file at `roots`, or by those that the
/// system trusts, and is made out to the host of the address.
fn verified(roots: Option<&Path>) -> Result<MakeRustlsConnect, AddressError> {
    let mut store = RootCertStore::empty();
    match roots {
        Some(path) => {
            let unreadable = |error: &dyn std::fmt::Display| {
                AddressError(format!("sslrootcert={}: {error}", path.display()))
            };
            let certificates = CertificateDer::pem_file_iter(path).map_err(|error| unreadable(&error))?;
            for certificate in certificates {
                let certificate = certificate.map_err(|error| unreadable(&error))?;
                store.add(certificate).map_err(|error| unreadable(&error))?;
            }
        }
        None => {
            store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    if store.is_empty() {
        return Err(AddressError(
            "sslmode=verify-full: there are no root certificates to verify with: give sslrootcert=FILE"
                .to_owned(),
        ));
    }
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(tls_error)?
        .with_root_certificates(store)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// Accepts every certificate, as `sslmode=require` does, and makes sure that the server has its key, unless the
/// certificate is one that cannot be read: whoever wanted to stand between could show one that can.
#[derive(Debug)]
struct AnyCertificate(WebPkiSupportedAlgorithms);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _certificate: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        accept_unreadable(rustls::crypto::verify_tls12_signature(message, certificate, signed, &self.0))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        accept_unreadable(rustls::crypto::verify_tls13_signature(message, certificate, signed, &self.0))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}

/// Certificates of version 1, which OpenSSL makes of old recipes, cannot be read.
fn accept_unreadable(
    verified: Result<HandshakeSignatureValid, rustls::Error>,
) -> Result<HandshakeSignatureValid, rustls::Error> {
    match verified {
        Err(rustls::Error::InvalidCertificate(
            CertificateError::BadEncoding | CertificateError::Other(_),
        )) => Ok(HandshakeSignatureValid::assertion()),
        verified => verified,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_address_is_shown_without_user_and_password() {
        let database: Database =
            "postgresql://me:s3cret@host:5433/db?sslmode=disable".parse().expect("an address");
        assert_eq!(database.to_string(), "postgresql://host:5433/db");
        assert!(!format!("{database:?}").contains("s3cret"));
        assert_eq!(database.config.get_password(), Some(b"s3cret".as_slice()));
    }

    #[test]
    fn protection_is_what_the_address_says() {
        let mode = |parameters: &str| {
            let database: Result<Database, _> = format!("postgresql://u:p@h/d{parameters}").parse();
            database.map(|database| (database.config.get_ssl_mode(), database.tls.is_some()))
        };
        assert_eq!(mode(""), Ok((SslMode::Prefer, true)));
        assert_eq!(mode("?sslmode=disable"), Ok((SslMode::Disable, false)));
        assert_eq!(mode("?connect_timeout=3&sslmode=require"), Ok((SslMode::Require, true)));
        for wrong in [
            "?sslmode=allow",
            "?sslmode=",
            "?nonsense=1",
            "?sslrootcert=x",
            "?sslmode=verify-full&sslrootcert=/none",
        ] {
            assert!(mode(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_wrong_with_an_address_is_said_without_its_password() {
        for address in [
            "postgresql://u:s3cret@h:port/d",
            "postgresql://u:s3cret@h/d?x=1",
            "postgresql://u:s3cret@h/d?sslmode=x",
        ] {
            let error = address.parse::<Database>().expect_err(address).to_string();
            assert!(!error.contains("s3cret"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn no_address_makes_it_panic_or_shows_its_password(rest in "[a-z0-9@:/?&=%.,\\[\\]-]{0,40}") {
            let address = format!("postgresql://user:Pa55W0RD@{rest}");
            let said = match address.parse::<Database>() {
                Ok(database) => format!("{database} {database:?}"),
                Err(error) => error.to_string(),
            };
            prop_assert!(!said.contains("Pa55W0RD"), "{}", said);
        }

        #[test]
        fn no_password_file_makes_it_panic(file in "[a-c:*#\\\\\n]{0,60}") {
            let _ = password_of(&file, ["a", "b", "c", "a"]);
        }
    }

    #[test]
    fn the_first_line_of_a_password_file_that_fits_counts() {
        let file = "# comment\nother:*:*:*:no\n*:5432:db:me:with\\:colon\\\\\nh:5432:db:me:later\n";
        assert_eq!(password_of(file, ["h", "5432", "db", "me"]), Some("with:colon\\".to_owned()));
        assert_eq!(password_of(file, ["h", "5433", "db", "me"]), None);
        assert_eq!(password_of("short:line\n\n:::", ["h", "5432", "db", "me"]), None);
    }
}
