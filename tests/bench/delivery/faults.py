#!/usr/bin/env python3
"""A faulty relay: of 2,000 messages 20 % are answered 451, 5 % 550, 5 % are read and then not answered at all, and
each answer takes 5 ms. Does every message come to an end, is nobody left out, and has nobody two different ones?

The program is run again and again, as cron would; between the runs the time of each next attempt is moved to now in
the database, since the ladder's own pauses take two days. What the ladder itself does is tested in
tests/it/outbox/states.rs with a clock that is set by hand.
"""
import json
import random
import sys

import setting

ROUNDS = 8


def run(place, args):
    gone = [f"gone{n}@example.org" for n in range(args.recipients // 20)]
    there = [f"person{n}@example.org" for n in range(args.recipients - len(gone))]
    port, log = setting.free_port(), place.folder / "mail.log"
    place.configure(port, args.connections)
    place.feed(4)
    # Dead addresses in a row would be a bad run, and held.
    people = gone + there
    random.Random(args.seed).shuffle(people)
    place.people(people)
    (place.folder / "expect").write_text("\n".join(there) + "\n")
    faults = ["--tempfail-rate", "0.2", "--reject", "^gone", "--drop-rate", "0.05", "--latency-ms", "5", "--seed", str(args.seed)]
    with setting.Sink(args.bench, port, "--log", log, *faults) as sink:
        for round in range(ROUNDS):
            cost = setting.Cost(place.command("once"))
            states = place.states()
            print(f"run {round + 1}: {cost.wall:5.1f} s, {json.dumps(states)}", flush=True)
            if not {"queued", "retry", "unknown", "sending"} & states.keys():
                break
            with place.sql() as database:
                database.execute("UPDATE messages SET next_attempt = 0 WHERE state IN ('queued', 'retry', 'unknown')")
                database.execute("UPDATE pauses SET probe = 0")
    print("the sink:", sink.counters.strip())
    return gone, there, log, states


def judge(place, args, gone, there, log, states):
    counted = setting.count(args.bench, log, place.folder / "expect")
    print("mailcount:", json.dumps(counted))
    found = setting.ids(log)
    twice = {who: seen for who, seen in found.items() if len(seen) > 1}
    arrived = {who for who, seen in found.items() if any(result != "dropped" for _, result in seen)}
    dropped = {who for who, seen in found.items() if any(result == "dropped" for _, result in seen)}
    with place.sql() as database:
        refused = {who for who, in database.execute("SELECT address FROM messages WHERE state = 'failed'")}
    # Their stories come again in the next digest, under its own Message-ID.
    given_up = refused - set(gone)
    print(f"lost {counted['lost']}, given up after the whole ladder {len(given_up)}; second copies {len(twice)}, "
          f"of them after a connection that was dropped {len(twice.keys() & dropped)}")
    return [
        setting.verdict("all have come to an end", not {"queued", "retry", "unknown", "sending"} & states.keys()),
        setting.verdict("nobody is lost but who was refused seven times", set(there) - arrived <= given_up),
        setting.verdict("nobody has two that were answered for", counted["duplicates"] == 0 and counted["surplus"] == 0),
        setting.verdict("a second copy only follows a dropped connection", twice.keys() <= dropped),
        setting.verdict("and has the same Message-ID", all(len({id for id, _ in seen}) == 1
                                                           for who, seen in found.items() if who not in given_up)),
    ]


NUMBERS = [
    ("--recipients", 2000, None),
    ("--connections", 8, None),
    ("--seed", 1, None),
]


if __name__ == "__main__":
    sys.exit(setting.sitting(__doc__, NUMBERS, run, judge))
