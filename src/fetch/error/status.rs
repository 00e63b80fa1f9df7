//! What an HTTP status means for a feed, in a person's words. RFC 9110 §15, RFC 6585.

/// In brackets behind the number.
pub(super) fn meaning(code: u16) -> &'static str {
    match code {
        206 => "a part of the document, although all of it was requested",
        300..=399 => "a redirect that leads nowhere",
        401 | 407 => "a log-in is wanted",
        402 => "payment is wanted",
        403 => "access is refused",
        404 => "nothing is at this address",
        408 => "the server was tired of waiting",
        429 => "too many requests",
        451 => "withheld for legal reasons",
        400..=499 => "the request is refused",
        502..=504 => "the server is overloaded or being worked on",
        500..=599 => "the server failed",
        _ => "an unexpected status",
    }
}

/// What a person can do about it.
pub(super) fn advice(code: u16) -> &'static str {
    match code {
        401 | 407 => "a feed behind a log-in needs `https://name:password@…` as its `url`, or an open address",
        403 => "if its `url` opens in a browser, the site turns programs away: ask its owner to admit this one",
        404 => "look on the site for the feed's new address, and change its `url` in feeds.toml",
        429 => "it is left alone for a while; if it lasts, a longer `interval` or `spacing` in digest.toml helps",
        402 | 451 => "it can only be taken out of feeds.toml, or set `enabled = false`",
        400..=499 => "check its `url` in feeds.toml",
        300..=399 => "open its `url` in a browser, and write where it ends into feeds.toml",
        _ => "it is tried again; if it lasts, tell the site's owner",
    }
}

/// Whether it may pass by itself.
pub(super) fn may_pass(code: u16) -> bool {
    matches!(code, 408 | 425 | 429) || !(400..500).contains(&code)
}
