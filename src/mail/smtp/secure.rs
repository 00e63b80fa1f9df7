//! TLS: from the first byte (RFC 8314), or after STARTTLS (RFC 3207), whose conversation in the clear is held here.
//!
//! Response injection (the class of CVE-2011-0411): an attacker who can write into the connection puts an answer behind
//! `220 go`, in the same packet, and a client that reads ahead takes it, after the handshake, for the server's. Here
//! nothing is read ahead: bytes that wait there reach the handshake, which fails.

use std::sync::Arc;

use lettre::transport::smtp::commands::{Ehlo, Quit, Starttls};
use lettre::transport::smtp::extension::{ClientId, Extension, ServerInfo};
use lettre::transport::smtp::response::Response;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::client::{WebPkiServerVerifier, verify_server_name};
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::{
    self, CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};

use super::Settings;
use super::answer::{Silence, expected};
use super::stream::{ANSWER_BYTES, Fault, ascii};
use crate::mail::Error;
use crate::mail::reply::Command;

/// The system's authorities, and those of `ca`, which may hold a server's own certificate too. Reading them takes milliseconds: it is done once a pool.
pub(super) fn connector(ca: Option<&[u8]>) -> Result<TlsConnector, Error> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let mut own = Vec::new();
    for certificate in ca.into_iter().flat_map(CertificateDer::pem_slice_iter) {
        let certificate = certificate.map_err(|error| Error::Authorities(error.into()))?;
        roots.add(certificate.clone()).map_err(|error| Error::Authorities(error.into()))?;
        own.push(certificate);
    }
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("the provider has suites for TLS 1.2 and 1.3");
    if own.is_empty() {
        return Ok(TlsConnector::from(Arc::new(config.with_root_certificates(roots).with_no_client_auth())));
    }
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
    let chains = verifier.map_err(|error| Error::Authorities(error.into()))?;
    let config = config.dangerous().with_custom_certificate_verifier(Arc::new(Known { chains, own }));
    Ok(TlsConnector::from(Arc::new(config.with_no_client_auth())))
}

/// Verifies a chain as ever, and takes a server's own certificate too, if it is one of the file byte for byte: whoever put
/// it there has seen it, so nobody need have issued it. The name and the time must be right all the same.
#[derive(Debug)]
struct Known {
    chains: Arc<WebPkiServerVerifier>,
    own: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for Known {
    fn verify_server_cert(
        &self,
        end: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let refused = match self.chains.verify_server_cert(end, between, name, ocsp, now) {
            Ok(verified) => return Ok(verified),
            Err(refused) => refused,
        };
        // The time is looked at before anybody asks who issued it.
        let is_unknown = matches!(refused, rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer));
        if is_unknown && self.own.iter().any(|own| own == end) {
            verify_server_name(&ParsedCertificate::try_from(end)?, name)?;
            return Ok(ServerCertVerified::assertion());
        }
        Err(refused)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.chains.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.chains.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chains.supported_verify_schemes()
    }
}

/// The handshake, with the certificate checked against the host's name.
pub(super) async fn handshake(
    settings: &Settings,
    connector: &TlsConnector,
    tcp: TcpStream,
) -> Result<TlsStream<TcpStream>, Error> {
    let host = || settings.host.clone();
    let failed = |source| Error::Handshake { host: host(), source };
    let name = ServerName::try_from(host()).map_err(|error| failed(error.into()))?;
    let done = timeout(settings.timeout, connector.connect(name, tcp)).await;
    done.map_err(|_| failed(Silence(settings.timeout).into()))?.map_err(|error| {
        match error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>()) {
            Some(rustls::Error::InvalidCertificate(why)) => {
                Error::Certificate { host: host(), source: rustls::Error::InvalidCertificate(why.clone()) }
            }
            _ => failed(error.into()),
        }
    })
}

/// Greeting, EHLO and STARTTLS in the clear; when this returns, the server waits for the handshake.
pub(super) async fn ask_for_tls(settings: &Settings, hello: &ClientId, tcp: &mut TcpStream) -> Result<(), Error> {
    answer(settings, Command::Hello, tcp).await?;
    tcp.write_all(Ehlo::new(hello.clone()).to_string().as_bytes()).await.map_err(lost(Command::Hello))?;
    let offer = answer(settings, Command::Hello, tcp).await?;
    let offer =
        ServerInfo::from_response(&offer).map_err(|error| lost(Command::Hello)(std::io::Error::other(error)))?;
    if !offer.supports_feature(Extension::StartTls) {
        // A good-bye out of politeness; nobody waits for the answer.
        let _ = tcp.try_write(Quit.to_string().as_bytes());
        return Err(Error::NoStartTls(settings.host.clone()));
    }
    tcp.write_all(Starttls.to_string().as_bytes()).await.map_err(lost(Command::StartTls))?;
    answer(settings, Command::StartTls, tcp).await.map(drop)
}

/// One answer, read a byte at a time, so that what follows stays where it is.
async fn answer(settings: &Settings, command: Command, tcp: &mut TcpStream) -> Result<Response, Error> {
    let read = timeout(settings.timeout, read_answer(tcp)).await;
    let bytes = read.map_err(|_| lost(command)(std::io::Error::other(Silence(settings.timeout))))?;
    let bytes = bytes.map_err(lost(command))?;
    let text = String::from_utf8_lossy(&bytes);
    let response: Response = text.parse().map_err(|error| lost(command)(std::io::Error::other(error)))?;
    expected(command, response)
}

async fn read_answer(tcp: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let (mut bytes, mut line) = (Vec::new(), 0);
    for _ in 0..ANSWER_BYTES {
        let mut byte = [tcp.read_u8().await?];
        ascii(&mut byte);
        // An empty line before an answer is none of it.
        if bytes.len() == line && matches!(&byte, b"\r" | b"\n") {
            continue;
        }
        bytes.extend_from_slice(&byte);
        if byte == *b"\n" {
            // RFC 5321 §4.2.1: a hyphen behind the code says that more lines follow.
            if bytes.get(line + 3) != Some(&b'-') {
                return Ok(bytes);
            }
            line = bytes.len();
        }
    }
    Err(Fault::Endless.into())
}

fn lost(command: Command) -> impl Fn(std::io::Error) -> Error {
    move |source| Error::Lost { command, source: source.into() }
}
