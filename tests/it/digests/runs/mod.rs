//! Runs: which slots and windows they serve, at what instant, and what `once` and `send-now` make.

mod filling;
mod once_waits;
mod send_now;
mod slots;
mod windows;
mod year;
mod zones;
