//! Where undated entries are old. Feeds list the newest entry first: an undated one that turns up below the known ones is
//! older than they are, as when a site shows more of its past; unless this feed lists the oldest first.

use crate::store::database::sql::{OptionalExtension as _, Transaction, params};

use super::matching::Known;
use super::{Arrival, Brought, identity_text};
use crate::store::Error;
use crate::store::items::key::key;

/// The place behind which undated entries are old; none where nothing is old for its place alone.
pub(super) fn below(
    tx: &Transaction<'_>,
    arrival: &Arrival<'_>,
    brought: &Brought<'_>,
    known: &[Option<Known>],
) -> Result<Option<usize>, Error> {
    let matched = || brought.items.iter().zip(known).filter_map(|(scored, known)| Some((scored, known.as_ref()?)));
    let number = brought.unchanged.len() + matched().count();
    let places = brought.unchanged.iter().map(|entry| entry.place).chain(matched().map(|(scored, _)| scored.place));
    let Some(last) = places.max() else { return Ok(None) };
    let is_undated_below = brought.items.iter().zip(known).any(|(scored, known)| {
        known.is_none() && scored.place > last && scored.item.published.is_none() && scored.item.updated.is_none()
    });
    // A few entries that always stand on top say nothing of the others.
    if !is_undated_below || number * 2 < brought.entries_before {
        return Ok(None);
    }
    let mut mailable: Vec<(usize, bool)> = matched().map(|(scored, known)| (scored.place, known.is_mailable)).collect();
    let mut statement = tx.prepare("SELECT mailable FROM items WHERE feed = ?1 AND identity = ?2")?;
    for entry in brought.unchanged {
        let is_mailable = statement
            .query_row(params![arrival.feed, key(&identity_text(&entry.identity))], |row| row.get(0))
            .optional()?;
        mailable.extend(is_mailable.map(|is_mailable| (entry.place, is_mailable)));
    }
    Ok(Some(last).filter(|_| !is_oldest_first(&mailable, brought)))
}

/// Later entries come lower, or the numbers in the ids rise from top to bottom.
fn is_oldest_first(mailable: &[(usize, bool)], brought: &Brought<'_>) -> bool {
    let came_later = mailable.iter().filter(|(_, is_mailable)| *is_mailable).map(|(place, _)| *place).min();
    if let Some(first) = came_later {
        let at_first = mailable.iter().filter(|(_, is_mailable)| !is_mailable).map(|(place, _)| *place).max();
        return at_first.is_some_and(|last| last < first);
    }
    let entries = brought.unchanged.iter().map(|entry| (entry.place, &entry.identity));
    let entries = entries.chain(brought.items.iter().map(|scored| (scored.place, &scored.item.identity)));
    let mut numbers: Vec<(usize, u64)> =
        entries.filter_map(|(place, identity)| Some((place, last_number(&identity_text(identity))?))).collect();
    numbers.sort_unstable();
    numbers.len() > 2 && numbers.is_sorted_by(|one, other| one.1 < other.1)
}

fn last_number(text: &str) -> Option<u64> {
    let text = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let digits = text.len() - text.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    text[text.len() - digits..].parse().ok()
}
