//! Sending by SMTP (RFC 5321), on lettre's connection with a small pool of our own.
//!
//! lettre 0.11's own pool never sets TCP_NODELAY, writes the final dot apart and asks NOOP before each reuse: 44 ms a
//! message where this takes one. It can go when a release has mended that (its PR 1159). What lettre's connection
//! leaves to its caller is done here: time limits, RSET after a refusal, CRLF line ends, guarding STARTTLS.

mod stream;

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Quit, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;

use super::reply::{Command, Reply};
use super::{Accepted, Error, Outgoing};
use stream::{Stream, client_config, wire_form};

/// How a server is reached.
#[derive(Debug, Clone)]
pub struct Settings {
    /// A name or an IP address; the certificate must be for it.
    pub host: String,
    /// 465, 587 or 25, as a rule.
    pub port: u16,
    /// How the channel is protected.
    pub tls: Tls,
    /// The log-in, if the server wants one.
    pub login: Option<Login>,
    /// The name that we give in EHLO: a domain, or an address in brackets.
    pub hello: String,
    /// Connections at a time; at least one.
    pub max_connections: usize,
    /// The longest wait for each single answer.
    pub timeout: Duration,
}

/// How the channel is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// From the first byte (RFC 8314).
    Implicit,
    /// STARTTLS (RFC 3207), required: without it nothing is sent.
    StartTls,
    /// Not at all: for a relay on the same machine.
    None,
}

/// A user name and a password, which no message shows.
#[derive(Clone)]
pub struct Login {
    /// The user name.
    pub username: String,
    /// The password.
    pub password: String,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("username", &self.username).field("password", &"…").finish()
    }
}

/// Connections to one server, kept open between messages.
pub struct Pool {
    settings: Settings,
    slots: Semaphore,
    idle: Mutex<Vec<AsyncSmtpConnection>>,
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Pool {
    /// A pool without connections; they are made when messages want them.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let slots = Semaphore::new(settings.max_connections.max(1));
        Self { settings, slots, idle: Mutex::new(Vec::new()) }
    }

    /// Sends one message, waiting for a free connection.
    ///
    /// # Errors
    /// [`Error::verdict`] says what to do. After a refusal the connection is used again.
    pub async fn send(&self, outgoing: &Outgoing<'_>) -> Result<Accepted, Error> {
        let from: Address = outgoing.from.parse().map_err(|_| Error::Address("from"))?;
        let to: Address = outgoing.to.parse().map_err(|_| Error::Address("to"))?;
        let _slot = self.slots.acquire().await.expect("the pool never closes its semaphore");
        let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let (mut connection, is_kept) = match kept {
            Some(connection) => (connection, true),
            None => (self.connect().await?, false),
        };
        let mut outcome = self.mail(&mut connection, &from, &to).await;
        let is_stale = |outcome: &Result<_, Error>| match outcome {
            Err(Error::Lost { command: Command::Mail, .. }) => true,
            Err(Error::Refused { command: Command::Mail, reply }) => reply.code == 421,
            _ => false,
        };
        // A server may close what was idle for long; nothing was sent yet, so a fresh connection is no repetition.
        if is_kept && is_stale(&outcome) {
            connection = self.connect().await?;
            outcome = self.mail(&mut connection, &from, &to).await;
        }
        let result = match outcome {
            Ok(()) => self.message(&mut connection, &to, outgoing.bytes).await,
            Err(error) => Err(error),
        };
        if self.is_usable(&mut connection, &result).await {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
        result
    }

    /// Connects, secures, logs in, and says good-bye: what `check` asks.
    ///
    /// # Errors
    /// What stands in the way of sending.
    pub async fn probe(&self) -> Result<(), Error> {
        let mut connection = self.connect().await?;
        // Whether it says good-bye too is of no interest.
        let _ = timeout(self.settings.timeout, connection.command(Quit)).await;
        Ok(())
    }

    async fn mail(&self, connection: &mut AsyncSmtpConnection, from: &Address, to: &Address) -> Result<(), Error> {
        let is_ascii = |address: &Address| AsRef::<str>::as_ref(address).is_ascii();
        let mut parameters = Vec::new();
        if !is_ascii(from) || !is_ascii(to) {
            if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
                return Err(Error::Address("to"));
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        self.limited(Command::Mail, connection.command(Mail::new(Some(from.clone()), parameters))).await.map(|_| ())
    }

    async fn message(
        &self,
        connection: &mut AsyncSmtpConnection,
        to: &Address,
        bytes: &[u8],
    ) -> Result<Accepted, Error> {
        let bytes = wire_form(bytes);
        self.limited(Command::Rcpt, connection.command(Rcpt::new(to.clone(), Vec::new()))).await?;
        self.limited(Command::Data, connection.command(Data)).await?;
        let reply = self.limited(Command::Message, connection.message(&bytes)).await?;
        Ok(Accepted { reply })
    }

    /// Whether the next message may use it: after success, or after a refusal that RSET clears.
    async fn is_usable<T>(&self, connection: &mut AsyncSmtpConnection, result: &Result<T, Error>) -> bool {
        match result {
            Ok(_) => true,
            Err(Error::Refused { reply, .. }) if reply.code == 421 => false,
            Err(Error::Refused { .. }) => self.limited(Command::Reset, connection.command(Rset)).await.is_ok(),
            Err(_) => false,
        }
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let Settings { host, port, tls, .. } = &self.settings;
        let failed = |source| Error::Connect(host.clone(), source);
        let tcp = timeout(self.settings.timeout, TcpStream::connect((host.as_str(), *port)));
        let tcp = tcp.await.map_err(|late| failed(late.into()))?.map_err(|error| failed(error.into()))?;
        tcp.set_nodelay(true).map_err(|error| failed(error.into()))?;
        let stream = match tls {
            Tls::None => Stream::Plain(tcp),
            Tls::StartTls => Stream::Guarded { tcp, is_clear: true },
            Tls::Implicit => {
                let name = ServerName::try_from(host.clone()).map_err(|error| failed(error.into()))?;
                let connector = TlsConnector::from(Arc::new(client_config().map_err(failed)?));
                let handshake = timeout(self.settings.timeout, connector.connect(name, tcp)).await;
                Stream::Tls(Box::new(handshake.map_err(|late| failed(late.into()))?.map_err(|e| failed(e.into()))?))
            }
        };
        let hello = client_id(&self.settings.hello);
        let opening = AsyncSmtpConnection::connect_with_transport(Box::new(stream), &hello);
        let mut connection = self.answered(Command::Hello, opening).await?;
        if *tls == Tls::StartTls {
            if !connection.can_starttls() {
                return Err(Error::NoStartTls(host.clone()));
            }
            let parameters = TlsParameters::new(host.clone()).map_err(|error| failed(error.into()))?;
            self.answered(Command::StartTls, connection.starttls(parameters, &hello)).await?;
        }
        if let Some(Login { username, password }) = &self.settings.login {
            let credentials = Credentials::new(username.clone(), password.clone());
            let attempt = connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials);
            self.limited(Command::Auth, attempt).await?;
        }
        Ok(connection)
    }

    /// The answer's words.
    async fn limited(
        &self,
        command: Command,
        answer: impl Future<Output = Result<lettre::transport::smtp::response::Response, lettre::transport::smtp::Error>>,
    ) -> Result<String, Error> {
        let response = self.answered(command, answer).await?;
        Ok(response.message().collect::<Vec<_>>().join(" "))
    }

    /// Under the time limit, with the refusal told from the loss of the connection.
    async fn answered<T>(
        &self,
        command: Command,
        answer: impl Future<Output = Result<T, lettre::transport::smtp::Error>>,
    ) -> Result<T, Error> {
        match timeout(self.settings.timeout, answer).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(match error.status() {
                Some(code) => {
                    let words = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
                    Error::Refused { command, reply: Reply::new(code.into(), &words) }
                }
                None => Error::Lost { command, source: error.into() },
            }),
            Err(late) => Err(Error::Lost { command, source: late.into() }),
        }
    }
}

fn client_id(hello: &str) -> ClientId {
    match hello.trim_matches(['[', ']']).parse() {
        Ok(std::net::IpAddr::V4(address)) => ClientId::Ipv4(address),
        Ok(std::net::IpAddr::V6(address)) => ClientId::Ipv6(address),
        Err(_) => ClientId::Domain(hello.to_owned()),
    }
}

#[cfg(test)]
mod tests;
