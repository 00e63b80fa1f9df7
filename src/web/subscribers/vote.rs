//! Saying that a story is not on topic: a link in the email opens a page with the stories of the subscriber's last digest,
//! and its button votes. Opening the page records nothing.

use axum::extract::{Path, RawQuery};
use axum::http::StatusCode;
use axum::response::Response;

use crate::app::selection::vote as votes;
use crate::app::selection::vote::VotableStory;
use crate::domain::items::text::single_line;
use crate::render::{ChoiceView, VoteView};
use crate::web::http::error::Failure;
use crate::web::http::form::Fields;
use crate::web::http::site::Site;
use crate::web::{NEW_LINK, refused};

/// Shows the stories, with the one that `?story=` names chosen; changes nothing.
pub(crate) async fn ask(site: Site, Path(token): Path<String>, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let chosen = query.as_deref().and_then(|query| query.strip_prefix("story=")).and_then(|seq| seq.parse().ok());
    let stories = match votes::stories(&site, &token, chosen).await {
        Ok(Some(stories)) if !stories.is_empty() => stories,
        Ok(_) => return closed(&site),
        Err(error) => return refused(&site, error, &NEW_LINK),
    };
    let choice = |story: VotableStory| ChoiceView {
        value: story.seq.to_string(),
        title: single_line(&story.title),
        description: single_line(&story.source),
        is_chosen: Some(story.seq) == chosen,
        ..ChoiceView::default()
    };
    let topic = single_line(site.topic(&site.words));
    site.rendered(StatusCode::OK, &VoteView { topic, stories: stories.into_iter().map(choice).collect() })
}

/// Records the vote. Repeating it changes nothing.
pub(crate) async fn vote(site: Site, Path(token): Path<String>, fields: Fields) -> Result<Response, Failure> {
    let story = fields.first("story").parse::<i64>().ok();
    match votes::vote(&site, &token, story).await {
        Ok(_) if story.is_none() => {
            let text = site.words.words("vote.none");
            site.page(StatusCode::UNPROCESSABLE_ENTITY, "vote.none_title", &[text], None)
        }
        Ok(true) => {
            let text = site.text("vote.done", &[("topic", site.topic(&site.words).into())]);
            site.page(StatusCode::OK, "vote.done_title", &[text], None)
        }
        Ok(false) => closed(&site),
        Err(error) => refused(&site, error, &NEW_LINK),
    }
}

fn closed(site: &Site) -> Result<Response, Failure> {
    site.page(StatusCode::GONE, "vote.closed_title", &[site.words.words("vote.closed")], None)
}
