//! The body of an answer: collected as it arrives and as there is room for it, and unpacked.

pub(super) mod coding;
pub(super) mod room;

use std::time::Duration;

use tokio::time::{Instant, timeout_at};
use url::Url;

use super::error::{self, Error, shown};
use super::{Share, Stage, background};
use room::FREE_BYTES;

/// The number of packed bytes after which the body is unpacked on trial; then after twice as many, and so on.
const FIRST_LOOK: usize = 64 * 1024;

/// What unpacking may take after the last byte, or after the deadline, where what has come may be whole.
const UNPACKING: Duration = Duration::from_secs(1);

/// An answer whose head has come.
pub(super) struct Coming {
    pub(super) answer: reqwest::Response,
    /// Room for its bytes.
    pub(super) share: Share,
    /// Its Content-Encoding.
    pub(super) label: String,
    /// Of the bytes, packed or unpacked.
    pub(super) limit: u64,
    pub(super) url: Url,
}

impl Coming {
    /// The unpacked body and its share. If the answer ends badly but its document is whole, also what was wrong with the
    /// answer. `total` is the time that the fetch had until then.
    pub(super) async fn read(self, until: Instant, total: Duration) -> Result<(Vec<u8>, Option<String>, Share), Error> {
        let late = || Error::Timeout { host: error::host(&self.url), stage: Stage::Body, limit: total };
        let (early, late) = (late(), late());
        // The threads that read it may be held up by others.
        let read = background::run(self.unpacked(until, early));
        timeout_at(until + UNPACKING, read).await.unwrap_or(Err(late))
    }

    async fn unpacked(mut self, until: Instant, late: Error) -> Result<(Vec<u8>, Option<String>, Share), Error> {
        let limit = self.limit;
        if self.answer.content_length().is_some_and(|length| length > limit) {
            return Err(Error::TooLarge { limit });
        }
        let mut packed = Vec::new();
        let end = timeout_at(until, self.collect(&mut packed)).await.unwrap_or(Err(late));
        if let Err(error @ (Error::TooLarge { .. } | Error::Memory { .. })) = end {
            return Err(error);
        }
        let received = packed.len();
        let unpacked = self.unpack(packed).await.map_err(|failure| match failure {
            coding::Failure::TooLarge => Error::TooLarge { limit },
            coding::Failure::Memory => Error::Memory { host: error::host(&self.url) },
            coding::Failure::Unknown => Error::Encoding(shown(&self.label)),
        })?;
        let is_whole = || coding::ends_whole(&unpacked.bytes);
        let flaw = match (end, unpacked.flaw) {
            (Ok(()), None) => None,
            (Ok(()), Some(flaw)) if is_whole() => Some(flaw.to_owned()),
            (Ok(()), Some(_)) => return Err(Error::BadlyPacked { host: error::host(&self.url), received }),
            (Err(_), _) if is_whole() => Some("the connection did not end as the answer said it would".to_owned()),
            (Err(error), _) => return Err(error),
        };
        Ok((unpacked.bytes, flaw, self.share))
    }

    /// Waiting for room counts within the fetch's timeout.
    async fn collect(&mut self, bytes: &mut Vec<u8>) -> Result<(), Error> {
        let Self { answer, share, url, limit, .. } = self;
        let announced = answer.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or_default();
        let no_memory = |_| Error::Memory { host: error::host(url) };
        let mut look = FIRST_LOOK;
        bytes.try_reserve_exact(announced.min(FREE_BYTES)).map_err(no_memory)?;
        loop {
            match answer.chunk().await {
                Ok(None) => return Ok(()),
                Ok(Some(piece)) if (bytes.len() + piece.len()) as u64 > *limit => {
                    return Err(Error::TooLarge { limit: *limit });
                }
                Ok(Some(piece)) => {
                    let needed = bytes.len() + piece.len();
                    if needed > bytes.capacity() {
                        let most = usize::try_from(*limit).unwrap_or(usize::MAX);
                        let capacity = needed.saturating_add(needed / 2).min(most).max(needed);
                        share.grow_to(capacity).await;
                        // Where the process's memory is limited, this visit fails and the process goes on.
                        bytes.try_reserve_exact(capacity - bytes.len()).map_err(no_memory)?;
                    }
                    bytes.extend_from_slice(&piece);
                    // What unpacks to more than is read is given up long before it has all come.
                    if bytes.len() >= look {
                        look *= 2;
                        if coding::exceeds(bytes, *limit) {
                            return Err(Error::TooLarge { limit: *limit });
                        }
                    }
                }
                Err(error) => return Err(Error::of_body(error, url, bytes.len())),
            }
        }
    }

    /// Most feeds fit into the part of a body that is free; the others get room for the limit while they are unpacked, and
    /// keep what they need.
    async fn unpack(&mut self, packed: Vec<u8>) -> Result<coding::Unpacked, coding::Failure> {
        let Self { label, limit, share, .. } = self;
        if !coding::is_packed(&packed, label) {
            return coding::unpack(packed, label, *limit);
        }
        let free = (*limit).min(FREE_BYTES as u64);
        match coding::unpack(packed.clone(), label, free) {
            Err(coding::Failure::TooLarge) if free < *limit => {}
            unpacked => return unpacked,
        }
        share.grow_to(packed.len().saturating_add(usize::try_from(*limit).unwrap_or(usize::MAX))).await;
        let unpacked = coding::unpack(packed, label, *limit)?;
        share.shrink_to(unpacked.bytes.len());
        Ok(unpacked)
    }
}
