//! Who resolves names: the system, or the test's own resolver. The guard looks at every answer.

use std::net::IpAddr;
use std::sync::Arc;

use futures::future::BoxFuture;

type Answer = BoxFuture<'static, std::io::Result<Vec<IpAddr>>>;

/// Resolves a host's name to its addresses.
#[derive(Clone)]
pub struct Names(Arc<dyn Fn(String) -> Answer + Send + Sync>);

impl Names {
    /// Asks `lookup` instead of the system.
    pub fn by(lookup: impl Fn(String) -> Answer + Send + Sync + 'static) -> Self {
        Self(Arc::new(lookup))
    }

    pub(super) async fn find(&self, name: &str) -> std::io::Result<Vec<IpAddr>> {
        (self.0)(name.to_owned()).await
    }
}

impl Default for Names {
    fn default() -> Self {
        Self::by(|name| {
            Box::pin(async move {
                let found = tokio::net::lookup_host((name, 0)).await?;
                Ok(found.map(|address| address.ip()).collect())
            })
        })
    }
}

impl std::fmt::Debug for Names {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Names")
    }
}
