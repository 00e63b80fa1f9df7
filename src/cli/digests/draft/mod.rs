//! `draft`: shows the draft of the next digest, and does what its page does. Stories are named by the numbers that `draft`
//! prints, which never change.

mod shown;

pub(in crate::cli) use shown::{ledger_json, line};

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::preview::cadence;
use crate::app::App;
use crate::app::digests::editing;
use crate::app::digests::editing::acts::Outcome;
use crate::app::digests::editing::{NoDraft, acts, adding, page};
use crate::cli::{Ending, Global, Usage, print};
use crate::domain::digests::draft::{Act, Refusal};
use crate::store::DraftRow;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = false)]
#[command(after_help = "\
Without a command, shows the draft. A draft is made before each digest if `to` in \
`[editor]` of digest.toml names an editor.

Examples, with numbers from `draft`:
  policy-digest draft
  policy-digest draft drop 85 --off-topic
  policy-digest draft edit 91 --title \"Two councils, one purse\"
  policy-digest draft approve")]
pub(crate) struct Draft {
    /// daily, weekly or monthly (default: the one that has an open draft)
    #[arg(long, global = true)]
    cadence: Option<String>,
    /// Who does it, for the ledger
    #[arg(long, global = true, value_name = "NAME", default_value = "the command line")]
    by: String,
    /// Do it only if this is still the version of the draft
    #[arg(long, global = true, value_name = "VERSION")]
    seen: Option<u32>,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show the draft
    #[command(after_help = "Example:\n  policy-digest draft show --json")]
    Show,
    /// Leave a story out
    #[command(after_help = "Example, with a number from `draft`:\n  policy-digest draft drop 85 --off-topic")]
    Drop {
        /// The story's number
        story: i64,
        /// Because it is not on the topic; the topic learns from it
        #[arg(long)]
        off_topic: bool,
    },
    /// Hold a story for the next digest
    #[command(after_help = "Example, with a number from `draft`:\n  policy-digest draft postpone 85")]
    Postpone {
        /// The story's number
        story: i64,
    },
    /// Put a story back that was left out or postponed
    #[command(after_help = "Example, with a number from `draft`:\n  policy-digest draft restore 85")]
    Restore {
        /// The story's number
        story: i64,
    },
    /// Include a near miss
    #[command(after_help = "Example, with a number from `draft`:\n  policy-digest draft include 97")]
    Include {
        /// The story's number
        story: i64,
    },
    /// Put a story first
    #[command(after_help = "Example, with a number from `draft`:\n  policy-digest draft lead 85")]
    Lead {
        /// The story's number
        story: i64,
        /// Let it no longer lead
        #[arg(long)]
        off: bool,
    },
    /// Move a story up or down, or to another section
    #[command(after_help = "\
Examples, with a number from `draft`:
  policy-digest draft move 85 up
  policy-digest draft move 85 --section integration
  policy-digest draft move 85 --section \"\"          # the last section, without a theme")]
    Move {
        /// The story's number
        story: i64,
        /// Where to
        #[arg(required_unless_present = "section", conflicts_with = "section")]
        where_to: Option<Direction>,
        /// The name of a theme in topic.toml
        #[arg(long, value_name = "THEME")]
        section: Option<String>,
    },
    /// Change a story's title or excerpt
    #[command(after_help = "\
Example, with a number from `draft`:
  policy-digest draft edit 85 --title \"Two councils, one purse\"")]
    Edit {
        /// The story's number
        story: i64,
        /// The new title
        #[arg(long, required_unless_present = "excerpt")]
        title: Option<String>,
        /// The new excerpt
        #[arg(long)]
        excerpt: Option<String>,
    },
    /// Comment on a story; subscribers see it as the editor's words
    #[command(
        after_help = "Example, with a number from `draft`:\n  policy-digest draft comment 85 \"Read this first.\""
    )]
    Comment {
        /// The story's number
        story: i64,
        /// The comment; empty to remove it
        comment: String,
    },
    /// Add a post by its address; without --yes, only show what can be read there
    #[command(after_help = "Example:\n  policy-digest draft add https://blog.example.org/one-purse --yes")]
    Add {
        /// The post's address
        address: String,
        /// Add it
        #[arg(long)]
        yes: bool,
    },
    /// Replace the note at the top
    #[command(
        after_help = "Examples:\n  policy-digest draft note note.md\n  echo '' | policy-digest draft note -   # none"
    )]
    Note {
        /// A Markdown file; - for standard input
        file: String,
    },
    /// Approve the draft: it goes out at its time, or at once if that is past
    #[command(after_help = "Example:\n  policy-digest draft approve")]
    Approve,
    /// Hold the draft: it does not go out before it is approved
    #[command(after_help = "Example:\n  policy-digest draft hold")]
    Hold,
    /// Take back an approval or a hold
    #[command(after_help = "Example:\n  policy-digest draft reopen")]
    Reopen,
    /// Approve the draft and send it now; the running daemon does so within a few seconds
    #[command(after_help = "Example:\n  policy-digest draft send --yes")]
    Send {
        /// Do it (default: only say what would be sent)
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Direction {
    Up,
    Down,
}

impl Draft {
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        let wanted = self.cadence.as_deref().map(cadence).transpose()?;
        let Some(what) = self.what.filter(|what| !matches!(what, What::Show)) else {
            let app = global.look().await?;
            let row = editing::wanted(&app, wanted).await.map_err(usage)?;
            let shown = shown::Shown { app: &app, row: &row };
            if global.json {
                print(shown.json().await?)
            } else {
                shown.print().await?
            }
            return Ok(Ending::Done);
        };
        let app = global.edit().await?;
        let row = editing::wanted(&app, wanted).await.map_err(usage)?;
        let seen = self.seen.unwrap_or(row.draft.version());
        let desk = Desk { app: &app, row, by: &self.by, seen, json: global.json };
        desk.does(what).await.map_err(usage)?;
        Ok(Ending::Done)
    }
}

/// The text of a file, or of standard input.
fn read_note(file: &str) -> std::io::Result<String> {
    if file == "-" { std::io::read_to_string(std::io::stdin()) } else { std::fs::read_to_string(file) }
}

/// Treats what a draft does not allow as a usage error.
fn usage(error: anyhow::Error) -> anyhow::Error {
    let text = error.to_string();
    if error.is::<NoDraft>() || error.is::<Refusal>() { Usage(text).into() } else { error }
}

/// A draft that something is done to.
struct Desk<'a> {
    app: &'a App,
    row: DraftRow,
    by: &'a str,
    seen: u32,
    json: bool,
}

impl Desk<'_> {
    async fn does(self, what: What) -> anyhow::Result<()> {
        let act = match what {
            What::Show => return Ok(()),
            What::Drop { story: seq, off_topic: false } => Act::LeaveOut { seq },
            What::Drop { story: seq, off_topic: true } => Act::OffTopic { seq },
            What::Postpone { story: seq } => Act::Postpone { seq },
            What::Restore { story: seq } => Act::PutBack { seq },
            What::Include { story: seq } => Act::Include { seq },
            What::Lead { off: true, .. } => Act::NoLead,
            What::Lead { story: seq, off: false } => Act::Lead { seq },
            What::Move { story: seq, section: Some(theme), .. } => {
                let themes = &self.app.config.topic.themes;
                if !theme.is_empty() && !themes.iter().any(|known| known.name == theme) {
                    return Err(Refusal::NoSection(theme).into());
                }
                Act::Section { seq, theme }
            }
            What::Move { story: seq, where_to, .. } => {
                let digest = page::composed(self.app, &self.row).await?.ok_or(Refusal::Unknown(seq))?;
                self.row.draft.shift(&digest, seq, where_to == Some(Direction::Up))?
            }
            What::Edit { story: seq, title, excerpt } => {
                let piece = self.row.draft.piece(seq).ok_or(Refusal::Unknown(seq))?;
                let title = title.unwrap_or_else(|| piece.story.title.clone());
                Act::Edit { seq, title, excerpt: excerpt.unwrap_or_else(|| piece.story.excerpt.clone()) }
            }
            What::Comment { story: seq, comment } => Act::Comment { seq, comment },
            What::Add { address, yes } => return self.add(&address, yes).await,
            What::Note { file } => {
                let markdown = read_note(&file).with_context(|| format!("cannot read the note `{file}`"))?;
                Act::Note { markdown }
            }
            What::Approve => Act::Approve,
            What::Hold => Act::Hold,
            What::Reopen => Act::Reopen,
            What::Send { yes: false } => {
                let stories = self.row.draft.stories().iter().filter(|story| !story.is_listed).count();
                let what = format!("the {} digest of {} ({stories} stories)", self.row.cadence, self.row.slot);
                return Err(Usage(format!("{what} is not sent yet: add `--yes`")).into());
            }
            What::Send { yes: true } => Act::Send,
        };
        let ended = acts::act(self.app, self.row.clone(), act.clone(), self.by, self.seen).await?;
        self.ended(&act, ended)
    }

    async fn add(self, address: &str, yes: bool) -> anyhow::Result<()> {
        let post = adding::read(self.app, &self.row, address).await.map_err(|error| match error {
            adding::NotAdded::NoAddress(_) | adding::NotAdded::IsInDraft(_) => Usage(error.to_string()).into(),
            other => anyhow::Error::new(other),
        })?;
        if !yes {
            let story = &post.story;
            if self.json {
                print(
                    json!({ "title": story.title, "link": story.link, "excerpt": story.excerpt, "verdict": post.verdict }),
                );
            } else {
                print(format_args!("{}\n{}\n\n{}\n\n{}", story.title, story.link, story.excerpt, post.verdict));
                print("\nnot added yet: add `--yes`");
            }
            return Ok(());
        }
        let act = Act::Add { story: post.story.clone() };
        let ended = adding::add(self.app, self.row.clone(), post, self.by, self.seen).await?;
        self.ended(&act, ended)
    }

    /// Says what was done, or why it was not.
    fn ended(&self, act: &Act, ended: Outcome) -> anyhow::Result<()> {
        match ended {
            Outcome::Refused(refusal) => Err(refusal.into()),
            Outcome::Known(seq) => Err(Usage(format!("this post was in an earlier draft, as story {seq}")).into()),
            Outcome::Stale(row) => {
                let newer = row.draft.ledger().iter().filter(|entry| entry.version > self.seen);
                let since: Vec<String> =
                    newer.map(|entry| format!("\n  {}", shown::line(self.app, &row, entry))).collect();
                let (seen, version) = (self.seen, row.draft.version());
                let what = format!("the draft is at version {version}, and not {seen} any more:{}", since.concat());
                Err(Usage(what).into())
            }
            Outcome::Done(row) => {
                let done = row.draft.ledger().last().map_or(act, |entry| &entry.act);
                let title = done.story().map_or("", |seq| row.draft.title(seq));
                if self.json {
                    let (version, status) = (row.draft.version(), row.draft.status().as_str());
                    print(
                        json!({ "act": done.kind().as_str(), "story": done.story(), "version": version, "status": status }),
                    );
                } else {
                    print(format_args!("draft of {}: {}", row.slot, done.sentence(title)));
                }
                Ok(())
            }
        }
    }
}
