//! Policy Digest: polls policy blogs' feeds, keeps what is new, picks the posts on one topic, and mails
//! them to subscribers as a digest.
//!
//! The house has floors; a module imports only from floors below its own, and `tests/it/repository/floors.rs` checks it.
//!
//! | floor | rooms | |
//! |---|---|---|
//! | 4, doors | `cli` `daemon` `web` | speak to people, alarms and HTTP; decide nothing |
//! | 3 | `app` | the use cases; the only place where adapters meet |
//! | 2, adapters | `fetch` `parse` `store` `render` `mail` `dns` `transfer` `telemetry` | one outside thing each |
//! | 1 | `config` | plain settings, parsed and checked |
//! | 0 | `domain` | the rules: values in, values out |
//!
//! There are two ways in: `App::look` to read, which changes nothing, and `App::work`, which takes the lock first and then
//! makes, migrates, polls and sends; and `App::edit` for a small change beside whoever works. `cli::access` says which command
//! takes which.
//!
//! One word, one meaning: a **Feed** has **Items**; Items on one matter are a **Story**; a **Topic** has **Themes**;
//! an Item's **Score** has **Reasons**; a **Run** makes the **Digest** of one slot of a cadence, in **Sections**;
//! a **Message** is one mail to one **Subscriber**, sent in one or more **Attempts**; an **Alarm** is one incident that needs
//! whoever runs it.

pub mod app;
pub mod cli;
pub mod config;
pub mod daemon;
pub mod dns;
pub mod domain;
pub mod fetch;
pub mod mail;
pub mod parse;
pub mod render;
pub mod store;
pub mod telemetry;
pub mod transfer;
pub mod web;
