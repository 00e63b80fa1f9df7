#!/usr/bin/env bash
# Sets `feeds parse` beside Python's feedparser, an independent judge, over a folder of documents.
# Usage: tests/bench/judge/judge.sh [FOLDER]     (default: the corpus; PROGRAM=path uses a program already built)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../../.." && pwd)
folder=${1:-$root/tests/it/fixtures/feeds}
work=${CARGO_TARGET_DIR:-$root/target}/judge
mkdir -p "$work"

if [ ! -x "$work/venv/bin/python" ]; then
    python3 -m venv "$work/venv"
fi
if ! "$work/venv/bin/python" -c 'import feedparser' 2>/dev/null; then
    "$work/venv/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: 'feedparser>=6.0.11,<7'
fi

if [ -z "${PROGRAM:-}" ]; then
    (cd "$root" && cargo build --quiet --bin policy-digest)
    PROGRAM=${CARGO_TARGET_DIR:-$root/target}/debug/policy-digest
fi

python="$work/venv/bin/python"
"$python" "$here/judge.py" "$folder" > "$work/list.jsonl"
"$PROGRAM" feeds parse --jsonl "$work/list.jsonl" > "$work/answers.jsonl"
"$python" -c 'import feedparser; print("judged by feedparser", feedparser.__version__)'
"$python" "$here/judge.py" "$folder" "$work/answers.jsonl"
