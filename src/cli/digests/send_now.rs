//! `send-now`: asks the running daemon for a digest at once, and shows the result.

use std::time::Duration;

use clap::Args;
use serde_json::json;

use crate::app::App;
use crate::app::digests::send_now::{Answer, ask, delivered};
use crate::cli::outbox::pause::{pause_json, pause_line};
use crate::cli::terminal::table::count;
use crate::cli::{Ending, Global, print};
use crate::domain::outbox::State;
use crate::store::{Pause, RunStatus};

#[derive(Debug, Args)]
#[command(after_help = "\
While the daemon runs, `once` is refused, because both would send emails. This command asks the \
daemon to do what `once` does: poll every feed, make a digest of everything new, and deliver it. \
The daemon looks for requests every ten seconds. If the time runs out, delivery continues.

Example:
  policy-digest send-now --config /etc/policy-digest")]
pub(crate) struct SendNow {
    /// How long to wait for the daemon, and then for delivery: 90s, 10m
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = humantime::parse_duration)]
    wait: Duration,
}

impl SendNow {
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        let app = global.edit().await?;
        let answer = ask(&app, self.wait).await?;
        let delivery = match answer.run {
            Some(run) => Some(delivered(&app, run, self.wait).await?),
            None => None,
        };
        if global.json {
            print(to_json(&answer, delivery.as_ref()));
        } else {
            show(&app, &answer, delivery.as_ref());
        }
        let is_stopped = |(run, pause): &(RunStatus, Option<Pause>)| {
            pause.is_some() || run.held.is_some() || number(run, State::Failed) > 0
        };
        let failed = answer.error.is_some() || delivery.as_ref().is_some_and(is_stopped);
        Ok(if failed { Ending::Failed } else { Ending::Done })
    }
}

fn show(app: &App, answer: &Answer, delivery: Option<&(RunStatus, Option<Pause>)>) {
    let unread = match answer.unread {
        0 => String::new(),
        unread => format!(", {unread} could not be read"),
    };
    let (feeds, new) = (count(answer.feeds, "feed"), count(answer.new, "new post"));
    print(format_args!("polled   {feeds}: {new}, {} selected{unread}", answer.selected));
    if let Some(error) = &answer.error {
        print(format_args!("digest   none: {error}"));
        return;
    }
    let Some((run, pause)) = delivery else {
        print(match (answer.people, answer.waiting) {
            (0, _) => {
                "digest   none: there are no subscribers; add one with `policy-digest subscribers add`".to_owned()
            }
            (_, 0) => "digest   none: there is nothing new for any subscriber".to_owned(),
            (_, waiting) => format!("digest   none: only borderline posts are new ({waiting}); they wait for a story"),
        });
        return;
    };
    let stories = count(answer.stories, "story");
    let subject = answer.subject.as_deref().unwrap_or_default();
    print(format_args!("digest   run {}: \u{201c}{subject}\u{201d}, {stories}", run.id));
    let kinds = [
        (State::Sent, "sent"),
        (State::Queued, "waiting"),
        (State::Sending, "being sent"),
        (State::Retry, "to be tried again"),
        (State::Unknown, "to be sent again unchanged"),
        (State::Failed, "failed"),
        (State::Cancelled, "cancelled"),
    ];
    let parts = kinds.iter().map(|(state, words)| (number(run, *state), words)).filter(|(number, _)| *number > 0);
    let parts: Vec<_> = parts.map(|(number, words)| format!("{number} {words}")).collect();
    print(format_args!("email    {}", parts.join(", ")));
    if let Some(pause) = pause {
        print(format_args!("paused   {}", pause_line(pause, app.config.settings.timezone)));
    }
    if run.held.is_some() {
        let because = run.because.as_deref().unwrap_or_default();
        print(format_args!("held     {because}. Next: policy-digest runs show {}", run.id));
    }
}

fn number(run: &RunStatus, state: State) -> u64 {
    run.messages.get(state.as_str()).copied().unwrap_or(0)
}

fn to_json(answer: &Answer, delivery: Option<&(RunStatus, Option<Pause>)>) -> serde_json::Value {
    let run = delivery.map(|(run, _)| run);
    json!({
        "feeds": answer.feeds, "unread": answer.unread, "new": answer.new, "selected": answer.selected,
        "run": answer.run, "subject": answer.subject, "stories": answer.stories, "subscribers": answer.people,
        "waiting": answer.waiting, "error": answer.error, "messages": run.map(|run| &run.messages),
        "held": run.is_some_and(|run| run.held.is_some()),
        "paused": delivery.and_then(|(_, pause)| pause.as_ref()).map(pause_json),
    })
}
