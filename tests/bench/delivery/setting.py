"""What the scripts of this folder share: a configuration with one feed of its own, people in the database, sinks to
mail to, and what a run of the program cost. Python 3 alone."""
import argparse
import contextlib
import os
import pathlib
import random
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]

TOPIC = """name = "bench"
title = "public service reform"
description = "For measuring."
languages = ["en"]
threshold = 3.0
[weights]
strong = 4.0
plain = 2.0
weak = 1.0
[general]
strong = []
plain = []
weak = []
[[theme]]
name = "collaboration"
title = "Collaboration"
description = "Working together."
strong = ["collaborative governance"]
plain = []
weak = []
"""

WORDS = "council health board budget people front door plan share service team review neighbour evidence local trust".split()


def find_bench():
    for above in ROOT.parents:
        if (above / "shared/bench/smtpsink.py").exists():
            return above / "shared/bench"
    return None


def add_options(parser):
    parser.add_argument("--bench", type=pathlib.Path, default=find_bench(), help="the folder with smtpsink.py and mailcount.py")
    parser.add_argument("--program", type=pathlib.Path, help="a built policy-digest, instead of building it")
    parser.add_argument("--keep", type=pathlib.Path, help="work in this new folder and leave it there")


def tools(args):
    """The bench and the program; None, and a word why, where the bench is not there."""
    if args.bench is None or not (args.bench / "smtpsink.py").exists():
        print("skipped: there is no shared/bench/smtpsink.py beside this repository (see --bench)")
        return None
    args.bench = args.bench.resolve()
    return program(args)


def program(args):
    """The program that `--program` names; without the option, one that is built here as for a package."""
    if args.program is None:
        subprocess.run(["cargo", "build", "--profile", "dist", "--locked", "--manifest-path", ROOT / "Cargo.toml"], check=True)
        args.program = ROOT / "target/dist/policy-digest"
    return args.program.resolve()


def sitting(doc, numbers, run, judge):
    """A whole script: its options, of which `numbers` are (name, default, help); what `run` saw is given to `judge`."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser)
    for name, default, words in numbers:
        parser.add_argument(name, type=int, default=default, help=words)
    args = parser.parse_args()
    program = tools(args)
    if program is None:
        return 0
    with tempfile.TemporaryDirectory() as folder:
        place = Place(args.keep or pathlib.Path(folder) / "place", program)
        return 0 if all(judge(place, args, *run(place, args))) else 1


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Place:
    """A configuration and its data, in a folder of their own."""

    def __init__(self, folder, program):
        self.folder, self.program = pathlib.Path(folder), program
        self.config, self.data = self.folder / "config", self.folder / "data"
        self.database = self.data / "policy-digest.db"
        self.config.mkdir(parents=True)

    def configure(self, port, connections, per_second=0, dkim=None, excerpt_chars=320):
        (self.config / "digest.toml").write_text(
            f"""[polling]
allow_files = true
interval = "30d"
[digest]
max_stories = 500
excerpt_chars = {excerpt_chars}
[mail]
transport = "smtp"
[mail.smtp]
host = "127.0.0.1"
port = {port}
tls = "none"
max_connections = {connections}
messages_per_second = {per_second}
""" + (dkim or ""))
        (self.config / "topic.toml").write_text(TOPIC)
        (self.config / "feeds.toml").write_text('[[feed]]\nid = "blog"\ntitle = "The Blog"\nurl = "file:blog.xml"\n')

    def feed(self, stories):
        chance = random.Random(7)
        entries = []
        for number in range(stories):
            text = ". ".join(" ".join(chance.choices(WORDS, k=12)).capitalize() for _ in range(20))
            title = " ".join(chance.choices(WORDS, k=4)).capitalize()
            entries.append(f"<item><guid isPermaLink='false'>{number}</guid><title>{title} {number}</title>"
                           f"<link>https://blog.example.org/{number}</link><description>On collaborative governance. {text}.</description>"
                           f"<pubDate>{time.strftime('%a, %d %b %Y %H:%M:%S +0000', time.gmtime(time.time() - 3600 - number))}</pubDate></item>")
        (self.config / "blog.xml").write_text("<rss version='2.0'><channel><title>Blog</title>" + "".join(entries) + "</channel></rss>")

    def command(self, *words):
        return [str(self.program), *words, "--config", str(self.config), "--data", str(self.data)]

    def run(self, *words, check=False):
        return subprocess.run(self.command(*words), capture_output=True, text=True, check=check)

    def people(self, addresses):
        """Into the database, which `poll` made: an import would take a commit for each."""
        self.run("poll", check=True)
        now = int(time.time())
        rows = [(os.urandom(12).hex(), a, a, now - 10**6 + n, now - 10**6 + n, n + 1) for n, a in enumerate(addresses)]
        with self.sql() as database:
            database.executemany(
                "INSERT INTO subscribers (id, address, address_key, status, cadence, cursor, consent, joined, confirmed, number)"
                " VALUES (?, ?, ?, 'active', 'weekly', 0, 'a bench', ?, ?, ?)", rows)

    @contextlib.contextmanager
    def sql(self):
        database = sqlite3.connect(self.database, timeout=30)
        try:
            with database:
                yield database
        finally:
            database.close()

    def save(self, to):
        """The database whole, its write-ahead log included."""
        with self.sql() as database, contextlib.closing(sqlite3.connect(to)) as copy:
            database.backup(copy)

    def restore(self, saved):
        for leftover in self.data.glob("policy-digest.db*"):
            leftover.unlink()
        shutil.copy(saved, self.database)

    def states(self):
        with self.sql() as database:
            return dict(database.execute("SELECT state, count(*) FROM messages GROUP BY state"))

    def queue(self):
        """The digest is made for everybody, and nothing of it sent: nobody listens yet."""
        made = self.run("once", "--wait", "0s")
        if self.states().get("queued", 0) == 0:
            sys.exit(f"no digest was made:\n{made.stdout}{made.stderr}")


class Cost:
    """What a finished child took."""

    def __init__(self, command):
        begin = time.monotonic()
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.text = child.stdout.read()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        self.wall, self.cpu, self.peak_mib = time.monotonic() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
        self.code = child.returncode


class Sink:
    """smtpsink.py with these options, while the block lasts."""

    def __init__(self, bench, port, *options):
        self.command = [sys.executable, str(bench / "smtpsink.py"), "--port", str(port), *map(str, options)]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.counters, _ = self.process.communicate()


class PostfixSink:
    """Postfix's smtp-sink, while the block lasts."""

    def __init__(self, port):
        self.port = port
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        self.command = [find("smtp-sink"), *user, f"127.0.0.1:{port}", "1024"]

    def __enter__(self):
        self.process = subprocess.Popen(self.command)
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.05)
        sys.exit("smtp-sink does not answer")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def find(name):
    """Debian keeps smtp-sink and smtp-source where only root looks."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")


def count(bench, log, expect):
    """mailcount.py's verdict as a dictionary."""
    import json
    done = subprocess.run([sys.executable, str(bench / "mailcount.py"), str(log), "--expect", str(expect)], capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[0])


def ids(log):
    """Each recipient's Message-IDs, of accepted and of dropped messages."""
    import json
    found = {}
    with open(log) as lines:
        for line in lines:
            message = json.loads(line)
            for who in message["rcpt"]:
                found.setdefault(who, []).append((message["id"], message["result"]))
    return found


def verdict(what, is_met):
    print(f"{'ok  ' if is_met else 'MISS'} {what}", flush=True)
    return is_met
