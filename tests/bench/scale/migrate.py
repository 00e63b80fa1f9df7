#!/usr/bin/env python3
"""No speed: the database of a million subscribers and a hundred thousand items taken to PostgreSQL and back. Are the tables equal,
and when `migrate-to` is killed at ten random moments, does at most one side send, and does a second attempt succeed?

PostgreSQL is Debian's, started by the script. Nothing is sent.
"""
import argparse
import contextlib
import pathlib
import random
import sqlite3
import subprocess
import sys
import tempfile
import time

import server
import setting

# What says where a database is, and that a copy may not send.
OF_THE_PLACE = {"pauses", "marks", "sqlite_sequence"}


def items(place, count):
    """So many, like the first one."""
    columns = [row[1] for row in place.ask("PRAGMA table_info(items)")]
    own = {"seq": "n", "identity": "'i' || n", "story": "n", "canonical": "'https://blog.example.org/' || n"}
    values = ", ".join(own.get(name, f"items.{name}") for name in columns)
    place.do(f"""
        CREATE TEMP TABLE numbers AS WITH RECURSIVE numbers (n) AS (SELECT 101 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count + 100})
            SELECT n FROM numbers;
        INSERT INTO stories (id, seq, made) SELECT n, n, made FROM numbers, stories WHERE id = 1;
        INSERT INTO items ({", ".join(columns)}) SELECT {values} FROM numbers, items WHERE seq = 1;
        INSERT INTO item_texts (item, summary, content, excerpt, excerpt_chars)
            SELECT n, summary, content, excerpt, excerpt_chars FROM numbers, item_texts WHERE item = 1;""")


def is_silent(path):
    """Whether a file's database waits for a person before it sends."""
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as database:
        return database.execute("SELECT count(*) FROM pauses WHERE cause = 'restored'").fetchone()[0] > 0


def speaks(engine, url):
    """Whether a server's database may send: it is there, and nothing holds it back."""
    def ask(question):
        done = subprocess.run([engine.bin / "psql", url, "-Atc", question], capture_output=True, text=True, check=True)
        return done.stdout.strip()
    if ask("SELECT to_regclass('keys') IS NOT NULL") != "t" or ask("SELECT count(*) FROM keys") == "0":
        return False
    return ask("SELECT count(*) FROM pauses WHERE cause = 'restored'") == "0"


def move(place, url):
    return subprocess.Popen(place.command("migrate-to", url), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def differences(one, other):
    """Tables that are not the same in two files."""
    with contextlib.closing(sqlite3.connect(one)) as database:
        database.execute("ATTACH ? AS other", (str(other),))
        names = [row[0] for row in database.execute("SELECT name FROM main.sqlite_master WHERE type = 'table' ORDER BY name")]
        found, rows = [], 0
        for name in names:
            rows += database.execute(f"SELECT count(*) FROM main.{name}").fetchone()[0]
            if name in OF_THE_PLACE:
                continue
            for a, b in (("main", "other"), ("other", "main")):
                if database.execute(f"SELECT count(*) FROM (SELECT * FROM {a}.{name} EXCEPT SELECT * FROM {b}.{name})").fetchone()[0]:
                    found.append(name)
        return sorted(set(found)), len(names), rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    setting.add_options(parser)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=10)
    args = parser.parse_args()
    program = setting.program(args)
    if server.programs() is None:
        print("skipped: PostgreSQL is not installed")
        return 0
    chance, met = random.Random(11), []
    with tempfile.TemporaryDirectory() as folder, server.Server() as engine:
        folder = pathlib.Path(folder)
        place = server.Place(folder / "place", program)
        place.configure(setting.free_port(), 1)
        place.feed(16)
        place.crowd(args.people)
        items(place, args.items)
        saved = folder / "saved.db"
        place.save(saved)

        begin = time.monotonic()
        url = engine.make("whole")
        moved = subprocess.run(place.command("migrate-to", url), capture_output=True, text=True)
        took = time.monotonic() - begin
        print(f"{(moved.stdout or moved.stderr).splitlines()[0]}, in {took:.0f} s", flush=True)
        met.append(("moved, and the server sends where the file does not", moved.returncode == 0 and is_silent(place.database) and speaks(engine, url)))
        there = server.Place(folder / "there", program)
        there.url, there.server = url, engine
        there.configure(setting.free_port(), 1)
        there.feed(16)
        begin = time.monotonic()
        back = subprocess.run(there.command("backup", folder / "back.db"), capture_output=True, text=True)
        print(f"back in {time.monotonic() - begin:.0f} s", flush=True)
        if back.returncode != 0:
            sys.exit(f"no way back:\n{back.stdout}{back.stderr}")
        met.append(("back in a file, which does not send", back.returncode == 0 and is_silent(folder / "back.db")))
        different, tables, rows = differences(saved, folder / "back.db")
        met.append((f"{tables} tables, {rows} rows: {different or 'none'} differ", not different))

        both = neither = unfinished = 0
        for number in range(args.kills):
            place.restore(saved)
            url = engine.make(f"killed_{number}")
            moving = move(place, url)
            at = chance.uniform(0, took * 1.05)
            time.sleep(at)
            moving.kill()
            moving.communicate()
            # The server takes a moment to end the transaction of a session that is gone.
            time.sleep(2)
            here, away = not is_silent(place.database), speaks(engine, url)
            both += here and away
            neither += not here and not away
            again = "nothing to do"
            if not away:
                done = subprocess.run(place.command("migrate-to", url), capture_output=True, text=True)
                again = "moved" if done.returncode == 0 else done.stderr.strip()
                unfinished += done.returncode != 0 or not speaks(engine, url) or not is_silent(place.database)
            print(f"  killed after {at:.1f} s: the file {'sends' if here else 'is silent'}, the server "
                  f"{'sends' if away else 'is empty'}; again: {again}", flush=True)
            subprocess.run([engine.bin / "psql", engine.url("postgres"), "-qc", f"DROP DATABASE killed_{number} WITH (FORCE)"], check=True)
        met.append((f"killed {args.kills} times: both sides would send {both} times ({neither} times neither)", both == 0))
        met.append((f"a second attempt failed {unfinished} times", unfinished == 0))
    return 0 if all([setting.verdict(what, is_met) for what, is_met in met]) else 1


if __name__ == "__main__":
    sys.exit(main())
