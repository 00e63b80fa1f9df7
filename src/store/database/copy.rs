//! A whole database from one engine to the other, table by table, inside a transaction of each. What has arrived is read
//! back and compared by its number of rows and a hash of each.

use sha2::{Digest as _, Sha256};

use super::sql::{Bind, Cell, ColumnKind, Connection, Row, SqlError};
use crate::store::Error;

/// Every table, after those that it refers to, with the column that numbers its rows.
const TABLES: [(&str, &str); 34] = [
    ("keys", ""),
    ("former_keys", ""),
    ("marks", ""),
    ("feeds", ""),
    ("stories", "id"),
    ("items", ""),
    ("item_texts", ""),
    ("runs", "id"),
    ("run_stories", ""),
    ("archives", ""),
    ("archive_stories", ""),
    ("subscribers", ""),
    ("address_changes", ""),
    ("wordings", ""),
    ("bodies", "id"),
    ("run_windows", ""),
    ("messages", "id"),
    ("attempts", ""),
    ("samples", ""),
    ("reports", "id"),
    ("returned", ""),
    ("suppressions", ""),
    ("pauses", ""),
    ("alarms", "id"),
    ("requests", "id"),
    ("pending_configuration", ""),
    ("drafts", "id"),
    ("ledger", ""),
    ("corrections", "id"),
    ("labelled_items", ""),
    ("labels", ""),
    ("draft_samples", ""),
    ("tallies", ""),
    ("totals", ""),
];

/// Values of one statement: fewer than any engine takes.
const VALUES: usize = 2_000;

/// What a table holds: its rows, and the sum of their hashes, in any order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Content {
    rows: u64,
    hash: u128,
}

/// Copies every table into an empty database with the same schema. Both connections are inside a transaction.
///
/// # Errors
/// [`Error::Statement`]; [`Error::Content`] if something else arrived than was read.
pub(crate) fn copy(from: &Connection, to: &Connection) -> Result<u64, Error> {
    let mut start_again = String::new();
    for (table, _) in TABLES {
        start_again.push_str(&to.stop_triggers(table)?);
    }
    let mut all = 0;
    for (table, number) in TABLES {
        let columns = from.columns(table)?;
        let given = fill(from, to, table, &columns)?;
        let arrived = read(to, table, &columns)?;
        if given != arrived {
            return Err(Error::content("the same rows of a copied table", table));
        }
        if !number.is_empty() {
            to.go_on_numbering(table, number)?;
        }
        all += given.rows;
    }
    to.execute_batch(&start_again)?;
    Ok(all)
}

fn fill(from: &Connection, to: &Connection, table: &str, columns: &[(String, ColumnKind)]) -> Result<Content, Error> {
    let most = VALUES / columns.len();
    let mut content = Content::default();
    let mut rows: Vec<Cell> = Vec::with_capacity(most * columns.len());
    from.each_row(&select(table, columns), |row| {
        let cells = cells(row, columns)?;
        content.add(&cells);
        rows.extend(cells);
        if rows.len() == most * columns.len() {
            insert(to, table, columns, &rows)?;
            rows.clear();
        }
        Ok(())
    })?;
    for row in rows.chunks(columns.len()) {
        insert(to, table, columns, row)?;
    }
    Ok(content)
}

fn read(connection: &Connection, table: &str, columns: &[(String, ColumnKind)]) -> Result<Content, Error> {
    let mut content = Content::default();
    connection.each_row(&select(table, columns), |row| {
        content.add(&cells(row, columns)?);
        Ok(())
    })?;
    Ok(content)
}

fn names(columns: &[(String, ColumnKind)]) -> String {
    columns.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ")
}

fn select(table: &str, columns: &[(String, ColumnKind)]) -> String {
    format!("SELECT {} FROM {table}", names(columns))
}

fn insert(to: &Connection, table: &str, columns: &[(String, ColumnKind)], cells: &[Cell]) -> Result<(), SqlError> {
    let mut number = 0;
    let mut row = || {
        let places = columns.iter().map(|_| {
            number += 1;
            format!("?{number}")
        });
        format!("({})", places.collect::<Vec<_>>().join(", "))
    };
    let rows: Vec<String> = (0..cells.len() / columns.len()).map(|_| row()).collect();
    let text = format!("INSERT INTO {table} ({}) VALUES {}", names(columns), rows.join(", "));
    let values: Vec<&dyn Bind> = cells.iter().map(|cell| cell as _).collect();
    to.execute(&text, &*values)?;
    Ok(())
}

fn cells(row: Row<'_>, columns: &[(String, ColumnKind)]) -> Result<Vec<Cell>, SqlError> {
    columns.iter().enumerate().map(|(place, (_, kind))| Cell::read(row, place, *kind)).collect()
}

impl Content {
    fn add(&mut self, cells: &[Cell]) {
        let mut hash = Sha256::new();
        for cell in cells {
            cell.hash(&mut |bytes| hash.update(bytes));
        }
        let digest = hash.finalize();
        let (half, _) = digest.split_at(16);
        self.rows += 1;
        self.hash = self.hash.wrapping_add(half.iter().fold(0, |number, byte| number << 8 | u128::from(*byte)));
    }
}
