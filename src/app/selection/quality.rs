//! How good the selection has been, by what editors did: the share that they kept, and what the blind samples say of the
//! posts that were not selected.

use chrono::TimeDelta;

use crate::app::ReadOnly;
use crate::domain::selection::sample::{RecallEstimate, ShownQuality, recall};

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
    let tally = app.store.labels().tally(app.clock.now() - WINDOW).await?;
    Ok(Quality { kept: tally.kept, off_topic: tally.off_topic, recall: recall(tally.kept, &tally.outcomes) })
}
