//! Asks the running daemon, which holds the lock, for a digest at once. The request goes into the database; the daemon
//! takes it in its next round, does what `once` does, and writes its answer there. While there is no request, the
//! daemon only reads.

use std::time::Duration;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::once::gather;
use crate::app::feeds::poll::PollReport;
use crate::app::lock::is_daemon;
use crate::app::{App, place, silent};
use crate::domain::outbox::State;
use crate::store::{Pause, PauseCause, Request, RunStatus};

/// How often the requester checks for the answer.
const LOOK: Duration = Duration::from_millis(250);

/// The daemon's answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Feeds that were polled.
    pub feeds: usize,
    /// How many of them could not be read.
    pub unread: usize,
    /// New items.
    pub new: usize,
    /// How many of them were selected.
    pub selected: usize,
    /// The run, if a digest was made.
    pub run: Option<i64>,
    /// The digest's subject.
    pub subject: Option<String>,
    /// Its stories.
    pub stories: usize,
    /// Active subscribers.
    pub people: u64,
    /// Borderline items that wait for a story.
    pub waiting: usize,
    /// Why no digest could be made.
    pub error: Option<String>,
}

/// Why there was no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unanswered {
    /// No process works on the database.
    #[error("no daemon is running on `{0}`")]
    NoDaemon(String),
    /// The process that uses it does not take requests.
    #[error("{0} is at work on the database, and only the daemon takes requests")]
    NotTheDaemon(String),
    /// The daemon has ended.
    #[error("the daemon ended before it answered")]
    Ended,
    /// The daemon did not take the request in time.
    #[error("the daemon did not take the request in time, and it was withdrawn")]
    NotTaken,
    /// The daemon did not finish in time.
    #[error("the daemon is still polling, or making the digest; it will be sent when it is ready")]
    StillAtWork,
}

impl Unanswered {
    /// What the person can do.
    #[must_use]
    pub fn next(&self) -> &'static str {
        match self {
            Self::NoDaemon(_) => {
                "start it with `policy-digest run`, or make and send a digest without it: `policy-digest once`"
            }
            Self::NotTheDaemon(_) => "wait until it has ended, and run `policy-digest once`",
            Self::Ended => {
                "start it again; `policy-digest runs list` shows whether the digest was made, and the next start sends it"
            }
            Self::NotTaken => "it may be busy with a long poll: look at its log, or wait longer with `--wait`",
            Self::StillAtWork => "`policy-digest runs list` shows it when it is made",
        }
    }
}

/// Asks the running daemon for a digest and waits for its answer.
///
/// # Errors
/// [`Unanswered`]; or the database fails.
pub async fn ask(app: &App, limit: Duration) -> anyhow::Result<Answer> {
    match app.holder().await? {
        None => {
            let settings = &app.config.settings;
            let place = if app.has_server() { place(settings).name() } else { settings.data.clone() };
            return Err(Unanswered::NoDaemon(place.display().to_string()).into());
        }
        Some(holder) if !is_daemon(&holder) => return Err(Unanswered::NotTheDaemon(holder).into()),
        Some(_) => {}
    }
    let now = app.clock.now();
    let until = now + TimeDelta::from_std(limit).unwrap_or(TimeDelta::MAX / 2);
    let request = app.store.operations().place_request(until, now).await?;
    match tokio::time::timeout(limit, answer(app, request)).await {
        Ok(answered) => answered,
        Err(_) if app.store.operations().withdraw_request(request).await? => Err(Unanswered::NotTaken.into()),
        Err(_) => Err(Unanswered::StillAtWork.into()),
    }
}

async fn answer(app: &App, request: i64) -> anyhow::Result<Answer> {
    loop {
        // Check for the daemon before the answer, because it may answer and end in between.
        let is_there = app.holder().await?.is_some();
        match app.store.operations().request(request).await? {
            Some(Request::Answered(answer)) => return Ok(serde_json::from_str(&answer)?),
            Some(Request::Waiting | Request::Begun) if is_there => tokio::time::sleep(LOOK).await,
            _ => {
                app.store.operations().withdraw_request(request).await?;
                return Err(Unanswered::Ended.into());
            }
        }
    }
}

/// Waits until every message of a run has been tried once, the run is held, delivery is paused, or the time is over.
/// Returns the run's state and the reason for a pause.
///
/// # Errors
/// The database fails.
pub async fn delivered(app: &App, run: i64, limit: Duration) -> anyhow::Result<(RunStatus, Option<Pause>)> {
    let look = async || {
        anyhow::Ok((super::runs::show(app, run).await?.0, app.store.outbox().pauses().await?.into_iter().next()))
    };
    let settled = async {
        loop {
            let (standing, pause) = look().await?;
            let is_open =
                [State::Queued, State::Sending].iter().any(|state| standing.messages.contains_key(state.as_str()));
            if !is_open || standing.held.is_some() || pause.is_some() {
                return anyhow::Ok((standing, pause));
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    match tokio::time::timeout(limit, settled).await {
        Ok(settled) => settled,
        Err(_) => look().await,
    }
}

/// The daemon's side: does what `once` does for all requests and answers them; `None` if there are none. A daemon that
/// is asked to stop leaves them unanswered.
///
/// # Errors
/// The database or a template fails; the answers say so as well.
pub async fn serve(app: &App) -> anyhow::Result<Option<PollReport>> {
    let asked = app.store.operations().take_requests(app.clock.now()).await?;
    if asked.is_empty() {
        return Ok(None);
    }
    tracing::info!("a digest was requested with `send-now`");
    let done = gather(app, false, &silent).await;
    if app.stop.is_requested() {
        return done.map(|(poll, _)| Some(poll));
    }
    let mut answer = Answer::default();
    match &done {
        Ok((poll, digests)) => {
            let saved = poll.saved();
            (answer.feeds, answer.unread) = (poll.feeds.len(), poll.failed());
            (answer.new, answer.selected) = (saved.new, saved.selected);
            if let Some(digest) = digests.first() {
                answer.run = digest.run.map(|run| run.id);
                answer.subject.clone_from(&digest.subject);
                (answer.stories, answer.people, answer.waiting) = (digest.stories, digest.people, digest.waiting);
            } else {
                let pauses = app.store.outbox().pauses().await?;
                let restored = pauses.iter().find(|pause| pause.cause == PauseCause::Restored);
                answer.error = restored.map(|pause| format!("{}; `policy-digest resume` lets it go on", pause.reason));
            }
        }
        Err(error) => answer.error = Some(format!("{error:#}")),
    }
    app.store.operations().answer_requests(asked, serde_json::to_string(&answer)?, app.clock.now()).await?;
    done.map(|(poll, _)| Some(poll))
}
