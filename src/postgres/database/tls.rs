//! TLS: what is asked for, and whose certificates are trusted.
//!
//! Source: <https://www.postgresql.org/docs/15/libpq-ssl.html>.

use std::fmt::Display;
use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, ring};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    SupportedProtocolVersion, version,
};
use tokio_postgres_rustls::MakeRustlsConnect;
use x509_cert::Certificate;
use x509_cert::der::Decode;
use x509_cert::der::oid::db::rfc4519::COMMON_NAME;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

use super::error::AddressError;

/// How much a connection has to be protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TlsMode {
    Disable,
    Allow,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

impl TlsMode {
    pub const NAMES: [(&str, Self); 6] = [
        ("disable", Self::Disable),
        ("allow", Self::Allow),
        ("prefer", Self::Prefer),
        ("require", Self::Require),
        ("verify-ca", Self::VerifyCa),
        ("verify-full", Self::VerifyFull),
    ];
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TlsSettings {
    pub mode: TlsMode,
    pub roots: Roots,
    pub revocation: Revocation,
    pub min: TlsVersion,
    pub max: TlsVersion,
    /// Whether the server is told the name that it is called by.
    pub sends_name: bool,
}

/// The root certificates that are trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Roots {
    /// Those of the operating system.
    System,
    /// Those in a file, and the parameter that names it.
    File { name: &'static str, path: PathBuf },
    /// Those in the file that libpq looks for, if there is one.
    Usual(Option<PathBuf>),
}

/// Files with lists of revoked certificates; those given have the parameter that names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Revocation {
    pub file: Option<(&'static str, PathBuf)>,
    pub folder: Option<(&'static str, PathBuf)>,
    /// The file that libpq looks for, if no other is given.
    pub usual: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum TlsVersion {
    V1,
    V1_1,
    V1_2,
    V1_3,
}

impl TlsVersion {
    /// The version of this name.
    pub fn of(name: &str) -> Option<Self> {
        let versions =
            [("tlsv1", Self::V1), ("tlsv1.1", Self::V1_1), ("tlsv1.2", Self::V1_2), ("tlsv1.3", Self::V1_3)];
        let name = name.to_ascii_lowercase();
        versions.iter().find(|(known, _)| *known == name).map(|(_, version)| *version)
    }
}

/// What makes TLS of connections as `settings` ask for it.
pub(super) fn connector(settings: &TlsSettings) -> Result<MakeRustlsConnect, AddressError> {
    let provider = Arc::new(ring::default_provider());
    let known: [(TlsVersion, &'static SupportedProtocolVersion); 2] =
        [(TlsVersion::V1_2, &version::TLS12), (TlsVersion::V1_3, &version::TLS13)];
    let versions: Vec<_> = known
        .into_iter()
        .filter(|(version, _)| (settings.min..=settings.max).contains(version))
        .map(|(_, version)| version)
        .collect();
    let mut config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&versions)
        .map_err(|error| AddressError::new(format!("TLS cannot be set up: {error}")))?
        .dangerous()
        .with_custom_certificate_verifier(verifier(settings, provider)?)
        .with_no_client_auth();
    config.enable_sni = settings.sends_name;
    Ok(MakeRustlsConnect::new(config))
}

/// As in libpq, certificates are verified wherever there are roots to verify them with, whatever the mode.
fn verifier(
    settings: &TlsSettings,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, AddressError> {
    let trusted = match &settings.roots {
        Roots::System => rustls_native_certs::load_native_certs().certs,
        Roots::File { name, path } => certificates(path).map_err(|error| unusable(name, path, &error))?,
        Roots::Usual(Some(path)) if path.exists() => {
            certificates(path).map_err(|error| AddressError::new(format!("{}: {error}", path.display())))?
        }
        Roots::Usual(path) if matches!(settings.mode, TlsMode::VerifyCa | TlsMode::VerifyFull) => {
            let (mode, _) = TlsMode::NAMES[settings.mode as usize];
            let missing = path.as_ref().map(|path| format!(", and there is no {}", path.display()));
            return Err(AddressError::new(format!(
                "sslmode={mode}: no root certificates are given{}: give sslrootcert=FILE, or sslrootcert=system",
                missing.unwrap_or_default()
            )));
        }
        Roots::Usual(_) => {
            return Ok(Arc::new(AnyCertificate(provider.signature_verification_algorithms)));
        }
    };
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(trusted.iter().cloned());
    if store.is_empty() {
        return Err(AddressError::new(match &settings.roots {
            Roots::System => "sslrootcert=system: the system has no root certificates".to_owned(),
            Roots::File { name, path } => format!("{name}={}: no certificates in it", path.display()),
            Roots::Usual(path) => {
                format!("{}: no certificates in it", path.clone().unwrap_or_default().display())
            }
        }));
    }
    let mut builder = WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider);
    let lists = revocation_lists(&settings.revocation)?;
    if !lists.is_empty() {
        builder = builder.with_crls(lists).enforce_revocation_expiration();
    }
    let chains =
        builder.build().map_err(|error| AddressError::new(format!("TLS cannot be set up: {error}")))?;
    Ok(Arc::new(TrustedCertificates { chains, trusted, checks_name: settings.mode == TlsMode::VerifyFull }))
}

fn unusable(name: &str, path: &Path, error: &impl Display) -> AddressError {
    AddressError::new(format!("{name}={}: {error}", path.display()))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, pem::Error> {
    CertificateDer::pem_file_iter(path)?.collect()
}

fn revocation_lists(
    revocation: &Revocation,
) -> Result<Vec<CertificateRevocationListDer<'static>>, AddressError> {
    let mut lists = Vec::new();
    let mut add = |name: &str, path: &Path| -> Result<(), AddressError> {
        let read = CertificateRevocationListDer::pem_file_iter(path)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let read = read.map_err(|error| unusable(name, path, &error))?;
        if read.is_empty() {
            return Err(unusable(name, path, &"no list of revoked certificates in it"));
        }
        lists.extend(read);
        Ok(())
    };
    if let Some((name, path)) = &revocation.file {
        add(name, path)?;
    }
    if let Some((name, folder)) = &revocation.folder {
        let entries = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        for entry in entries.map_err(|error| unusable(name, folder, &error))? {
            add(name, &entry.path())?;
        }
    }
    if let (None, None, Some(path)) = (&revocation.file, &revocation.folder, &revocation.usual)
        && path.exists()
    {
        add("sslcrl", path)?;
    }
    Ok(lists)
}

/// Accepts certificates that the trusted ones vouch for, and those themselves; and if the name is checked, only those
/// for the server's name.
#[derive(Debug)]
struct TrustedCertificates {
    chains: Arc<WebPkiServerVerifier>,
    trusted: Vec<CertificateDer<'static>>,
    checks_name: bool,
}

impl ServerCertVerifier for TrustedCertificates {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        // A certificate that a server has signed itself is given as a root: no chain leads to it.
        if self.trusted.contains(certificate) {
            check_dates(certificate, now)?;
        } else {
            match self.chains.verify_server_cert(certificate, intermediates, name, ocsp, now) {
                // The name is looked at last, when all else is right.
                Err(rustls::Error::InvalidCertificate(
                    CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
                )) => {}
                verified => return verified,
            }
        }
        if self.checks_name && !is_for(&parse(certificate)?, name) {
            return Err(CertificateError::NotValidForName.into());
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.chains.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.chains.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chains.supported_verify_schemes()
    }
}

fn parse(certificate: &CertificateDer<'_>) -> Result<Certificate, rustls::Error> {
    Certificate::from_der(certificate).map_err(|_| CertificateError::BadEncoding.into())
}

fn check_dates(certificate: &CertificateDer<'_>, now: UnixTime) -> Result<(), rustls::Error> {
    let validity = parse(certificate)?.tbs_certificate.validity;
    if now.as_secs() < validity.not_before.to_unix_duration().as_secs() {
        return Err(CertificateError::NotValidYet.into());
    }
    if now.as_secs() > validity.not_after.to_unix_duration().as_secs() {
        return Err(CertificateError::Expired.into());
    }
    Ok(())
}

/// Whether `certificate` is for `name`: by its alternative names, or by its common name if there is none of that kind.
fn is_for(certificate: &Certificate, name: &ServerName<'_>) -> bool {
    let certificate = &certificate.tbs_certificate;
    let names = match certificate.get::<SubjectAltName>() {
        Ok(names) => names.map(|(_, names)| names.0).unwrap_or_default(),
        Err(_) => return false,
    };
    let (wanted, address) = match name {
        ServerName::DnsName(name) => (name.as_ref().to_owned(), None),
        ServerName::IpAddress(address) => {
            let address = IpAddr::from(*address);
            (address.to_string(), Some(address))
        }
        _ => return false,
    };
    let mut has_kind = false;
    for name in names {
        let fits = match (name, address) {
            (GeneralName::DnsName(pattern), None) => fits(pattern.as_str(), &wanted),
            (GeneralName::IpAddress(bytes), Some(IpAddr::V4(address))) => {
                bytes.as_bytes() == address.octets()
            }
            (GeneralName::IpAddress(bytes), Some(IpAddr::V6(address))) => {
                bytes.as_bytes() == address.octets()
            }
            _ => continue,
        };
        has_kind = true;
        if fits {
            return true;
        }
    }
    let attributes = certificate.subject.0.iter().flat_map(|attributes| attributes.0.iter());
    let common = attributes.filter(|attribute| attribute.oid == COMMON_NAME);
    let mut common = common.filter_map(|attribute| std::str::from_utf8(attribute.value.value()).ok());
    !has_kind && common.any(|pattern| fits(pattern, &wanted))
}

/// Whether `pattern`, whose first label may be a star, fits the host `name`.
fn fits(pattern: &str, name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    if pattern.eq_ignore_ascii_case(name) {
        return true;
    }
    let (Some(pattern), Some((first, rest))) = (pattern.strip_prefix("*."), name.split_once('.')) else {
        return false;
    };
    !first.is_empty() && pattern.contains('.') && pattern.eq_ignore_ascii_case(rest)
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
    use super::*;

    #[test]
    fn patterns_fit_hosts_as_in_libpq() {
        for (pattern, name, is_fit) in [
            ("h", "h", true),
            ("H.example", "h.EXAMPLE", true),
            ("h.example", "h.example.", true),
            ("*.example.com", "a.example.com", true),
            ("*.example.com", "a.b.example.com", false),
            ("*.example.com", "example.com", false),
            ("*.example.com", ".example.com", false),
            ("*.com", "a.com", false),
            ("a*.example.com", "ab.example.com", false),
            ("*", "h", false),
            ("h", "i", false),
            ("", "h", false),
        ] {
            assert_eq!(fits(pattern, name), is_fit, "{pattern} {name}");
        }
    }
}
