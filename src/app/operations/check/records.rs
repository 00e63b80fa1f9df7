//! Checks the DNS records that let receivers tell our emails from forgeries: SPF (RFC 7208) at the domain of the return
//! path, DKIM (RFC 6376) at the selector, DMARC (RFC 7489) at the sender's domain or its parent. They are looked up as
//! a receiver does, and the report includes the correct values.

use std::net::IpAddr;

use super::Outside;
use super::finding::{CheckFinding, Part};
use super::sender::is_nobodys;
use crate::app::ReadOnly;
use crate::app::outbox::dkim;
use crate::config::Settings;
use crate::dns::{Dns, Error};

/// A DNS record that should exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Its name.
    pub name: String,
    /// Its value, or the value that it should have.
    pub value: String,
    /// Whether it was found; `None` if it was not looked up.
    pub is_there: Option<bool>,
}

/// Looks the records up, unless the check is offline. Reserved example names are skipped unless the caller gives a name
/// server.
pub(super) async fn look(app: &ReadOnly, outside: Outside) -> anyhow::Result<(Option<Part>, Vec<Wanted>)> {
    let settings = &app.config.settings;
    let sender = settings.mail.from.domain();
    let mut wanted = vec![spf(settings, &sender)];
    let record = dkim::record(&app.config)?;
    let kinds = if record.is_some() { "SPF, DKIM and DMARC" } else { "SPF and DMARC" };
    wanted.extend(record.map(|record| Wanted { name: record.name, value: record.value, is_there: None }));
    wanted.push(dmarc(&sender));
    if outside.is_offline || (outside.name_server.is_none() && is_nobodys(&sender)) {
        return Ok((None, wanted));
    }
    let dns = match Dns::new(outside.name_server) {
        Ok(dns) => dns,
        Err(error) => return Ok((Some(Part::new("DNS", "", vec![unanswered(error)])), wanted)),
    };
    let mut findings = Vec::new();
    for record in &mut wanted {
        match look_up(&dns, record).await {
            Ok(found) => {
                record.is_there = Some(found.is_none());
                findings.extend(found);
            }
            Err(error) => {
                findings.push(unanswered(error));
                break;
            }
        }
    }
    Ok((Some(Part::praised("DNS", format!("{kinds} records are published"), findings)), wanted))
}

fn unanswered(error: Error) -> CheckFinding {
    CheckFinding::advice(
        format!("the DNS records for your emails cannot be looked up: {:#}", anyhow::Error::new(error)),
        "check this machine's name servers, use another with `--resolver ADDRESS`, or skip this with `--offline`",
    )
}

fn spf(settings: &Settings, sender: &str) -> Wanted {
    let bounces = settings.mail.bounce_address.as_deref().and_then(|address| Some(address.rsplit_once('@')?.1));
    let name = bounces.unwrap_or(sender).to_ascii_lowercase();
    // A provider tells its customers what to include; the relay is the minimum that must be allowed.
    Wanted { name, value: format!("v=spf1 {} ~all", mechanism(&settings.mail.smtp.host)), is_there: None }
}

/// The mechanism that allows the relay: `a` for a name, `ip4` and `ip6` for addresses (RFC 7208 §5.3, §5.6).
fn mechanism(host: &str) -> String {
    match host.trim_matches(['[', ']']).parse() {
        Ok(IpAddr::V4(address)) => format!("ip4:{address}"),
        Ok(IpAddr::V6(address)) => format!("ip6:{address}"),
        Err(_) => format!("a:{host}"),
    }
}

fn dmarc(sender: &str) -> Wanted {
    Wanted { name: format!("_dmarc.{sender}"), value: "v=DMARC1; p=none".to_owned(), is_there: None }
}

async fn look_up(dns: &Dns, wanted: &Wanted) -> Result<Option<CheckFinding>, Error> {
    let texts = dns.texts(&wanted.name).await?;
    if wanted.value.starts_with("v=DKIM1") {
        return Ok(of_key(wanted, &texts));
    }
    if wanted.value.starts_with("v=DMARC1") {
        let mut is_there = texts.iter().any(|text| is_version(text, "v=DMARC1"));
        // RFC 7489 §6.6.3: without a record of its own, a name uses that of the organisational domain.
        let above = wanted.name.strip_prefix("_dmarc.").and_then(|domain| domain.split_once('.'));
        if let (false, Some((_, above))) = (is_there, above.filter(|(_, above)| above.contains('.'))) {
            is_there = dns.texts(&format!("_dmarc.{above}")).await?.iter().any(|text| is_version(text, "v=DMARC1"));
        }
        let missing = || CheckFinding::advice(format!("`{}` has no DMARC record", wanted.name), publish(wanted));
        return Ok((!is_there).then(missing));
    }
    Ok(match texts.iter().filter(|text| is_version(text, "v=spf1")).count() {
        1 => None,
        0 => Some(CheckFinding::advice(
            format!("`{}` has no SPF record", wanted.name),
            format!(
                "{}, or what your mail provider says; it must name the addresses from which receivers get your emails",
                publish(wanted)
            ),
        )),
        // RFC 7208 §4.5: two records are an error, as if there were none.
        _ => Some(CheckFinding::advice(
            format!("`{}` has more than one SPF record, so receivers ignore all of them", wanted.name),
            "combine them into one",
        )),
    })
}

fn of_key(wanted: &Wanted, texts: &[String]) -> Option<CheckFinding> {
    let key = |text: &str| tag(text, "p");
    let own = key(&wanted.value);
    if texts.iter().any(|text| key(text) == own) {
        return None;
    }
    let message = if texts.iter().any(|text| key(text).is_some()) {
        format!("`{}` has another key than `key_file`, so that no signature holds", wanted.name)
    } else {
        format!("`{}` has no DKIM record, so that no signature can be checked", wanted.name)
    };
    Some(CheckFinding::failure(
        message,
        "publish what `policy-digest dkim record` shows; it may take an hour to be seen",
    ))
}

/// The value of a tag without white space (RFC 6376 §3.2).
fn tag(text: &str, name: &str) -> Option<String> {
    let value = text.split(';').filter_map(|part| part.split_once('=')).find(|(tag, _)| tag.trim() == name)?.1;
    Some(value.split_whitespace().collect())
}

/// Whether a record begins with exactly this version.
fn is_version(text: &str, version: &str) -> bool {
    let rest = text.trim_start().get(..version.len()).filter(|head| head.eq_ignore_ascii_case(version));
    rest.is_some()
        && text.trim_start()[version.len()..].chars().next().is_none_or(|next| next == ';' || next.is_whitespace())
}

fn publish(wanted: &Wanted) -> String {
    format!("publish a TXT record at `{}`: `{}`", wanted.name, wanted.value)
}

#[cfg(test)]
mod tests {
    use super::mechanism;

    #[test]
    fn a_relay_is_allowed_by_its_name_or_by_its_address_of_either_kind() {
        assert_eq!(mechanism("mail.example.org"), "a:mail.example.org");
        assert_eq!(mechanism("192.0.2.7"), "ip4:192.0.2.7");
        assert_eq!(mechanism("2001:db8::7"), "ip6:2001:db8::7");
        assert_eq!(mechanism("[2001:db8::7]"), "ip6:2001:db8::7");
    }
}
