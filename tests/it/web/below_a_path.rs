//! Everything works below a path of the public URL, with and without its last slash, behind a proxy that keeps the path and
//! one that strips it: a subscriber's whole life over the links, forms and redirects as a browser resolves them.

use std::collections::{BTreeSet, VecDeque};
use std::net::SocketAddr;

use chrono::TimeDelta;
use policy_digest::app::App;
use policy_digest::app::digests::once::once;
use policy_digest::app::operations::reload::Live;
use policy_digest::app::outbox::deliver::deliver;
use policy_digest::app::silent;
use policy_digest::domain::subscribers::subscriber::{EmailAddress, Status};
use policy_digest::web;
use tokio::net::TcpListener;
use url::Url;

use crate::support::pages::{FORM, request};
use crate::support::reverse_proxy::{self, Prefix};
use crate::support::site::field;
use crate::support::visitor::Answer;
use crate::support::{Entry, Mail, Reply, World, rss};

/// The pages behind a proxy, and what was mailed.
struct Below {
    world: World,
    /// Where the proxy listens.
    at: SocketAddr,
    /// As it is in the settings.
    public_url: Url,
}

impl Below {
    async fn new(prefix: Prefix, last: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let public_url = format!("http://{at}/digest{last}");
        let top = format!(
            "public_url = \"{public_url}\"\nlanguages = [\"en\", \"cy\"]\n\
             [accessibility]\ncontact = \"help@example.org\"\n"
        );
        let world = World::topped(&top).await;
        world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1")])));
        let pages = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let served = pages.local_addr().unwrap();
        tokio::spawn(web::serve(Live::new(world.app.clone()), pages, std::future::pending()));
        reverse_proxy::start(listener, served, prefix);
        Self { world, at, public_url: public_url.parse().unwrap() }
    }

    fn app(&self) -> &App {
        &self.world.app
    }

    async fn ask(&self, method: &str, url: &Url, body: &str) -> Answer {
        let kind = if method == "POST" { FORM } else { "" };
        let answer = request(self.at, method, &url[url::Position::BeforePath..], kind, body).await;
        Answer::read(answer.as_bytes()).unwrap_or_else(|| panic!("{method} {url}: {answer}"))
    }

    /// Opens a page, which must be there.
    async fn open(&self, url: &Url) -> String {
        let answer = self.ask("GET", url, "").await;
        assert_eq!(answer.status, 200, "GET {url}: {}", answer.body);
        answer.body
    }

    /// Sends a form of a page to where a browser would, and follows its redirect.
    async fn send(&self, page: &Url, action: &str, fields: &str) -> String {
        let url = page.join(action).unwrap();
        let answer = self.ask("POST", &url, fields).await;
        match answer.header("location") {
            Some(to) if answer.status == 303 => self.open(&url.join(&to).unwrap()).await,
            _ => {
                assert_eq!(answer.status, 200, "POST {url}: {}", answer.body);
                answer.body
            }
        }
    }

    /// The newest email, and its link with this part.
    async fn link(&self, part: &str) -> Url {
        deliver(self.app(), &silent).await.unwrap();
        let mail = self.world.mails().pop().unwrap_or_else(|| panic!("no email with {part}"));
        self.link_in(&mail, part)
    }

    fn link_in(&self, mail: &Mail, part: &str) -> Url {
        let links = mail.text.split(['"', '<', '>', ' ', '\r', '\n']).filter(|word| word.starts_with("http"));
        let link =
            links.into_iter().find(|link| link.contains(part)).unwrap_or_else(|| panic!("{part}: {}", mail.text));
        let link: Url = link.parse().unwrap();
        assert_eq!(link.origin(), self.public_url.origin());
        assert!(link.path().starts_with("/digest/") && !link.path().contains("//"), "{link}");
        link
    }

    /// Signs up on the first page and gives the link to confirm.
    async fn sign_up(&self) -> Url {
        let page = self.open(&self.public_url).await;
        self.world.clock.advance(TimeDelta::seconds(5));
        let fields = format!(
            "address=ada%40example.org&cadence=weekly&language=en&theme=collaboration&theme=integration&stamp={}",
            field(&page, "stamp")
        );
        self.send(&self.public_url, "", &fields).await;
        self.link("/confirm/").await
    }

    async fn status(&self) -> Status {
        let address = EmailAddress::parse("ada@example.org").unwrap();
        self.app().store.subscribers().subscriber_at(&address).await.unwrap().unwrap().status
    }

    /// Follows every link from these pages, as a crawler does.
    async fn crawl(&self, from: Vec<Url>) -> BTreeSet<String> {
        let (mut waiting, mut seen) = (VecDeque::from(from), BTreeSet::new());
        while let Some(mut url) = waiting.pop_front() {
            url.set_fragment(None);
            if url.origin() != self.public_url.origin() || !seen.insert(url.path().to_owned()) {
                continue;
            }
            let answer = self.ask("GET", &url, "").await;
            if answer.status == 303 {
                waiting.push_back(url.join(&answer.header("location").unwrap()).unwrap());
                continue;
            }
            assert_eq!(answer.status, 200, "{url}: {}", answer.body);
            waiting.extend(links(&answer.body).into_iter().filter_map(|link| url.join(&link).ok()));
        }
        seen
    }
}

/// The links and forms of a page, and the addresses in a feed.
fn links(body: &str) -> Vec<String> {
    let body = body.replace("&#x2f;", "/").replace("&amp;", "&");
    let marks = ["href=\"", "action=\"", "src=\"", "\"url\":\"", "\"feed_url\":\"", "\"home_page_url\":\"", "<id>http"];
    let after = |mark: &str| -> Vec<String> {
        let begin = if mark == "<id>http" { "http" } else { "" };
        let ends = |rest: &str| format!("{begin}{}", rest.split(['"', '<']).next().unwrap_or_default());
        body.split(mark).skip(1).map(ends).collect()
    };
    marks.into_iter().flat_map(after).collect()
}

const WAYS: [(Prefix, &str); 4] =
    [(Prefix::Kept, ""), (Prefix::Kept, "/"), (Prefix::Stripped, ""), (Prefix::Stripped, "/")];

#[tokio::test]
async fn a_subscribers_life_works_below_a_path_whatever_the_proxy_does_with_it() {
    for (prefix, last) in WAYS {
        let below = Below::new(prefix, last).await;
        let confirm = below.sign_up().await;
        below.open(&confirm).await;
        let token = confirm.path_segments().unwrap().next_back().unwrap().to_owned();
        let page = below.send(&confirm, &token, "").await;
        assert!(page.contains("You are subscribed"), "{prefix:?} {last}: {page}");
        let own = below.link("/p/").await;
        let page = below.open(&own).await;
        let action = links(&page).into_iter().find(|link| link.ends_with("/choices")).unwrap();
        let page = below.send(&own, &action, "cadence=weekly&theme=integration&theme=collaboration&language=cy").await;
        assert!(page.contains("Your choices are saved."), "{prefix:?} {last}: {page}");
        let action = links(&page).into_iter().find(|link| link.ends_with("/pause")).unwrap();
        let page = below.send(&own, &action, "until=2026-12-12").await;
        assert!(page.contains("The digest is paused."), "{prefix:?} {last}: {page}");
        let action = links(&page).into_iter().find(|link| link.ends_with("/resume")).unwrap();
        below.send(&own, &action, "").await;
        once(below.app(), false, &silent).await.unwrap();
        let digest = below.world.mails().pop().unwrap();
        let page = below.link_in(&digest, "/archive/");
        assert!(below.open(&page).await.contains("Collaborative governance, part 1"), "{page}");
        let leave = below.link_in(&digest, "/unsubscribe/");
        assert!(leave.path().starts_with("/digest/cy/"), "the language is below the path: {leave}");
        let token = leave.path_segments().unwrap().next_back().unwrap().to_owned();
        below.open(&leave).await;
        below.send(&leave, &token, "").await;
        assert_eq!(below.status().await, Status::Left, "{prefix:?} {last}");
    }
}

#[tokio::test]
async fn every_link_form_and_feed_leads_to_a_page_below_the_path() {
    for (prefix, last) in WAYS {
        let below = Below::new(prefix, last).await;
        below.world.subscribe("ada@example.org").await;
        once(below.app(), false, &silent).await.unwrap();
        let digest = below.world.mails().pop().unwrap();
        let from = ["/archive/", "/p/", "/unsubscribe/"].map(|part| below.link_in(&digest, part));
        let seen = below.crawl([vec![below.public_url.clone()], from.into()].concat()).await;
        assert!(seen.iter().all(|path| path.starts_with("/digest")), "{prefix:?} {last}: {seen:?}");
        for part in [
            "/digest/archive/feed.xml",
            "/digest/feed.json",
            "/digest/sources.opml",
            "/digest/privacy",
            "/digest/accessibility",
            "/digest/cy/",
            "/digest/cy/archive",
            "/digest/cy/feed.xml",
            "/digest/cy/privacy",
        ] {
            assert!(seen.contains(part), "{prefix:?} {last}: {part} was not reached:\n{seen:?}");
        }
    }
}
