//! Saying that a story is not on topic: a link in the email opens a page with the stories of the subscriber's last digest,
//! and its button votes. Opening the page records nothing.

use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;

use crate::app::App;
use crate::app::selection::vote as votes;
use crate::app::selection::vote::VotableStory;
use crate::domain::items::text::single_line;
use crate::render::{ChoiceView, VoteView};
use crate::web::http::error::Failure;
use crate::web::http::form::Fields;
use crate::web::{NEW_LINK, page, refused, rendered};

/// Shows the stories, with the one that `?story=` names chosen; changes nothing.
pub(crate) async fn ask(
    State(app): State<App>,
    Path(token): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let chosen = query.as_deref().and_then(|query| query.strip_prefix("story=")).and_then(|seq| seq.parse().ok());
    let stories = match votes::stories(&app, &token, chosen).await {
        Ok(Some(stories)) if !stories.is_empty() => stories,
        Ok(_) => return closed(&app),
        Err(error) => return refused(&app, error, &NEW_LINK),
    };
    let choice = |story: VotableStory| ChoiceView {
        value: story.seq.to_string(),
        title: single_line(&story.title),
        description: single_line(&story.source),
        is_chosen: Some(story.seq) == chosen,
    };
    let topic = single_line(&app.config.topic.title);
    let (lang, dir) = ("en".to_owned(), "ltr".to_owned());
    let stories = stories.into_iter().map(choice).collect();
    rendered(&app, StatusCode::OK, &VoteView { lang, dir, topic, stories })
}

/// Records the vote. Repeating it changes nothing.
pub(crate) async fn vote(app: State<App>, token: Path<String>, fields: Fields) -> Result<Response, Failure> {
    let topic = &app.config.topic.title;
    let story = fields.first("story").parse::<i64>().ok();
    match votes::vote(&app, &token, story).await {
        Ok(_) if story.is_none() => {
            let text = "Go back, choose a post and press the button again.".to_owned();
            page(&app, StatusCode::UNPROCESSABLE_ENTITY, "No post was chosen", &[text], None)
        }
        Ok(true) => {
            let text = format!(
                "We'll use it to choose posts about {topic} better. One vote alone changes nothing; votes of several readers \
                 count, unless an editor sees it otherwise."
            );
            page(&app, StatusCode::OK, "Thank you", &[text], None)
        }
        Ok(false) => closed(&app),
        Err(error) => refused(&app, error, &NEW_LINK),
    }
}

fn closed(app: &App) -> Result<Response, Failure> {
    let text = "Only posts of digests that we sent you can be voted on, and not for ever.".to_owned();
    page(app, StatusCode::GONE, "This post can't be voted on", &[text], None)
}
