//! The pages over real connections and in a real browser.

mod axe;
mod below_a_path;
mod caching;
mod cooperation;
mod hostile_requests;
mod operator_page;
mod pages;
mod public_pages;
mod read_only;
mod responses;
mod slow_clients;
mod statements;
mod timing;
mod words;
