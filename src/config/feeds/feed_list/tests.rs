use super::*;

const LIST: &str = "\
# The list.
# How it is used.

# == Government ==

# Alpha: what it is.
[[feed]]
id = \"alpha\"   # the first
url  =  'https://a.example.org/'
# tags = [\"off\"]

# Beta: what it is.
[[feed]]
id = \"beta\"
url = \"https://b.example.org/\"
enabled = false # until spring
topic = { prior = -0.5 }

# == Others ==

# Gamma.
[[feed]]
id = \"gamma\"
url = \"https://c.example.org/\"

# Ideas:
# https://d.example.org/
";

fn id(text: &str) -> FeedId {
    FeedId::parse(text).unwrap()
}

fn edited(before: &str, change: impl FnOnce(&mut FeedList)) -> String {
    let mut list = FeedList::parse(before).unwrap();
    change(&mut list);
    let after = list.to_text(before);
    read_feeds(&after, Path::new("config"), false).unwrap();
    after
}

/// The lines of which one side has more than the other: `-gone`, `+new`.
fn difference(before: &str, after: &str) -> Vec<String> {
    let (before, after): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let start = before.iter().zip(&after).take_while(|(a, b)| a == b).count();
    let end = before[start..].iter().rev().zip(after[start..].iter().rev()).take_while(|(a, b)| a == b).count();
    let gone = before[start..before.len() - end].iter().map(|line| format!("-{line}"));
    gone.chain(after[start..after.len() - end].iter().map(|line| format!("+{line}"))).collect()
}

fn new(name: &str) -> NewFeed {
    NewFeed {
        id: id(name),
        title: Some(format!("The \"{name}\" blog")),
        url: format!("https://{name}.example.org/feed"),
        tags: vec!["uk".to_owned(), "health".to_owned()],
        enabled: true,
    }
}

#[test]
fn a_new_feed_stands_at_the_end_and_nothing_else_has_changed() {
    let after = edited(LIST, |list| list.add(&new("delta")));
    let added = [
        "+[[feed]]",
        "+id = \"delta\"",
        "+title = 'The \"delta\" blog'",
        "+url = \"https://delta.example.org/feed\"",
        "+tags = [\"uk\", \"health\"]",
        "+",
    ];
    assert_eq!(difference(LIST, &after), added);
}

#[test]
fn the_first_feed_comes_below_the_files_own_words() {
    let words = "# The list.\n";
    let after = edited(words, |list| list.add(&NewFeed { title: None, tags: vec![], enabled: false, ..new("delta") }));
    assert_eq!(
        after,
        "# The list.\n\n[[feed]]\nid = \"delta\"\nurl = \"https://delta.example.org/feed\"\nenabled = false\n"
    );
    assert!(edited("", |list| list.add(&new("delta"))).starts_with("[[feed]]\n"));
}

#[test]
fn a_feed_that_goes_takes_its_own_comment_and_no_other() {
    let after = edited(LIST, |list| assert!(list.remove(&id("beta"))));
    let gone = [
        "-# Beta: what it is.",
        "-[[feed]]",
        "-id = \"beta\"",
        "-url = \"https://b.example.org/\"",
        "-enabled = false # until spring",
        "-topic = { prior = -0.5 }",
        "-",
    ];
    assert_eq!(difference(LIST, &after), gone);
    let after = edited(LIST, |list| assert!(list.remove(&id("alpha"))));
    assert!(after.starts_with("# The list.\n# How it is used.\n\n# == Government ==\n\n# Beta: what it is.\n[[feed]]"));
    let after = edited(LIST, |list| assert!(list.remove(&id("gamma"))));
    assert!(after.ends_with("topic = { prior = -0.5 }\n\n# == Others ==\n\n# Ideas:\n# https://d.example.org/\n"));
}

#[test]
fn the_last_feed_can_go_and_another_one_come() {
    let one = "# The list.\n\n# One.\n[[feed]]\nid = \"one\"\nurl = \"https://one.example.org/\"\n";
    let none = edited(one, |list| assert!(list.remove(&id("one"))));
    assert_eq!(none.trim_end(), "# The list.");
    assert!(edited(&none, |list| list.add(&new("two"))).starts_with("# The list.\n\n[[feed]]\nid = \"two\""));
    assert_eq!(edited(one, |list| assert!(!list.remove(&id("two")))), one);
}

#[test]
fn to_disable_and_enable_again_leaves_the_file_as_it_was() {
    let off = edited(LIST, |list| assert!(list.set_enabled(&id("gamma"), false)));
    assert_eq!(difference(LIST, &off), ["+enabled = false"]);
    assert_eq!(edited(&off, |list| assert!(list.set_enabled(&id("gamma"), true))), LIST);
    let on = edited(LIST, |list| assert!(list.set_enabled(&id("beta"), true)));
    assert_eq!(difference(LIST, &on), ["-enabled = false # until spring", "+enabled = true # until spring"]);
    assert_eq!(edited(LIST, |list| assert!(list.set_enabled(&id("alpha"), true))), LIST);
}

#[test]
fn line_ends_and_a_byte_order_mark_stay() {
    let windows = format!("\u{feff}{}", LIST.replace('\n', "\r\n"));
    let after = edited(&windows, |list| {
        list.add(&new("delta"));
        list.remove(&id("delta"));
    });
    assert_eq!(after, windows);
    let after = edited(&windows, |list| list.add(&new("delta")));
    assert_eq!(after.matches('\n').count(), after.matches("\r\n").count());
}

#[test]
fn a_list_in_brackets_is_refused() {
    assert!(FeedList::parse("feed = [{ id = \"a\", url = \"https://a.example.org/\" }]").is_none());
}
