//! Detects whether a text is certainly not in any of the topic's languages, and in which language it is instead. In
//! doubt there is no result: for a short text, a list of names, a text that is partly English, or one in an unsupported
//! language.
//!
//! English is recognised quickly by its function words; only other texts are passed to `whatlang`, which takes half a
//! millisecond. Scottish Gaelic and Irish, which `whatlang` mistakes for French and Welsh, are also recognised by their
//! function words.

use std::fmt;

use unicode_segmentation::UnicodeSegmentation as _;
use whatlang::Lang;

/// About this many letters of summary and content together are examined, as many as are read for phrases.
const SAMPLE: usize = 2_000;
/// A text with fewer bytes of letters says too little. Letters of other scripts take two or three bytes, and say more.
const LEAST_BYTES: usize = 100;
/// English prose has four or five of the function words among any sixteen words; other languages seldom have one.
const ENGLISH_IN_SIXTEEN: u32 = 5;
/// A whole text counts as English if at least one in this many words is a function word.
const ENGLISH_ONE_IN: usize = 8;
/// A text counts as Gaelic if at least one in this many words is a function word; Gaelic prose has one in three.
const GAELIC_ONE_IN: usize = 5;

/// Function words that are common in English and rare elsewhere, so not "a", "an", "in", "on" and "as".
const ENGLISH: &[&str] = &[
    "and", "are", "be", "been", "but", "by", "can", "for", "from", "had", "has", "have", "how", "is", "it", "its",
    "more", "not", "of", "our", "than", "that", "the", "their", "they", "this", "to", "was", "we", "were", "what",
    "when", "which", "who", "will", "with", "would", "you", "your",
];

/// Function words of Scottish Gaelic and of Irish. They share many; each has enough of its own.
const SCOTTISH: &[&str] = &[
    "aca", "againn", "agus", "aig", "air", "airson", "an", "anns", "bha", "bho", "cha", "chan", "dha", "do", "fo",
    "ga", "gu", "gun", "iad", "mar", "na", "nach", "nam", "nan", "seo", "sin", "tha",
];
const IRISH: &[&str] = &[
    "acu", "ag", "againn", "agus", "an", "ar", "atá", "ba", "bhfuil", "bhí", "chun", "don", "faoi", "gach", "go",
    "ina", "is", "le", "leis", "mar", "na", "nach", "ní", "raibh", "sa", "seo", "siad", "sin", "tá",
];

/// ISO 639-1 codes and `whatlang`'s ISO 639-3 codes, without Latin and Esperanto, for which `whatlang` mistakes lists
/// of odd English words.
const CODES: &[(&str, &str)] = &[
    ("af", "afr"),
    ("ak", "aka"),
    ("am", "amh"),
    ("ar", "ara"),
    ("az", "aze"),
    ("be", "bel"),
    ("bg", "bul"),
    ("bn", "ben"),
    ("ca", "cat"),
    ("cs", "ces"),
    ("cy", "cym"),
    ("da", "dan"),
    ("de", "deu"),
    ("el", "ell"),
    ("en", "eng"),
    ("es", "spa"),
    ("et", "est"),
    ("fa", "pes"),
    ("fi", "fin"),
    ("fr", "fra"),
    ("gu", "guj"),
    ("he", "heb"),
    ("hi", "hin"),
    ("hr", "hrv"),
    ("hu", "hun"),
    ("hy", "hye"),
    ("id", "ind"),
    ("it", "ita"),
    ("ja", "jpn"),
    ("jv", "jav"),
    ("ka", "kat"),
    ("km", "khm"),
    ("kn", "kan"),
    ("ko", "kor"),
    ("lt", "lit"),
    ("lv", "lav"),
    ("mk", "mkd"),
    ("ml", "mal"),
    ("mr", "mar"),
    ("my", "mya"),
    ("ne", "nep"),
    ("nl", "nld"),
    ("no", "nob"),
    ("or", "ori"),
    ("pa", "pan"),
    ("pl", "pol"),
    ("pt", "por"),
    ("ro", "ron"),
    ("ru", "rus"),
    ("si", "sin"),
    ("sk", "slk"),
    ("sl", "slv"),
    ("sn", "sna"),
    ("sr", "srp"),
    ("sv", "swe"),
    ("ta", "tam"),
    ("te", "tel"),
    ("th", "tha"),
    ("tk", "tuk"),
    ("tl", "tgl"),
    ("tr", "tur"),
    ("uk", "ukr"),
    ("ur", "urd"),
    ("uz", "uzb"),
    ("vi", "vie"),
    ("yi", "yid"),
    ("zh", "cmn"),
    ("zu", "zul"),
];

/// A language, by its ISO 639-1 code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Language(String);

impl Language {
    /// Converts a stored code.
    #[must_use]
    pub fn of(code: &str) -> Self {
        Self(code.to_owned())
    }

    /// The code, such as `fr`.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Language {
    /// Its English name: "French".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_str() {
            "ga" => f.write_str("Irish"),
            "gd" => f.write_str("Scottish Gaelic"),
            code => {
                let coded = CODES.iter().find(|(short, _)| *short == code);
                f.write_str(coded.and_then(|(_, long)| Lang::from_code(*long)).map_or(code, |lang| lang.eng_name()))
            }
        }
    }
}

/// Detects texts in languages other than the topic's.
#[derive(Debug)]
pub struct Detector {
    /// The topic's languages, as codes of [`Language`].
    topic: Vec<&'static str>,
}

impl Detector {
    /// A detector for a topic in these languages, each written as `en` or `en-GB`. If one of them is not supported, no
    /// text is reported as foreign.
    #[must_use]
    pub fn new(languages: &[String]) -> Self {
        Self { topic: languages.iter().map(|language| short(language)).collect::<Option<_>>().unwrap_or_default() }
    }

    /// The language of an item's text, if it is certainly not one of the topic's. Case, spaces and hyphens make no
    /// difference.
    #[must_use]
    pub fn foreign(&self, summary: &str, content: &str) -> Option<Language> {
        let (summary, content) = (beginning(summary), beginning(content));
        if self.topic.is_empty() || self.topic.contains(&"en") && is_english(words(summary).chain(words(content))) {
            return None;
        }
        let mut sample = String::new();
        for word in summary.unicode_words().chain(content.unicode_words()) {
            if sample.len() >= SAMPLE {
                break;
            }
            sample.extend(word.chars().flat_map(char::to_lowercase));
            sample.push(' ');
        }
        if sample.chars().filter(|c| c.is_alphabetic()).map(char::len_utf8).sum::<usize>() < LEAST_BYTES {
            return None;
        }
        let code = gaelic(&sample).or_else(|| recognised(&sample))?;
        (!self.topic.contains(&code)).then(|| Language(code.to_owned()))
    }
}

/// The beginning of a text, so that a very long one takes no more time.
fn beginning(text: &str) -> &str {
    &text[..text.floor_char_boundary(SAMPLE * 4)]
}

fn short(language: &str) -> Option<&'static str> {
    let code = match language.split('-').next().unwrap_or_default() {
        "nb" => "no",
        code => code,
    };
    let coded = CODES.iter().find(|(short, long)| *short == code || *long == code).map(|(short, _)| *short);
    coded.or_else(|| ["ga", "gd"].into_iter().find(|own| *own == code))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty())
}

/// Whether some part of it is English prose, or the whole has enough function words.
fn is_english<'a>(words: impl Iterator<Item = &'a str>) -> bool {
    let (mut seen, mut little, mut last_sixteen) = (0, 0, 0u16);
    for word in words.take(SAMPLE / 6) {
        let is_little = ENGLISH.iter().any(|it| it.eq_ignore_ascii_case(word));
        seen += 1;
        little += usize::from(is_little);
        last_sixteen = last_sixteen << 1 | u16::from(is_little);
        if last_sixteen.count_ones() >= ENGLISH_IN_SIXTEEN {
            return true;
        }
    }
    little > 0 && little * ENGLISH_ONE_IN >= seen
}

fn gaelic(sample: &str) -> Option<&'static str> {
    let words: Vec<&str> = words(sample).collect();
    let count = |little: &[&str]| words.iter().filter(|word| little.contains(word)).count();
    let (scottish, irish) = (count(SCOTTISH), count(IRISH));
    let is_either = scottish.max(irish) * GAELIC_ONE_IN >= words.len();
    is_either.then_some(if scottish > irish { "gd" } else { "ga" })
}

fn recognised(sample: &str) -> Option<&'static str> {
    let found = whatlang::detect(sample).filter(whatlang::Info::is_reliable)?;
    CODES.iter().find(|(_, long)| *long == found.lang().code()).map(|(short, _)| *short)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGLISH_PROSE: &str = "Ten years after the review, the councils of the north have one budget for care and one \
        team in each town. People tell their story once, and the nurse and the housing officer hear it together.";
    const FRENCH: &str = "Dix ans après la réforme, les communes du nord partagent un seul budget pour l'aide aux \
        familles et une seule équipe dans chaque quartier. Les habitants racontent leur histoire une fois.";
    const WELSH: &str = "Ddeng mlynedd ar ôl yr adolygiad, mae cynghorau'r gogledd yn rhannu un gyllideb ar gyfer gofal ac \
        un tîm ym mhob tref. Mae pobl yn dweud eu stori unwaith, ac mae'r nyrs a'r swyddog tai yn ei chlywed.";
    const GERMAN: &str = "Zehn Jahre nach der Reform teilen die Gemeinden im Norden ein gemeinsames Budget für die Pflege \
        und ein Team in jeder Stadt. Die Menschen erzählen ihre Geschichte nur einmal, und alle hören zu.";
    const SPANISH: &str = "Diez años después de la reforma, los municipios del norte comparten un solo presupuesto para \
        los cuidados y un equipo en cada pueblo. La gente cuenta su historia una sola vez, y todos la escuchan.";
    const SCOTTISH_GAELIC: &str = "Deich bliadhna às dèidh an lèirmheis, tha comhairlean a' chinn a tuath a' roinn aon \
        bhuidseat airson cùraim agus aon sgioba anns gach baile. Tha daoine ag innse an sgeulachd aca aon turas.";
    const IRISH_PROSE: &str = "Deich mbliana tar éis an athbhreithnithe, tá comhairlí an tuaiscirt ag roinnt aon \
        bhuiséad amháin le haghaidh cúraim agus foireann amháin i ngach baile. Insíonn daoine a scéal uair amháin.";
    const ARABIC: &str = "بعد عشر سنوات من الإصلاح، تتقاسم بلديات الشمال ميزانية واحدة للرعاية وفريقا واحدا في كل مدينة.";

    fn foreign(languages: &[&str], text: &str) -> Option<String> {
        let languages: Vec<String> = languages.iter().map(|&language| language.to_owned()).collect();
        Detector::new(&languages).foreign("", text).map(|language| language.to_string())
    }

    #[test]
    fn prose_in_another_language_is_identified() {
        for (text, name) in [
            (FRENCH, "French"),
            (WELSH, "Welsh"),
            (GERMAN, "German"),
            (SPANISH, "Spanish"),
            (SCOTTISH_GAELIC, "Scottish Gaelic"),
            (IRISH_PROSE, "Irish"),
            (ARABIC, "Arabic"),
        ] {
            assert_eq!(foreign(&["en"], text).as_deref(), Some(name));
            assert_eq!(foreign(&["en-GB"], &text.to_uppercase()).as_deref(), Some(name), "in capitals");
        }
    }

    #[test]
    fn a_text_in_a_language_of_the_topic_is_not_foreign() {
        assert_eq!(foreign(&["en"], ENGLISH_PROSE), None);
        assert_eq!(foreign(&["en", "cy", "gd"], WELSH), None);
        assert_eq!(foreign(&["en", "cy", "gd"], SCOTTISH_GAELIC), None);
        assert_eq!(foreign(&["fr", "de"], ENGLISH_PROSE).as_deref(), Some("English"));
        assert_eq!(foreign(&["fr", "de"], GERMAN), None);
    }

    #[test]
    fn in_doubt_nothing_is_said() {
        for text in [
            "",
            "Lisez notre nouveau rapport.",
            "Agenda. Budget 2026/27. Digital roadmap: phases, milestones, owners. Workforce plan. Risk register. Estates. \
             Procurement pipeline. Communications. Data platform. Partner updates. Any other business.",
            "Welcome to Llanfairpwll, Aberystwyth and Machynlleth: Cyngor Gwynedd and Ynys Môn officers met Llywodraeth \
             Cymru staff to plan the Canolfan.",
            "3.14159 26535 89793 23846 26433 83279 50288 41971 69399 37510 58209 74944 59230 78164 06286 20899 86280",
        ] {
            assert_eq!(foreign(&["en"], text), None, "{text}");
        }
        assert_eq!(foreign(&["en", "mi"], FRENCH), None, "a topic in a language that is not known here");
    }

    #[test]
    fn a_text_that_is_english_in_part_is_judged_whole() {
        assert_eq!(foreign(&["en"], &format!("{WELSH}\n\n{ENGLISH_PROSE}")), None);
        assert_eq!(foreign(&["en"], &format!("{ENGLISH_PROSE}\n\n{WELSH} {WELSH}")), None);
        let lead = "How one of the councils in the north of the country has put all of its budgets for care together.";
        assert_eq!(foreign(&["en"], &format!("{lead}\n\n{WELSH} {WELSH}")), None);
        assert_eq!(foreign(&["en"], &format!("{WELSH} The end.")).as_deref(), Some("Welsh"));
    }

    #[test]
    fn spaces_and_hyphens_change_nothing() {
        for text in [FRENCH, WELSH, SCOTTISH_GAELIC, ENGLISH_PROSE] {
            let spaced = text.replace(' ', "\n\n\t\u{a0} ").replace('-', " – ");
            assert_eq!(foreign(&["en"], &spaced), foreign(&["en"], text));
        }
    }

    #[test]
    fn every_code_names_a_language() {
        for (short, long) in CODES {
            assert!(Lang::from_code(*long).is_some(), "{long}");
            assert_ne!(Language::of(short).to_string(), *short);
        }
    }
}
