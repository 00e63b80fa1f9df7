//! What the repository promises: floors, schemas, deployment samples, fuzz seeds, the README's commands.

mod deploy;
mod floors;
mod fuzz_seeds;
mod portable;
mod readme;
mod schema;
