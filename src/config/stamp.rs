//! The sizes and modification times of all files of a configuration, so that an edit is noticed without reading them:
//! the files of the folder, the templates, and the files that the settings name elsewhere.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::{Config, LOCAL_WEIGHTS};

/// The most files looked at in one folder, which may also contain files that are not ours.
const MOST_FILES: usize = 1000;

/// How deep folders are searched: templates have one level of subfolders.
const DEPTH: usize = 3;

/// The sizes and times: equal as long as no file changes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stamp(Vec<(PathBuf, Option<(u64, SystemTime)>)>);

impl Stamp {
    fn add(&mut self, path: &Path) {
        // Follow links: files mounted into a container are usually links.
        let metadata = std::fs::metadata(path).ok().filter(|found| !found.is_dir());
        let metadata = metadata.and_then(|found| Some((found.len(), found.modified().ok()?)));
        self.0.push((path.to_owned(), metadata));
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
    /// The current sizes and times of its files.
    #[must_use]
    pub fn stamp(&self) -> Stamp {
        let mut stamp = Stamp::default();
        stamp.add_folder(&self.folder, 0);
        let settings = &self.settings;
        if let Some(templates) = &settings.templates_dir {
            stamp.add_folder(templates, DEPTH);
        }
        stamp.add(&settings.data.join(LOCAL_WEIGHTS));
        let (smtp, dkim) = (&settings.mail.smtp, settings.mail.dkim.as_ref());
        let named =
            [&smtp.password_file, &smtp.ca_file, &settings.polling.ca_file, &settings.logo, &self.classifier_file];
        for path in named.into_iter().flatten().chain(dkim.map(|dkim| &dkim.key_file)) {
            stamp.add(path);
        }
        stamp
    }
}
