//! Subscribers as CSV (RFC 4180, with comma, semicolon or tab), as Mailchimp, listmonk, spreadsheets and we write it.
//! Columns are matched by name, and each line is read separately, so that a bad one affects only itself. `app` decides
//! what to do with a line; the caller has decoded the text.

mod columns;
mod guard;
mod lines;
mod write;

pub use columns::{Row, Standing};
pub use write::{Exported, rejects, write};

use columns::Columns;
use lines::Lines;

/// A parsed file.
#[derive(Debug)]
pub struct Sheet {
    /// Comma, semicolon or tab.
    delimiter: u8,
    /// The names of its columns; where it names none, only that of the addresses.
    headers: Vec<String>,
    /// Every line below the header that is not blank.
    pub lines: Vec<Line>,
}

/// One line.
#[derive(Debug)]
pub struct Line {
    /// From 1.
    pub number: u64,
    /// The person, or why the line could not be read.
    pub row: Result<Row, Error>,
    cells: Vec<String>,
}

/// Why a file or a line could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No column holds addresses.
    #[error("there is no `email` column; the columns are: {0}")]
    NoEmailColumn(String),
    /// The file has far too many columns to be a list of people.
    #[error("its first line has {0} columns, and a list of people has at most {MAX_COLUMNS}")]
    TooWide(usize),
    /// A quoted cell is never closed.
    #[error("a quotation mark is opened and never closed")]
    Unclosed,
    /// The line is not CSV.
    #[error("the line cannot be read")]
    Line(#[from] csv::Error),
}

/// The most columns. Each rejected line is written with as many cells as there are columns.
const MAX_COLUMNS: usize = 1_000;

/// Reads a file.
///
/// # Errors
/// [`Error::NoEmailColumn`], [`Error::TooWide`]. The error of a bad line is in its [`Line::row`].
pub fn read(text: &str) -> Result<Sheet, Error> {
    let text = lines::with_line_feeds(text);
    let mut lines = Lines::new(&text);
    let (delimiter, mut headers) = lines.headers()?;
    if headers.len() > MAX_COLUMNS {
        return Err(Error::TooWide(headers.len()));
    }
    let first = (lines.number(), Ok(headers.clone()));
    let mut lines: Vec<_> = lines.collect();
    // A list of bare addresses has no line of names, and its first line is a person.
    let has_names = !columns::has_address(&headers);
    if !has_names {
        lines.insert(0, first);
        headers.fill(String::new());
    }
    let cells = lines.iter().filter_map(|(_, cells)| cells.as_ref().ok());
    let columns = Columns::find(&headers, cells).ok_or_else(|| Error::NoEmailColumn(headers.join(", ")))?;
    if !has_names {
        columns.name_in(&mut headers);
    }
    let lines = lines.into_iter().map(|(number, cells)| match cells {
        Ok(cells) => Line { number, row: Ok(columns.row(&cells)), cells },
        // A rough split, so that the line can be written out to be corrected.
        Err((error, whole)) => {
            let cells = whole.split(char::from(delimiter)).map(str::to_owned).collect();
            Line { number, row: Err(error), cells }
        }
    });
    Ok(Sheet { delimiter, lines: lines.collect(), headers })
}

#[cfg(test)]
mod tests;
