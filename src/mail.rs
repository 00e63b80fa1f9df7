//! A mail as bytes (RFC 5322, MIME), and how it leaves. What stands in the mail is `render`'s; when and to whom is
//! the outbox's. The same envelope and parts give the same bytes, so a resent message is the same message.

mod quoted;
pub mod reply;
pub mod smtp;
pub mod transport;

use chrono::{DateTime, Utc};
use lettre::message::header::{ContentTransferEncoding, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, Message, MultiPart, MultiPartKind, SinglePart, header};

pub use reply::Verdict;
pub use transport::{Accepted, Outgoing, Sent, Transport};

use crate::domain::text::single_line;

/// What a mail's headers say.
#[derive(Debug, Clone)]
pub struct Envelope {
    /// `Name <address>`, or an address.
    pub from: String,
    /// An address.
    pub to: String,
    /// `Name <address>`, or an address.
    pub reply_to: Option<String>,
    /// With its angle brackets: `<run.subscriber@digest.example.org>`.
    pub message_id: String,
    /// When it was made.
    pub date: DateTime<Utc>,
    /// The list's name and its domain (RFC 2919): "Public Service Reform Digest", "digest.example.org".
    pub list_id: Option<(String, String)>,
    /// https; with it goes the one-click header of RFC 8058.
    pub unsubscribe_url: Option<String>,
    /// The web archive (RFC 2369).
    pub archive_url: Option<String>,
}

/// Why a mail was not built or not accepted. No address and no password is in any text of it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An address that is none.
    #[error("`{0}` is not a mail address")]
    Address(&'static str),
    /// A value that cannot stand in a header.
    #[error("the value of `{0}` cannot stand in a header")]
    Header(&'static str),
    /// lettre refused to put it together.
    #[error("the message cannot be put together")]
    Build(#[source] lettre::error::Error),
    /// The outbox folder cannot be written.
    #[error("cannot write `{}`", path.display())]
    Folder {
        /// The file or folder.
        path: std::path::PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The server was not reached, or no secure channel came about.
    #[error("cannot connect to the mail server `{0}`")]
    Connect(String, #[source] Box<dyn std::error::Error + Send + Sync>),
    /// The server does not offer STARTTLS although it is asked for: nothing is sent in clear.
    #[error("the mail server `{0}` does not offer STARTTLS")]
    NoStartTls(String),
    /// The server answered, and said no.
    #[error("the mail server refused {command}: {reply}")]
    Refused {
        /// At which command.
        command: reply::Command,
        /// What it said.
        reply: reply::Reply,
    },
    /// No answer, or not one of SMTP's.
    #[error("no answer from the mail server to {command}")]
    Lost {
        /// At which command.
        command: reply::Command,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl Error {
    /// Whether it lies in the way out and not in this message: the next one would fare no better. A refusal of the
    /// message does not, whoever's fault it is, save 421: the server has enough of us for now (RFC 5321 §3.8).
    #[must_use]
    pub fn is_of_the_way(&self) -> bool {
        use reply::Command::{Auth, Hello, StartTls};
        match self {
            Self::Connect(..) | Self::NoStartTls(_) | Self::Folder { .. } => true,
            Self::Lost { command, .. } => matches!(command, Hello | StartTls | Auth),
            Self::Refused { command, reply } => matches!(command, Hello | StartTls | Auth) || reply.code == 421,
            Self::Address(_) | Self::Header(_) | Self::Build(_) => false,
        }
    }

    /// What the outbox is to do about it.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Address("to") => Verdict::Permanent,
            Self::Address(_) | Self::Header(_) | Self::Build(_) | Self::NoStartTls(_) => Verdict::Ours,
            Self::Folder { .. } => Verdict::Ours,
            Self::Connect(..) => Verdict::Transient,
            Self::Refused { command, reply } => reply::verdict(*command, reply),
            // After the last byte the server may have taken it, RFC 5321 §6.1.
            Self::Lost { command: reply::Command::Message, .. } => Verdict::Unknown,
            Self::Lost { .. } => Verdict::Transient,
        }
    }
}

/// The whole message: multipart/alternative, text first; every line ends in CRLF and is shorter than 998 bytes.
///
/// # Errors
/// An address, a Message-ID or a URL that cannot stand in a header. A name or a subject always can: it is made one
/// line, and encoded.
pub fn build(envelope: &Envelope, subject: &str, text: &str, html: &str) -> Result<Vec<u8>, Error> {
    let message_id = bracketed(&envelope.message_id).ok_or(Error::Header("Message-ID"))?;
    let mut builder = Message::builder()
        .from(mailbox(&envelope.from, "from")?)
        .to(mailbox(&envelope.to, "to")?)
        .subject(single_line(subject))
        .message_id(Some(format!("<{message_id}>")))
        .date(envelope.date.into());
    if let Some(reply_to) = &envelope.reply_to {
        builder = builder.reply_to(mailbox(reply_to, "reply_to")?);
    }
    if let Some((name, domain)) = &envelope.list_id {
        let name: String = single_line(name).chars().filter(|c| !matches!(c, '<' | '>' | '"' | '\\')).collect();
        let id = header_token(domain).ok_or(Error::Header("List-Id"))?;
        builder = builder.raw_header(raw("List-Id", format!("{name} <{id}>")));
    }
    if let Some(url) = &envelope.unsubscribe_url {
        let url = header_token(url).ok_or(Error::Header("List-Unsubscribe"))?;
        builder = builder.raw_header(raw("List-Unsubscribe", format!("<{url}>")));
        builder = builder.raw_header(raw("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".into()));
    }
    if let Some(url) = &envelope.archive_url {
        let url = header_token(url).ok_or(Error::Header("List-Archive"))?;
        builder = builder.raw_header(raw("List-Archive", format!("<{url}>")));
    }
    if envelope.list_id.is_some() {
        builder = builder.raw_header(raw("Precedence", "bulk".into()));
    }
    builder = builder.raw_header(raw("Auto-Submitted", "auto-generated".into()));
    let parts = MultiPart::builder()
        .kind(MultiPartKind::Alternative)
        .boundary(boundary(message_id))
        .singlepart(single_part(header::ContentType::TEXT_PLAIN, text))
        .singlepart(single_part(header::ContentType::TEXT_HTML, html));
    Ok(builder.multipart(parts).map_err(Error::Build)?.formatted())
}

/// How large the two parts are in a mail, in bytes: encoded for the way, with their headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EncodedBytes {
    /// The plain-text part.
    pub text: usize,
    /// The HTML part.
    pub html: usize,
}

/// Encodes both parts as [`build`] does, and counts.
#[must_use]
pub fn encoded_bytes(text: &str, html: &str) -> EncodedBytes {
    EncodedBytes {
        text: single_part(header::ContentType::TEXT_PLAIN, text).formatted().len(),
        html: single_part(header::ContentType::TEXT_HTML, html).formatted().len(),
    }
}

fn single_part(kind: header::ContentType, body: &str) -> SinglePart {
    let encoded = Body::dangerous_pre_encoded(quoted::encode(body), ContentTransferEncoding::QuotedPrintable);
    SinglePart::builder().header(kind).body(encoded)
}

/// `Name <address>` or an address. The name may hold anything: it is encoded.
fn mailbox(text: &str, which: &'static str) -> Result<Mailbox, Error> {
    let text = text.trim();
    let (name, address) = match text.strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
        Some((name, address)) => (single_line(name.trim().trim_matches('"')), address),
        None => (String::new(), text),
    };
    let address = address.parse().map_err(|_| Error::Address(which))?;
    Ok(Mailbox::new((!name.is_empty()).then_some(name), address))
}

/// What stands between the angle brackets of a Message-ID: one `@`, visible ASCII, short enough for one line.
fn bracketed(message_id: &str) -> Option<&str> {
    let inner = message_id.strip_prefix('<')?.strip_suffix('>')?;
    let is_short = inner.len() <= 240 && inner.matches('@').count() == 1;
    header_token(inner).filter(|_| is_short)
}

/// The value if it is visible ASCII without angle brackets, and leaves room on a line of 998 bytes.
fn header_token(value: &str) -> Option<&str> {
    let is_plain = value.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'<' && byte != b'>');
    (is_plain && !value.is_empty() && value.len() <= 900).then_some(value)
}

fn raw(name: &'static str, value: String) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value)
}

/// From the Message-ID, so that it is the same each time. Quoted-printable cannot hold `=_` (RFC 2045 §6.7).
fn boundary(message_id: &str) -> String {
    let letters: String = message_id.chars().filter(char::is_ascii_alphanumeric).take(60).collect();
    format!("=_{letters}")
}

#[cfg(test)]
mod tests;
