#!/usr/bin/env bash
# How fast 30 KB messages are handed to a server on this machine, on 1 and on 8 connections, beside Postfix's own
# smtp-source. Usage: tests/bench/wire/bench.sh     (needs smtp-sink and smtp-source, of Debian's package postfix)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target}
PATH=$PATH:/usr/sbin
port=${PORT:-8826} messages=${MESSAGES:-4000}

# The same versions as the program's: cargo takes its lock file, and drops what is not needed here.
cp "$root/Cargo.lock" "$here/Cargo.lock"
smtp-sink -u nobody "127.0.0.1:$port" 1024 & sink=$!
trap 'kill $sink; rm -f "$here/Cargo.lock"' EXIT
cargo build --quiet --release --manifest-path "$here/Cargo.toml"

for connections in 1 8; do
    begun=$(date +%s%N)
    smtp-source -s $connections -m "$messages" -l 30000 -d -f a@example.org -t b@example.net "127.0.0.1:$port"
    took=$(($(date +%s%N) - begun))
    echo "smtp-source, $connections connections: $((messages * 1000000000 / took)) messages a second"
    "$CARGO_TARGET_DIR/release/wire-bench" "$port" $connections "$messages"
done
