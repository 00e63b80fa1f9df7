//! What came and what went, counted by week, for charts. A week is seven days before `now`, not one of the calendar's,
//! so that the last one is always whole.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, params};

use crate::store::{Error, Reader, seconds};

/// So many weeks are counted.
pub const WEEKS: usize = 12;

/// A week, in seconds.
const WEEK: i64 = 7 * 24 * 60 * 60;

/// A feed's items of one week.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WeekItems {
    /// All that arrived.
    pub items: u64,
    /// Those that are picked.
    pub picked: u64,
}

/// Mails of one week.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WeekMails {
    /// Digests of the runs that were made in it, taken by the next hop.
    pub sent: u64,
    /// Bounces and complaints that came in it.
    pub bounced: u64,
}

/// The last weeks, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Weeks {
    /// By feed; those that had nothing are left out.
    pub feeds: BTreeMap<String, [WeekItems; WEEKS]>,
    /// Of all.
    pub mails: [WeekMails; WEEKS],
}

impl Weeks {
    /// The items of all feeds together.
    #[must_use]
    pub fn items(&self) -> [WeekItems; WEEKS] {
        let mut all = [WeekItems::default(); WEEKS];
        for weeks in self.feeds.values() {
            for (sum, week) in all.iter_mut().zip(weeks) {
                sum.items += week.items;
                sum.picked += week.picked;
            }
        }
        all
    }
}

impl Reader {
    /// Counts the weeks before `now`.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn weeks(&self, now: DateTime<Utc>) -> Result<Weeks, Error> {
        let from = seconds(now - TimeDelta::seconds(WEEK * i64::try_from(WEEKS).unwrap_or(i64::MAX))) + 1;
        self.read(move |connection| count(connection, from)).await
    }
}

fn count(connection: &Connection, from: i64) -> Result<Weeks, Error> {
    let mut weeks = Weeks::default();
    let mut items = connection.prepare(
        "SELECT i.feed, (i.arrived - ?1) / ?2, count(*), sum(i.picked)
         FROM feeds f CROSS JOIN items i ON i.feed = f.id AND i.arrived >= ?1 GROUP BY 1, 2",
    )?;
    let mut rows = items.query(params![from, WEEK])?;
    while let Some(row) = rows.next()? {
        let of_feed = weeks.feeds.entry(row.get(0)?).or_default();
        if let Some(week) = of_feed.get_mut(row.get::<_, usize>(1)?) {
            *week = WeekItems { items: row.get(2)?, picked: row.get(3)? };
        }
    }
    let mut each = |question: &str, keep: fn(&mut WeekMails, u64)| -> Result<(), Error> {
        let mut statement = connection.prepare(question)?;
        let mut rows = statement.query(params![from, WEEK])?;
        while let Some(row) = rows.next()? {
            if let Some(week) = weeks.mails.get_mut(row.get::<_, usize>(0)?) {
                keep(week, row.get(1)?);
            }
        }
        Ok(())
    };
    each(
        "SELECT (r.made - ?1) / ?2, sum(t.count) FROM runs r JOIN tallies t ON t.run = r.id AND t.state = 'sent'
         WHERE r.made >= ?1 GROUP BY 1",
        |week, sent| week.sent = sent,
    )?;
    each(
        "SELECT (at - ?1) / ?2, count(*) FROM reports WHERE fault IN ('person', 'soft', 'complaint') AND at >= ?1
         GROUP BY 1",
        |week, bounced| week.bounced = bounced,
    )?;
    Ok(weeks)
}
