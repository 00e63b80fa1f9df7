//! Tables for people: a header, no boxes, as wide as the terminal.

use comfy_table::{ContentArrangement, Table, presets};

/// An empty table with these columns.
pub(crate) fn new<const N: usize>(columns: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_header(columns);
    table
}

/// "1 post", "2 posts".
pub(crate) fn count(number: usize, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}
