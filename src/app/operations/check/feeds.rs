//! Checks every enabled feed: fetches and parses it like a poll, but stores nothing.

use super::finding::{CheckFinding, Part};
use crate::app::feeds::{CheckResult, Unread, check};
use crate::app::{Listener, ReadOnly};

/// Checks each feed. One that cannot be read is a finding; if none can be read, it is a failure.
pub(super) async fn look(app: &ReadOnly, listener: Listener<'_>) -> anyhow::Result<Part> {
    let report = check(app, &[], listener).await?;
    let all = report.feeds.len();
    let read = report.feeds.iter().filter(|(_, result)| result.is_ok()).count();
    let mut findings: Vec<_> = report.feeds.iter().filter_map(|(id, result)| finding(id, result)).collect();
    if all > 0 && read == 0 {
        let next = "look whether this machine reaches the network, or its proxy (`proxy` in `[polling]`)";
        findings.insert(0, CheckFinding::failure("no feed can be read", next));
    }
    if all == 0 {
        let next = "add one: `policy-digest feeds add URL`, or a `[[feed]]` in feeds.toml";
        findings.push(CheckFinding::failure("there is no feed to poll", next));
    }
    Ok(Part::new("feeds", format!("{read} of {all} can be read"), findings))
}

fn finding(id: &str, result: &Result<CheckResult, Unread>) -> Option<CheckFinding> {
    match result {
        Err(unread) => {
            let next = match unread.proposals.first() {
                Some(proposal) => format!("write `url = \"{}\"` in feeds.toml", proposal.url),
                None => "correct its `url` in feeds.toml, or set `enabled = false` there".to_owned(),
            };
            Some(CheckFinding::advice(format!("feed `{id}`: {}", unread.error), next))
        }
        Ok(CheckResult { moved_to: Some(address), .. }) => Some(CheckFinding::advice(
            format!("feed `{id}` has moved"),
            format!("write `url = \"{address}\"` in feeds.toml"),
        )),
        Ok(CheckResult { items: 0, .. }) => Some(CheckFinding::advice(
            format!("feed `{id}` has no entries"),
            "look at its address in a browser: the blog may have another feed",
        )),
        Ok(_) => None,
    }
}
