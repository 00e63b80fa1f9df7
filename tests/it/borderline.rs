//! Posts just under the threshold, and posts in another language: where they stand, and what is said of them.

use std::path::Path;

use policy_digest::app::clock::Clock;
use policy_digest::app::{App, digest, explain};
use policy_digest::config;
use policy_digest::domain::relevance::{Scorer, Text};
use policy_digest::domain::subscriber::Cadence;
use policy_digest::mail::Transport;

use crate::command::{policy_digest, text};
use crate::support::{Entry, Reply, TOPIC, World, rss, start, write_config};

/// Worth 2.9, a tenth under the threshold, under the theme of integration.
const NEARLY: &str = "\n[[theme]]\nname = \"place\"\ntitle = \"Place\"\nstrong = [\"neighbourhood\"]\n[weights]\nstrong = 2.9\n";

fn nearly(id: &str) -> Entry {
    let text = "The bus comes twice a day, and the shop is open in the morning.".to_owned();
    Entry { title: format!("Bus routes {id}"), text, ..Entry::on_topic(id) }
}

/// The tests' topic, in which a post about buses is worth 2.6 with a title's weight: under 3.0 by less than half a point.
fn topic() -> String {
    TOPIC.replacen("plain = []", "plain = []\nweak = [\"bus routes\"]", 1).replacen("weak = []", "", 1).replace("weak = 1.0", "weak = 1.75")
}

async fn open(folder: &Path, relevance: &str) -> App {
    write_config(folder, &[("blog", "file:blog.xml")], &format!("[relevance]\n{relevance}"));
    std::fs::write(folder.join("config/topic.toml"), topic()).unwrap();
    let config = config::load(&folder.join("config"), Some(&folder.join("data")), &[]).unwrap();
    App::open_with(config, Clock::set_to(start()), Transport::Memory(std::sync::Arc::default())).await.unwrap()
}
