//! The plural categories of whole numbers in each language, from the Unicode CLDR (release 48, plurals.xml). Languages
//! that are not listed here have `one` and `other`, as English has.

/// A plural category.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Category {
    /// 0 in Welsh, Arabic and Latvian.
    Zero,
    /// 1 in most languages.
    One,
    /// 2 in Welsh, Gaelic, Irish and Arabic, for example.
    Two,
    /// 3 in Welsh.
    Few,
    /// 6 in Welsh.
    Many,
    /// Every other number.
    Other,
}

crate::domain::word::words!(Category {
    Zero = "zero",
    One = "one",
    Two = "two",
    Few = "few",
    Many = "many",
    Other = "other",
});

/// The category of a number in a language.
pub(super) fn category(language: &str, n: u64) -> Category {
    use Category::{Few, Many, One, Other, Two, Zero};
    let (tens, hundreds) = (n % 10, n % 100);
    let is_teen = (11..=19).contains(&hundreds);
    let slavic_few = (2..=4).contains(&tens) && !(12..=14).contains(&hundreds);
    match language {
        "cy" => match n {
            0 => Zero,
            1 => One,
            2 => Two,
            3 => Few,
            6 => Many,
            _ => Other,
        },
        "gd" => match n {
            1 | 11 => One,
            2 | 12 => Two,
            3..=10 | 13..=19 => Few,
            _ => Other,
        },
        "ga" => match n {
            1 => One,
            2 => Two,
            3..=6 => Few,
            7..=10 => Many,
            _ => Other,
        },
        "fr" | "pt" if n <= 1 => One,
        "fr" | "pt" | "it" | "es" | "ca" if n > 1 && n.is_multiple_of(1_000_000) => Many,
        "fa" | "hi" | "hy" if n <= 1 => One,
        "is" | "mk" if tens == 1 && hundreds != 11 => One,
        "is" | "mk" => Other,
        "pl" => match n {
            1 => One,
            _ if slavic_few => Few,
            _ => Many,
        },
        "cs" | "sk" if (2..=4).contains(&n) => Few,
        "sl" => match hundreds {
            1 => One,
            2 => Two,
            3 | 4 => Few,
            _ => Other,
        },
        "hr" | "sr" | "ru" | "uk" => match n {
            _ if tens == 1 && hundreds != 11 => One,
            _ if slavic_few => Few,
            _ if matches!(language, "ru" | "uk") => Many,
            _ => Other,
        },
        "ro" if n == 0 || (n != 1 && (1..=19).contains(&hundreds)) => Few,
        "lv" if tens == 0 || is_teen => Zero,
        "lv" if tens == 1 => One,
        "lt" if is_teen || tens == 0 => Other,
        "lt" => {
            if tens == 1 {
                One
            } else {
                Few
            }
        }
        "mt" => match n {
            1 => One,
            2 => Two,
            _ if n == 0 || (3..=10).contains(&hundreds) => Few,
            _ if is_teen => Many,
            _ => Other,
        },
        "ar" => match n {
            0 => Zero,
            1 => One,
            2 => Two,
            _ if (3..=10).contains(&hundreds) => Few,
            _ if hundreds >= 11 => Many,
            _ => Other,
        },
        "he" if n == 2 => Two,
        "ja" | "ko" | "zh" | "lv" => Other,
        _ if n == 1 => One,
        _ => Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_categories_of_the_cldr() {
        let mut wrong = Vec::new();
        // The CLDR's own sample numbers.
        for (language, samples) in [
            ("en", "one 1 other 0 2 16 100 1000 1000000"),
            ("de", "one 1 other 0 2 16 100"),
            ("cy", "zero 0 one 1 two 2 few 3 many 6 other 4 5 7 20 100 1000 1000000"),
            ("gd", "one 1 11 two 2 12 few 3 10 13 19 other 0 20 34 100 1000"),
            ("ga", "one 1 two 2 few 3 6 many 7 10 other 0 11 25 100"),
            ("fr", "one 0 1 many 1000000 other 2 17 100 1000"),
            ("it", "one 1 many 1000000 other 0 2 16"),
            ("pl", "one 1 few 2 4 22 24 102 many 0 5 19 100 112"),
            ("cs", "one 1 few 2 4 other 0 5 19 100"),
            ("ru", "one 1 21 101 few 2 4 22 many 0 5 19 11 14 111"),
            ("sl", "one 1 101 two 2 102 few 3 4 103 other 0 5 19"),
            ("hr", "one 1 21 few 2 24 other 0 5 11 19"),
            ("ro", "one 1 few 0 2 16 101 other 20 35 100"),
            ("lv", "zero 0 10 20 11 19 one 1 21 other 2 9 22"),
            ("lt", "one 1 21 few 2 9 22 other 0 10 20 11"),
            ("ar", "zero 0 one 1 two 2 few 3 10 103 many 11 26 111 other 100 102 200"),
            ("he", "one 1 two 2 other 0 3 17"),
            ("ja", "other 0 1 15 100"),
        ] {
            let mut expected = Category::Other;
            for word in samples.split(' ') {
                match word.parse() {
                    Ok(category) => expected = category,
                    Err(_) if category(language, word.parse().unwrap()) == expected => {}
                    Err(_) => wrong.push((language, word)),
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:?}");
    }
}
