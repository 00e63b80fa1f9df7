//! Delivering: messages that are due are claimed with an attempt recorded, sent side by side, and settled. The
//! order and the states are the store's; what comes after an attempt is `domain::outbox`'s.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use super::{App, Listener, Progress, outbox};
use crate::config::{Config, Tls, TransportKind};
use crate::domain::outbox::{Next, Outcome, after_attempt};
use crate::domain::token::{Purpose, sign};
use crate::mail::smtp::{self, Login, Pool};
use crate::mail::{self, Envelope, Outgoing, Transport, Verdict};
use crate::render::personalise;
use crate::render::view::SenderView;
use crate::store::{Claimed, Kind, Part, Settlement};

/// What came of delivering.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliverReport {
    /// Messages that the next hop took.
    pub sent: usize,
    /// Messages to be tried again.
    pub deferred: usize,
    /// Messages given up.
    pub failed: usize,
    /// What went wrong, once each.
    pub errors: Vec<String>,
    /// When the next open message is due.
    pub next: Option<DateTime<Utc>>,
}

/// Sends every message that is due, and settles it. Told to stop, it claims no more.
///
/// # Errors
/// The database fails. A message that cannot be sent is in the report.
pub async fn deliver(app: &App, listener: Listener<'_>) -> anyhow::Result<DeliverReport> {
    let mut report = DeliverReport::default();
    let mut parts: HashMap<i64, Arc<Part>> = HashMap::new();
    let steps = app.store.due_count(app.clock.now()).await?;
    listener(Progress::Started { what: "sending", steps });
    while !app.stop.is_requested() {
        let now = app.clock.now();
        let keys = app.keys.clone();
        let started = Instant::now();
        let batch = app.store.claim_due(now, batch_size(app), move |address| keys.address_hash(address)).await?;
        if batch.is_empty() {
            break;
        }
        let pause = pace(app, batch.len());
        for message in &batch {
            if let Entry::Vacant(place) = parts.entry(message.part) {
                place.insert(Arc::new(app.store.part(message.part).await?));
            }
        }
        let attempts = batch.into_iter().map(|message| {
            let part = Arc::clone(&parts[&message.part]);
            async move {
                let result = attempt(app, &message, &part).await;
                listener(Progress::Step(message.kind.as_str()));
                (message, result)
            }
        });
        let ended = futures::future::join_all(attempts).await;
        let is_dead = ended.iter().all(|(_, result)| result.as_ref().is_err_and(mail::Error::is_of_the_way));
        let settlements = ended.into_iter().map(|(message, result)| settlement(&message, result, now, &mut report));
        app.store.settle(settlements.collect(), app.clock.now()).await?;
        if is_dead {
            // The next hop is away, or refuses us whatever we send. The rest stays queued.
            break;
        }
        tokio::time::sleep_until(started + pause).await;
    }
    listener(Progress::Finished);
    report.next = app.store.next_attempt().await?;
    Ok(report)
}

/// No more attempts are recorded than are in flight at once, and no more than may be made in a second.
fn batch_size(app: &App) -> usize {
    let smtp = &app.config.settings.mail.smtp;
    match (&app.transport, smtp.messages_per_second as usize) {
        (Transport::Smtp(_), 0) => smtp.max_connections.max(1),
        (Transport::Smtp(_), limit) => smtp.max_connections.clamp(1, limit),
        (Transport::Directory(_) | Transport::Memory(_), _) => 16,
    }
}

/// How long so many messages take at the least, by `messages_per_second`.
fn pace(app: &App, messages: usize) -> Duration {
    match (&app.transport, app.config.settings.mail.smtp.messages_per_second) {
        (Transport::Smtp(_), limit @ 1..) => Duration::from_secs_f64(messages as f64 / f64::from(limit)),
        _ => Duration::ZERO,
    }
}

fn settlement(
    message: &Claimed,
    result: Result<(), mail::Error>,
    now: DateTime<Utc>,
    report: &mut DeliverReport,
) -> Settlement {
    let (outcome, error) = match result {
        Ok(()) => (Outcome::Accepted, None),
        Err(error) => {
            let outcome = match error.verdict() {
                Verdict::Permanent => Outcome::Refused,
                Verdict::Unknown => Outcome::Lost,
                Verdict::Transient | Verdict::Ours => Outcome::Deferred,
            };
            let text = format!("{:#}", anyhow::Error::new(error));
            tracing::warn!(message = message.id, attempt = message.attempt, ?outcome, "{text}");
            if !report.errors.contains(&text) {
                report.errors.push(text.clone());
            }
            (outcome, Some(text))
        }
    };
    let next = after_attempt(message.attempt, outcome, now);
    match next {
        Next::Sent => report.sent += 1,
        Next::RetryAt(_) => report.deferred += 1,
        Next::Failed => report.failed += 1,
    }
    Settlement { id: message.id, attempt: message.attempt, outcome, next, was_unknown: message.is_unknown, error }
}

async fn attempt(app: &App, message: &Claimed, part: &Part) -> Result<(), mail::Error> {
    let settings = &app.config.settings;
    let since = app.day(message.since);
    let [text, html] = app.personal([&part.text, &part.html], &message.subscriber, &since);
    let is_digest = message.kind == Kind::Digest;
    let envelope = Envelope {
        from: settings.mail.from.clone(),
        to: message.address.reveal().to_owned(),
        reply_to: Some(settings.mail.reply_to.clone()).filter(|address| !address.is_empty()),
        message_id: message.message_id.clone(),
        date: message.made,
        list_id: is_digest.then(|| (settings.name.clone(), format!("digest.{}", app.mail_domain()))),
        unsubscribe_url: is_digest.then(|| app.unsubscribe_url(&message.subscriber)),
        archive_url: is_digest.then(|| app.page("archive")),
    };
    let bytes = mail::build(&envelope, &part.subject, &text, &html)?;
    let outgoing = Outgoing {
        from: app.sender_address(),
        to: message.address.reveal(),
        message_id: &message.message_id,
        bytes: &bytes,
        html: Some(&html),
    };
    app.transport.send(&outgoing).await.map(drop)
}

impl App {
    /// The bare address that mails come from.
    pub(crate) fn sender_address(&self) -> &str {
        bare(&self.config.settings.mail.from)
    }

    /// The bare address that answers go to; empty when it is not set.
    pub(crate) fn reply_address(&self) -> &str {
        bare(&self.config.settings.mail.reply_to)
    }

    /// Its domain: Message-IDs and the List-Id stand under it.
    pub(crate) fn mail_domain(&self) -> &str {
        self.sender_address().rsplit_once('@').map_or("localhost", |(_, domain)| domain)
    }

    pub(crate) fn unsubscribe_url(&self, subscriber: &str) -> String {
        self.page(&format!("unsubscribe/{}", sign(&self.keys.token, Purpose::Unsubscribe, subscriber, None)))
    }

    /// Both rendered parts with one reader's links in them, and the day since which they have had the digest.
    pub(crate) fn personal(&self, parts: [&str; 2], subscriber: &str, since: &str) -> [String; 2] {
        let preferences = self.page(&format!("p/{}", sign(&self.keys.token, Purpose::Preferences, subscriber, None)));
        let unsubscribe = self.unsubscribe_url(subscriber);
        parts.map(|part| personalise(part, &unsubscribe, &preferences, since))
    }

    /// A day as readers write it, in their zone.
    pub(crate) fn day(&self, at: DateTime<Utc>) -> String {
        let settings = &self.config.settings;
        settings.locale.date(&at.with_timezone(&settings.timezone))
    }

    /// Who sends, for every footer.
    pub(crate) fn sender(&self) -> SenderView {
        let sender = &self.config.settings.sender;
        SenderView {
            organisation: sender.organisation.clone(),
            postal_address: sender.postal_address.clone(),
            contact: sender.contact.clone(),
            privacy_url: sender.privacy_url.clone(),
        }
    }
}

/// The address of `Name <address>`.
fn bare(mailbox: &str) -> &str {
    mailbox.rsplit_once('<').map_or(mailbox, |(_, address)| address.trim_end_matches('>')).trim()
}

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
