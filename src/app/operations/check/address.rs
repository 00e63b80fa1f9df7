//! Checks the public address: whether it answers as this program when visited like a reader's browser would.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::finding::{CheckFinding, Part};
use crate::app::{ReadOnly, fetch_options};
use crate::config::TransportKind;
use crate::fetch::{Error, Fetcher, Options, Outcome, Validators};

/// Requests the health page behind `public_url` and returns whether it answers correctly. No answer is not a failure,
/// because the daemon may be stopped.
pub(super) async fn look(app: &ReadOnly) -> (Part, bool) {
    let settings = &app.config.settings;
    let public = settings.public_url.as_str().trim_end_matches('/');
    let answer = ask(app).await;
    let answers = answer.as_ref().is_ok_and(|answer| answer.trim() == "live");
    let is_local = settings.mail.transport == TransportKind::Directory;
    let (says, finding) = match answer {
        Ok(_) if answers => (format!("{public} answers"), None),
        Ok(_) => (
            public.to_owned(),
            Some(CheckFinding::failure(
                format!("`{public}` answers, and it is not this program"),
                "let the web server there pass all requests on to `listen` in `[web]`, or correct `public_url`",
            )),
        ),
        Err(_) if is_local => (format!("{public} (not answering; needed once emails leave this machine)"), None),
        Err(Unanswered { cause, next }) => {
            (public.to_owned(), Some(CheckFinding::advice(format!("no answer at `{public}`: {cause}"), next)))
        }
    };
    (Part::new("public address", says, finding.into_iter().collect()), answers)
}

/// Why there is no answer, and what to do about it: it is our own address, not a feed's.
struct Unanswered {
    cause: String,
    next: &'static str,
}

impl From<Error> for Unanswered {
    fn from(error: Error) -> Self {
        let next = match &error {
            Error::Dns { .. } => "correct the host in `public_url`, or add its DNS record",
            Error::Tls { .. } => {
                "see to the certificate of the web server there; mail programs and browsers refuse it too"
            }
            Error::Status { code: 300..=499, .. } | Error::TooManyRedirects(_) | Error::Redirect(_) => {
                "let the web server there pass all requests on to `listen` in `[web]`, or correct `public_url`"
            }
            Error::Certificates(_) | Error::Setup(_) => "see `[polling]` in digest.toml",
            _ => "start `policy-digest run` behind it, or let the web server there hand on to it",
        };
        Self { cause: error.cause(), next }
    }
}

/// Whatever address the administrator's own name leads to may be asked.
async fn ask(app: &ReadOnly) -> Result<String, Unanswered> {
    let everywhere = vec![(IpAddr::from(Ipv4Addr::UNSPECIFIED), 0), (IpAddr::from(Ipv6Addr::UNSPECIFIED), 0)];
    let options = Options { allow_private: everywhere, ..fetch_options(&app.config) };
    let fetcher = Fetcher::new(options)?;
    let no_address = |_| Unanswered { cause: "it is not an address".to_owned(), next: "correct `public_url`" };
    let url = app.page("health/live").parse().map_err(no_address)?;
    match fetcher.fetch(&url, &Validators::default(), app.clock.now()).await?.outcome {
        Outcome::Body { bytes, .. } => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Outcome::Unchanged => Ok(String::new()),
    }
}
