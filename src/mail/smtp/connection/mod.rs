//! One connection: from dialling to good-bye, and the mail transactions between (RFC 5321 §3.3), in groups where the
//! server takes them (RFC 2920). What an answer says is `answer`'s.

use std::fmt::Display;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures::FutureExt;
use lettre::Address;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Ehlo, Mail, Quit, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::Response;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;

use super::answer::{Silence, answered, expected, is_closing};
use super::stream::Stream;
use super::{Login, Settings, Tls, secure, wire};
use crate::mail::reply::Command;
use crate::mail::{Accepted, Error};

/// A client that gives up too early after the final dot sends twice: RFC 5321 §4.5.3.2.6 asks for ten minutes there, and
/// for one to five elsewhere.
const PATIENCE_AFTER_DOT: u32 = 10;
/// How long a good-bye may take.
const FAREWELL: Duration = Duration::from_secs(2);

/// What one message needs to be handed over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Transaction<'a> {
    pub(super) from: &'a Address,
    pub(super) to: &'a Address,
    pub(super) bytes: &'a [u8],
}

/// A connection that is secured and logged in.
pub(super) struct Connection {
    smtp: AsyncSmtpConnection,
    timeout: Duration,
    takes_groups: bool,
    is_spoilt: bool,
    /// Transactions begun.
    pub(super) transactions: u32,
    /// When it was last used.
    pub(super) idle_since: Instant,
}

impl Connection {
    /// Connects, secures, logs in; with HELO where EHLO is not known (RFC 5321 §3.2).
    pub(super) async fn open(settings: &Settings, tls: Option<&TlsConnector>) -> Result<Self, Error> {
        match Self::greet(settings, tls, false).await {
            Err(Error::Refused { command: Command::Hello, reply }) if matches!(reply.code, 500..=502 | 504) => {
                Self::greet(settings, tls, true).await
            }
            opened => opened,
        }
    }

    async fn greet(settings: &Settings, tls: Option<&TlsConnector>, says_helo: bool) -> Result<Self, Error> {
        let (tcp, peer, own) = dial(settings).await?;
        // The configuration knows names only; where they lead is seen here.
        if tls.is_none() && !peer.ip().is_loopback() {
            return Err(Error::ClearText(settings.host.clone()));
        }
        let hello = client_id(settings.hello.as_deref(), own.ip());
        let stream = secured(settings, tls, &hello, tcp, peer).await?;
        let stream = if says_helo { stream.saying_helo() } else { stream };
        let greeted = AsyncSmtpConnection::connect_with_transport(Box::new(stream), &hello);
        let smtp = answered(settings.timeout, Command::Hello, greeted).await?;
        let (timeout, idle_since) = (settings.timeout, Instant::now());
        let mut connection = Self { smtp, timeout, takes_groups: false, is_spoilt: false, transactions: 0, idle_since };
        // lettre keeps of the first answer only the extensions that it knows.
        connection.takes_groups = !says_helo
            && match connection.ask(Command::Hello, Ehlo::new(hello)).await {
                Ok(offer) => offer.message().any(|line| line.trim().eq_ignore_ascii_case("PIPELINING")),
                // It is not to be asked twice.
                Err(error @ Error::Refused { .. }) if !is_closing(&error) => false,
                Err(error) => return Err(error),
            };
        if let Some(login) = &settings.login
            && let Err(error) = connection.log_in(&settings.host, login).await
        {
            connection.abandon();
            return Err(error);
        }
        Ok(connection)
    }

    /// With PLAIN (RFC 4616) or, where only that is offered, LOGIN.
    async fn log_in(&mut self, host: &str, login: &Login) -> Result<(), Error> {
        let mechanisms = [Mechanism::Plain, Mechanism::Login];
        if self.smtp.server_info().get_auth_mechanism(&mechanisms).is_none() {
            return Err(Error::NoLogin(host.to_owned()));
        }
        let credentials = Credentials::new(login.username.clone(), login.password.clone());
        let attempt = answered(self.timeout, Command::Auth, self.smtp.auth(&mechanisms, &credentials)).await;
        attempt.and_then(|response| expected(Command::Auth, response)).map(drop)
    }

    /// Hands one message over.
    pub(super) async fn transact(&mut self, transaction: &Transaction<'_>) -> Result<Accepted, Error> {
        self.transactions += 1;
        self.announce(transaction).await?;
        let lines = wire::line_ends(transaction.bytes);
        let patience = self.timeout.saturating_mul(PATIENCE_AFTER_DOT);
        let reply = match std::str::from_utf8(&lines) {
            // In one write; lettre's `message` looks at each byte, and writes the dot apart.
            Ok(text) => {
                let whole = format!("{}\r\n.\r\n", wire::dots(text));
                answered(patience, Command::Message, self.smtp.command(whole)).await
            }
            Err(_) => answered(patience, Command::Message, self.smtp.message(&lines)).await,
        };
        let reply = reply.and_then(|response| expected(Command::Message, response))?;
        Ok(Accepted { reply: reply.message().collect::<Vec<_>>().join(" ") })
    }

    /// Sender, recipient and DATA; when this returns, the server waits for the message.
    async fn announce(&mut self, transaction: &Transaction<'_>) -> Result<(), Error> {
        let (mail, rcpt) = (self.mail(transaction)?, Rcpt::new(transaction.to.clone(), Vec::new()));
        if !self.takes_groups {
            self.ask(Command::Mail, mail).await?;
            self.ask(Command::Rcpt, rcpt).await?;
            return self.ask(Command::Data, Data).await.map(drop);
        }
        let group = format!("{mail}{rcpt}{Data}");
        let mut refusals = [None, None];
        for (command, refusal) in [Command::Mail, Command::Rcpt].into_iter().zip(&mut refusals) {
            let answer =
                if command == Command::Mail { self.ask(command, &group).await } else { self.hear(command).await };
            match answer {
                Err(error @ Error::Refused { .. }) if !is_closing(&error) => *refusal = Some(error),
                // What was refused first is the reason; whatever came after it.
                Err(error) => return Err(refusal.take().unwrap_or(error)),
                Ok(_) => {}
            }
        }
        let is_awaited = self.hear(Command::Data).await;
        match refusals {
            [None, None] => is_awaited.map(drop),
            [mail, rcpt] => {
                if is_awaited.is_ok() {
                    self.take_back(rcpt.is_some()).await;
                }
                Err(mail.or(rcpt).expect("one of them refused"))
            }
        }
    }

    /// The server waits for a message that has no recipient (RFC 2920 §3.1): it gets an empty one, which goes to
    /// nobody. Where there might be a recipient after all, only an end of the connection is safe.
    async fn take_back(&mut self, is_without_recipient: bool) {
        let empty =
            is_without_recipient && !matches!(self.ask(Command::Message, ".\r\n").await, Err(Error::Lost { .. }));
        self.is_spoilt = !empty;
    }

    fn mail(&self, transaction: &Transaction<'_>) -> Result<Mail, Error> {
        let server = self.smtp.server_info();
        let is_ascii = |address: &Address| AsRef::<str>::as_ref(address).is_ascii();
        let mut parameters = Vec::new();
        if !is_ascii(transaction.from) || !is_ascii(transaction.to) {
            if !server.supports_feature(Extension::SmtpUtfEight) {
                return Err(Error::Beyond(if is_ascii(transaction.to) { "from" } else { "to" }));
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        // What we build is ASCII, save where an address is not.
        if server.supports_feature(Extension::EightBitMime) && !transaction.bytes.is_ascii() {
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        Ok(Mail::new(Some(transaction.from.clone()), parameters))
    }

    /// Whether the next message may use it: after success, or after a refusal that RSET clears.
    pub(super) async fn is_usable<T>(&mut self, outcome: &Result<T, Error>) -> bool {
        let is_clear = match outcome {
            // An address that the server cannot be told was not told.
            Ok(_) | Err(Error::Address(_) | Error::Beyond(_)) => true,
            Err(error) if self.is_spoilt || is_closing(error) => false,
            Err(Error::Refused { .. }) => self.ask(Command::Reset, Rset).await.is_ok(),
            Err(_) => false,
        };
        self.idle_since = Instant::now();
        is_clear
    }

    /// Says good-bye, and waits a moment for the answer.
    pub(super) async fn leave(mut self) {
        let _ = timeout(FAREWELL.min(self.timeout), self.smtp.command(Quit)).await;
    }

    /// Says good-bye without waiting: one look at the future writes it.
    pub(super) fn abandon(mut self) {
        let _ = self.smtp.command(Quit).now_or_never();
    }

    async fn ask(&mut self, command: Command, line: impl Display) -> Result<Response, Error> {
        let answer = answered(self.timeout, command, self.smtp.command(line)).await;
        answer.and_then(|response| expected(command, response))
    }

    /// The next answer to a group that was sent before.
    async fn hear(&mut self, command: Command) -> Result<Response, Error> {
        let answer = answered(self.timeout, command, self.smtp.read_response()).await;
        answer.and_then(|response| expected(command, response))
    }
}

/// The connection, and the addresses of the server's end and of ours.
async fn dial(settings: &Settings) -> Result<(TcpStream, SocketAddr, SocketAddr), Error> {
    let failed = |source| Error::Connect(settings.host.clone(), source);
    let tcp = timeout(settings.timeout, TcpStream::connect((settings.host.as_str(), settings.port)));
    let tcp = tcp.await.map_err(|_| failed(Silence(settings.timeout).into()))?;
    let ready = tcp.and_then(|tcp| {
        // Else each message waits some 40 ms for a delayed acknowledgement.
        tcp.set_nodelay(true)?;
        let (peer, own) = (tcp.peer_addr()?, tcp.local_addr()?);
        Ok((tcp, peer, own))
    });
    ready.map_err(|error| failed(error.into()))
}

/// The stream that lettre is to speak on.
async fn secured(
    settings: &Settings,
    tls: Option<&TlsConnector>,
    hello: &ClientId,
    mut tcp: TcpStream,
    peer: SocketAddr,
) -> Result<Stream, Error> {
    let Some(connector) = tls else {
        return Ok(Stream::new(Box::new(tcp), peer));
    };
    if settings.tls == Tls::StartTls {
        secure::ask_for_tls(settings, hello, &mut tcp).await?;
        return Ok(Stream::greeted(Box::new(secure::handshake(settings, connector, tcp).await?), peer));
    }
    Ok(Stream::new(Box::new(secure::handshake(settings, connector, tcp).await?), peer))
}

/// The name in EHLO; without one, the address of our end (RFC 5321 §4.1.4).
fn client_id(hello: Option<&str>, own: IpAddr) -> ClientId {
    let literal = |address| match address {
        IpAddr::V4(address) => ClientId::Ipv4(address),
        IpAddr::V6(address) => ClientId::Ipv6(address),
    };
    let Some(hello) = hello else { return literal(own) };
    let address = hello.trim_matches(['[', ']']).trim_start_matches("IPv6:").parse();
    address.map_or_else(|_| ClientId::Domain(hello.to_owned()), literal)
}

#[cfg(test)]
mod tests;
