//! Cookies within one fetch (RFC 6265): some sites redirect to the same address until the cookie comes back that they have
//! set. They go to the host that set them, and are forgotten when the fetch ends.

use url::Url;

/// More are not kept, nor longer ones.
const MOST: usize = 8;
const LONGEST: usize = 1_024;

/// The cookies of one fetch.
#[derive(Default)]
pub(super) struct Cookies(Vec<Cookie>);

struct Cookie {
    host: String,
    name: String,
    value: String,
    is_secure: bool,
}

impl Cookies {
    /// Takes the `Set-Cookie` lines of an answer.
    pub(super) fn set(&mut self, url: &Url, lines: &[String]) {
        for line in lines.iter().filter(|line| line.len() <= LONGEST) {
            let mut parts = line.split(';');
            let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else { continue };
            let is_secure = parts.any(|part| part.trim().eq_ignore_ascii_case("secure"));
            let (host, name) = (url.host_str().unwrap_or_default().to_owned(), name.trim().to_owned());
            self.0.retain(|cookie| cookie.host != host || cookie.name != name);
            if self.0.len() < MOST && !name.is_empty() {
                self.0.push(Cookie { host, name, value: value.trim().to_owned(), is_secure });
            }
        }
    }

    /// The header for a request, if there is anything to send.
    pub(super) fn of(&self, url: &Url) -> Option<String> {
        let goes = |cookie: &&Cookie| {
            Some(cookie.host.as_str()) == url.host_str() && (!cookie.is_secure || url.scheme() == "https")
        };
        let pairs: Vec<String> =
            self.0.iter().filter(goes).map(|Cookie { name, value, .. }| format!("{name}={value}")).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_goes_to_the_host_that_set_it_and_nowhere_else() {
        let url = |text: &str| Url::parse(text).unwrap();
        let mut cookies = Cookies::default();
        cookies.set(&url("https://example.org/a"), &["s=1; Path=/".into(), "t=2; Secure".into(), "s=3".into()]);
        assert_eq!(cookies.of(&url("https://example.org/b")).unwrap(), "t=2; s=3");
        assert_eq!(cookies.of(&url("http://example.org/b")).unwrap(), "s=3");
        assert_eq!(cookies.of(&url("https://eve.example.org/")), None);
        cookies.set(&url("https://example.org/"), &vec!["x".repeat(2_000) + "=1"; 3]);
        assert_eq!(cookies.0.len(), 2);
    }
}
