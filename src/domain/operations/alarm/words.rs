//! The text of an alarm: what happened, what the program does about it, and the next step for the administrator.
//! Several incidents of one kind share a notice, so that a thousand feeds do not make a thousand lines.

use chrono::{DateTime, Utc};

use super::{Alarm, Kind};

/// Up to this many incidents of one kind get a notice each.
const FEW: usize = 5;

/// One notice of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Its kind.
    pub kind: Kind,
    /// What it affects: ids of feeds, a run's number, a cadence; empty if it affects everything.
    pub subjects: Vec<String>,
    /// A short title, as in a subject line: "feed `blog` cannot be read".
    pub title: String,
    /// What happened, in full sentences.
    pub what: String,
    /// When it began; for several incidents, the earliest.
    pub since: DateTime<Utc>,
    /// When the trouble was over. `None` while any of them lasts; for several incidents, the latest.
    pub until: Option<DateTime<Utc>>,
    /// What the program does about it, in full sentences.
    pub does: &'static str,
    /// What the administrator can do, in one sentence with a command.
    pub next: String,
}

/// Makes notices of these incidents, the most serious first.
pub fn notices<'a>(alarms: impl IntoIterator<Item = &'a Alarm>) -> Vec<Notice> {
    let mut alarms: Vec<&Alarm> = alarms.into_iter().collect();
    alarms.sort_by_key(|alarm| (alarm.kind, alarm.since, alarm.id));
    let of_a_kind = alarms.chunk_by(|a, b| a.kind == b.kind);
    of_a_kind
        .flat_map(|alarms| match alarms.len() {
            ..=FEW => alarms.chunks(1).map(notice).collect(),
            _ => vec![notice(alarms)],
        })
        .collect()
}

/// A notice for one or more incidents of one kind.
fn notice(alarms: &[&Alarm]) -> Notice {
    let kind = alarms[0].kind;
    let subjects: Vec<String> =
        alarms.iter().map(|alarm| alarm.subject.clone()).filter(|subject| !subject.is_empty()).collect();
    let what = match alarms {
        [alarm] => sentence(&alarm.what),
        _ => {
            let first: Vec<_> = subjects.iter().take(FEW).map(|subject| format!("`{subject}`")).collect();
            format!("{} and {} more.", first.join(", "), subjects.len() - first.len())
        }
    };
    Notice {
        kind,
        title: title(kind, &subjects),
        what,
        since: alarms.iter().map(|alarm| alarm.since).min().unwrap_or_default(),
        until: alarms
            .iter()
            .map(|alarm| alarm.well)
            .collect::<Option<Vec<_>>>()
            .and_then(|well| well.into_iter().max()),
        does: does(kind),
        next: next(kind, &subjects),
        subjects,
    }
}

/// Capitalises the first letter and adds a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().map(|letter| letter.to_uppercase().collect()).unwrap_or_default();
    let rest = letters.as_str();
    let end = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{rest}{end}")
}

fn title(kind: Kind, subjects: &[String]) -> String {
    let feeds = |one: &str, many: &str| match subjects {
        [id] => format!("feed `{id}` {one}"),
        ids => format!("{} feeds {many}", ids.len()),
    };
    let subject = subjects.first().map(String::as_str).unwrap_or_default();
    match kind {
        Kind::Disk => "the disk is nearly full".to_owned(),
        Kind::Restored => "the database is a restored copy and sends no email".to_owned(),
        Kind::Configuration => "an edit of the configuration is not taken over".to_owned(),
        Kind::Relay => "email cannot be sent".to_owned(),
        Kind::RunHeld if subjects.len() > 1 => format!("{} runs are held", subjects.len()),
        Kind::RunHeld => format!("run {subject} is held"),
        Kind::Refused => "receivers refuse our emails".to_owned(),
        Kind::Network => "nearly no feed can be read".to_owned(),
        Kind::DigestHeld => format!("the {subject} digest waits"),
        Kind::DraftHeld => format!("the {subject} digest waits for an editor"),
        Kind::DraftRolledOn => format!("the {subject} digest was not sent"),
        Kind::DigestEmpty => format!("the {subject} digest stays empty"),
        Kind::FeedGone => feeds("is gone for good", "are gone for good"),
        Kind::FeedPage => feeds("is no longer a feed", "are no longer feeds"),
        Kind::FeedFailing => feeds("cannot be read", "cannot be read"),
        Kind::FeedEmpty => feeds("has no entries any more", "have no entries any more"),
        Kind::FeedSilent => feeds("has fallen silent", "have fallen silent"),
        Kind::FeedRenumbered => feeds("changed all its ids", "changed all their ids"),
        Kind::FeedGap => feeds("may have had entries that were missed", "may have had entries that were missed"),
    }
}

fn does(kind: Kind) -> &'static str {
    match kind {
        Kind::Disk => "Nothing: what is full does not empty itself. When no room is left, nothing new can be kept.",
        Kind::Restored => {
            "Feeds are still polled, so that nothing is missed. No digest is made, and only alarms are emailed."
        }
        Kind::Configuration => "The daemon keeps running with the previous configuration.",
        Kind::Relay => {
            "Emails wait, and none is lost. The mail server is tried again after 1, 2, 4 and 8 minutes, then every 15 minutes."
        }
        Kind::RunHeld => {
            "Nothing more of it will be sent, and no subscriber suppressed because of it, until you decide."
        }
        Kind::Refused => "No subscriber is suppressed because of it, and the next digest will be sent as usual.",
        Kind::Network => {
            "Every feed is still polled at least once a day; single feeds raise no alarm until a day after this is over."
        }
        Kind::DigestHeld => {
            "It will be made as soon as feeds can be read; after half its period it rolls into the next, which says so."
        }
        Kind::DraftHeld => {
            "Its editors are reminded by email once a day. After half its period, its stories go into the next digest."
        }
        Kind::DraftRolledOn => "Its stories, and what editors did to them, are in the next draft.",
        Kind::DigestEmpty => "Feeds are polled as usual, and the next digest is made when it is due.",
        Kind::FeedGone => "It is no longer polled.",
        Kind::FeedPage | Kind::FeedFailing => "It is still polled at least once a day; the others are read as usual.",
        Kind::FeedEmpty | Kind::FeedSilent => "It is polled as usual, and its stored items are kept.",
        Kind::FeedRenumbered => "Known entries were recognised by link and title, so that none is emailed again.",
        Kind::FeedGap => "Entries that the feed no longer contains are lost; those that it contains are stored.",
    }
}

fn next(kind: Kind, subjects: &[String]) -> String {
    let subject = subjects.first().map(String::as_str).unwrap_or_default();
    let is_one = subjects.len() == 1;
    let check =
        if is_one { format!("`policy-digest feeds check {subject}`") } else { "`policy-digest status`".to_owned() };
    match kind {
        Kind::Disk => {
            "`df -h` shows it: make room on the disk of the folder that `data` in digest.toml names.".to_owned()
        }
        Kind::Restored => {
            "`policy-digest resume --dry-run` shows what would be sent, `policy-digest resume` sends it.".to_owned()
        }
        Kind::Configuration => "`policy-digest check` shows every mistake with its line.".to_owned(),
        Kind::Relay => "`policy-digest check` shows what is wrong.".to_owned(),
        Kind::RunHeld if is_one => format!(
            "`policy-digest runs show {subject}` shows why; when that is fixed, run `policy-digest runs release {subject}`."
        ),
        Kind::RunHeld => "`policy-digest runs list` lists them, `policy-digest runs show` shows why.".to_owned(),
        Kind::Refused => "`policy-digest runs list` and `runs show` say which; then look whether SPF, DKIM and the \
                          server's reputation are in order, and whether a blocklist names its address."
            .to_owned(),
        Kind::Network => {
            "`policy-digest feeds check` tries them all now; see whether this machine reaches the network, \
                          its name server and its proxy."
                .to_owned()
        }
        Kind::DigestHeld => {
            "`policy-digest status` says what each feed answers; `policy-digest once`, with the daemon \
                             stopped, makes the digest of what there is."
                .to_owned()
        }
        Kind::DraftHeld => {
            format!("Ask an editor, or run `policy-digest draft approve --cadence {subject}`; `policy-digest draft` shows it.")
        }
        Kind::DraftRolledOn => {
            "Agree with the editors who looks at the next one, or set `when_silent = \"send\"` in `[editor]` of digest.toml."
                .to_owned()
        }
        Kind::DigestEmpty => {
            format!(
                "`policy-digest preview --cadence {subject}` shows the nearest misses, `policy-digest status` the feeds."
            )
        }
        Kind::FeedGone if is_one => {
            format!(
                "Find its new address, or take it out of feeds.toml; `policy-digest poll {subject}` tries it once more."
            )
        }
        Kind::FeedGone => {
            "`policy-digest status` lists them; find their new addresses, or take them out of feeds.toml.".to_owned()
        }
        Kind::FeedPage if is_one => {
            format!("{check} looks for the feed of that page; write its `url` into feeds.toml.")
        }
        Kind::FeedFailing if is_one => {
            format!("{check} shows what its address answers now; if it has moved, change its `url` in feeds.toml.")
        }
        Kind::FeedEmpty | Kind::FeedSilent if is_one => {
            format!("{check} shows what is at its address; see on its site whether the feed has moved.")
        }
        Kind::FeedPage | Kind::FeedFailing | Kind::FeedEmpty | Kind::FeedSilent => {
            format!("{check} lists them with what each answers; `policy-digest feeds check` tries them all now.")
        }
        Kind::FeedRenumbered => {
            "Nothing, as a rule; `policy-digest preview` shows whether posts that were mailed before are new again."
                .to_owned()
        }
        Kind::FeedGap => {
            "Poll more often: a shorter `interval` in `[polling]`, or `run` instead of `once` every few days."
                .to_owned()
        }
    }
}
