//! `messages_per_second`: a bucket from which each message takes a token before it is claimed. It holds what falls due
//! in a hundredth of a second, so that the limit holds for every second and timers need not be finer than they are.

use std::time::Duration;

use tokio::time::Instant;

#[derive(Debug)]
pub(super) struct Bucket {
    /// `None` is no limit.
    per_second: Option<f64>,
    most: f64,
    tokens: f64,
    filled: Instant,
}

impl Bucket {
    /// 0 is no limit.
    pub(super) fn new(per_second: u32, now: Instant) -> Self {
        let most = (f64::from(per_second) / 100.0).max(1.0);
        let per_second = (per_second > 0).then(|| f64::from(per_second));
        Self { per_second, most, tokens: most, filled: now }
    }

    /// Takes up to `wanted` tokens.
    pub(super) fn take(&mut self, wanted: usize, now: Instant) -> usize {
        let Some(per_second) = self.per_second else { return wanted };
        let elapsed = now.saturating_duration_since(self.filled).as_secs_f64();
        (self.tokens, self.filled) = ((self.tokens + elapsed * per_second).min(self.most), now);
        let taken = wanted.min(self.tokens as usize);
        self.tokens -= taken as f64;
        taken
    }

    /// Tokens that were not used after all.
    pub(super) fn give_back(&mut self, unused: usize) {
        self.tokens = (self.tokens + unused as f64).min(self.most);
    }

    /// How long until there is a token.
    pub(super) fn wait(&self, now: Instant) -> Duration {
        let Some(per_second) = self.per_second else { return Duration::ZERO };
        let full_at = Duration::from_secs_f64(((1.0 - self.tokens) / per_second).max(0.0));
        full_at.saturating_sub(now.saturating_duration_since(self.filled))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_second_has_more_than_the_limit_and_a_hundredth() {
        let start = Instant::now();
        let mut bucket = Bucket::new(200, start);
        let mut taken = Vec::new();
        for milliseconds in 0..5000 {
            let now = start + Duration::from_millis(milliseconds);
            taken.extend(std::iter::repeat_n(milliseconds, bucket.take(8, now)));
        }
        for begin in 0..4000 {
            let within = taken.iter().filter(|at| (begin..begin + 1000).contains(*at)).count();
            assert!((198..=202).contains(&within), "{within} in the second from {begin} ms");
        }
    }

    #[test]
    fn nothing_is_owed_for_an_idle_hour_and_what_was_not_used_is_given_back() {
        let start = Instant::now();
        let mut bucket = Bucket::new(200, start);
        assert_eq!(bucket.take(100, start + Duration::from_secs(3600)), 2);
        assert_eq!(bucket.wait(start + Duration::from_secs(3600)), Duration::from_millis(5));
        bucket.give_back(1);
        assert_eq!(bucket.take(100, start + Duration::from_secs(3600)), 1);
    }

    #[test]
    fn without_a_limit_all_are_given() {
        let mut bucket = Bucket::new(0, Instant::now());
        assert_eq!((bucket.take(100, Instant::now()), bucket.wait(Instant::now())), (100, Duration::ZERO));
    }
}
