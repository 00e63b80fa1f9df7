//! What the selection learns from a draft: the labels that its editors gave by what they did, and its blind sample.

use std::collections::BTreeMap;

use crate::app::App;
use crate::app::selection::labels::{Acts, draw_sample, record_labels};
use crate::domain::digests::draft::{Fate, Verdict, labels_of};
use crate::domain::subscribers::subscriber::Cadence;
use crate::store::DraftRow;

/// The blind sample of the draft of a slot: the numbers of posts drawn at random from those that were not selected.
pub(super) async fn sample(
    app: &App,
    cadence: Cadence,
    slot: &str,
    after: i64,
    through: i64,
) -> anyhow::Result<Vec<i64>> {
    let drawn = draw_sample(app, &name(cadence, slot), after, through).await?;
    Ok(drawn.into_iter().map(|sampled| sampled.drawn.item).collect())
}

/// Records what the editors of a draft said by what they did, just before its run is made. Doing it again changes nothing.
pub(in crate::app::digests) async fn record(app: &App, row: &DraftRow) -> anyhow::Result<()> {
    let mut acts: BTreeMap<String, Acts> = BTreeMap::new();
    for label in labels_of(&row.draft) {
        let acts = acts.entry(label.by.clone()).or_insert_with(|| Acts { who: label.by, ..Acts::default() });
        match label.verdict {
            Verdict::Kept => acts.kept.push(label.item),
            Verdict::OffTopic => acts.off_topic.push(label.item),
            Verdict::Included => acts.included.push(label.item),
            Verdict::PassedOver => acts.passed_over.push(label.item),
        }
    }
    if let Some(looked) = row.draft.last_editor() {
        let sample = row.draft.base().sample.iter().copied();
        let is_in = |seq: &i64| row.draft.piece(*seq).is_some_and(|piece| piece.fate == Fate::In);
        let missed = sample.filter(is_in).collect();
        let acts = acts.entry(looked.to_owned()).or_insert_with(|| Acts { who: looked.to_owned(), ..Acts::default() });
        acts.sample = Some((name(row.cadence, &row.slot), missed));
    }
    for acts in acts.values() {
        record_labels(app, acts).await?;
    }
    Ok(())
}

/// What a draft's sample is kept under.
fn name(cadence: Cadence, slot: &str) -> String {
    format!("{cadence} {slot}")
}
