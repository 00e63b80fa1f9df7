//! Operations: alarms, checks, backup, damage, clean-up, and costs that follow the work.

mod alarms;
mod backup;
mod check;
mod clock;
mod costs;
mod damage;
mod database;
mod migrations;
mod operator;
mod private;
mod query_plans;
mod server;
mod standbys;
mod upkeep;
mod whole_states;
