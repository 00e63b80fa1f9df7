//! Delivers messages concurrently, as many as there are connections. Each attempt is recorded before any of its message
//! is sent. Ended attempts are settled in the transaction that claims the next messages, so one commit serves all that
//! are ready, and no more messages are recorded as `sending` than there are attempts. The store has the order and the
//! states, `domain::outbox` decides what follows an attempt, and `flow` decides whether messages may be sent and how
//! many at a time.
//! a time, by `flow`.

mod bodies;
mod failure;
mod flow;

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::task::{Id, JoinError, JoinHandle, JoinSet};
use tokio::time::Instant;

use super::bounces;
use super::letter::Letter;
use crate::app::{App, Listener, Progress, chance};
use crate::domain::outbox::{Next, Outcome, after_attempt};
use crate::mail::{self, Transport};
use crate::store::{Claimed, Pause, Settlement};
use bodies::Bodies;
use failure::Failure;
use flow::{FlowControl, Start};

/// The result of a delivery.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliverReport {
    /// Messages that the next hop accepted.
    pub sent: usize,
    /// Messages that will be retried.
    pub deferred: usize,
    /// Messages given up.
    pub failed: usize,
    /// Messages given up because they would arrive too late; the next digest contains their stories.
    pub late: usize,
    /// The distinct errors.
    pub errors: Vec<String>,
    /// When the next open message is due.
    pub next: Option<DateTime<Utc>>,
    /// Why delivery is paused.
    pub pause: Option<Pause>,
}

impl DeliverReport {
    /// Combines this report with that of a later delivery.
    #[must_use]
    pub fn and(mut self, later: Self) -> Self {
        self.errors.extend(later.errors.into_iter().filter(|error| !self.errors.contains(error)).collect::<Vec<_>>());
        Self {
            sent: self.sent + later.sent,
            // What was put off again is the same.
            deferred: self.deferred.max(later.deferred),
            failed: self.failed + later.failed,
            late: self.late + later.late,
            errors: self.errors,
            next: later.next,
            pause: later.pause,
        }
    }
}

/// Sends every message that is due and settles it. When a stop is requested, it claims no more. While delivery is
/// paused it sends nothing; an open circuit is probed when the probe is due.
///
/// # Errors
/// The database fails. A message that cannot be sent is in the report.
pub async fn deliver(app: &App, listener: Listener<'_>) -> anyhow::Result<DeliverReport> {
    start(app, listener, false).await
}

/// Like [`deliver`] for a person who waits: an open circuit is probed now.
///
/// # Errors
/// As [`deliver`].
pub async fn deliver_now(app: &App, listener: Listener<'_>) -> anyhow::Result<DeliverReport> {
    start(app, listener, true).await
}

async fn start(app: &App, listener: Listener<'_>, at_once: bool) -> anyhow::Result<DeliverReport> {
    let smtp = &app.config.settings.mail.smtp;
    let (concurrency, rate) = match &*app.transport {
        Transport::Smtp(_) => (smtp.max_connections, smtp.messages_per_second),
        Transport::Directory(_) | Transport::Memory(_) => (CONCURRENT_FILES, 0),
    };
    let flow = match FlowControl::start(app, at_once, concurrency, rate).await? {
        Start::Ready(flow) => flow,
        Start::Paused(pause) => {
            let next = app.store.outbox().next_attempt().await?;
            return Ok(DeliverReport { next, pause: Some(pause), ..DeliverReport::default() });
        }
    };
    // Only the holder of the lock delivers, and only one delivery runs at a time. A message still recorded as `sending`
    // belongs to an attempt that was cut off because the database failed while settling it.
    let cut_off = app.store.outbox().recover(app.clock.now()).await?;
    if cut_off > 0 {
        tracing::warn!(cut_off, "the last delivery was interrupted; its messages will be resent unchanged");
    }
    let steps = app.store.outbox().due_count(app.clock.now()).await?;
    listener(Progress::Started { what: "sending", steps });
    let mut delivery = Delivery::new(app, listener, flow);
    delivery.send_all().await?;
    app.transport.close().await;
    listener(Progress::Finished);
    bounces::tell_held(app).await?;
    let Delivery { mut report, flow, .. } = delivery;
    report.pause = flow.finish(app).await?;
    report.next = app.store.outbox().next_attempt().await?;
    Ok(report)
}

/// Messages are written to files concurrently too.
const CONCURRENT_FILES: usize = 16;

/// How long until the queue is checked again for due messages while the last attempts are running, so that a slow one
/// does not delay a confirmation.
/// no confirmation.
const ASK_AGAIN: Duration = Duration::from_secs(10);

/// Whether the queue has more messages that are due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Queue {
    Empty,
    Waiting,
}

/// What to do until the next check of the queue.
enum Step {
    /// Nothing is left to do.
    Finish,
    /// Wait until an attempt ends.
    Attempt,
    /// Wait until an attempt ends, or until this time.
    AttemptUntil(Instant),
    /// Wait until this time: no attempt is running, and the rate limiter allows none before.
    Sleep(Instant),
}

/// The result of an attempt, with the id of its task.
type Ended = Result<(Id, Result<(), mail::Error>), JoinError>;

/// An attempt, with its state when it started.
struct UnderWay {
    message: Claimed,
    generation: u32,
}

struct Delivery<'a> {
    app: &'a App,
    listener: Listener<'a>,
    flow: FlowControl,
    bodies: Bodies,
    /// Messages being rendered while others are sent, by message number.
    ahead: HashMap<i64, JoinHandle<Result<Letter, mail::Error>>>,
    attempts: JoinSet<Result<(), mail::Error>>,
    under_way: HashMap<Id, UnderWay>,
    ended: Vec<Settlement>,
    report: DeliverReport,
}

impl<'a> Delivery<'a> {
    fn new(app: &'a App, listener: Listener<'a>, flow: FlowControl) -> Self {
        Self {
            app,
            listener,
            flow,
            bodies: Bodies::default(),
            ahead: HashMap::new(),
            attempts: JoinSet::new(),
            under_way: HashMap::new(),
            ended: Vec::new(),
            report: DeliverReport::default(),
        }
    }

    /// Runs until nothing is due, the circuit opens, or a stop is requested; then waits for the running attempts.
    async fn send_all(&mut self) -> anyhow::Result<()> {
        loop {
            let queue = self.settle_and_claim().await?;
            match self.step(queue) {
                Step::Finish => return Ok(()),
                Step::Sleep(until) => tokio::select! {
                    () = tokio::time::sleep_until(until) => {}
                    () = self.app.stop.requested() => {}
                },
                Step::Attempt => {
                    let ended = self.attempts.join_next_with_id().await;
                    self.take_in_all(ended).await?;
                }
                Step::AttemptUntil(until) => {
                    let ended = tokio::time::timeout_at(until, self.attempts.join_next_with_id()).await;
                    self.take_in_all(ended.unwrap_or(None)).await?;
                }
            }
        }
    }

    fn step(&self, queue: Queue) -> Step {
        let is_idle = self.under_way.is_empty() && self.ended.is_empty();
        let may_start = !self.is_ending() && self.flow.free_slots(self.under_way.len()) > 0;
        match (is_idle, may_start, queue) {
            (true, true, Queue::Waiting) => Step::Sleep(self.flow.next_permit()),
            (true, _, _) => Step::Finish,
            (false, false, _) => Step::Attempt,
            (false, true, Queue::Empty) => Step::AttemptUntil(Instant::now() + ASK_AGAIN),
            (false, true, Queue::Waiting) => Step::AttemptUntil(self.flow.next_permit()),
        }
    }

    fn is_ending(&self) -> bool {
        self.app.stop.is_requested() || self.flow.is_open()
    }

    /// Settles ended attempts and claims new messages in one commit.
    async fn settle_and_claim(&mut self) -> anyhow::Result<Queue> {
        let wanted = if self.is_ending() { 0 } else { self.flow.take(self.under_way.len()) };
        if wanted == 0 && self.ended.is_empty() {
            return Ok(Queue::Waiting);
        }
        let keys = self.app.keys.clone();
        let (ended, now) = (std::mem::take(&mut self.ended), self.app.clock.now());
        let claiming =
            self.app.store.outbox().settle_and_claim(ended, now, wanted, move |address| keys.address_hash(address));
        let claims = claiming.await?;
        let begun = claims.messages.len();
        self.report.late += claims.late;
        for message in claims.messages {
            self.begin(message).await?;
        }
        if wanted > 0 {
            self.write_ahead(claims.upcoming).await?;
        }
        Ok(if begun < wanted && !claims.is_cut_short { Queue::Empty } else { Queue::Waiting })
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
        self.under_way.insert(task.id(), UnderWay { message, generation: self.flow.generation() });
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

    /// Renders a message on a blocking thread.
    async fn write(&mut self, message: Claimed) -> anyhow::Result<JoinHandle<Result<Letter, mail::Error>>> {
        let (app, body) = (self.app.clone(), self.bodies.get(self.app, message.body).await?);
        Ok(tokio::spawn(async move { Letter::write(&app, &message, &body) }))
    }

    /// Records the attempt that has ended, if any, and all others that have ended by now.
    async fn take_in_all(&mut self, mut ended: Option<Ended>) -> anyhow::Result<()> {
        while let Some(attempt) = ended {
            self.take_in(attempt).await?;
            ended = self.attempts.try_join_next_with_id();
        }
        Ok(())
    }

    async fn take_in(&mut self, ended: Ended) -> anyhow::Result<()> {
        let (id, result) = match ended {
            Ok((id, result)) => (id, result.map_err(Failure::Mail)),
            Err(error) => (error.id(), Err(Failure::Panic)),
        };
        let UnderWay { message, generation } =
            self.under_way.remove(&id).expect("each attempt is noted when it begins");
        (self.listener)(Progress::Step(message.kind.as_str()));
        let trouble = result.as_ref().err().and_then(|failure| Some((failure.trouble()?, failure.text())));
        let settlement = self.judge(&message, result);
        self.ended.push(settlement);
        match trouble {
            Some((trouble, reason)) => self.flow.failed(trouble, generation, &reason),
            None => self.flow.answered(self.app).await?,
        }
        Ok(())
    }

    fn judge(&mut self, message: &Claimed, result: Result<(), Failure>) -> Settlement {
        let outcome = result.as_ref().map_or_else(Failure::outcome, |()| Outcome::Accepted);
        let next = after_attempt(message.attempt, outcome, self.app.clock.now(), chance(), message.deadline);
        let failure = result.err();
        let error = failure.as_ref().map(Failure::text);
        let report = match &failure {
            Some(Failure::Mail(error)) if next != Next::AsBefore => {
                bounces::refusal(self.app, message, error, !matches!(next, Next::RetryAt(_)))
            }
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
