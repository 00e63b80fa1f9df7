//! What a phrase of `topic.toml` finds in a text and what it leaves alone, what its words are paid, and which of them a
//! reader is told.

use policy_digest::config;
use policy_digest::domain::selection::relevance::{Score, Scorer, Text, telling};

use crate::support::write_config;

const HEAD: &str =
    "name = \"t\"\ntitle = \"t\"\ndescription = \"t\"\nthreshold = 3.0\n[weights]\nstrong = 4.0\nweak = 1.0\n";

fn scorer(rules: &str) -> Scorer {
    let folder = tempfile::tempdir().unwrap();
    write_config(folder.path(), &[], "");
    std::fs::write(folder.path().join("config/topic.toml"), format!("{HEAD}{rules}")).unwrap();
    Scorer::new(&config::load(&folder.path().join("config"), None, &[]).unwrap().topic)
}

fn judge(rules: &str, title: &str, content: &str) -> Score {
    scorer(rules).score(&Text { title, content, ..Text::default() })
}

fn finds(phrase: &str, text: &str) -> bool {
    !judge(&format!("[general]\nstrong = ['{}']", phrase.replace('\'', "’")), "", text).reasons.is_empty()
}

#[test]
fn a_phrase_finds_its_words_in_any_number_and_tense() {
    for (phrase, text) in [
        ("joined-up service", "A joined up service, or joined‑up services."),
        ("merge councils", "They were merging their councils: merging councils takes time."),
        ("merging councils", "Merging councils takes time."),
        ("co-production", "Coproduction takes time."),
        ("coproduction", "Co-production takes time."),
        ("citizens' jury", "Two citizens’ juries met."),
        ("children's services", "Childrens services were joined."),
        ("multi-agency", "Multiagency teams."),
        ("building", "Three buildings."),
        ("imports", "An import of grain."),
        ("constituencies", "One constituency."),
        ("allies", "Our ally."),
        ("inquest*", "Two inquests."),
        ("co-produc*", "It was co produced."),
        ("we're hiring", "We’re hiring!"),
    ] {
        assert!(finds(phrase, text), "`{phrase}` is not found in: {text}");
    }
}

#[test]
fn a_phrase_does_not_find_another_word() {
    for (phrase, text) in [
        ("imports", "An important matter, importantly put."),
        ("wedding", "We'd hoped, and we’d said so."),
        ("sourcing", "The source of it, and other sources, open sourced."),
        ("constituencies", "The constituent parts."),
        ("localism", "Local people in a locality."),
        ("developers", "The development developed."),
        ("marketing", "The market has markets."),
        ("evaluation", "It was evaluated."),
        ("shell", "She'll come."),
        ("ill", "I'll come."),
        // Letters of several words that spell one.
        ("allies", "That is all I know: all is well."),
        ("inquest*", "They asked in questions."),
        ("award", "A ward closed."),
        ("together", "They met to get her home."),
        ("notable", "There was not able staff."),
    ] {
        assert!(!finds(phrase, text), "`{phrase}` is found in: {text}");
    }
}

#[test]
fn words_are_paid_once_however_many_phrases_they_earn() {
    let rules = "[general]\nstrong = ['integrat* ~5 care', 'integrated care']\nweak = ['care', 'integrat*']
[[theme]]\nname = 'integration'\ntitle = 'I'\nstrong = ['integrated care']\nplain = ['integrat* ~3 care']\nweak = ['care']
[[theme]]\nname = 'care'\ntitle = 'C'\nplain = ['integrated care', 'care team']";
    let score = judge(rules, "", "Integrated care.");
    assert_eq!((score.total, score.reasons.len()), (4.0, 1), "{score:#?}");
    assert_eq!(score.themes, ["integration", "care"], "a theme has all that speaks for it");
    let score = judge(rules, "", "An integrated care team.");
    assert_eq!(score.total, 6.0, "`team` has earned nothing yet: {score:#?}");
}

#[test]
fn words_in_another_sense_earn_nothing() {
    let rules = "[general]\nstrong = ['co-produc*']\n[[exclusion]]\nname = 'film'\nreason = 'film'\nstrong = ['co-produc* ~4 film']";
    assert_eq!(judge(rules, "", "The co-production of care.").total, 4.0);
    let score = judge(rules, "", "A film, in co-production with Denmark.");
    assert_eq!((score.total, score.reasons.len()), (-4.0, 1), "{score:#?}");
}

#[test]
fn a_matter_that_a_post_mentions_does_not_outweigh_what_it_is_about() {
    let shipped = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    let scorer = Scorer::new(&config::load(&shipped, None, &[]).unwrap().topic);
    let judge = |title: &str, content: &str| scorer.score(&Text { title, content, ..Text::default() });
    let about = "She has run departments and agencies for thirty years. Public administration, she says, is where policy meets \
                 people: civil servants who know a service, a budget that follows it across agencies, and ministers who ask for \
                 service delivery rather than announcements.";
    let mentions = "Net zero, carbon emissions and biodiversity are only the latest test of public sector reform.";
    let score = judge("Climate change and public administration: an interview", &format!("{about} {mentions}"));
    assert!(score.selected, "{score:#?}");
    let against = |score: &Score| {
        let named = score.reasons.iter().filter(|reason| reason.label.is_some());
        named.map(|reason| reason.weight.min(0.0)).sum::<f32>()
    };
    let once = judge("An interview", &format!("Climate change. {about}"));
    assert!(against(&once) < 0.0 && against(&score) >= against(&once) - 1e-3, "{score:#?}");
}

#[test]
fn a_reader_is_told_strong_phrases_and_plain_ones_of_several_words() {
    let rules = "[general]\nstrong = ['outsourcing', 'Christie Commission']\nplain = ['inequality', 'joint working', 'back-office']\n\
                 weak = ['local council', 'form']";
    let told = |text: &str| telling(&judge(rules, "", text).reasons);
    assert_eq!(told("Outsourcing, or JOINT Working in the local council?"), ["outsourcing", "JOINT working"]);
    assert_eq!(told("Back-Office forms after the Christie Commission"), ["Christie Commission", "back-office"]);
    assert_eq!(told("The form of inequality in a local council"), [""; 0]);
}
