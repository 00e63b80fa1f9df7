//! The words of dates in our readers' languages: months, week-days, zones, halves of the day, and what
//! is between them.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::token::fold;

/// Whole names, January first, one line a language. Any beginning of at least three letters that fits one
/// month only is understood too, and so is a name with an ending (`tammikuuta`, `januára`).
#[rustfmt::skip]
pub(super) const MONTHS: &[[&str; 12]] = &[
    ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"],
    ["ionawr", "chwefror", "mawrth", "ebrill", "mai", "mehefin", "gorffennaf", "awst", "medi", "hydref", "tachwedd", "rhagfyr"],
    ["faoilleach", "gearran", "màrt", "giblean", "cèitean", "ògmhios", "iuchar", "lùnastal", "sultain", "dàmhair", "samhain", "dùbhlachd"],
    ["eanáir", "feabhra", "márta", "aibreán", "bealtaine", "meitheamh", "iúil", "lúnasa", "meán", "deireadh", "samhain", "nollaig"],
    ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"],
    ["januar", "februar", "märz", "april", "mai", "juni", "juli", "august", "september", "oktober", "november", "dezember"],
    ["jänner", "feber", "maerz", "april", "mai", "juni", "juli", "august", "september", "oktober", "november", "dezember"],
    ["enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"],
    ["gener", "febrer", "març", "abril", "maig", "juny", "juliol", "agost", "setembre", "octubre", "novembre", "desembre"],
    ["gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"],
    ["januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december"],
    ["janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro", "outubro", "novembro", "dezembro"],
    ["januari", "februari", "mars", "april", "maj", "juni", "juli", "augusti", "september", "oktober", "november", "december"],
    ["januar", "februar", "marts", "april", "maj", "juni", "juli", "august", "september", "oktober", "november", "desember"],
    ["janúar", "febrúar", "mars", "apríl", "maí", "júní", "júlí", "ágúst", "september", "október", "nóvember", "desember"],
    ["tammikuu", "helmikuu", "maaliskuu", "huhtikuu", "toukokuu", "kesäkuu", "heinäkuu", "elokuu", "syyskuu", "lokakuu", "marraskuu", "joulukuu"],
    ["styczeń", "luty", "marzec", "kwiecień", "maj", "czerwiec", "lipiec", "sierpień", "wrzesień", "październik", "listopad", "grudzień"],
    ["stycznia", "lutego", "marca", "kwietnia", "maja", "czerwca", "lipca", "sierpnia", "września", "października", "listopada", "grudnia"],
    ["leden", "únor", "březen", "duben", "květen", "červen", "červenec", "srpen", "září", "říjen", "listopad", "prosinec"],
    ["ledna", "února", "března", "dubna", "května", "června", "července", "srpna", "září", "října", "listopadu", "prosince"],
    ["ianuarie", "februarie", "martie", "aprilie", "mai", "iunie", "iulie", "august", "septembrie", "octombrie", "noiembrie", "decembrie"],
    ["január", "február", "március", "április", "május", "június", "július", "augusztus", "szeptember", "október", "november", "december"],
    ["ocak", "şubat", "mart", "nisan", "mayıs", "haziran", "temmuz", "ağustos", "eylül", "ekim", "kasım", "aralık"],
    ["ιανουάριος", "φεβρουάριος", "μάρτιος", "απρίλιος", "μάιος", "ιούνιος", "ιούλιος", "αύγουστος", "σεπτέμβριος", "οκτώβριος", "νοέμβριος", "δεκέμβριος"],
    ["ιανουαρίου", "φεβρουαρίου", "μαρτίου", "απριλίου", "μαΐου", "ιουνίου", "ιουλίου", "αυγούστου", "σεπτεμβρίου", "οκτωβρίου", "νοεμβρίου", "δεκεμβρίου"],
    ["январь", "февраль", "март", "апрель", "май", "июнь", "июль", "август", "сентябрь", "октябрь", "ноябрь", "декабрь"],
    ["января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября", "декабря"],
    ["січень", "лютий", "березень", "квітень", "травень", "червень", "липень", "серпень", "вересень", "жовтень", "листопад", "грудень"],
    ["січня", "лютого", "березня", "квітня", "травня", "червня", "липня", "серпня", "вересня", "жовтня", "листопада", "грудня"],
];

/// Abbreviations that are no beginnings, beginnings that would fit two months, mutated Welsh, and the odd
/// spellings of Greek and Hungarian feeds.
#[rustfmt::skip]
const SHORT: &[(&str, u32)] = &[
    ("mar", 3), ("dub", 4), ("mrz", 3), ("mrt", 3), ("fawrth", 3), ("fai", 5), ("fehefin", 6), ("orffennaf", 7), ("fedi", 9), ("dachwedd", 11),
    ("ragfyr", 12), ("mfomh", 9), ("dfomh", 10), ("μαω", 3), ("μαϊ", 5), ("ιον", 6), ("ιολ", 7), ("maujus", 5), ("szept", 9),
    ("febuary", 2), ("feburary", 2), ("spt", 9), ("cvn", 6), ("cvc", 7),
];

/// Week-days that begin like a month in some language, or stand behind a date.
#[rustfmt::skip]
const WEEKDAYS: &[&str] = &[
    "monday tuesday wednesday thursday friday saturday sunday tues thurs mon tue wed thu fri sat sun",
    "llun mawrth mercher iau gwener sadwrn sul dydd maw mer gwe sad diluain dimairt diciadain diardaoin dihaoine disathairne didomhnaich",
    "luan mairt ceadaoin deardaoin aoine satharn domhnach luain lundi mardi mercredi jeudi vendredi samedi dimanche lun mar jeu ven sam dim",
    "montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag mo di mi do fr sa so lunes martes miercoles jueves viernes sabado domingo mie jue vie",
    "lunedi martedi mercoledi giovedi venerdi sabato domenica gio maandag dinsdag woensdag donderdag vrijdag zaterdag zondag maa din woe don vri zat zon ma wo vr za zo",
    "segunda terca quarta quinta sexta feira seg ter qua qui sex sab dom mandag mandagen tirsdag onsdag torsdag fredag lørdag lordag søndag sondag tisdag",
    "man tir tis ons tor tors fre lør lor søn son manudagur þriðjudagur miðvikudagur fimmtudagur fostudagur laugardagur sunnudagur maanantai maanantaina",
    "tiistai tiistaina keskiviikko keskiviikkona torstai torstaina perjantai perjantaina lauantai lauantaina sunnuntai sunnuntaina poniedziałek wtorek sroda",
    "czwartek piatek sobota niedziela sob luni marti miercuri joi vineri sambata duminica pazartesi sali carsamba persembe cuma cumartesi pazar",
    "hetfo kedd szerda csutortok pentek szombat vasarnap pondeli utery streda ctvrtek patek nedele κυριακη δευτερα τριτη τεταρτη πεμπτη παρασκευη σαββατο",
    "κυρ δευ τρι τετ πεμ παρ σαβ понедельник вторник среда четверг пятница суббота воскресенье пн вт ср чт пт сб вс понеділок вівторок середа четвер субота неділя",
    "月 火 水 木 金 土 日 월 화 수 목 금 토 일",
];

/// Words that say nothing: prepositions, articles, labels.
const FILLERS: &str = "the of on at de del di do da dos of o an am a le la il el den der d en om um kl klo clock uhr ore ora alle às as à h hrs hours \
    date dated posted published pubdate updated modified created last na mi mhi fomhair in year г року р t ym y ar av r год roku";

/// Zones by the names that people write, in minutes east of UTC. `IST` is India's and `CST` is America's,
/// the commonest by far. RFC 822 knows four military letters; the others stand for UTC (RFC 2822 §4.3).
#[rustfmt::skip]
pub(super) const ZONES: &[(&str, i32)] = &[
    ("z", 0), ("ut", 0), ("utc", 0), ("gmt", 0), ("wet", 0), ("uct", 0), ("cut", 0), ("zulu", 0), ("azost", 0), ("egst", 0), ("bst", 60), ("west", 60), ("cet", 60),
    ("met", 60), ("mez", 60), ("wat", 60), ("cest", 120), ("mest", 120), ("mesz", 120), ("eet", 120), ("cat", 120), ("sast", 120), ("eest", 180),
    ("oez", 120), ("oesz", 180), ("eat", 180), ("msk", 180), ("trt", 180), ("msd", 240), ("idt", 180), ("irst", 210), ("gst", 240), ("samt", 240), ("azt", 240),
    ("aft", 270), ("pkt", 300), ("yekt", 300), ("uzt", 300), ("ist", 330), ("slst", 330), ("npt", 345), ("bdt", 360), ("omst", 360), ("btt", 360),
    ("mmt", 390), ("ict", 420), ("wib", 420), ("krat", 420), ("hkt", 480), ("sgt", 480), ("awst", 480), ("pht", 480), ("myt", 480), ("wita", 480),
    ("irkt", 480), ("jst", 540), ("kst", 540), ("wit", 540), ("yakt", 540), ("acst", 570), ("aest", 600), ("chst", 600), ("vlat", 600), ("acdt", 630),
    ("lhst", 630), ("aedt", 660), ("sbt", 660), ("nct", 660), ("nzst", 720), ("fjt", 720), ("nzdt", 780), ("chast", 765), ("chadt", 825),
    ("azot", -60), ("cvt", -60), ("fnt", -120), ("ndt", -150), ("nst", -210), ("nt", -210), ("brt", -180), ("art", -180), ("clst", -180), ("uyt", -180), ("gft", -180),
    ("pyst", -180), ("brst", -120), ("uyst", -120), ("wgst", -120), ("wgt", -180), ("srt", -180), ("rott", -180), ("pmst", -180), ("pmdt", -120), ("adt", -180), ("ast", -240), ("clt", -240),
    ("pyt", -240), ("bot", -240), ("vet", -240), ("gyt", -240), ("amt", -240), ("edt", -240), ("est", -300), ("cot", -300), ("pet", -300), ("ect", -300), ("act", -300),
    ("cdt", -300), ("cst", -360), ("galt", -360), ("mdt", -360), ("mst", -420), ("pdt", -420), ("pst", -480), ("akdt", -480), ("akst", -540), ("hadt", -540), ("hdt", -540),
    ("hast", -600), ("hst", -600), ("sst", -660),
    // Only straight behind a time: they are words or letters elsewhere.
    ("at", -240), ("et", -300), ("ct", -360), ("mt", -420), ("pt", -480), ("a", -60), ("m", -720), ("n", 60), ("y", 720),
];

static MONTH_OF: LazyLock<HashMap<String, u32>> = LazyLock::new(months);
static WEEKDAY: LazyLock<HashSet<String>> = LazyLock::new(|| words(WEEKDAYS.iter().copied()));
static FILLER: LazyLock<HashSet<String>> = LazyLock::new(|| words([FILLERS].into_iter()));
static ZONE: LazyLock<HashMap<&str, i32>> = LazyLock::new(|| ZONES.iter().copied().collect());

fn words<'a>(lines: impl Iterator<Item = &'a str>) -> HashSet<String> {
    lines.flat_map(str::split_whitespace).map(fold).collect()
}

/// Every name and every beginning; one that fits two months is 0.
fn months() -> HashMap<String, u32> {
    let named = || MONTHS.iter().flat_map(|names| (1..).zip(names)).map(|(month, name)| (fold(name), month));
    let mut all = HashMap::new();
    for (name, month) in named() {
        let ends = name.char_indices().map(|(at, _)| at).skip(3);
        for beginning in ends.map(|end| &name[..end]) {
            let known = all.entry(beginning.to_owned()).or_insert(month);
            if *known != month {
                *known = 0;
            }
        }
    }
    all.extend(named());
    all.extend(SHORT.iter().map(|(name, month)| (fold(name), *month)));
    all
}

/// The month that a folded word names.
pub(super) fn month(word: &str) -> Option<u32> {
    let whole = MONTH_OF.get(word).copied();
    let of = whole.or_else(|| {
        // Endings are short: `januára`, `tammikuussa`.
        let ends = word.char_indices().map(|(at, _)| at).rev().take(4).take_while(|&at| at >= 5);
        ends.filter_map(|end| MONTH_OF.get(&word[..end])).copied().next()
    });
    of.filter(|&month| month > 0)
}

pub(super) fn is_weekday(word: &str) -> bool {
    WEEKDAY.contains(word)
        || word.starts_with(['星', '周', '週'])
        || ["曜日", "曜", "요일"].iter().any(|end| word.ends_with(end))
}

pub(super) fn is_filler(word: &str) -> bool {
    FILLER.contains(word)
}

/// Whether the word makes the time one of the afternoon (`Some(true)`) or of the morning.
pub(super) fn afternoon(word: &str) -> Option<bool> {
    match word {
        "am" | "오전" | "上午" | "午前" | "凌晨" | "早上" | "πμ" => Some(false),
        "pm" | "오후" | "下午" | "午後" | "晚上" | "μμ" => Some(true),
        _ => None,
    }
}

/// Minutes east of UTC, for a zone that people name.
pub(super) fn zone(word: &str) -> Option<i32> {
    ZONE.get(word).copied()
}
