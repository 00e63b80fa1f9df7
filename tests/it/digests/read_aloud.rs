//! A digest for those who do not see it: in a text browser, and in the accessibility tree that Chromium gives to a screen
//! reader. Headings come in order, and each story is a heading with a link, followed by its source and its reason.

use std::path::Path;
use std::process::{Command, Stdio};

use policy_digest::render::Rendered;
use serde_json::{Value as Json, json};

use super::shown::quickstart_digest;
use crate::support::aloud;
use crate::support::browser::{Browser, Hand};

/// The page as a text browser shows it, on one line; `None`, told on standard error, if there is none.
fn in_a_text_browser(html: &Path) -> Option<String> {
    let browsers: [(&str, &[&str]); 2] =
        [("w3m", &["-dump", "-cols", "80", "-T", "text/html"]), ("lynx", &["-dump", "-nolist", "-width=80"])];
    for (browser, arguments) in browsers {
        let run = Command::new(browser).args(arguments).arg(html).stdin(Stdio::null()).output();
        if let Ok(output) = run {
            assert!(output.status.success(), "{browser}: {output:?}");
            return Some(one_line(&String::from_utf8_lossy(&output.stdout)));
        }
    }
    assert!(std::env::var_os("TEXT_BROWSER_REQUIRED").is_none(), "w3m or lynx must be there");
    aloud("skipped: neither w3m nor lynx is here");
    None
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn written(rendered: &Rendered) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("digest.html");
    std::fs::write(&file, &rendered.html).unwrap();
    (folder, file)
}

#[tokio::test]
async fn a_text_browser_shows_what_the_plain_text_says_in_the_same_order() {
    for language in ["en", "cy"] {
        let rendered = quickstart_digest(language).await;
        let (_folder, file) = written(&rendered);
        let Some(page) = in_a_text_browser(&file) else { return };
        let mut rest = page.to_lowercase();
        // The paragraphs of the plain text, without the links and rules that the page shows otherwise.
        let is_shown =
            |line: &&str| !line.starts_with("http") && !line.starts_with(['-', '=']) && !line.contains("://");
        let (body, _) = rendered.text.split_once("\n-- \n").unwrap();
        let mut seen = 0;
        for paragraph in body.split("\n\n") {
            let lines: Vec<&str> = paragraph.lines().filter(is_shown).collect();
            for line in lines {
                let line = one_line(&line.to_lowercase());
                let at = rest.find(&line).unwrap_or_else(|| panic!("{line:?} is not after the last one in\n{page}"));
                rest.drain(..at + line.len());
                seen += 1;
            }
        }
        let reasons =
            body.lines().filter(|line| line.starts_with("Picked for ") || line.starts_with("Dewiswyd am ")).count();
        assert!(seen > 100 && reasons == 20, "{seen} lines, {reasons} reasons in\n{body}");
    }
}

/// A node of the accessibility tree, in the order of reading.
#[derive(Debug)]
struct Node {
    role: String,
    name: String,
    level: u64,
    /// The roles and names of what is inside.
    inside: Vec<(String, String)>,
}

async fn tree(browser: &Browser) -> Vec<Node> {
    let answer = browser.devtools("Accessibility.getFullAXTree", json!({})).await;
    let nodes = answer["nodes"].as_array().unwrap();
    let by_id = |id: &Json| nodes.iter().find(|node| node["nodeId"] == *id).unwrap();
    let mut read = Vec::new();
    visit(&nodes[0], &by_id, &mut read);
    read
}

fn visit<'t>(node: &'t Json, by_id: &dyn Fn(&Json) -> &'t Json, read: &mut Vec<Node>) {
    let text = |value: &Json| one_line(value["value"].as_str().unwrap_or_default());
    let at = read.len();
    let is_read = node["ignored"] != true;
    if is_read {
        let properties = node["properties"].as_array().cloned().unwrap_or_default();
        let level = properties.iter().find(|property| property["name"] == "level");
        let level = level.map_or(0, |level| level["value"]["value"].as_u64().unwrap_or_default());
        read.push(Node { role: text(&node["role"]), name: text(&node["name"]), level, inside: Vec::new() });
    }
    for child in node["childIds"].as_array().into_iter().flatten() {
        visit(by_id(child), by_id, read);
    }
    if is_read {
        read[at].inside = read[at + 1..].iter().map(|node| (node.role.clone(), node.name.clone())).collect();
    }
}

#[tokio::test]
async fn a_screen_reader_finds_each_story_by_its_heading_with_a_link_a_source_and_a_reason() {
    let Some(browser) = Browser::start(Hand::Mouse).await else { return };
    for (language, picked, minutes) in
        [("en", "Picked for ", [" min", " min"]), ("cy", "Dewiswyd am ", [" munud", " funud"])]
    {
        let (_folder, file) = written(&quickstart_digest(language).await);
        browser.open(&format!("file://{}", file.display())).await;
        let nodes = tree(&browser).await;
        let headings: Vec<usize> = (0..nodes.len()).filter(|&at| nodes[at].role == "heading").collect();
        let levels: Vec<u64> = headings.iter().map(|&at| nodes[at].level).collect();
        assert_eq!(levels.iter().filter(|level| **level == 1).count(), 1, "{levels:?}");
        assert!(levels[0] == 1 && levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{levels:?}");
        let mut stories = 0;
        for (number, &at) in headings.iter().enumerate() {
            let heading = &nodes[at];
            assert!(!heading.name.is_empty(), "{heading:?}");
            let Some((_, link)) = heading.inside.iter().find(|(role, _)| role == "link") else { continue };
            assert_eq!(link, &heading.name, "the link says the title");
            stories += 1;
            let end = headings.get(number + 1).copied().unwrap_or(nodes.len());
            let said: Vec<&str> =
                nodes[at + 1..end].iter().filter(|node| node.role == "StaticText").map(|node| &*node.name).collect();
            let facts = said.iter().position(|text| {
                minutes.iter().any(|minutes| text.ends_with(minutes) || text.contains(&format!("{minutes} ·")))
            });
            let reason = said.iter().position(|text| text.starts_with(picked.trim_end()));
            assert!(facts.is_some() && reason > facts, "{}: {said:?}", heading.name);
        }
        assert_eq!(stories, 20, "in {language}");
    }
}

#[tokio::test]
async fn the_fourth_story_is_on_a_phones_first_screens() {
    let Some(browser) = Browser::start(Hand::Mouse).await else { return };
    let (_folder, file) = written(&quickstart_digest("en").await);
    browser.open(&format!("file://{}", file.display())).await;
    let size = json!({ "width": 390, "height": 1400, "deviceScaleFactor": 1, "mobile": true });
    browser.devtools("Emulation.setDeviceMetricsOverride", size).await;
    let script = "return document.querySelectorAll('h2.first, h3.story')[3].getBoundingClientRect().bottom";
    let bottom = browser.client.execute(script, Vec::new()).await.unwrap().as_f64().unwrap();
    assert!(bottom <= 1400.0, "its title ends at {bottom}");
}
