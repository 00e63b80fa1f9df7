//! Posts just under the threshold, and posts in another language: where they stand, and what is said of them.

use chrono::TimeDelta;
use policy_digest::app::digests::preview;
use policy_digest::app::selection::explain;
use policy_digest::config;
use policy_digest::domain::selection::relevance::{Place, Scorer, Text};
use policy_digest::domain::subscribers::subscriber::Cadence;

use crate::support::program::{policy_digest, text};
use crate::support::{Entry, Reply, World, rss, start, write_config};

const LIST: &str = "[relevance]\nborderline_margin = 1.0\n";
const INCLUDE: &str = "[relevance]\nborderline = \"include\"\nborderline_margin = 1.0\n";

const FRENCH: &str = "Dix ans après la réforme, les communes du nord partagent un seul budget pour l'aide aux familles et \
    une seule équipe dans chaque quartier. On y parle d'integrated care, et de collaborative governance aussi.";

/// The phrase stands so far down that it is worth 2.0: a point under the threshold.
fn nearly(id: &str) -> Entry {
    let buses = "The bus comes twice a day and the shop is open in the morning. ".repeat(12);
    Entry { title: format!("Village {id}"), text: format!("{buses} Collaborative governance."), ..Entry::on_topic(id) }
}

fn serve(world: &World, entries: &[Entry]) {
    world.server.serve("/blog.xml", Reply::feed(rss(entries)));
}

#[tokio::test]
async fn a_borderline_post_is_listed_at_the_end_and_does_not_count_for_the_subject() {
    let world = World::configured(LIST).await;
    world.subscribe("ada@example.org").await;
    serve(&world, &[nearly("1"), Entry::on_topic("2")]);
    let report = world.once().await;
    assert_eq!((report.poll.saved().selected, report.poll.saved().listed), (1, 1));
    assert_eq!((report.digests[0].stories, report.digests[0].listed), (1, 1));
    let mail = world.mails().remove(0);
    assert!(mail.header("Subject").contains("part 2") && !mail.header("Subject").contains("more"));
    let (stories, listed) = mail.text.split_once("YOU MAY ALSO LIKE").unwrap();
    assert!(stories.contains("https://blog.example.org/2") && !stories.contains("https://blog.example.org/1"));
    assert!(listed.contains("https://blog.example.org/1"));
    world.once().await;
    assert!(world.mails().is_empty(), "nothing is sent twice");
}

#[tokio::test]
async fn borderline_posts_alone_make_no_digest_and_come_with_the_next_story() {
    let world = World::configured(LIST).await;
    world.subscribe("ada@example.org").await;
    serve(&world, &[nearly("1")]);
    let report = world.once().await;
    assert_eq!((report.digests[0].waiting, report.digests[0].run), (1, None));
    // A slot that passes in between makes a run, which covers nobody.
    world.days(7);
    let runs = policy_digest::app::digests::make_due(&world.app).await.unwrap();
    assert!(runs.iter().all(|run| run.run.is_some_and(|run| run.messages == 0 && run.nothing_for == 0)), "{runs:?}");
    assert!(!runs.is_empty() && world.mails().is_empty());
    serve(&world, &[nearly("1"), Entry::on_topic("2")]);
    world.once().await;
    let mail = world.mails().remove(0);
    assert!(mail.text.split_once("YOU MAY ALSO LIKE").unwrap().1.contains("https://blog.example.org/1"));
}

#[tokio::test]
async fn with_include_a_borderline_post_is_a_story_like_any_other() {
    let world = World::configured(INCLUDE).await;
    world.subscribe("ada@example.org").await;
    serve(&world, &[nearly("1")]);
    assert_eq!(world.once().await.digests[0].stories, 1);
    let mail = world.mails().remove(0);
    assert!(mail.header("Subject").starts_with("Village 1") && !mail.text.contains("ALSO LIKE"));
}

#[tokio::test]
async fn a_clear_copy_of_a_borderline_post_makes_it_a_story() {
    let world = World::configured(LIST).await;
    world.subscribe("ada@example.org").await;
    // With a date of its own it would be the next issue of a bulletin.
    let published = Some(start() - TimeDelta::days(2));
    let copy = Entry { id: "1?utm_source=rss".into(), title: nearly("1").title, published, ..Entry::on_topic("1") };
    let first = Entry { published, ..nearly("1") };
    serve(&world, &[first, copy]);
    let report = world.once().await;
    assert_eq!((report.digests[0].stories, report.digests[0].listed), (1, 0));
}

#[tokio::test]
async fn a_reader_of_some_themes_is_told_of_borderline_posts_in_them_only() {
    let world = World::configured(LIST).await;
    let wants = |theme: &str| Some(vec![theme.to_owned()]);
    world.subscribe_with("ada@example.org", Cadence::Weekly, wants("integration")).await;
    let story = Entry { title: "Integrated care in Fife".into(), text: "At last.".into(), ..Entry::on_topic("2") };
    serve(&world, &[nearly("1"), story]);
    world.once().await;
    assert!(!world.mails().remove(0).text.contains("ALSO LIKE"), "it is under collaboration");
}

#[test]
fn the_rule_for_borderline_posts_is_part_of_what_a_score_was_made_with() {
    let fingerprint = |relevance: &str| {
        let folder = tempfile::tempdir().unwrap();
        write_config(folder.path(), &[], relevance);
        config::load(&folder.path().join("config"), None, &[]).unwrap().topic.fingerprint
    };
    let wide = fingerprint(LIST);
    assert_ne!(wide, fingerprint(INCLUDE));
    assert_ne!(wide, fingerprint("[relevance]\nborderline_margin = 0\n"));
    assert_eq!(wide, fingerprint("[relevance]\nborderline = \"list\"\nborderline_margin = 1\n"));
}

#[tokio::test]
async fn a_text_in_another_language_is_kept_with_its_language_and_judged_by_its_title() {
    let world = World::new().await;
    let french = |id: &str, title: &str| Entry { title: title.into(), text: FRENCH.into(), ..Entry::on_topic(id) };
    serve(
        &world,
        &[french("1", "Rapport annuel"), french("2", "Rapport annuel / Collaborative governance: the report")],
    );
    assert_eq!(world.once().await.poll.saved().selected, 1);
    let link = "https://blog.example.org/1".parse().unwrap();
    let told = explain::by_link(&world.app, &link).await.unwrap().score;
    assert_eq!((told.selected, told.total, told.language.unwrap().code()), (false, 0.0, "fr"));
    let preview = preview(&world.app, Cadence::Weekly).await.unwrap();
    assert_eq!((preview.stories, preview.left_out.len()), (1, 1));
    assert_eq!(preview.left_out[0].score.language.as_ref().unwrap().to_string(), "French");
}

#[test]
fn a_category_speaks_for_a_post_in_another_language() {
    let folder = tempfile::tempdir().unwrap();
    write_config(folder.path(), &[], "");
    let scorer = Scorer::new(&config::load(&folder.path().join("config"), None, &[]).unwrap().topic);
    let categories = ["Integrated care".to_owned(), "Collaborative governance".to_owned()];
    let text = Text { title: "Rapport annuel", content: FRENCH, categories: &categories, ..Text::default() };
    let score = scorer.score(&text);
    assert_eq!((score.total, score.selected), (4.0, true), "two categories at half weight: {score:#?}");
}

#[test]
fn a_post_in_another_language_is_in_by_a_title_in_both_and_never_by_its_text() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    let scorer = Scorer::new(&config::load(&folder, None, &[]).unwrap().topic);
    let posts = [
        ("fr", "Bilan d'une fusion", FRENCH),
        (
            "cy",
            "Un gyllideb i'r gogledd",
            "Mae'r cynghorau yn rhannu un gyllideb ar gyfer gofal, ac mae un tîm ym mhob tref. Dyna \
            ystyr health and social care integration, medd y cadeirydd, ac mae'r staff yn hapus gyda'r drefn newydd.",
        ),
        (
            "gd",
            "Aon bhuidseat sa cheann a tuath",
            "Tha na comhairlean a' roinn aon bhuidseat airson cùraim, agus tha aon sgioba \
            anns gach baile. Is e sin health and social care integration, thuirt an cathraiche, agus tha an luchd-obrach toilichte.",
        ),
        (
            "de",
            "Ein Budget für den Norden",
            "Die Gemeinden teilen ein Budget für die Pflege, und in jeder Stadt arbeitet ein Team. Das \
            heißt health and social care integration, sagt der Vorsitzende, und die Beschäftigten sind damit zufrieden.",
        ),
        (
            "es",
            "Un presupuesto para el norte",
            "Los municipios comparten un presupuesto para los cuidados y hay un equipo en cada pueblo. \
            Eso es health and social care integration, dice el presidente, y el personal está contento con el cambio.",
        ),
    ];
    for (code, title, content) in posts {
        let alone = scorer.score(&Text { title, content, ..Text::default() });
        assert_eq!(alone.language.as_ref().map(|language| language.code()), Some(code), "{alone:#?}");
        let is_of_title = |place| matches!(place, Place::Title | Place::Classifier);
        assert!(!alone.selected && alone.reasons.iter().all(|reason| is_of_title(reason.place)), "{alone:#?}");
        let both = format!("{title} / Health and social care integration in the north");
        let both = scorer.score(&Text { title: &both, content, ..Text::default() });
        assert!(both.selected && both.language.is_some() && both.themes[0] == "integration", "{both:#?}");
    }
}

#[test]
fn explain_and_preview_say_that_a_post_is_borderline_or_in_another_language() {
    let folder = tempfile::tempdir().unwrap();
    write_config(folder.path(), &[("blog", "file:blog.xml")], LIST);
    let today = Some(chrono::Utc::now());
    let french =
        Entry { title: "Rapport annuel".into(), text: FRENCH.into(), published: today, ..Entry::on_topic("2") };
    std::fs::write(folder.path().join("config/blog.xml"), rss(&[Entry { published: today, ..nearly("1") }, french]))
        .unwrap();
    std::fs::write(folder.path().join("config/subscribers.csv"), "email\nada@example.org\n").unwrap();
    let say = |arguments: &[&str]| text(&policy_digest(folder.path()).args(arguments).output().unwrap());
    let once = say(&["once"]);
    assert!(once.contains("0 selected, 1 borderline"), "{once}");
    assert!(once.contains("no story for any subscriber, so no email is written; 1 borderline post waits"), "{once}");
    let preview = say(&["preview"]);
    assert!(preview.contains("there are no stories: no digest would be made; 1 borderline post waits"), "{preview}");
    assert!(preview.contains("written in French; judged by title and categories only"), "{preview}");
    let explained = say(&["explain", "https://blog.example.org/1"]);
    assert!(explained.contains("borderline, listed at the end of the digest: 2.0, threshold 3.0"), "{explained}");
    let explained = say(&["explain", "https://blog.example.org/2"]);
    assert!(
        explained.contains("language: French, which is not the topic's, so only title and categories are\njudged"),
        "{explained}"
    );
}
