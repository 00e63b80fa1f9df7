//! The command line: help, exit codes, errors, and commands beside a running daemon.

mod beside;
pub mod exit_codes;
mod help;
mod looking;
mod os_errors;
mod starting;
