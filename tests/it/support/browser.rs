//! A real browser: Chromium, headless, asked through its chromedriver (W3C WebDriver, and the DevTools protocol for what
//! that has no word for). Both are started for one test and end with it. It runs no script of a page.
//!
//! A page is used as a person uses it, by the words that stand on it, with a mouse or with the keyboard alone.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use axum::http::Method;
use fantoccini::actions::{InputSource as _, KeyAction, KeyActions};
use fantoccini::elements::Element;
use fantoccini::key::Key;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use url::{ParseError, Url};

use super::{aloud, wait_for};

/// The longest that a step on a page may take.
const STEP: Duration = Duration::from_secs(20);
/// More stops than any page has.
const STOPS: usize = 200;

/// What a page is used with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hand {
    Mouse,
    Keys,
}

pub struct Browser {
    pub client: Client,
    hand: Hand,
    // Last, so that the browser is there as long as somebody speaks to it.
    _driver: Driver,
}

impl Browser {
    /// `None`, told on standard error, where it cannot be had; `BROWSER_REQUIRED=1` makes that a failure.
    pub async fn start(hand: Hand) -> Option<Self> {
        let Some(driver) = Driver::start() else {
            assert!(std::env::var_os("BROWSER_REQUIRED").is_none(), "chromium and chromedriver must be there");
            aloud("skipped: chromium or chromedriver is not here");
            return None;
        };
        let flags = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--lang=en-GB",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        ];
        let options = json!({ "goog:chromeOptions": { "args": flags } });
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(options.as_object().unwrap().clone());
        let client = builder.connect(&format!("http://127.0.0.1:{}", driver.port)).await.unwrap();
        let browser = Self { client, hand, _driver: driver };
        browser.scripts(false).await;
        browser.open("data:text/html,<title>off</title><script>document.title = 'on'</script>").await;
        assert_eq!(browser.client.title().await.unwrap(), "off", "scripts");
        Some(browser)
    }

    pub async fn open(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    /// Opens what is folded up on the page.
    pub async fn unfold(&self) {
        self.client
            .execute("for (const it of document.querySelectorAll('details')) it.open = true", Vec::new())
            .await
            .unwrap();
    }

    /// Presses the button, or follows the link, with these words, and waits for the page that comes of it.
    pub async fn press(&self, words: &str) {
        let before = self.client.find(Locator::Css("html")).await.unwrap().element_id();
        match self.hand {
            Hand::Mouse => self.find(&["button", "a"], words).await.click().await.unwrap(),
            Hand::Keys => {
                self.tab_to(words).await;
                self.key(Key::Enter.into()).await;
            }
        }
        let fresh = async {
            loop {
                let page = self.client.find(Locator::Css("html")).await;
                if page.is_ok_and(|page| page.element_id() != before) {
                    break;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(STEP, fresh).await.unwrap_or_else(|_| panic!("nothing came of {words}"));
    }

    /// Opens or closes what is under the summary with these words.
    pub async fn toggle(&self, words: &str) {
        match self.hand {
            Hand::Mouse => self.find(&["summary"], words).await.click().await.unwrap(),
            Hand::Keys => {
                self.tab_to(words).await;
                self.key(Key::Enter.into()).await;
            }
        }
    }

    /// Types into the field with this label, in the place of what stands there.
    pub async fn write(&self, label: &str, text: &str) {
        match self.hand {
            Hand::Mouse => self.find(&["label"], label).await.click().await.unwrap(),
            Hand::Keys => self.tab_to(label).await,
        }
        self.press_keys(&[Key::Control.into(), 'a']).await;
        for letter in text.chars() {
            self.key(letter).await;
        }
    }

    /// Chooses the radio button, or turns the checkbox, with this label.
    pub async fn tick(&self, label: &str) {
        match self.hand {
            Hand::Mouse => self.find(&["label"], label).await.click().await.unwrap(),
            Hand::Keys => {
                self.tab_to(label).await;
                if self.focus().await["type"] == "checkbox" {
                    self.key(' ').await;
                }
            }
        }
    }

    /// Fails unless the page says so.
    pub async fn says(&self, words: &str) {
        let page = self.text().await;
        assert!(page.contains(words), "no {words:?} in\n{page}");
    }

    pub async fn text(&self) -> String {
        let text = self.client.find(Locator::Css("body")).await.unwrap().text().await.unwrap();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// What DevTools answer.
    pub async fn devtools(&self, method: &'static str, parameters: Json) -> Json {
        let answer = self.client.issue_cmd(DevTools(method, parameters)).await;
        answer.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Whether pages may run scripts.
    pub async fn scripts(&self, are_run: bool) {
        self.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": !are_run })).await;
    }

    async fn find(&self, tags: &[&str], words: &str) -> Element {
        let paths: Vec<String> =
            tags.iter().map(|tag| format!("//{tag}[starts-with(normalize-space(), \"{words}\")]")).collect();
        let found = self.client.find(Locator::XPath(&paths.join("|"))).await;
        match found {
            Ok(found) => found,
            Err(error) => panic!("no {words}: {error}\n{}", self.text().await),
        }
    }

    /// Tabs to what begins with these words; whatever it stops at on its way must show that it has the focus.
    async fn tab_to(&self, words: &str) {
        for _ in 0..STOPS {
            self.key(Key::Tab.into()).await;
            let mut focus = self.focus().await;
            // Of radio buttons Tab reaches one; the arrows go on from it.
            for _ in 0..3 {
                if focus["type"] == "radio"
                    && focus["group"].as_str().unwrap().contains(words)
                    && !begins(&focus, words)
                {
                    self.key(Key::Down.into()).await;
                    focus = self.focus().await;
                }
            }
            assert!(focus["name"] == "" || focus["is_visible"] == true, "the focus cannot be seen: {focus}");
            if begins(&focus, words) {
                return;
            }
        }
        panic!("the keyboard does not reach {words}\n{}", self.text().await);
    }

    /// Where the keyboard is: its label or words, and whether that can be seen.
    async fn focus(&self) -> Json {
        let script = "const at = document.activeElement;
            if (at === document.body) return { name: '', type: '', group: '' };
            const words = (node) => node.textContent.trim().replace(/\\s+/g, ' ');
            const { outlineStyle, outlineWidth } = getComputedStyle(at);
            const { top, bottom } = at.getBoundingClientRect();
            const isShown = bottom > 0 && top < innerHeight;
            return { name: words(at.labels?.[0] ?? at), type: at.type ?? '',
              group: words(at.closest('fieldset') ?? document.body),
              is_visible: isShown && outlineStyle !== 'none' && (outlineStyle === 'auto' || parseFloat(outlineWidth) >= 2) };";
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    async fn key(&self, key: char) {
        self.press_keys(&[key]).await;
    }

    /// Presses these keys together.
    async fn press_keys(&self, keys: &[char]) {
        let down = keys.iter().map(|&value| KeyAction::Down { value });
        let up = keys.iter().rev().map(|&value| KeyAction::Up { value });
        let actions = down.chain(up).fold(KeyActions::new("keys".to_owned()), KeyActions::then);
        self.client.perform_actions(actions).await.unwrap();
    }
}

fn begins(focus: &Json, words: &str) -> bool {
    focus["name"].as_str().unwrap().starts_with(words)
}

/// A command of the DevTools protocol, as chromedriver hands it on.
#[derive(Debug)]
struct DevTools(&'static str, Json);

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _url: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(json!({ "cmd": self.0, "params": self.1 }).to_string()))
    }
}

/// How often chromedriver may fail to get a port.
const TRIES: usize = 5;

/// The process that starts the browser and speaks with it, on a port of its own.
struct Driver {
    child: Child,
    // Held open: a process whose words nobody takes any more would be ended by them.
    _said: BufReader<ChildStdout>,
    // What both leave lying goes with it.
    _folder: TempDir,
    port: u16,
}

impl Driver {
    /// `None` where the programs are not here.
    fn start() -> Option<Self> {
        let quiet = Command::new("chromium").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        if !quiet.is_ok_and(|status| status.success()) {
            return None;
        }
        // It takes a port that is free on one kind of loopback, and ends if another program has it on the other.
        for _ in 0..TRIES {
            let folder = tempfile::tempdir().unwrap();
            let mut command = Command::new("chromedriver");
            command.env("TMPDIR", folder.path()).arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null());
            let mut child = command.spawn().ok()?;
            let mut said = BufReader::new(child.stdout.take().unwrap());
            let port = said.by_ref().lines().map_while(Result::ok).find_map(|line| {
                let (_, port) = line.split_once("started successfully on port ")?;
                port.trim_end_matches('.').parse().ok()
            });
            match port {
                Some(port) => return Some(Self { child, _said: said, _folder: folder, port }),
                None => drop(child.wait()),
            }
        }
        panic!("chromedriver found no port to listen on, {TRIES} times");
    }
}

impl Drop for Driver {
    /// Asked to end, it ends its browser too; killed, it would leave it behind.
    fn drop(&mut self) {
        if let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) {
            let _ = stream.set_read_timeout(Some(STEP));
            let _ = stream.write_all(b"GET /shutdown HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
            let _ = stream.read_to_end(&mut Vec::new());
        }
        if !wait_for(STEP, || self.child.try_wait().is_ok_and(|ended| ended.is_some())) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
