//! `[mail]`: how emails are sent: by a relay or into files, signed or not.

use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;

use super::super::schema::Time;
use super::{Mailbox, Secret};
use crate::domain::subscribers::subscriber::EmailAddress;

/// `[mail]`: how emails are sent.
#[derive(Debug, Clone, PartialEq, JsonSchema)]
pub struct Mail {
    /// By which transport.
    pub transport: TransportKind,
    /// The From header: `Name <address>`.
    #[schemars(with = "String")]
    pub from: Mailbox,
    /// The Reply-To header; without it, replies go to `from`.
    #[schemars(with = "String")]
    pub reply_to: Option<Mailbox>,
    /// Receives a proof of each digest before the subscribers.
    #[schemars(with = "String")]
    pub proof_to: Option<EmailAddress>,
    /// Receives bounces: each email's return path is this address with `+` and a token of its own. Without it, bounces go to
    /// the sender.
    #[schemars(with = "String")]
    pub bounce_address: Option<String>,
    /// Receives unsubscribe requests by email.
    #[schemars(with = "String")]
    pub unsubscribe_address: Option<String>,
    /// The mail server.
    pub smtp: Smtp,
    /// The DKIM signature; `None` while its keys are empty.
    #[schemars(with = "Dkim")]
    pub dkim: Option<Dkim>,
}

/// How emails leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum TransportKind {
    /// Each email becomes a file in `outbox/` in the data folder.
    Directory,
    /// Emails are sent through the server in `[mail.smtp]`.
    Smtp,
}

/// `[mail.smtp]`: the mail server.
#[derive(Debug, Clone, PartialEq, JsonSchema)]
pub struct Smtp {
    /// Its host name or IP address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: Tls,
    /// A file of additional certificate authorities, already joined to the configuration folder.
    #[schemars(with = "String")]
    pub ca_file: Option<PathBuf>,
    /// The file's content.
    #[schemars(skip)]
    pub ca: Option<Vec<u8>>,
    /// The user name; without it, there is no log-in.
    #[schemars(with = "String")]
    pub username: Option<String>,
    /// The file with the password, already joined to the configuration folder.
    #[schemars(with = "String")]
    pub password_file: Option<PathBuf>,
    /// The password, from the environment, else from `password_file`.
    #[schemars(skip)]
    pub password: Option<Secret>,
    /// The name in EHLO; the host of `public_url` unless set.
    #[schemars(with = "String")]
    pub ehlo_name: Option<String>,
    /// The time limit for one reply.
    #[schemars(with = "Time")]
    pub timeout: Duration,
    /// The most connections open at the same time.
    pub max_connections: usize,
    /// The most emails sent over one connection.
    pub messages_per_connection: u32,
    /// The most emails sent in a second; 0 for no limit.
    pub messages_per_second: u32,
}

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum Tls {
    /// TLS from the first byte, usually port 465.
    Tls,
    /// Begins unencrypted and must be upgraded, usually port 587.
    Starttls,
    /// No TLS; allowed only for a server on this machine.
    None,
}

/// `[mail.dkim]`: the DKIM signature.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
pub struct Dkim {
    /// The signing domain.
    pub domain: String,
    /// The selector: the record's name under `_domainkey`.
    pub selector: String,
    /// The private key in PEM, already joined to the configuration folder.
    pub key_file: PathBuf,
    /// The file's content; `None` only if the file could not be read, which is a finding.
    #[schemars(skip)]
    pub key: Option<Secret>,
}
