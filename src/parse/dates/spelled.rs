//! Zones spelled out, as Windows and JavaScript write them: "GMT Standard Time" is Greenwich's, "W. Europe Standard Time"
//! is an hour ahead of it. They stand in place of a zone, and none of their words may be read as another one ("GMT
//! Standard Time" as Atlantic Standard Time). A zone that is not known makes the date unknown, rather than wrong.

/// What a spelled zone says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelled {
    /// Minutes east of UTC.
    Offset(i32),
    /// A zone that is not in the list.
    Unknown,
}

/// The zones, in minutes east of UTC in winter.
#[rustfmt::skip]
const ZONES: &[(&str, i32)] = &[
    ("gmt", 0), ("greenwich", 0), ("greenwich mean", 0), ("utc", 0), ("coordinated universal", 0), ("british", 0), ("western european", 0),
    ("w. europe", 60), ("w.europe", 60), ("west europe", 60), ("central europe", 60), ("central european", 60), ("romance", 60),
    ("middle european", 60), ("e. europe", 120), ("eastern european", 120), ("eastern europe", 120), ("fle", 120), ("gtb", 120),
    ("israel", 120), ("jerusalem", 120), ("egypt", 120), ("south africa", 120), ("turkey", 180), ("russian", 180), ("moscow", 180),
    ("belarus", 180), ("arab", 180), ("arabic", 180), ("arabia", 180), ("e. africa", 180), ("east africa", 180), ("iran", 210), ("arabian", 240),
    ("gulf", 240), ("georgian", 240), ("caucasus", 240), ("azerbaijan", 240), ("mauritius", 240), ("afghanistan", 270), ("pakistan", 300),
    ("west asia", 300), ("ekaterinburg", 300), ("india", 330), ("sri lanka", 330), ("nepal", 345), ("central asia", 360),
    ("bangladesh", 360), ("myanmar", 390), ("se asia", 420), ("indochina", 420), ("china", 480), ("hong kong", 480), ("singapore", 480),
    ("malay peninsula", 480), ("taipei", 480), ("w. australia", 480), ("australian western", 480), ("philippine", 480), ("tokyo", 540),
    ("japan", 540), ("korea", 540), ("korean", 540), ("cen. australia", 570), ("aus central", 570), ("australian central", 570),
    ("e. australia", 600), ("aus eastern", 600), ("australian eastern", 600), ("tasmania", 600), ("west pacific", 600),
    ("central pacific", 660), ("new zealand", 720), ("fiji", 720), ("tonga", 780), ("samoa", 780), ("hawaiian", -600), ("hawaii", -600),
    ("hawaii-aleutian", -600), ("alaskan", -540), ("alaska", -540), ("pacific", -480), ("us mountain", -420), ("mountain", -420),
    ("central america", -360), ("canada central", -360), ("central", -360), ("us eastern", -300), ("eastern", -300), ("sa pacific", -300),
    ("atlantic", -240), ("sa western", -240), ("newfoundland", -210), ("argentina", -180), ("e. south america", -180),
    ("sa eastern", -180), ("greenland", -180), ("mid-atlantic", -120), ("azores", -60), ("cape verde", -60), ("cabo verde", -60),
    ("w. central africa", 60), ("west africa", 60), ("central africa", 120), ("morocco", 0), ("irish", 0), ("namibia", 60),
];

/// Takes a spelled zone out of a folded date.
pub(super) fn take(folded: &str) -> (String, Option<Spelled>) {
    let endings = [
        (" standard time", 0),
        (" daylight time", 60),
        (" summer time", 60),
        (" mean time", 0),
        (" universal time", 0),
    ];
    let found = endings.iter().find_map(|(ending, more)| Some((folded.find(ending)?, *ending, *more)));
    let Some((end, ending, more)) = found else { return (folded.to_owned(), None) };
    // The name begins behind the clock, its half of the day and a bracket.
    let from = folded[..end].rfind(|c: char| c.is_ascii_digit() || matches!(c, '(' | '[' | ',')).map_or(0, |at| at + 1);
    let name = folded[from..end].trim();
    let name = ["am ", "pm "].iter().find_map(|half| name.strip_prefix(half)).unwrap_or(name).trim();
    let start = folded[..end].len() - (folded[from..end].len() - folded[from..end].find(name).unwrap_or_default());
    let rest = format!("{} {}", &folded[..start], &folded[end + ending.len()..]);
    let zone = ZONES.iter().find(|(known, _)| *known == name).map_or(Spelled::Unknown, |(_, minutes)| {
        // Ireland's standard time is that of its summer.
        let is_summer = more > 0 || (name == "irish" && ending == " standard time");
        Spelled::Offset(minutes + if is_summer { 60 } else { 0 })
    });
    (rest.replace("()", "").replace("( )", ""), Some(zone))
}
