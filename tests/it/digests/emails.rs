//! Whole mails, as their readers get them: a story alone, a digest with everything in it, one for readers of Arabic.
//! The HTML stands here without its styles; those are in `digest_html`.

use policy_digest::domain::digests::digest::Story;
use policy_digest::render::Rendered;

use crate::support::mails::{mail, story};

/// Subject, text and HTML on one sheet.
fn sheet(name: &str, mail: &Rendered) {
    let body = mail.html.split_once("<body").unwrap().1;
    let sheet = format!("Subject: {}\n\n{}\n=== HTML ===\n<body{body}", mail.subject, mail.text);
    insta::with_settings!({ filters => vec![(" style=\"[^\"]*\"", "")], omit_expression => true }, {
        insta::assert_snapshot!(name, sheet);
    });
}

#[test]
fn one_story() {
    sheet("one_story", &mail(vec![story(1, "One front door for families", &["integration"])], 12, "en-GB"));
}

#[test]
fn many_themes_with_everything_that_may_be_missing() {
    sheet("many_themes", &with_many_themes());
}

#[test]
fn right_to_left() {
    sheet("right_to_left", &in_arabic());
}

pub fn with_many_themes() -> Rendered {
    let also_on = vec!["Civic Weekly".to_owned(), "Council Insight".to_owned()];
    let stories = vec![
        Story { also_on, ..story(1, "One front door for families", &["integration", "place"]) },
        Story { author: None, ..story(2, "What a committee is for, and 3 other questions", &["collaboration"]) },
        Story { published: None, ..story(3, "Neighbourhoods & \"their\" budgets", &["place"]) },
        Story { excerpt: String::new(), reading_minutes: 0, phrases: Vec::new(), ..story(4, "Weeknotes", &[]) },
        story(5, "Who runs the swimming pool?", &["place"]),
        Story { is_listed: true, ..story(6, "A school, by bus", &["place"]) },
    ];
    mail(stories, 4, "en-US")
}

pub fn in_arabic() -> Rendered {
    let arabic = Story {
        source: "مدونة الإصلاح".to_owned(),
        author: None,
        excerpt: "جمعت ثلاث بلديات ميزانياتها في خطة واحدة منذ أبريل، وصار للناس باب واحد يطرقونه. \
            يروي الناس قصتهم مرة واحدة، ويبقى الفريق من حولهم كما هو."
            .to_owned(),
        phrases: vec!["ميزانية واحدة".to_owned()],
        ..story(1, "باب واحد للأسر: ما تعلمته ثلاث بلديات", &["integration"])
    };
    mail(vec![arabic, story(2, "One budget, two health boards", &["integration"])], 12, "ar-EG")
}
