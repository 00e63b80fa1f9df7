//! Other scores laid over the database for one connection, without storing them. They are in temporary tables, in memory,
//! under views with the names of the real tables, so that every query works as usual and sees them.

use rusqlite::{Connection, params};

use crate::domain::items::language::Language;
use crate::store::digests::runs::COVERED;
use crate::store::items::Rescored;
use crate::store::items::stories::STANDS;
use crate::store::selection::reasons;
use crate::store::{Error, to_json};

/// The columns of `items` that a score sets.
const JUDGED: [&str; 6] = ["score", "selected", "borderline", "themes", "language", "reasons"];

/// Lets this connection see these scores from now on.
pub(crate) fn lay_over(connection: &mut Connection, scores: &[Rescored]) -> Result<(), Error> {
    // The file itself is opened read-only.
    connection.execute_batch(
        "PRAGMA query_only = OFF; PRAGMA temp_store = MEMORY;
         CREATE TEMP TABLE judged (seq INTEGER PRIMARY KEY, score, selected, borderline, themes, language, reasons);
         CREATE TEMP TABLE numbered (id INTEGER PRIMARY KEY, seq);",
    )?;
    let tx = connection.transaction()?;
    let mut insert = tx.prepare("INSERT INTO judged VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
    for Rescored { seq, score } in scores {
        insert.execute(params![
            seq,
            score.total,
            score.selected,
            score.borderline,
            to_json(&score.themes),
            score.language.as_ref().map(Language::code),
            reasons::write(&score.reasons),
        ])?;
    }
    drop(insert);
    let view = |table: &str, over: &str, key: &str, given: &[&str]| -> Result<String, Error> {
        let mut names = tx.prepare("SELECT name FROM pragma_table_xinfo(?1, 'main')")?;
        let names = names.query_map([table], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
        let column = |name: &String| match given.contains(&name.as_str()) {
            true => format!("iif(o.{key} IS NULL, t.{name}, o.{name}) AS {name}"),
            false => format!("t.{name}"),
        };
        let columns = names.iter().map(column).collect::<Vec<_>>().join(", ");
        Ok(format!(
            "CREATE TEMP VIEW {table} AS SELECT {columns} FROM main.{table} t LEFT JOIN temp.{over} o ON o.{key} = t.{key}"
        ))
    };
    tx.execute_batch(&view("items", "judged", "seq", &JUDGED)?)?;
    // As `stories::number` does it: what a run has covered keeps its number.
    tx.execute_batch(&format!(
        "INSERT INTO numbered SELECT s.id, (SELECT min(i.seq) FROM items i WHERE i.story = s.id AND {STANDS})
         FROM main.stories s WHERE s.id IN (SELECT i.story FROM judged j CROSS JOIN main.items i ON i.seq = j.seq)
         AND (s.seq IS NULL OR s.seq > ({COVERED}))"
    ))?;
    tx.execute_batch(&view("stories", "numbered", "id", &["seq"])?)?;
    tx.commit()?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(())
}
