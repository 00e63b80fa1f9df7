//! What the files of a configuration look like from outside, so that an edit is seen without reading them: size and
//! time of change of everything that lies in the folder, of the templates, and of what the settings name elsewhere.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::Config;

/// Files that are looked at in one folder: it may hold what is not ours.
const MOST_FILES: usize = 1000;

/// Folders within one another: templates have one below theirs.
const DEPTH: usize = 3;

/// How the files look: the same as long as nobody touches them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stamp(Vec<(PathBuf, Option<(u64, SystemTime)>)>);

impl Stamp {
    fn add(&mut self, path: &Path) {
        // Links are followed: what is mounted into a container is mostly one.
        let look = std::fs::metadata(path).ok().filter(|found| !found.is_dir());
        let look = look.and_then(|found| Some((found.len(), found.modified().ok()?)));
        self.0.push((path.to_owned(), look));
    }

    fn add_folder(&mut self, folder: &Path, depth: usize) {
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        let mut paths: Vec<PathBuf> = entries.flatten().take(MOST_FILES).map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            match path.is_dir() {
                true if depth > 0 => self.add_folder(&path, depth - 1),
                true => {}
                false => self.add(&path),
            }
        }
    }
}

impl Config {
    /// How its files look now.
    #[must_use]
    pub fn stamp(&self) -> Stamp {
        let mut stamp = Stamp::default();
        stamp.add_folder(&self.folder, 0);
        let settings = &self.settings;
        if let Some(templates) = &settings.templates_dir {
            stamp.add_folder(templates, DEPTH);
        }
        let (smtp, dkim) = (&settings.mail.smtp, settings.mail.dkim.as_ref());
        let named = [&smtp.password_file, &smtp.ca_file, &settings.polling.ca_file, &self.classifier_file];
        for path in named.into_iter().flatten().chain(dkim.map(|dkim| &dkim.key_file)) {
            stamp.add(path);
        }
        stamp
    }
}
