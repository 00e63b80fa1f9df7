#!/usr/bin/env bash
# What a tick, a page, a poll, a sign-up and a claim take on a database of five years, beside a fresh one.
# Usage: tests/bench/history/bench.sh     (builds with the program's own locked libraries, in release, into target/;
#                                          the database takes a gigabyte of the folder for temporary files)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target}

# The same versions as the program's: cargo takes its lock file, and drops what is not needed here.
cp "$root/Cargo.lock" "$here/Cargo.lock"
trap 'rm -f "$here/Cargo.lock"' EXIT
cargo build --quiet --release --manifest-path "$here/Cargo.toml"
"$CARGO_TARGET_DIR/release/history-bench"
