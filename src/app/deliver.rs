//! Delivering: messages that are due are claimed with an attempt recorded, sent side by side, and settled. The
//! order and the states are the store's; what comes after an attempt is `domain::outbox`'s.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use super::letter::Letter;
use super::{App, Listener, Progress, bounces};
use crate::domain::outbox::{Next, Outcome, after_attempt};
use crate::mail::{self, Transport, Verdict};
use crate::store::{Claimed, Part, Settlement};

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
        let settlements =
            ended.into_iter().map(|(message, result)| settlement(app, &message, result, now, &mut report));
        app.store.settle(settlements.collect(), app.clock.now()).await?;
        if is_dead {
            // The next hop is away, or refuses us whatever we send. The rest stays queued.
            break;
        }
        tokio::time::sleep_until(started + pause).await;
    }
    listener(Progress::Finished);
    bounces::tell_held(app).await?;
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
    app: &App,
    message: &Claimed,
    result: Result<(), mail::Error>,
    now: DateTime<Utc>,
    report: &mut DeliverReport,
) -> Settlement {
    let (outcome, error, refusal) = match result {
        Ok(()) => (Outcome::Accepted, None, None),
        Err(error) => {
            let refusal = bounces::refusal(app, message, &error);
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
            (outcome, Some(text), refusal)
        }
    };
    let next = after_attempt(message.attempt, outcome, now);
    match next {
        Next::Sent => report.sent += 1,
        Next::RetryAt(_) => report.deferred += 1,
        Next::Failed => report.failed += 1,
    }
    Settlement {
        id: message.id,
        attempt: message.attempt,
        outcome,
        next,
        was_unknown: message.is_unknown,
        error,
        report: refusal,
    }
}

async fn attempt(app: &App, message: &Claimed, part: &Part) -> Result<(), mail::Error> {
    let letter = Letter::write(app, message, part)?;
    app.transport.send(&letter.outgoing()).await.map(drop)
}
