//! The kinds of value: each turns one TOML value into a Rust value, or says what it wants instead. Kinds know neither
//! keys nor places; `table` adds those.

mod addresses;

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::time::Duration;

use chrono::NaiveDate;
use chrono_tz::Tz;
use toml::de::DeValue;
use url::Url;

use crate::config::settings::Network;
use crate::domain::digests::accent::{Accent, LEAST};
use crate::domain::digests::locale::Locale;
pub use addresses::domain_name;
pub(in crate::config) use addresses::{address, dns_name, domain_pattern, mailbox, recipient, tagged_address};

/// Why a value was refused.
#[derive(Debug)]
pub(in crate::config) struct Wrong {
    /// Follows the key, as in "`port` must be …", unless it is `alone`.
    pub(in crate::config) message: String,
    pub(in crate::config) hint: Option<String>,
    pub(in crate::config) alone: bool,
    /// The TOML type is not the kind's. Text from the environment is then read again, as TOML.
    pub(in crate::config) mistyped: bool,
}

impl Wrong {
    /// An invalid value of the right type, without a hint.
    fn invalid(message: String) -> Self {
        Self { message, hint: None, alone: false, mistyped: false }
    }

    /// An invalid value of the right type.
    pub(in crate::config) fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: Some(hint.into()), alone: false, mistyped: false }
    }

    /// A message that needs no key in front.
    pub(in crate::config) fn alone(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { alone: true, ..Self::new(message, hint) }
    }

    /// A value of the wrong type.
    pub(in crate::config) fn mistyped(wanted: &str, value: &DeValue<'_>) -> Self {
        let found = match value {
            DeValue::String(_) => "text",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number with a fraction",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        let message = format!("must be {wanted}, not {found}");
        Self { message, hint: None, alone: false, mistyped: true }
    }
}

/// The most edits between what was written and what is suggested instead.
const NEAR: usize = 3;

/// The known word that was probably meant.
pub(in crate::config) fn nearest<'k>(written: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let near = known.map(|known| (strsim::osa_distance(written, known), known));
    // Three edits turn any short word into any other.
    let near = near.filter(|(edits, known)| *edits <= NEAR && *edits < known.len().min(written.len()));
    near.min().map(|(_, known)| known)
}

/// The hint that names it.
pub(in crate::config) fn meant<'k>(written: &str, known: impl Iterator<Item = &'k str>) -> Option<String> {
    nearest(written, known).map(|near| format!("did you mean `{near}`?"))
}

fn quoted(text: &str) -> String {
    if text.trim().is_empty() { "nothing".to_owned() } else { format!("`{text}`") }
}

/// The result of reading a value.
pub(in crate::config) type Read<T> = Result<T, Wrong>;

/// The same kind, with this hint if it gives none.
pub(in crate::config) fn hinted<T>(
    hint: &'static str,
    kind: impl Fn(&DeValue<'_>) -> Read<T>,
) -> impl Fn(&DeValue<'_>) -> Read<T> {
    move |value| kind(value).map_err(|wrong| Wrong { hint: wrong.hint.or_else(|| Some(hint.to_owned())), ..wrong })
}

/// Text, which may be empty.
pub(in crate::config) fn text(value: &DeValue<'_>) -> Read<String> {
    match value {
        DeValue::String(text) => Ok(text.trim().to_owned()),
        other => Err(Wrong::mistyped("text in quotes", other)),
    }
}

/// Text that is not empty.
pub(in crate::config) fn filled(value: &DeValue<'_>) -> Read<String> {
    let text = text(value)?;
    if text.is_empty() { Err(Wrong::new("is empty", "write something between the quotes")) } else { Ok(text) }
}

/// Text that `parse` understands.
pub(in crate::config) fn parsed<T>(
    wanted: &'static str,
    parse: impl Fn(&str) -> Option<T>,
) -> impl Fn(&DeValue<'_>) -> Read<T> {
    move |value| match value {
        DeValue::String(text) => {
            parse(text.trim()).ok_or_else(|| Wrong::invalid(format!("must be {wanted}, not {}", quoted(text))))
        }
        other => Err(Wrong::mistyped(wanted, other)),
    }
}

/// An empty text means that the key is not set.
pub(in crate::config) fn optional<T>(
    kind: impl Fn(&DeValue<'_>) -> Read<T>,
) -> impl Fn(&DeValue<'_>) -> Read<Option<T>> {
    move |value| match value {
        DeValue::String(text) if text.trim().is_empty() => Ok(None),
        other => kind(other).map(Some),
    }
}

/// One of a few words.
pub(in crate::config) fn one_of<T: Copy>(words: &'static [(&'static str, T)]) -> impl Fn(&DeValue<'_>) -> Read<T> {
    move |value| {
        let all = || words.iter().map(|(word, _)| format!("\"{word}\"")).collect::<Vec<_>>().join(" or ");
        match value {
            DeValue::String(text) => match words.iter().find(|(word, _)| text.trim() == *word) {
                Some((_, meaning)) => Ok(*meaning),
                None => Err(Wrong {
                    hint: meant(text, words.iter().map(|(word, _)| *word)),
                    ..Wrong::invalid(format!("must be {}, not {}", all(), quoted(text)))
                }),
            },
            other => Err(Wrong::mistyped(&all(), other)),
        }
    }
}

/// A whole number within the range.
pub(in crate::config) fn whole<T: TryFrom<i64>>(range: RangeInclusive<i64>) -> impl Fn(&DeValue<'_>) -> Read<T> {
    move |value| {
        let wanted = format!("a whole number from {} to {}", range.start(), range.end());
        let DeValue::Integer(number) = value else {
            return Err(Wrong::mistyped(&wanted, value));
        };
        let number = i64::from_str_radix(number.as_str(), number.radix()).ok().filter(|n| range.contains(n));
        number.and_then(|n| T::try_from(n).ok()).ok_or_else(|| Wrong::invalid(format!("must be {wanted}")))
    }
}

/// A number within the range, with or without a fraction.
pub(in crate::config) fn number(range: RangeInclusive<f32>) -> impl Fn(&DeValue<'_>) -> Read<f32> {
    move |value| {
        let wanted = format!("a number from {} to {}", range.start(), range.end());
        let digits = match value {
            DeValue::Float(number) => number.as_str(),
            DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
            other => return Err(Wrong::mistyped(&wanted, other)),
        };
        let number = digits.parse::<f32>().ok().filter(|n| range.contains(n));
        number.ok_or_else(|| Wrong { message: format!("must be {wanted}"), hint: None, alone: false, mistyped: false })
    }
}

/// True or false.
pub(in crate::config) fn flag(value: &DeValue<'_>) -> Read<bool> {
    value.as_bool().ok_or_else(|| Wrong::mistyped("`true` or `false`, without quotes", value))
}

/// A duration, which may be zero.
pub(in crate::config) fn duration(value: &DeValue<'_>) -> Read<Duration> {
    parsed("a duration such as `30m` or `7d`", |text| humantime::parse_duration(text).ok())(value)
}

/// A duration above zero.
pub(in crate::config) fn some_time(value: &DeValue<'_>) -> Read<Duration> {
    match duration(value)? {
        Duration::ZERO => Err(Wrong::new("must be more than zero", "write a duration such as `30m` or `7d`")),
        duration => Ok(duration),
    }
}

/// A day, as text or as TOML writes it.
pub(in crate::config) fn date(value: &DeValue<'_>) -> Read<NaiveDate> {
    let date = |text: &str| text.parse().ok();
    match value {
        DeValue::Datetime(written) => date(&written.to_string())
            .ok_or_else(|| Wrong::new("must be a day without a time", "write for example \"2026-11-30\"")),
        other => parsed("a day such as `2026-11-30`", date)(other),
    }
}

/// An absolute http or https URL.
pub(in crate::config) fn web_url(value: &DeValue<'_>) -> Read<Url> {
    let DeValue::String(text) = value else {
        return Err(Wrong::mistyped("an address such as `https://digest.example.org`", value));
    };
    match Url::parse(text.trim()) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
        Ok(url) => {
            Err(Wrong::new("must begin with `https://` or `http://`", format!("`{}:` is not supported", url.scheme())))
        }
        Err(error) => Err(Wrong::new(
            format!("is not a valid URL: {error}"),
            "write the full address, such as `https://digest.example.org`",
        )),
    }
}

/// The same, kept as it was written.
pub(in crate::config) fn web_address(value: &DeValue<'_>) -> Read<String> {
    web_url(value).and_then(|_| text(value))
}

/// The address of a database on a server. A password in it would be read by whoever may read the file.
pub(in crate::config) fn database_url(value: &DeValue<'_>) -> Read<Url> {
    const EXAMPLE: &str = "write it as `postgres://policy_digest@db.example.org/policy_digest`";
    let DeValue::String(text) = value else {
        return Err(Wrong::mistyped(
            "an address such as `postgres://policy_digest@db.example.org/policy_digest`",
            value,
        ));
    };
    let url = Url::parse(text.trim()).map_err(|error| Wrong::new(format!("is not a valid URL: {error}"), EXAMPLE))?;
    match url.scheme() {
        "postgres" | "postgresql" if url.password().is_some() => Err(Wrong::new(
            "must not hold the password",
            "set the variable POLICY_DIGEST__DATABASE__PASSWORD, or name a file with `password_file`",
        )),
        "postgres" | "postgresql" if url.path().trim_matches('/').is_empty() => {
            Err(Wrong::new("names no database", EXAMPLE))
        }
        "postgres" | "postgresql" => Ok(url),
        other => Err(Wrong::new("must begin with `postgres://`", format!("`{other}:` is not supported"))),
    }
}

/// A zone of the IANA database.
pub(in crate::config) fn time_zone(value: &DeValue<'_>) -> Read<Tz> {
    let zone = parsed("a time zone such as `Europe/London`", |text| text.parse().ok())(value);
    zone.map_err(|wrong| {
        let written = value.as_str().unwrap_or_default();
        Wrong { hint: meant(written, chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name())), ..wrong }
    })
}

/// A name for EHLO (RFC 5321 §4.1.2): a domain, or an IP address in brackets.
pub(in crate::config) fn hello_name(value: &DeValue<'_>) -> Read<String> {
    parsed("a name such as `digest.example.org`, or an address in brackets such as `[192.0.2.1]`", |text| {
        let literal = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
        let is_valid = match literal {
            Some(address) => address.trim_start_matches("IPv6:").parse::<IpAddr>().is_ok(),
            None => text.len() <= 253 && text.split('.').all(is_label) && text.parse::<IpAddr>().is_err(),
        };
        is_valid.then(|| text.to_owned())
    })(value)
}

/// Letters, digits and hyphens, with no hyphen at either end.
fn is_label(label: &str) -> bool {
    let plain = label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    plain && (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
}

/// An address and port to listen on.
pub(in crate::config) fn listen_address(value: &DeValue<'_>) -> Read<SocketAddr> {
    parsed("an IP address and a port such as `127.0.0.1:8080` or `[::1]:8080`", |text| text.parse().ok())(value)
}

/// A network such as `10.0.0.0/8`; a single address is a network of its own.
pub(in crate::config) fn network(value: &DeValue<'_>) -> Read<Network> {
    parsed("a network such as `10.0.0.0/8` or `fd00::/8`", |text| {
        let (address, length) = text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let length: u8 = length.map_or(Some(most), |length| length.parse().ok())?;
        (length <= most).then_some(Network { address, length })
    })(value)
}

/// A short name: lower-case letters, digits and hyphens.
pub(in crate::config) fn short_name(value: &DeValue<'_>) -> Read<String> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    parsed("a short name of lower-case letters, digits and hyphens", |text| {
        ((1..=64).contains(&text.len()) && text.chars().all(allowed)).then(|| text.to_owned())
    })(value)
}

/// A language or locale tag: `en`, `en-GB`.
pub(in crate::config) fn language(value: &DeValue<'_>) -> Read<String> {
    parsed("a language such as `en` or `en-GB`", |text| {
        let mut parts = text.split('-');
        let first = parts.next().is_some_and(|p| matches!(p.len(), 2 | 3) && p.chars().all(|c| c.is_ascii_lowercase()));
        let rest = parts.all(|p| (2..=8).contains(&p.len()) && p.chars().all(|c| c.is_ascii_alphanumeric()));
        (first && rest).then(|| text.to_owned())
    })(value)
}

/// A language, with or without a country, whose date format is known.
pub(in crate::config) fn locale(value: &DeValue<'_>) -> Read<Locale> {
    let locale = parsed("a language and country such as `en-GB`", |text| text.parse().ok())(value);
    locale.map_err(|wrong| {
        let written = value.as_str().unwrap_or_default().trim();
        Wrong { hint: meant_locale(written), ..wrong }
    })
}

/// A colour that text can have on our backgrounds.
pub(in crate::config) fn accent(value: &DeValue<'_>) -> Read<Accent> {
    let colour = parsed("a colour such as `#1d4f91`", Accent::parse)(value)?;
    let contrast = colour.contrast();
    if contrast < LEAST {
        let message = format!("has a contrast of {contrast:.1} to 1 with the page, and text needs {LEAST} to 1");
        return Err(Wrong::new(&message, "choose a darker colour; the one for dark mode is derived from it"));
    }
    Ok(colour)
}

/// A language without a country, whose date format is known.
pub(in crate::config) fn words_language(value: &DeValue<'_>) -> Read<String> {
    let is_language = |text: &str| text.parse::<Locale>().is_ok_and(|locale| locale.language() == text);
    parsed("a language such as `cy`", |text| is_language(text).then(|| text.to_owned()))(value)
}

/// Corrects case, an underscore, "UK" and an unknown country; otherwise suggests the nearest tag.
fn meant_locale(written: &str) -> Option<String> {
    let (language, country) = written.split_once(['-', '_']).unwrap_or((written, ""));
    let (language, country) = (language.to_lowercase(), country.to_uppercase().replace("UK", "GB"));
    let whole = format!("{language}-{country}");
    let seen = [whole.as_str(), language.as_str()].into_iter().find(|tag| Locale::known().any(|known| known == *tag));
    seen.or_else(|| nearest(written, Locale::known()))
        .map(|tag| format!("did you mean `{tag}`?"))
        .or_else(|| Some("write `en` for dates in English; `config/digest.toml` lists the known languages".into()))
}
