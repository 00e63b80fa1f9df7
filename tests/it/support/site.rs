//! A site that takes sign-ups: the World with its pages served, its mails and its links.

use std::net::SocketAddr;
use std::sync::Arc;

use chrono::TimeDelta;
use policy_digest::app::App;
use policy_digest::app::outbox::deliver::deliver;
use policy_digest::app::silent;
use policy_digest::domain::subscribers::subscriber::EmailAddress;
use policy_digest::store::Subscriber;

use super::pages::FORM;
use crate::support::pages::{get, request, serve};
use crate::support::{Mail, World};

/// The pages, with what was mailed at hand.
pub struct Site {
    pub app: App,
    pub at: SocketAddr,
    pub world: Rest,
}

/// What of the World outlives the handing over of its App.
pub struct Rest {
    pub clock: policy_digest::app::clock::Clock,
    pub sent: Arc<std::sync::Mutex<Vec<policy_digest::mail::Sent>>>,
    _server: crate::support::FeedServer,
    _folder: tempfile::TempDir,
}

impl Site {
    pub async fn of(world: World) -> Self {
        let (World { app, clock, server, sent, .. }, folder) = world.apart();
        let (app, at) = serve(app).await;
        Self { app, at, world: Rest { clock, sent, _server: server, _folder: folder } }
    }

    pub async fn new() -> Self {
        Self::of(World::new().await).await
    }

    /// A form of a page that has been open for a while.
    pub async fn form(&self, fields: &str) -> String {
        let page = get(self.at, "/").await;
        self.world.clock.advance(TimeDelta::seconds(5));
        format!("{fields}&stamp={}", field(&page, "stamp"))
    }

    pub async fn post(&self, body: &str) -> String {
        request(self.at, "POST", "/", FORM, body).await
    }

    pub async fn sign_up(&self, address: &str) -> String {
        let address = address.replace('@', "%40");
        let body = self.form(&format!("address={address}&cadence=weekly&theme=collaboration&theme=integration")).await;
        self.post(&body).await
    }

    pub async fn mails(&self) -> Vec<Mail> {
        deliver(&self.app, &silent).await.unwrap();
        self.world.sent.lock().unwrap().drain(..).map(|sent| Mail::read(&sent.bytes)).collect()
    }

    pub async fn person(&self, address: &str) -> Option<Subscriber> {
        self.app.store.subscribers().subscriber_at(&EmailAddress::parse(address).unwrap()).await.unwrap()
    }

    /// Signs up, and presses the button behind the link in the mail.
    pub async fn join(&self, address: &str) -> String {
        self.sign_up(address).await;
        let path = link(&self.mails().await.pop().unwrap(), "/confirm/");
        request(self.at, "POST", &path, FORM, "").await
    }
}

pub fn field<'a>(page: &'a str, name: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("{page}"));
    rest.split('"').next().unwrap()
}

/// The path of a link in a mail.
pub fn link(mail: &Mail, part: &str) -> String {
    let at = mail.text.find(part).unwrap_or_else(|| panic!("no {part} in {}", mail.text));
    let link = mail.text[at..].split_whitespace().next().unwrap();
    // The pages in Welsh are below a path of their own.
    if mail.text[..at].ends_with("/cy") { format!("/cy{link}") } else { link.to_owned() }
}

pub fn status_of(answer: &str) -> &str {
    &answer[9..12]
}
