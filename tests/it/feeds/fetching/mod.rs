//! Polls: how politely hosts are asked, what a faulty or hostile server cannot do, and where a feed moves to.

mod blocked;
mod crashes;
mod faults;
mod hostile_servers;
mod moves;
mod polite;
mod politeness;
mod polling;
