//! Describes what an edit has changed, for the log: names of keys, feeds and themes, never values, since a value may be
//! a secret. Also knows which settings cannot change while the program runs.

use std::collections::BTreeSet;

use super::{Config, Settings};
use crate::domain::items::text::{count, plural};
use crate::domain::selection::topic::{Term, Topic};

/// The differences, in a few words each; empty if there are none.
#[must_use]
pub fn changes(old: &Config, new: &Config) -> Vec<String> {
    let mut changes = Vec::new();
    if old.settings != new.settings {
        changes.extend(keys(old, new).into_iter().map(|key| format!("`{key}`")));
        changes.extend(contents(&old.settings, &new.settings).into_iter().map(|key| format!("the file of `{key}`")));
    }
    changes.extend(feeds(old, new));
    if old.topic != new.topic {
        changes.push(topic(&old.topic, &new.topic));
    }
    changes
}

/// Restores the settings that can change only with a restart, and returns their keys.
pub fn keep_until_restart(old: &Config, new: &mut Config) -> Vec<&'static str> {
    let mut kept = Vec::new();
    if new.settings.data != old.settings.data {
        new.settings.data.clone_from(&old.settings.data);
        kept.push("data");
    }
    if new.settings.database != old.settings.database {
        new.settings.database.clone_from(&old.settings.database);
        kept.push("database");
    }
    let (web, before) = (&mut new.settings.web, &old.settings.web);
    for (key, now, before) in [
        ("web.listen", &mut web.listen, before.listen),
        ("web.admin_listen", &mut web.admin_listen, before.admin_listen),
    ] {
        if *now != before {
            *now = before;
            kept.push(key);
        }
    }
    kept
}

/// The keys whose values are written differently.
fn keys<'c>(old: &'c Config, new: &'c Config) -> BTreeSet<&'c str> {
    let either = old.written.keys().chain(new.written.keys());
    either.filter(|key| old.written.get(*key) != new.written.get(*key)).map(String::as_str).collect()
}

/// The keys that name a file whose content has changed.
fn contents(old: &Settings, new: &Settings) -> Vec<&'static str> {
    let key = |settings: &Settings| settings.mail.dkim.as_ref().and_then(|dkim| dkim.key.clone());
    let (smtp, before) = (&new.mail.smtp, &old.mail.smtp);
    let mut changed = Vec::new();
    for (key, is_changed) in [
        ("mail.smtp.password_file", smtp.password != before.password && smtp.password_file == before.password_file),
        ("mail.smtp.ca_file", smtp.ca != before.ca && smtp.ca_file == before.ca_file),
        ("polling.ca_file", new.polling.ca != old.polling.ca && new.polling.ca_file == old.polling.ca_file),
        ("logo", new.logo_picture != old.logo_picture && new.logo == old.logo),
        ("mail.dkim.key_file", key(new) != key(old)),
    ] {
        if is_changed {
            changed.push(key);
        }
    }
    changed
}

fn feeds(old: &Config, new: &Config) -> Vec<String> {
    let of = |config: &Config, id: &str| config.feeds.iter().find(|feed| feed.id.as_str() == id).cloned();
    let ids = |config: &Config| -> BTreeSet<String> { config.feeds.iter().map(|feed| feed.id.to_string()).collect() };
    let (before, now) = (ids(old), ids(new));
    let edited: Vec<String> = before.intersection(&now).filter(|id| of(old, id) != of(new, id)).cloned().collect();
    let lists = [
        ("new", now.difference(&before).cloned().collect::<Vec<_>>()),
        ("removed", before.difference(&now).cloned().collect()),
        ("changed", edited),
    ];
    lists.into_iter().filter(|(_, ids)| !ids.is_empty()).map(|(word, ids)| named(word, "feed", &ids)).collect()
}

/// "new feeds `a`, `b`": the first few names.
fn named(word: &str, what: &str, names: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    let more = names.len().saturating_sub(SHOWN);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("{word} {} {}{more}", plural(names.len(), what), shown.join(", "))
}

fn topic(old: &Topic, new: &Topic) -> String {
    let names = |topic: &Topic| topic.themes.iter().map(|theme| theme.name.clone()).collect::<BTreeSet<_>>();
    let (before, now) = (names(old), names(new));
    let mut words = Vec::new();
    for (word, themes) in [("new", now.difference(&before)), ("removed", before.difference(&now))] {
        let themes: Vec<String> = themes.cloned().collect();
        if !themes.is_empty() {
            words.push(named(word, "theme", &themes));
        }
    }
    let (before, now) = (phrases(old), phrases(new));
    for (word, number) in [("new", now.difference(&before).count()), ("removed", before.difference(&now).count())] {
        if number > 0 {
            words.push(count(number, &format!("{word} phrase")));
        }
    }
    if old.classifier != new.classifier {
        words.push("new classifier".to_owned());
    }
    if words.is_empty() { "the topic".to_owned() } else { format!("the topic ({})", words.join(", ")) }
}

/// Every phrase, with its table.
fn phrases(topic: &Topic) -> BTreeSet<(&str, &str)> {
    let mut phrases: BTreeSet<_> = of("", &topic.general).collect();
    for theme in &topic.themes {
        phrases.extend(of(&theme.name, &theme.terms));
    }
    for exclusion in &topic.exclusions {
        phrases.extend(of(&exclusion.name, &exclusion.terms));
    }
    phrases
}

fn of<'t>(table: &'t str, terms: &'t [Term]) -> impl Iterator<Item = (&'t str, &'t str)> {
    terms.iter().map(move |term| (table, term.pattern.source.as_str()))
}
