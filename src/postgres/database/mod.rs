//! Reaching a database, as psql reaches it from the same address in the same environment.
//!
//! | module | what it knows |
//! |---|---|
//! | `parameters` | the table of all parameters of libpq, and what becomes of each |
//! | `address` | the text of an address |
//! | `settings` | what address and environment ask for together |
//! | `password_file` | passwords that are in neither |
//! | `tls` | how connections are protected, and whose certificates are trusted |
//! | `connection` | connections that are open, and how they end |

mod address;
mod connection;
mod error;
mod parameters;
mod password_file;
mod settings;
mod tls;

use std::env;
use std::future::Future;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio_postgres::config::SslMode;
use tokio_postgres::{Config, SimpleQueryMessage};
use tokio_postgres_rustls::MakeRustlsConnect;

pub(super) use connection::Connection;
pub use error::AddressError;

use self::connection::OpenConnections;
use self::password_file::Found;
use self::settings::{DEFAULT_PORT, Host, Server, Session, Settings, Surroundings};
use self::tls::TlsMode;
use super::error::DatabaseError;

/// Where servers have their sockets unless it is said: as Debian's packages have it, and as PostgreSQL's own source.
const SOCKET_FOLDERS: [&str; 2] = ["/var/run/postgresql", "/tmp"];

/// A PostgreSQL database: where it is, and how to connect to it.
///
/// It is written as libpq's URI, `postgresql://user:password@host:port/database?sslmode=…`. What the address leaves out
/// comes from the environment variables of libpq, from its password file, and from its defaults. Passwords are never
/// shown.
///
/// All connections to it go to the server that has accepted the first of them.
#[derive(Clone)]
pub struct Database {
    settings: Arc<Settings>,
    /// None if no connection may be over TLS.
    tls: Option<MakeRustlsConnect>,
    shown: String,
    chosen: Arc<Mutex<Option<Endpoint>>>,
    open: OpenConnections,
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

/// Reads the environment too, and the files with certificates that it names.
impl FromStr for Database {
    type Err = AddressError;

    fn from_str(address: &str) -> Result<Self, AddressError> {
        let surroundings = Surroundings {
            variable: &|name| env::var_os(name),
            home: env::home_dir(),
            user: whoami::username().ok(),
        };
        Self::new(settings::resolve(address, &surroundings)?)
    }
}

/// One address at which a server may be.
#[derive(Clone)]
struct Endpoint {
    reach: Reach,
    port: u16,
    password: Option<String>,
    /// Whether there is a password that is not used, since others may read its file.
    is_password_exposed: bool,
}

#[derive(Clone)]
enum Reach {
    /// A host of this name at this address.
    Tcp(String, IpAddr),
    /// A Unix socket in this folder.
    Socket(PathBuf),
}

impl std::fmt::Display for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.reach {
            Reach::Tcp(name, address) if *name == address.to_string() => {
                write!(f, "{name}, port {}", self.port)
            }
            Reach::Tcp(name, address) => write!(f, "{name} ({address}), port {}", self.port),
            Reach::Socket(folder) => write!(f, "socket {}/.s.PGSQL.{}", folder.display(), self.port),
        }
    }
}

impl Database {
    fn new(settings: Settings) -> Result<Self, AddressError> {
        let is_tcp = settings.servers.iter().any(|server| matches!(server.host, Host::Tcp { .. }));
        let tls = if is_tcp && settings.tls.mode != TlsMode::Disable {
            Some(tls::connector(&settings.tls)?)
        } else {
            None
        };
        Ok(Self {
            tls,
            shown: shown(&settings),
            settings: Arc::new(settings),
            chosen: Arc::default(),
            open: OpenConnections::default(),
        })
    }

    /// Opens a connection: the first to whichever server accepts it, all others to the same one.
    pub(super) async fn connect(&self) -> Result<Connection, DatabaseError> {
        let mut chosen = self.chosen.lock().await;
        if let Some(endpoint) = &*chosen {
            let endpoint = endpoint.clone();
            drop(chosen);
            return self.open(&endpoint, self.settings.session).await.map_err(|failure| failure.error);
        }
        let (endpoint, connection) = self.first().await?;
        *chosen = Some(endpoint);
        Ok(connection)
    }

    /// Ends what the server does for connections that nobody needs any more.
    pub(super) async fn end_connections(&self) {
        self.open.end().await;
    }

    /// Opens a connection and makes sure that statements are answered: a pooler lets clients in, and has them wait, as
    /// long as all its connections to the server are in use.
    pub(super) async fn connect_and_ask(&self) -> Result<Connection, DatabaseError> {
        let connection = self.connect().await?;
        match self.within_time(connection.client.batch_execute("")).await {
            Some(answered) => answered.map_err(|error| connection.explain(&error))?,
            None => {
                let what = format!(
                    "{} to a first statement: if this is a connection pooler, all its connections to the server are in use",
                    self.no_answer()
                );
                return Err(DatabaseError::work(&self.shown, what));
            }
        }
        Ok(connection)
    }

    /// Opens `connection` again if it was closed for being idle.
    pub(super) async fn reopen_if_idle(&self, connection: &mut Connection) -> Result<(), DatabaseError> {
        if connection.was_idle() {
            *connection = self.connect().await?;
        }
        Ok(())
    }

    /// A connection to the first server that accepts one.
    async fn first(&self) -> Result<(Endpoint, Connection), DatabaseError> {
        let mut failures: Vec<(String, DatabaseError)> = Vec::new();
        for session in self.settings.session.in_turn() {
            failures.clear();
            for server in &self.settings.servers {
                for endpoint in self.endpoints(server, &mut failures).await {
                    match self.open(&endpoint, *session).await {
                        Ok(connection) => return Ok((endpoint, connection)),
                        Err(failure) => {
                            let is_final = failure.is_final;
                            failures.push((endpoint.to_string(), failure.error));
                            // As in libpq: who is refused somewhere is not let in elsewhere by chance.
                            if is_final {
                                return Err(DatabaseError::of_all(&self.shown, &failures));
                            }
                        }
                    }
                }
            }
        }
        Err(DatabaseError::of_all(&self.shown, &failures))
    }

    /// The addresses of a server. That it has none is a failure.
    async fn endpoints(&self, server: &Server, failures: &mut Vec<(String, DatabaseError)>) -> Vec<Endpoint> {
        let reaches = match &server.host {
            Host::DefaultSocket => vec![Reach::Socket(default_socket_folder(server.port))],
            Host::Socket(folder) => vec![Reach::Socket(folder.clone())],
            Host::Tcp { name, address: Some(address) } => vec![Reach::Tcp(name.clone(), *address)],
            Host::Tcp { name, address: None } => {
                let found = tokio::net::lookup_host((name.as_str(), server.port));
                let found = self.within_time(async { found.await.map_err(|error| error.to_string()) }).await;
                match found.unwrap_or_else(|| Err(self.no_answer())) {
                    Ok(addresses) => {
                        addresses.map(|address| Reach::Tcp(name.clone(), address.ip())).collect()
                    }
                    Err(reason) => {
                        let what = format!("cannot find the address of the host: {reason}");
                        failures.push((name.clone(), DatabaseError::work(&self.shown, what)));
                        Vec::new()
                    }
                }
            }
        };
        let endpoint = |reach| {
            let found = match &self.settings.password {
                Some(password) => Found::Password(password.clone()),
                None => self.file_password(server),
            };
            let is_password_exposed = found == Found::Exposed;
            let password = if let Found::Password(password) = found { Some(password) } else { None };
            Endpoint { reach, port: server.port, password, is_password_exposed }
        };
        reaches.into_iter().map(endpoint).collect()
    }

    /// What the password file has for `server`.
    fn file_password(&self, server: &Server) -> Found {
        let host = match &server.host {
            Host::Tcp { name, .. } => name.clone(),
            Host::Socket(folder) if folder != Path::new(SOCKET_FOLDERS[0]) => folder.display().to_string(),
            Host::Socket(_) | Host::DefaultSocket => "localhost".to_owned(),
        };
        let Settings { password_file, database, user, .. } = &*self.settings;
        match password_file {
            Some(path) => password_file::find(path, [&host, &server.port.to_string(), database, user]),
            None => Found::Nothing,
        }
    }

    /// Opens a connection to `endpoint`, protected as the settings ask for it.
    async fn open(&self, endpoint: &Endpoint, session: Session) -> Result<Connection, Failure> {
        let is_socket = matches!(endpoint.reach, Reach::Socket(_));
        // libpq has no TLS over sockets either, whatever the mode.
        let mode = if is_socket { TlsMode::Disable } else { self.settings.tls.mode };
        let (first, second) = match mode {
            TlsMode::Disable => (SslMode::Disable, None),
            TlsMode::Allow => (SslMode::Disable, Some(SslMode::Require)),
            TlsMode::Prefer => (SslMode::Prefer, Some(SslMode::Disable)),
            TlsMode::Require | TlsMode::VerifyCa | TlsMode::VerifyFull => (SslMode::Require, None),
        };
        let connection = match (self.attempt(endpoint, first).await, second) {
            (Err(failure), Some(second)) if failure.may_depend_on_tls => {
                self.attempt(endpoint, second).await.map_err(|again| {
                    let with = if second == SslMode::Disable { "without TLS" } else { "over TLS" };
                    Failure { error: failure.error.and_then(with, &again.error), ..again }
                })?
            }
            (attempted, _) => attempted?,
        };
        self.check_session(&connection, session).await?;
        Ok(connection)
    }

    /// One attempt to connect to `endpoint`.
    async fn attempt(&self, endpoint: &Endpoint, ssl_mode: SslMode) -> Result<Connection, Failure> {
        let config = self.config(endpoint, ssl_mode);
        let tls = self.tls.as_ref().filter(|_| ssl_mode != SslMode::Disable);
        match self.within_time(Connection::open(&config, tls, &self.shown, &self.open)).await {
            Some(opened) => {
                opened.map_err(|error| Failure::of(&self.shown, &error, endpoint.is_password_exposed))
            }
            None => Err(Failure::of_endpoint(DatabaseError::work(&self.shown, self.no_answer()))),
        }
    }

    fn config(&self, endpoint: &Endpoint, ssl_mode: SslMode) -> Config {
        let settings = &*self.settings;
        let mut config = Config::new();
        match &endpoint.reach {
            Reach::Tcp(name, address) => config.host(name).hostaddr(*address),
            Reach::Socket(folder) => config.host_path(folder),
        };
        config.port(endpoint.port).user(&settings.user).dbname(&settings.database).ssl_mode(ssl_mode);
        config.channel_binding(settings.channel_binding).keepalives(settings.keepalives.are_sent);
        if let Some(password) = &endpoint.password {
            config.password(password);
        }
        if let Some(options) = &settings.options {
            config.options(options);
        }
        if let Some(name) = &settings.application_name {
            config.application_name(name);
        }
        if let Some(idle) = settings.keepalives.idle {
            config.keepalives_idle(idle);
        }
        if let Some(interval) = settings.keepalives.interval {
            config.keepalives_interval(interval);
        }
        if let Some(count) = settings.keepalives.count {
            config.keepalives_retries(count);
        }
        if let Some(timeout) = settings.tcp_user_timeout {
            config.tcp_user_timeout(timeout);
        }
        config
    }

    /// Whether the server is one of those that are asked for.
    async fn check_session(&self, connection: &Connection, session: Session) -> Result<(), Failure> {
        const STATE: &str =
            "select pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('transaction_read_only')";
        if session == Session::Any {
            return Ok(());
        }
        let answer = connection.client.simple_query(STATE).await;
        let answer = answer.map_err(|error| Failure::of_endpoint(connection.explain(&error)))?;
        let state = answer.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some((row.get(0) == Some("t"), row.get(1) == Some("on"))),
            _ => None,
        });
        let (is_standby, is_read_only) = state.unwrap_or_default();
        let refused = match session {
            Session::ReadWrite if is_read_only => "is read-only",
            Session::ReadOnly if !is_read_only => "is not read-only",
            Session::Primary if is_standby => "is a standby",
            Session::Standby | Session::PreferStandby if !is_standby => "is not a standby",
            _ => return Ok(()),
        };
        let what = format!("the server {refused}, which target_session_attrs rules out");
        Err(Failure::of_endpoint(DatabaseError::request(&self.shown, what)))
    }

    /// The result of `work`, unless it takes longer than a connection may.
    async fn within_time<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        match self.settings.connect_timeout {
            Some(timeout) => tokio::time::timeout(timeout, work).await.ok(),
            None => Some(work.await),
        }
    }

    fn no_answer(&self) -> String {
        let timeout = self.settings.connect_timeout.unwrap_or(Duration::MAX);
        format!("no answer within {} s", timeout.as_secs())
    }
}

impl Session {
    /// What is looked for on all servers, one after the other.
    fn in_turn(self) -> &'static [Self] {
        match self {
            Self::Any => &[Self::Any],
            Self::ReadWrite => &[Self::ReadWrite],
            Self::ReadOnly => &[Self::ReadOnly],
            Self::Primary => &[Self::Primary],
            Self::Standby => &[Self::Standby],
            Self::PreferStandby => &[Self::Standby, Self::Any],
        }
    }
}

/// Why a connection to an endpoint was not opened.
struct Failure {
    error: DatabaseError,
    /// Whether no other server is to be tried: a server has answered, and refuses.
    is_final: bool,
    /// Whether it may be different with TLS, or without.
    may_depend_on_tls: bool,
}

impl Failure {
    fn of(place: &str, error: &tokio_postgres::Error, is_password_exposed: bool) -> Self {
        const STARTING_OR_STOPPING: &str = "57P03";
        const REFUSALS: &str = "28";
        let code = error.code().map(tokio_postgres::error::SqlState::code);
        Self {
            error: DatabaseError::of_connecting(place, error, is_password_exposed),
            is_final: code.is_some_and(|code| code != STARTING_OR_STOPPING),
            may_depend_on_tls: match code {
                Some(code) => code.starts_with(REFUSALS),
                None => error.to_string().starts_with("error performing TLS handshake"),
            },
        }
    }

    /// Of this endpoint, whatever others may do.
    fn of_endpoint(error: DatabaseError) -> Self {
        Self { error, is_final: false, may_depend_on_tls: false }
    }
}

/// The folder in which a server on `port` has its socket, or else where it would be looked for.
fn default_socket_folder(port: u16) -> PathBuf {
    let folders = || SOCKET_FOLDERS.iter().map(Path::new);
    let with_socket = folders().find(|folder| folder.join(format!(".s.PGSQL.{port}")).exists());
    let folder = with_socket.or_else(|| folders().find(|folder| folder.is_dir()));
    folder.unwrap_or(Path::new(SOCKET_FOLDERS[0])).to_owned()
}

/// An address of the same database, without user and password.
fn shown(settings: &Settings) -> String {
    let servers = settings.servers.iter().map(|server| {
        let host = match &server.host {
            Host::DefaultSocket => String::new(),
            Host::Socket(folder) => folder.display().to_string().replace('/', "%2F"),
            Host::Tcp { name, .. } if name.contains(':') => format!("[{name}]"),
            Host::Tcp { name, .. } => name.clone(),
        };
        if server.port == DEFAULT_PORT { host } else { format!("{host}:{}", server.port) }
    });
    format!("postgresql://{}/{}", servers.collect::<Vec<_>>().join(","), settings.database)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(address: &str) -> Result<Database, AddressError> {
        let surroundings = Surroundings { variable: &|_| None, home: None, user: Some("me".to_owned()) };
        Database::new(settings::resolve(address, &surroundings)?)
    }

    #[test]
    fn the_address_is_shown_without_user_and_password() {
        for (address, shown) in [
            ("postgresql://me:s3cret@host:5433/db?sslmode=disable", "postgresql://host:5433/db"),
            ("postgresql://me:s3cret@host", "postgresql://host/me"),
            ("postgresql://", "postgresql:///me"),
            ("postgresql://:5433/db", "postgresql://:5433/db"),
            ("postgresql:///db?host=/run/pg&port=5433&password=s3cret", "postgresql://%2Frun%2Fpg:5433/db"),
            ("postgresql://[::1]:1,a,b:2/db", "postgresql://[::1]:1,a,b:2/db"),
        ] {
            let database = database(address).expect(address);
            assert_eq!(database.to_string(), shown);
            assert!(!format!("{database:?}").contains("s3cret"));
        }
    }

    #[test]
    fn tls_is_set_up_where_it_can_be_used() {
        for (address, has_tls) in [
            ("postgresql://h", true),
            ("postgresql://h?sslmode=allow", true),
            ("postgresql://h?sslmode=require", true),
            ("postgresql://h?sslmode=disable", false),
            ("postgresql://%2Frun?sslmode=verify-full", false),
            ("postgresql:///d?sslrootcert=/none", false),
            ("postgresql://h?sslmode=disable&sslrootcert=/none", false),
        ] {
            assert_eq!(database(address).expect(address).tls.is_some(), has_tls, "{address}");
        }
        for (address, reason) in [
            ("postgresql://h?sslmode=verify-ca", "sslrootcert=FILE"),
            ("postgresql://h?sslmode=verify-full", "sslmode=verify-full"),
            ("postgresql://h?sslmode=verify-full&sslrootcert=/none", "sslrootcert=/none"),
            ("postgresql://h?sslrootcert=/none", "sslrootcert=/none"),
        ] {
            let error = database(address).expect_err(address).to_string();
            assert!(error.contains(reason), "{address}: {error}");
        }
    }
}
