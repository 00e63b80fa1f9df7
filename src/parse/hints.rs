//! When a feed asks to be visited: RSS 2.0 `ttl`, `skipHours`, `skipDays`, and the RSS 1.0 syndication module.

use std::time::Duration;

use super::markup::vocabulary::Target;
use crate::domain::feeds::Hints;

/// Collects what the channel says, in whatever order.
#[derive(Debug, Default)]
pub(super) struct Collector {
    hints: Hints,
    ttl: Option<Duration>,
    period: Option<Duration>,
    frequency: Option<u32>,
}

impl Collector {
    pub(super) fn add(&mut self, target: Target, value: &str) {
        let value = value.trim().to_ascii_lowercase();
        match target {
            // An hour of 24 is midnight's other name.
            Target::SkipHour => {
                self.hints.skip_hours |= value.parse().map_or(0, |hour: u32| match hour {
                    0..=23 => 1 << hour,
                    24 => 1,
                    _ => 0,
                })
            }
            Target::SkipDay => {
                const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
                if let Some(day) = DAYS.iter().position(|day| value.starts_with(day)) {
                    self.hints.skip_days |= 1 << day;
                }
            }
            Target::TimeToLive => {
                self.ttl = value.parse().ok().map(|minutes: u32| Duration::from_secs(u64::from(minutes) * 60))
            }
            Target::Period => self.period = period(&value),
            Target::Frequency => self.frequency = value.parse().ok().filter(|&times| times > 0),
            _ => {}
        }
    }

    pub(super) fn finish(self) -> Hints {
        // The module's defaults: daily, once.
        let period = self.period.or(self.frequency.and(period("daily")));
        let syndication = period.map(|period| period / self.frequency.unwrap_or(1));
        Hints { interval: self.ttl.max(syndication).filter(|interval| !interval.is_zero()), ..self.hints }
    }
}

fn period(name: &str) -> Option<Duration> {
    let hours = match name {
        "hourly" => 1,
        "daily" => 24,
        "weekly" => 7 * 24,
        "monthly" => 30 * 24,
        "yearly" => 365 * 24,
        _ => return None,
    };
    Some(Duration::from_secs(hours * 3600))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_of_ttl_and_period_counts() {
        let hints = |pairs: &[(Target, &str)]| {
            let mut collector = Collector::default();
            pairs.iter().for_each(|(target, value)| collector.add(*target, value));
            collector.finish()
        };
        let minutes = |minutes: u64| Some(Duration::from_secs(minutes * 60));
        assert_eq!(hints(&[(Target::TimeToLive, " 90 ")]).interval, minutes(90));
        assert_eq!(
            hints(&[(Target::TimeToLive, "90"), (Target::Period, "daily"), (Target::Frequency, "4")]).interval,
            minutes(360)
        );
        assert_eq!(hints(&[(Target::Frequency, "0"), (Target::TimeToLive, "0")]).interval, None);
        let skipped = hints(&[
            (Target::SkipHour, "0"),
            (Target::SkipHour, "24"),
            (Target::SkipHour, "99"),
            (Target::SkipHour, "3"),
            (Target::SkipDay, "Sunday"),
        ]);
        assert_eq!((skipped.skip_hours, skipped.skip_days), (0b1001, 0b100_0000));
    }
}
