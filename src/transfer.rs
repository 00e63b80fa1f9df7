//! Lists that come from and go to other programs.

pub mod csv;
