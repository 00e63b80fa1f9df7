//! Reads `digest.toml` into [`Settings`]. Every key has its default here and, for administrators, in
//! `config/digest.toml`; a test checks that they agree.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use chrono_tz::Tz;
use toml::de::DeValue;
use url::Url;

use super::check;
use super::reading::diagnostics::{Diagnostics, File};
use super::reading::table::Table;
use super::reading::value::{
    Read, Wrong, accent, address, database_url, date, dns_name, domain_pattern, duration, filled, flag, hello_name,
    listen_address, locale, mailbox, network, number, one_of, optional, recipient, some_time, tagged_address, text,
    time_zone, web_address, web_url, whole, words_language,
};
use super::settings::{
    Accessibility, Borderline, Database, Digest, Dkim, Editor, Limits, Mail, Mailbox, Polling, Relevance, Retention,
    Schedule, Secret, Sender, Settings, Smtp, Tls, TranslatedAccessibility, Translation, TransportKind, Web,
};
use crate::domain::digests::accent::Accent;
use crate::domain::digests::draft::{MAX_LEAD, WhenSilent};
use crate::domain::digests::locale::Locale;

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

impl Default for Settings {
    fn default() -> Self {
        let diagnostics = Diagnostics::default();
        read(Table::parse("", File::Digest, &diagnostics), Path::new(""))
    }
}

/// Reads all keys; paths are relative to `folder`.
pub(super) fn read(mut top: Table<'_>, folder: &Path) -> Settings {
    let local = || Url::parse("http://localhost:8080").expect("a constant URL");
    let public_url = top.or("public_url", local(), web_url);
    let data = top.or("data", DATA.into(), |value| filled(value).map(PathBuf::from));
    let languages = top.values("languages", words_language);
    let sender = sender(top.table("sender"));
    let name = top.or("name", "Public Service Reform Digest".to_owned(), filled);
    let settings = Settings {
        name: name.clone(),
        former_data: match data.is_relative() {
            true if data == Path::new(DATA) => Some("data".into()),
            true => Some(data.clone()),
            false => None,
        },
        data: from_folder(folder, &data),
        locale: top.or("locale", "en-GB".parse().expect("a known locale"), locale),
        translations: if languages.is_empty() && !top.is_set("in") {
            BTreeMap::new()
        } else {
            translations(top.table("in"), &languages)
        },
        languages,
        timezone: top.or("timezone", Tz::Europe__London, time_zone),
        admin_to: top.values("admin_to", recipient),
        templates_dir: top.or("templates_dir", None, optional(filled)).map(|path| folder.join(path)),
        accent: top.or("accent", Accent::default(), accent),
        logo: top.or("logo", None, optional(filled)).map(|path| folder.join(path)),
        logo_picture: None,
        logo_alt: top.or("logo_alt", None, optional(filled)).unwrap_or_else(|| sender.organisation.clone()),
        sign_up_domains: top.values("sign_up_domains", domain_pattern),
        sender,
        accessibility: accessibility(top.table("accessibility")),
        polling: polling(top.table("polling"), folder, &public_url),
        schedule: schedule(top.table("schedule")),
        relevance: relevance(top.table("relevance")),
        digest: digest(top.table("digest")),
        editor: editor(top.table("editor")),
        mail: mail(top.table("mail"), folder, &name),
        web: web(top.table("web")),
        database: database(top.table("database"), folder),
        retention: retention(top.table("retention")),
        public_url,
    };
    top.finish();
    settings
}

/// The default data folder, beside the configuration folder.
const DATA: &str = "../data";

/// Joins a path to the file's folder and resolves `..`: `../data` from `config` is `data`.
fn from_folder(folder: &Path, path: &Path) -> PathBuf {
    let mut whole = folder.to_owned();
    for step in path.components() {
        match (step, whole.components().next_back()) {
            // `..` after a symbolic link means the parent of its target, which only the system knows.
            (Component::ParentDir, Some(Component::Normal(_))) if !whole.is_symlink() => drop(whole.pop()),
            (Component::CurDir, _) => {}
            (step, _) => whole.push(step),
        }
    }
    if whole.as_os_str().is_empty() { ".".into() } else { whole }
}

/// The default text that subscribers consent to.
const CONSENT: &str = "By signing up you agree that we keep your email address and your choices here, to send you this \
                       digest and for nothing else. You can unsubscribe at any time with the link in every email.";

fn translations(mut table: Table<'_>, languages: &[String]) -> BTreeMap<String, Translation> {
    let mut translations = BTreeMap::new();
    for code in languages {
        let mut own = table.table(code);
        let translation = Translation {
            name: own.or("name", None, optional(filled)),
            topic: own.or("topic", None, optional(filled)),
            consent: own.or("consent", None, optional(filled)),
            logo_alt: own.or("logo_alt", None, optional(filled)),
            themes: own.table("themes").rest(filled).into_iter().collect(),
            accessibility: translated_accessibility(own.table("accessibility")),
        };
        own.finish();
        translations.insert(code.clone(), translation);
    }
    for code in Locale::known().filter(|code| !languages.iter().any(|listed| listed == code)) {
        if let Some(place) = table.removed(code) {
            let message = format!("`[in.{code}]` is for a language that is not in `languages`");
            let hint = match languages.is_empty() && code != "en" {
                true => {
                    format!("add `languages = [\"en\", \"{code}\"]` at the top of digest.toml, or remove this table")
                }
                false => format!("add `{code}` to `languages` in digest.toml, or remove this table"),
            };
            table.report(place, message, hint);
        }
    }
    table.finish();
    translations
}

fn sender(mut table: Table<'_>) -> Sender {
    let sender = Sender {
        organisation: table.or("organisation", String::new(), text),
        postal_address: table.or("postal_address", String::new(), text),
        contact: table.or("contact", String::new(), text),
        privacy_url: table.or("privacy_url", None, optional(web_address)).unwrap_or_default(),
        consent: table.or("consent", CONSENT.to_owned(), filled),
    };
    table.finish();
    sender
}

fn accessibility(mut table: Table<'_>) -> Accessibility {
    let accessibility = Accessibility {
        contact: table.or("contact", String::new(), text),
        problems: table.values("problems", filled),
        prepared: table.or("prepared", None, optional(date)),
        tested: table.or("tested", None, optional(date)),
        enforcement: table.or("enforcement", String::new(), text),
        enforcement_url: table.or("enforcement_url", None, optional(web_address)).unwrap_or_default(),
    };
    table.finish();
    accessibility
}

fn translated_accessibility(mut table: Table<'_>) -> TranslatedAccessibility {
    let translated = TranslatedAccessibility {
        problems: table.values("problems", filled),
        enforcement: table.or("enforcement", String::new(), text),
    };
    table.finish();
    translated
}

fn polling(mut table: Table<'_>, folder: &Path, public_url: &Url) -> Polling {
    let polling = Polling {
        concurrency: table.or("concurrency", 64, whole(1..=1024)),
        per_host: table.or("per_host", 2, whole(1..=64)),
        spacing: table.or("spacing", Duration::from_secs(1), duration),
        interval: table.or("interval", HOUR, some_time),
        first_poll_window: table.or("first_poll_window", 7 * DAY, duration),
        timeout: table.or("timeout", Duration::from_secs(30), some_time),
        max_body_bytes: table.or("max_body_bytes", 10 * 1024 * 1024, whole(1..=1 << 30)),
        limits: limits(table.table("limits")),
        allow_private: table.values("allow_private", network),
        allow_files: table.or("allow_files", false, flag),
        proxy: table.or("proxy", None, optional(web_url)),
        ca_file: table.or("ca_file", None, optional(filled)).map(|path| folder.join(path)),
        ca: None,
        contact_url: table.or("contact_url", None, optional(web_url)).unwrap_or_else(|| public_url.clone()),
    };
    table.finish();
    polling
}

fn limits(mut table: Table<'_>) -> Limits {
    let standard = Limits::default();
    let limits = Limits {
        entries: table.or("entries", standard.entries, whole(1..=100_000)),
        entry_bytes: table.or("entry_bytes", standard.entry_bytes, whole(4_096..=1 << 24)),
        visit_bytes: table.or("visit_bytes", standard.visit_bytes, whole(65_536..=1 << 30)),
        authors: table.or("authors", standard.authors, whole(1..=1_000)),
        categories: table.or("categories", standard.categories, whole(0..=1_000)),
        memory_bytes: table.or("memory_bytes", standard.memory_bytes, whole(1 << 20..=1 << 40)),
    };
    table.finish();
    limits
}

fn schedule(mut table: Table<'_>) -> Schedule {
    let cron = |value: &DeValue<'_>| {
        let line = filled(value)?;
        check::cron(&line).map(|()| line)
    };
    let schedule = Schedule {
        daily: table.or("daily", "0 7 * * *".to_owned(), cron),
        weekly: table.or("weekly", "0 8 * * 1".to_owned(), cron),
        monthly: table.or("monthly", "0 8 1 * *".to_owned(), cron),
    };
    table.finish();
    schedule
}

/// A threshold, here and in the topic file. With 0, every post would be selected.
pub(super) fn threshold(value: &DeValue<'_>) -> Read<f32> {
    match number(0.0..=1000.0)(value)? {
        0.0 => Err(Wrong::new("must be more than zero", "with 0, every post would be selected")),
        threshold => Ok(threshold),
    }
}

fn relevance(mut table: Table<'_>) -> Relevance {
    let borderline = one_of(&[("list", Borderline::List), ("include", Borderline::Include)]);
    let relevance = Relevance {
        borderline: table.or("borderline", Borderline::List, borderline),
        borderline_margin: table.or("borderline_margin", None, optional(number(0.0..=1000.0))),
        threshold: table.or("threshold", None, optional(threshold)),
    };
    table.finish();
    relevance
}

fn digest(mut table: Table<'_>) -> Digest {
    let digest = Digest {
        max_stories: table.or("max_stories", 12, whole(1..=500)),
        excerpt_chars: table.or("excerpt_chars", 240, whole(0..=10_000)),
        pin: table.values("pin", web_url),
        quiet_week: table.or("quiet_week", false, flag),
        reader_votes: table.or("reader_votes", false, flag),
        show_quality: table.or("show_quality", false, flag),
    };
    table.finish();
    digest
}

/// A sender without a name of its own has the digest's.
fn sender_named(from: Mailbox, name: &str) -> Mailbox {
    if from.name.is_empty() { Mailbox::new(name, &from.address) } else { from }
}

/// How long before its slot a draft is made. Within a minute, nobody could read it.
fn lead(value: &DeValue<'_>) -> Read<Duration> {
    let (least, most) = (Duration::from_secs(60), MAX_LEAD.to_std().unwrap_or(3 * DAY));
    match some_time(value)? {
        lead if lead < least || lead > most => {
            Err(Wrong::new("must be between 1 minute and 3 days", "write for example `lead = \"3h\"`"))
        }
        lead => Ok(lead),
    }
}

fn editor(mut table: Table<'_>) -> Editor {
    let silent = one_of(&[("send", WhenSilent::Send), ("hold", WhenSilent::Hold)]);
    let editor = Editor {
        to: table.values("to", recipient),
        lead: table.or("lead", 3 * HOUR, lead),
        when_silent: table.or("when_silent", WhenSilent::Send, silent),
    };
    table.finish();
    editor
}

fn mail(mut table: Table<'_>, folder: &Path, name: &str) -> Mail {
    let transport = one_of(&[("directory", TransportKind::Directory), ("smtp", TransportKind::Smtp)]);
    let named = |value: &DeValue<'_>| mailbox(value).map(|text| Mailbox::split(&text));
    let mail = Mail {
        transport: table.or("transport", TransportKind::Directory, transport),
        from: sender_named(table.or("from", Mailbox::new("", "digest@example.org"), named), name),
        reply_to: table.or("reply_to", None, optional(named)),
        proof_to: table.or("proof_to", None, optional(recipient)),
        bounce_address: table.or("bounce_address", None, optional(tagged_address)),
        unsubscribe_address: table.or("unsubscribe_address", None, optional(address)),
        smtp: smtp(table.table("smtp"), folder),
        dkim: dkim(table.table("dkim"), folder),
    };
    table.finish();
    mail
}

fn smtp(mut table: Table<'_>, folder: &Path) -> Smtp {
    let tls = one_of(&[("tls", Tls::Tls), ("starttls", Tls::Starttls), ("none", Tls::None)]);
    let refusal = "the password must not be in this file";
    let hint = "set the variable POLICY_DIGEST__MAIL__SMTP__PASSWORD, or name a file with `password_file`";
    let smtp = Smtp {
        host: table.or("host", "localhost".to_owned(), filled),
        port: table.or("port", 587, whole(1..=65_535)),
        tls: table.or("tls", Tls::Tls, tls),
        ca_file: table.or("ca_file", None, optional(filled)).map(|path| folder.join(path)),
        ca: None,
        username: table.or("username", None, optional(filled)),
        password_file: table.or("password_file", None, optional(filled)).map(|path| folder.join(path)),
        password: table.variable_only("password", refusal, hint).map(Secret::new),
        ehlo_name: table.or("ehlo_name", None, optional(hello_name)),
        timeout: table.or("timeout", Duration::from_secs(60), some_time),
        max_connections: table.or("max_connections", 4, whole(1..=100)),
        messages_per_connection: table.or("messages_per_connection", 100, whole(1..=100_000)),
        messages_per_second: table.or("messages_per_second", 0, whole(0..=10_000)),
    };
    table.finish();
    smtp
}

fn database(mut table: Table<'_>, folder: &Path) -> Database {
    let refusal = "the password must not be in this file";
    let hint = "set the variable POLICY_DIGEST__DATABASE__PASSWORD, or name a file with `password_file`";
    let database = Database {
        url: table.or("url", None, optional(database_url)),
        password_file: table.or("password_file", None, optional(filled)).map(|path| folder.join(path)),
        password: table.variable_only("password", refusal, hint).map(Secret::new),
        tls: table.or("tls", true, flag),
        ca_file: table.or("ca_file", None, optional(filled)).map(|path| folder.join(path)),
        ca: None,
        readers: table.or("readers", 3, whole(1..=64)),
    };
    table.finish();
    database
}

fn dkim(mut table: Table<'_>, folder: &Path) -> Option<Dkim> {
    let mut is_wrong = false;
    let mut read = |key, kind: fn(&DeValue<'_>) -> Read<String>| {
        let is_set = table.is_set(key);
        let value = table.placed(key, optional(kind));
        is_wrong |= is_set && value.is_none();
        value.and_then(|(value, _)| value)
    };
    let (domain, selector, key_file) = (read("domain", dns_name), read("selector", dns_name), read("key_file", filled));
    let place = table.place();
    let dkim = match (domain, selector, key_file) {
        (None, None, None) => None,
        (Some(domain), Some(selector), Some(key_file)) => {
            Some(Dkim { domain, selector, key_file: folder.join(key_file), key: None })
        }
        // An invalid key has been reported already.
        _ if is_wrong => None,
        _ => {
            let hint = "set `domain`, `selector` and `key_file`, or leave all three empty".to_owned();
            table.report(place, "`mail.dkim` is incomplete", Some(hint));
            None
        }
    };
    table.finish();
    dkim
}

fn web(mut table: Table<'_>) -> Web {
    let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let web = Web {
        listen: table.or("listen", local(8080), listen_address),
        admin_listen: table.or("admin_listen", local(8081), listen_address),
        admin_open: table.or("admin_open", false, flag),
        admin_hosts: table.values("admin_hosts", dns_name),
        trusted_proxies: table.values("trusted_proxies", network),
        robots: table.or("robots", false, flag),
    };
    table.finish();
    web
}

fn retention(mut table: Table<'_>) -> Retention {
    let retention = Retention {
        content: table.or("content", 90 * DAY, some_time),
        attempts: table.or("attempts", 90 * DAY, some_time),
        pending: table.or("pending", 14 * DAY, some_time),
        left: table.or("left", 28 * DAY, some_time),
    };
    table.finish();
    retention
}
