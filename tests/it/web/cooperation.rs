//! Long computations do not block other tasks: on a single-threaded runtime, rendering a digest, scoring items again and
//! trying templates leave room for others.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use policy_digest::app::digests;
use policy_digest::app::feeds::poll::{Which, poll};
use policy_digest::app::operations::reload::{Live, reload};
use policy_digest::app::silent;
use policy_digest::config;

use crate::support::{Entry, Reply, World, rss, write_config};

/// A million iterations without output.
const LONG: &str = "{% for a in range(1000) %}{% for b in range(1000) %}{% endfor %}{% endfor %}";

/// The longest time for which another task cannot run during `work`, as a share of the total.
async fn longest_wait(work: impl Future) -> f64 {
    let over = Arc::new(AtomicBool::new(false));
    let is_over = Arc::clone(&over);
    let other = tokio::spawn(async move {
        let (mut longest, mut last) = (Duration::ZERO, Instant::now());
        while !is_over.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(1)).await;
            longest = longest.max(last.elapsed());
            last = Instant::now();
        }
        longest
    });
    tokio::task::yield_now().await;
    let begun = Instant::now();
    work.await;
    let whole = begun.elapsed();
    over.store(true, Ordering::SeqCst);
    other.await.unwrap().as_secs_f64() / whole.as_secs_f64()
}

fn long_template(world: &World) {
    let folder = world.folder().join("config/templates/digest");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("subject.txt.j2"), format!("{{{{ subject }}}}{LONG}")).unwrap();
}

#[tokio::test]
async fn a_digest_is_rendered_beside_the_other_tasks() {
    let world = World::new().await;
    world.subscribe("ada@example.org").await;
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1")])));
    poll(&world.app, &Which::All, &silent).await.unwrap();
    long_template(&world);
    let digest = world.folder().join("config/digest.toml");
    let settings = std::fs::read_to_string(&digest).unwrap();
    std::fs::write(&digest, format!("templates_dir = \"templates\"\n{settings}")).unwrap();
    let world = world.restarted().await;
    let share = longest_wait(async { assert_eq!(digests::make(&world.app).await.unwrap().stories, 1) }).await;
    assert!(share < 0.5, "another task waited for {share} of the time");
}

#[tokio::test]
async fn items_are_judged_again_beside_the_other_tasks() {
    let world = World::new().await;
    let words = "collaborative governance among councils and whoever else has a say in it. ".repeat(400);
    let entry = |n: u32| Entry { text: format!("{n} {words}"), ..Entry::on_topic(&n.to_string()) };
    world.server.serve("/blog.xml", Reply::feed(rss(&(0..60).map(entry).collect::<Vec<_>>())));
    poll(&world.app, &Which::All, &silent).await.unwrap();
    world.execute("UPDATE items SET fingerprint = 'another'");
    let share = longest_wait(async { digests::make(&world.app).await.unwrap() }).await;
    assert_eq!(world.rows::<i64>("SELECT count(*) FROM items WHERE fingerprint = 'another'"), [0]);
    assert!(share < 0.5, "another task waited for {share} of the time");
}

#[tokio::test]
async fn edited_templates_are_tried_beside_the_other_tasks() {
    let world = World::new().await;
    long_template(&world);
    let live = Live::new(world.app.clone());
    write_config(world.folder(), &[("blog", &world.server.url("/blog.xml"))], "");
    let digest = world.folder().join("config/digest.toml");
    let settings = std::fs::read_to_string(&digest).unwrap();
    std::fs::write(&digest, format!("templates_dir = \"templates\"\n{settings}")).unwrap();
    let edited = config::load(&world.folder().join("config"), Some(&world.folder().join("data")), &[]);
    let share = longest_wait(async { reload(&live, edited).await.unwrap() }).await;
    assert!(share < 0.5, "another task waited for {share} of the time");
}
