//! A feed in a file of this machine: read where the configuration allows it, unchanged while size and time are.

use chrono::{DateTime, Utc};
use url::Url;

use super::error::Error;
use super::{Outcome, Response, Share, Validators};

pub(super) async fn read(url: &Url, validators: &Validators, limit: u64, mut share: Share) -> Result<Response, Error> {
    let path = url.to_file_path().map_err(|()| Error::NotAllowed(url.clone()))?;
    let failed = |source| Error::File { path: path.display().to_string(), source };
    let about = tokio::fs::metadata(&path).await.map_err(failed)?;
    if !about.is_file() {
        // A pipe or a device could be read for ever.
        return Err(failed(std::io::Error::other("it is no ordinary file")));
    }
    if about.len() > limit {
        return Err(Error::TooLarge { limit });
    }
    let changed = about.modified().ok().map(DateTime::<Utc>::from).unwrap_or_default();
    let etag = Some(format!("{}-{}", about.len(), changed.timestamp_micros()));
    let outcome = if validators.etag == etag {
        Outcome::Unchanged
    } else {
        share.grow_to(usize::try_from(about.len()).unwrap_or(usize::MAX)).await;
        Outcome::Body { bytes: tokio::fs::read(&path).await.map_err(failed)?, content_type: None }
    };
    let validators = Validators { etag, ..Validators::default() };
    Ok(Response { validators, ..Response::of(outcome, url.clone(), share) })
}
