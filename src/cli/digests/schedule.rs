//! `schedule`: the next slots of each cadence, in local time and UTC.

use chrono::SecondsFormat;
use clap::Args;
use serde_json::json;

use crate::app::clock::Clock;
use crate::app::operations::status::next_slots;
use crate::cli::terminal::table;
use crate::cli::{Ending, Global, print};

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  policy-digest schedule --next 10")]
pub(crate) struct Schedule {
    /// How many slots of each cadence to show
    #[arg(long, value_name = "N", default_value_t = 3)]
    next: usize,
}

impl Schedule {
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<Ending> {
        let settings = global.load()?.settings;
        let zone = settings.timezone;
        let slots = next_slots(&settings, Clock::System.now(), self.next)?;
        if global.json {
            let slots: Vec<_> = slots
                .iter()
                .map(|(cadence, slot)| {
                    json!({
                        "cadence": cadence.as_str(),
                        "local": slot.utc.with_timezone(&zone).to_rfc3339_opts(SecondsFormat::Secs, false),
                        "utc": slot.utc.to_rfc3339_opts(SecondsFormat::Secs, true),
                    })
                })
                .collect();
            print(serde_json::Value::from(slots));
            return Ok(Ending::Done);
        }
        let mut table = table::new(["cadence", "local", "utc"]);
        for (cadence, slot) in slots {
            let local = slot.utc.with_timezone(&zone).format("%a %-d %b %Y %H:%M %Z");
            table.add_row([cadence.to_string(), local.to_string(), slot.utc.format("%Y-%m-%d %H:%M").to_string()]);
        }
        print(table);
        Ok(Ending::Done)
    }
}
