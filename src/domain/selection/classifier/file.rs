//! The file format of a classifier: text lines that describe it, an empty line, and the weights in binary, so that it
//! loads in a few milliseconds. Numbers are little-endian. Each feature has a key (32 bits), a rarity in thousandths
//! and a weight in units (16 bits each); each feature except pairs has a weight for each theme (8 bits).

use std::fmt::Write as _;
use std::str::FromStr;

use super::{Calibration, Classifier, Feature, Group, RARITY_UNIT};
use crate::domain::selection::features::{Features, hash_bytes};

/// The first line of the file.
const HEAD: &str = "policy-digest classifier 1";
const FEATURE_BYTES: usize = 8;

/// Why a classifier file was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClassifierError {
    /// The file is of another kind or version.
    #[error("it does not begin with `{HEAD}`")]
    Head,
    /// A line of the head is malformed.
    #[error("line {0}: expected {1}")]
    Line(usize, String),
    /// The end of the file is missing or its content was changed.
    #[error("it is damaged: its weights do not match their checksum")]
    Damaged,
}

/// A classifier with the values found by `training`.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) themes: Vec<String>,
    pub(crate) sizes: [usize; Group::COUNT],
    pub(crate) keys: Vec<u32>,
    pub(crate) rarity: Vec<f32>,
    pub(crate) weights: Vec<f64>,
    /// For each theme, a weight for each feature except pairs.
    pub(crate) theme_weights: Vec<Vec<f64>>,
    pub(crate) topic: Calibration,
    pub(crate) calibrated_themes: Vec<Calibration>,
}

/// The unit in which the largest of these weights is `largest`, rounded up to a millionth.
fn unit<'w>(weights: impl Iterator<Item = &'w f64>, largest: f64) -> f64 {
    let most = weights.fold(0.0_f64, |most, weight| most.max(weight.abs()));
    ((most / largest * 1e6).ceil() / 1e6).max(1e-6)
}

impl Classifier {
    /// An untrained classifier.
    #[must_use]
    pub fn untrained(themes: Vec<String>) -> Self {
        let count = themes.len();
        Self {
            themes,
            sizes: [0; Group::COUNT],
            by_hash: Features::new(&[]).0,
            features: Vec::new(),
            weight_unit: 1.0,
            theme_weights: Vec::new(),
            theme_unit: 1.0,
            topic: Calibration::default(),
            calibrated_themes: vec![Calibration::default(); count],
        }
    }

    /// The file of the same classifier with its topic's weights, by position, and its base shifted.
    pub(crate) fn shifted(&self, shift: &[f64], base: f64) -> Vec<u8> {
        let unit = f64::from(self.weight_unit);
        let mut by_number: Vec<(&Feature, u32, &f64)> =
            self.features.iter().zip(0..).zip(shift).map(|((feature, at), shift)| (feature, at, shift)).collect();
        by_number.sort_unstable_by_key(|(feature, ..)| feature.number);
        let theme_unit = f64::from(self.theme_unit);
        let theme_weights = (0..self.themes.len()).map(|theme| {
            let of = self.theme_weights.iter().skip(theme).step_by(self.themes.len());
            of.map(|weight| f64::from(*weight) * theme_unit).collect()
        });
        let mut topic = self.topic;
        #[expect(clippy::cast_possible_truncation, reason = "a coefficient needs a few digits")]
        let base = base as f32;
        topic.base[0] += base;
        Self::write(&Parts {
            themes: self.themes.clone(),
            sizes: self.sizes,
            keys: by_number.iter().map(|(_, at, _)| self.by_hash.key(*at)).collect(),
            rarity: by_number.iter().map(|(feature, ..)| feature.rarity()).collect(),
            weights: by_number.iter().map(|(it, _, shift)| f64::from(it.weight) * unit + *shift).collect(),
            theme_weights: theme_weights.collect(),
            topic,
            calibrated_themes: self.calibrated_themes.clone(),
        })
    }

    /// Serialises the classifier.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the units are such that all fit")]
    pub(crate) fn write(parts: &Parts) -> Vec<u8> {
        let weight_unit = unit(parts.weights.iter(), f64::from(i16::MAX));
        let theme_unit = unit(parts.theme_weights.iter().flatten(), f64::from(i8::MAX));
        let mut body = Vec::with_capacity(parts.keys.len() * (FEATURE_BYTES + parts.themes.len()));
        for ((key, rarity), weight) in parts.keys.iter().zip(&parts.rarity).zip(&parts.weights) {
            body.extend(key.to_le_bytes());
            body.extend(((rarity / RARITY_UNIT).round() as u16).to_le_bytes());
            body.extend(((weight / weight_unit).round() as i16).to_le_bytes());
        }
        for feature in 0..parts.keys.len() - parts.sizes[Group::Pair as usize] {
            body.extend(
                parts.theme_weights.iter().flat_map(|of| ((of[feature] / theme_unit).round() as i8).to_le_bytes()),
            );
        }
        let numbers = |values: &[f32]| values.iter().map(|value| format!(" {value:.4}")).collect::<String>();
        let [words, title_words, pairs] = parts.sizes;
        let calibration = |it: &Calibration| numbers(&[it.base, it.sum, it.points].concat());
        let mut head = format!(
            "{HEAD}\nfeatures {words} {title_words} {pairs}\nunits {weight_unit:.6} {theme_unit:.6}\ntopic{}\n",
            calibration(&parts.topic)
        );
        for (theme, calibrated) in parts.themes.iter().zip(&parts.calibrated_themes) {
            let _ = writeln!(head, "theme {theme}{}", calibration(calibrated));
        }
        let _ = write!(head, "checksum {:016x}\n\n", hash_bytes(&body));
        [head.as_bytes(), &body].concat()
    }

    /// Parses a classifier file.
    ///
    /// # Errors
    /// The content is not a classifier file, or it is damaged.
    pub fn parse(bytes: &[u8]) -> Result<Self, ClassifierError> {
        let end = bytes.windows(2).position(|two| two == b"\n\n").ok_or(ClassifierError::Head)?;
        let (head, body) = (str::from_utf8(&bytes[..end]).map_err(|_| ClassifierError::Head)?, &bytes[end + 2..]);
        let mut lines = head.lines().zip(1..);
        if lines.next().is_none_or(|(line, _)| line != HEAD) {
            return Err(ClassifierError::Head);
        }
        let mut next = |name: &str, count: usize| {
            let wrong = |at| ClassifierError::Line(at, format!("`{name}` and {count} numbers"));
            let (line, at) = lines.next().ok_or_else(|| wrong(head.lines().count()))?;
            line.strip_prefix(name).map(|rest| (rest, at)).ok_or_else(|| wrong(at))
        };
        let (line, at) = next("features", Group::COUNT)?;
        let sizes: [usize; Group::COUNT] = numbers(line, at)?;
        let (line, at) = next("units", 2)?;
        let [weight_unit, theme_unit] = numbers::<f32, 2>(line, at)?;
        let (line, at) = next("topic", 6)?;
        let topic = calibration(line, at)?;
        let (mut themes, mut calibrated_themes, mut checksum) = (Vec::new(), Vec::new(), None);
        for (line, at) in lines {
            if let Some(hex) = line.strip_prefix("checksum ") {
                checksum = u64::from_str_radix(hex, 16).ok();
                continue;
            }
            let theme = line.strip_prefix("theme ").and_then(|rest| rest.split_once(' '));
            let (name, rest) =
                theme.ok_or_else(|| ClassifierError::Line(at, "`theme`, its name and 6 numbers".to_owned()))?;

            themes.push(name.to_owned());
            calibrated_themes.push(calibration(rest, at)?);
        }
        let of_themes = (sizes[0].saturating_add(sizes[1])).saturating_mul(themes.len());
        let count = sizes.iter().fold(0_usize, |sum, size| sum.saturating_add(*size));
        let expected = count.saturating_mul(FEATURE_BYTES).saturating_add(of_themes);
        if body.len() != expected || checksum != Some(hash_bytes(body)) {
            return Err(ClassifierError::Damaged);
        }
        let (features, of_themes) = body.split_at(count * FEATURE_BYTES);
        let (features, _) = features.as_chunks::<FEATURE_BYTES>();
        let keys: Vec<u32> =
            features.iter().map(|[k0, k1, k2, k3, ..]| u32::from_le_bytes([*k0, *k1, *k2, *k3])).collect();
        let (by_hash, order) = Features::new(&keys);
        let feature = |number: u32| {
            let [.., r0, r1, w0, w1] = features[number as usize];
            Feature { number, rarity: u16::from_le_bytes([r0, r1]), weight: i16::from_le_bytes([w0, w1]) }
        };
        Ok(Self {
            themes,
            sizes,
            by_hash,
            features: order.into_iter().map(feature).collect(),
            weight_unit,
            theme_weights: of_themes.iter().map(|byte| i8::from_le_bytes([*byte])).collect(),
            theme_unit,
            topic,
            calibrated_themes,
        })
    }
}

fn calibration(line: &str, at: usize) -> Result<Calibration, ClassifierError> {
    let [b0, b1, s0, s1, p0, p1] = numbers(line, at)?;
    Ok(Calibration { base: [b0, b1], sum: [s0, s1], points: [p0, p1] })
}

/// Parses `COUNT` numbers separated by spaces.
fn numbers<T: FromStr, const COUNT: usize>(line: &str, at: usize) -> Result<[T; COUNT], ClassifierError> {
    let read: Option<Vec<T>> = line.split_whitespace().map(|number| number.parse().ok()).collect();
    let read = read.and_then(|read| <[T; COUNT]>::try_from(read).ok());
    read.ok_or_else(|| ClassifierError::Line(at, format!("{COUNT} numbers")))
}
