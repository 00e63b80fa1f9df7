//! DKIM keys for tests, and an independent verifier: dkimpy, which is asked in a process of its own and given the
//! record instead of looking it up.

use std::path::{Path, PathBuf};
use std::process::Command;

use policy_digest::mail::dkim::{Key, Kind, Record, Signer};

use super::python;

/// Prints one word a file: "good", "bad", or what kept it from telling.
const VERIFY: &str = r#"
import sys, time, dkim
# Tests set their own clock, and a signature from the future is refused.
time.time = lambda: 4102444800
name, value, paths = sys.argv[1], sys.argv[2], sys.argv[3:]
def record(asked, timeout=5):
    return value.encode() if asked.decode().rstrip(".") == name else None
for path in paths:
    with open(path, "rb") as mail:
        try:
            print("good" if dkim.verify(mail.read(), dnsfunc=record) else "bad")
        except dkim.DKIMException as error:
            print(error)
"#;

/// A Python that has dkimpy: Debian's own (package `python3-dkim`), or the first in the path (PyPI's `dkimpy`).
pub struct Dkimpy(&'static str);

impl Dkimpy {
    /// `None`, told on standard error, where there is none. `DKIM_REQUIRED=1` makes that a failure.
    pub fn find() -> Option<Self> {
        let missing = "no Python with dkimpy and PyNaCl (Debian: python3-dkim python3-nacl)";
        python::with("dkim, nacl", "DKIM_REQUIRED", missing).map(Self)
    }

    /// What it says of each mail.
    pub fn verify(&self, record: &Record, mails: &[Vec<u8>]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let paths: Vec<PathBuf> = (0..mails.len()).map(|number| folder.path().join(format!("{number}.eml"))).collect();
        for (path, mail) in paths.iter().zip(mails) {
            std::fs::write(path, mail).unwrap();
        }
        let mut ask = Command::new(self.0);
        let output = ask.args(["-c", VERIFY, &record.name, &record.value]).args(&paths).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        said.lines().map(str::to_owned).collect()
    }

    pub fn is_good(&self, record: &Record, mail: &[u8]) -> bool {
        self.verify(record, &[mail.to_vec()]) == ["good"]
    }
}

/// Writes a new key into `file`, as `dkim generate` does; gives the record for `s1._domainkey.example.org`, and the
/// lines for digest.toml.
pub fn configured(kind: Kind, file: &Path) -> (Record, String) {
    let made = policy_digest::app::outbox::dkim::generate(kind, "example.org", "s1", file).unwrap();
    let file = file.display();
    (made.record, format!("[mail.dkim]\ndomain = \"example.org\"\nselector = \"s1\"\nkey_file = \"{file}\"\n"))
}

/// A signer for `s1._domainkey.example.org`.
pub fn signer(pem: &str) -> Signer {
    Signer::new("example.org".to_owned(), "s1".to_owned(), Key::from_pem(pem.as_bytes()).unwrap())
}
