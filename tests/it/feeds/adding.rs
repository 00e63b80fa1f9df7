//! `feeds add` as an administrator runs it: on a feed, a page, a wrong address, a private one, one that is there
//! already. The file's comments stay, whatever happens.

use std::path::Path;
use std::process::Output;

use crate::support::program::{policy_digest, text};
use crate::support::{Entry, FeedServer, Reply, rss};

/// With comments, and an order that nobody may change.
const LIST: &str = "\
# Our feeds. Ask Ada before you add one.

# == Councils ==

# Alpha writes little.   (sic)
[[feed]]
id  = 'alpha'          # since 2019
url = \"https://alpha.example.org/feed\"

# Not yet:
# [[feed]]
# id = \"beta\"
";

/// When posts are dated: none is older than the visit, whatever the second in which it begins.
fn soon() -> chrono::DateTime<chrono::Utc> {
    chrono::Utc::now() + chrono::TimeDelta::minutes(5)
}

fn entry(id: &str) -> Entry {
    Entry { published: Some(soon()), ..Entry::on_topic(id) }
}

fn football() -> Entry {
    Entry { title: "A match".to_owned(), text: "It was lost.".to_owned(), ..entry("2") }
}

struct Office {
    folder: tempfile::TempDir,
    server: FeedServer,
}

impl Office {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        crate::support::write_config(folder.path(), &[], "");
        std::fs::write(folder.path().join("config/feeds.toml"), LIST).unwrap();
        let server = FeedServer::start().await;
        server.serve(
            "/feed",
            Reply::feed(rss(&[entry("1"), football(), entry("3"), entry("4"), entry("5"), entry("6")])),
        );
        Self { folder, server }
    }

    fn serve_page(&self, path: &str, links: &[&str]) {
        let link = |href: &&str| format!("<link rel=\"alternate\" type=\"application/rss+xml\" href=\"{href}\">");
        let head: String = links.iter().map(link).collect();
        self.server
            .serve(path, Reply::feed(format!("<!DOCTYPE html><html><head>{head}</head><body>Hello</body></html>")));
    }

    fn list(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("config/feeds.toml")).unwrap()
    }

    /// The command on an address of the server's, on another thread, so that the server can answer.
    async fn add(&self, address: &str, more: &[&str]) -> Output {
        let address = if address.starts_with('/') { self.server.url(address) } else { address.to_owned() };
        run(self.folder.path(), &[&["feeds", "add", &address], more].concat()).await
    }

    /// What is told when nothing is added, with the server's address left out.
    async fn refused(&self, address: &str, more: &[&str], code: i32) -> String {
        let output = self.add(address, more).await;
        assert_eq!(output.status.code(), Some(code), "{}", text(&output));
        assert_eq!(self.list(), LIST, "nothing was written");
        assert!(output.stdout.is_empty(), "{}", text(&output));
        text(&output).replace(&self.server.url(""), "http://blog.test")
    }
}

async fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = policy_digest(folder);
    command.args(arguments);
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

#[tokio::test]
async fn a_feed_is_shown_and_written_down_below_the_others() {
    let office = Office::new().await;
    let output = office.add("/feed", &["--tag", "uk,audit"]).await;
    assert!(output.status.success(), "{}", text(&output));
    let today = soon().format("%-d %b %Y").to_string();
    let shown = text(&output).replace(&office.server.url(""), "http://blog.test");
    insta::assert_snapshot!("feeds_add", shown.replace(&format!("{today:>11}"), "      TODAY"));
    let url = office.server.url("/feed");
    let entry = format!("[[feed]]\nid = \"blog\"\ntitle = \"Blog\"\nurl = \"{url}\"\ntags = [\"uk\", \"audit\"]\n");
    let (above, below) = LIST.split_once("\n# Not yet").unwrap();
    assert_eq!(office.list(), format!("{above}\n{entry}\n# Not yet{below}"));
    let listed = run(office.folder.path(), &["feeds", "list"]).await;
    assert!(text(&listed).contains("blog"), "{}", text(&listed));
}

#[tokio::test]
async fn a_page_leads_to_its_feed_and_not_to_that_of_its_comments() {
    let office = Office::new().await;
    office.serve_page("/", &["/comments/feed/", "/feed"]);
    office.server.serve("/comments/feed/", Reply::feed(rss(&[Entry::on_topic("c")])));
    let output = office.add("/", &["--id", "the-blog", "--title", "A blog of ours", "--json"]).await;
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&answer["added"], &answer["id"]), (&true.into(), &"the-blog".into()));
    assert_eq!((&answer["url"], &answer["picked"]), (&office.server.url("/feed").into(), &5.into()));
    assert_eq!(answer["posts"].as_array().unwrap().len(), 5);
    assert_eq!(answer["posts"][0]["reasons"][0]["phrase"], "collaborative governance");
    assert!(office.list().contains("title = \"A blog of ours\""), "{}", office.list());
}

#[tokio::test]
async fn a_log_in_is_written_down_and_never_shown() {
    let office = Office::new().await;
    let address = office.server.url("/feed").replace("http://", "http://ada:secret@");
    let shown = text(&office.add(&address, &[]).await);
    assert!(office.list().contains(&address) && !shown.contains("secret"), "{shown}");
}

#[tokio::test]
async fn of_several_feeds_a_person_must_say_which() {
    let office = Office::new().await;
    office.serve_page("/", &["/feed", "/other"]);
    office.server.serve("/other", Reply::feed(rss(&[]).replace("<title>Blog<", "<title>Other<")));
    insta::assert_snapshot!("feeds_add_several", office.refused("/", &[], 2).await);
}

#[tokio::test]
async fn a_wrong_address_is_refused_with_what_to_do() {
    let office = Office::new().await;
    office.serve_page("/page", &[]);
    let mut told = String::new();
    for (address, code) in [
        ("htps://blog.example.org/feed", 2),
        ("/nothing-here", 1),
        ("/page", 1),
        ("http://10.0.0.1/feed", 2),
        ("http://[::ffff:192.168.0.1]/feed", 2),
    ] {
        let shown = office.refused(address, &[], code).await;
        told.push_str(&format!("$ feeds add {address}\n{shown}\n"));
    }
    insta::assert_snapshot!("feeds_add_refusals", told);
}

#[tokio::test]
async fn one_that_is_there_already_is_refused_by_whichever_address() {
    let office = Office::new().await;
    for (path, status, target) in [("/old", 301, "/feed"), ("/away", 302, "/feed")] {
        office.server.serve(path, Reply { status, ..Reply::feed(String::new()) }.with("location", target));
    }
    let listed =
        format!("{LIST}\n[[feed]]\nid = \"blog\"\nurl = \"{}\"\nenabled = false\n", office.server.url("/feed"));
    std::fs::write(office.folder.path().join("config/feeds.toml"), &listed).unwrap();
    for (address, more, told) in [
        ("http://www.alpha.example.org/feed/?utm_source=x", &[][..], "is already in the list, as `alpha`"),
        ("alpha.example.org/feed", &[], "`policy-digest feeds check alpha` shows its state"),
        ("/feed", &[], "is already in the list, as `blog`, disabled"),
        ("/feed#top", &[], "`policy-digest feeds enable blog` polls it again"),
        ("/old", &[], "which is already in the list, as `blog`, disabled"),
        ("/away", &[], "it redirects to "),
        ("/new", &["--id", "alpha"], "another feed is called `alpha`"),
        ("/new", &["--id", "Al Pha"], "`Al Pha` cannot be a feed's id"),
    ] {
        let output = office.add(address, more).await;
        assert_eq!(output.status.code(), Some(2), "{}", text(&output));
        assert!(text(&output).contains(told), "{told}\nis not in\n{}", text(&output));
        assert_eq!(office.list(), listed);
    }
}

#[tokio::test]
async fn what_a_person_should_know_is_noted() {
    let office = Office::new().await;
    let moved = Reply { status: 308, ..Reply::feed(String::new()) }.with("location", "/broken");
    office.server.serve("/moved", moved);
    let old = Entry { published: Some("2024-03-01T09:00:00Z".parse().unwrap()), ..Entry::on_topic("1") };
    let broken = rss(&[old, Entry { published: None, ..Entry::on_topic("2") }]).replace("among", "& among");
    office.server.serve("/broken", Reply::feed(broken));
    let shown = text(&office.add("/moved", &["--dry-run"]).await);
    for note in
        ["it has moved from", "it is not well-formed, and was repaired: 2 bare ampersands", "1 of its posts have"]
    {
        assert!(shown.contains(note), "{note}\nis not in\n{shown}");
    }
    assert!(shown.contains("its last post is from March 2024") && shown.contains("nothing was added"), "{shown}");
    assert_eq!(office.list(), LIST);
    office.add("/moved", &["--yes"]).await;
    assert!(office.list().contains(&format!("url = \"{}\"", office.server.url("/broken"))), "{}", office.list());
}

#[tokio::test]
async fn a_second_address_of_what_is_polled_already_is_noted() {
    let office = Office::new().await;
    let listed = format!("[[feed]]\nid = \"first\"\nurl = \"{}\"\n", office.server.url("/copy"));
    std::fs::write(office.folder.path().join("config/feeds.toml"), listed).unwrap();
    office.server.serve("/copy", Reply::feed(rss(&[entry("1"), entry("3")])));
    assert!(run(office.folder.path(), &["poll"]).await.status.success());
    let shown = text(&office.add("/feed", &["--dry-run"]).await);
    assert!(shown.contains("note: 2 of its last 5 posts are here already, from first"), "{shown}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_list_that_cannot_be_written_is_left_as_it_was() {
    let office = Office::new().await;
    let path = office.folder.path().join("config/feeds.toml");
    let mut permissions = std::fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&path, permissions).unwrap();
    let output = office.add("/feed", &["--yes"]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).contains("feeds.toml`; it is unchanged") && text(&output).contains("read-only"));
    assert_eq!(office.list(), LIST);
}

#[tokio::test]
async fn a_proposed_command_runs_nothing_that_a_page_has_put_into_it() {
    let office = Office::new().await;
    let hostile = "/$(pwd);pwd;'pwd'";
    office.server.serve(hostile, Reply::feed(rss(&[entry("1")]).replace("Blog", "`pwd` $(pwd)")));
    office.serve_page("/", &["/feed", hostile]);
    let refused = office.refused("/", &[], 2).await;
    let commands: Vec<_> = refused.lines().filter(|line| line.contains("policy-digest feeds add")).collect();
    assert_eq!(commands.len(), 2, "{refused}");
    let pasted = commands.join("\n").replace("policy-digest feeds add", "printf '%s\\n'");
    let output = std::process::Command::new("sh").args(["-c", &pasted]).output().unwrap();
    let addresses = String::from_utf8(output.stdout).unwrap();
    assert_eq!(addresses, format!("http://blog.test/feed\nhttp://blog.test{hostile}\n"), "{refused}");
}
