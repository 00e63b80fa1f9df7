//! A sparkline: a row of numbers as small bars, for terminals.

/// From the lowest to the highest.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// One bar for each number, scaled to the highest number; zero is the lowest and appears as a dot.
#[must_use]
pub fn line(numbers: &[u64]) -> String {
    let most = numbers.iter().copied().max().unwrap_or(0);
    let bar = |number: u64| match number {
        0 => '·',
        _ => {
            let rank = (number * BARS.len() as u64).div_ceil(most.max(1));
            BARS[usize::try_from(rank).unwrap_or(BARS.len()).clamp(1, BARS.len()) - 1]
        }
    };
    numbers.iter().map(|number| bar(*number)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_is_as_high_as_it_is_beside_the_highest() {
        assert_eq!(line(&[0, 1, 4, 8]), "·▁▄█");
        assert_eq!(line(&[3, 3]), "██");
        assert_eq!(line(&[0, 0]), "··");
        assert_eq!(line(&[u64::MAX / 8, 1]), "█▁");
        assert_eq!(line(&[]), "");
    }
}
