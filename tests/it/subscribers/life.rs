//! A subscriber's whole life in a real browser, on the pages as they are served and by the links of mails as they arrive:
//! signing up, confirming, choosing, resting, moving, reading, leaving, coming back, being erased. No page runs a script.
//! Needs chromium, chromedriver and axe-core (README says how); without them it is skipped, aloud.

use std::net::SocketAddr;
use std::time::Duration;

use chrono::TimeDelta;
use policy_digest::app::clock::Clock;
use policy_digest::app::digests::once;
use policy_digest::app::outbox::deliver;
use policy_digest::app::{App, silent};
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
}

impl Life {
    pub async fn begin(hand: Hand, is_looked_at: bool) -> Option<Self> {
        let browser = Browser::start(hand).await?;
        let sink = SmtpSink::start();
        let (World { app, clock, server, .. }, folder) = World::mailing_to(&sink, SENDER).await.apart();
        let (app, at) = serve(app).await;
        let axe = Axe::new();
        Some(Self { browser, axe, app, at, clock, server, folder, sink, read: 0, is_looked_at })
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
        let page = &self.browser;
        self.open("/").await;
        page.tick("Collaboration").await;
        page.tick("Integration").await;
        page.press("Sign up").await;
        page.says("Enter your email address").await;
        page.says("Choose at least one theme").await;
        self.look("sign-up-mistakes").await;
        self.clock.advance(TimeDelta::seconds(5));
        let page = &self.browser;
        page.write("Email address", "ada@example.org").await;
        page.tick("Collaboration").await;
        page.press("Sign up").await;
        page.says("ada@example.org").await;
        self.look("signed-up").await;
    }

    async fn confirm(&mut self) -> String {
        let mail = self.mail().await;
        self.read(&mail, "mail-confirm").await;
        self.open(&Self::link(&mail, "/confirm/")).await;
        self.look("confirm").await;
        self.browser.press("Yes, send me the digest").await;
        self.browser.says("You are subscribed").await;
        self.look("confirmed").await;
        let welcome = self.mail().await;
        self.read(&welcome, "mail-welcome").await;
        Self::link(&welcome, "/p/")
    }

    async fn choose(&mut self, own: &str) {
        self.open(own).await;
        self.look("own").await;
        let page = &self.browser;
        page.tick("Collaboration").await;
        page.press("Save my choices").await;
        page.says("Choose at least one theme").await;
        self.look("own-mistake").await;
        let page = &self.browser;
        page.tick("Every month").await;
        page.tick("Collaboration").await;
        page.press("Save my choices").await;
        page.says("Your choices are saved").await;
        self.look("own-saved").await;
    }

    async fn rest(&mut self) {
        let page = &self.browser;
        page.press("Pause the digest").await;
        page.says("Enter a day from").await;
        self.look("own-pause-mistake").await;
        let page = &self.browser;
        // The day and the month in whichever order the browser wants them.
        page.write("No digest until", "12122026").await;
        page.press("Pause the digest").await;
        page.says("paused until 12 December 2026").await;
        self.look("own-paused").await;
        self.browser.press("Start again now").await;
        self.browser.says("You'll get the digest again").await;
    }

    async fn move_to(&mut self, address: &str) {
        let page = &self.browser;
        page.write("New address", "ada").await;
        page.press("Change the address").await;
        page.says("Enter an email address").await;
        self.look("own-address-mistake").await;
        self.browser.write("New address", address).await;
        self.browser.press("Change the address").await;
        self.look("own-address-asked").await;
        let mail = self.mail().await;
        assert_eq!(mail.header("To"), address);
        self.read(&mail, "mail-address").await;
        self.open(&Self::link(&mail, "/address/")).await;
        self.look("address").await;
        self.browser.press("Use this address").await;
        self.browser.says("Your address is changed").await;
        self.look("address-changed").await;
    }

    async fn read_a_digest(&mut self, address: &str) -> Mail {
        self.clock.advance(TimeDelta::days(7));
        let digest = self.digest("7").await;
        assert_eq!(digest.header("To"), address);
        self.read(&digest, "mail-digest").await;
        self.open(&Self::link(&digest, "/archive/")).await;
        self.browser.says("Collaborative governance, part 7").await;
        self.look("archive-page").await;
        self.browser.press("All digests").await;
        self.look("archive").await;
        digest
    }

    async fn leave_and_come_back(&mut self, link: &str) {
        self.open(link).await;
        self.look("unsubscribe").await;
        self.browser.press("Unsubscribe").await;
        self.browser.says("You are unsubscribed").await;
        self.look("left").await;
        self.browser.press("Undo: keep my subscription").await;
        self.browser.says("You are subscribed again").await;
        self.look("back").await;
    }

    async fn be_erased(&mut self, own: &str) {
        self.open(own).await;
        self.browser.press("Delete my data").await;
        self.look("delete").await;
        self.browser.press("Delete my data").await;
        self.browser.says("Your data is deleted").await;
        self.look("deleted").await;
        self.open(own).await;
        self.browser.says("We hold no data about you").await;
        self.look("own-gone").await;
    }

    /// From the first page to the last. Each step is what a person does, and each leaves the next its page.
    async fn live(&mut self) {
        self.open("/").await;
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
