//! The mark that keeps a spreadsheet from calculating a cell that begins like a formula: an apostrophe before it (OWASP,
//! "CSV Injection"). Every cell that is written is guarded, and what was guarded is read back as it was.

/// The cell with the mark, if it needs one. A cell that looks marked already gets another one, so that it is read back
/// whole.
pub(super) fn guarded(cell: &str) -> String {
    if is_formula(cell.trim_start_matches('\'')) { format!("'{cell}") } else { cell.to_owned() }
}

/// The cell without the mark, where it has one.
pub(super) fn unguarded(cell: &str) -> String {
    match cell.strip_prefix('\'') {
        Some(rest) if is_formula(rest.trim_start_matches('\'')) => rest.to_owned(),
        _ => cell.to_owned(),
    }
}

/// Spreadsheets take a cell that begins so for a formula, or look behind its first character for one; some read the wide
/// forms of East Asian keyboards like the plain ones.
fn is_formula(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_guarded_cell_is_calculated_and_each_is_read_back(cell in "[-='+@＝a\t\n]{0,5}") {
            let guarded = guarded(&cell);
            prop_assert!(!is_formula(&guarded));
            prop_assert_eq!(unguarded(&guarded), cell);
        }
    }
}
