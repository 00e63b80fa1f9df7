//! The operator's pages of a part of the state: one run, and the newest messages in one state. They only show; what can be
//! done about them, the commands do. No address is on them.

use anyhow::Context as _;

use super::view::{counts, fact, moment, run_link};
use crate::app::App;
use crate::app::digests::runs;
use crate::app::digests::runs::{MessageRow, NotDone, RunStatus, Wanted};
use crate::domain::outbox::State;
use crate::render::view::{FactView, LineView, ListView, StatusView, TextView};

/// The messages on a page.
const MOST: usize = 100;

/// One run; `None` if there is none with this number.
///
/// # Errors
/// The database fails.
pub(super) async fn run(app: &App, id: i64) -> anyhow::Result<Option<StatusView>> {
    let (run, reports) = match runs::show(app, id).await {
        Ok(known) => known,
        Err(error) if matches!(error.downcast_ref(), Some(NotDone::NoRun(_))) => return Ok(None),
        Err(error) => return Err(error),
    };
    let page = runs::page(app, id).await?;
    let (messages, all) = runs::messages(app, Wanted { run: Some(id), ..Wanted::default() }, MOST).await?;
    let mut facts = of_run(app, &run);
    if let Some(name) = &page.name {
        let address = app.page(&format!("archive/{name}"));
        facts.push(FactView { value: vec![TextView::link(name, address)], ..fact("Page", "") });
    }
    for report in &reports {
        facts.push(fact("Reports", format!("{} of {}: {}", report.count, report.fault, report.code)));
    }
    let stories = page.stories.iter().map(|(title, link)| LineView {
        text: vec![TextView { text: title.clone(), href: link.clone() }],
        ..LineView::default()
    });
    let stories = ListView { title: "Stories".to_owned(), lines: stories.collect() };
    let lists = vec![stories, list(app, &messages, all)];
    Ok(Some(StatusView { facts, lists, ..part(app, format!("Run {id}")) }))
}

fn of_run(app: &App, run: &RunStatus) -> Vec<FactView> {
    let zone = app.config.settings.timezone;
    let mut facts = vec![fact("Cadence", &run.cadence), fact("Made", moment(run.made, zone))];
    facts.push(fact("Messages", counts(run.messages.iter().map(|(state, number)| (state.clone(), *number)))));
    let because = run.because.as_deref().unwrap_or_default();
    let states = [("Held", run.held), ("Released", run.released), ("Cancelled", run.cancelled)];
    for (name, at) in states.into_iter().filter_map(|(name, at)| Some((name, at?))) {
        let since = moment(at, zone);
        let value = if name == "Held" { format!("{since}: {because}") } else { since };
        facts.push(FactView { is_bad: name == "Held", ..fact(name, value) });
    }
    facts
}

/// The newest messages in a state; `None` for a word that is none.
///
/// # Errors
/// The database fails.
pub(super) async fn messages(app: &App, state: &str) -> anyhow::Result<Option<StatusView>> {
    let Ok(known) = state.parse::<State>() else { return Ok(None) };
    let wanted = Wanted { states: vec![known], ..Wanted::default() };
    let (messages, all) = runs::messages(app, wanted, MOST).await.context("cannot look up messages")?;
    let lists = vec![list(app, &messages, all)];
    Ok(Some(StatusView { lists, ..part(app, format!("Messages: {state}")) }))
}

fn part(app: &App, name: String) -> StatusView {
    let now = moment(app.clock.now(), app.config.settings.timezone);
    StatusView { name, now, is_part: true, ..StatusView::default() }
}

fn list(app: &App, messages: &[MessageRow], all: u64) -> ListView {
    let title = match u64::try_from(messages.len()) {
        Ok(shown) if shown < all => format!("The newest {shown} of {all} messages"),
        _ => "Messages".to_owned(),
    };
    ListView { title, lines: messages.iter().map(|message| line(app, message)).collect() }
}

fn line(app: &App, message: &MessageRow) -> LineView {
    let zone = app.config.settings.timezone;
    let when = if message.state.is_open() {
        format!("next attempt {}", moment(message.next_attempt, zone))
    } else {
        moment(message.settled.unwrap_or(message.made), zone)
    };
    let anchor = format!("message-{}", message.id);
    let mut text = vec![
        TextView::link(format!("Message {}", message.id), format!("#{anchor}")),
        TextView::plain(format!(", {}", message.kind.as_str().replace('_', " "))),
    ];
    if let Some(run) = message.run {
        text.extend([TextView::plain(" of "), run_link(run)]);
    }
    text.push(TextView::plain(format!(": {}, {when}", message.state)));
    LineView { id: anchor, text, detail: message.error.clone().unwrap_or_default() }
}
