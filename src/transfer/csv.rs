//! People as a CSV file: columns matched by name, each line read on its own. RFC 4180, UTF-8, with or without
//! a byte order mark.

/// One line's person.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Row {
    /// Column `email` (or `address`, `e-mail`, `email address`).
    pub email: String,
    /// Column `name`.
    pub name: String,
    /// Column `cadence`.
    pub cadence: String,
    /// Column `themes`.
    pub themes: String,
}

/// A line's number, and its person or why it could not be read.
pub type Line = (u64, Result<Row, Error>);

/// Why a file or a line could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No column holds addresses.
    #[error("there is no `email` column; the columns are: {0}")]
    NoEmailColumn(String),
    /// The line is not CSV.
    #[error("the line cannot be read")]
    Line(#[from] csv::Error),
}

/// Reads a file: each person with their line's number.
///
/// # Errors
/// [`Error::NoEmailColumn`]; a bad line is in its own place.
pub fn read(bytes: &[u8]) -> Result<Vec<Line>, Error> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(bytes);
    let headers: Vec<String> = reader.headers()?.iter().map(str::to_lowercase).collect();
    let column = |names: &[&str]| headers.iter().position(|header| names.contains(&header.as_str()));
    let Some(email) = column(&["email", "e-mail", "address", "email address"]) else {
        return Err(Error::NoEmailColumn(headers.join(", ")));
    };
    let (name, cadence, themes) = (column(&["name"]), column(&["cadence"]), column(&["themes"]));
    let rows = reader.records().enumerate().map(|(index, record)| {
        let line =
            record.as_ref().ok().and_then(csv::StringRecord::position).map_or(index as u64 + 2, csv::Position::line);
        let row = record.map_err(Error::from).map(|record| {
            let cell = |column: Option<usize>| column.and_then(|at| record.get(at)).unwrap_or_default().to_owned();
            Row { email: cell(Some(email)), name: cell(name), cadence: cell(cadence), themes: cell(themes) }
        });
        (line, row)
    });
    Ok(rows.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_matched_by_name_in_any_order() {
        let rows = read("\u{feff}Name,Email\nAda, ada@example.org\n\"Byron, B.\",b@example.org\n".as_bytes()).unwrap();
        let people: Vec<_> = rows.into_iter().map(|(line, row)| (line, row.unwrap())).collect();
        assert_eq!(people[0].0, 2);
        assert_eq!(people[0].1.email, "ada@example.org");
        assert_eq!(people[1].1.name, "Byron, B.");
    }

    #[test]
    fn a_file_without_addresses_says_which_columns_it_has() {
        assert_eq!(
            read(b"name,phone\nAda,1\n").unwrap_err().to_string(),
            "there is no `email` column; the columns are: name, phone"
        );
    }
}
