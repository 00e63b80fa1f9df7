//! Subscribers: signing up, confirming, preferences, leaving, imports, and the tokens of their links.

mod confirming;
mod keys;
mod leaving;
mod life;
mod own_page;
mod people;
mod people_import;
mod side_paths;
mod sign_up;
mod tokens;
mod votes;
