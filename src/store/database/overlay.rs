//! Other scores laid over the database for one connection, without storing them. They are in temporary tables under views
//! with the names of the real tables, so that every query works as usual and sees them.

use super::sql::{Connection, params};
use crate::domain::items::language::Language;
use crate::store::digests::runs::COVERED;
use crate::store::items::Rescored;
use crate::store::items::stories::STANDS;
use crate::store::selection::reasons;
use crate::store::{Error, to_json};

/// The columns of `items` that a score sets.
const JUDGED: [&str; 6] = ["score", "selected", "borderline", "themes", "language", "reasons"];

const TABLES: &str =
    "CREATE TEMP TABLE judged (seq BIGINT PRIMARY KEY, score DOUBLE PRECISION, selected BIGINT, borderline BIGINT,
        themes TEXT, language TEXT, reasons TEXT);
    CREATE TEMP TABLE numbered (id BIGINT PRIMARY KEY, seq BIGINT);";

const INSERT: &str = "INSERT INTO judged (seq, score, selected, borderline, themes, language, reasons)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

/// Lets this connection, which can only read, see these scores from now on.
pub(crate) fn lay_over(connection: &mut Connection, scores: &[Rescored]) -> Result<(), Error> {
    let place = connection.schema_name()?;
    connection.allow_temporary(true)?;
    connection.execute_batch("BEGIN")?;
    connection.execute_batch(TABLES)?;
    for Rescored { seq, score } in scores {
        connection.execute(
            INSERT,
            params![
                seq,
                score.total,
                score.selected,
                score.borderline,
                to_json(&score.themes),
                score.language.as_ref().map(Language::code),
                reasons::write(&score.reasons),
            ],
        )?;
    }
    let view = |table: &str, over: &str, key: &str, given: &[&str]| -> Result<String, Error> {
        let column = |name: String| match given.contains(&name.as_str()) {
            true => format!("CASE WHEN o.{key} IS NULL THEN t.{name} ELSE o.{name} END AS {name}"),
            false => format!("t.{name}"),
        };
        let columns =
            connection.columns(table)?.into_iter().map(|(name, _)| column(name)).collect::<Vec<_>>().join(", ");
        Ok(format!(
            "CREATE TEMP VIEW {table} AS SELECT {columns} FROM {place}.{table} t LEFT JOIN {over} o ON o.{key} = t.{key}"
        ))
    };
    let stories = view("stories", "numbered", "id", &["seq"])?;
    connection.execute_batch(&view("items", "judged", "seq", &JUDGED)?)?;
    // As `stories::number` does it: what a run has covered keeps its number.
    connection.execute_batch(&format!(
        "INSERT INTO numbered SELECT s.id, (SELECT min(i.seq) FROM items i WHERE i.story = s.id AND {STANDS})
         FROM {place}.stories s WHERE s.id IN (SELECT i.story FROM judged j LEFT JOIN {place}.items i ON i.seq = j.seq)
         AND (s.seq IS NULL OR s.seq > ({COVERED}))"
    ))?;
    connection.execute_batch(&stories)?;
    connection.execute_batch("COMMIT")?;
    Ok(connection.allow_temporary(false)?)
}
