//! `once`: poll, digest, deliver; then a table of what was done, and where to look.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde_json::json;

use crate::app::App;
use crate::app::digests::note::NoteUse;
use crate::app::digests::once::{OnceReport, once_and_wait};
use crate::app::operations::integrity::look_over;
use crate::cli::feeds::poll::{feed_rows, feeds_json};
use crate::cli::outbox::pause::{pause_json, pause_line};
use crate::cli::terminal::progress::Bar;
use crate::cli::terminal::table::count;
use crate::cli::{Ending, Global, print};
use crate::config::TransportKind;
use crate::domain::feeds::Reach;
use crate::store::HeldRun;

#[derive(Debug, Args)]
#[command(after_help = "\
A mail server may defer an email, most often by greylisting, which passes in minutes. `once` \
waits for that time and tries again. It reports what it could not send by then, which goes out with the next \
`once`, or sooner with `once --due` or `run`.

Example, from cron, every Monday at eight:
  0 8 * * 1  policy-digest once --config /etc/policy-digest")]
pub(crate) struct Once {
    /// Do only what is due: feeds whose next poll is due, digests whose slot has come
    #[arg(long)]
    due: bool,
    /// The editor's note, in Markdown, instead of note.md in the configuration folder
    #[arg(long, value_name = "FILE")]
    note: Option<PathBuf>,
    /// How long to wait for deferred emails (default: 15m, and 0s with `--due`
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    wait: Option<Duration>,
}

/// Long enough for three retries: after 1, 5 and, with luck, 15 minutes.
const WAIT: Duration = Duration::from_secs(15 * 60);

impl Once {
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        let app = global.work(global.load_with(self.note.as_deref())?).await?;
        // Cron may call `--due` every minute.
        if !self.due {
            look_over(&app).await?;
        }
        let bar = Bar::default();
        // Cron may call `--due` every minute, and the next call makes the next attempt.
        let wait = self.wait.unwrap_or(if self.due { Duration::ZERO } else { WAIT });
        let report = once_and_wait(&app, self.due, wait, &|progress| bar.show(progress)).await?;
        if global.json {
            print(to_json(&report));
        } else {
            tell(&app, &report);
        }
        Ok(if report.is_failure() { Ending::Failed } else { Ending::Done })
    }
}

fn tell(app: &App, report: &OnceReport) {
    if !report.poll.feeds.is_empty() {
        print(feed_rows(&report.poll));
        print("");
    }
    let saved = report.poll.saved();
    print(format_args!(
        "polled   {}: {} new, {} selected{}{}",
        count(report.poll.feeds.len(), "feed"),
        count(saved.new, "item"),
        saved.selected,
        if saved.listed > 0 { format!(", {} borderline", saved.listed) } else { String::new() },
        if report.poll.failed() > 0 { format!(", {} could not be read", report.poll.failed()) } else { String::new() },
    ));
    for digest in &report.digests {
        let cadence = digest.cadence.map_or(String::new(), |cadence| format!("{cadence} "));
        if let Some(reach) = &digest.thin {
            print(format_args!("digest   {cadence}held: {}; it is made when they can be", unread(reach)));
            continue;
        }
        match (&digest.subject, digest.people) {
            (Some(subject), _) => print(format_args!(
                "digest   {cadence}\u{201c}{subject}\u{201d}, {}{}{}",
                count(digest.stories, "story"),
                if digest.listed > 0 { format!(", {} borderline", digest.listed) } else { String::new() },
                if digest.note == NoteUse::Shown { ", with the editor's note" } else { "" },
            )),
            (None, 0) => print("digest   there are no subscribers yet; add one with `policy-digest subscribers add`"),
            (None, _) if digest.waiting > 0 => print(format_args!(
                "digest   {cadence}no story for any subscriber, so no email is written; {} for the next one",
                waiting(digest.waiting)
            )),
            (None, _) => match digest.run.map_or(0, |run| run.quiet) {
                0 => print(format_args!("digest   {cadence}nothing new for any subscriber, so no email is written")),
                quiet => print(format_args!("digest   {cadence}nothing new for anybody; {quiet} quiet notes say so")),
            },
        }
    }
    let (sent, deferred, failed) = (report.resumed.sent + report.delivery.sent, report.left.messages, given_up(report));
    let mut parts = vec![format!("{} sent", count(sent, "email"))];
    if report.resumed.sent > 0 {
        parts.push(format!("{} of them left by an earlier run", report.resumed.sent));
    }
    if deferred > 0 {
        parts.push(format!("{deferred} to be tried again"));
    }
    if failed > 0 {
        parts.push(format!("{failed} given up"));
    }
    match report.resumed.late + report.delivery.late {
        0 => {}
        late => parts.push(format!("{late} too late, so the next digest has their posts")),
    }
    print(format_args!("email    {}", parts.join(", ")));
    if let Some(left) = left(report, app.config.settings.timezone) {
        print(left);
    }
    if let Some(pause) = report.pause() {
        print(format_args!("paused   {}", pause_line(pause, app.config.settings.timezone)));
    }
    for error in report.resumed.errors.iter().chain(&report.delivery.errors) {
        print(format_args!("         {error}"));
    }
    for run in &report.held {
        print(held(run));
    }
    // The others stand above in words of their own.
    for alarm in report.alarms.iter().filter(|alarm| !alarm.kind.is_logged_where_found()) {
        print(format_args!("alarm    {}. Next: {}", alarm.title, alarm.next));
    }
    if app.config.settings.mail.transport == TransportKind::Directory && sent > 0 {
        print(format_args!(
            "\nlook in  {} (open an .html in a browser, an .eml in an email program)",
            app.outbox().display()
        ));
    }
}

/// "3 of 4 feeds could not be read".
pub(crate) fn unread(reach: &Reach) -> String {
    format!("{} of {} feeds could not be read", reach.unread, reach.alive)
}

/// What a held run is shown as, with the next step.
pub(crate) fn held(run: &HeldRun) -> String {
    format!(
        "held     run {} ({}): {}; {} wait. Next: policy-digest runs show {}",
        run.id,
        run.cadence,
        run.because,
        count(usize::try_from(run.waiting).unwrap_or(usize::MAX), "email"),
        run.id
    )
}

pub(crate) fn held_json(held: &[HeldRun]) -> serde_json::Value {
    let held = held.iter().map(|run| {
        json!({ "id": run.id, "cadence": run.cadence, "slot": run.slot, "since": run.since.to_rfc3339(),
            "because": run.because, "waiting": run.waiting })
    });
    held.collect::<Vec<_>>().into()
}

/// What is still to be sent, and how it goes out: once this has ended, nothing tries again by itself.
fn left(report: &OnceReport, zone: chrono_tz::Tz) -> Option<String> {
    let next = report.left.next.filter(|_| report.left.messages > 0)?;
    Some(format!(
        "left     {} due from {}: `policy-digest once --due` sends them then, `policy-digest run` without being told, and \
         nothing here tries again before one of them or the next `once`",
        count(report.left.messages, "email"),
        next.with_timezone(&zone).format("%Y-%m-%d %H:%M")
    ))
}

/// Emails that were refused for good. What came too late is in the next digest, and is not lost.
fn given_up(report: &OnceReport) -> usize {
    report.resumed.failed + report.delivery.failed
}

/// "2 borderline posts wait".
pub(crate) fn waiting(number: usize) -> String {
    if number == 1 { "1 borderline post waits".to_owned() } else { format!("{number} borderline posts wait") }
}

fn to_json(report: &OnceReport) -> serde_json::Value {
    let digests: Vec<_> = report
        .digests
        .iter()
        .map(|digest| {
            json!({
                "cadence": digest.cadence.map(|cadence| cadence.as_str()),
                "run": digest.run.map(|run| run.id),
                "messages": digest.run.map_or(0, |run| run.messages),
                "stories": digest.stories,
                "listed": digest.listed,
                "waiting": digest.waiting,
                "subject": digest.subject,
                "note": digest.note.as_str(),
                "quiet": digest.run.map_or(0, |run| run.quiet),
                "unread": digest.thin.map(|reach| reach.unread),
            })
        })
        .collect();
    json!({
        "feeds": feeds_json(&report.poll),
        "digests": digests,
        "resumed": report.resumed.sent,
        "sent": report.resumed.sent + report.delivery.sent,
        "deferred": report.left.messages,
        "next_attempt": report.left.next.filter(|_| report.left.messages > 0).map(|next| next.to_rfc3339()),
        "failed": report.resumed.failed + report.delivery.failed,
        "held": held_json(&report.held),
        "alarms": report.alarms.iter().map(crate::cli::operations::status::alarm::to_json).collect::<Vec<_>>(),
        "late": report.resumed.late + report.delivery.late,
        "paused": report.pause().map(pause_json),
    })
}
