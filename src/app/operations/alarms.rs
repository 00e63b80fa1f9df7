//! Checks for trouble: reads the state of everything from the database, raises new alarms, ends those that are over,
//! and reports both once, in the log and by email to `admin_to`. The daemon checks at its ticks, `once` at its end.
//! `domain::operations::alarm` defines what counts as trouble and when it is reported.

use std::collections::HashSet;

use anyhow::Context as _;
use chrono::{DateTime, Utc};

use crate::app::outbox::{body, message_id};
use crate::app::{App, digests};
use crate::domain::digests::draft;
use crate::domain::operations::alarm;
use crate::domain::operations::alarm::{Alarm, Change, Kind, Notice, Trouble, notices};
use crate::domain::subscribers::subscriber::{Cadence, EmailAddress};
use crate::render::AlarmsView;
use crate::render::view::NoticeView;
use crate::store::{AlarmMail, PauseCause, free_bytes};

/// The result of a check for trouble.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AlarmReport {
    /// Alarms that were raised, the most serious first.
    pub raised: Vec<Notice>,
    /// The number of alarms that ended.
    pub ended: usize,
    /// The number of emails that were queued.
    pub mails: usize,
}

/// Checks everything and reports what is new.
///
/// # Errors
/// The database or a template fails. What could not be reported will be reported by the next check.
pub async fn look(app: &App) -> anyhow::Result<AlarmReport> {
    look_with(app, free_bytes(&app.config.settings.data).ok()).await
}

/// Like [`look`], with the given number of free bytes on the disk, if that is known.
///
/// # Errors
/// As [`look`].
pub async fn look_with(app: &App, free_bytes: Option<u64>) -> anyhow::Result<AlarmReport> {
    let now = app.clock.now();
    let open = app.store.operations().open_alarms().await?;
    let changes = alarm::changes(&open, &troubles(app, &open, free_bytes).await?, now);
    let raised: Vec<Alarm> = changes.iter().filter_map(|change| raised(change, now)).collect();
    let ended: Vec<&Alarm> = open.iter().filter(|alarm| is_ended(alarm, &changes)).collect();
    let (raised, over) = (notices(&raised), notices(ended.iter().copied()));
    if !changes.is_empty() {
        app.store.operations().change_alarms(changes, now).await?;
        log(&raised, &over);
    }
    Ok(AlarmReport { raised, ended: ended.len(), mails: report(app, now).await? })
}

/// The current troubles.
async fn troubles(app: &App, open: &[Alarm], free_bytes: Option<u64>) -> anyhow::Result<Vec<Trouble>> {
    let now = app.clock.now();
    let mut facts = app.store.operations().alarm_facts(now).await?;
    let polled: HashSet<&str> =
        app.config.feeds.iter().filter(|feed| feed.enabled).map(|feed| feed.id.as_str()).collect();
    facts.feeds.retain(|feed| polled.contains(feed.id.as_str()));
    let is_network_open = open.iter().any(|alarm| alarm.kind == Kind::Network);
    let mut troubles = alarm::feeds(&facts.feeds, is_network_open, now);
    troubles.extend(alarm::digests(&facts.empty, now));
    troubles.extend(alarm::refused(&facts.refusals));
    troubles.extend(free_bytes.and_then(|bytes| alarm::room(bytes, now)));
    troubles.extend(app.store.outbox().pauses().await?.iter().map(|pause| match pause.cause {
        PauseCause::Relay => alarm::relay(pause.since, &pause.reason),
        PauseCause::Restored => alarm::restored(pause.since, &pause.reason),
    }));
    for due in digests::due(app).await? {
        if let Some(reach) = due.thin {
            troubles.push(alarm::digest_held(due.cadence, due.slot.utc, (reach.unread, reach.alive)));
        }
    }
    troubles.extend(drafts(app).await?);
    let refused = app.store.operations().pending_configuration().await?.filter(|edit| edit.is_refused);
    troubles.extend(refused.map(|edit| alarm::configuration(edit.since, &edit.text, now)));
    let held = app.store.digests().held_runs().await?;
    troubles.extend(held.iter().map(|run| alarm::held(run.id, &run.cadence, run.since, &run.because)));
    // While the free space is unknown, an open disk alarm stays open.
    let disk = open.iter().find(|alarm| alarm.kind == Kind::Disk && free_bytes.is_none());
    troubles.extend(disk.map(|disk| Trouble {
        kind: disk.kind,
        subject: disk.subject.clone(),
        since: disk.since,
        what: disk.what.clone(),
        is_ripe: false,
    }));
    Ok(troubles)
}

/// The troubles of drafts: those that wait for an editor after their slot, and those that waited for too long.
async fn drafts(app: &App) -> anyhow::Result<Vec<Trouble>> {
    let (now, mut troubles) = (app.clock.now(), Vec::new());
    for row in app.store.digests().open_drafts().await?.iter().filter(|row| row.due <= now) {
        let (period, limit) = (row.cadence.period(), digests::editing::limit(row));
        let is_near_limit = draft::is_near_limit(row.due, period, now);
        troubles.push(alarm::draft_held(row.cadence, row.due, limit, is_near_limit));
    }
    for &cadence in Cadence::ALL {
        let latest = app.store.digests().latest_draft_status(cadence).await?;
        let rolled_on = latest.filter(|(status, _)| *status == draft::Status::RolledOn);
        troubles.extend(rolled_on.map(|(_, due)| alarm::draft_rolled_on(cadence, due)));
    }
    Ok(troubles)
}

/// Logs one line for each notice.
fn log(raised: &[Notice], over: &[Notice]) {
    for Notice { kind, title, what, since, next, .. } in raised.iter().filter(|it| !it.kind.is_logged_where_found()) {
        tracing::warn!(kind = kind.as_str(), %since, next, "alarm: {title}: {what}");
    }
    for Notice { kind, title, since, .. } in over.iter().filter(|it| !it.kind.is_logged_where_found()) {
        tracing::info!(kind = kind.as_str(), %since, "alarm over: {title}");
    }
}

fn is_ended(alarm: &Alarm, changes: &[Change]) -> bool {
    changes.iter().any(|change| matches!(change, Change::End { id, .. } if *id == alarm.id))
}

/// The incident that a change raises, before it has a number.
fn raised(change: &Change, now: DateTime<Utc>) -> Option<Alarm> {
    let Change::Raise(Trouble { kind, subject, what, since, .. }) = change else { return None };
    Some(Alarm {
        id: 0,
        kind: *kind,
        subject: subject.clone(),
        what: what.clone(),
        since: *since,
        raised: now,
        well: None,
        ended: None,
        announced: None,
        end_announced: None,
    })
}

/// Queues one email to each administrator about unreported alarms. News of an outage that stops emails is held back
/// until the outage ends, so that both are in one email. Returns the number of emails.
async fn report(app: &App, now: DateTime<Utc>) -> anyhow::Result<usize> {
    let unannounced = app.store.operations().untold_alarms().await?;
    if unannounced.alarms.is_empty() {
        return Ok(0);
    }
    let to = &app.config.settings.admin_to;
    if to.is_empty() {
        // Without a recipient, discard alarms that have ended; the others are reported if a recipient is added.
        let over: Vec<i64> =
            unannounced.alarms.iter().filter(|alarm| alarm.ended.is_some()).map(|alarm| alarm.id).collect();
        if !over.is_empty() {
            app.store.operations().tell_alarms(over, None, now).await?;
        }
        return Ok(0);
    }
    let Some(news) = alarm::news(&unannounced.alarms, unannounced.feeds_told, now) else { return Ok(0) };
    if app.store.outbox().pauses().await?.iter().any(|pause| pause.cause == PauseCause::Relay) {
        return Ok(0);
    }
    let reported: Vec<i64> = news.raised.iter().chain(&news.over).map(|alarm| alarm.id).collect();
    let still_open =
        app.store.operations().open_alarms().await?.iter().filter(|alarm| alarm.announced.is_some()).count();
    let mail = mail(app, to, (&notices(news.raised), &notices(news.over)), still_open)?;
    let mails = mail.to.len();
    app.store.operations().tell_alarms(reported, Some(mail), now).await?;
    Ok(mails)
}

fn mail(
    app: &App,
    to: &[EmailAddress],
    (raised, over): (&[Notice], &[Notice]),
    still_open: usize,
) -> anyhow::Result<AlarmMail> {
    let settings = &app.config.settings;
    let view = AlarmsView {
        name: settings.name.clone(),
        subject: subject(raised, over),
        raised: raised.iter().map(|notice| view(app, notice)).collect(),
        over: over.iter().map(|notice| view(app, notice)).collect(),
        open: still_open,
        standing: match still_open {
            0 => String::new(),
            number => app.words().text("alarm.alarms", &[("n", number.into())]),
        },
        sender: app.sender(app.words()),
    };
    let rendered = app.renderer.email(app.words(), &view).context("cannot render the alarm email")?;
    let to = to.iter().map(|address| anyhow::Ok((address.clone(), message_id(app, "alarm")?)));
    Ok(AlarmMail { to: to.collect::<Result<_, _>>()?, body: body(rendered, "") })
}

fn subject(raised: &[Notice], over: &[Notice]) -> String {
    let first = match (raised, over) {
        ([first, ..], _) => first.title.clone(),
        ([], [first, ..]) => format!("over: {}", first.title),
        ([], []) => String::new(),
    };
    match raised.len() + over.len() {
        ..=1 => first,
        count => format!("{first}, and {} more", count - 1),
    }
}

fn view(app: &App, notice: &Notice) -> NoticeView {
    let zone = app.config.settings.timezone;
    let at = |at: DateTime<Utc>| at.with_timezone(&zone).format("%a %-d %b %Y %H:%M %Z").to_string();
    NoticeView {
        title: notice.title.clone(),
        what: notice.what.clone(),
        since: at(notice.since),
        until: notice.until.map(at).unwrap_or_default(),
        does: notice.does.to_owned(),
        next: notice.next.clone(),
    }
}
