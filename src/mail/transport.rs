//! Where a built message goes: to a server, into a folder, or into memory for tests.
//! A folder holds one file a message, however often it is sent.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Error, smtp};

/// A message that is ready to leave.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    /// The envelope's sender, an address.
    pub from: &'a str,
    /// The envelope's recipient, an address.
    pub to: &'a str,
    /// With its angle brackets.
    pub message_id: &'a str,
    /// As [`super::build`] made it.
    pub bytes: &'a [u8],
    /// The HTML part, to be looked at beside the message in a folder.
    pub html: Option<&'a str>,
}

/// A message that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// What the server said, or the file's path.
    pub reply: String,
}

/// A message as the memory keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The envelope's sender.
    pub from: String,
    /// The envelope's recipient.
    pub to: String,
    /// With its angle brackets.
    pub message_id: String,
    /// The message.
    pub bytes: Vec<u8>,
}

/// A way out.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one of it in a process")]
pub enum Transport {
    /// A mail server.
    Smtp(smtp::Pool),
    /// `.eml` files, made if need be.
    Directory(PathBuf),
    /// For tests.
    Memory(Arc<Mutex<Vec<Sent>>>),
}

impl Transport {
    /// Hands the message over; when this returns, it is kept by somebody else.
    ///
    /// # Errors
    /// [`Error`], whose verdict says what to do.
    pub async fn send(&self, outgoing: &Outgoing<'_>) -> Result<Accepted, Error> {
        match self {
            Self::Smtp(pool) => pool.send(outgoing).await,
            Self::Directory(folder) => keep(folder, outgoing).await,
            Self::Memory(sent) => {
                sent.lock().unwrap_or_else(PoisonError::into_inner).push(Sent {
                    from: outgoing.from.to_owned(),
                    to: outgoing.to.to_owned(),
                    message_id: outgoing.message_id.to_owned(),
                    bytes: outgoing.bytes.to_vec(),
                });
                Ok(Accepted { reply: "kept in memory".to_owned() })
            }
        }
    }

    /// Whether a message would find its way, without sending one.
    ///
    /// # Errors
    /// The obstacle.
    pub async fn probe(&self) -> Result<(), Error> {
        match self {
            Self::Smtp(pool) => pool.probe().await,
            Self::Directory(folder) => {
                // A folder is made when the first mail is written; here it is only looked whether it could be.
                let nearest = folder.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new(".")).to_owned();
                let path = nearest.clone();
                let probed = tokio::task::spawn_blocking(move || tempfile::tempfile_in(nearest).map(drop)).await;
                let probed = probed.unwrap_or_else(|panic| Err(std::io::Error::other(panic)));
                probed.map_err(|source| Error::Folder { path, source })
            }
            Self::Memory(_) => Ok(()),
        }
    }

    /// Says good-bye where connections are kept: at the end of a run. It may be used again.
    pub async fn close(&self) {
        if let Self::Smtp(pool) = self {
            pool.close().await;
        }
    }
}

async fn keep(folder: &Path, outgoing: &Outgoing<'_>) -> Result<Accepted, Error> {
    let name = file_name(outgoing.message_id).ok_or(Error::Header("Message-ID"))?;
    let message = folder.join(format!("{name}.eml"));
    let mut files = vec![(message.clone(), outgoing.bytes.to_vec())];
    if let Some(html) = outgoing.html {
        files.insert(0, (folder.join(format!("{name}.html")), html.as_bytes().to_vec()));
    }
    let folder = folder.to_owned();
    let written = tokio::task::spawn_blocking(move || {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| Error::Folder { path, source }
        };
        make_folder(&folder).map_err(failed(&folder))?;
        for (path, bytes) in &files {
            write_whole(path, bytes).map_err(failed(path))?;
        }
        // The names are on the disk only when the folder is.
        std::fs::File::open(&folder).and_then(|folder| folder.sync_all()).map_err(failed(&folder))
    });
    match written.await {
        Ok(done) => done?,
        Err(panic) => {
            return Err(Error::Folder { path: message, source: std::io::Error::other(panic) });
        }
    }
    Ok(Accepted { reply: message.display().to_string() })
}

/// A folder that nobody else can look into: mails hold addresses, and links that act for a person.
fn make_folder(path: &Path) -> std::io::Result<()> {
    let mut folder = std::fs::DirBuilder::new();
    folder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
    folder.create(path)
}

/// Written beside it and renamed, so that others see a complete file or none; only the owner can read it.
fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let aside = path.with_added_extension("part");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&aside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&aside, path)
}

/// The Message-ID's local part, with nothing in it that could leave the folder or hide.
fn file_name(message_id: &str) -> Option<String> {
    let local = message_id.trim_start_matches('<').split('@').next().unwrap_or_default();
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' }
    };
    let name: String = local.trim_start_matches('.').chars().take(120).map(plain).collect();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_same_message_twice_is_one_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let transport = Transport::Directory(folder.path().join("outbox"));
        for bytes in [b"one".as_slice(), b"two"] {
            let outgoing = Outgoing {
                from: "a@b.example",
                to: "c@d.example",
                message_id: "<r1.s1@b.example>",
                bytes,
                html: Some("<p>"),
            };
            transport.send(&outgoing).await.expect("kept");
        }
        let mut names: Vec<String> = std::fs::read_dir(folder.path().join("outbox"))
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        assert_eq!(names, ["r1.s1.eml", "r1.s1.html"]);
        assert_eq!(std::fs::read(folder.path().join("outbox/r1.s1.eml")).expect("a file"), b"two");
    }

    #[test]
    fn a_message_id_cannot_leave_the_folder() {
        assert_eq!(file_name("<../../x@h>").as_deref(), Some("_.._x"));
        assert_eq!(file_name("<@h>"), None);
    }
}
