//! Tables for people: with a header, without boxes, as wide as the terminal.

use comfy_table::{ContentArrangement, Table, presets};

pub(crate) use crate::domain::items::text::count;

/// An empty table with these columns.
pub(crate) fn new<const N: usize>(columns: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_header(columns);
    table
}
