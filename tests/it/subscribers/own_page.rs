//! A person's own page over a real connection: choosing, resting, another address, the data, being erased.

use std::net::SocketAddr;
use std::sync::Arc;

use chrono::TimeDelta;
use policy_digest::app::{App, digests, silent};
use policy_digest::domain::subscribers::subscriber::{Cadence, Status};
use policy_digest::domain::subscribers::token::{CONFIRM_FOR, Purpose, sign};
use policy_digest::mail::Sent;
use serde_json::Value as Json;

use crate::support::pages::{FORM, get, request, serve, status};
use crate::support::{Entry, Mail, World, rss};

/// A world that is served, with somebody in it.
struct Served {
    app: App,
    address: SocketAddr,
    sent: Arc<std::sync::Mutex<Vec<Sent>>>,
    clock: policy_digest::app::clock::Clock,
    server: crate::support::FeedServer,
    id: String,
    _folder: tempfile::TempDir,
}

impl Served {
    async fn new() -> Self {
        let world = World::new().await;
        let id = world.subscribe("ada@example.org").await;
        let (world, folder) = world.apart();
        let (app, address) = serve(world.app).await;
        Self { app, address, sent: world.sent, clock: world.clock, server: world.server, id, _folder: folder }
    }

    fn path(&self) -> String {
        format!("/p/{}", sign(&self.app.keys.token, Purpose::Preferences, &self.id, None))
    }

    async fn post(&self, below: &str, body: &str) -> String {
        request(self.address, "POST", &format!("{}/{below}", self.path()), FORM, body).await
    }

    /// A new post is there, is polled, and the weekly digest is made and sent.
    async fn digest(&self, id: &str) -> Vec<Mail> {
        let entry = Entry { published: Some(self.clock.now()), ..Entry::on_topic(id) };
        self.server.serve("/blog.xml", crate::support::Reply::feed(rss(&[entry])));
        policy_digest::app::digests::once::once(&self.app, false, &silent).await.unwrap();
        self.mails()
    }

    async fn deliver(&self) -> Vec<Mail> {
        policy_digest::app::outbox::deliver::deliver(&self.app, &silent).await.unwrap();
        self.mails()
    }

    fn mails(&self) -> Vec<Mail> {
        self.sent.lock().unwrap().drain(..).map(|sent| Mail::read(&sent.bytes)).collect()
    }
}

fn assert_sees(answer: &str, done: &str) {
    assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
    assert!(answer.contains(&format!("?done={done}\r\n")), "{answer}");
}

#[tokio::test]
async fn choices_are_kept_and_all_themes_mean_all_that_there_will_be() {
    let served = Served::new().await;
    assert_sees(&served.post("choices", "cadence=daily&theme=integration&theme=nonsense").await, "choices");
    let kept =
        || async { served.app.store.subscribers().subscriber(served.id.clone()).await.unwrap().unwrap().preferences };
    assert_eq!((kept().await.cadence, kept().await.themes), (Cadence::Daily, Some(vec!["integration".to_owned()])));
    let page = get(served.address, &format!("{}?done=choices", served.path())).await;
    assert!(page.contains("Your choices are saved.") && page.contains("value=\"daily\" checked"), "{page}");
    assert_eq!(page.matches("type=\"checkbox\"").count(), 2, "{page}");
    assert!(page.contains("value=\"integration\" checked") && !page.contains("value=\"collaboration\" checked"));
    served.post("choices", "cadence=monthly&theme=integration&theme=collaboration").await;
    assert_eq!((kept().await.cadence, kept().await.themes), (Cadence::Monthly, None));
}

#[tokio::test]
async fn what_is_to_be_mended_is_said_at_the_top_and_at_the_field_and_changes_nothing() {
    let served = Served::new().await;
    let before = format!("{:?}", served.app.store.subscribers().subscriber(served.id.clone()).await.unwrap());
    for (below, body, field, kept) in [
        ("choices", "cadence=daily", "theme-collaboration", "value=\"daily\" checked"),
        ("choices", "cadence=hourly&theme=integration", "cadence-daily", "value=\"integration\" checked"),
        ("choices", "", "cadence-daily", "Choose how often"),
        ("pause", "until=2026-11-23", "until", "value=\"2026-11-23\""),
        ("pause", "until=2028-11-23", "until", "2027-11-24"),
        ("pause", "until=soon", "until", "value=\"soon\""),
        ("address", "address=ada%22%3E", "address", "value=\"ada&quot;&gt;\""),
    ] {
        let page = served.post(below, body).await;
        assert!(page.starts_with("HTTP/1.1 422") && page.contains("<title>Error: "), "{below} {body}: {page}");
        assert!(page.contains(&format!("<a href=\"#{field}\">")), "{below} {body}: {page}");
        assert!(page.contains(&format!("id=\"{field}\"")) && page.contains(kept), "{below} {body}: {page}");
        assert!(
            page.contains("action=\"choices\"") && page.contains("href=\"..&#x2f;..&#x2f;unsubscribe&#x2f;"),
            "{page}"
        );
    }
    assert_eq!(format!("{:?}", served.app.store.subscribers().subscriber(served.id.clone()).await.unwrap()), before);
}

#[tokio::test]
async fn a_pause_holds_the_digest_back_and_what_came_meanwhile_stays_behind() {
    let served = Served::new().await;
    served.clock.advance(TimeDelta::hours(1));
    assert_eq!(served.digest("1").await.len(), 1);
    assert_sees(&served.post("pause", "until=2026-12-07").await, "pause");
    let page = get(served.address, &served.path()).await;
    assert!(page.contains("It is paused until 7 December 2026"), "{page}");
    let bob = crate::support::pages::join(&served.app, "bob@example.org").await;
    served.clock.advance(TimeDelta::days(7));
    let mails = served.digest("2").await;
    assert_eq!(mails.len(), 1, "only to bob");
    assert_eq!(mails[0].header("To"), "bob@example.org");
    served.app.store.subscribers().leave(bob, served.clock.now()).await.unwrap();
    served.clock.advance(TimeDelta::days(7));
    let mails = served.digest("3").await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].header("To"), "ada@example.org");
    assert!(mails[0].text.contains("part 3") && !mails[0].text.contains("part 2"), "{}", mails[0].text);
}

#[tokio::test]
async fn a_pause_can_be_ended_and_cancels_what_waits() {
    let served = Served::new().await;
    served.clock.advance(TimeDelta::hours(1));
    let entry = Entry::on_topic("1");
    served.server.serve("/blog.xml", crate::support::Reply::feed(rss(&[entry])));
    policy_digest::app::feeds::poll::poll(&served.app, &policy_digest::app::feeds::poll::Which::All, &silent)
        .await
        .unwrap();
    digests::make(&served.app).await.unwrap();
    served.post("pause", "until=2026-12-07").await;
    assert!(served.deliver().await.is_empty(), "what waited is cancelled");
    assert_sees(&served.post("resume", "").await, "resume");
    assert!(
        served.app.store.subscribers().subscriber(served.id.clone()).await.unwrap().unwrap().paused_until.is_none()
    );
    assert_eq!(served.digest("2").await.len(), 1);
}

#[tokio::test]
async fn a_new_address_is_taken_only_when_it_is_confirmed_there() {
    let served = Served::new().await;
    assert_sees(&served.post("address", "address=Ada%40new.example.org").await, "address");
    let mails = served.deliver().await;
    assert_eq!((mails.len(), mails[0].header("To")), (1, "Ada@new.example.org"));
    assert!(!mails[0].raw.contains("ada@example.org"), "the old address is nobody's business there");
    let at = mails[0].text.find("/address/").unwrap();
    let link = mails[0].text[at..].split_whitespace().next().unwrap().to_owned();
    let address = || async {
        served.app.store.subscribers().subscriber(served.id.clone()).await.unwrap().unwrap().address.reveal().to_owned()
    };
    assert!(get(served.address, &link).await.contains("Use this address"));
    assert_eq!(address().await, "ada@example.org", "a GET takes nothing");
    for _ in 0..2 {
        let page = request(served.address, "POST", &link, FORM, "").await;
        assert!(page.starts_with("HTTP/1.1 200") && page.contains("is changed"), "{page}");
        assert_eq!(address().await, "Ada@new.example.org");
    }
    served.post("address", "address=third%40example.org").await;
    let page = request(served.address, "POST", &link.replace("/address/", "/p/"), FORM, "").await;
    assert!(!page.starts_with("HTTP/1.1 200"), "it serves nothing else: {page}");
    served.clock.advance(CONFIRM_FOR);
    assert!(request(served.address, "POST", &link, FORM, "").await.starts_with("HTTP/1.1 410"));
}

#[tokio::test]
async fn an_address_that_is_suppressed_or_in_use_gets_the_same_answer_and_no_mail() {
    let served = Served::new().await;
    crate::support::pages::join(&served.app, "bob@example.org").await;
    let carl = crate::support::pages::join(&served.app, "carl@example.org").await;
    served.clock.advance(TimeDelta::hours(1));
    served.digest("1").await;
    let message = served.app.store.outbox().reported_of(carl.clone(), None).await.unwrap().unwrap();
    let report = policy_digest::store::NewReport {
        source: policy_digest::store::Source::Arf,
        fault: policy_digest::domain::outbox::bounce::Fault::Complaint,
        code: String::new(),
        hash: served.app.keys.address_hash(&message.address.unwrap()),
    };
    served.app.store.outbox().report(message.message, report, served.clock.now()).await.unwrap();
    // Their row is gone, and the hash remains.
    served.app.store.subscribers().erase(carl, served.clock.now()).await.unwrap();
    let fresh = served.post("address", "address=new%40example.org").await;
    assert_eq!(served.deliver().await.len(), 1);
    for taken in ["bob", "carl", "new", "ada"] {
        assert_eq!(
            without_date(&served.post("address", &format!("address={taken}%40example.org")).await),
            without_date(&fresh)
        );
        assert!(served.deliver().await.is_empty(), "{taken}");
        let page = get(served.address, &served.path()).await;
        let shown = format!("<strong>{taken}@example.org</strong> is not confirmed yet");
        assert!(taken == "ada" || page.contains(&shown), "{taken}: {page}");
        let data = get(served.address, &format!("{}/data", served.path())).await;
        assert!(!data.contains("address_change"), "{taken}: {data}");
    }
    let counts = served.app.store.outbox().message_counts().await.unwrap();
    assert_eq!(counts.keys().collect::<Vec<_>>(), ["sent"], "none was even queued");
}

fn without_date(answer: &str) -> String {
    answer.lines().filter(|line| !line.starts_with("date:")).collect()
}

#[tokio::test]
async fn the_data_is_a_file_with_all_that_is_kept() {
    let served = Served::new().await;
    served.clock.advance(TimeDelta::hours(1));
    served.digest("1").await;
    let answer = get(served.address, &format!("{}/data", served.path())).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("content-disposition: attachment; filename=\"my-data.json\""), "{head}");
    assert!(head.contains("content-type: application/json") && head.contains("cache-control: no-store"), "{head}");
    let data: Json = serde_json::from_str(body).unwrap();
    assert_eq!(
        (&data["address"], &data["consent"], &data["cadence"]),
        (&"ada@example.org".into(), &"a test".into(), &"weekly".into())
    );
    assert_eq!((&data["consent_by"], &data["consent_wording"]), (&Json::from("admin"), &Json::Null));
    assert!(data["consented"].is_string(), "{data}");
    assert_eq!(
        (&data["messages"][0]["state"], &data["messages"][0]["to"]),
        (&"sent".into(), &"ada@example.org".into())
    );
    assert_eq!(data["returned"], Json::Array(Vec::new()));
    super::leaving::complain(&served.app, &served.id).await;
    let answer = get(served.address, &format!("{}/data", served.path())).await;
    let data: Json = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!((&data["status"], &data["returned"][0]["fault"]), (&"suppressed".into(), &"complaint".into()));
}

#[tokio::test]
async fn deleting_leaves_no_trace_of_the_address_and_keeps_what_was_counted() {
    let served = Served::new().await;
    served.clock.advance(TimeDelta::hours(1));
    served.digest("1").await;
    served.post("address", "address=new%40example.org").await;
    let before = served.app.store.outbox().message_counts().await.unwrap();
    let page = get(served.address, &format!("{}/delete", served.path())).await;
    assert!(page.contains("<form method=\"post\" action=\"delete\">") && page.contains("Delete my data"), "{page}");
    assert_eq!(status(&served.app, &served.id).await, Status::Active);
    for _ in 0..2 {
        let page = served.post("delete", "").await;
        assert!(page.starts_with("HTTP/1.1 200") && page.contains("Your data is deleted"), "{page}");
    }
    assert!(served.app.store.subscribers().list().await.unwrap().is_empty());
    let after = served.app.store.outbox().message_counts().await.unwrap();
    assert_eq!(before.values().sum::<u64>(), after.values().sum::<u64>());
    assert_eq!((after["sent"], after["cancelled"]), (1, 1), "what was open is cancelled");
    for path in [served.path(), format!("{}/data", served.path())] {
        assert!(get(served.address, &path).await.starts_with("HTTP/1.1 410"), "{path}");
    }
    for below in ["choices", "pause", "resume", "address"] {
        let answer =
            served.post(below, "until=2026-12-07&address=a%40example.org&cadence=daily&theme=integration").await;
        assert!(answer.starts_with("HTTP/1.1 303") || answer.starts_with("HTTP/1.1 410"), "{answer}");
    }
}

#[tokio::test]
async fn a_link_is_mailed_at_most_once_an_hour_and_the_answer_tells_nothing() {
    let served = Served::new().await;
    assert!(get(served.address, "/p").await.contains("Your email address"));
    let ask = async |address: &str| request(served.address, "POST", "/p", FORM, &format!("address={address}")).await;
    let (known, unknown) = (ask("ADA%40example.org").await, ask("nobody%40example.org").await);
    assert!(known.starts_with("HTTP/1.1 200"), "{known}");
    assert_eq!(without_date(&known), without_date(&unknown));
    let wrong = ask("ada").await;
    assert!(wrong.starts_with("HTTP/1.1 422") && wrong.contains("<a href=\"#address\">"), "{wrong}");
    let mails = served.deliver().await;
    assert_eq!((mails.len(), mails[0].header("To")), (1, "ada@example.org"));
    assert!(mails[0].text.contains(&served.path()), "{}", mails[0].text);
    let address = policy_digest::domain::subscribers::subscriber::EmailAddress::parse("ada@example.org").unwrap();
    let again = || policy_digest::app::subscribers::preferences::send_link(&served.app, &address);
    assert!(!again().await.unwrap());
    served.clock.advance(TimeDelta::hours(1));
    assert!(again().await.unwrap());
}

#[tokio::test]
async fn a_scanner_that_opens_every_link_of_a_mail_changes_nobody() {
    let served = Served::new().await;
    served.clock.advance(TimeDelta::hours(1));
    let mails = served.digest("1").await;
    served.post("address", "address=new%40example.org").await;
    let mails: Vec<Mail> = mails.into_iter().chain(served.deliver().await).collect();
    let everybody = || async { format!("{:?}", served.app.store.subscribers().list().await.unwrap()) };
    let before = everybody().await;
    let own = "http://localhost:8080";
    let (mut seen, mut waiting) = (Vec::new(), Vec::new());
    for mail in &mails {
        let text = mail.raw.replace("=\r\n", "").replace("=3D", "=").replace("\r\n ", " ");
        waiting.extend(text.split(own).skip(1).map(|rest| {
            rest.split(|c: char| c.is_whitespace() || "\"<>,)".contains(c)).next().unwrap_or_default().to_owned()
        }));
    }
    while let Some(path) = waiting.pop() {
        if path.is_empty() || seen.contains(&path) {
            continue;
        }
        for method in ["HEAD", "GET"] {
            let answer = request(served.address, method, &path, "", "").await.replace("&#x2f;", "/");
            assert!(answer.starts_with("HTTP/1.1 2"), "{method} {path}: {answer}");
            if method == "GET" {
                let base = url::Url::parse(own).unwrap().join(&path).unwrap();
                let links = answer.split(" href=\"").skip(1).filter_map(|rest| rest.split('"').next());
                let links = links.filter_map(|link| base.join(link).ok()).filter(|url| url.as_str().starts_with(own));
                waiting.extend(links.map(|url| url.path().to_owned()));
            }
        }
        seen.push(path);
    }
    for part in ["/unsubscribe/", "/p/", "/address/", "/archive", "/data", "/delete"] {
        assert!(seen.iter().any(|path| path.contains(part)), "no {part} in {seen:?}");
    }
    assert_eq!(everybody().await, before);
}
