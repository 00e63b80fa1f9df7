//! Protects spreadsheets from CSV injection (OWASP): a cell that looks like a formula is written with an apostrophe before
//! it. All written cells are guarded, and guarded cells are read back unchanged.

/// The cell, with an apostrophe if it needs one. A cell that already looks guarded gets another one, so that it is read
/// back unchanged.
pub(super) fn guarded(cell: &str) -> String {
    if is_formula(cell.trim_start_matches('\'')) { format!("'{cell}") } else { cell.to_owned() }
}

/// The cell without the apostrophe, if it is guarded.
pub(super) fn unguarded(cell: &str) -> String {
    match cell.strip_prefix('\'') {
        Some(rest) if is_formula(rest.trim_start_matches('\'')) => rest.to_owned(),
        _ => cell.to_owned(),
    }
}

/// Whether spreadsheets treat the cell as a formula, also after a leading tab or line break. Some accept the full-width
/// forms of East Asian keyboards too.
fn is_formula(cell: &str) -> bool {
    cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_guarded_cell_is_a_formula_and_each_is_read_back_unchanged(cell in "[-='+@＝a\t\n]{0,5}") {
            let guarded = guarded(&cell);
            prop_assert!(!is_formula(&guarded));
            prop_assert_eq!(unguarded(&guarded), cell);
        }
    }
}
