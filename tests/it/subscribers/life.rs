//! A subscriber's whole life in a real browser, on the pages as they are served and by the links of mails as they arrive:
//! signing up, confirming, choosing, resting, moving, reading, leaving, coming back, being erased. No page runs a script.
//! Needs chromium, chromedriver and axe-core (README says how); without them it is skipped, aloud.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use policy_digest::app::clock::Clock;
use policy_digest::app::digests::once;
use policy_digest::app::outbox::deliver;
use policy_digest::app::{App, silent};
use policy_digest::domain::catalogue::Catalogue;
use policy_digest::domain::subscribers::subscriber::EmailAddress;

use crate::support::axe::Axe;
use crate::support::browser::{Browser, Hand};
use crate::support::pages::serve;
use crate::support::{Entry, FeedServer, Mail, Reply, SmtpSink, World, rss};

/// A browser, the pages that it is shown, and the mailbox.
pub struct Life {
    pub browser: Browser,
    pub axe: Axe,
    pub app: App,
    pub at: SocketAddr,
    pub clock: Clock,
    pub server: FeedServer,
    pub folder: tempfile::TempDir,
    sink: SmtpSink,
    read: usize,
    /// Looks are for one life only: they take their time.
    is_looked_at: bool,
    /// The language of the subscriber.
    words: Arc<Catalogue>,
}

impl Life {
    pub async fn begin(hand: Hand, is_looked_at: bool) -> Option<Self> {
        Self::begin_in("en", hand, is_looked_at).await
    }

    /// The same for a subscriber with another language.
    async fn begin_in(code: &str, hand: Hand, is_looked_at: bool) -> Option<Self> {
        let browser = Browser::start(hand).await?;
        let sink = SmtpSink::start();
        let (World { app, clock, server, .. }, folder) =
            World::mailing_to(&sink, &format!("{SENDER}{WELSH}")).await.apart();
        let (app, at) = serve(app).await;
        let axe = Axe::new();
        let words = Arc::clone(app.config.languages.of(code));
        Some(Self { words, browser, axe, app, at, clock, server, folder, sink, read: 0, is_looked_at })
    }

    /// Opens a page of ours, by its path.
    pub async fn open(&self, path: &str) {
        self.browser.open(&format!("http://{}{path}", self.at)).await;
    }

    pub async fn look(&mut self, name: &str) {
        if self.is_looked_at {
            self.axe.look(&self.browser, name).await;
        }
    }

    /// The one mail that has arrived since the last one was read.
    pub async fn mail(&mut self) -> Mail {
        let arrived = async {
            // What a page causes may be done after its answer.
            while self.sink.taken().len() <= self.read {
                deliver::deliver(&self.app, &silent).await.unwrap();
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), arrived).await.expect("a mail");
        let taken = self.sink.taken();
        assert_eq!(taken.len(), self.read + 1, "one mail");
        self.read = taken.len();
        Mail::read(taken.last().unwrap().data.as_bytes())
    }

    /// Reads a mail as a mail program shows it.
    pub async fn read(&mut self, mail: &Mail, name: &str) {
        if self.is_looked_at {
            let file = self.folder.path().join("mail.html");
            std::fs::write(&file, mail.html()).unwrap();
            self.browser.open(&format!("file://{}", file.display())).await;
            self.look(name).await;
        }
    }

    /// A new post, polled, and the digest that is made of it.
    pub async fn digest(&mut self, id: &str) -> Mail {
        let entry = Entry { published: Some(self.clock.now()), ..Entry::on_topic(id) };
        self.server.serve("/blog.xml", Reply::feed(rss(&[entry])));
        once::once(&self.app, false, &silent).await.unwrap();
        self.mail().await
    }

    /// The path of the link in a mail that has this part.
    pub fn link(mail: &Mail, part: &str) -> String {
        crate::support::site::link(mail, part)
    }

    async fn sign_up(&mut self) {
        let words = Arc::clone(&self.words);
        let page = &self.browser;
        page.unfold().await;
        page.tick("Collaboration").await;
        page.tick("Integration").await;
        page.press(&words.words("sign_up.button")).await;
        page.says(&words.words("sign_up.no_address")).await;
        page.says(&words.words("sign_up.no_theme")).await;
        self.look("sign-up-mistakes").await;
        self.clock.advance(TimeDelta::seconds(5));
        let page = &self.browser;
        page.write(&words.words("page.email_address"), "ada@example.org").await;
        page.tick("Collaboration").await;
        page.press(&words.words("sign_up.button")).await;
        page.says("ada@example.org").await;
        self.look("signed-up").await;
    }

    async fn confirm(&mut self) -> String {
        let words = Arc::clone(&self.words);
        let mail = self.mail().await;
        self.read(&mail, "mail-confirm").await;
        self.open(&Self::link(&mail, "/confirm/")).await;
        self.look("confirm").await;
        self.browser.press(&words.words("confirming.button")).await;
        self.browser.says(&words.words("confirming.done_title")).await;
        self.look("confirmed").await;
        let welcome = self.mail().await;
        self.read(&welcome, "mail-welcome").await;
        Self::link(&welcome, "/p/")
    }

    async fn choose(&mut self, own: &str) {
        let words = Arc::clone(&self.words);
        self.open(own).await;
        self.look("own").await;
        let page = &self.browser;
        page.tick("Collaboration").await;
        page.press(&words.words("preferences.save")).await;
        page.says(&words.words("sign_up.no_theme")).await;
        self.look("own-mistake").await;
        let page = &self.browser;
        page.tick(&words.words("cadence.monthly")).await;
        page.tick("Collaboration").await;
        page.press(&words.words("preferences.save")).await;
        page.says(&words.words("preferences.done_choices")).await;
        self.look("own-saved").await;
    }

    async fn rest(&mut self) {
        let words = Arc::clone(&self.words);
        let page = &self.browser;
        page.press(&words.words("preferences.pause_button")).await;
        page.says(words.words("preferences.bad_pause").split('{').next().unwrap().trim()).await;
        self.look("own-pause-mistake").await;
        let page = &self.browser;
        // The day and the month in whichever order the browser wants them.
        page.write(&words.words("preferences.pause_until"), "12122026").await;
        page.press(&words.words("preferences.pause_button")).await;
        page.says(if words.code() == "cy" { "12 Rhagfyr 2026" } else { "paused until 12 December 2026" }).await;
        self.look("own-paused").await;
        self.browser.press(&words.words("preferences.resume")).await;
        self.browser.says(&words.words("preferences.done_resume")).await;
    }

    async fn move_to(&mut self, address: &str) {
        let words = Arc::clone(&self.words);
        let page = &self.browser;
        page.write(&words.words("preferences.address_new"), "ada").await;
        page.press(&words.words("preferences.address_button")).await;
        page.says(&words.words("preferences.bad_address")).await;
        self.look("own-address-mistake").await;
        self.browser.write(&words.words("preferences.address_new"), address).await;
        self.browser.press(&words.words("preferences.address_button")).await;
        self.look("own-address-asked").await;
        let mail = self.mail().await;
        assert_eq!(mail.header("To"), address);
        self.read(&mail, "mail-address").await;
        self.open(&Self::link(&mail, "/address/")).await;
        self.look("address").await;
        self.browser.press(&words.words("new_address.button")).await;
        self.browser.says(&words.words("new_address.done_title")).await;
        self.look("address-changed").await;
        let notice = self.mail().await;
        assert_eq!(notice.header("To"), "ada@example.org", "the old address is told");
        self.read(&notice, "mail-changed").await;
    }

    async fn read_a_digest(&mut self, address: &str) -> Mail {
        let words = Arc::clone(&self.words);
        self.clock.advance(TimeDelta::days(7));
        let digest = self.digest("7").await;
        assert_eq!(digest.header("To"), address);
        self.read(&digest, "mail-digest").await;
        self.open(&Self::link(&digest, "/archive/")).await;
        self.browser.says("Collaborative governance, part 7").await;
        self.look("archive-page").await;
        self.browser.press(&words.words("page.all_digests")).await;
        self.look("archive").await;
        digest
    }

    async fn leave_and_come_back(&mut self, link: &str) {
        let words = Arc::clone(&self.words);
        self.open(link).await;
        self.look("unsubscribe").await;
        self.browser.press(&words.words("unsubscribing.button")).await;
        self.browser.says(&words.words("unsubscribing.done_title")).await;
        self.look("left").await;
        self.browser.press(&words.words("unsubscribing.undo")).await;
        self.browser.says(&words.words("unsubscribing.back_title")).await;
        self.look("back").await;
    }

    async fn be_erased(&mut self, own: &str) {
        let words = Arc::clone(&self.words);
        self.open(own).await;
        self.browser.press(&words.words("preferences.delete")).await;
        self.look("delete").await;
        self.browser.press(&words.words("preferences.delete")).await;
        self.browser.says(&words.words("erasing.done_title")).await;
        self.look("deleted").await;
        self.open(own).await;
        self.browser.says(&words.words("erasing.gone_title")).await;
        self.look("own-gone").await;
    }

    /// From the first page to the last. Each step is what a person does, and each leaves the next its page.
    async fn live(&mut self) {
        self.open("/").await;
        if self.words.code() != "en" {
            // The first page is in the default language, and every page has the other one's link.
            self.browser.press(&self.words.words("language.name")).await;
        }
        self.look("sign-up").await;
        self.sign_up().await;
        let own = self.confirm().await;
        self.choose(&own).await;
        self.rest().await;
        self.move_to("ada@new.example.org").await;
        let digest = self.read_a_digest("ada@new.example.org").await;
        self.leave_and_come_back(&Self::link(&digest, "/unsubscribe/")).await;
        self.be_erased(&Self::link(&digest, "/p/")).await;
        let address = EmailAddress::parse("ada@new.example.org").unwrap();
        assert!(self.app.store.subscribers().subscriber_at(&address).await.unwrap().is_none());
    }
}

const SENDER: &str = "[sender]\norganisation = \"Example Institute\"\npostal_address = \"1 High Street, Anytown\"\n\
    contact = \"hello@example.org\"\nprivacy_url = \"https://digest.example.org/privacy\"\n";

/// What the digest is called in Welsh; at the end of a file, below its own tables.
const WELSH: &str = "[in.cy]\nname = \"Crynhoad Diwygio\"\ntopic = \"ddiwygio gwasanaethau cyhoeddus\"\n";

#[tokio::test]
async fn a_whole_life_in_welsh_and_axe_finds_nothing_on_any_page_of_it() {
    let Some(mut life) = Life::begin_in("cy", Hand::Mouse, true).await else { return };
    life.live().await;
    life.axe.verdict();
}

#[tokio::test]
async fn a_whole_life_with_a_mouse_and_axe_finds_nothing_on_any_page_of_it() {
    let Some(mut life) = Life::begin(Hand::Mouse, true).await else { return };
    life.live().await;
    life.axe.verdict();
}

#[tokio::test]
async fn a_whole_life_with_the_keyboard_alone_and_the_focus_always_in_sight() {
    let Some(mut life) = Life::begin(Hand::Keys, false).await else { return };
    life.live().await;
}
