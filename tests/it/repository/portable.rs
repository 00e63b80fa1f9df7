//! The store's statements are one text for every engine: nothing in them is SQLite's alone. What belongs to one engine, such
//! as schemas, pragmas and copies, is in `store/database`, and is not looked at here.

use super::floors::{code, sources, without_tests};

/// What only SQLite understands, with what is written instead.
const SQLITE_ONLY: &[(&str, &str)] = &[
    ("INSERT OR ", "ON CONFLICT"),
    ("REPLACE INTO", "ON CONFLICT"),
    ("last_insert_rowid", "RETURNING"),
    ("rowid", "a column of its own"),
    ("sqlite_", "nothing: SQLite's own tables are its own"),
    ("PRAGMA", "nothing: it belongs in `store/database`"),
    ("TEMP TABLE", "parameters or a join"),
    ("TEMP VIEW", "parameters or a join"),
    ("AUTOINCREMENT", "nothing: it belongs in a migration"),
    ("INDEXED BY", "a statement that finds its index"),
    ("CROSS JOIN", "LEFT JOIN, where the order of a join matters"),
    ("NOCASE", "lower(…)"),
    ("GLOB", "a comparison, or a filter in Rust"),
    (" LIKE ", "a comparison, or a filter in Rust: it takes case differently"),
    ("iif(", "CASE"),
    ("ifnull(", "coalesce(…)"),
    ("json_", "rows, or JSON in Rust"),
    ("group_concat(", "rows"),
    ("strftime(", "seconds, bound"),
    ("unixepoch(", "seconds, bound"),
    ("datetime(", "seconds, bound"),
    ("typeof(", "nothing: columns are STRICT"),
    ("instr(", "a filter in Rust"),
    ("printf(", "||"),
    ("random(", "a bound value"),
    ("changes()", "what `execute` returns"),
    ("IS ?", "IS NOT DISTINCT FROM"),
    ("IS :", "IS NOT DISTINCT FROM"),
    ("IS NOT ?", "IS DISTINCT FROM"),
    ("IS NOT :", "IS DISTINCT FROM"),
    (" NOT ?", "= 0: a boolean is bound as an integer"),
    (" NOT :", "= 0: a boolean is bound as an integer"),
];

#[test]
fn statements_are_the_same_for_every_engine() {
    let mut broken = Vec::new();
    for (path, text) in sources() {
        let name = path.to_string_lossy().replace('\\', "/");
        if name.starts_with("store") && !name.starts_with("store/database") {
            let found = not_portable(&code(without_tests(&text)));
            broken.extend(found.into_iter().map(|found| format!("{name}: {found}")));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn what_only_sqlite_understands_is_seen() {
    for (pattern, _) in SQLITE_ONLY {
        let found = not_portable(&format!("const A: &str = \"SELECT{pattern}1 x\";"));
        assert!(found.iter().any(|found| found.contains(pattern.trim())), "{pattern}");
    }
    for (statement, found) in [
        ("SELECT min(a, 1) FROM t", "min(a, 1)"),
        ("SELECT max(coalesce(a, b), c) FROM t", "max(coalesce(a, b), c)"),
        ("SELECT sum(count) FROM t", "sum(count)"),
        ("UPDATE t SET a = CASE WHEN :is_a THEN 1 END", "WHEN :is_a THEN"),
        ("SELECT a FROM (SELECT a FROM t WHERE (b)) WHERE a", "FROM (SELECT a FROM t WHERE (b))"),
        ("SELECT a FROM (SELECT a FROM t)", "FROM (SELECT a FROM t)"),
    ] {
        assert!(
            not_portable(statement)[0].contains(&format!("`{found}`")),
            "{statement}: {:?}",
            not_portable(statement)
        );
    }
    let fine = "SELECT min(coalesce(a, b)), CAST(coalesce(sum(c), 0) AS BIGINT), CAST(sum(c) AS BIGINT)
        FROM (SELECT a, b, c FROM t WHERE a IS NOT DISTINCT FROM :a AND b IS NOT NULL) found
        WHERE CASE WHEN :d = 1 THEN a ELSE b END; counts.iter().sum(); first.min(second, third)";
    assert_eq!(not_portable(fine), [""; 0]);
}

fn not_portable(code: &str) -> Vec<String> {
    let known = SQLITE_ONLY.iter().filter(|(pattern, _)| code.contains(pattern));
    let mut found: Vec<String> = known.map(|(only, instead)| format!("`{only}`: write {instead}")).collect();
    for call in ["min(", "max("] {
        for (at, inside) in calls(code, call) {
            if has_several(inside) {
                let name = &code[at..at + call.len()];
                found.push(format!("`{name}{inside})`: of several values; write CASE"));
            }
        }
    }
    for (at, inside) in calls(code, "sum(") {
        if !code[..at].ends_with("CAST(") && !code[..at].ends_with("CAST(coalesce(") {
            found.push(format!("`sum({inside})`: its type differs; write CAST(sum(…) AS BIGINT)"));
        }
    }
    for (at, inside) in calls(code, "FROM (") {
        let rest = code[at + "FROM (".len() + inside.len() + 1..].trim_start();
        if inside.trim_start().starts_with("SELECT") && !rest.starts_with(|c: char| c.is_ascii_lowercase()) {
            found.push(format!("`FROM ({inside})`: a table without a name"));
        }
    }
    for (at, _) in code.match_indices("WHEN ") {
        let mut words = code[at..].split_whitespace();
        if let (Some(when), Some(value), Some("THEN")) = (words.next(), words.next(), words.next())
            && value.starts_with([':', '?'])
        {
            found.push(format!("`{when} {value} THEN`: a boolean is bound as an integer; write = 1"));
        }
    }
    found
}

/// Each call of an SQL function, or other text that ends in a bracket, with its place and what is in the brackets; methods
/// and parts of longer names are not meant.
fn calls<'a>(code: &'a str, name: &str) -> Vec<(usize, &'a str)> {
    let is_call = |at: &usize| {
        !code[..*at].ends_with(|before: char| before.is_alphanumeric() || matches!(before, '.' | '_' | ':'))
    };
    let inside = |at: usize| {
        let start = at + name.len();
        let mut depth = 1;
        let end = code[start..].find(|c: char| {
            depth += i32::from(c == '(') - i32::from(c == ')');
            depth == 0
        });
        end.map(|end| (at, &code[start..start + end]))
    };
    code.match_indices(name).map(|(at, _)| at).filter(is_call).filter_map(inside).collect()
}

/// Whether there is a comma outside further brackets.
fn has_several(inside: &str) -> bool {
    let mut depth = 0;
    inside.chars().any(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        c == ',' && depth == 0
    })
}
