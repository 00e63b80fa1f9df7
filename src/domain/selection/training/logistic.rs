//! Logistic regression on a few values by Newton's method. It turns the classifier's sums for texts that it was not
//! trained on into probabilities (Platt 1999).

use crate::domain::selection::classifier::probability::logistic;

/// One observation.
#[derive(Debug, Clone)]
pub(super) struct Case {
    /// The input values.
    pub(super) values: Vec<f64>,
    /// The observed outcome.
    pub(super) outcome: bool,
    /// Its weight.
    pub(super) weight: f64,
}

/// The penalty that pulls each coefficient towards zero, so that few cases do not give certainty.
const PENALTY: f64 = 1.0;
const STEPS: usize = 50;
const TOLERANCE: f64 = 1e-9;

/// A coefficient for each value; their dot product with the values is the log-odds of the outcome.
pub(super) fn fit(cases: &[Case]) -> Vec<f64> {
    let width = cases.first().map_or(0, |case| case.values.len());
    let mut coefficients = vec![0.0; width];
    for _ in 0..STEPS {
        let mut slope: Vec<f64> = coefficients.iter().map(|coefficient| -PENALTY * coefficient).collect();
        let mut curvature = vec![vec![0.0; width]; width];
        for (at, row) in curvature.iter_mut().enumerate() {
            row[at] = PENALTY;
        }
        for Case { values, outcome, weight } in cases {
            let likely = logistic(dot(&coefficients, values));
            let error = weight * (f64::from(u8::from(*outcome)) - likely);
            let spread = weight * likely * (1.0 - likely);
            for (at, value) in values.iter().enumerate() {
                slope[at] += error * value;
                for (cell, other) in curvature[at].iter_mut().zip(values) {
                    *cell += spread * value * other;
                }
            }
        }
        let step = solve(curvature, slope);
        coefficients.iter_mut().zip(&step).for_each(|(coefficient, step)| *coefficient += step);
        if step.iter().all(|step| step.abs() < TOLERANCE) {
            break;
        }
    }
    coefficients
}

pub(super) fn dot(coefficients: &[f64], values: &[f64]) -> f64 {
    coefficients.iter().zip(values).map(|(coefficient, value)| coefficient * value).sum()
}

/// Solves a system of equations with a positive definite matrix by elimination.
fn solve(mut matrix: Vec<Vec<f64>>, mut right: Vec<f64>) -> Vec<f64> {
    let width = right.len();
    for at in 0..width {
        for below in at + 1..width {
            let factor = matrix[below][at] / matrix[at][at];
            let (above, rest) = matrix.split_at_mut(below);
            rest[0].iter_mut().zip(&above[at]).for_each(|(cell, above)| *cell -= factor * above);
            right[below] -= factor * right[at];
        }
    }
    for at in (0..width).rev() {
        let known: f64 = (at + 1..width).map(|column| matrix[at][column] * right[column]).sum();
        right[at] = (right[at] - known) / matrix[at][at];
    }
    right
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_of_the_outcome_are_found() {
        // The outcome is true for a quarter of a thousand cases without the feature, and for three quarters of those
        // with it.
        let case =
            |sign: f64, at: usize, yes: usize| Case { values: vec![1.0, sign], outcome: at < yes, weight: 100.0 };
        let cases: Vec<Case> = (0..1000).flat_map(|at| [case(0.0, at, 250), case(1.0, at, 750)]).collect();
        let found = fit(&cases);
        assert!((logistic(found[0]) - 0.25).abs() < 0.002, "{found:?}");
        assert!((logistic(found[0] + found[1]) - 0.75).abs() < 0.002, "{found:?}");
    }
}
