//! Looks at the page in a browser as different people get it, light and dark, on a phone and on a desktop, and asks
//! axe-core what is wrong with it. `AXE_SHOTS=DIR` keeps what was seen. axe-core lies in `target/axe` (README says how);
//! without it the looks are not judged, which is told, unless `AXE_REQUIRED` is set.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use super::aloud;
use super::browser::Browser;

const SIZES: [(u32, u32); 2] = [(390, 844), (1200, 900)];
const SCHEMES: [&str; 2] = ["light", "dark"];

/// What axe has no default rule for: a page that is wider than its window, what is too small for a finger (44 px, WCAG
/// 2.5.5), and a first screen without a story, where a digest begins, or without the button of the sign-up form.
const MEASURE: &str = r#"
    const found = [];
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) found.push(`width: ${scrollWidth} px in a window of ${clientWidth}`);
    for (const target of document.querySelectorAll("a, button, label.choice, input[type=email], input[type=date]")) {
      const { height } = target.getBoundingClientRect();
      if (height > 0 && height < 44) found.push(`target: ${height} px high: ${target.textContent.trim()}`);
    }
    const story = document.querySelector("form") ? null : document.querySelector("h3");
    if (story && innerWidth < 600 && story.getBoundingClientRect().bottom + scrollY > innerHeight) {
      found.push("first screen: the first story is not on it");
    }
    const send = document.getElementById("send");
    const isEmpty = !document.querySelector(".problem");
    if (send && isEmpty && innerWidth < 600 && send.getBoundingClientRect().bottom + scrollY > innerHeight) {
      found.push(`first screen: the button ends at ${send.getBoundingClientRect().bottom + scrollY}`);
    }
    return found;
"#;

const RUN: &str = r#"
    const done = arguments[arguments.length - 1];
    axe.run(document).then(({ violations, passes }) => done([passes.length, violations.flatMap(({ id, help, nodes }) =>
      nodes.map(({ target, html }) => `${id}: ${help}: ${target} ${html.slice(0, 200)}`))]));
"#;

pub struct Axe {
    source: Option<String>,
    shots: Option<PathBuf>,
    found: Vec<String>,
    views: usize,
}

impl Axe {
    pub fn new() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let source = std::fs::read_to_string(root.join("target/axe/node_modules/axe-core/axe.min.js")).ok();
        if source.is_none() {
            assert!(std::env::var_os("AXE_REQUIRED").is_none(), "axe-core must be in target/axe");
            aloud("not judged: axe-core is not in target/axe");
        }
        let shots = std::env::var_os("AXE_SHOTS").map(PathBuf::from);
        Self { source, shots, found: Vec::new(), views: 0 }
    }

    /// Looks at what the browser shows. The page stays as it is, and where it is.
    pub async fn look(&mut self, browser: &Browser, name: &str) {
        browser.scripts(true).await;
        for scheme in SCHEMES {
            let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
            browser.devtools("Emulation.setEmulatedMedia", media).await;
            for (width, height) in SIZES {
                let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
                browser.devtools("Emulation.setDeviceMetricsOverride", size).await;
                let view = format!("{name}-{width}-{scheme}");
                self.keep(browser, &view).await;
                self.judge(browser, &view).await;
                self.views += 1;
            }
        }
        browser.devtools("Emulation.clearDeviceMetricsOverride", json!({})).await;
        browser.scripts(false).await;
    }

    async fn judge(&mut self, browser: &Browser, view: &str) {
        let measured = browser.client.execute(MEASURE, Vec::new()).await.unwrap();
        let mut found: Vec<String> = serde_json::from_value(measured).unwrap();
        if let Some(source) = &self.source {
            browser.client.execute(&format!("if (!window.axe) {{ {source} }}"), Vec::new()).await.unwrap();
            let judged = browser.client.execute_async(RUN, Vec::new()).await.unwrap();
            let (passes, violations): (usize, Vec<String>) = serde_json::from_value(judged).unwrap();
            assert!(passes > 5, "{view}: axe looked at nothing");
            found.extend(violations);
        }
        self.found.extend(found.iter().map(|finding| format!("{view}: {finding}")));
    }

    async fn keep(&self, browser: &Browser, view: &str) {
        let Some(folder) = &self.shots else { return };
        let shot = browser.devtools("Page.captureScreenshot", json!({ "captureBeyondViewport": true })).await;
        let bytes = BASE64_STANDARD.decode(shot["data"].as_str().unwrap()).unwrap();
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(folder.join(format!("{view}.png")), bytes).unwrap();
    }

    /// Fails if anything was found.
    pub fn verdict(self) {
        assert!(self.found.is_empty(), "{} findings:\n{}", self.found.len(), self.found.join("\n"));
        aloud(&format!("{} views, nothing found", self.views));
    }
}
