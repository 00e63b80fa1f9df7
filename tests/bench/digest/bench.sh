#!/usr/bin/env bash
# How long one core takes to compose 10,000 stories into a digest, and to render it.
# Usage: tests/bench/digest/bench.sh     (builds with the program's own locked libraries, in release, into target/)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target}

# The same versions as the program's: cargo takes its lock file, and drops what is not needed here.
cp "$root/Cargo.lock" "$here/Cargo.lock"
trap 'rm -f "$here/Cargo.lock"' EXIT
cargo build --quiet --release --manifest-path "$here/Cargo.toml"
"$CARGO_TARGET_DIR/release/digest-bench"
