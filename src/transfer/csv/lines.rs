//! Splits a text into lines of cells. A quoted cell may contain line breaks. An unclosed quotation mark must not swallow the
//! rest of the file, so lines are joined only if the result has as many cells as the file has columns.

use std::borrow::Cow;

use super::Error;

/// The most lines of one cell.
const LONGEST_CELL: usize = 50;

/// The cells of a line, or the error and the unparsed line.
type Cells = Result<Vec<String>, (Error, String)>;

/// Reads line by line.
pub(super) struct Lines<'t> {
    rest: &'t str,
    number: u64,
    delimiter: u8,
    columns: usize,
}

/// The text with line feeds where its lines end in CR alone, as programs of old Macs and some exports write them.
pub(super) fn with_line_feeds(text: &str) -> Cow<'_, str> {
    let first = text.split('\n').next().unwrap_or_default();
    // Within lines that end otherwise, a CR is part of a cell.
    match first.trim_end_matches('\r').contains('\r') {
        true => Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n")),
        false => Cow::Borrowed(text),
    }
}

impl<'t> Lines<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { rest: text.trim_start_matches('\u{feff}'), number: 0, delimiter: b',', columns: 0 }
    }

    /// The delimiter, and the cells of the first line that is not blank.
    pub(super) fn headers(&mut self) -> Result<(u8, Vec<String>), Error> {
        let mut first = self.next_filled().unwrap_or_default();
        // Excel may name the delimiter in a first line `sep=;`.
        let named = first.trim().strip_prefix("sep=").and_then(|rest| rest.bytes().next());
        if named.is_some() {
            first = self.next_filled().unwrap_or_default();
        }
        let often = |delimiter: &u8| first.bytes().filter(|byte| byte == delimiter).count();
        // If several are equally frequent, the last one wins: a comma.
        self.delimiter = named.unwrap_or_else(|| [b';', b'\t', b','].into_iter().max_by_key(often).unwrap_or(b','));
        let headers = cells(first, self.delimiter)?;
        self.columns = headers.len();
        Ok((self.delimiter, headers))
    }

    /// The number of the last line that was read.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    fn next_filled(&mut self) -> Option<&'t str> {
        loop {
            let line = self.next_line()?;
            if !line.trim().is_empty() {
                return Some(line);
            }
        }
    }

    fn next_line(&mut self) -> Option<&'t str> {
        if self.rest.is_empty() {
            return None;
        }
        self.number += 1;
        let (line, rest) = self.rest.split_at(line_end(self.rest));
        self.rest = rest;
        Some(bare(line))
    }

    /// The cells of a line whose last cell is still open, joined with the lines that close it.
    fn joined(&mut self, first: &str) -> Result<Vec<String>, Error> {
        let (mut taken, mut at) = (0, reached(At::Start, first, self.delimiter));
        for more in 1..=LONGEST_CELL {
            if taken == self.rest.len() {
                break;
            }
            let line = &self.rest[taken..taken + line_end(&self.rest[taken..])];
            taken += line.len();
            at = reached(at.after(b'\n', self.delimiter), bare(line), self.delimiter);
            if at == At::Quoted {
                continue;
            }
            let whole = format!("{first}\n{}", bare(&self.rest[..taken]));
            let cells = cells(&whole, self.delimiter)?;
            if cells.len() != self.columns {
                break;
            }
            self.rest = &self.rest[taken..];
            self.number += more as u64;
            return Ok(cells);
        }
        Err(Error::Unclosed)
    }
}

impl Iterator for Lines<'_> {
    type Item = (u64, Cells);

    fn next(&mut self) -> Option<Self::Item> {
        let line = self.next_filled()?;
        let number = self.number;
        let cells = if is_open(line, self.delimiter) { self.joined(line) } else { cells(line, self.delimiter) };
        Some((number, cells.map_err(|error| (error, line.to_owned()))))
    }
}

fn line_end(text: &str) -> usize {
    text.find('\n').map_or(text.len(), |end| end + 1)
}

fn bare(line: &str) -> &str {
    line.strip_suffix('\n').map_or(line, |line| line.strip_suffix('\r').unwrap_or(line))
}

/// The state of a CSV parser.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Start,
    Plain,
    Quoted,
    /// After a quotation mark in a quoted cell: the end, or the first of a pair that means one mark.
    Mark,
}

impl At {
    /// The next state, as in the `csv` crate.
    fn after(self, byte: u8, delimiter: u8) -> Self {
        match (self, byte) {
            (Self::Start | Self::Mark, b'"') => Self::Quoted,
            (Self::Quoted, b'"') => Self::Mark,
            (Self::Quoted, _) => Self::Quoted,
            (_, b'\n') => Self::Start,
            (_, byte) if byte == delimiter => Self::Start,
            _ => Self::Plain,
        }
    }
}

fn reached(from: At, text: &str, delimiter: u8) -> At {
    text.bytes().fold(from, |at, byte| at.after(byte, delimiter))
}

/// Whether a quoted cell is still open at the end of the line.
fn is_open(line: &str, delimiter: u8) -> bool {
    line.contains('"') && reached(At::Start, line, delimiter) == At::Quoted
}

fn cells(line: &str, delimiter: u8) -> Result<Vec<String>, Error> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .buffer_capacity(line.len().max(16))
        .from_reader(line.as_bytes());
    let mut record = csv::StringRecord::new();
    reader.read_record(&mut record)?;
    Ok(record.iter().map(str::to_owned).collect())
}
