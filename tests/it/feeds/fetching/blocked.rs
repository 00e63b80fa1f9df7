//! Sites that keep programs out: who does it is told by `feeds check`, `poll` and `status`, and `feeds letter` writes to
//! the site's webmaster.

use policy_digest::app::feeds::poll::{FeedResult, Which, poll};
use policy_digest::app::silent;

use crate::support::program::{policy_digest, text};
use crate::support::{Reply, World};

fn refused(status: u16, headers: &[(&str, &str)], body: &str) -> Reply {
    let headers = headers.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    Reply { status, headers, body: body.into() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_keeps_us_out_is_named_and_the_letter_has_what_lets_us_in() {
    let world = World::new().await;
    let marks = [("server", "cloudflare"), ("cf-ray", "8f2a11-LHR"), ("cf-mitigated", "challenge")];
    world.server.serve("/blog.xml", refused(403, &marks, "<html><title>Just a moment...</title></html>"));
    let report = poll(&world.app, &Which::All, &silent).await.unwrap();
    let FeedResult::Failed(why) = &report.feeds[0].result else { panic!("{report:?}") };
    assert!(why.starts_with("Cloudflare keeps us out (403") && why.contains("Ray ID 8f2a11-LHR"), "{why}");
    assert_eq!(world.state("blog").await.error.as_ref(), Some(why), "as `status` and the alarm tell it");
    let (_keep, folder) = world.apart();
    let run = |arguments: &[&str]| {
        let output =
            policy_digest(folder.path()).args(arguments).args(["--config", "config", "--data", "data"]).output();
        text(&output.unwrap()).split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let check = run(&["feeds", "check"]);
    assert!(check.contains("Cloudflare keeps us out (403") && check.contains("the address is right"), "{check}");
    let letter = run(&["feeds", "letter", "blog"]);
    for part in [
        "Cloudflare refuses our requests",
        "Ray ID 8f2a11-LHR",
        "User-Agent: policy-digest/",
        "/blog.xml",
        "once an hour",
    ] {
        assert!(letter.contains(part), "{part}: {letter}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_in_the_feeds_place_is_named_though_its_status_is_good() {
    let world = World::new().await;
    let missing =
        "<!DOCTYPE html><html><head><title>Page not found</title></head><body><h1>Page not found</h1></body></html>";
    world.server.serve("/blog.xml", refused(200, &[("content-type", "text/html")], missing));
    let report = poll(&world.app, &Which::All, &silent).await.unwrap();
    let FeedResult::Failed(why) = &report.feeds[0].result else { panic!("{report:?}") };
    assert!(why.contains("“page not found”") && why.contains("new address"), "{why}");
    world.server.serve("/blog.xml", refused(202, &[("x-amzn-waf-action", "challenge")], ""));
    let report = poll(&world.app, &Which::All, &silent).await.unwrap();
    let FeedResult::Failed(why) = &report.feeds[0].result else { panic!("{report:?}") };
    assert!(why.starts_with("AWS WAF keeps us out (202"), "{why}");
    world.server.serve("/blog.xml", Reply::feed(crate::support::rss(&[])));
    let (_keep, folder) = world.apart();
    let output = policy_digest(folder.path())
        .args(["feeds", "letter", "blog", "--config", "config", "--data", "data"])
        .output()
        .unwrap();
    assert!(!output.status.success() && text(&output).contains("the feed can be read"), "{}", text(&output));
}
