//! Stories: which one an item belongs to, its number, and what a digest shows of it. A story takes the number of
//! its first item that is in a digest, as a story or in the list at its end, and keeps it: a later copy adds
//! "also on", nothing else. It is only listed while all its items are borderline.

use crate::store::Items;
use crate::store::database::sql::{self, Connection, OptionalExtension as _, Row, Transaction, params};
use url::Url;

use super::arrival::identity_text;
use super::key::key;
use super::scored::{ScoredItem, Shown};
use crate::domain::digests::digest::Story;
use crate::domain::feeds::public_address;
use crate::domain::items::identity::is_another_issue;
use crate::domain::items::item::Identity;
use crate::domain::items::story::Fingerprint;
use crate::domain::selection::relevance::telling;
use crate::store::selection::reasons;
use crate::store::{Error, from_json, optional_time, seconds};

/// Two stories with one title may be one if the copy came within this time; sixty days in seconds.
const COPY_WITHIN: i64 = 60 * 24 * 60 * 60;

impl Items<'_> {
    /// The stories with a number in (`after`, `through_seq`], in order of arrival, with excerpts of at most `excerpt_chars`
    /// characters.
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Content`].
    pub async fn stories(self, after: i64, through_seq: i64, excerpt_chars: usize) -> Result<Vec<Story>, Error> {
        self.reader.read(move |connection| read_stories(connection, after, through_seq, excerpt_chars)).await
    }
}

const INSERT: &str = "INSERT INTO stories (made) VALUES (?1)";

/// The number of the story just made. Not by `RETURNING`: SQLite would look through `run_stories`, as it takes the statement
/// for one of several rows, whose foreign keys it checks both ways.
const NEWEST: &str = "SELECT max(id) AS id FROM stories";

pub(crate) fn make(tx: &Transaction<'_>, now: i64) -> Result<i64, Error> {
    tx.execute(INSERT, [now])?;
    Ok(tx.query_row(NEWEST, [], |row| row.get("id"))?)
}

/// The story that an item belongs to, by its link or by its fingerprint to an earlier one.
pub(crate) fn find(tx: &Transaction<'_>, now: i64, feed: &str, scored: &ScoredItem) -> Result<Option<i64>, Error> {
    if let Some(story) = find_by_link(tx, feed, scored)? {
        return Ok(Some(story));
    }
    let fingerprint = &scored.fingerprint;
    let date = scored.item.published.map(seconds);
    let has_global_id = matches!(&scored.item.identity, Identity::Id(id) if id.contains(':'));
    // For most of them, the index has all that is needed.
    let mut namesakes = tx.prepare(
        "SELECT seq, shingles, words FROM items WHERE title_key = ?1 AND arrived > ?2 ORDER BY arrived DESC LIMIT 50",
    )?;
    let mut rows = namesakes.query(params![key(&fingerprint.title), now - COPY_WITHIN])?;
    while let Some(row) = rows.next()? {
        let (seq, shingles, words) = (row.get::<_, i64>(0)?, row.get::<_, i64>(1)?.cast_unsigned(), row.get(2)?);
        let may_be_same = fingerprint.may_be_same(shingles, words);
        if !may_be_same && !has_global_id {
            continue;
        }
        let namesake = tx.prepare(NAMESAKE)?.query_row([seq], Namesake::of)?;
        let is_on_its_page =
            namesake.feed == feed && namesake.canonical.as_deref() == scored.canonical.as_deref().map(key).as_deref();
        let is_other_issue = may_be_same && is_on_its_page && {
            let mut published = tx.prepare("SELECT published FROM items WHERE seq = ?1")?;
            let published = published.query_row([seq], |row| row.get(0))?;
            is_another_issue((published, shingles), (date, fingerprint.shingles))
        };
        let is_copy =
            may_be_same && !is_other_issue && fingerprint.is_same(&Fingerprint::kept(&namesake.title, shingles, words));
        if is_copy || namesake.feed != feed && namesake.is_one_post(scored) {
            return Ok(Some(namesake.story));
        }
    }
    Ok(None)
}

const NAMESAKE: &str =
    "SELECT story, title, feed, coalesce(whole_identity, identity) AS identity, canonical FROM items WHERE seq = ?1";

/// An item of the same title.
struct Namesake {
    story: i64,
    title: String,
    feed: String,
    identity: String,
    canonical: Option<String>,
}

impl Namesake {
    fn of(row: Row<'_>) -> sql::Result<Self> {
        Ok(Self {
            story: row.get("story")?,
            title: row.get("title")?,
            feed: row.get("feed")?,
            identity: row.get("identity")?,
            canonical: row.get("canonical")?,
        })
    }

    /// Whether another feed has the same post: one guid and one page, whatever its query says about where the reader came
    /// from. A guid alone proves nothing, as any feed may claim it; the page is the other's own.
    fn is_one_post(&self, scored: &ScoredItem) -> bool {
        let page = |link: &str| link.split('?').next().unwrap_or_default().to_owned();
        let is_page = |page: &String| !page.ends_with('/');
        let other = self.canonical.as_deref().map(page).filter(is_page);
        self.identity == identity_text(&scored.item.identity)
            && other.is_some()
            && other == scored.canonical.as_deref().map(|link| page(&key(link)))
    }
}

/// The story of the best of the items with a canonical link ?1: of those whose title has the key ?2, else, where the link
/// is a page's (?3), of those of other feeds than ?4. Of this feed only one with the same date ?5 or the same text ?6: the
/// others were found to be other posts, as the issues of a bulletin are. A few seeks for each feed that has the link, however many items it
/// has with it.
const BY_LINK: &str = "
    WITH RECURSIVE carriers (feed, number) AS (
        SELECT min(feed), 1 FROM items WHERE canonical = ?1
        UNION ALL
        SELECT (SELECT min(feed) FROM items WHERE canonical = ?1 AND feed > carriers.feed), number + 1 FROM carriers
        WHERE feed IS NOT NULL AND number < 50
    ), found (seq) AS (
        SELECT (SELECT seq FROM items WHERE canonical = ?1 AND feed = carriers.feed AND title_key = ?2
            ORDER BY seq DESC LIMIT 1) FROM carriers
        UNION ALL
        SELECT (SELECT seq FROM items WHERE canonical = ?1 AND feed = carriers.feed ORDER BY title_key, seq LIMIT 1)
        FROM carriers WHERE ?3 = 1 AND feed <> ?4
    )
    SELECT i.story FROM found JOIN items i ON i.seq = found.seq
    WHERE i.feed <> ?4 OR i.published = ?5 OR i.shingles = ?6 ORDER BY i.title_key <> ?2, i.seq LIMIT 1";

/// The story of an earlier item with the same canonical link. Some feeds link all their items to one page, to its
/// sections or to the site; so where the titles differ, the link must be a page's, and the other feed another one.
fn find_by_link(tx: &Transaction<'_>, feed: &str, scored: &ScoredItem) -> Result<Option<i64>, Error> {
    let (Some(canonical), Some(link)) = (&scored.canonical, &scored.item.link) else {
        return Ok(None);
    };
    // A canonical address ends in a slash if it is the site's.
    let is_page = link.fragment().is_none() && !canonical.ends_with('/');
    let mut statement = tx.prepare(BY_LINK)?;
    let (date, text) = (scored.item.published.map(seconds), scored.fingerprint.shingles.cast_signed());
    let story = statement
        .query_row(params![key(canonical), key(&scored.fingerprint.title), is_page, feed, date, text], |row| {
            row.get(0)
        });
    Ok(story.optional()?)
}

/// An item that is in a digest, as a story or in the list.
pub(crate) const STANDS: &str = "(selected = 1 OR borderline = 1) AND mailable = 1";

/// Gives a story the number of its first item that is in a digest; a story that a run has covered keeps its number.
pub(crate) fn number(tx: &Transaction<'_>, story: i64, covered: i64) -> Result<(), Error> {
    tx.prepare(&numbering())?.execute(params![story, covered])?;
    Ok(())
}

const ADMIT: &str = "UPDATE stories SET seq = ?1 WHERE seq IS NULL AND id = (SELECT story FROM items WHERE seq = ?1)";

/// Gives the story of an item that is in no digest by its score the item's number: an editor included it.
pub(crate) fn admit(tx: &Transaction<'_>, seq: i64) -> Result<(), Error> {
    tx.prepare(ADMIT)?.execute([seq])?;
    Ok(())
}

fn numbering() -> String {
    format!(
        "UPDATE stories SET seq = (SELECT min(seq) FROM items WHERE story = ?1 AND {STANDS})
         WHERE id = ?1 AND (seq IS NULL OR seq > ?2)"
    )
}

fn read_stories(
    connection: &Connection,
    after: i64,
    through_seq: i64,
    excerpt_chars: usize,
) -> Result<Vec<Story>, Error> {
    // The first copy that links to its own site leads, else the first of all; of those with one link, the feed that has the
    // best claim to its site. What a feed says of its dates and how long its text is are in its own hands and decide
    // nothing. The others are "also on". What one copy earned, the story has.
    let mut statement = connection.prepare(&format!(
        "SELECT s.seq, i.title, coalesce(i.link, f.site, f.url), f.title, i.author, i.published, i.score, i.themes, i.reasons,
         NOT EXISTS (SELECT 1 FROM items p WHERE p.story = s.id AND p.selected = 1 AND p.mailable = 1),
         i.seq, CASE WHEN x.excerpt_chars = ?3 THEN x.excerpt END, i.reading_minutes,
         i.link IS NULL, f.site IS NULL, s.id, i.feed
         FROM stories s JOIN items i ON i.seq = (
             SELECT seq FROM (
                 SELECT seq, ownership, max(ownership) OVER (PARTITION BY coalesce(canonical, CAST(seq AS TEXT))) AS best
                 FROM items WHERE story = s.id AND {STANDS}) standing
             WHERE ownership = best ORDER BY ownership = 0, seq LIMIT 1)
         JOIN feeds f ON f.id = i.feed LEFT JOIN item_texts x ON x.item = i.seq
         WHERE s.seq > ?1 AND s.seq <= ?2 ORDER BY s.seq"
    ))?;
    let mut rows = statement.query(params![after, through_seq, excerpt_chars])?;
    let mut stories = Vec::new();
    while let Some(row) = rows.next()? {
        let link: String = row.get(2)?;
        let link: Url = link.parse().map_err(|_| Error::content("a link", &link))?;
        // A post without a link is looked for on the feed's page, else at its site: never in the feed's own document.
        let link = match (row.get(13)?, row.get(14)?) {
            (true, true) => front_page(&link),
            (true, false) => public_address(&link),
            (false, _) => link,
        };
        let reasons = reasons::read(&row.get::<_, String>(8)?)?;
        let (excerpt, reading_minutes) = match (row.get(11)?, row.get(12)?) {
            (Some(excerpt), Some(minutes)) => (excerpt, minutes),
            _ => {
                let Shown { excerpt, reading_minutes, .. } = shown(connection, row.get(10)?, excerpt_chars)?;
                (excerpt, reading_minutes)
            }
        };
        stories.push(Story {
            seq: row.get(0)?,
            title: row.get(1)?,
            link,
            source: row.get(3)?,
            author: row.get(4)?,
            published: optional_time(row.get(5)?)?,
            excerpt,
            reading_minutes,
            score: row.get(6)?,
            themes: from_json("a list of themes", &row.get::<_, String>(7)?)?,
            phrases: telling(&reasons),
            is_listed: row.get(9)?,
            comment: String::new(),
            also_on: also_on(connection, row.get(15)?, &row.get::<_, String>(16)?)?,
        });
    }
    Ok(stories)
}

/// The other feeds with a story, in the order in which their copies arrived.
const ALSO_ON: &str = "SELECT g.title FROM items o JOIN feeds g ON g.id = o.feed WHERE o.story = ?1 AND o.feed <> ?2
    GROUP BY g.title ORDER BY min(o.seq)";

fn also_on(connection: &Connection, story: i64, feed: &str) -> Result<Vec<String>, Error> {
    let mut statement = connection.prepare(ALSO_ON)?;
    Ok(statement.query_map(params![story, feed], |row| row.get("title"))?.collect::<Result<_, _>>()?)
}

/// The front page of the site that serves a feed.
fn front_page(feed: &Url) -> Url {
    let feed = public_address(feed);
    feed.join("/").unwrap_or(feed)
}
const TEXTS: &str = "SELECT i.title, coalesce(t.summary, '') AS summary, coalesce(t.content, '') AS content
    FROM items i LEFT JOIN item_texts t ON t.item = i.seq WHERE i.seq = ?1";

/// What is shown of an item that was kept without it: by an earlier version, for another length of excerpt, or while no
/// digest would have had it.
pub(super) fn shown(connection: &Connection, seq: i64, excerpt_chars: usize) -> Result<Shown, Error> {
    let mut statement = connection.prepare(TEXTS)?;
    Ok(statement.query_row([seq], |row| {
        let [title, summary, content]: [String; 3] = [row.get("title")?, row.get("summary")?, row.get("content")?];
        Ok(Shown::of(&title, &summary, &content, excerpt_chars))
    })?)
}

#[cfg(test)]
mod tests {
    use rusqlite::{Connection, StatementStatus, params};

    use super::{BY_LINK, numbering};
    use crate::store::database::schema::STEPS;

    /// One feed with so many items of one link and one story, each with a title of its own; the last one is selected.
    fn crowded(items: i64) -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        rusqlite_migration::Migrations::from_slice(STEPS).to_latest(&mut connection).unwrap();
        connection
            .execute_batch(
                "INSERT INTO feeds (id, title, url, since, next_check) VALUES ('a', 'A', '', 0, 0), ('b', 'B', '', 0, 0);
                 INSERT INTO stories (id, made) VALUES (1, 0);",
            )
            .unwrap();
        let mut insert = connection
            .prepare(
                "INSERT INTO items (feed, identity, story, canonical, title, categories, arrived, mailable,
                 title_key, shingles, words, prior, score, selected, themes, reasons, fingerprint)
                 VALUES ('a', ?1, 1, 'https://example.org/a', ?1, '[]', 0, 1, ?1, 0, 0, 0, 0, ?2, '[]', '[]', '')",
            )
            .unwrap();
        for number in 1..=items {
            insert.execute(params![number.to_string(), number == items]).unwrap();
        }
        drop(insert);
        connection
    }

    /// The steps of SQLite's machine for finding a story by a link, and for numbering it.
    fn steps(items: i64) -> [i32; 2] {
        let connection = crowded(items);
        let mut by_link = connection.prepare(BY_LINK).unwrap();
        for (title, is_page, feed, found) in
            [("none", true, "a", false), ("none", true, "b", true), ("1", false, "a", true)]
        {
            let story = by_link
                .query_row(params!["https://example.org/a", title, is_page, feed, 0, 0], |row| row.get::<_, i64>(0));
            assert_eq!(story.is_ok(), found, "{title} {is_page} {feed}");
        }
        let mut numbering = connection.prepare(&numbering()).unwrap();
        numbering.execute([1, 0]).unwrap();
        let seq: i64 = connection.query_row("SELECT seq FROM stories", [], |row| row.get(0)).unwrap();
        assert_eq!(seq, items);
        [by_link.get_status(StatementStatus::VmStep), numbering.get_status(StatementStatus::VmStep)]
    }

    #[test]
    fn a_story_is_found_and_numbered_in_as_many_steps_however_many_items_share_its_link() {
        assert_eq!(steps(5_000), steps(10));
    }
}
