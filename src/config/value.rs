//! The kinds of value: each turns one TOML value into a Rust one, or says what is wanted instead. Kinds know
//! neither keys nor places; `reader` adds those.

mod addresses;

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::time::Duration;

use chrono_tz::Tz;
use toml::de::DeValue;
use url::Url;

use super::settings::Network;
use crate::domain::digests::locale::Locale;
pub use addresses::domain_name;
pub(super) use addresses::{address, dns_name, mailbox, recipient, tagged_address};

/// Why a value was refused.
#[derive(Debug)]
pub(super) struct Wrong {
    /// Follows the key, as in "`port` must be …", unless it stands `alone`.
    pub(super) message: String,
    pub(super) hint: Option<String>,
    pub(super) alone: bool,
    /// The TOML type is not the kind's: text from the environment is then read once more, as TOML.
    pub(super) mistyped: bool,
}

impl Wrong {
    /// A value of the right type that says nothing valid, without a hint.
    fn invalid(message: String) -> Self {
        Self { message, hint: None, alone: false, mistyped: false }
    }

    /// A value of the right type that says nothing valid.
    pub(super) fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: Some(hint.into()), alone: false, mistyped: false }
    }

    /// A complaint that needs no key in front.
    pub(super) fn alone(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { alone: true, ..Self::new(message, hint) }
    }

    /// A value of another type than the wanted one.
    pub(super) fn mistyped(wanted: &str, value: &DeValue<'_>) -> Self {
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

/// At most this many edits between what was written and what is offered instead.
const NEAR: usize = 3;

/// The known word that was probably meant.
pub(super) fn nearest<'k>(written: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let near = known.map(|known| (strsim::osa_distance(written, known), known));
    // Three edits turn any short word into any other.
    let near = near.filter(|(edits, known)| *edits <= NEAR && *edits < known.len().min(written.len()));
    near.min().map(|(_, known)| known)
}

fn meant<'k>(written: &str, known: impl Iterator<Item = &'k str>) -> Option<String> {
    nearest(written, known).map(|near| format!("did you mean `{near}`?"))
}

fn quoted(text: &str) -> String {
    if text.trim().is_empty() { "nothing".to_owned() } else { format!("`{text}`") }
}

/// What reading a value gives.
pub(super) type Read<T> = Result<T, Wrong>;

/// The same kind, with this hint where it has none.
pub(super) fn hinted<T>(
    hint: &'static str,
    kind: impl Fn(&DeValue<'_>) -> Read<T>,
) -> impl Fn(&DeValue<'_>) -> Read<T> {
    move |value| kind(value).map_err(|wrong| Wrong { hint: wrong.hint.or_else(|| Some(hint.to_owned())), ..wrong })
}

/// Text, which may be empty.
pub(super) fn text(value: &DeValue<'_>) -> Read<String> {
    match value {
        DeValue::String(text) => Ok(text.trim().to_owned()),
        other => Err(Wrong::mistyped("text in quotes", other)),
    }
}

/// Text with something in it.
pub(super) fn filled(value: &DeValue<'_>) -> Read<String> {
    let text = text(value)?;
    if text.is_empty() { Err(Wrong::new("is empty", "write something between the quotes")) } else { Ok(text) }
}

/// Text that `parse` understands.
pub(super) fn parsed<T>(wanted: &'static str, parse: impl Fn(&str) -> Option<T>) -> impl Fn(&DeValue<'_>) -> Read<T> {
    move |value| match value {
        DeValue::String(text) => {
            parse(text.trim()).ok_or_else(|| Wrong::invalid(format!("must be {wanted}, not {}", quoted(text))))
        }
        other => Err(Wrong::mistyped(wanted, other)),
    }
}

/// An empty text means that the key is not set.
pub(super) fn optional<T>(kind: impl Fn(&DeValue<'_>) -> Read<T>) -> impl Fn(&DeValue<'_>) -> Read<Option<T>> {
    move |value| match value {
        DeValue::String(text) if text.trim().is_empty() => Ok(None),
        other => kind(other).map(Some),
    }
}

/// One of a few words.
pub(super) fn one_of<T: Copy>(words: &'static [(&'static str, T)]) -> impl Fn(&DeValue<'_>) -> Read<T> {
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
pub(super) fn whole<T: TryFrom<i64>>(range: RangeInclusive<i64>) -> impl Fn(&DeValue<'_>) -> Read<T> {
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
pub(super) fn number(range: RangeInclusive<f32>) -> impl Fn(&DeValue<'_>) -> Read<f32> {
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
pub(super) fn flag(value: &DeValue<'_>) -> Read<bool> {
    value.as_bool().ok_or_else(|| Wrong::mistyped("`true` or `false`, without quotes", value))
}

/// A duration, which may be nought.
pub(super) fn duration(value: &DeValue<'_>) -> Read<Duration> {
    parsed("a duration such as `30m` or `7d`", |text| humantime::parse_duration(text).ok())(value)
}

/// A duration above nought.
pub(super) fn some_time(value: &DeValue<'_>) -> Read<Duration> {
    match duration(value)? {
        Duration::ZERO => Err(Wrong::new("must be above nought", "write a duration such as `30m` or `7d`")),
        duration => Ok(duration),
    }
}

/// An absolute http or https URL.
pub(super) fn web_url(value: &DeValue<'_>) -> Read<Url> {
    let DeValue::String(text) = value else {
        return Err(Wrong::mistyped("an address such as `https://digest.example.org`", value));
    };
    match Url::parse(text.trim()) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
        Ok(url) => {
            Err(Wrong::new("must begin with `https://` or `http://`", format!("`{}:` is not read", url.scheme())))
        }
        Err(error) => {
            Err(Wrong::new(format!("is no address: {error}"), "write it whole, as in `https://digest.example.org`"))
        }
    }
}

/// The same, kept as it was written.
pub(super) fn web_address(value: &DeValue<'_>) -> Read<String> {
    web_url(value).and_then(|_| text(value))
}

/// A zone of the IANA database.
pub(super) fn time_zone(value: &DeValue<'_>) -> Read<Tz> {
    let zone = parsed("a time zone such as `Europe/London`", |text| text.parse().ok())(value);
    zone.map_err(|wrong| {
        let written = value.as_str().unwrap_or_default();
        Wrong { hint: meant(written, chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name())), ..wrong }
    })
}

/// What may stand behind EHLO (RFC 5321 §4.1.2): a domain, or an IP address in brackets.
pub(super) fn hello_name(value: &DeValue<'_>) -> Read<String> {
    parsed("a name such as `digest.example.org`, or an address in brackets as `[192.0.2.1]`", |text| {
        let literal = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
        let is_valid = match literal {
            Some(address) => address.trim_start_matches("IPv6:").parse::<IpAddr>().is_ok(),
            None => text.len() <= 253 && text.split('.').all(is_label) && text.parse::<IpAddr>().is_err(),
        };
        is_valid.then(|| text.to_owned())
    })(value)
}

/// Letters, digits and hyphens, none of these at an end.
fn is_label(label: &str) -> bool {
    let plain = label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    plain && (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
}

/// An address and port to listen on.
pub(super) fn listen_address(value: &DeValue<'_>) -> Read<SocketAddr> {
    parsed("an IP address and a port such as `127.0.0.1:8080` or `[::1]:8080`", |text| text.parse().ok())(value)
}

/// A network as `10.0.0.0/8`; a lone address becomes the network that holds only it.
pub(super) fn network(value: &DeValue<'_>) -> Read<Network> {
    parsed("a network such as `10.0.0.0/8` or `fd00::/8`", |text| {
        let (address, length) = text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let length: u8 = length.map_or(Some(most), |length| length.parse().ok())?;
        (length <= most).then_some(Network { address, length })
    })(value)
}

/// A short name: lower-case letters, digits and hyphens.
pub(super) fn short_name(value: &DeValue<'_>) -> Read<String> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    parsed("a short name of lower-case letters, digits and hyphens", |text| {
        ((1..=64).contains(&text.len()) && text.chars().all(allowed)).then(|| text.to_owned())
    })(value)
}

/// A language or locale tag: `en`, `en-GB`.
pub(super) fn language(value: &DeValue<'_>) -> Read<String> {
    parsed("a language such as `en` or `en-GB`", |text| {
        let mut parts = text.split('-');
        let first = parts.next().is_some_and(|p| matches!(p.len(), 2 | 3) && p.chars().all(|c| c.is_ascii_lowercase()));
        let rest = parts.all(|p| (2..=8).contains(&p.len()) && p.chars().all(|c| c.is_ascii_alphanumeric()));
        (first && rest).then(|| text.to_owned())
    })(value)
}

/// A language, with or without a country, whose dates are known.
pub(super) fn locale(value: &DeValue<'_>) -> Read<Locale> {
    let locale = parsed("a language and country such as `en-GB`", |text| text.parse().ok())(value);
    locale.map_err(|wrong| {
        let written = value.as_str().unwrap_or_default().trim();
        Wrong { hint: meant_locale(written), ..wrong }
    })
}

/// Case, an underscore, "UK" and a country that is not known are seen through; else the nearest tag, if one is near.
fn meant_locale(written: &str) -> Option<String> {
    let (language, country) = written.split_once(['-', '_']).unwrap_or((written, ""));
    let (language, country) = (language.to_lowercase(), country.to_uppercase().replace("UK", "GB"));
    let whole = format!("{language}-{country}");
    let seen = [whole.as_str(), language.as_str()].into_iter().find(|tag| Locale::known().any(|known| known == *tag));
    seen.or_else(|| nearest(written, Locale::known()))
        .map(|tag| format!("did you mean `{tag}`?"))
        .or_else(|| Some("write `en` for dates in English; `config/digest.toml` says which languages are known".into()))
}
