//! How good the selection has been, by what editors did: the share that they kept, and what the blind samples say of the
//! posts that were not selected.

use chrono::{DateTime, TimeDelta, Utc};

use crate::app::ReadOnly;
use crate::domain::items::text::count;
use crate::domain::selection::sample::{RecallEstimate, ShownQuality, recall};
use crate::store::Reader;

/// The time that the figures are about.
pub const WINDOW: TimeDelta = TimeDelta::weeks(12);

/// The figures of the last twelve weeks.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Quality {
    /// Selected posts that editors kept.
    pub kept: usize,
    /// Selected posts that they left out as not on topic.
    pub off_topic: usize,
    /// What the blind samples say; `None` without one that an editor has looked at.
    pub recall: Option<RecallEstimate>,
}

impl Quality {
    /// The figures in a line: "editors kept 94 % of 120 selected posts; recall about 88 % (71 to 97 %), from 3 missed in 60
    /// sampled posts; one in about 40 left out should be in". `None` if no editor has looked at a draft.
    #[must_use]
    pub fn summary(&self) -> Option<String> {
        let kept = self.kept_percent().map(|percent| {
            format!("editors kept {percent} % of {}", count(self.kept + self.off_topic, "selected post"))
        });
        let recall = self.recall.map(|RecallEstimate { sampled, found, recall: (value, low, high), .. }| {
            let [value, low, high] = [value, low, high].map(|share| share * 100.0);
            let sampled = count(sampled, "sampled post");
            format!("recall about {value:.0} % ({low:.0} to {high:.0} %), from {found} missed in {sampled}")
        });
        let read = self.recall.and_then(|recall| recall.read_per_missed);
        let read = read.map(|read| format!("one in about {read:.0} left out should be in"));
        let parts: Vec<String> = [kept, recall, read].into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join("; "))
    }

    /// The share of the selected posts that editors kept, in percent; `None` if no editor has looked at one.
    #[must_use]
    pub fn kept_percent(&self) -> Option<usize> {
        let all = self.kept + self.off_topic;
        (all > 0).then(|| (self.kept * 100 + all / 2) / all)
    }
}

/// The line at the foot of a digest, if `[digest] show_quality` asks for it and an editor has looked at a draft.
pub(crate) async fn shown(app: &ReadOnly) -> anyhow::Result<Option<ShownQuality>> {
    if !app.config.settings.digest.show_quality {
        return Ok(None);
    }
    let quality = quality(app).await?;
    let (sampled, missed) = quality.recall.map_or((0, 0), |recall| (recall.sampled, recall.found));
    Ok(quality.kept_percent().map(|kept| ShownQuality { kept, sampled, missed }))
}

/// The figures of the last twelve weeks.
///
/// # Errors
/// The database fails.
pub async fn quality(app: &ReadOnly) -> anyhow::Result<Quality> {
    of(&app.store, app.clock.now()).await
}

/// The same for callers that cannot read the configuration.
pub(crate) async fn of(store: &Reader, now: DateTime<Utc>) -> anyhow::Result<Quality> {
    let tally = store.labels().tally(now - WINDOW).await?;
    Ok(Quality { kept: tally.kept, off_topic: tally.off_topic, recall: recall(tally.kept, &tally.outcomes) })
}
