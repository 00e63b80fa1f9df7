#!/usr/bin/env python3
"""kill -9 at 100 random moments while 2,000 messages are sent, started again each time. Does every mailbox have its
mail, and how many have it twice?

A message is doubled when the process dies between the server's answer and its record. No more are under way than
there are connections, so that at most connections x kills may be doubled; each copy has the same Message-ID.
"""
import json
import random
import signal
import subprocess
import sys
import time

import setting


def run(place, args):
    people = [f"person{n}@example.org" for n in range(args.recipients)]
    port, log = setting.free_port(), place.folder / "mail.log"
    place.configure(port, args.connections, args.per_second)
    place.feed(4)
    place.people(people)
    (place.folder / "expect").write_text("\n".join(people) + "\n")
    place.queue()
    # How long it takes to start; the way out is closed, so nothing is sent yet.
    start = min(setting.Cost(place.command("status")).wall for _ in range(3))
    chance, kills = random.Random(args.seed), 0
    limit = time.monotonic() + args.limit
    with setting.Sink(args.bench, port, "--log", log, "--latency-ms", args.latency_ms) as sink:
        while time.monotonic() < limit:
            child = subprocess.Popen(place.command("once"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            if kills < args.kills:
                # So that the kills are spread over the sending of all.
                share = 2 * args.recipients / args.per_second / args.kills
                time.sleep(chance.uniform(0.5 * start, start + 0.9 * share))
                child.send_signal(signal.SIGKILL)
                kills += child.wait() == -signal.SIGKILL
            else:
                child.wait(timeout=max(1.0, limit - time.monotonic()))
            states = place.states()
            if kills >= args.kills and not {"queued", "retry", "unknown", "sending"} & states.keys():
                break
            if kills % 10 == 0:
                print(f"{kills} kills: {json.dumps(states)}", flush=True)
    print("the sink:", sink.counters.strip())
    return kills, states, log


def judge(place, args, kills, states, log):
    counted = setting.count(args.bench, log, place.folder / "expect")
    print("mailcount:", json.dumps(counted))
    found = setting.ids(log)
    copies = [len(seen) for seen in found.values()]
    doubled = sum(number - 1 for number in copies)
    print(f"kills {kills}, lost {counted['lost']}, doubled {doubled} (at most {args.connections * kills})")
    return [
        setting.verdict(f"killed {args.kills} times while there was something to send", kills >= args.kills),
        setting.verdict("every message is sent", states == {"sent": args.recipients}),
        setting.verdict("every mailbox has its mail", counted["lost"] == 0),
        setting.verdict("no more are doubled than were under way", doubled <= args.connections * kills),
        setting.verdict("each copy has the same Message-ID", all(len({id for id, _ in seen}) == 1 for seen in found.values())),
    ]


NUMBERS = [
    ("--recipients", 2000, None),
    ("--connections", 8, None),
    ("--per-second", 200, None),
    ("--kills", 100, None),
    ("--latency-ms", 5, "of each of the sink's answers (default 5)"),
    ("--limit", 300, "seconds for all of it (default 300)"),
    ("--seed", 1, None),
]


if __name__ == "__main__":
    sys.exit(setting.sitting(__doc__, NUMBERS, run, judge))
