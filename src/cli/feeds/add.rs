//! `feeds add`: a look at an address, what a person wants to know of it, and the entry in feeds.toml.

use chrono::{DateTime, Utc};
use clap::Args;
use serde_json::json;

use super::shown;
use crate::app::feeds::add::{Candidate, Post, Wanted, add, find};
use crate::app::feeds::{Proposal, Refusal};
use crate::app::selection::explain::reason_json;
use crate::cli::terminal::ask;
use crate::cli::terminal::marked::{plain, wrap};
use crate::cli::terminal::table::count;
use crate::cli::{Ending, Global, look_ahead, print};
use crate::domain::feeds::without_login;
use crate::domain::items::text::truncate_at_word;
use crate::domain::selection::relevance::Score;
use crate::domain::selection::topic::Scale;

/// The output fits a terminal of this width, in columns.
const WIDTH: usize = 80;
/// Where a post's title begins.
const INDENT: usize = 24;

#[derive(Debug, Args)]
#[command(after_help = "\
Give the address of a feed, or of a blog whose feed is then looked for. The entry is added at the end of \
feeds.toml, and the rest of the file is kept as it is. At a terminal, you are asked first.

Examples:
  policy-digest feeds add https://blog.example.org/
  policy-digest feeds add https://blog.example.org/feed/ --id what-works --tag uk --tag audit --yes")]
pub(in crate::cli) struct Add {
    /// The address of a feed, or of a page that has one
    url: String,
    /// Its id in feeds.toml (default: made from the title)
    #[arg(long)]
    id: Option<String>,
    /// The name that subscribers see (default: the feed's own)
    #[arg(long)]
    title: Option<String>,
    /// A tag of your own, to group feeds; can be given more than once
    #[arg(long = "tag", value_name = "TAG", value_delimiter = ',')]
    tags: Vec<String>,
    /// Add it without asking
    #[arg(long, short)]
    yes: bool,
    /// Only show it; write nothing
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
}

impl Add {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        let app = look_ahead(global.load_without_feeds()?).await?;
        let asks = !self.yes && !self.dry_run && !global.json && ask::is_somebody_there();
        let mut wanted = Wanted { address: self.url, id: self.id, title: self.title, tags: self.tags };
        let found = match find(&app, &wanted).await {
            Err(error) if asks => match choose(&error)? {
                Some(address) => {
                    wanted.address = address;
                    find(&app, &wanted).await?
                }
                None => return Err(error),
            },
            found => found?,
        };
        if !global.json {
            tell(&found, app.config.topic.scale());
        }
        let id = &found.entry.id;
        let file = app.config.folder.join("feeds.toml");
        let is_added = !self.dry_run && (!asks || ask::agrees(&format!("Add it to {} as `{id}`?", file.display()))?);
        if is_added {
            add(&app.config, &found.entry)?;
        }
        if global.json {
            print(to_json(&found, is_added));
        } else if is_added {
            let done = format!(
                "`{id}` is in {} now; a running daemon will poll it; otherwise run `policy-digest poll {id}`",
                file.display()
            );
            print(wrap(&done, WIDTH));
        } else {
            print("nothing was added");
        }
        Ok(Ending::Done)
    }
}

/// Of a page with several feeds, the one that the person wants.
fn choose(error: &anyhow::Error) -> anyhow::Result<Option<String>> {
    let Some(Refusal::Several { page, feeds }) = error.downcast_ref() else { return Ok(None) };
    print(format_args!("{page} has {}:", count(feeds.len(), "feed")));
    for (at, Proposal { url, title, items }) in feeds.iter().enumerate() {
        let title = plain(title.as_deref().unwrap_or("no title"));
        print(format_args!("  {}  {title}, {}\n     {url}", at + 1, count(*items, "post")));
    }
    let chosen = ask::which("Which one?", feeds.len())?;
    Ok(chosen.map(|number| feeds[number - 1].url.clone()))
}

fn tell(found: &Candidate, scale: Scale) {
    let Candidate { entry, page, items, selected, rhythm, posts, warnings } = found;
    print(plain(entry.title.as_deref().unwrap_or("no title")));
    print(shown(&entry.url));
    if let Some(page) = page {
        print(format_args!("found on {}", without_login(page)));
    }
    print(format_args!("{rhythm}; {selected} of its {} would be selected\n", count(*items, "post")));
    for post in posts {
        print(line(post, scale));
    }
    if !posts.is_empty() {
        print("");
    }
    for warning in warnings {
        print(wrap(&format!("note: {}", plain(warning)), WIDTH));
    }
    if !warnings.is_empty() {
        print("");
    }
}

/// `24 Nov 2026   in   7.5  Title`, and below it why.
fn line(post: &Post, scale: Scale) -> String {
    let date = post.published.map_or("no date".to_owned(), |at| at.format("%-d %b %Y").to_string());
    let title = if post.title.is_empty() { "no title" } else { &post.title };
    let title = truncate_at_word(&plain(title), WIDTH - INDENT);
    let head = format!("{date:>11}  {:<4} {:>4}  {title}", verdict(&post.score), scale.show(post.score.total));
    match why(post) {
        Some(why) => format!("{head}\n{:INDENT$}{}", "", truncate_at_word(&why, WIDTH - INDENT)),
        None => head,
    }
}

fn verdict(score: &Score) -> &'static str {
    match score.selected {
        true => "in",
        false if score.is_listed() => "near",
        false => "out",
    }
}

/// What speaks loudest, for what is in or near; what puts it out, for what would be in otherwise.
fn why(Post { score, is_outweighed, .. }: &Post) -> Option<String> {
    if !score.excluded.is_empty() {
        return Some(score.excluded.join(", "));
    }
    if score.selected || score.is_listed() {
        let themes = score.themes.join(", ");
        let before = if themes.is_empty() { themes } else { format!("{themes}: ") };
        return Some(quoted(&before, score, |weight| weight > 0.0).unwrap_or(before + "the text as a whole"));
    }
    is_outweighed.then(|| quoted("too much against it: ", score, |weight| weight < 0.0)).flatten()
}

/// The heaviest phrases of the wanted weight behind `before`, as many as the line takes, one at least.
fn quoted(before: &str, score: &Score, is_wanted: impl Fn(f32) -> bool) -> Option<String> {
    let mut phrases: Vec<String> = Vec::new();
    for reason in score.reasons.iter().filter(|reason| is_wanted(reason.weight) && !reason.found.is_empty()) {
        let phrase = format!("“{}”", plain(&reason.found).to_lowercase());
        let columns: usize = phrases.iter().chain([&phrase]).map(|phrase| phrase.chars().count() + 2).sum();
        let has_room = phrases.is_empty() || before.len() + columns <= WIDTH - INDENT;
        if has_room && !phrases.contains(&phrase) {
            phrases.push(phrase);
        }
    }
    (!phrases.is_empty()).then(|| format!("{before}{}", phrases.join(", ")))
}

fn to_json(found: &Candidate, is_added: bool) -> serde_json::Value {
    let time = |at: DateTime<Utc>| at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let posts = found.posts.iter().map(|post| {
        let reasons: Vec<_> = post.score.reasons.iter().map(reason_json).collect();
        json!({
            "title": post.title, "link": post.link, "published": post.published.map(time), "picked": post.score.selected,
            "score": post.score.total, "themes": post.score.themes, "reasons": reasons,
        })
    });
    json!({
        "added": is_added, "id": found.entry.id.as_str(), "title": found.entry.title, "url": shown(&found.entry.url),
        "tags": found.entry.tags, "page": found.page.as_ref().map(without_login), "items": found.items, "picked": found.selected,
        "rhythm": found.rhythm, "warnings": found.warnings, "posts": posts.collect::<Vec<_>>(),
    })
}
