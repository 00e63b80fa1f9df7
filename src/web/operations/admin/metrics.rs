//! The report of `status` as metrics for Prometheus. The numbers are read from the database for each scrape, so they
//! include the work of every process.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::app::operations::status::{FeedState, StatusReport, needs_attention, parts};

/// One label and its value.
type Labels = Vec<(&'static str, String)>;
type Gauges = Family<Labels, Gauge<f64, AtomicU64>>;

/// All metrics.
///
/// # Errors
/// Never in practice: writing to a string cannot fail.
pub(super) fn text(report: &StatusReport) -> Result<String, std::fmt::Error> {
    let mut registry = Registry::with_prefix("policy_digest");
    let mut add = |name: &str, help: &str, values: Vec<(Labels, f64)>| {
        let gauges = Gauges::default();
        for (labels, value) in values {
            gauges.get_or_create(&labels).set(value);
        }
        registry.register(name, help, gauges);
    };
    let one = |value: f64| vec![(Labels::new(), value)];
    add("build", "the running version", vec![(vec![("version", env!("CARGO_PKG_VERSION").to_owned())], 1.0)]);
    if !report.processes.is_empty() {
        let (workers, standbys): (Vec<_>, Vec<_>) =
            parts(&report.processes).partition(|(_, process)| process.is_worker);
        let of = |part: &str, processes: usize| (vec![("part", part.to_owned())], processes as f64);
        let values = vec![of("worker", workers.len()), of("standby", standbys.len())];
        add("processes", "processes on the database, by their part", values);
    }
    let troubled = report.feeds.iter().filter(|feed| needs_attention(feed)).count();
    add("feeds", "feeds in the list", one(report.feeds.len() as f64));
    add("feeds_in_trouble", "feeds that fail, have moved, or may have shown less than they had", one(troubled as f64));
    let of_feeds = |value: fn(&FeedState) -> Option<f64>| {
        let named = |feed: &FeedState| Some((vec![("feed", feed.id.clone())], value(feed)?));
        report.feeds.iter().filter_map(named).collect()
    };
    add("feed_failures", "failed polls in a row", of_feeds(|feed| Some(f64::from(feed.failures))));
    add("feed_items", "items stored from a feed", of_feeds(|feed| Some(feed.items as f64)));
    add("feed_items_picked", "items selected from a feed", of_feeds(|feed| Some(feed.selected as f64)));
    let read = of_feeds(|feed| Some(feed.succeeded?.timestamp() as f64));
    add("feed_last_success_timestamp_seconds", "when a feed was last read", read);
    let messages = report.messages.iter().map(|(state, count)| (vec![("state", state.clone())], *count as f64));
    add("messages", "messages by state", messages.collect());
    let people =
        report.subscribers.iter().map(|(status, count)| (vec![("status", (*status).to_owned())], *count as f64));
    add("subscribers", "subscribers by status", people.collect());
    let returned = report.returned.iter().map(|(what, known)| (vec![("what", what.clone())], known.count as f64));
    add("returned_mails", "returned emails since the beginning, by kind", returned.collect());
    add("delivery_paused", "1 while delivery is paused", one(f64::from(u8::from(!report.pauses.is_empty()))));
    add("runs_held", "runs that wait for a person", one(report.held.len() as f64));
    let mut alarms = BTreeMap::<_, f64>::new();
    for notice in &report.alarms {
        *alarms.entry(notice.kind.as_str()).or_default() += notice.subjects.len().max(1) as f64;
    }
    let alarms = alarms.into_iter().map(|(kind, count)| (vec![("kind", kind.to_owned())], count));
    add("alarms", "open incidents by kind", alarms.collect());
    let last = report.last_run.iter().map(|run| (Labels::new(), run.made.timestamp() as f64));
    add("last_run_timestamp_seconds", "when the last run was made", last.collect());
    let next =
        report.next.iter().map(|(cadence, slot)| (vec![("cadence", cadence.to_string())], slot.utc.timestamp() as f64));
    add("next_run_timestamp_seconds", "when the next run of a cadence is due", next.collect());
    let bytes = |bytes: Option<u64>| bytes.map(|bytes| (Labels::new(), bytes as f64)).into_iter().collect();
    add("database_bytes", "size of the database", bytes(report.disk.database));
    add("disk_free_bytes", "free space on the disk of the database", bytes(report.disk.free));
    let mut text = String::new();
    encode(&mut text, &registry)?;
    Ok(text)
}
