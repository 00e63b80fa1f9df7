//! The database as other scores would leave it, without storing them: what a preview shows after an edit of the topic.

use crate::store::Error;
use crate::store::Selection;
use crate::store::database::overlay;
use crate::store::database::reader::{Apart, Reader};
use crate::store::items::Rescored;

impl Selection<'_> {
    /// The same database with these scores. Where the file is read alone, it fails once another process changes the
    /// database.
    ///
    /// # Errors
    /// [`Error::Statement`].
    pub async fn judged(self, scores: Vec<Rescored>) -> Result<Reader, Error> {
        let Apart { connection, witness } = self.reader.apart().await?;
        connection.call(move |connection| overlay::lay_over(connection, &scores)).await?;
        Ok(Reader::fixed(connection, witness))
    }
}
