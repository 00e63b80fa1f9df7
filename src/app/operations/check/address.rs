//! Checks the public address: whether it answers as this program when visited like a reader's browser would.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::finding::{CheckFinding, Part};
use crate::app::{ReadOnly, fetch_options};
use crate::config::TransportKind;
use crate::fetch::{Fetcher, Options, Outcome, Validators};

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
                "let the web server there hand everything on to `listen` in `[web]`, or mend `public_url`",
            )),
        ),
        Err(_) if is_local => (format!("{public} (not answering; needed once emails leave this machine)"), None),
        Err(error) => (
            public.to_owned(),
            Some(CheckFinding::advice(
                format!("nobody answers at `{public}`: {error}"),
                "start `policy-digest run` behind it, or let the web server there hand on to it",
            )),
        ),
    };
    (Part::new("public address", says, finding.into_iter().collect()), answers)
}

/// Whatever address the administrator's own name leads to may be asked.
async fn ask(app: &ReadOnly) -> Result<String, String> {
    let everywhere = vec![(IpAddr::from(Ipv4Addr::UNSPECIFIED), 0), (IpAddr::from(Ipv6Addr::UNSPECIFIED), 0)];
    let options = Options { allow_private: everywhere, ..fetch_options(&app.config) };
    let fetcher = Fetcher::new(options).map_err(|error| error.explain())?;
    let url = app.page("health/live").parse().map_err(|_| "it is no address".to_owned())?;
    let response = fetcher.fetch(&url, &Validators::default(), app.clock.now()).await;
    match response.map_err(|error| error.explain())?.outcome {
        Outcome::Body { bytes, .. } => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Outcome::Unchanged => Ok(String::new()),
    }
}
