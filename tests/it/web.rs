//! The pages over real connections and in a real browser.

mod answers;
mod apart;
mod axe;
mod caching;
mod hostile_requests;
mod operator_page;
mod pages;
mod public_pages;
mod read_only;
mod slow_clients;
mod timing;
