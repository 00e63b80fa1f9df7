#!/usr/bin/env python3
"""The pages under load: at rest, and while a run is being sent over SMTP, beside a bare axum that says hello.

wrk (Debian: apt-get install wrk) asks for each page over kept connections, one page after the other, and posts one-click
unsubscribes of some of the people to whom the run is being sent. Afterwards each of them has left, everybody else has
one mail, and nobody has two. Best on an idle machine: wrk and the sink take their share of the processor.

A page that is not there (404) is skipped, aloud.
"""
import argparse
import hashlib
import hmac
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "delivery"))
import setting  # noqa: E402

PAGES = ["/", "/archive", "/feed.xml"]
# Of 100 answers under load, 99 come within this (milliseconds).
MOST_MS = 250


def hello():
    """The ceiling, built with the versions that the program has."""
    folder = HERE.parent / "hello"
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", setting.ROOT / "target"))
    lock = folder / "Cargo.lock"
    lock.write_text((setting.ROOT / "Cargo.lock").read_text())
    try:
        command = ["cargo", "build", "--quiet", "--release", "--target-dir", target, "--manifest-path", folder / "Cargo.toml"]
        subprocess.run(list(map(str, command)), check=True)
    finally:
        lock.unlink()
    return target / "release/hello"


class Server:
    """A program that says where it serves, while the block lasts."""

    def __init__(self, command, **environment):
        self.command, self.environment = list(map(str, command)), {**os.environ, **environment}

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=self.environment)
        self.url = "http://" + self.process.stdout.readline().strip().rsplit("/", 1)[-1]
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def memory_mib(self):
        pages = int(pathlib.Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def wrk(url, args, script="tell.lua", links=""):
    command = ["wrk", "-t", "1", "-c", args.connections, "-d", f"{args.seconds}s", "-s", HERE / script, url]
    environment = {**os.environ, "TELL": str(HERE / "tell.lua"), "LINKS": str(links)}
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, env=environment, timeout=args.seconds + 60)
    for line in done.stdout.splitlines():
        if line.startswith("FIGURES "):
            requests, micros, refused, broken, p50, p99 = map(int, line.split()[1:])
            return {"rate": requests * 1e6 / micros, "p50": p50 / 1000, "p99": p99 / 1000, "errors": refused + broken}
    sys.exit(f"wrk says nothing:\n{done.stdout}{done.stderr}")


def show(what, figures):
    print(f"{what:44} {figures['rate']:10.0f} {figures['p50']:9.2f} {figures['p99']:9.2f} {figures['errors']:7}", flush=True)
    return figures


def is_there(url):
    try:
        return urllib.request.urlopen(url, timeout=10).status == 200
    except urllib.error.HTTPError as error:
        if error.code == 404:
            print(f"{url[url.index('/', 8):]} is not there, and is skipped")
            return False
        raise


def unsubscribe_paths(place, count):
    """Of the first people, signed as the program does: see `domain::token`."""
    with place.sql() as database:
        (key,) = database.execute("SELECT value FROM keys WHERE name = 'token'").fetchone()
        ids = [row[0] for row in database.execute("SELECT id FROM subscribers ORDER BY joined LIMIT ?", (count,))]
    for id in ids:
        body = f"u.{id}.0"
        yield f"/unsubscribe/{body}.{hmac.new(key, body.encode(), hashlib.sha256).hexdigest()[:40]}"


def prepare(args, folder, program):
    place = setting.Place(folder / "place", program)
    place.configure(args.port, 8, per_second=args.per_second)
    digest = place.config / "digest.toml"
    never = "\n".join(f'{cadence} = "0 0 1 1 *"' for cadence in ("daily", "weekly", "monthly"))
    digest.write_text(f"{digest.read_text()}[schedule]\n{never}\n")
    place.feed(20)
    place.people([f"person{n}@example.org" for n in range(args.recipients)])
    place.queue()
    links = folder / "links"
    links.write_text("".join(f"{path}\n" for path in unsubscribe_paths(place, args.leaving)))
    return place, links


def wait_until(is_so, seconds):
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            return False
        time.sleep(0.2)
    return True


def judge(args, place, figures, log, peak):
    with place.sql() as database:
        left = database.execute("SELECT count(*) FROM subscribers WHERE status = 'left'").fetchone()[0]
        states = dict(database.execute("SELECT state, count(*) FROM messages WHERE kind = 'digest' GROUP BY state"))
    mailed = [who for who, messages in setting.ids(log).items() for _ in messages]
    print(f"left: {left}; digests: {states}; mails taken by the sink: {len(mailed)}; memory at the end: {peak:.0f} MiB\n")
    errors = sum(of["errors"] for of in figures.values())
    yield f"no error in {len(figures)} loads: {errors}", errors == 0
    yield f"all {args.leaving} have left: {left}", left == args.leaving
    yield "everybody else has a mail, and whoever left in time has none", (
        states.get("sent", 0) + states.get("cancelled", 0) == args.recipients
        and states.get("sent", 0) >= args.recipients - args.leaving)
    yield "what the sink took is what was sent, to each once", len(mailed) == len(set(mailed)) == states.get("sent", 0)
    slowest = max(of["p99"] for of in figures.values())
    yield f"99 of 100 answers within {MOST_MS} ms: {slowest:.0f}", slowest <= MOST_MS


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    setting.add_options(parser)
    parser.add_argument("--recipients", type=int, default=10_000)
    parser.add_argument("--leaving", type=int, default=4_000, help="how many of them unsubscribe meanwhile")
    parser.add_argument("--per-second", type=int, default=250, help="mails a second, so that the run lasts")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=int, default=5, help="for each load")
    args = parser.parse_args()
    program = setting.tools(args)
    if program is None:
        return 0
    args.port = setting.free_port()
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        place, links = prepare(args, folder, program)
        log = folder / "mail.log"
        print(f"{'':44} {'requests/s':>10} {'p50 ms':>9} {'p99 ms':>9} {'errors':>7}")
        with Server([hello()]) as bare:
            show("a bare axum's hello", wrk(bare.url, args))
        daemon = Server(place.command("run"), POLICY_DIGEST__WEB__LISTEN="127.0.0.1:0")
        # Nobody takes the mails yet: delivery rests.
        with daemon:
            pages = [page for page in PAGES if is_there(daemon.url + page)]
            for page in pages:
                figures[page] = show(f"{page}, nothing is being sent", wrk(daemon.url + page, args))
        with setting.Sink(args.bench, args.port, "--log", log):
            place.run("resume")
            with daemon:
                if not wait_until(lambda: place.states().get("sent", 0) > 0, 180):
                    sys.exit(f"nothing is sent: {place.states()}")
                for page in pages:
                    figures[page, "sending"] = show(f"{page}, while {args.recipients} mails go out", wrk(daemon.url + page, args))
                figures["leave"] = show("one-click POST, while they go out", wrk(daemon.url, args, "unsubscribe.lua", links))
                waits = {"queued", "retry", "sending"}
                is_sending = bool(waits & place.states().keys())
                wait_until(lambda: not waits & place.states().keys(), 300)
                peak = daemon.memory_mib()
        met = [("mails were still going out at the end of the load", is_sending), *judge(args, place, figures, log, peak)]
        return 0 if all([setting.verdict(what, is_met) for what, is_met in met]) else 1


if __name__ == "__main__":
    sys.exit(main())
