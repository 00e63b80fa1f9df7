//! How values stand in a file that are something else in the program, for the schemas.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

/// How a duration is written: `30s`, `15m`, `7d`, `1h 30m`.
pub(super) struct Time;

impl JsonSchema for Time {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Time".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^\\s*([0-9]+\\s*[a-zA-Z]+\\s*)+$", "examples": ["30s", "15m", "7d"] })
    }
}

/// A number, or "" for none.
pub(super) struct Optional;

impl JsonSchema for Optional {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Optional".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "number" }, { "const": "" }] })
    }
}
