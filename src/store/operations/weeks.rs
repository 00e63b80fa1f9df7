//! Items, emails and bounces by week, for charts. A week is seven days counted back from `now`, not a calendar week, so that
//! the last one is always complete.

use crate::store::Operations;
use std::collections::BTreeMap;

use crate::store::database::sql::{Connection, params};
use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::outbox::State;
use crate::domain::outbox::bounce::Fault;
use crate::store::{Error, seconds};

/// The number of weeks counted.
pub const WEEKS: usize = 12;

/// A week, in seconds.
const WEEK: i64 = 7 * 24 * 60 * 60;

/// A feed's items of one week.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WeekItems {
    /// All that arrived.
    pub items: u64,
    /// Those that are selected.
    pub selected: u64,
}

/// Emails of one week.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WeekMails {
    /// Digests of the runs made in it that the next hop accepted.
    pub sent: u64,
    /// Bounces and complaints that arrived in it.
    pub bounced: u64,
}

/// The last weeks, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Weeks {
    /// By feed; those without items are left out.
    pub feeds: BTreeMap<String, [WeekItems; WEEKS]>,
    /// Of all emails.
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
                sum.selected += week.selected;
            }
        }
        all
    }
}

impl Operations<'_> {
    /// Counts the weeks before `now`.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn weeks(self, now: DateTime<Utc>) -> Result<Weeks, Error> {
        let from = seconds(now - TimeDelta::seconds(WEEK * i64::try_from(WEEKS).unwrap_or(i64::MAX))) + 1;
        self.reader.read(move |connection| count(connection, from)).await
    }
}

const ITEMS: &str = "SELECT f.id AS feed, (i.arrived - ?1) / ?2 AS week, count(i.feed) AS items,
    CAST(sum(i.selected) AS BIGINT) AS selected
    FROM feeds f LEFT JOIN items i ON i.feed = f.id AND i.arrived >= ?1 GROUP BY f.id, week HAVING count(i.feed) > 0";

const SENT: &str = "SELECT (r.made - ?1) / ?2 AS week, CAST(sum(t.count) AS BIGINT) AS emails
    FROM runs r JOIN tallies t ON t.run = r.id AND t.state = ?3 WHERE r.made >= ?1 GROUP BY week";

const BOUNCED: &str = "SELECT (at - ?1) / ?2 AS week, count(*) AS emails FROM reports
    WHERE fault IN (?3, ?4, ?5) AND at >= ?1 GROUP BY week";

fn count(connection: &Connection, from: i64) -> Result<Weeks, Error> {
    let mut weeks = Weeks::default();
    let mut items = connection.prepare(ITEMS)?;
    let mut rows = items.query(params![from, WEEK])?;
    while let Some(row) = rows.next()? {
        let of_feed = weeks.feeds.entry(row.get("feed")?).or_default();
        if let Some(week) = of_feed.get_mut(row.get::<_, usize>("week")?) {
            *week = WeekItems { items: row.get("items")?, selected: row.get("selected")? };
        }
    }
    let mut sent = connection.prepare(SENT)?;
    let mut rows = sent.query(params![from, WEEK, State::Sent.as_str()])?;
    while let Some(row) = rows.next()? {
        if let Some(week) = weeks.mails.get_mut(row.get::<_, usize>("week")?) {
            week.sent = row.get("emails")?;
        }
    }
    let mut bounced = connection.prepare(BOUNCED)?;
    let [person, soft, complaint] = [Fault::Person, Fault::Soft, Fault::Complaint].map(Fault::as_str);
    let mut rows = bounced.query(params![from, WEEK, person, soft, complaint])?;
    while let Some(row) = rows.next()? {
        if let Some(week) = weeks.mails.get_mut(row.get::<_, usize>("week")?) {
            week.bounced = row.get("emails")?;
        }
    }
    Ok(weeks)
}
