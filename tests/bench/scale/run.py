#!/usr/bin/env python3
"""A run for a million subscribers, on SQLite and on PostgreSQL in the same sitting: when the first email leaves after the slot,
how long all of it takes to queue, whether claims cost more when a million messages are queued, and how many messages a second
leave over eight connections.

The daemon works for a slot that the script puts a little ahead; a sink on this machine takes its emails. PostgreSQL is
Debian's, started by the script with its durability as it comes.

Targets: the first email within 3 seconds of the slot, all queued within a minute, a second's messages beside a million queued
no fewer than two thirds of those beside ten thousand (a claim's time at most 1.5 times), and PostgreSQL at 0.6 of SQLite's.
"""
import argparse
import datetime
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import server
import setting

STORIES, CONNECTIONS = 16, 8
# A run that is filled while the sender is at work; then a time of sending alone.
LIMIT, SENDING = 300, 15


def slot_ahead(seconds):
    """The next whole minute that is at least so far away."""
    at = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return (at + datetime.timedelta(minutes=1)).replace(second=0, microsecond=0)


class Daemon:
    """The daemon, while the block lasts."""

    def __init__(self, place):
        self.log = open(place.folder / "daemon.log", "w")
        self.command = place.command("run")

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=self.log, stderr=self.log)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()


def first_of(log):
    """When the first email arrived; None while there is none."""
    with open(log) as lines:
        line = lines.readline()
    return json.loads(line) if line.endswith("\n") else None


def rate(place, seconds):
    """Messages sent in a second, over so many."""
    begin, before = time.monotonic(), place.states().get("sent", 0)
    time.sleep(seconds)
    return (place.states().get("sent", 0) - before) / (time.monotonic() - begin)


def run(args, place):
    """One engine's figures."""
    port, log = setting.free_port(), place.folder / "mails.log"
    place.configure(port, CONNECTIONS)
    place.feed(STORIES)
    begin = time.monotonic()
    place.crowd(args.people)
    print(f"  {args.people} subscribers in {time.monotonic() - begin:.0f} s", flush=True)
    slot = slot_ahead(10)
    place.configure(port, CONNECTIONS, f"timezone = \"UTC\"\n[schedule]\nweekly = \"{slot.minute} {slot.hour} * * *\"\n[web]\nlisten = \"127.0.0.1:{setting.free_port()}\"\n")
    slot = slot.timestamp()
    with setting.Sink(args.bench, port, "--log", log), Daemon(place):
        while time.time() < slot:
            time.sleep(0.05)
        first = queued = None
        while time.time() < slot + LIMIT and not queued:
            if first is None and log.exists() and first_of(log):
                first = time.time() - slot
            made = place.ask("SELECT filled_to IS NULL AS is_filled FROM runs")
            if made and made[0][0] in ("1", "t"):
                queued = time.time() - slot
            time.sleep(0.05)
        left = sum(place.states().get(state, 0) for state in ("queued", "sending"))
        beside = rate(place, SENDING)
        print(f"  first email {first} s, all queued {queued} s after the slot; {left} queued: {beside:.0f} messages/s", flush=True)
    return first, queued, beside


def few(args, place, people):
    """Messages a second of a run of a few, over the same connections."""
    port = setting.free_port()
    place.configure(port, CONNECTIONS)
    place.feed(STORIES)
    place.crowd(people)
    # Queued first, while no server listens.
    place.run("once", "--wait", "0s")
    place.do("DELETE FROM pauses; UPDATE messages SET next_attempt = 0 WHERE turn IS NOT NULL;")
    before = place.states().get("sent", 0)
    with setting.Sink(args.bench, port):
        cost = setting.Cost(place.command("once", "--wait", "0s"))
    idle = setting.Cost(place.command("once", "--wait", "0s"))
    sent = place.states().get("sent", 0) - before
    wall = cost.wall - idle.wall
    print(f"  {sent} messages: {sent / wall:.0f} a second", flush=True)
    return sent / wall


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    setting.add_options(parser)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--few", type=int, default=10_000)
    args = parser.parse_args()
    program = setting.tools(args)
    if program is None:
        return 0
    if server.programs() is None:
        print("skipped: PostgreSQL is not installed")
        return 0
    met = []
    with tempfile.TemporaryDirectory() as folder, server.Server() as engine:
        folder, rates = pathlib.Path(folder), {}
        for name, on in (("SQLite", None), ("PostgreSQL", engine)):
            print(f"{name}:", flush=True)
            rates[name] = few(args, server.Place(folder / f"{name}-few", program, on, "few"), args.few)
            first, queued, beside = run(args, server.Place(folder / f"{name}-many", program, on, "many"))
            met.append((f"{name}: first email {first or float('nan'):.1f} s after the slot, at most 3", first is not None and first <= 3))
            met.append((f"{name}: all queued after {queued or float('nan'):.0f} s, at most 60", queued is not None and queued <= 60))
            share = beside / rates[name]
            met.append((f"{name}: beside a million queued {share:.2f} of the messages a second, at least 0.67", share >= 0.67))
        share = rates["PostgreSQL"] / rates["SQLite"]
        met.append((f"PostgreSQL sends {share:.2f} of SQLite's messages a second, at least 0.6", share >= 0.6))
    return 0 if all([setting.verdict(what, is_met) for what, is_met in met]) else 1


if __name__ == "__main__":
    sys.exit(main())
