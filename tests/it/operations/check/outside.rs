//! `check` on broken set-ups, each with the finding and the step that mends it, and on a good one: all green.

use std::path::Path;

use unicode_width::UnicodeWidthStr as _;

use crate::support::program::{policy_digest, text};
use crate::support::{Entry, FeedServer, NameServer, Reply, SmtpSink, rss, write_config};

/// A set-up in which nothing is wrong; a test spoils one thing of it.
struct Setup {
    folder: tempfile::TempDir,
    site: FeedServer,
    sink: SmtpSink,
    texts: Vec<(String, String)>,
}

impl Setup {
    async fn good() -> Self {
        let (folder, site, sink) = (tempfile::tempdir().unwrap(), FeedServer::start().await, SmtpSink::start());
        site.serve("/blog.xml", Reply::feed(rss(&entries())));
        site.serve("/health/live", Reply::feed("live\n".to_owned()));
        let mut setup = Self { folder, site, sink, texts: Vec::new() };
        setup.configure("digest@digest.test", "");
        let run = |arguments: &[&str]| policy_digest(setup.folder.path()).args(arguments).output().unwrap();
        let made = run(&["dkim", "generate", "--ed25519", "--selector", "s1", "--json"]);
        let made: serde_json::Value =
            serde_json::from_slice(&made.stdout).unwrap_or_else(|_| panic!("{}", text(&made)));
        setup.texts = vec![
            ("digest.test".to_owned(), "v=spf1 ip4:127.0.0.1 -all".to_owned()),
            ("_dmarc.digest.test".to_owned(), "v=DMARC1; p=quarantine".to_owned()),
            ("s1._domainkey.digest.test".to_owned(), made["record"]["value"].as_str().unwrap().to_owned()),
        ];
        setup.configure("digest@digest.test", &dkim());
        assert!(setup.run(&["poll"]).status.success());
        setup
    }

    fn configure(&self, from: &str, more: &str) {
        let feed = self.site.url("/blog.xml");
        let url = self.site.url("");
        let port = self.sink.port;
        let rest = format!(
            "[sender]\norganisation = \"The Institute\"\npostal_address = \"1 High Street\"\ncontact = \"editor@digest.test\"\n\
             [accessibility]\ncontact = \"editor@digest.test\"\nprepared = \"2026-11-02\"\n[mail]\ntransport = \"smtp\"\nfrom = \"{from}\"\n\
             [mail.smtp]\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\n{more}"
        );
        write_config(self.folder.path(), &[("blog", &feed)], &rest);
        self.edit(
            "digest.toml",
            "[polling]",
            &format!("public_url = \"{url}\"\nadmin_to = [\"admin@digest.test\"]\n[polling]"),
        );
    }

    fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.folder.path().join("config").join(file);
        let kept = std::fs::read_to_string(&path).unwrap();
        assert!(kept.contains(from), "{from} is not in {file}");
        std::fs::write(&path, kept.replacen(from, to, 1)).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> std::process::Output {
        policy_digest(self.folder.path()).args(arguments).output().unwrap()
    }

    /// The exit code and what is told, on one line.
    fn check(&self) -> (Option<i32>, String) {
        let texts: Vec<_> = self.texts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let names = NameServer::start(&texts);
        let output = self.run(&["check", "--resolver", &names.address.to_string()]);
        let shown = text(&output);
        assert!(output.status.code() == Some(2) || shown.lines().all(|line| line.width() <= 80), "{shown}");
        (output.status.code(), shown.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    #[track_caller]
    fn finds(&self, code: i32, message: &str, next: &str) {
        let (found, shown) = self.check();
        assert!(shown.contains(message), "`{message}` is not in\n{shown}");
        assert!(shown.contains(next), "`{next}` is not in\n{shown}");
        assert_eq!(found, Some(code), "{shown}");
    }
}

fn dkim() -> String {
    "[mail.dkim]\ndomain = \"digest.test\"\nselector = \"s1\"\nkey_file = \"dkim-s1.pem\"\n".to_owned()
}

/// Enough posts to tell, and each phrase of the topic in one of them.
fn entries() -> Vec<Entry> {
    let words = ["collaborative governance", "integrated care"];
    let mut entries: Vec<_> = (0..200)
        .map(|n| Entry { title: format!("Number {n}"), text: format!("Day {n}."), ..Entry::on_topic(&n.to_string()) })
        .collect();
    for (entry, word) in entries.iter_mut().zip(words) {
        entry.text = format!("On {word}.");
    }
    entries[2].title = "Vacancy: a clerk".to_owned();
    entries
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_set_up_is_all_green() {
    let setup = Setup::good().await;
    let (code, shown) = setup.check();
    assert_eq!(code, Some(0), "{shown}");
    assert!(
        shown.starts_with("configuration: no mistakes; 1 feed, 3 phrases, 200 stored posts ok templates"),
        "{shown}"
    );
    for word in [" warning ", " error ", "next:", "TXT records"] {
        assert!(!shown.contains(word), "{word}: {shown}");
    }
    assert_eq!(shown.matches(" ok ").count(), 13, "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_typing_mistake_and_an_open_door_are_refused_with_a_hint() {
    let setup = Setup::good().await;
    setup.edit("digest.toml", "[sender]", "[web]\nadmin_listen = \"0.0.0.0:8081\"\n[sendr]");
    setup.finds(2, "did you mean `sender`", "`admin_open = true`");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_template_and_a_long_note_are_mistakes() {
    let setup = Setup::good().await;
    let templates = setup.folder.path().join("config/mine/digest");
    std::fs::create_dir_all(&templates).unwrap();
    std::fs::write(templates.join("subject.txt.j2"), "{{ subjekt }}").unwrap();
    setup.edit("digest.toml", "public_url", "templates_dir = \"mine\"\npublic_url");
    setup.finds(2, "unknown variable `subjekt`", "next: `policy-digest templates export DIR`");
    std::fs::write(setup.folder.path().join("config/note.md"), "long ".repeat(5000)).unwrap();
    setup.finds(2, "2 mistakes", "next: shorten it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_is_away_fails_and_is_no_mistake() {
    let setup = Setup::good().await;
    let port = format!("port = {}", setup.sink.port);
    setup.edit("digest.toml", &port, "port = 1");
    setup.finds(1, "error mail server", "next: ");
    assert!(setup.check().1.contains("no mistakes"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_a_part_agrees_with_what_is_found() {
    let setup = Setup::good().await;
    let port = format!("port = {}", setup.sink.port);
    setup.edit("digest.toml", &port, "port = 1");
    std::fs::create_dir_all(setup.folder.path().join("config/mine/digest")).unwrap();
    std::fs::write(setup.folder.path().join("config/mine/digest/subject.txt.j2"), "{{ subjekt }}").unwrap();
    setup.edit("digest.toml", "public_url", "templates_dir = \"mine\"\npublic_url");
    std::fs::write(setup.folder.path().join("config/note.md"), "long ".repeat(5000)).unwrap();
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let resolver = silent.local_addr().unwrap().to_string();
    let shown = text(&setup.run(&["check", "--resolver", &resolver]));
    for line in [
        "error    templates       1 finding",
        "error    note            1 finding",
        "warning  DNS             1 finding",
    ] {
        assert!(shown.lines().any(|shown| shown == line), "`{line}` is not in\n{shown}");
    }
    assert!(shown.contains("error    mail server     127.0.0.1:1; 1 finding\n"), "{shown}");
    let output = setup.run(&["check", "--resolver", &resolver, "--json"]);
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    for part in answer["parts"].as_array().unwrap() {
        let has_finding = answer["findings"].as_array().unwrap().iter().any(|finding| finding["part"] == part["name"]);
        assert_eq!(part["state"] != "ok", has_finding, "{part}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_key_in_the_dns_fails_and_so_does_none() {
    let mut setup = Setup::good().await;
    let key = setup.texts.pop().unwrap();
    setup.finds(1, "`s1._domainkey.digest.test` has no DKIM record", "`policy-digest dkim record`");
    let (_, shown) = setup.check();
    assert!(shown.contains(&format!("s1._domainkey.digest.test {}", key.1)), "the record is told: {shown}");
    setup.texts.push((key.0, "v=DKIM1; k=ed25519; p=AAAA".to_owned()));
    setup.finds(1, "has another key than `key_file`", "publish what `policy-digest dkim record` shows");
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_and_doubled_records_are_told_with_what_to_publish() {
    let mut setup = Setup::good().await;
    let (spf, dmarc) = (setup.texts.remove(0), setup.texts.remove(0));
    setup.finds(
        0,
        "`digest.test` has no SPF record",
        "publish a TXT record at `digest.test`: `v=spf1 ip4:127.0.0.1 ~all`",
    );
    setup.finds(0, "`_dmarc.digest.test` has no DMARC record", "`v=DMARC1; p=none`");
    setup.texts.extend([spf.clone(), (spf.0, "v=spf1 ~all".to_owned()), dmarc]);
    setup.finds(0, "`digest.test` has more than one SPF record", "combine them into one");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_server_that_is_silent_is_told_and_can_be_left_out() {
    let setup = Setup::good().await;
    let silent = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let shown = text(&setup.run(&["check", "--resolver", &address]));
    assert!(shown.contains("cannot be looked up") && shown.contains("`--offline`"), "{shown}");
    let offline = setup.run(&["check", "--offline"]);
    let shown = text(&offline);
    assert!(offline.status.success() && shown.contains("checks skipped (--offline)"), "{shown}");
    assert_eq!(setup.run(&["check", "--resolver", "nobody"]).status.code(), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_must_be_said_before_mail_leaves() {
    let setup = Setup::good().await;
    setup.edit("digest.toml", "postal_address = \"1 High Street\"", "");
    setup.finds(0, "lacks `postal_address`", "fill in `[sender]`");
    setup.edit("digest.toml", "prepared = \"2026-11-02\"\n", "");
    setup.finds(0, "does not say when it was prepared", "write the day into `prepared`");
    setup.edit("digest.toml", "[accessibility]\ncontact = \"editor@digest.test\"\n", "");
    setup.finds(0, "there is no accessibility statement", "name there whom to contact");
    setup.configure("digest@example.org", "");
    setup.finds(
        0,
        "emails are sent from `example.org`, an example domain that belongs to nobody",
        "into `from` in `[mail]`",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_in_a_feeds_place_is_told_with_the_feed_and_no_feed_at_all_fails() {
    let setup = Setup::good().await;
    let page = "<!doctype html><link rel=alternate type=application/rss+xml href=/blog.xml>";
    setup.site.serve("/page", Reply::feed(page.to_owned()).with("content-type", "text/html"));
    setup.edit("feeds.toml", "/blog.xml", "/page");
    setup.finds(1, "feed `blog`: this is an HTML page", &format!("write `url = \"{}\"`", setup.site.url("/blog.xml")));
    setup.finds(1, "no feed can be read", "look whether this machine reaches the network");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_address_with_somebody_else_behind_it_fails_and_with_nobody_is_told() {
    let setup = Setup::good().await;
    setup.site.serve("/health/live", Reply::feed("Welcome to nginx".to_owned()));
    setup.finds(1, "answers, and it is not this program", "pass all requests on to `listen`");
    let own = setup.site.url("");
    setup.edit("digest.toml", &format!("public_url = \"{own}\""), "public_url = \"http://127.0.0.1:1\"");
    setup.finds(0, "no answer at `http://127.0.0.1:1`", "start `policy-digest run` behind it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_database_is_told_and_the_rest_is_looked_at() {
    let setup = Setup::good().await;
    damage(&setup.folder.path().join("data"));
    setup.finds(1, "error database", "policy-digest restore FILE");
}

fn damage(data: &Path) {
    for file in ["policy-digest.db-wal", "policy-digest.db-shm"] {
        let _ = std::fs::remove_file(data.join(file));
    }
    std::fs::write(data.join("policy-digest.db"), "this is no database, ".repeat(500)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn json_has_every_part_and_finding() {
    let setup = Setup::good().await;
    let answer: serde_json::Value =
        serde_json::from_slice(&setup.run(&["check", "--offline", "--json"]).stdout).unwrap();
    let names: Vec<_> = answer["parts"].as_array().unwrap().iter().map(|part| part["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "templates",
            "languages",
            "note",
            "sender",
            "signature",
            "alarms",
            "database",
            "disk",
            "network",
            "links in emails",
            "phrases"
        ]
    );
    assert_eq!(
        (answer["records"].as_array().unwrap().len(), &answer["records"][0]["found"]),
        (3, &serde_json::Value::Null)
    );
}
