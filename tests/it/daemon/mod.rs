//! The daemon as a process: starting, working, reloading and ending.

mod life;
mod process;
mod reload;
mod supervised;
