//! Labels: what people said about items by what they did. An editor's label counts fully. A reader's vote counts little,
//! only together with others, and less the more often that reader contradicted an editor; the newest labels of a person
//! count, up to a cap. So neither one person nor a flood of hostile votes moves the weights far.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

/// What a person said of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// An editor left it out of a draft because it is not on topic.
    OffTopic,
    /// An editor included an item that was not selected.
    Included,
    /// It was in a draft that an editor approved.
    Kept,
    /// An editor who approved a draft saw it as a near miss or in the sample, and did not include it.
    PassedOver,
    /// A reader said that it is not about the topic.
    ReaderOffTopic,
    /// An editor found it in the blind sample: it should have been selected.
    SampleMissed,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 6] =
        [Self::OffTopic, Self::Included, Self::Kept, Self::PassedOver, Self::ReaderOffTopic, Self::SampleMissed];

    /// The word for it in tables and files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OffTopic => "off-topic",
            Self::Included => "included",
            Self::Kept => "kept",
            Self::PassedOver => "passed-over",
            Self::ReaderOffTopic => "reader-off-topic",
            Self::SampleMissed => "sample-missed",
        }
    }

    /// Whether it says that the item is relevant.
    #[must_use]
    pub fn is_relevant(self) -> bool {
        matches!(self, Self::Included | Self::Kept | Self::SampleMissed)
    }

    /// Whether it is an editor's.
    #[must_use]
    pub fn is_by_editor(self) -> bool {
        self != Self::ReaderOffTopic
    }
}

impl std::str::FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(UnknownKind)
    }
}

/// Not a kind of label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a kind of label: use `off-topic`, `included`, `kept`, `passed-over`, `reader-off-topic` or `sample-missed`"
)]
pub struct UnknownKind;

/// One person's label of one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The labelled item's number.
    pub item: i64,
    /// Who says so: an editor's address, or a code for a reader.
    pub who: String,
    /// What they say.
    pub kind: Kind,
    /// When.
    pub at: DateTime<Utc>,
}

/// What all labels of an item come to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Verdict {
    /// The item's number.
    pub item: i64,
    /// Whether it is relevant.
    pub relevant: bool,
    /// How much that counts; 1 for an editor's label.
    pub weight: f64,
    /// Whether an editor says so.
    pub is_by_editor: bool,
}

/// The newest labels of one editor that count: about a year's.
const OF_AN_EDITOR: usize = 1_000;
/// The newest votes of one reader that count.
const OF_A_READER: usize = 20;
/// What one vote of a reader counts, if editors have not contradicted it yet.
const VOTE: f64 = 0.2;
/// Readers who must agree before their votes count.
const QUORUM: usize = 2;
/// The most that all votes together may count, as a share of editors' labels.
const OF_ALL: f64 = 0.25;

/// The verdict on each item, by its number. The newest label of an editor decides; without one, readers' votes do.
#[must_use]
pub fn verdicts(labels: &[Label]) -> Vec<Verdict> {
    let counted = capped(labels);
    let mut by_editor: BTreeMap<i64, &Label> = BTreeMap::new();
    let mut votes: BTreeMap<i64, BTreeSet<&str>> = BTreeMap::new();
    for label in &counted {
        if !label.kind.is_by_editor() {
            votes.entry(label.item).or_default().insert(&label.who);
            continue;
        }
        let newest = by_editor.entry(label.item).or_insert(label);
        if (label.at, &label.who, label.kind) > (newest.at, &newest.who, newest.kind) {
            *newest = label;
        }
    }
    let trust = trust(&votes, &by_editor);
    let mut verdicts: Vec<Verdict> = by_editor
        .iter()
        .map(|(item, label)| Verdict {
            item: *item,
            relevant: label.kind.is_relevant(),
            weight: 1.0,
            is_by_editor: true,
        })
        .collect();
    let unedited = votes.iter().filter(|(item, who)| who.len() >= QUORUM && !by_editor.contains_key(item));
    let voted: Vec<(i64, f64)> =
        unedited.map(|(item, who)| (*item, who.iter().map(|who| VOTE * trust[who]).sum::<f64>().min(1.0))).collect();
    let (most, all) = (verdicts.len() as f64 * OF_ALL, voted.iter().map(|(_, weight)| weight).sum::<f64>());
    let factor = if all > most { most / all } else { 1.0 };
    verdicts.extend(voted.into_iter().map(|(item, weight)| Verdict {
        item,
        relevant: false,
        weight: weight * factor,
        is_by_editor: false,
    }));
    verdicts.sort_by_key(|verdict| verdict.item);
    verdicts
}

/// The labels without those above each person's cap, the oldest of them.
fn capped(labels: &[Label]) -> Vec<&Label> {
    let mut newest: Vec<&Label> = labels.iter().collect();
    newest.sort_by(|a, b| b.at.cmp(&a.at).then(b.item.cmp(&a.item)).then(a.who.cmp(&b.who)));
    let mut counts: BTreeMap<(bool, &str), usize> = BTreeMap::new();
    newest.retain(|label| {
        let is_by_editor = label.kind.is_by_editor();
        let count = counts.entry((is_by_editor, label.who.as_str())).or_default();
        *count += 1;
        *count <= if is_by_editor { OF_AN_EDITOR } else { OF_A_READER }
    });
    newest
}

/// How far each reader's votes are trusted, from 1 to nearly 0: the share of editors' labels that agree with them, beginning
/// with one that does.
fn trust<'a>(votes: &BTreeMap<i64, BTreeSet<&'a str>>, by_editor: &BTreeMap<i64, &Label>) -> BTreeMap<&'a str, f64> {
    let mut agreed: BTreeMap<&str, [f64; 2]> = BTreeMap::new();
    for (item, who) in votes {
        for who in who {
            let [agrees, all] = agreed.entry(who).or_insert([1.0, 1.0]);
            if let Some(label) = by_editor.get(item) {
                *all += 1.0;
                *agrees += if label.kind.is_relevant() { 0.0 } else { 1.0 };
            }
        }
    }
    agreed.into_iter().map(|(who, [agrees, all])| (who, agrees / all)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(item: i64, who: &str, kind: Kind, at: i64) -> Label {
        Label { item, who: who.to_owned(), kind, at: DateTime::from_timestamp(at, 0).unwrap() }
    }

    fn of(verdicts: &[Verdict], item: i64) -> Option<(bool, f64)> {
        verdicts.iter().find(|it| it.item == item).map(|it| (it.relevant, it.weight))
    }

    #[test]
    fn the_newest_label_of_an_editor_decides_whatever_readers_say() {
        let mut labels = vec![label(1, "ed@example.org", Kind::Kept, 1), label(1, "al@example.org", Kind::OffTopic, 2)];
        labels.extend(["a", "b", "c"].map(|who| label(2, who, Kind::ReaderOffTopic, 5)));
        labels.push(label(2, "ed@example.org", Kind::Kept, 3));
        let verdicts = verdicts(&labels);
        assert_eq!(of(&verdicts, 1), Some((false, 1.0)));
        assert_eq!(of(&verdicts, 2), Some((true, 1.0)));
    }

    #[test]
    fn one_reader_alone_changes_nothing() {
        let votes = (1..=50).map(|item| label(item, "a", Kind::ReaderOffTopic, item));
        let kept = (101..=150).map(|item| label(item, "ed@example.org", Kind::Kept, item));
        assert!(verdicts(&votes.chain(kept).collect::<Vec<_>>()).iter().all(|it| it.is_by_editor));
    }

    #[test]
    fn of_one_person_only_the_newest_count() {
        let editor = (0..1_200).map(|item| label(item, "ed@example.org", Kind::Kept, item));
        let readers =
            (2_000..2_040).flat_map(|item| ["a", "b"].map(|who| label(item, who, Kind::ReaderOffTopic, item)));
        let verdicts = verdicts(&editor.chain(readers).collect::<Vec<_>>());
        assert_eq!((of(&verdicts, 199), of(&verdicts, 200)), (None, Some((true, 1.0))));
        assert_eq!((of(&verdicts, 2_019), of(&verdicts, 2_020)), (None, Some((false, 0.4))));
    }

    #[test]
    fn votes_of_readers_who_contradict_the_editor_hardly_count() {
        let kept = (0..10).map(|item| label(item, "ed@example.org", Kind::Kept, 1));
        let wrong = (0..10).flat_map(|item| ["x", "y"].map(|who| label(item, who, Kind::ReaderOffTopic, 2)));
        let further = ["x", "y"].map(|who| label(50, who, Kind::ReaderOffTopic, 3));
        let fair = ["a", "b"].map(|who| label(60, who, Kind::ReaderOffTopic, 3));
        let verdicts = verdicts(&kept.chain(wrong).chain(further).chain(fair).collect::<Vec<_>>());
        let (_, hostile) = of(&verdicts, 50).unwrap();
        let (_, fair) = of(&verdicts, 60).unwrap();
        assert!(hostile * 10.0 < fair, "{hostile} {fair}");
    }

    #[test]
    fn all_votes_together_count_no_more_than_a_quarter_of_the_editors_labels() {
        let kept = (0..8).map(|item| label(item, "ed@example.org", Kind::Kept, 1));
        let flood = (100..120)
            .flat_map(|item| (0..20).map(move |who| label(item, &format!("r{who}"), Kind::ReaderOffTopic, 2)));
        let verdicts = verdicts(&kept.chain(flood).collect::<Vec<_>>());
        let votes: f64 = verdicts.iter().filter(|it| !it.is_by_editor).map(|it| it.weight).sum();
        assert!((votes - 2.0).abs() < 1e-9, "{votes}");
    }

    #[test]
    fn every_kind_is_read_as_it_is_written() {
        assert!(Kind::ALL.into_iter().all(|kind| kind.as_str().parse() == Ok(kind)));
        assert_eq!("good".parse::<Kind>(), Err(UnknownKind));
    }
}
