//! The logo: a part of each digest's email, and of its page.

use mail_parser::MimeHeaders as _;

use crate::support::pages::get;
use crate::support::site::Site;
use crate::support::{Entry, Reply, World, rss};

/// A PNG of 320 × 80 pixels, as far as its header says.
fn png() -> Vec<u8> {
    let size = [320_u32.to_be_bytes(), 80_u32.to_be_bytes()].concat();
    [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), &size, b"\x08\x06\0\0\0....\0\0\0\0IEND...."].concat()
}

async fn with_logo() -> World {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), png()).unwrap();
    let top = format!("logo = \"{}\"\nlogo_alt = \"The \\\"Institute\\\"\"", file.path().display());
    let world = World::topped(&top).await;
    world.server.serve("/blog.xml", Reply::feed(rss(&[Entry::on_topic("1")])));
    world.subscribe("ada@example.org").await;
    world
}

#[tokio::test]
async fn an_email_carries_the_logo_beside_the_html_that_names_it() {
    let world = with_logo().await;
    world.once().await;
    let mail = world.mails().remove(0);
    let message = mail_parser::MessageParser::default().parse(mail.raw.as_bytes()).unwrap();
    let html = message.body_html(0).unwrap();
    assert!(!html.contains("data:"), "most email programs show no such picture");
    let (_, image) = html.split_once("<img ").unwrap();
    let (image, _) = image.split_once('>').unwrap();
    assert!(image.contains("width=\"160\"") && image.contains("height=\"40\""), "{image}");
    assert!(image.contains("alt=\"The &quot;Institute&quot;\""), "{image}");
    let (_, id) = image.split_once("src=\"cid:").unwrap();
    let (id, _) = id.split_once('"').unwrap();
    let part = message.parts.iter().find(|part| part.content_id() == Some(id)).unwrap();
    assert_eq!(part.contents(), png());
    assert!(part.content_type().is_some_and(|kind| kind.subtype() == Some("png")));
    assert!(message.body_text(0).unwrap().contains(&Entry::on_topic("1").title), "the plain text is there too");
    assert!(mail.raw.contains("multipart/related") && mail.raw.lines().all(|line| line.len() <= 998));
}

#[tokio::test]
async fn the_page_of_a_digest_holds_the_logo() {
    let world = with_logo().await;
    world.once().await;
    let page: Vec<String> = world.rows("SELECT html FROM archives");
    assert!(page[0].contains(" src=\"data:image/png;base64,"), "{}", page[0]);
}

#[tokio::test]
async fn the_other_emails_and_the_public_pages_have_it_too_with_its_words() {
    let site = Site::of(with_logo().await).await;
    for path in ["/", "/archive", "/sources", "/p", "/privacy"] {
        let page = get(site.at, path).await;
        let (headers, body) = page.split_once("\r\n\r\n").unwrap();
        assert!(headers.contains("; img-src data:"), "{path}: {headers}");
        let body = body.replace("&#x2f;", "/");
        assert_eq!(body.matches(" src=\"data:image/png;base64,").count(), 1, "{path}");
        assert!(body.contains("alt=\"The &quot;Institute&quot;\" width=\"160\" height=\"40\""), "{path}: {body}");
    }
    site.sign_up("cleo@example.org").await;
    let mail = site.mails().await.remove(0);
    assert!(mail.html().contains("src=\"cid:") && mail.html().contains("<h1"), "{}", mail.html());
    assert_eq!(mail.html().matches("<img ").count(), 1);
}
