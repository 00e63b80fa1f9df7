//! The newest entries of a document, as many as are kept, in memory that grows with these and not with the document.

use std::cmp::{Ordering, Reverse};

use chrono::{DateTime, Utc};

/// Collects entries; of more than `most`, the oldest go.
pub(crate) struct Newest<T> {
    most: usize,
    seen: usize,
    last: Option<DateTime<Utc>>,
    kept: Vec<Kept<T>>,
}

struct Kept<T> {
    date: Option<DateTime<Utc>>,
    /// Its place in the document.
    place: usize,
    bytes: usize,
    entry: T,
}

impl<T> Newest<T> {
    pub(crate) fn new(most: usize) -> Self {
        Self { most, seen: 0, last: None, kept: Vec::new() }
    }

    /// Takes an entry of so many bytes, and returns how many bytes of others it has pushed out. An entry without a date
    /// counts as old as the one before it; where no entry has one, the first are the newest, as nearly all feeds write.
    pub(crate) fn push(&mut self, date: Option<DateTime<Utc>>, bytes: usize, entry: T) -> usize {
        self.last = date.or(self.last);
        self.kept.push(Kept { date: self.last, place: self.seen, bytes, entry });
        self.seen += 1;
        // Twice as many are let in before the older half goes, so that each entry is compared a few times only.
        if self.kept.len() >= self.most.saturating_mul(2) { self.trim() } else { 0 }
    }

    fn trim(&mut self) -> usize {
        if self.kept.len() <= self.most {
            return 0;
        }
        self.kept.select_nth_unstable_by(self.most, Kept::newer_first);
        self.kept.drain(self.most..).map(|kept| kept.bytes).sum()
    }

    /// What was kept, in the order of the document, and how many entries were not.
    pub(crate) fn finish(mut self) -> (Vec<T>, usize) {
        self.trim();
        self.kept.sort_unstable_by_key(|kept| kept.place);
        let left_out = self.seen - self.kept.len();
        (self.kept.into_iter().map(|kept| kept.entry).collect(), left_out)
    }
}

impl<T> Kept<T> {
    fn newer_first(&self, other: &Self) -> Ordering {
        (Reverse(self.date), self.place).cmp(&(Reverse(other.date), other.place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(most: usize, days: &[Option<i64>]) -> Vec<i64> {
        let mut newest = Newest::new(most);
        for (place, day) in (0..).zip(days) {
            newest.push(day.map(|day| DateTime::UNIX_EPOCH + chrono::TimeDelta::days(day)), 1, place);
        }
        let (kept, left_out) = newest.finish();
        assert_eq!(kept.len() + left_out, days.len());
        kept
    }

    #[test]
    fn the_newest_are_kept_in_the_order_of_the_document() {
        assert_eq!(kept(2, &[Some(1), Some(5), Some(2), Some(9), Some(3)]), [1, 3]);
        assert_eq!(kept(3, &[None; 9]), [0, 1, 2]);
        assert_eq!(kept(2, &[Some(9), None, Some(3), None]), [0, 1]);
        assert_eq!(kept(9, &[Some(1), None]), [0, 1]);
    }

    #[test]
    fn what_is_pushed_out_is_given_back() {
        let mut newest = Newest::new(2);
        let freed: usize = (0..10).map(|day| newest.push(DateTime::from_timestamp(day, 0), 7, ())).sum();
        assert!(freed >= 7 * 6, "{freed}");
    }
}
