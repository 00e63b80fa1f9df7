//! What the repository promises: floors, schemas, deployment samples, fuzz seeds.

mod deploy;
mod floors;
mod fuzz_seeds;
mod portable;
mod schema;
