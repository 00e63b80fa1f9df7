#!/usr/bin/env python3
"""No speed: the daemon with twenty good feeds and one of each hostile kind, for ten minutes. Do digests go out on time, do
the pages answer, does the memory stay small, and does `status` name every bad feed with the reason?

The hostile feeds are of serve.py, gen.py and item.py, which are looked for in shared/hostile beside this repository or above
it (--hostile DIR says where); without them the script says so and ends. Some of their bombs need the packages brotli and
zstandard. Every other minute all feeds are due again, however long the program would leave a failing one alone. Python 3
alone, on Linux; builds the program unless --program names one.

Nobody gets two scheduled digests within half a day, so that only the first slot makes one; the others are asked for by
`send-now`, every two minutes.

Targets: a digest is sent within a minute of its slot, or of being asked for; 99 of 100 pages within 250 ms;
150 MiB at most; no feed that fails without a reason, no good feed that fails.
"""
import argparse
import contextlib
import http.server
import importlib.util
import json
import pathlib
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "delivery"))
import setting

GOOD = 20
MOST_MIB = 150
MOST_MS = 250
MOST_LATE = 60

# Answers that no feed may be read from.
BAD = {
    "bomb-gzip": "/bomb?k=gzip&mb=100", "bomb-br": "/bomb?k=br&mb=100", "bomb-zstd": "/bomb?k=zstd&mb=100",
    "bomb-window": "/bomb?k=zstdw&mb=100", "drip": "/drip", "drip-head": "/driphead", "headers": "/hdrs", "header": "/hdrbig",
    "continue": "/cont", "early-hints": "/early", "redirects": "/redir/0", "redirect-inside": "/to?u=http://169.254.169.254/",
    "redirect-file": "/to?u=file:///etc/passwd", "chunks": "/inf", "small-chunks": "/inf1", "chunk-extension": "/chunkext",
    "trailers": "/trailers", "length-huge": "/clhuge", "length-wrong": "/cl9", "silence": "/hang",
    "page": "/page?h=%3C!doctype%20html%3E%3Ctitle%3EMoved%3C/title%3E", "empty": "/body?b=", "not-found": "/status?s=404",
    "failing": "/status?s=500", "too-many": "/status?s=429&h=Retry-After:%2099999999%0D%0A", "partial": "/status?s=206", "gone": "/status?s=410",
}
ITEMS = ["paren", "parensp", "cross", "cross2", "bigtitle", "bigtitlelines", "nosent"]


def find_hostile():
    return next((above / "shared/hostile" for above in setting.ROOT.parents if (above / "shared/hostile/serve.py").exists()), None)


class Good(http.server.BaseHTTPRequestHandler):
    """Twenty blogs with a new post a minute."""

    def do_GET(self):
        blog, minute = self.path.strip("/"), int(time.time() // 60)
        posts = "".join(
            f"<item><guid isPermaLink='false'>{at}</guid><title>Collaborative governance in {blog}, part {at}</title>"
            f"<link>https://{blog}.example.org/{at}</link><description>Part {at} of {blog} is about collaborative governance"
            f" among councils.</description><pubDate>{time.strftime('%a, %d %b %Y %H:%M:%S +0000', time.gmtime(at * 60))}</pubDate></item>"
            for at in range(minute - 5, minute + 1))
        body = f"<rss version='2.0'><channel><title>{blog}</title>{posts}</channel></rss>".encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/rss+xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def feeds(args, good, bad, folder):
    """Every feed by its id: the good ones, one of each answer, one of each family and of each item."""
    listed = {f"good-{n:02}": f"http://127.0.0.1:{good}/blog-{n:02}" for n in range(GOOD)}
    packages = {"bomb-br": "brotli", "bomb-zstd": "zstandard", "bomb-window": "zstandard"}
    for name, path in BAD.items():
        if name in packages and importlib.util.find_spec(packages[name]) is None:
            print(f"skipped: {name}, for there is no Python package {packages[name]}")
            continue
        # A host that asks to be left alone (429, Retry-After) is, with all its feeds.
        host = "[::1]" if name == "too-many" else "127.0.0.2"
        listed[f"bad-{name}"] = f"http://{host}:{bad}{path}"
    for family in re.findall(r"^def (\w+)\(n\)", (args.hostile / "gen.py").read_text(), re.MULTILINE):
        listed[f"family-{family.replace('_', '-')}"] = f"http://127.0.0.2:{bad}/gen?f={family}&n={args.bytes}"
    for kind in ITEMS:
        text = subprocess.check_output([sys.executable, args.hostile / "item.py", kind, str(args.bytes // 16)])
        (folder / f"{kind}.xml").write_bytes(text)
        listed[f"item-{kind}"] = f"http://127.0.0.2:{bad}/file/{kind}.xml"
    return listed


def configure(place, listed, web):
    (place.config / "digest.toml").write_text(
        f"""[polling]
interval = "60s"
spacing = "0s"
per_host = 64
allow_private = ["127.0.0.0/8", "::1/128"]
[schedule]
daily = "*/2 * * * *"
[digest]
quiet_week = true
[web]
listen = "127.0.0.1:{web}"
admin_listen = "127.0.0.1:0"
""")
    (place.config / "topic.toml").write_text(setting.TOPIC)
    entries = (f'[[feed]]\nid = "{name}"\ntitle = "{name}"\nurl = "{url}"\n' for name, url in listed.items())
    (place.config / "feeds.toml").write_text("".join(entries))
    people = "".join(f"person{n}@example.org,daily\n" for n in range(20))
    (place.config / "subscribers.csv").write_text("email,cadence\n" + people)


class Pages(threading.Thread):
    """A visitor who asks for a page ten times a second, and how long each took, in milliseconds; which it was, and when."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.at, self.took, self.failed, self.is_over = f"http://127.0.0.1:{port}", [], [], False
        self.begin = time.monotonic()

    def run(self):
        paths = ["/", "/archive", "/sources", "/feed.xml", "/health/ready"]
        while not self.is_over:
            path = paths[len(self.took) % len(paths)]
            begin = time.monotonic()
            try:
                urllib.request.urlopen(self.at + path, timeout=30).read()
            except OSError as error:
                self.failed.append(f"{path}: {error}")
            self.took.append(((time.monotonic() - begin) * 1000, path, begin - self.begin))
            time.sleep(max(0, 0.1 - (time.monotonic() - begin)))


def resident(process):
    status = pathlib.Path(f"/proc/{process}/status").read_text()
    return max(int(number) for number in re.findall(r"^Vm(?:HWM|RSS):\s+(\d+) kB", status, re.MULTILINE)) / 1024


def make_due(place):
    with contextlib.suppress(sqlite3.OperationalError), place.sql() as database:
        database.execute("UPDATE feeds SET next_check = 0, not_before = NULL WHERE gone IS NULL")


def watch(place, daemon, minutes):
    begin, told, peak, asked = time.monotonic(), 0, 0, []
    while (passed := time.monotonic() - begin) < minutes * 60:
        if daemon.poll() is not None:
            sys.exit(f"the daemon ended early, with {daemon.returncode}")
        peak = max(peak, resident(daemon.pid))
        if passed >= told:
            print(f"{passed:6.0f} s   {resident(daemon.pid):7.1f} MiB at most so far", flush=True)
            if told and told % 120 == 0:
                make_due(place)
                asking = time.monotonic()
                is_sent = place.run("send-now").returncode == 0
                asked.append(time.monotonic() - asking if is_sent else float("inf"))
            told += 60
        time.sleep(0.5)
    return peak, asked


def lateness(place, until):
    """Of every slot that had its time: how long after it the last of its digests was sent, in seconds."""
    with place.sql() as database:
        return database.execute(
            "SELECT r.due, max(m.settled) - r.due, count(*), sum(m.state = 'sent') FROM runs r JOIN messages m ON m.run = r.id"
            " WHERE r.due < ? GROUP BY r.id ORDER BY r.due", (until,)).fetchall()


def judge(place, listed, pages, peak, asked, ended, reports):
    took = sorted(pages.took)
    at_99, _, _ = took[int(len(took) * 0.99)]
    runs = lateness(place, time.time() - MOST_LATE)
    late = [(due, by) for due, by, number, sent in runs if sent < number or by is None or by > MOST_LATE]
    told = {feed["id"]: feed for feed in reports["feeds"]}
    nameless = [name for name in listed if not told[name]["checked"] or (told[name]["outcome"] not in ("read", "unchanged") and not told[name]["error"])]
    good = [name for name in listed if name.startswith("good") and told[name]["failures"]]
    bad = [name for name in listed if name.startswith("bad") and not told[name]["error"]]
    print()
    for name in listed:
        if not name.startswith("good"):
            print(f"{name:24} {told[name]['outcome'] or '-':10} {told[name]['took_ms'] or 0:6} ms  {told[name]['error'] or ''}")
    slowest = ", ".join(f"{path} {ms:.0f} ms after {at:.0f} s" for ms, path, at in reversed(took[-8:]))
    print(f"\nslowest pages: {slowest}")
    print(f"lateness of the digests, in seconds: {[by for _, by, _, _ in runs]}")
    return [
        setting.verdict(f"{len(runs)} digests at their slots or asked for, {len(late)} of them late", runs and not late),
        setting.verdict(f"asked for and sent after {[round(seconds, 1) for seconds in asked]} seconds", all(seconds <= MOST_LATE for seconds in asked)),
        setting.verdict(f"{len(took)} pages, 99 of 100 within {at_99:.0f} ms, {len(pages.failed)} failed {pages.failed[:3]}",
                        at_99 <= MOST_MS and not pages.failed),
        setting.verdict(f"memory {peak:.0f} MiB at most", peak <= MOST_MIB),
        setting.verdict(f"{len(listed)} feeds; without a reason {nameless}, bad and not said so {bad}, good that fail {good}",
                        not (nameless or bad or good)),
        setting.verdict(f"the daemon ended with {ended}", ended == 0),
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hostile", type=pathlib.Path, default=find_hostile(), help="the folder with serve.py, gen.py and item.py")
    parser.add_argument("--program", type=pathlib.Path, help="a built policy-digest, instead of building it")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--bytes", type=int, default=1_000_000, help="size of a document of a family; of an item a sixteenth")
    args = parser.parse_args()
    if args.hostile is None or not (args.hostile / "serve.py").exists():
        print("skipped: there is no shared/hostile/serve.py beside this repository (see --hostile)")
        return 0
    args.hostile = args.hostile.resolve()
    program = setting.program(args)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        place = setting.Place(folder / "place", program)
        good = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Good)
        threading.Thread(target=good.serve_forever, daemon=True).start()
        bad, web = setting.free_port(), setting.free_port()
        listed = feeds(args, good.server_port, bad, folder)
        configure(place, listed, web)
        server = subprocess.Popen([sys.executable, args.hostile / "serve.py", str(bad), "/dev/null", str(folder)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        daemon = None
        try:
            server.stdout.readline()
            # It makes a bomb when it is first asked for one, and answers nobody else meanwhile.
            for url in (url for url in listed.values() if "/bomb?" in url):
                urllib.request.urlopen(url, timeout=300).close()
            with open(folder / "log", "w") as log:
                daemon = subprocess.Popen(place.command("run"), stdout=subprocess.DEVNULL, stderr=log)
            if not wait_until_served(web):
                sys.exit(f"the daemon does not serve:\n{(folder / 'log').read_text()[-2000:]}")
            pages = Pages(web)
            pages.start()
            peak, asked = watch(place, daemon, args.minutes)
            pages.is_over = True
            pages.join()
            reports = json.loads(place.run("status", "--json", check=True).stdout)
            daemon.send_signal(signal.SIGTERM)
            ended = daemon.wait(timeout=60)
        finally:
            for process in filter(None, [daemon, server]):
                if process.poll() is None:
                    process.kill()
                process.wait()
        return 0 if all(judge(place, listed, pages, peak, asked, ended, reports)) else 1


def wait_until_served(port):
    for _ in range(300):
        with contextlib.suppress(OSError):
            return urllib.request.urlopen(f"http://127.0.0.1:{port}/health/live", timeout=5).status == 200
        time.sleep(0.1)
    return False


if __name__ == "__main__":
    sys.exit(main())
