//! A cache of the bodies from which messages are rendered. A run has few bodies, so each is read once; the capacity is
//! limited, so that a thousand confirmations with a body each do not fill the memory.

use std::collections::HashMap;
use std::sync::Arc;

use crate::app::App;
use crate::store::Body;

/// The maximum number of bodies in the cache, some 100 KB each.
const CAPACITY: usize = 32;

#[derive(Debug, Default)]
pub(super) struct Bodies(HashMap<i64, Arc<Body>>);

impl Bodies {
    pub(super) async fn get(&mut self, app: &App, id: i64) -> anyhow::Result<Arc<Body>> {
        if let Some(body) = self.0.get(&id) {
            return Ok(Arc::clone(body));
        }
        let body = Arc::new(app.store.outbox().body(id).await?);
        if self.0.len() >= CAPACITY {
            self.0.clear();
        }
        self.0.insert(id, Arc::clone(&body));
        Ok(body)
    }
}
