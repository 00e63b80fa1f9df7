//! `dkim`: makes the key that mails are signed with, and shows the record to publish for it.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{ArgGroup, Args, Subcommand};
use serde_json::json;

use crate::app::clock::Clock;
use crate::app::outbox::dkim;
use crate::app::outbox::dkim::{Kind, NewKey, Record, Unwritten};
use crate::cli::{Ending, Global, Usage, print};
use crate::config::{Config, domain_name};

#[derive(Debug, Subcommand)]
pub(crate) enum Dkim {
    /// Make a key, and show the DNS record to publish and the settings for digest.toml
    Generate(Generate),
    /// Show the DNS record of the configured key
    Record(ShowRecord),
}

#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("kind"),
    after_help = "\
Only the file's owner can read it (mode 0600). An existing file is never overwritten. \
Publish the record first. Set the keys of [mail.dkim] once the record can be looked up (`dig TXT NAME`).

Examples:
  policy-digest dkim generate
  policy-digest dkim generate --domain example.org --selector spring --out spring.pem"
)]
pub(crate) struct Generate {
    /// RSA with 2048 bits, which every receiver can verify (the default)
    #[arg(long, group = "kind")]
    rsa: bool,
    /// Ed25519: a shorter record, which some receivers cannot verify yet
    #[arg(long, group = "kind")]
    ed25519: bool,
    /// The domain that signs (default: the configured one, or the domain of `from`)
    #[arg(long)]
    domain: Option<String>,
    /// The record's name under _domainkey (default: `digest` with this year and month)
    #[arg(long, value_name = "NAME")]
    selector: Option<String>,
    /// Where to write the key (default: dkim-SELECTOR.pem in the configuration folder)
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  policy-digest dkim record --json")]
pub(crate) struct ShowRecord {}

impl Dkim {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<Ending> {
        match self {
            Self::Generate(generate) => generate.run(global),
            Self::Record(_) => show_record(global),
        }
    }
}

fn show_record(global: &Global) -> anyhow::Result<Ending> {
    let Some(record) = dkim::record(&global.load()?)? else {
        return Err(Usage("`[mail.dkim]` is not set; `policy-digest dkim generate` makes a key".to_owned()).into());
    };
    if global.json {
        print(record_json(&record));
    } else {
        tell(&record);
    }
    Ok(Ending::Done)
}

impl Generate {
    fn run(self, global: &Global) -> anyhow::Result<Ending> {
        let kind = if self.ed25519 { Kind::Ed25519 } else { Kind::Rsa };
        let named = |option: &str, text: String| {
            domain_name(&text)
                .ok_or_else(|| Usage(format!("`{text}` is no name for `{option}`; write it as in the DNS")))
        };
        let domain = match self.domain {
            Some(domain) => named("--domain", domain)?,
            None => domain(&global.load()?),
        };
        let selector = self.selector.unwrap_or_else(|| Clock::System.now().format("digest%Y%m").to_string());
        let selector = named("--selector", selector)?;
        let file = self.out.unwrap_or_else(|| global.config.join(format!("dkim-{selector}.pem")));
        let key = dkim::generate(kind, &domain, &selector, &file).map_err(|error| match error {
            Unwritten::Exists(_) => Usage(format!("{error}; name another with `--out` or `--selector`")).into(),
            Unwritten::Other(error) => error,
        })?;
        let key_file = from_folder(&key.file, &global.config)?;
        if global.json {
            print(to_json(&key, &key_file));
            return Ok(Ending::Done);
        }
        print(format_args!("wrote a new {} key into {}", key.kind.as_str(), key.file.display()));
        print("\npublish this record\n");
        tell(&key.record);
        print(format_args!("\nand then write into {}\n", global.config.join("digest.toml").display()));
        let (domain, selector) = (&key.domain, &key.selector);
        print(format_args!("[mail.dkim]\ndomain = \"{domain}\"\nselector = \"{selector}\"\nkey_file = {key_file:?}"));
        Ok(Ending::Done)
    }
}

/// The domain that signs already, else the sender's.
fn domain(config: &Config) -> String {
    let mail = &config.settings.mail;
    mail.dkim.as_ref().map_or_else(|| mail.from.domain(), |dkim| dkim.domain.clone())
}

/// The path as `key_file` wants it: relative to the configuration folder if it is in there, else absolute.
fn from_folder(file: &Path, folder: &Path) -> anyhow::Result<String> {
    let whole = |path: &Path| path.canonicalize().with_context(|| format!("cannot find `{}`", path.display()));
    let file = whole(file)?;
    let inside = whole(folder).ok().and_then(|folder| file.strip_prefix(folder).ok().map(Path::to_owned));
    Ok(inside.unwrap_or(file).display().to_string())
}

/// What a form for records asks for, and the same as a zone file has it.
fn tell(record: &Record) {
    let strings: Vec<String> = record.strings().iter().map(|string| format!("\"{string}\"")).collect();
    print(format_args!("name   {}\ntype   TXT\nvalue  {}", record.name, record.value));
    print(format_args!("\nor, in a zone file\n\n{}. IN TXT (\n  {} )", record.name, strings.join("\n  ")));
}

fn record_json(record: &Record) -> serde_json::Value {
    json!({ "name": record.name, "type": "TXT", "value": record.value, "strings": record.strings() })
}

fn to_json(key: &NewKey, key_file: &str) -> serde_json::Value {
    json!({
        "file": key.file,
        "kind": key.kind.as_str(),
        "domain": key.domain,
        "selector": key.selector,
        "key_file": key_file,
        "record": record_json(&key.record),
    })
}
