//! People as a CSV file, as Mailchimp, listmonk and spreadsheets write it, and as we do: columns matched by name, each
//! line read on its own, so that a bad one costs only itself. RFC 4180, with comma, semicolon or tab. What a line is worth
//! is decided in `app`; encodings were dealt with before.

mod columns;
mod guard;
mod lines;
mod write;

pub use columns::{Row, Standing};
pub use write::{Exported, rejects, write};

use columns::Columns;
use lines::Lines;

/// A file, read.
#[derive(Debug)]
pub struct Sheet {
    /// Comma, semicolon or tab.
    delimiter: u8,
    /// The names of its columns.
    headers: Vec<String>,
    /// Every line below them that says anything.
    pub lines: Vec<Line>,
}

/// One line's person.
#[derive(Debug)]
pub struct Line {
    /// From 1.
    pub number: u64,
    /// The person, or why they could not be read.
    pub row: Result<Row, Error>,
    cells: Vec<String>,
}

/// Why a file or a line could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No column holds addresses.
    #[error("there is no `email` column; the columns are: {0}")]
    NoEmailColumn(String),
    /// It is some other kind of file.
    #[error("its first line has {0} columns, and a list of people has at most {MAX_COLUMNS}")]
    TooWide(usize),
    /// Whatever follows it would be part of the cell.
    #[error("a quotation mark is opened and never closed")]
    Unclosed,
    /// The line is not CSV.
    #[error("the line cannot be read")]
    Line(#[from] csv::Error),
}

/// No list of people has more. Each rejected line is written with as many.
const MAX_COLUMNS: usize = 1_000;

/// Reads a file: each person with their line's number.
///
/// # Errors
/// [`Error::NoEmailColumn`], [`Error::TooWide`]; a bad line is in its own place.
pub fn read(text: &str) -> Result<Sheet, Error> {
    let text = lines::with_line_feeds(text);
    let mut lines = Lines::new(&text);
    let (delimiter, headers) = lines.headers()?;
    if headers.len() > MAX_COLUMNS {
        return Err(Error::TooWide(headers.len()));
    }
    let lines: Vec<_> = lines.collect();
    let cells = lines.iter().filter_map(|(_, cells)| cells.as_ref().ok());
    let columns = Columns::find(&headers, cells).ok_or_else(|| Error::NoEmailColumn(headers.join(", ")))?;
    let lines = lines.into_iter().map(|(number, cells)| match cells {
        Ok(cells) => Line { number, row: Ok(columns.row(&cells)), cells },
        // As good as it can be told, for whoever mends it.
        Err((error, whole)) => {
            let cells = whole.split(char::from(delimiter)).map(str::to_owned).collect();
            Line { number, row: Err(error), cells }
        }
    });
    Ok(Sheet { delimiter, lines: lines.collect(), headers })
}

#[cfg(test)]
mod tests;
