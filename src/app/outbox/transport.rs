//! Builds the transport that the configuration requests.

use std::time::Duration;

use url::Url;

use crate::app::outbox;
use crate::config::{Config, Tls, TransportKind};
use crate::mail::Transport;
use crate::mail::smtp::{self, Login, Pool};

/// The transport that the configuration requests.
#[must_use]
pub fn transport(config: &Config) -> Transport {
    match config.settings.mail.transport {
        TransportKind::Directory => Transport::Directory(outbox(&config.settings.data)),
        TransportKind::Smtp => Transport::Smtp(Pool::new(smtp_settings(config))),
    }
}

/// Servers close connections that were idle for some minutes, often without a reply that reaches us.
const SMTP_IDLE: Duration = Duration::from_secs(30);

fn smtp_settings(config: &Config) -> smtp::Settings {
    let settings = &config.settings.mail.smtp;
    let login = settings.username.clone().zip(settings.password.as_ref());
    smtp::Settings {
        host: settings.host.trim_matches(['[', ']']).to_owned(),
        port: settings.port,
        tls: match settings.tls {
            Tls::Tls => smtp::Tls::Implicit,
            Tls::Starttls => smtp::Tls::StartTls,
            Tls::None => smtp::Tls::None,
        },
        ca: settings.ca.clone(),
        login: login.map(|(username, password)| Login { username, password: password.reveal().to_owned() }),
        hello: settings.ehlo_name.clone().or_else(|| public_name(&config.settings.public_url)),
        max_connections: settings.max_connections,
        messages_per_connection: settings.messages_per_connection,
        timeout: settings.timeout,
        max_idle: SMTP_IDLE,
    }
}

/// The host of `public_url`, if it is a name that is valid elsewhere. An IP address there belongs to the web pages, and
/// `localhost` identifies no particular host; in both cases the connection's own address is more useful.
fn public_name(url: &Url) -> Option<String> {
    url.domain().filter(|name| name.contains('.') && !name.ends_with(".localhost")).map(str::to_owned)
}
