//! Imitations of those who keep programs out, and what is said of each.
