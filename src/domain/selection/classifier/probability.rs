//! Log-odds as probabilities. The exponential function of a platform's library may differ in its last bit from that of
//! another, so it is worked out here, with sums and products only.

use std::f64::consts::LN_2;

/// Beyond this a probability is 0 or 1 to six places.
const EXTREME: f64 = 30.0;

/// The probability of these log-odds.
pub(crate) fn logistic(log_odds: f64) -> f64 {
    1.0 / (1.0 + exp(-log_odds.clamp(-EXTREME, EXTREME)))
}

/// The log-odds of a probability, to be compared with others; within the extremes.
pub(crate) fn exp(value: f64) -> f64 {
    // e^x = 2^n e^r with |r| <= ln 2 / 2, where eleven terms of the series are exact to the last places.
    let turns = (value / LN_2).round();
    let rest = value - turns * LN_2;
    let series = (1..=13).rev().fold(1.0, |sum, term| 1.0 + rest / f64::from(term) * sum);
    #[expect(clippy::cast_possible_truncation, reason = "within the extremes")]
    let turns = turns as i32;
    series * 2.0_f64.powi(turns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_agrees_with_the_library() {
        for step in -2_900..2_900 {
            let value = f64::from(step) / 100.0;
            assert!((exp(value) / value.exp() - 1.0).abs() < 1e-13, "{value}");
        }
        assert_eq!(logistic(0.0), 0.5);
        assert!(logistic(f64::from(f32::MAX)) > 0.999_999 && logistic(f64::MIN) < 1e-6);
    }
}
