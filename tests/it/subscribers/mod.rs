//! Subscribers: signing up, confirming, preferences, leaving, imports, and the tokens of their links.

mod confirming;
mod domains;
mod keys;
mod leaving;
mod life;
mod old_address;
mod own_page;
mod people;
mod people_import;
mod side_paths;
mod sign_up;
mod tokens;
mod votes;
