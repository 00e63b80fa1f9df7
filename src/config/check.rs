//! Checks that need more than one key: settings that contradict one another, files that must exist, and cron
//! expressions that never match. A finding is reported at the key that most likely needs changing.

use std::net::IpAddr;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use croner::parser::{CronParser, Seconds, Year};
use url::{Host, Url};

use super::reading::diagnostics::Diagnostics;
use super::reading::value;
use super::reading::value::{Read, Wrong};
use super::settings::{Relevance, Secret, Settings, Tls, TransportKind};
use super::topic::off_scale;
use super::words;
use crate::domain::digests::logo::Logo;
use crate::domain::operations::shell;
use crate::domain::selection::topic::{Scale, Topic};

/// A month, plus the half month by which its digest may be late.
const TEXT_IS_NEEDED: Duration = Duration::from_secs(47 * 24 * 3600);

/// Each mail server on the way may retry for five days (RFC 5321 §4.5.4.1) before a bounce arrives.
const MAIL_COMES_BACK: Duration = Duration::from_secs(14 * 24 * 3600);

/// Checks a cron expression of five fields; it must match at least once.
pub(super) fn cron(line: &str) -> Read<()> {
    const HINT: &str = "minute, hour, day of month, month, day of week: `0 8 * * 1` is Mondays at 8";
    if line.split_whitespace().count() != 5 {
        return Err(Wrong::new("must be a cron expression with five fields", HINT));
    }
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    let cron = parser.parse(line).map_err(|_| Wrong::new("is not a valid cron expression", HINT))?;
    // croner accepts `0 0 30 2 *` and never finds a match. The search starts on a fixed day: the clock is not read here.
    let from = DateTime::<Utc>::UNIX_EPOCH;
    let next = cron.find_next_occurrence(&from, false);
    next.map(|_| ()).map_err(|_| Wrong::new("never matches", "the calendar has no such day"))
}

/// Checks the settings against one another, and reads the files of the password and of the certificates.
pub(super) fn settings(settings: &mut Settings, diagnostics: &Diagnostics) {
    let note = |path: &str, message: &str, hint: &str| {
        diagnostics.add(diagnostics.place_of(path), message, Some(hint.to_owned()));
    };
    if settings.mail.transport == TransportKind::Smtp {
        relay(settings, diagnostics);
        password(settings, diagnostics);
    }
    database_password(settings, diagnostics);
    let (polling, smtp) = (&mut settings.polling, &mut settings.mail.smtp);
    polling.ca = authorities(polling.ca_file.as_deref(), "polling.ca_file", diagnostics);
    smtp.ca = authorities(smtp.ca_file.as_deref(), "mail.smtp.ca_file", diagnostics);
    settings.database.ca = authorities(settings.database.ca_file.as_deref(), "database.ca_file", diagnostics);
    signature(settings, diagnostics);
    logo(settings, diagnostics);
    let web = &settings.web;
    if web.listen == web.admin_listen && web.listen.port() != 0 {
        note("web.admin_listen", "`admin_listen` is the same as `listen`", "give the operator's pages their own port");
    }
    if !web.admin_listen.ip().is_loopback() && !web.admin_open {
        note(
            "web.admin_listen",
            "`admin_listen` would let others see the operator's pages",
            "keep it on 127.0.0.1, or set `admin_open = true` if a firewall or proxy keeps others out",
        );
    }
    if settings.polling.per_host > settings.polling.concurrency {
        note(
            "polling.per_host",
            "`per_host` is above `concurrency`",
            "one host cannot get more requests at a time than all hosts together",
        );
    }
    let retention = &settings.retention;
    if retention.content < TEXT_IS_NEEDED {
        let message = "`content` is too short: a monthly digest quotes older posts";
        note("retention.content", message, "47d, a month and a half, is the minimum");
    }
    if retention.attempts < MAIL_COMES_BACK {
        let message = "`attempts` is too short: emails may still bounce";
        note(
            "retention.attempts",
            message,
            "14d is the minimum; with 90d, full mailboxes of monthly subscribers are noticed too",
        );
    }
    if settings.templates_dir.as_ref().is_some_and(|folder| !folder.is_dir()) {
        note("templates_dir", "`templates_dir` is not a folder", "the path is relative to the folder of this file");
    }
    let templates = settings.templates_dir.as_deref();
    if let Some(code) = settings.languages.iter().find(|code| !words::is_known(templates, code)) {
        let message = format!("there are no words for the language `{code}`");
        let hint =
            format!("translate `words/en.toml` of the templates and save it as `words/{code}.toml` in `templates_dir`");
        note("languages", &message, &hint);
    }
    let mut codes = settings.languages.clone();
    codes.sort();
    if codes.windows(2).any(|pair| pair[0] == pair[1]) {
        note("languages", "`languages` has a language twice", "list each language once, the default one first");
    }
    if settings.public_url.query().is_some() || settings.public_url.fragment().is_some() {
        note("public_url", "`public_url` must end with its path", "remove everything from `?` or `#` on");
    }
}

/// Themes that have a title in another language exist.
pub(super) fn translated_themes(settings: &Settings, topic: &Topic, diagnostics: &Diagnostics) {
    for (code, own) in &settings.translations {
        for name in own.themes.keys().filter(|name| topic.themes.iter().all(|theme| theme.name != **name)) {
            let message = format!("there is no theme `{name}` in topic.toml");
            let known = || topic.themes.iter().map(|theme| &*theme.name);
            let hint = value::meant(name, known())
                .unwrap_or_else(|| format!("the themes are {}", known().collect::<Vec<_>>().join(", ")));
            diagnostics.add(diagnostics.place_of(&format!("in.{code}.themes.{name}")), message, Some(hint));
        }
    }
}

/// Reads the logo.
fn logo(settings: &mut Settings, diagnostics: &Diagnostics) {
    let Some(path) = &settings.logo else { return };
    let note = |message: String, hint: &str| diagnostics.add(diagnostics.place_of("logo"), message, hint.to_owned());
    match read_picture(path).map(Logo::parse) {
        Ok(Ok(logo)) => settings.logo_picture = Some(logo),
        Ok(Err(unusable)) => note(format!("`logo`: `{}` {unusable}", path.display()), unusable.next()),
        Err(error) => {
            let hint = "the path is relative to the folder of this file";
            note(format!("`logo`: `{}` cannot be read: {error}", path.display()), hint);
        }
    }
    if settings.logo_alt.is_empty() {
        let hint = "write what it shows, such as your organisation's name: some subscribers do not see pictures";
        note("`logo` needs `logo_alt`, or `organisation` in `[sender]`".to_owned(), hint);
    }
}

/// A file's bytes; a device or a pipe may have no end.
fn read_picture(path: &Path) -> std::io::Result<Vec<u8>> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, "it is not a file"));
    }
    std::fs::read(path)
}

/// Reads additional certificate authorities.
fn authorities(path: Option<&Path>, key: &str, diagnostics: &Diagnostics) -> Option<Vec<u8>> {
    let note = |message: String, hint: &str| {
        diagnostics.add(diagnostics.place_of(key), message, Some(hint.to_owned()));
        None
    };
    match std::fs::read(path?) {
        Ok(pem) if pem.windows(PEM.len()).any(|window| window == PEM) => Some(pem),
        Ok(_) => note(
            "`ca_file` contains no PEM certificate".to_owned(),
            "a PEM certificate begins with `-----BEGIN CERTIFICATE-----`; convert other formats with `openssl x509 -inform der`",
        ),
        Err(error) => {
            note(format!("`ca_file` cannot be read: {error}"), "the path is relative to the folder of this file")
        }
    }
}

/// RFC 7468 §5.1.
const PEM: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// Reads the DKIM key. Only its owner may be able to read the file, and its domain must be aligned with the sender's.
fn signature(settings: &mut Settings, diagnostics: &Diagnostics) {
    let sender = settings.mail.from.domain();
    let Some(dkim) = &mut settings.mail.dkim else { return };
    let note = |key: &str, message: String, hint: String| {
        diagnostics.add(diagnostics.place_of(&format!("mail.dkim.{key}")), message, Some(hint));
    };
    if !is_aligned(&dkim.domain, &sender) {
        let message = format!("`domain` is not aligned with `{sender}`, the domain of `from`");
        note("domain", message, format!("sign with the domain of `from`: `domain = \"{sender}\"`"));
    }
    match std::fs::read(&dkim.key_file) {
        Ok(_) if is_open_to_others(&dkim.key_file) => {
            let message = "`key_file` can be read by other users".to_owned();
            note("key_file", message, format!("run `chmod 600 {}`", shell::quoted(&dkim.key_file.to_string_lossy())));
        }
        Ok(pem) => dkim.key = Some(Secret::new(String::from_utf8_lossy(&pem).into_owned())),
        Err(error) => {
            // With the domain given, that command does not load the configuration, which this finding would prevent.
            let [domain, selector] = [&dkim.domain, &dkim.selector].map(|word| shell::quoted(word));
            let file = dkim.key_file.to_string_lossy();
            let file = shell::quoted(&file);
            let hint = format!(
                "the path is relative to the folder of this file; to make a key there, run `policy-digest dkim generate \
                 --domain {domain} --selector {selector} --out {file}`"
            );
            note("key_file", format!("`key_file` cannot be read: {error}"), hint);
        }
    }
}

/// Relaxed alignment (RFC 7489 §3.1.1), as far as possible without a list of public suffixes: the domains are the same,
/// or one is below the other.
fn is_aligned(one: &str, other: &str) -> bool {
    let is_below = |one: &str, other: &str| one.strip_suffix(other).is_some_and(|rest| rest.ends_with('.'));
    one == other || is_below(one, other) || is_below(other, one)
}

#[cfg(unix)]
fn is_open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open_to_others(_: &Path) -> bool {
    false
}

/// Checks that the overrides in `[relevance]` fit the scale of the topic's scores.
pub(super) fn relevance(over: &Relevance, scale: Scale, diagnostics: &Diagnostics) {
    for (key, value) in [("threshold", over.threshold), ("borderline_margin", over.borderline_margin)] {
        if let Some(wrong) = value.and_then(|value| off_scale(key, value, scale)) {
            let place = diagnostics.place_of(&format!("relevance.{key}"));
            diagnostics.add(place, format!("`{key}` {}", wrong.message), wrong.hint);
        }
    }
}

/// Checks that apply when a mail server sends the emails.
fn relay(settings: &Settings, diagnostics: &Diagnostics) {
    let smtp = &settings.mail.smtp;
    if is_loopback_name(&smtp.host) {
        return;
    }
    let note = |path: &str, message: String, hint: &str| {
        diagnostics.add(diagnostics.place_of(path), message, Some(hint.to_owned()));
    };
    if smtp.tls == Tls::None {
        let message = format!("`tls = \"none\"` would send email to `{}` unencrypted", smtp.host);
        note("mail.smtp.tls", message, "write \"tls\" or \"starttls\"; \"none\" is only for a server on this machine");
    }
    let url = &settings.public_url;
    let wrong = match (is_loopback(url), url.scheme()) {
        (true, _) => Some("is on this machine"),
        (false, "http") => Some("is plain http"),
        _ => None,
    };
    if let Some(wrong) = wrong {
        let message = format!("`public_url` {wrong}, but emails are sent through `{}`", smtp.host);
        note(
            "public_url",
            message,
            "write the https address that subscribers can reach, such as `https://digest.example.org`",
        );
    }
}

/// Takes the password from the variable, else from the first line of the file. A user name and a password need each other.
fn password(settings: &mut Settings, diagnostics: &Diagnostics) {
    let smtp = &mut settings.mail.smtp;
    let note = |path: &str, message: String, hint: &str| {
        diagnostics.add(diagnostics.place_of(path), message, Some(hint.to_owned()));
    };
    if let (None, Some(path)) = (&smtp.password, &smtp.password_file) {
        match std::fs::read_to_string(path) {
            Ok(text) => smtp.password = text.lines().next().map(|line| Secret::new(line.to_owned())),
            Err(error) => {
                let message = format!("`password_file` cannot be read: {error}");
                return note("mail.smtp.password_file", message, "the path is relative to the folder of this file");
            }
        }
    }
    let empty = smtp.password.as_ref().is_none_or(|password| password.reveal().is_empty());
    match &smtp.username {
        Some(_) if empty => {
            let message = "`username` is set, but there is no password".to_owned();
            let hint = "set the variable POLICY_DIGEST__MAIL__SMTP__PASSWORD, or name a file with `password_file`";
            note("mail.smtp.username", message, hint);
        }
        None if !empty => {
            let place = if smtp.password_file.is_some() { "mail.smtp.password_file" } else { "mail.smtp.password" };
            note(place, "there is a password, but no `username`".to_owned(), "set `username` in `[mail.smtp]`");
        }
        _ => {}
    }
}

/// Takes the database's password from the variable, else from the first line of the file.
fn database_password(settings: &mut Settings, diagnostics: &Diagnostics) {
    let database = &mut settings.database;
    let (None, Some(path)) = (&database.password, &database.password_file) else { return };
    match std::fs::read_to_string(path) {
        Ok(text) => database.password = text.lines().next().map(|line| Secret::new(line.to_owned())),
        Err(error) => diagnostics.add(
            diagnostics.place_of("database.password_file"),
            format!("`password_file` cannot be read: {error}"),
            Some("the path is relative to the folder of this file".to_owned()),
        ),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => is_loopback_name(name),
        Some(Host::Ipv4(address)) => address.is_loopback() || address.is_unspecified(),
        Some(Host::Ipv6(address)) => address.is_loopback() || address.is_unspecified(),
        None => false,
    }
}

/// RFC 6761 §6.3: `localhost` and every name below it are this machine.
fn is_loopback_name(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let address = IpAddr::from_str(host.trim_matches(['[', ']'])).ok();
    host == "localhost" || host.ends_with(".localhost") || address.is_some_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cron_expression_that_never_matches_is_refused() {
        assert_eq!(cron("0 0 30 2 *").unwrap_err().message, "never matches");
        assert!(cron("0 0 29 2 *").is_ok());
        for line in ["", "@weekly", "0 0 8 * * 1", "0 8 * *", "61 8 * * *", "a b c d e"] {
            assert!(cron(line).is_err(), "{line}");
        }
    }

    #[test]
    fn loopback_is_recognised_by_name_and_by_address() {
        for url in
            ["http://localhost:8080", "https://a.localhost", "http://127.3.2.1", "http://[::1]/", "http://0.0.0.0"]
        {
            assert!(is_loopback(&Url::parse(url).unwrap()), "{url}");
        }
        assert!(!is_loopback(&Url::parse("https://digest.example.org").unwrap()));
        assert!(is_loopback_name("LOCALHOST") && !is_loopback_name("localhost.example.org"));
    }
}
