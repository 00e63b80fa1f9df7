#!/usr/bin/env python3
"""No speed: `restore` and `backup` are killed at random moments, and have each of their system calls fail once. Is the
database one of the two whole states each time, does the program start on it, and is a backup whole or not there?

The live database has commits that are only in its log, as a kill leaves it. Failing calls need strace (Debian: apt-get
install strace); without it they are skipped, aloud. Python 3 alone, on Linux; builds the program unless --program names one.
"""
import argparse
import collections
import contextlib
import hashlib
import os
import pathlib
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "delivery"))
import setting

# What is done with files; those of the installation are made to fail, one after another.
CALLS = """open openat close read pread64 readv write pwrite64 writev fsync fdatasync sync_file_range rename renameat renameat2
link linkat unlink unlinkat ftruncate fallocate copy_file_range sendfile stat lstat fstat newfstatat statx lseek fcntl flock
mkdir mkdirat chmod fchmod fchmodat getdents64""".split()


def look(database):
    """What a database holds, its log included, without touching it: the pauses aside, which a copy has of its own."""
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / "copy.db"
        for end in ("", "-wal", "-journal"):
            if pathlib.Path(f"{database}{end}").exists():
                shutil.copy(f"{database}{end}", f"{copy}{end}")
        try:
            return content(copy)
        except sqlite3.DatabaseError:
            return "damaged"


def content(database):
    with contextlib.closing(sqlite3.connect(database)) as connection:
        if connection.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            return "damaged"
        names = sorted(name for name, in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'"))
        digest = hashlib.sha256()
        for name in names:
            if name not in ("pauses", "sqlite_sequence"):
                digest.update(repr(sorted(map(repr, connection.execute(f'SELECT * FROM "{name}"')))).encode())
        return digest.hexdigest()[:12]


def cut_off(database, statement):
    """Commits that are in the log alone, as a kill leaves them."""
    script = ("import sqlite3, os, sys; c = sqlite3.connect(sys.argv[1]); c.execute('PRAGMA wal_autocheckpoint = 0');"
              "c.executescript(sys.argv[2]); c.commit(); os._exit(0)")
    subprocess.run([sys.executable, "-c", script, str(database), statement], check=True)


class Stage:
    """A place with a live database and a backup of an earlier state, to be set up again after each attempt."""

    def __init__(self, place, stories):
        self.place, self.backup = place, place.folder / "backup.db"
        place.configure(1, 1)
        digest = place.config / "digest.toml"
        digest.write_text(digest.read_text().split("[mail]")[0])
        place.feed(stories)
        place.run("poll", check=True)
        place.run("backup", str(self.backup), check=True)
        cut_off(place.database, "INSERT INTO marks (name, made) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                                " WHERE i < 2000) SELECT 'later ' || i, i FROM n")
        self.saved = place.folder / "saved"
        shutil.copytree(place.data, self.saved)
        self.copied, self.live = look(self.backup), look(place.database)
        if self.copied == self.live or "damaged" in (self.copied, self.live):
            sys.exit(f"the two states are not two: {self.copied} and {self.live}")

    def set_up(self):
        shutil.rmtree(self.place.data)
        shutil.copytree(self.saved, self.place.data)
        for leftover in self.place.folder.glob("made.db*"):
            leftover.unlink()


class Restore:
    name = "restore"

    def __init__(self, stage):
        self.stage, self.words = stage, ("restore", str(stage.backup))

    def fault(self):
        """What is wrong with what an attempt has left, if anything is."""
        place, stage = self.stage.place, self.stage
        found = look(place.database) if place.database.exists() else "missing"
        if found not in (stage.live, stage.copied):
            return f"the database is neither state: {found}"
        if place.database.stat().st_nlink != 1:
            return "the database shares its file with another name"
        status = place.run("status")
        if status.returncode != 0:
            return f"the program does not start: {status.stderr.strip()}"
        after = look(place.database)
        return None if after == found else f"the database is another after a start: {after}"

    def outcome(self):
        return "restored" if look(self.stage.place.database) == self.stage.copied else "as it was"


class Backup:
    name = "backup"

    def __init__(self, stage):
        self.stage, self.made = stage, stage.place.folder / "made.db"
        self.words = ("backup", str(self.made))

    def fault(self):
        stage = self.stage
        if self.made.exists() and (self.made.stat().st_size == 0 or look(self.made) != stage.live):
            return f"{self.made.stat().st_size} bytes under the final name are no whole copy"
        if self.made.exists() and self.made.stat().st_mode & 0o077:
            return "others may read the copy"
        found = look(stage.place.database)
        return None if found == stage.live else f"the database is another: {found}"

    def outcome(self):
        return "written" if self.made.exists() else "not written"


def report(what, tries, faults, outcomes):
    told = ", ".join(f"{number} {outcome}" for outcome, number in sorted(outcomes.items()))
    for fault, number in collections.Counter(faults).most_common(5):
        print(f"       {number} times: {fault}")
    return setting.verdict(f"{what}: {tries} times, {len(faults)} faults; {told}", not faults)


def kills(stage, attempt, times, chance):
    stage.set_up()
    begin = time.monotonic()
    stage.place.run(*attempt.words, check=True)
    usual = time.monotonic() - begin
    faults, outcomes = [], collections.Counter()
    for _ in range(times):
        stage.set_up()
        child = subprocess.Popen(stage.place.command(*attempt.words), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0, usual * 1.05))
        child.send_signal(signal.SIGKILL)
        child.wait()
        outcomes[attempt.outcome()] += 1
        faults += filter(None, [attempt.fault()])
    return report(f"{attempt.name} killed at random", times, faults, outcomes)


def calls(stage, attempt):
    """Every call of an undisturbed run on a file or folder of the installation, as (name, which of that name)."""
    stage.set_up()
    log = stage.place.folder / "calls"
    traced = ["strace", "-f", "-y", "-qq", "-o", str(log), "-e", "trace=" + ",".join("?" + name for name in CALLS)]
    subprocess.run(traced + stage.place.command(*attempt.words), check=True, capture_output=True)
    seen, wanted = collections.Counter(), []
    for name, arguments in re.findall(r"^\d+ +(\w+)\((.*)", log.read_text(), re.MULTILINE):
        seen[name] += 1
        if str(stage.place.folder) in arguments:
            wanted.append((name, seen[name]))
    return wanted


def failures(stage, attempt, error):
    faults, outcomes, all_calls = [], collections.Counter(), calls(stage, attempt)
    for name, at in all_calls:
        stage.set_up()
        inject = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"inject={name}:error={error}:when={at}"]
        done = subprocess.run(inject + stage.place.command(*attempt.words), capture_output=True, text=True)
        outcomes[attempt.outcome()] += 1
        fault = attempt.fault()
        if fault:
            faults.append(f"{name} {at} ({error}): {fault}")
        elif done.returncode < 0 or "panicked" in done.stderr:
            faults.append(f"{name} {at} ({error}): it crashed: {done.stderr.strip()[-200:]}")
    return report(f"{attempt.name} with each call failing once ({error})", len(all_calls), faults, outcomes)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", type=pathlib.Path, help="a built policy-digest, instead of building it")
    parser.add_argument("--times", type=int, default=60, help="kills of each command")
    parser.add_argument("--stories", type=int, default=300, help="items in the database")
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    program = setting.program(args)
    os.umask(0o022)
    chance = random.Random(args.seed)
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(setting.Place(pathlib.Path(folder) / "place", program), args.stories)
        attempts = [Restore(stage), Backup(stage)]
        are_met = [kills(stage, attempt, args.times, chance) for attempt in attempts]
        if shutil.which("strace") is None:
            print("skipped: there is no strace, and no call is made to fail")
        else:
            are_met += [failures(stage, attempt, error) for attempt in attempts for error in ("EIO", "ENOSPC")]
    return 0 if all(are_met) else 1


if __name__ == "__main__":
    sys.exit(main())
