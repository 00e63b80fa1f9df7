//! A mail as bytes (RFC 5322, MIME), and how it leaves. What the email says is `render`'s subject; when and to whom it goes is
//! the outbox's. The same envelope and parts give the same bytes, so a resent message is the same message.

pub mod dkim;
mod pictures;
mod quoted;
pub mod reply;
pub mod report;
pub mod smtp;
pub mod transport;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::{DateTime, Utc};
use lettre::message::header::{ContentTransferEncoding, HeaderName, HeaderValue};
use lettre::message::{Body, Message, MessageBuilder, MultiPart, MultiPartKind, SinglePart, header};

pub use reply::Verdict;
pub use transport::{Accepted, Outgoing, Sent, Transport};

use crate::config::Mailbox;
use crate::domain::items::text::single_line;
use crate::domain::outbox::bounce::{Fault, Step};

/// What a mail's headers say.
#[derive(Debug, Clone)]
pub struct Envelope {
    /// The From header.
    pub from: Mailbox,
    /// An address.
    pub to: String,
    /// The Reply-To header; without it, replies go to `from`.
    pub reply_to: Option<Mailbox>,
    /// BCP 47, for Content-Language (RFC 3282).
    pub language: Option<String>,
    /// With its angle brackets: `<run.subscriber@digest.example.org>`.
    pub message_id: String,
    /// When it was made.
    pub date: DateTime<Utc>,
    /// The list's name and its domain (RFC 2919): "Public Service Reform Digest", "digest.example.org".
    pub list_id: Option<(String, String)>,
    /// https; with it goes the one-click header of RFC 8058.
    pub unsubscribe_url: Option<String>,
    /// The same by mail, a `mailto:` URL (RFC 6068); goes only with the other.
    pub unsubscribe_mail: Option<String>,
    /// The web archive (RFC 2369).
    pub archive_url: Option<String>,
    /// Four words by which large receivers count complaints, as `3:weekly:digest:exampleorg`; the last is the
    /// sender's, of 5 to 15 letters. Nothing personal.
    pub feedback_id: Option<String>,
}

/// Why a mail was not built or not accepted. No address and no password is in any text of it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An address that is none.
    #[error("`{0}` is not an email address")]
    Address(&'static str),
    /// An address with letters beyond ASCII before its `@`, for a server that takes none (RFC 6531).
    #[error("the mail server takes no address with letters beyond ASCII before the `@` (SMTPUTF8), as `{0}` has one")]
    Beyond(&'static str),
    /// A value that cannot stand in a header.
    #[error("the value of `{0}` cannot stand in a header")]
    Header(&'static str),
    /// lettre refused to put it together.
    #[error("the message cannot be put together")]
    Build(#[source] lettre::error::Error),
    /// The library does not sign with the key.
    #[error("the message cannot be signed")]
    Sign,
    /// The outbox folder cannot be written.
    #[error("cannot write `{}`", path.display())]
    Folder {
        /// The file or folder.
        path: std::path::PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The server was not reached.
    #[error("cannot connect to the mail server `{0}`")]
    Connect(String, #[source] Box<dyn std::error::Error + Send + Sync>),
    /// No secure channel came about, for another reason than the certificate.
    #[error("no secure channel to the mail server `{host}` came about")]
    Handshake {
        /// Its name.
        host: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The peer has not proved to be the server.
    #[error("the certificate of the mail server `{host}` is not accepted")]
    Certificate {
        /// Its name.
        host: String,
        /// Why.
        #[source]
        source: tokio_rustls::rustls::Error,
    },
    /// The file of further authorities is none.
    #[error("`mail.smtp.ca_file` holds no certificates that can be read")]
    Authorities(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The server does not offer STARTTLS although it is asked for: nothing is sent in clear.
    #[error("the mail server `{0}` does not offer STARTTLS")]
    NoStartTls(String),
    /// The server offers no log-in that we know.
    #[error("the mail server `{0}` offers no log-in by PLAIN or LOGIN")]
    NoLogin(String),
    /// It would go over a network in clear.
    #[error("mail would go to the mail server `{0}` in the clear, and it is not on this machine")]
    ClearText(String),
    /// Not tried: another connection had just failed with this.
    #[error("{text}")]
    Repeated {
        /// The other error with its causes, word for word.
        text: String,
        /// The other error's.
        verdict: Verdict,
        /// The other error's.
        hint: Option<&'static str>,
    },
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

/// An error and its causes on one line.
pub(crate) fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

impl Error {
    /// Whether the fault is in the connection and not in this message: the next one would fare no better. A refusal of one message
    /// is not such a fault, except 421 (RFC 5321 §3.8): a run that is refused too often is held.
    #[must_use]
    pub fn concerns_the_relay(&self) -> bool {
        use reply::Command::{Auth, Hello, Mail, StartTls};
        match self {
            // No recipient has been named yet.
            Self::Lost { command, .. } => matches!(command, Hello | StartTls | Auth | Mail),
            Self::Refused { command, reply } => command.step() == Step::Opening || reply.code == 421,
            Self::Address(_) | Self::Beyond(_) | Self::Header(_) | Self::Build(_) => false,
            _ => true,
        }
    }

    /// The answer's codes and command, as `recipient 550 5.1.1`, and whose fault it is; `None` when no server
    /// answered, or it did before it was told of this message. The last answer, `is_last`, says what no further attempt
    /// can mend: a dislike of us that was called temporary says nothing of the person.
    #[must_use]
    pub fn answer(&self, is_last: bool) -> Option<(String, Fault)> {
        match self {
            Self::Refused { command, reply } if command.step() != Step::Opening => {
                let fault = if is_last { reply::last_fault(reply) } else { None };
                let fault = fault.unwrap_or_else(|| reply::fault(*command, reply));
                Some((format!("{} {reply}", command.word()), fault))
            }
            _ => None,
        }
    }

    /// What the outbox is to do about it.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Address("to") | Self::Beyond("to") => Verdict::Permanent,
            Self::Address(_)
            | Self::Beyond(_)
            | Self::Header(_)
            | Self::Build(_)
            | Self::Sign
            | Self::Folder { .. } => Verdict::Ours,
            Self::NoStartTls(_) | Self::NoLogin(_) | Self::ClearText(_) => Verdict::Ours,
            Self::Certificate { .. } | Self::Authorities(_) => Verdict::Ours,
            Self::Connect(..) | Self::Handshake { .. } => Verdict::Transient,
            Self::Repeated { verdict, .. } => *verdict,
            Self::Refused { command, reply } => reply::verdict(*command, reply),
            // After the last byte the server may have taken it, RFC 5321 §6.1.
            Self::Lost { command: reply::Command::Message, .. } => Verdict::Unknown,
            Self::Lost { .. } => Verdict::Transient,
        }
    }
}

/// The whole message: multipart/alternative, text first; every line ends in CRLF and is shorter than 998 bytes. Pictures
/// that the HTML holds as `data:` URLs become parts beside it.
///
/// # Errors
/// An address, a Message-ID or a URL that cannot stand in a header. A name or a subject always can: it is made one
/// line, and encoded.
pub fn build(envelope: &Envelope, subject: &str, text: &str, html: &str) -> Result<Vec<u8>, Error> {
    let message_id = bracketed(&envelope.message_id).ok_or(Error::Header("Message-ID"))?;
    let mut builder = Message::builder()
        .from(header_mailbox(&envelope.from, "from")?)
        .to(header_mailbox(&Mailbox::new("", &envelope.to), "to")?);
    builder = match single_line(subject) {
        // lettre leaves ASCII as it is, and a reader's program would decode what only looks encoded.
        subject if subject.contains("=?") => builder.raw_header(encoded_words("Subject", &subject)),
        subject => builder.subject(subject),
    };
    builder = builder.message_id(Some(format!("<{message_id}>"))).date(envelope.date.into());
    if let Some(reply_to) = &envelope.reply_to {
        builder = builder.reply_to(header_mailbox(reply_to, "reply_to")?);
    }
    builder = list_headers(builder, envelope)?;
    builder = builder.raw_header(raw("Auto-Submitted", "auto-generated".into()));
    let (html, pictures) = pictures::take_out(html, &content_id(message_id));
    let html = single_part(header::ContentType::TEXT_HTML, &html);
    let parts = MultiPart::builder()
        .kind(MultiPartKind::Alternative)
        .boundary(boundary("=_", message_id))
        .singlepart(single_part(header::ContentType::TEXT_PLAIN, text));
    let parts = match pictures.is_empty() {
        true => parts.singlepart(html),
        false => parts.multipart(pictures::related(html, pictures, &boundary("=_.", message_id))?),
    };
    Ok(builder.multipart(parts).map_err(Error::Build)?.formatted())
}

/// What makes it the mail of a list: which one, how to leave it, where it is kept, and by what it is counted.
fn list_headers(mut builder: MessageBuilder, envelope: &Envelope) -> Result<MessageBuilder, Error> {
    if let Some((name, domain)) = &envelope.list_id {
        let name: String = single_line(name).chars().filter(|c| !matches!(c, '<' | '>' | '"' | '\\')).collect();
        let id = header_token(domain).ok_or(Error::Header("List-Id"))?;
        builder = builder.raw_header(raw("List-Id", format!("{name} <{id}>")));
    }
    if let Some(url) = &envelope.unsubscribe_url {
        let token = |url| header_token(url).ok_or(Error::Header("List-Unsubscribe"));
        let mut ways = format!("<{}>", token(url)?);
        if let Some(mail) = &envelope.unsubscribe_mail {
            ways.push_str(&format!(", <{}>", token(mail)?));
        }
        builder = builder.raw_header(raw("List-Unsubscribe", ways));
        builder = builder.raw_header(raw("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".into()));
    }
    if let Some(language) = &envelope.language {
        let language = header_token(language).ok_or(Error::Header("Content-Language"))?;
        builder = builder.raw_header(raw("Content-Language", language.to_owned()));
    }
    if let Some(url) = &envelope.archive_url {
        let url = header_token(url).ok_or(Error::Header("List-Archive"))?;
        builder = builder.raw_header(raw("List-Archive", format!("<{url}>")));
    }
    if envelope.list_id.is_some() {
        builder = builder.raw_header(raw("Precedence", "bulk".into()));
    }
    if let Some(words) = &envelope.feedback_id {
        let words = header_token(words).ok_or(Error::Header("Feedback-ID"))?;
        builder = builder.raw_header(raw("Feedback-ID", words.to_owned()));
    }
    Ok(builder)
}

/// How large the two parts are in a mail, in bytes: encoded for the way, with their headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EncodedBytes {
    /// The plain-text part.
    pub text: usize,
    /// The HTML part.
    pub html: usize,
}

/// Encodes both parts as [`build`] does, and counts; pictures are parts of their own and do not count.
#[must_use]
pub fn encoded_bytes(text: &str, html: &str) -> EncodedBytes {
    let (html, _) = pictures::take_out(html, LONG_CONTENT_ID);
    EncodedBytes {
        text: single_part(header::ContentType::TEXT_PLAIN, text).formatted().len(),
        html: single_part(header::ContentType::TEXT_HTML, &html).formatted().len(),
    }
}

fn single_part(kind: header::ContentType, body: &str) -> SinglePart {
    let encoded = Body::dangerous_pre_encoded(quoted::encode(body), ContentTransferEncoding::QuotedPrintable);
    SinglePart::builder().header(kind).body(encoded)
}

/// The name may contain anything: it is encoded.
fn header_mailbox(mailbox: &Mailbox, which: &'static str) -> Result<lettre::message::Mailbox, Error> {
    let name = single_line(&mailbox.name);
    let address = mailbox.address.parse().map_err(|_| Error::Address(which))?;
    Ok(lettre::message::Mailbox::new((!name.is_empty()).then_some(name), address))
}

/// A header whose whole value is encoded-words (RFC 2047 §5), each of whole characters and short enough for a line.
fn encoded_words(name: &'static str, value: &str) -> HeaderValue {
    const BYTES: usize = 36;
    let mut words = vec![String::new()];
    for letter in value.chars() {
        if words.last().is_some_and(|word| word.len() + letter.len_utf8() > BYTES) {
            words.push(String::new());
        }
        words.last_mut().expect("there is one").push(letter);
    }
    let encoded: Vec<String> = words.iter().map(|word| format!("=?utf-8?b?{}?=", BASE64.encode(word))).collect();
    let name = HeaderName::new_from_ascii_str(name);
    HeaderValue::dangerous_new_pre_encoded(name, value.to_owned(), encoded.join("\r\n "))
}

/// What is between the angle brackets of a Message-ID: one `@`, visible ASCII, short enough for one line.
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

/// From the Message-ID, so that it is the same each time. Quoted-printable cannot hold `=_` (RFC 2045 §6.7). No boundary
/// may begin with another one of the message (RFC 2046 §5.1.2), so the beginnings differ.
fn boundary(begin: &str, message_id: &str) -> String {
    format!("{begin}{}", letters(message_id))
}

/// A placeholder with the length of a usual Content-ID.
const LONG_CONTENT_ID: &str = "00000000000000000000000000000000000000000000000000@digest.example.org";

/// What the Content-IDs of a message's pictures end with, RFC 2392 §2: unique like its Message-ID, and plain in a URL.
fn content_id(message_id: &str) -> String {
    let domain = message_id.rsplit('@').next().unwrap_or_default();
    let domain: String = domain.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-')).collect();
    format!("{}@{domain}", letters(message_id))
}

fn letters(message_id: &str) -> String {
    message_id.chars().filter(char::is_ascii_alphanumeric).take(60).collect()
}

#[cfg(test)]
mod tests;
