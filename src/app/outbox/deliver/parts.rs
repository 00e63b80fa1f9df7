//! The parts that messages are written from, kept while they are wanted. A run has few, so they are read once; a
//! crowd of confirmations, each with its own, does not fill the memory.

use std::collections::HashMap;
use std::sync::Arc;

use crate::app::App;
use crate::store::Body;

/// So many are kept: some 100 KB each.
const MOST: usize = 32;

#[derive(Debug, Default)]
pub(super) struct Parts(HashMap<i64, Arc<Body>>);

impl Parts {
    pub(super) async fn get(&mut self, app: &App, id: i64) -> anyhow::Result<Arc<Body>> {
        if let Some(part) = self.0.get(&id) {
            return Ok(Arc::clone(part));
        }
        let part = Arc::new(app.store.body(id).await?);
        if self.0.len() >= MOST {
            self.0.clear();
        }
        self.0.insert(id, Arc::clone(&part));
        Ok(part)
    }
}
