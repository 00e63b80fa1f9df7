//! What is usual for a cadence, and which stories resemble those of its last digest.

use crate::store::database::sql::{self, Connection, Row, params};

use crate::domain::digests::draft::Lookalike;
use crate::domain::items::story::Fingerprint;
use crate::domain::subscribers::subscriber::Cadence;
use crate::store::{Digests, Error};

/// The number of stories on the page of each of the last runs that had any.
const LAST_SIZES: &str = "SELECT stories FROM runs WHERE cadence = ?1 AND stories > 0 ORDER BY due DESC LIMIT ?2";

const OF_LAST: &str = "SELECT i.title, i.shingles, i.words FROM run_stories r JOIN stories s ON s.id = r.story
    JOIN items i ON i.seq = s.seq
    WHERE r.run = (SELECT id FROM runs WHERE cadence = ?1 AND stories > 0 ORDER BY due DESC LIMIT 1) AND r.listed = 0";

const OF_DRAFT: &str = "SELECT title, shingles, words FROM items WHERE seq = ?1";

impl Digests<'_> {
    /// How many stories the last digests of a cadence had, the newest first; those without a story are left out.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn last_sizes(self, cadence: Cadence, limit: usize) -> Result<Vec<usize>, Error> {
        self.reader
            .read(move |connection| {
                let mut statement = connection.prepare(LAST_SIZES)?;
                let sizes = statement.query_map(params![cadence.as_str(), limit as u64], |row| row.get("stories"))?;
                Ok(sizes.collect::<Result<_, _>>()?)
            })
            .await
    }

    /// Which of these stories have nearly the text of a story of the cadence's last digest.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn lookalikes(self, cadence: Cadence, seqs: Vec<i64>) -> Result<Vec<Lookalike>, Error> {
        self.reader.read(move |connection| lookalikes(connection, cadence, &seqs)).await
    }
}

fn lookalikes(connection: &Connection, cadence: Cadence, seqs: &[i64]) -> Result<Vec<Lookalike>, Error> {
    let mut last = connection.prepare(OF_LAST)?;
    let last = last.query_map([cadence.as_str()], item)?.collect::<Result<Vec<_>, _>>()?;
    let mut found = Vec::new();
    for &seq in seqs {
        let mut statement = connection.prepare(OF_DRAFT)?;
        let Some(own) = statement.query_map([seq], item)?.next().transpose()? else { continue };
        let is_like = |other: &&(String, i64, usize)| {
            Fingerprint::kept(&own.0, own.1.cast_unsigned(), own.2).may_be_same(other.1.cast_unsigned(), other.2)
        };
        if let Some(other) = last.iter().find(is_like) {
            found.push(Lookalike { seq, title: own.0, earlier: other.0.clone() });
        }
    }
    Ok(found)
}

fn item(row: Row<'_>) -> sql::Result<(String, i64, usize)> {
    Ok((row.get("title")?, row.get("shingles")?, row.get("words")?))
}
