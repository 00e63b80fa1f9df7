//! The pages about data and accessibility: they say what the settings say, in both languages, and every page and email
//! leads to them.

use crate::support::pages::{get, request, serve};
use crate::support::{Entry, Reply, World, rss};

const RETENTION: &str = "[retention]\ncontent = \"50d\"\nattempts = \"20d\"\npending = \"36h\"\nleft = \"2d\"\n";
const STATEMENT: &str = "[accessibility]\ncontact = \"help@example.org\"\nprepared = 2026-11-02\ntested = \"2026-10-01\"\n\
    problems = [\"Some pictures have no description.\"]\nenforcement = \"The Equality Office\"\n\
    enforcement_url = \"https://equality.example.org/\"\n";

#[tokio::test]
async fn the_privacy_page_has_the_periods_that_the_program_works_with() {
    let votes = "[digest]\nreader_votes = true\n";
    let sender = "[sender]\norganisation = \"Example Institute\"\ncontact = \"hello@example.org\"\n\
        privacy_url = \"https://example.org/privacy\"\n";
    let world = World::configured(&format!("{RETENTION}{votes}{sender}[in.cy]\ntopic = \"ddiwygio\"\n")).await;
    let (_app, at) = serve(world.app).await;
    let page = get(at, "/privacy").await;
    for words in [
        "for 2 days after you unsubscribe",
        "We delete it 36 hours after the last email",
        "We keep this for 20 days",
        "We keep their text for 50 days",
        "Which posts you said were not about public service reform",
        "href=\"https:&#x2f;&#x2f;example.org&#x2f;privacy\">Read our privacy notice",
        "Contact: hello@example.org",
        "None. These pages run no scripts",
        "<link rel=\"canonical\" href=\"http:&#x2f;&#x2f;localhost:8080&#x2f;privacy\">",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let welsh = get(at, "/cy/privacy").await;
    assert!(welsh.contains("<html lang=\"cy\"") && welsh.contains("am 2 ddiwrnod wedi i chi"), "{welsh}");
    assert!(welsh.contains("36 awr wedi") && welsh.contains("nad oeddent ar ddiwygio"), "{welsh}");
}

#[tokio::test]
async fn what_is_not_in_use_is_not_on_the_privacy_page() {
    let (_app, at) = serve(World::new().await.app).await;
    let page = get(at, "/privacy").await;
    assert!(page.contains("for 28 days after you unsubscribe") && page.contains("We delete it 14 days"), "{page}");
    assert!(!page.contains("Your votes") && !page.contains("privacy notice"), "{page}");
    assert!(page.contains("Reply to any of our emails."), "{page}");
}

#[tokio::test]
async fn the_statement_is_there_once_somebody_can_be_contacted() {
    let (_app, at) = serve(World::new().await.app).await;
    assert!(get(at, "/accessibility").await.starts_with("HTTP/1.1 404"));
    let home = get(at, "/").await;
    assert!(!home.contains("accessibility") && home.contains("href=\"&#x2f;privacy\""), "{home}");
    let welsh = "[in.cy]\n[in.cy.accessibility]\nproblems = [\"Nid oes disgrifiad gan rai lluniau.\"]\n";
    let world = World::configured(&format!("{STATEMENT}{welsh}")).await;
    let (_app, at) = serve(world.app).await;
    let page = get(at, "/accessibility").await;
    for words in [
        "<b>help@example.org</b>",
        "<li>Some pictures have no description.</li>",
        "partially compliant with the Web Content Accessibility Guidelines version 2.2",
        "<a href=\"https:&#x2f;&#x2f;equality.example.org&#x2f;\">The Equality Office</a>",
        "prepared on 2 November 2026",
        "last tested on 1 October 2026",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let welsh = get(at, "/cy/accessibility").await;
    assert!(welsh.contains("Nid oes disgrifiad") && welsh.contains("ar 2 Tachwedd 2026"), "{welsh}");
    assert!(welsh.contains("href=\"&#x2f;cy&#x2f;accessibility\">Hygyrchedd"), "{welsh}");
}

#[tokio::test]
async fn a_problem_without_a_translation_says_which_language_it_is_in() {
    let world = World::configured(&format!("{STATEMENT}[in.cy]\ntopic = \"ddiwygio\"\n")).await;
    let (_app, at) = serve(world.app).await;
    assert!(get(at, "/cy/accessibility").await.contains("<ul class=\"points\" lang=\"en-GB\">"));
    assert!(get(at, "/accessibility").await.contains("<ul class=\"points\">\n<li>Some"));
}

#[tokio::test]
async fn every_page_and_email_leads_to_the_privacy_page() {
    let world = World::configured(&format!("{STATEMENT}[in.cy]\ntopic = \"ddiwygio\"\n")).await;
    world.subscribe("ada@example.org").await;
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1")])));
    world.once().await;
    let mail = world.mails().pop().unwrap();
    assert!(mail.text.contains("How we use your data:\r\nhttp://localhost:8080/privacy"), "{}", mail.text);
    let (_app, at) = serve(world.app).await;
    for path in ["/", "/p", "/archive", "/archive/2026-11-23", "/sources", "/nothing", "/confirm/x", "/privacy"] {
        for (language, base) in [("", ""), ("/cy", "cy/")] {
            let page = request(at, "GET", &format!("{language}{path}"), "", "").await.replace("&#x2f;", "/");
            for name in ["privacy", "accessibility"] {
                let links = [format!("href=\"/{base}{name}\""), format!("href=\"http://localhost:8080/{base}{name}\"")];
                let count: usize = links.iter().map(|link| page.matches(link.as_str()).count()).sum();
                assert!(count >= 1, "{language}{path} has no link to {name}: {page}");
            }
        }
    }
}
