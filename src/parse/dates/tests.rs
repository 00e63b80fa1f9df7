use super::*;
use proptest::prelude::*;

fn now() -> DateTime<Utc> {
    "2026-11-24T12:00:00Z".parse().unwrap()
}

fn shown(text: &str) -> String {
    parse(text, now()).map_or("none".into(), |date| date.to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
}

#[test]
fn dates_are_read_as_people_write_them() {
    let table = include_str!("../../../tests/it/fixtures/dates.txt");
    let lines = table.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let wrong: Vec<String> = lines
        .map(|line| line.split_once('\t').expect("a moment, a tab, and how it is written"))
        .filter(|(want, text)| shown(text) != *want)
        .map(|(want, text)| format!("{text}: {}, not {want}", shown(text)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_month_of_every_language_is_read_in_every_order() {
    let mut wrong = Vec::new();
    for names in names::MONTHS {
        for (month, name) in (1..).zip(names) {
            let want = format!("2024-{month:02}-07T10:15:00Z");
            let upper = name.to_uppercase();
            for text in [
                format!("7 {name} 2024 10:15"),
                format!("{upper} 7, 2024 10:15 GMT"),
                format!("Xyz, 07 {name} 24 10:15:00 +0000"),
                format!("7. {name} 2024, 10:15"),
                format!("2024-{name}-07T10:15Z"),
                format!("7-{name}-2024 10.15 am"),
                format!("10:15, 7 de {name} de 2024"),
            ] {
                if shown(&text) != want {
                    wrong.push(format!("{text}: {}", shown(&text)));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_zone_is_counted_from_utc() {
    for (zone, minutes) in names::ZONES {
        let local = NaiveDateTime::parse_from_str("2024-06-04 10:15", "%Y-%m-%d %H:%M").unwrap();
        let want = (local - Duration::minutes((*minutes).into())).and_utc();
        assert_eq!(parse(&format!("Tue, 4 Jun 2024 10:15:00 {zone}"), now()), Some(want), "{zone}");
        let before_year = format!("Tue Jun  4 10:15:00 {} 2024", zone.to_uppercase());
        assert_eq!(parse(&before_year, now()), Some(want), "{before_year}");
    }
}

#[test]
fn the_future_is_clamped_and_far_years_are_no_dates() {
    assert_eq!(shown("Wed, 25 Nov 2026 00:00:00 GMT"), "2026-11-24T12:00:00Z");
    assert_eq!(shown("2028-12-31"), "2026-11-24T12:00:00Z");
    assert_eq!(shown("2029-01-01"), "none");
    assert_eq!(shown("1989-12-31T23:59:59Z"), "none");
    assert_eq!(shown("1990-01-01T00:00:00Z"), "1990-01-01T00:00:00Z");
    assert_eq!(shown("1990-01-01T00:00:00+01:00"), "none", "it is 1989 in UTC");
}

#[test]
fn long_texts_take_no_time() {
    for piece in ["1", "1:", "1-", "a", "a ", "+", "(", "am ", "jan ", "5 pm ", "1/", "年1", "t1"] {
        let started = std::time::Instant::now();
        for length in [60, 200, 100_000] {
            let _ = parse(&piece.repeat(length), now());
        }
        assert!(started.elapsed().as_secs() < 1, "{piece}");
    }
}

proptest! {
    #[test]
    fn nothing_panics(text in "\\PC{0,40}", shaped in "[0-9:+\\-/. tTzZapmJunwW,()年日h]{0,40}") {
        let _ = (parse(&text, now()), parse(&shaped, now()));
    }

    #[test]
    fn what_was_written_comes_back(seconds in 631_152_000i64..1_795_521_600, quarters in -56i32..=56) {
        let moment = DateTime::from_timestamp(seconds, 0).unwrap();
        let zone = chrono::FixedOffset::east_opt(quarters * 900).unwrap();
        let local = moment.with_timezone(&zone);
        for text in [
            local.to_rfc2822(),
            local.to_rfc3339(),
            local.format("%Y%m%dT%H%M%S%z").to_string(),
            local.format("%A, %-d %B %Y, %-I:%M:%S %p %z").to_string(),
            local.format("%a %b %e %T %Y %z").to_string(),
            moment.format("%a %b %e %T %Y").to_string(),
            moment.format("%a %b %e %T GMT %Y").to_string(),
            moment.format("%d/%m/%Y %T").to_string(),
            moment.format("%Y-%jT%TZ").to_string(),
            moment.format("%G-W%V-%uT%TZ").to_string(),
            moment.timestamp().to_string(),
        ] {
            prop_assert_eq!(parse(&text, now()), Some(moment), "{}", text);
        }
    }
}

#[test]
fn a_zone_that_is_spelled_out_is_the_one_that_it_says() {
    let now = "2026-11-24T12:00:00Z".parse().unwrap();
    for (text, utc) in [
        ("Tue, 03 Nov 2026 09:00:00 GMT Standard Time", Some("09:00")),
        ("Mon, 06 Jul 2026 09:00:00 GMT Daylight Time", Some("08:00")),
        ("Tue, 03 Nov 2026 09:00:00 W. Europe Standard Time", Some("08:00")),
        ("Tue, 03 Nov 2026 09:00:00 Central European Standard Time", Some("08:00")),
        ("Mon, 06 Jul 2026 09:00:00 British Summer Time", Some("08:00")),
        ("Tue, 03 Nov 2026 09:00:00 Eastern Standard Time", Some("14:00")),
        ("Tue, 03 Nov 2026 09:00 AM AUS Eastern Standard Time", Some("23:00")),
        ("Tue Nov 03 2026 09:00:00 GMT+0100 (Central European Standard Time)", Some("08:00")),
        ("Tue Nov 03 2026 09:00:00 GMT+0100 (Elbonian Standard Time)", Some("08:00")),
        ("Tue, 03 Nov 2026 09:00:00 Greenwich Mean Time", Some("09:00")),
        ("Tue, 03 Nov 2026 09:00:00 Elbonian Standard Time", None),
        ("/Date(1793696400000)/", Some("09:00")),
        ("/Date(1793696400000+0100)/", Some("09:00")),
    ] {
        let read = super::parse(text, now).map(|at| at.format("%H:%M").to_string());
        assert_eq!(read.as_deref(), utc, "{text}");
    }
}
