//! Rate limits for visitors and addresses on the pages: leaky buckets (GCRA, by `governor`) in memory. Their keys are
//! hashes with a key of this process, so that they identify nobody; full buckets are removed.

use std::hash::{BuildHasher as _, Hash, RandomState};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::Duration;

use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use crate::app::clock::Clock;
use crate::domain::subscribers::subscriber::EmailAddress;

/// The burst of one network, and the time for one more request. An office that signs up together is not refused, but a
/// program gets no more than 60 requests an hour.
const VISITOR: (u32, Duration) = (30, Duration::from_secs(60));
/// The same for all networks of a provider together. A client with millions of networks gets no more than 600 requests
/// an hour, and cannot fill the table below alone.
const PROVIDER: (u32, Duration) = (600, Duration::from_secs(6));
/// The same for one email address. The store further limits the emails to it.
const ADDRESS: (u32, Duration) = (5, Duration::from_secs(15 * 60));
/// The maximum number of buckets, some 50 bytes each. When the table is full, all new keys share one bucket.
const BUCKETS: usize = 20_000;
/// How often full buckets are removed, in seconds.
const SWEEP_SECONDS: i64 = 60;
/// The leading bits that identify a visitor: an IPv4 /24, and an IPv6 /56, which is what a provider assigns to one
/// household (RFC 6177 §2).
const PREFIX_BITS: (u32, u32) = (24, 56);
/// The leading bits that identify a provider: an IPv4 /16, and an IPv6 /32, the smallest allocation to a provider.
const PROVIDER_BITS: (u32, u32) = (16, 32);

/// Too many requests: try again after this time, which is above zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooOften(pub Duration);

/// The limits of the pages.
#[derive(Debug)]
pub struct Limits {
    providers: Limit,
    visitors: Limit,
    addresses: Limit,
    /// How many processes serve the pages: a request counts for as many, so that all together allow what one would.
    processes: AtomicU32,
}

impl Limits {
    /// Starts with every bucket full.
    #[must_use]
    pub fn new(clock: &Clock) -> Self {
        let limit = |of| Limit::new(of, clock);
        let processes = AtomicU32::new(1);
        Self { providers: limit(PROVIDER), visitors: limit(VISITOR), addresses: limit(ADDRESS), processes }
    }

    /// Shares the limits among so many processes that serve the pages.
    pub fn share(&self, processes: usize) {
        self.processes.store(u32::try_from(processes).unwrap_or(u32::MAX).max(1), Ordering::Relaxed);
    }

    /// Counts a request from the visitor with this IP address.
    ///
    /// # Errors
    /// [`TooOften`].
    pub fn visitor(&self, from: IpAddr) -> Result<(), TooOften> {
        let processes = self.processes.load(Ordering::Relaxed);
        self.providers.count(&leading(from, PROVIDER_BITS), processes)?;
        self.visitors.count(&prefix(from), processes)
    }

    /// Counts a request that concerns an email address, no matter who makes it and whether the address is known.
    ///
    /// # Errors
    /// [`TooOften`].
    pub fn address(&self, address: &EmailAddress) -> Result<(), TooOften> {
        self.addresses.count(&address.key(), self.processes.load(Ordering::Relaxed))
    }
}

/// The common prefix of all IP addresses of a visitor: the version and the leading bits.
pub(crate) type Prefix = (u8, u128);

/// The visitor prefix of an IP address.
pub(crate) fn prefix(address: IpAddr) -> Prefix {
    leading(address, PREFIX_BITS)
}

fn leading(address: IpAddr, (v4, v6): (u32, u32)) -> Prefix {
    match address.to_canonical() {
        IpAddr::V4(address) => (4, u128::from(address.to_bits() >> (32 - v4))),
        IpAddr::V6(address) => (6, address.to_bits() >> (128 - v6)),
    }
}

#[derive(Debug)]
struct Limit {
    buckets: RateLimiter<u64, HashMapStateStore<u64>, Clock, NoOpMiddleware<Nanos>>,
    clock: Clock,
    hasher: RandomState,
    burst: NonZeroU32,
    swept: AtomicI64,
}

impl Limit {
    fn new((burst, pause): (u32, Duration), clock: &Clock) -> Self {
        let burst = NonZeroU32::new(burst).expect("a constant above zero");
        let quota = Quota::with_period(pause).expect("a constant above zero").allow_burst(burst);
        Self {
            buckets: RateLimiter::new(quota, HashMapStateStore::default(), clock.clone()),
            clock: clock.clone(),
            hasher: RandomState::new(),
            burst,
            swept: AtomicI64::new(i64::MIN),
        }
    }

    fn count(&self, key: &impl Hash, times: u32) -> Result<(), TooOften> {
        self.sweep();
        let own = self.hasher.hash_one(key);
        let bucket = if self.buckets.len() < BUCKETS { own } else { 0 };
        let times = NonZeroU32::new(times).map_or(NonZeroU32::MIN, |times| times.min(self.burst));
        // No more at once than the burst, so that it can always be counted.
        self.buckets.check_key_n(&bucket, times).unwrap_or(Ok(())).map_err(|wait| {
            let wait = wait.wait_time_from(governor::clock::Clock::now(&self.clock));
            TooOften(wait.max(Duration::from_secs(1)))
        })
    }

    /// Removes buckets that are full again.
    fn sweep(&self) {
        let now = self.clock.now().timestamp();
        if now.saturating_sub(self.swept.load(Ordering::Relaxed)) >= SWEEP_SECONDS {
            self.swept.store(now, Ordering::Relaxed);
            self.buckets.retain_recent();
        }
    }
}

impl governor::clock::Clock for Clock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Duration::from_secs(Self::now(self).timestamp().unsigned_abs()).into()
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;

    fn limits() -> (Clock, Limits) {
        let clock = Clock::set_to(DateTime::UNIX_EPOCH + TimeDelta::days(20_000));
        let limits = Limits::new(&clock);
        (clock, limits)
    }

    #[test]
    fn a_network_counts_as_one_visitor_and_its_neighbour_as_another() {
        let (clock, limits) = limits();
        for (one, same, other) in [
            ("192.0.2.1", "192.0.2.200", "192.0.3.1"),
            ("2001:db8:0:100::1", "2001:db8:0:1ff:ffff::2", "2001:db8:0:200::1"),
            ("::ffff:198.51.100.7", "198.51.100.8", "::198.51.100.7"),
        ] {
            let [one, same, other] = [one, same, other].map(|address| address.parse::<IpAddr>().unwrap());
            for _ in 0..VISITOR.0 {
                limits.visitor(one).unwrap();
            }
            assert_eq!(limits.visitor(same), Err(TooOften(VISITOR.1)));
            limits.visitor(other).unwrap();
        }
        clock.advance(TimeDelta::seconds(60));
        limits.visitor("192.0.2.9".parse().unwrap()).unwrap();
        assert!(limits.visitor("192.0.2.9".parse().unwrap()).is_err());
    }

    #[test]
    fn spellings_of_an_address_count_as_one() {
        let (_, limits) = limits();
        let address = |text: &str| EmailAddress::parse(text).unwrap();
        for _ in 0..ADDRESS.0 {
            limits.address(&address("ada@example.org")).unwrap();
        }
        assert!(limits.address(&address("ADA@example.org")).is_err());
        limits.address(&address("ben@example.org")).unwrap();
    }

    #[test]
    fn a_flood_of_networks_takes_bounded_memory_and_what_is_full_again_is_forgotten() {
        let (clock, limits) = limits();
        let mut refused = 0;
        for number in 0..1_000_000u128 {
            let address = IpAddr::from((0x2000 << 112 | number << 96).to_be_bytes());
            refused += usize::from(limits.visitor(address).is_err());
        }
        assert!(limits.visitors.buckets.len() <= BUCKETS + 1 && limits.providers.buckets.len() <= BUCKETS + 1);
        assert!(refused > 900_000, "visitors beyond the limit share one bucket: {refused}");
        clock.advance(TimeDelta::days(1));
        limits.visitor("192.0.2.1".parse().unwrap()).unwrap();
        assert_eq!((limits.visitors.buckets.len(), limits.providers.buckets.len()), (1, 1));
    }

    #[test]
    fn a_client_with_a_million_networks_does_not_keep_others_out() {
        let (_, limits) = limits();
        let heard = (0..1_000_000u128).filter(|number| {
            let address = IpAddr::from((0x2001_0db8 << 96 | number << 72).to_be_bytes());
            limits.visitor(address).is_ok()
        });
        assert_eq!(heard.count(), PROVIDER.0 as usize);
        for other in ["2001:db9::1", "192.0.2.1", "::ffff:203.0.113.1"] {
            limits.visitor(other.parse().unwrap()).unwrap();
        }
    }
}
