//! The email to the webmaster of a site that keeps us out: short, polite, and with all that is needed to let us in.

use std::time::Duration;

use url::Url;

use super::{Block, Blocker};

/// Who we are to the site.
#[derive(Debug, Clone, Copy)]
pub struct Visitor<'a> {
    /// The feed.
    pub feed: &'a Url,
    /// Our User-Agent.
    pub user_agent: &'a str,
    /// The least time between two visits.
    pub interval: Duration,
    /// What the digest is called.
    pub digest: &'a str,
}

/// The email, its subject in the first line.
#[must_use]
pub fn letter(block: &Block, visitor: &Visitor<'_>) -> String {
    let Visitor { feed, user_agent, interval, digest } = visitor;
    let host = feed.host_str().unwrap_or_default();
    let product = user_agent.split(['/', ' ']).next().unwrap_or_default();
    let path = feed.path();
    let who = match block.by {
        Blocker::Firewall(name) => format!("{name} refuses our requests for it"),
        Blocker::ConsentWall => "a consent page is sent in its place".to_owned(),
        Blocker::LogIn => "a log-in page is sent in its place".to_owned(),
        Blocker::NotFound => "a “page not found” is sent in its place, with the status 200".to_owned(),
        Blocker::CaptivePortal => "a network's log-in page is sent in its place".to_owned(),
    };
    let id = block.request_id.as_ref().map(|(name, value)| format!(", {name} {value}")).unwrap_or_default();
    let often = often(*interval);
    let rule = rule(block.by, product, path);
    format!(
        "Subject: Your feed on {host} cannot be read by our digest\n\
         \n\
         Hello,\n\
         \n\
         we read your feed {feed} for \u{201c}{digest}\u{201d}, an email digest that links to your posts. At present {who} \
         (status {status}{id}).\n\
         \n\
         We ask for this one address only, at most once {often}, with If-None-Match and If-Modified-Since, so that an \
         unchanged feed costs you almost nothing. We honour Retry-After, and we say who we are:\n\
         \n\
         \x20   User-Agent: {user_agent}\n\
         \n\
         Could you let these requests through? {rule}\n\
         \n\
         If you would rather not be read, tell us and we will stop.\n\
         \n\
         Thank you, and kind regards\n",
        status = block.status,
    )
}

fn often(interval: Duration) -> String {
    match interval.as_secs().div_ceil(60) {
        0..=59 => format!("every {} minutes", interval.as_secs().div_ceil(60).max(1)),
        60..=90 => "an hour".to_owned(),
        minutes => format!("every {} hours", minutes / 60),
    }
}

/// The rule to add, in the words of the blocker's own settings.
fn rule(by: Blocker, product: &str, path: &str) -> String {
    match by {
        Blocker::Firewall("Cloudflare") => format!(
            "In Cloudflare: Security > WAF > Custom rules, action \u{201c}Skip\u{201d}, for (http.request.uri.path eq \
             \"{path}\" and http.user_agent contains \"{product}\")."
        ),
        Blocker::Firewall("AWS WAF" | "CloudFront") => format!(
            "In AWS WAF: a rule with the action \u{201c}Allow\u{201d} before the others, for the URI path \"{path}\" and a \
             User-Agent that contains \"{product}\"."
        ),
        Blocker::Firewall(name @ ("Akamai" | "Imperva" | "DataDome" | "Sucuri")) => format!(
            "In {name}: an allow rule (exception) for the path \"{path}\" with a User-Agent that contains \"{product}\"."
        ),
        Blocker::Firewall(_) => {
            format!("An allow rule for the path \"{path}\" and a User-Agent that contains \"{product}\" is enough.")
        }
        Blocker::ConsentWall | Blocker::LogIn => {
            format!("It is enough to leave \"{path}\" out of it: a feed reader has no screen to ask on.")
        }
        Blocker::NotFound | Blocker::CaptivePortal => "If the feed has a new address, please tell us.".to_owned(),
    }
}
