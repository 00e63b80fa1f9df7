//! Policy Digest polls policy blogs' feeds, keeps what is new, selects the posts on one topic, and emails them to
//! subscribers as a digest.
//!
//! # Floors
//! A module imports only from floors below its own; `tests/it/repository/floors.rs` checks it.
//!
//! | floor | rooms | |
//! |---|---|---|
//! | 4, doors | [`cli`] | the command line: one file a command, results on stdout |
//! | | [`daemon`] | timers, signals, and the rounds that wake the use cases |
//! | | [`web`] | pages, forms, feeds of our own, health and metrics |
//! | 3 | [`app`] | the use cases; the only place where adapters meet |
//! | 2, adapters | [`fetch`] | HTTP, with a guard against private addresses |
//! | | [`parse`] | feeds and pages to items of plain text |
//! | | [`store`] | the database: a file of SQLite's, or a PostgreSQL server's |
//! | | [`render`] | templates to emails and pages |
//! | | [`mail`] | SMTP, DKIM, and emails that come back |
//! | | [`dns`], [`transfer`], [`telemetry`] | TXT records; CSV, OPML and feeds written and read; logs |
//! | 1 | [`config`] | plain settings, parsed and checked |
//! | 0 | [`domain`] | the rules: values in, values out |
//!
//! # Rooms
//! `domain`, `store`, `app`, `cli` and `web` have the same rooms, one a subject: `feeds` (what is read, and how politely),
//! `items` (what arrived), `selection` (which items are on topic, and why), `digests` (what goes into an issue), `outbox` (how
//! email leaves and what comes back), `subscribers` (who gets it) and `operations` (keeping it healthy).
//!
//! # The way of one item
//! 1. `app/feeds/poll/mod.rs` finds the feeds that are due, has them fetched and parsed, and scores each item.
//! 2. `store/feeds/mod.rs` keeps a poll's outcome in one transaction; `store/items/arrival/mod.rs` tells new items from known ones and
//!    numbers them.
//! 3. `app/digests/mod.rs` composes and renders what has arrived since each subscriber's cursor, when a slot is due.
//! 4. `store/digests/filling.rs` freezes that as a run: its stories, its bodies, and one message for each subscriber.
//! 5. `app/outbox/deliver/mod.rs` claims messages that are due (`store/outbox/attempts.rs` records the attempt first) and sends them.
//! 6. `store/outbox/mod.rs` settles each attempt with the state that `domain/outbox/mod.rs` says follows.
//!
//! # Ways in
//! `App::look` reads and changes nothing. `App::work` takes the lock first, and then makes and migrates the database, polls and
//! sends. `App::edit` makes a small change beside a running daemon. `App::serve` is the daemon's way: it works, or stands by for
//! the process that works on the same server (`daemon/part.rs`). `cli::access` says which command takes which.
//!
//! # Words
//! A **Feed** has **Items**; items on one matter are a **Story**. A **Topic** has **Themes**; an item's **Score** has
//! **Reasons**. A **Run** makes the **Digest** for one **Slot** of a cadence, in **Sections**. A **Message** is one email to one
//! **Subscriber**, sent in one or more **Attempts** from the **Outbox**; many messages share a rendered **Body**. An **Alarm** is
//! one incident that needs the operator.

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
