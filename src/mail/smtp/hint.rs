//! What to do about a server that is not reached or not spoken to: the next step, with the key that it is about.

use tokio_rustls::rustls::{CertificateError, Error as TlsError, InvalidMessage};

use crate::domain::operations::os_error;
use crate::mail::Error;
use crate::mail::reply::Command;

impl Error {
    /// The operator's next step, if there is one. No address and no password is in it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Folder { source, .. } => os_error::next(source),
            Self::Connect(_, source)
                if os_error::root(source.as_ref()).is_some_and(os_error::is_out_of_descriptors) =>
            {
                Some(os_error::OUT_OF_DESCRIPTORS)
            }
            Self::Connect(..) => Some("look at `host` and `port` in `[mail.smtp]`, and whether the server runs"),
            Self::Handshake { source, .. } if is_clear_text(source.as_ref()) => Some(
                "the server begins in the clear on this port: write `tls = \"starttls\"` in `[mail.smtp]`, or take its \
                 port for TLS, mostly 465",
            ),
            Self::Handshake { .. } => {
                Some("the server and we have no version of TLS in common, or `port` is another's")
            }
            Self::Certificate { source, .. } => certificate(source),
            Self::Authorities(_) => Some("`openssl x509 -in FILE -text` shows what a file in PEM holds"),
            Self::NoStartTls(_) => Some(
                "on a port for TLS, mostly 465, write `tls = \"tls\"` in `[mail.smtp]`; a server that offered STARTTLS \
                 before may have someone in between who takes it away",
            ),
            Self::NoLogin(_) => Some(
                "servers offer it over TLS only: look at `tls` in `[mail.smtp]`; or leave `username` empty if none is wanted",
            ),
            Self::ClearText(_) => Some("write `tls = \"tls\"` or `tls = \"starttls\"` in `[mail.smtp]`"),
            Self::Refused { command: Command::Auth, reply } if reply.code >= 500 => Some(
                "look at `username` and the password in `[mail.smtp]`; some services want a password made for programs",
            ),
            Self::Lost { command: Command::Hello, .. } => Some(
                "a server that says nothing waits for TLS, perhaps: write `tls = \"tls\"` in `[mail.smtp]`, mostly with port 465",
            ),
            Self::Repeated { hint, .. } => *hint,
            _ => None,
        }
    }
}

fn is_clear_text(source: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
    let cause = source.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    let cause = cause.and_then(|cause| cause.downcast_ref::<TlsError>());
    matches!(cause, Some(TlsError::InvalidMessage(InvalidMessage::InvalidContentType)))
}

fn certificate(error: &TlsError) -> Option<&'static str> {
    use CertificateError::{
        Expired, ExpiredContext, NotValidForName, NotValidForNameContext, NotValidYet, NotValidYetContext,
        UnknownIssuer,
    };
    let TlsError::InvalidCertificate(why) = error else { return None };
    match why {
        NotValidForName | NotValidForNameContext { .. } => {
            Some("`host` in `[mail.smtp]` must be a name in the server's certificate")
        }
        UnknownIssuer => Some(
            "if the certificate is the server's own, or of an authority of yours, name a PEM file with it in `ca_file` of `[mail.smtp]`",
        ),
        Expired | ExpiredContext { .. } => Some("the server needs a new certificate; look at this machine's clock too"),
        NotValidYet | NotValidYetContext { .. } => Some("look at this machine's clock"),
        _ => {
            Some("a certificate that is put into `ca_file` for its server must not be one of an authority (`CA:FALSE`)")
        }
    }
}
