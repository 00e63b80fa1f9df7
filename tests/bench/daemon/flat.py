#!/usr/bin/env python3
"""Does the daemon's memory stay flat? `run` polls synthetic feeds again and again, some of them with new entries each
time, and sends a digest every minute; its resident memory is read each second.

Uses feedserver.py, which is looked for in shared/bench beside this repository or above it (--bench DIR says where);
without it the script says so and ends. Python 3 alone, on Linux; builds the program unless --program names one. It
ends by itself after --minutes.

Target: the median of the last fifth is at most 10 % and 8 MiB above that of the second fifth.
"""
import argparse
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "delivery"))
import setting

ROOT = pathlib.Path(__file__).resolve().parents[3]
CONFIG = """data = "{folder}/data"
[polling]
interval = "{interval}s"
spacing = "0s"
allow_private = ["127.0.0.0/8"]
[schedule]
daily = "* * * * *"
[digest]
quiet_week = true
[web]
listen = "127.0.0.1:0"
"""


def find_bench():
    return next((above / "shared/bench" for above in ROOT.parents if (above / "shared/bench/feedserver.py").exists()), None)


def configure(folder, urls, interval):
    config = folder / "config"
    config.mkdir()
    (config / "digest.toml").write_text(CONFIG.format(folder=folder, interval=interval))
    feeds = (f'[[feed]]\nid = "feed-{n}"\ntitle = "Feed {n}"\nurl = "{url}"\n' for n, url in enumerate(urls))
    (config / "feeds.toml").write_text("".join(feeds))
    people = "".join(f"person{n}@example.org,daily\n" for n in range(20))
    (config / "subscribers.csv").write_text("email,cadence\n" + people)
    return config


def memory(process):
    """Resident KiB, open files and threads."""
    status = pathlib.Path(f"/proc/{process}/status").read_text()
    value = lambda name: int(next(line for line in status.splitlines() if line.startswith(name)).split()[1])
    return value("VmRSS:"), len(os.listdir(f"/proc/{process}/fd")), value("Threads:")


def watch(daemon, server, minutes, new_feeds):
    samples, start, told = [], time.monotonic(), 0
    while (passed := time.monotonic() - start) < minutes * 60:
        if daemon.poll() is not None:
            raise SystemExit(f"the daemon ended early, with {daemon.returncode}")
        samples.append(memory(daemon.pid))
        if len(samples) % 15 == 0:
            urllib.request.urlopen(f"{server}/__advance?feeds={new_feeds}&items=1").read()
        if passed >= told:
            rss, files, threads = samples[-1]
            print(f"{passed:6.0f} s   {rss / 1024:7.1f} MiB   {files:4} files   {threads:3} threads", flush=True)
            told += max(5, minutes * 60 / 20)
        time.sleep(1)
    return samples


def run(args, folder):
    port = args.port
    options = ["--feeds", str(args.feeds), "--hosts", str(min(args.feeds, 100)), "--port", str(port)]
    server = subprocess.Popen([sys.executable, args.bench / "feedserver.py", *options], stdout=subprocess.PIPE, text=True)
    daemon = None
    try:
        print("#", server.stdout.readline().strip(), flush=True)
        at = f"http://127.0.0.1:{port}"
        with urllib.request.urlopen(f"{at}/__urls") as answer:
            config = configure(folder, answer.read().decode().split(), args.interval)
        with open(folder / "log", "w") as log:
            daemon = subprocess.Popen([args.program, "run", "--config", config], stdout=subprocess.DEVNULL, stderr=log)
        samples = watch(daemon, at, args.minutes, max(1, args.feeds // 20))
        with urllib.request.urlopen(f"{at}/__stats") as answer:
            stats = json.load(answer)
        daemon.send_signal(signal.SIGTERM)
        ended = daemon.wait(timeout=60)
        return samples, stats, ended, len(list((folder / "data/outbox").glob("*.eml")))
    finally:
        for process in filter(None, [daemon, server]):
            if process.poll() is None:
                process.kill()
            process.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--feeds", type=int, default=200)
    parser.add_argument("--interval", type=int, default=10, help="seconds between two polls of a feed (default 10)")
    parser.add_argument("--bench", type=pathlib.Path, default=find_bench())
    parser.add_argument("--program", type=pathlib.Path, help="a built policy-digest, instead of building it")
    parser.add_argument("--port", type=int, default=8861)
    args = parser.parse_args()
    if args.bench is None or not (args.bench / "feedserver.py").exists():
        print("skipped: there is no shared/bench/feedserver.py beside this repository (see --bench)")
        return 0
    args.bench = args.bench.resolve()
    args.program = setting.program(args)
    with tempfile.TemporaryDirectory() as folder:
        samples, stats, ended, mails = run(args, pathlib.Path(folder))
    fifth = len(samples) // 5
    early, late = (statistics.median(rss for rss, _, _ in part) / 1024 for part in (samples[fifth : 2 * fifth], samples[-fifth:]))
    most = max(rss for rss, _, _ in samples) / 1024
    files = samples[fifth][1], samples[-1][1]
    print(f"\n{stats['requests']} requests, {stats['r304']} answered 304; {mails} mails; the daemon ended with {ended}")
    print(f"memory: {early:.1f} MiB in the second fifth, {late:.1f} MiB in the last, {most:.1f} MiB at most; files {files[0]} -> {files[1]}")
    is_flat = late <= early * 1.1 and late - early <= 8
    print("ok   flat" if is_flat else "MISS it grows")
    return 0 if is_flat and ended == 0 and mails > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
