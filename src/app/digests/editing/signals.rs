//! Gathers what may be odd about a draft: sources that were not read, the size of the last digests, and stories whose text
//! was in the last digest. `domain::digests::draft` decides what is odd.

use super::super::due;
use crate::app::ReadOnly;
use crate::domain::digests::draft::{Oddity, Signals, oddities};
use crate::store::DraftRow;

/// The number of digests that say what is usual.
const BEFORE: usize = 6;

/// What is odd about a draft now.
pub(super) async fn odd(app: &ReadOnly, row: &DraftRow) -> anyhow::Result<Vec<Oddity>> {
    let (unread, sources) = due::unread(app, row.cadence, row.due).await?;
    let stories = row.draft.stories();
    let seqs: Vec<i64> = stories.iter().map(|story| story.seq).collect();
    Ok(oddities(&Signals {
        unread,
        sources,
        stories: stories.iter().filter(|story| !story.is_listed).count(),
        before: app.store.digests().last_sizes(row.cadence, BEFORE).await?,
        lookalikes: app.store.digests().lookalikes(row.cadence, seqs).await?,
    }))
}
