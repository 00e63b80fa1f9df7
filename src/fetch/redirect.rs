//! Where a redirect may lead: http and https, on the usual ports or on one that an administrator wrote for that
//! host; and whether a feed has moved for good.

use url::Url;

use super::error::{Error, shown};

/// The redirects of one fetch, followed by hand.
pub(super) struct Trail<'a> {
    configured: &'a Url,
    /// Host and port of every configured feed that names a port.
    ports: &'a [(String, u16)],
    pub(super) current: Url,
    /// Every hop so far was a permanent one.
    is_permanent: bool,
    /// Where the permanent ones led.
    pub(super) moved_to: Option<Url>,
}

impl<'a> Trail<'a> {
    pub(super) fn new(configured: &'a Url, ports: &'a [(String, u16)]) -> Self {
        Self { configured, ports, current: configured.clone(), is_permanent: true, moved_to: None }
    }

    /// Takes the next step; the address itself is the guard's to check.
    pub(super) fn follow(&mut self, code: u16, location: &str) -> Result<(), Error> {
        let refused = || Error::Redirect(shown(location));
        let mut target = self.current.join(location.trim()).map_err(|_| refused())?;
        let is_web = matches!(target.scheme(), "http" | "https") && target.has_host();
        if location.trim().is_empty() || !is_web || !self.may_use_port(&target) {
            return Err(refused());
        }
        // RFC 9110 §15.4, RFC 6454: credentials are for the origin that they were given for. Another port, and another
        // scheme on its port, may be another person's server.
        let login = self.configured;
        let (name, password) = match target.origin() == login.origin() {
            true => (login.username(), login.password()),
            false => ("", None),
        };
        let _ = (target.set_username(name), target.set_password(password));
        self.is_permanent &= matches!(code, 301 | 308);
        if self.is_permanent {
            self.moved_to = Some(target.clone());
        }
        self.current = target;
        Ok(())
    }

    fn may_use_port(&self, target: &Url) -> bool {
        let same =
            |url: &Url| target.host() == url.host() && target.port_or_known_default() == url.port_or_known_default();
        let listed = |(host, port): &(String, u16)| {
            target.host_str() == Some(host) && target.port_or_known_default() == Some(*port)
        };
        is_usual(target) || same(self.configured) || self.ports.iter().any(listed)
    }
}

fn is_usual(url: &Url) -> bool {
    matches!(url.port_or_known_default(), Some(80 | 443))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn follow(configured: &str, location: &str) -> Option<String> {
        let configured = Url::parse(configured).unwrap();
        let ports = [("intra.example.org".to_owned(), 8080)];
        let mut trail = Trail::new(&configured, &ports);
        trail.follow(302, location).ok().map(|()| trail.current.to_string())
    }

    #[test]
    fn a_redirect_keeps_to_the_web_and_to_ports_that_were_written() {
        let from = "https://example.org:8443/feed";
        for allowed in [
            "/new",
            "//example.org:8443/x",
            "http://other.example.org/",
            "https://other.example.org:80/",
            "http://intra.example.org:8080/",
        ] {
            assert!(follow(from, allowed).is_some(), "{allowed}");
        }
        for refused in [
            "",
            " ",
            "file:///etc/passwd",
            "file:feed.xml",
            "gopher://example.org/",
            "data:text/plain,x",
            "http://other.example.org:22/",
            "http://other.example.org:8443/",
            "http://example.org:8080/",
            "http://",
        ] {
            assert_eq!(follow(from, refused), None, "{refused}");
        }
    }

    #[test]
    fn credentials_go_to_no_other_server() {
        let from = "https://ada:secret@example.org/feed";
        assert_eq!(follow(from, "/new").unwrap(), "https://ada:secret@example.org/new");
        assert_eq!(follow(from, "https://example.org/new").unwrap(), "https://ada:secret@example.org/new");
        assert_eq!(follow(from, "http://example.org/new").unwrap(), "http://example.org/new");
        assert_eq!(follow(from, "https://eve.example.org/").unwrap(), "https://eve.example.org/");
        assert_eq!(follow(from, "https://eve:x@eve.example.org/").unwrap(), "https://eve.example.org/");
        let from = "http://ada:secret@intra.example.org:8080/feed";
        assert_eq!(follow(from, "/new").unwrap(), "http://ada:secret@intra.example.org:8080/new");
        for other in ["http://intra.example.org/", "https://intra.example.org/", "https://intra.example.org:80/"] {
            assert!(!follow(from, other).unwrap().contains("ada"), "{other}");
        }
        assert_eq!(follow("http://ada:secret@example.org/", "https://example.org/").unwrap(), "https://example.org/");
    }

    #[test]
    fn only_an_unbroken_chain_of_permanent_redirects_moves_a_feed() {
        let configured = Url::parse("https://example.org/a").unwrap();
        let moved = |codes: &[u16]| {
            let mut trail = Trail::new(&configured, &[]);
            for (number, code) in codes.iter().enumerate() {
                trail.follow(*code, &format!("/{number}")).unwrap();
            }
            trail.moved_to.map(|url| url.path().to_owned())
        };
        assert_eq!(moved(&[301, 308]).as_deref(), Some("/1"));
        assert_eq!(moved(&[301, 302]).as_deref(), Some("/0"));
        assert_eq!(moved(&[307, 301]), None);
    }
}
