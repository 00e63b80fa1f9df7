#!/usr/bin/env bash
# Twelve simulated weeks with an editor who knows the truth: precision and recall with and without learning.
# Usage: tests/bench/learning/learning.sh POSTS.jsonl [PLOT.svg]     (builds in release, into target/)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target}

posts=${1:?the labelled posts, one JSON object a line}
if [ ! -f "$posts" ]; then
    echo "there are no posts at $posts: nothing is simulated" >&2
    exit 0
fi
cp "$root/Cargo.lock" "$here/Cargo.lock"
trap 'rm -f "$here/Cargo.lock"' EXIT
cargo build --quiet --release --manifest-path "$here/Cargo.toml"
"$CARGO_TARGET_DIR/release/learning-bench" "$root/config" "$posts" "${2:-}"
