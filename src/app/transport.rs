//! The way out that the configuration asks for.

use std::time::Duration;

use super::outbox;
use crate::config::{Config, Tls, TransportKind};
use crate::mail::Transport;
use crate::mail::smtp::{self, Login, Pool};

/// The transport that the configuration asks for.
#[must_use]
pub fn transport(config: &Config) -> Transport {
    match config.settings.mail.transport {
        TransportKind::Directory => Transport::Directory(outbox(&config.settings.data)),
        TransportKind::Smtp => Transport::Smtp(Pool::new(smtp_settings(config))),
    }
}

/// How long the mail server may take over one command; RFC 5321 §4.5.3.2 allows minutes, a digest can wait for
/// the next attempt.
const SMTP_TIMEOUT: Duration = Duration::from_secs(60);

fn smtp_settings(config: &Config) -> smtp::Settings {
    let settings = &config.settings.mail.smtp;
    let login = settings.username.clone().zip(settings.password.as_ref());
    smtp::Settings {
        host: settings.host.clone(),
        port: settings.port,
        tls: match settings.tls {
            Tls::Tls => smtp::Tls::Implicit,
            Tls::Starttls => smtp::Tls::StartTls,
            Tls::None => smtp::Tls::None,
        },
        login: login.map(|(username, password)| Login { username, password: password.reveal().to_owned() }),
        hello: config.settings.public_url.host_str().unwrap_or("localhost").to_owned(),
        max_connections: settings.max_connections,
        timeout: SMTP_TIMEOUT,
    }
}
