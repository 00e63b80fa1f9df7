#!/usr/bin/env python3
"""Polls and previews one hostile feed of each family at several sizes, and prints for each size the processor's seconds (or, with
--instructions, what valgrind counts), the peak memory and the database's growth; then how the cost grows: 1.0 is in proportion to the
size, 2.0 the square. A row is BAD when a run dies, when the cost grows faster than the power 1.3 and is above a floor, or when it needs
more memory than the limit.

  tests/bench/linear/run.py --program target/release/policy-digest --documents FOLDER [--only NAME,…] [--sizes 1000000,2000000,4000000,8000000]

FOLDER holds NAME-SIZE.xml; the families of tests/it/support/families.rs are written there by
  FAMILIES=FOLDER FAMILIES_SIZES=64000,256000 cargo test --test it -- --ignored families_are_written
and any other generator will do: --generator 'SCRIPT {family} {size}' --only NAME,… makes them as they are needed."""
import argparse
import math
import os
import pathlib
import re
import resource
import shlex
import shutil
import subprocess
import sys
import tempfile

arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
arguments.add_argument("--program", required=True)
arguments.add_argument("--documents", type=pathlib.Path)
arguments.add_argument("--generator")
arguments.add_argument("--only")
arguments.add_argument("--sizes", default="1000000,2000000,4000000,8000000")
arguments.add_argument("--memory", type=int, default=150, help="MiB")
arguments.add_argument("--instructions", action="store_true")
chosen = arguments.parse_args()
sizes = [int(size) for size in chosen.sizes.split(",")]
root = pathlib.Path(__file__).resolve().parents[3]
LIMITS = [(resource.RLIMIT_CPU, 120), (resource.RLIMIT_AS, 6 << 30)]


def families():
    if chosen.only:
        return chosen.only.split(",")
    return sorted({re.sub(r"-\d+\.xml$", "", path.name) for path in chosen.documents.glob("*.xml")})


def document(family, size, folder):
    if not chosen.generator:
        return chosen.documents / f"{family}-{size}.xml"
    path = folder / "feed.xml"
    with path.open("wb") as file:
        subprocess.run(shlex.split(chosen.generator.format(family=family, size=size)), stdout=file, check=True)
    return path


def limited():
    for which, most in LIMITS:
        resource.setrlimit(which, (most, most))


def run(command, folder):
    """Processor seconds or instructions, peak MiB, exit code."""
    log = folder / "valgrind.log"
    if chosen.instructions:
        command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", f"--log-file={log}", *command]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=limited)
    _, status, used = os.wait4(process.pid, 0)
    cost = used.ru_utime + used.ru_stime
    if chosen.instructions:
        counted = re.search(r"Collected : (\d+)", log.read_text())
        cost = int(counted[1]) / 1e6 if counted else math.nan
    return cost, used.ru_maxrss // 1024, os.waitstatus_to_exitcode(status)


def measured(family, size):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        config, data = folder / "config", folder / "data"
        shutil.copytree(root / "config/quickstart", config)
        (config / "subscribers.csv").unlink(missing_ok=True)
        feed = document(family, size, folder)
        (config / "feeds.toml").write_text(f'[[feed]]\nid = "hostile"\ntitle = "Hostile"\nurl = "file:{feed}"\n')
        cost, memory, code = 0, 0, 0
        for verb in (["poll"], ["preview", "--out", str(folder / "out")]):
            spent, peak, ended = run([chosen.program, "--config", str(config), "--data", str(data), *verb], folder)
            cost, memory, code = cost + spent, max(memory, peak), min(code, ended)
        stored = sum(path.stat().st_size for path in data.rglob("*") if path.is_file())
        return cost, memory, stored / 1e6, code


bad, unit, floor = 0, "M instr" if chosen.instructions else "s", 1500 if chosen.instructions else 1.0
for family in families():
    rows = [measured(family, size) for size in sizes]
    first, last = rows[0][0], rows[-1][0]
    slope = math.log(max(last, 1e-9) / max(first, 1e-9)) / math.log(sizes[-1] / sizes[0])
    ill = any(code < 0 or memory > chosen.memory for _, memory, _, code in rows) or last > floor and slope > 1.3
    bad += ill
    cells = "  ".join(f"{cost:9.2f} {unit} {memory:4} MiB {stored:6.1f} MB" for cost, memory, stored, _ in rows)
    ended = "" if rows[-1][3] >= 0 else f"  died of signal {-rows[-1][3]}"
    print(f"{'BAD' if ill else 'ok ':3} {family:32} {cells}  power {slope:4.2f}{ended}", flush=True)
print(f"{bad} bad")
sys.exit(bool(bad))
