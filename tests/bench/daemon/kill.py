#!/usr/bin/env python3
"""kill -9 of the daemon at 50 random moments while it polls, makes digests and sends, started again each time. Is the
database whole each time, does everybody have everything, and has nobody one digest under two Message-IDs?

Whenever a digest has gone out, the feeds get new entries and the past is moved back by four days in the database, so that
the next slot is due at once. Uses what ../delivery/setting.py knows.
"""
import json
import pathlib
import random
import re
import signal
import subprocess
import sys
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "delivery"))
import setting

FEEDS = 12
OPEN = {"queued", "retry", "unknown", "sending"}


class Feeds(setting.Sink):
    """feedserver.py, while the block lasts."""

    def __init__(self, bench, port):
        self.at = f"http://127.0.0.1:{port}"
        self.command = [sys.executable, str(bench / "feedserver.py"), "--port", str(port), "--feeds", str(FEEDS)]

    def get(self, path):
        with urllib.request.urlopen(f"{self.at}{path}") as answer:
            return answer.read().decode()

    def entries(self):
        """How many there are now, in all feeds."""
        return sum(len(re.findall(r"<(?:item|entry)[ >]", self.get(f"/feed/{n}.xml"))) for n in range(FEEDS))


def configure(place, args, mail_port, feeds):
    place.configure(mail_port, args.connections, args.per_second)
    digest = place.config / "digest.toml"
    digest.write_text(digest.read_text().replace("[polling]\n", '[polling]\nspacing = "0s"\nallow_private = ["127.0.0.0/8"]\n')
                      + '[schedule]\ndaily = "0 0 1 1 *"\nweekly = "*/5 * * * *"\nmonthly = "0 0 1 1 *"\n'
                      + f'[web]\nlisten = "127.0.0.1:{setting.free_port()}"\n')
    topic = place.config / "topic.toml"
    topic.write_text(topic.read_text().replace('"collaborative governance"', '"wider reform", "devolution deals", "data standard"'))
    (place.config / "feeds.toml").write_text("".join(
        f'[[feed]]\nid = "feed-{n}"\nurl = "{feeds.at}/feed/{n}.xml"\n' for n in range(FEEDS)))


def move_on(place, feeds):
    """New entries, and a slot that is due."""
    feeds.get("/__advance?items=1")
    with place.sql() as database:
        past = 4 * 24 * 3600
        database.execute("UPDATE feeds SET next_check = 0, not_before = NULL")
        database.execute("UPDATE keys SET made = made - ?", (past,))
        database.execute("UPDATE runs SET made = made - ?, due = due - ?, slot = 'past ' || id", (past, past))


def look(place):
    """What is wrong with the database; nothing, nearly always."""
    checked = place.run("check", "--json")
    wrong = [finding["message"] for finding in json.loads(checked.stdout or '{"findings": []}')["findings"] if finding["mistake"]]
    if checked.returncode != 0:
        wrong.append(checked.stderr.strip())
    with place.sql() as database:
        whole = [row[0] for row in database.execute("PRAGMA integrity_check(3)")]
        strays = database.execute("PRAGMA foreign_key_check").fetchall()
    return wrong + ([] if whole == ["ok"] else whole) + [str(stray) for stray in strays]


def run(place, args):
    people = [f"person{n}@example.org" for n in range(args.recipients)]
    log, seen = place.folder / "mail.log", {"kills": 0, "moved": 0, "wrong": [], "died": []}
    chance, limit = random.Random(args.seed), time.monotonic() + args.limit
    with Feeds(args.bench, setting.free_port()) as feeds, \
            setting.Sink(args.bench, port := setting.free_port(), "--log", log, "--latency-ms", 2) as sink:
        configure(place, args, port, feeds)
        served = feeds.entries()
        place.people(people)
        move_on(place, feeds)
        while seen["kills"] < args.kills and time.monotonic() < limit:
            daemon = subprocess.Popen(place.command("run"), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            time.sleep(chance.uniform(0.1, args.longest))
            daemon.send_signal(signal.SIGKILL)
            _, told = daemon.communicate()
            if daemon.returncode == -signal.SIGKILL:
                seen["kills"] += 1
            else:
                seen["died"].append(told[-500:])
            seen["wrong"] += look(place)
            states = place.states()
            if not OPEN & states.keys():
                seen["moved"] += 1
                move_on(place, feeds)
            if seen["kills"] % 10 == 0:
                print(f"{seen['kills']} kills, {seen['moved'] + 1} times new entries: {json.dumps(states)}", flush=True)
        for _ in range(5):
            place.run("once")
            if not OPEN & place.states().keys():
                break
        seen["served"] = served + (seen["moved"] + 1) * FEEDS
    print("the sink:", sink.counters.strip())
    return seen, log


def judge(place, args, seen, log):
    with place.sql() as database:
        one = lambda question: database.execute(question).fetchone()[0]
        items, runs, stories = one("SELECT count(*) FROM items"), one("SELECT count(*) FROM runs"), one("SELECT count(seq) FROM stories")
        behind = one("SELECT count(*) FROM subscribers WHERE cursor < (SELECT max(seq) FROM stories)")
        sent = set(database.execute("SELECT address, message_id FROM messages WHERE state = 'sent'"))
    found = setting.ids(log)
    accepted = {(who, id) for who, mails in found.items() for id, _ in mails}
    copies = sum(len(mails) for mails in found.values())
    names = {}
    for who, id in accepted:
        names.setdefault((who, id.strip("<>").split(".")[0]), set()).add(id)
    unequal = sum(len(ids) > 1 for ids in names.values())
    print(f"kills {seen['kills']}, runs {runs}, stories {stories}, items {items} of {seen['served']}, mails {copies}, of them second "
          f"copies {copies - len(accepted)}, sent and not arrived {len(sent - accepted)}, unequal {unequal}, people behind {behind}")
    for word in seen["wrong"][:5] + seen["died"][:3]:
        print("   ", word)
    return [
        setting.verdict(f"killed {args.kills} times at work", seen["kills"] >= args.kills and not seen["died"]),
        setting.verdict("`check` and SQLite's own check find nothing, each time", not seen["wrong"]),
        setting.verdict("every entry that was served is kept, once", items == seen["served"]),
        setting.verdict("digests were made in between", runs >= args.kills / 10),
        setting.verdict("what is recorded as sent has arrived", sent <= accepted),
        setting.verdict("everybody has had every story", behind == 0),
        setting.verdict("no digest has two Message-IDs for one person", unequal == 0),
        setting.verdict("no more are doubled than were under way", copies - len(accepted) <= args.connections * seen["kills"]),
    ]


NUMBERS = [
    ("--recipients", 300, None),
    ("--connections", 8, None),
    ("--per-second", 150, None),
    ("--kills", 50, None),
    ("--longest", 4, "seconds that a daemon lives (default 4)"),
    ("--limit", 600, "seconds for all of it (default 600)"),
    ("--seed", 1, None),
]


if __name__ == "__main__":
    sys.exit(setting.sitting(__doc__, NUMBERS, run, judge))
