//! Delivering: as many messages side by side as there are connections, each claimed with an attempt recorded before
//! anything of it leaves. What has ended is settled in the transaction that claims the next, so one commit serves
//! all that are ready, and no more are recorded as under way than there are. The order and the states are the
//! store's, what comes after an attempt is `domain::outbox`'s, how many at a time `domain::outbox::pace`'s; `way` minds a
//! next hop that is away.

mod bucket;
mod failure;
mod parts;
mod way;

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::task::{Id, JoinError, JoinHandle, JoinSet};
use tokio::time::Instant;

use super::bounces;
use super::letter::Letter;
use crate::app::{App, Listener, Progress, chance};
use crate::domain::outbox::pace::Pace;
use crate::domain::outbox::{Next, Outcome, after_attempt};
use crate::mail::{self, Transport};
use crate::store::{Claimed, Pause, Settlement};
use bucket::Bucket;
use failure::Failure;
use parts::Parts;
use way::Way;

/// What came of delivering.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliverReport {
    /// Messages that the next hop took.
    pub sent: usize,
    /// Messages to be tried again.
    pub deferred: usize,
    /// Messages given up.
    pub failed: usize,
    /// Messages given up because they would come too late; the next digest has what they had.
    pub late: usize,
    /// What went wrong, once each.
    pub errors: Vec<String>,
    /// When the next open message is due.
    pub next: Option<DateTime<Utc>>,
    /// Why nothing more is delivered at present.
    pub pause: Option<Pause>,
}

impl DeliverReport {
    /// Both in one, the other being the later.
    #[must_use]
    pub fn and(mut self, later: Self) -> Self {
        self.errors.extend(later.errors);
        Self {
            sent: self.sent + later.sent,
            deferred: self.deferred + later.deferred,
            failed: self.failed + later.failed,
            late: self.late + later.late,
            errors: self.errors,
            next: later.next,
            pause: later.pause,
        }
    }
}

/// Sends every message that is due, and settles it. Told to stop, it claims no more. While delivery is paused it
/// sends nothing; a way that was closed is tried again when its time has come.
///
/// # Errors
/// The database fails. A message that cannot be sent is in the report.
pub async fn deliver(app: &App, listener: Listener<'_>) -> anyhow::Result<DeliverReport> {
    start(app, listener, false).await
}

/// The same for a person who waits: a way that was closed is tried now.
///
/// # Errors
/// As [`deliver`].
pub async fn deliver_now(app: &App, listener: Listener<'_>) -> anyhow::Result<DeliverReport> {
    start(app, listener, true).await
}

async fn start(app: &App, listener: Listener<'_>, at_once: bool) -> anyhow::Result<DeliverReport> {
    let way = match way::find(app, at_once).await? {
        Ok(way) => way,
        Err(pause) => {
            let next = app.store.next_attempt().await?;
            return Ok(DeliverReport { next, pause: Some(pause), ..DeliverReport::default() });
        }
    };
    // Only who holds the lock delivers, and one delivery at a time: what is under way in the table was cut off, by a
    // database that failed when it should have been settled.
    let cut_off = app.store.recover(app.clock.now()).await?;
    if cut_off > 0 {
        tracing::warn!(cut_off, "the last delivery was cut off; its messages are resent as they were");
    }
    let steps = app.store.due_count(app.clock.now()).await?;
    listener(Progress::Started { what: "sending", steps });
    let mut delivery = Delivery::new(app, listener, way);
    delivery.send_all().await?;
    app.transport.close().await;
    listener(Progress::Finished);
    bounces::tell_held(app).await?;
    let Delivery { mut report, way, .. } = delivery;
    report.pause = way.leave(app).await?;
    report.next = app.store.next_attempt().await?;
    Ok(report)
}

/// Files are written side by side too.
const FILES_AT_A_TIME: usize = 16;

/// How long until it is looked again whether anything is due, while the last messages are under way: a slow one keeps no
/// confirmation waiting.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

/// One attempt, as it was begun.
struct UnderWay {
    message: Claimed,
    doubts: u32,
}

struct Delivery<'a> {
    app: &'a App,
    listener: Listener<'a>,
    pace: Pace,
    bucket: Bucket,
    parts: Parts,
    way: Way,
    /// Letters that are written while others are on their way, by their messages' numbers.
    ahead: HashMap<i64, JoinHandle<Result<Letter, mail::Error>>>,
    attempts: JoinSet<Result<(), mail::Error>>,
    under_way: HashMap<Id, UnderWay>,
    ended: Vec<Settlement>,
    report: DeliverReport,
}

impl<'a> Delivery<'a> {
    fn new(app: &'a App, listener: Listener<'a>, way: Way) -> Self {
        let smtp = &app.config.settings.mail.smtp;
        let (most, rate) = match &*app.transport {
            Transport::Smtp(_) => (smtp.max_connections, smtp.messages_per_second),
            Transport::Directory(_) | Transport::Memory(_) => (FILES_AT_A_TIME, 0),
        };
        Self {
            app,
            listener,
            pace: Pace::new(most),
            bucket: Bucket::new(rate, Instant::now()),
            parts: Parts::default(),
            way,
            ahead: HashMap::new(),
            attempts: JoinSet::new(),
            under_way: HashMap::new(),
            ended: Vec::new(),
            report: DeliverReport::default(),
        }
    }

    /// Until nothing is due, the way is closed, or it is told to stop; then what is under way comes to its end.
    async fn send_all(&mut self) -> anyhow::Result<()> {
        loop {
            let is_dry = self.settle_and_claim().await?;
            let is_ending = self.is_ending();
            if self.under_way.is_empty() && self.ended.is_empty() {
                if is_ending || is_dry {
                    return Ok(());
                }
                tokio::select! {
                    () = tokio::time::sleep(self.bucket.wait(Instant::now())) => {}
                    () = self.app.stop.requested() => {}
                }
                continue;
            }
            let may_begin = !is_ending && self.pace.places() > self.under_way.len();
            let wait = if is_dry { LOOK_AGAIN } else { self.bucket.wait(Instant::now()) };
            tokio::select! {
                biased;
                Some(ended) = self.attempts.join_next_with_id() => self.take_in(ended),
                () = tokio::time::sleep(wait), if may_begin => {}
            }
            while let Some(ended) = self.attempts.try_join_next_with_id() {
                self.take_in(ended);
            }
            self.way.mind(self.app).await?;
        }
    }

    fn is_ending(&self) -> bool {
        self.app.stop.is_requested() || self.way.is_closed()
    }

    /// One commit for what ended and what begins. True if nothing more is due.
    async fn settle_and_claim(&mut self) -> anyhow::Result<bool> {
        let places = self.pace.places().saturating_sub(self.under_way.len());
        let wanted = if self.is_ending() { 0 } else { self.bucket.take(places, Instant::now()) };
        if wanted == 0 && self.ended.is_empty() {
            return Ok(false);
        }
        let keys = self.app.keys.clone();
        let (ended, now) = (std::mem::take(&mut self.ended), self.app.clock.now());
        let claiming = self.app.store.settle_and_claim(ended, now, wanted, move |address| keys.address_hash(address));
        let claims = claiming.await?;
        let begun = claims.messages.len();
        self.bucket.give_back(wanted - begun);
        self.report.late += claims.late;
        for message in claims.messages {
            self.begin(message).await?;
        }
        if wanted > 0 {
            self.write_ahead(claims.upcoming).await?;
        }
        Ok(begun < wanted && !claims.is_cut_short)
    }

    async fn begin(&mut self, message: Claimed) -> anyhow::Result<()> {
        let written = match self.ahead.remove(&message.id) {
            Some(written) => written,
            None => self.write(message.clone()).await?,
        };
        let app = self.app.clone();
        let task = self.attempts.spawn(async move {
            let letter = written.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))?;
            app.transport.send(&letter.outgoing()).await.map(drop)
        });
        self.under_way.insert(task.id(), UnderWay { message, doubts: self.pace.doubts() });
        Ok(())
    }

    async fn write_ahead(&mut self, upcoming: Vec<Claimed>) -> anyhow::Result<()> {
        self.ahead.retain(|id, _| upcoming.iter().any(|message| message.id == *id));
        for message in upcoming {
            if !self.ahead.contains_key(&message.id) {
                let id = message.id;
                let written = self.write(message).await?;
                self.ahead.insert(id, written);
            }
        }
        Ok(())
    }

    /// On whichever core is free.
    async fn write(&mut self, message: Claimed) -> anyhow::Result<JoinHandle<Result<Letter, mail::Error>>> {
        let (app, body) = (self.app.clone(), self.parts.get(self.app, message.body).await?);
        Ok(tokio::spawn(async move { Letter::write(&app, &message, &body) }))
    }

    fn take_in(&mut self, ended: Result<(Id, Result<(), mail::Error>), JoinError>) {
        let (id, result) = match ended {
            Ok((id, result)) => (id, result.map_err(Failure::Mail)),
            Err(error) => (error.id(), Err(Failure::Panic)),
        };
        let UnderWay { message, doubts } = self.under_way.remove(&id).expect("each attempt is noted when it begins");
        match result.as_ref().err().and_then(Failure::trouble) {
            Some(trouble) if self.pace.met(trouble, doubts) => {
                self.way.close(result.as_ref().map_or_else(Failure::text, |()| String::new()));
            }
            Some(_) => {}
            None => {
                self.pace.got_through();
                self.way.got_through();
            }
        }
        (self.listener)(Progress::Step(message.kind.as_str()));
        let settlement = self.judge(&message, result);
        self.ended.push(settlement);
    }

    fn judge(&mut self, message: &Claimed, result: Result<(), Failure>) -> Settlement {
        let outcome = result.as_ref().map_or_else(Failure::outcome, |()| Outcome::Accepted);
        let next = after_attempt(message.attempt, outcome, self.app.clock.now(), chance(), message.deadline);
        let failure = result.err();
        let error = failure.as_ref().map(Failure::text);
        let report = match &failure {
            Some(Failure::Mail(error)) if next != Next::AsBefore => bounces::refusal(self.app, message, error),
            _ => None,
        };
        if let (Some(text), false) = (&error, next == Next::AsBefore) {
            tracing::warn!(message = message.id, attempt = message.attempt, ?outcome, "{text}");
            if !self.report.errors.contains(text) {
                self.report.errors.push(text.clone());
            }
        }
        match next {
            Next::Sent => self.report.sent += 1,
            Next::RetryAt(_) => self.report.deferred += 1,
            Next::Failed => self.report.failed += 1,
            Next::Late => self.report.late += 1,
            Next::AsBefore => {}
        }
        let (id, attempt, was_unknown) = (message.id, message.attempt, message.is_unknown);
        Settlement { id, attempt, outcome, next, was_unknown, error, report }
    }
}
