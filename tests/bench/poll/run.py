#!/usr/bin/env python3
"""What a poll costs: the program, a bare ceiling and newsboat, on the same feeds, in one sitting.

Uses feedserver.py and measure.py, which are looked for in shared/bench beside this repository or above it
(--bench DIR says where); without them it says so and ends. newsboat is measured when it is installed (Debian:
apt-get install --no-install-recommends newsboat). Python 3 alone; builds what it needs into target/.

Targets (the poll whole: fetch, repair, text, score, SQLite):
  first poll of 200 feeds      at most 0.80 s CPU and 60 MiB
  all answered 304             at most 0.05 s CPU above start-up (`status`)
  1,000 feeds at 100 ms        at most 1.5 x ceil(N / concurrency) x latency of wall time
"""
import argparse
import math
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
CONCURRENCY, LATENCY_MS = 64, 100


def find_bench():
    for above in ROOT.parents:
        if (above / "shared/bench/feedserver.py").exists():
            return above / "shared/bench"
    return None


def build(manifest, target, name, profile="release"):
    command = ["cargo", "build", "--profile", profile, "--locked", "--manifest-path", manifest, "--target-dir", target]
    subprocess.run(list(map(str, command)), check=True)
    return pathlib.Path(target) / profile / name


class Server:
    """feedserver.py with these options, while the block lasts."""

    def __init__(self, bench, port, *options):
        self.command, self.at = [sys.executable, bench / "feedserver.py", "--port", str(port), *options], f"http://127.0.0.1:{port}"

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        print("#", self.process.stdout.readline().strip(), flush=True)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.communicate()

    def urls(self):
        import urllib.request
        with urllib.request.urlopen(f"{self.at}/__urls") as answer:
            return answer.read().decode().split()


class Sitting:
    def __init__(self, args, bench, folder):
        self.args, self.bench, self.folder = args, bench, folder

    def measure(self, name, command, server, before=None):
        line = [sys.executable, self.bench / "measure.py", "-n", str(self.args.n), "--stats", f"{server.at}/__stats"]
        line += ["--before", before] if before else []
        done = subprocess.run(list(map(str, [*line, "--", *command])), cwd=self.folder, check=True, capture_output=True, text=True)
        found = re.search(r"median: wall ([\d.]+) s  cpu ([\d.]+) s  peak ([\d.]+) MiB", done.stdout)
        counters = re.findall(r"\{.*\}", done.stdout)
        wall, cpu, peak = map(float, found.groups())
        print(f"{name:34} wall {wall:6.3f} s  cpu {cpu:6.3f} s  peak {peak:6.1f} MiB   {counters[-1] if counters else ''}", flush=True)
        if self.args.verbose:
            print(done.stdout)
        return wall, cpu, peak

    def configure(self, name, urls):
        config = self.folder / name
        config.mkdir()
        polling = f'[polling]\nconcurrency = {CONCURRENCY}\nspacing = "0s"\nallow_private = ["127.0.0.0/8"]\n'
        (config / "digest.toml").write_text(polling)
        feeds = "".join(f'[[feed]]\nid = "feed-{n}"\ntitle = "Feed {n}"\nurl = "{url}"\n' for n, url in enumerate(urls))
        (config / "feeds.toml").write_text(feeds)
        return ["--config", config, "--data", self.folder / f"{name}-data"]

    def ours(self, program, server):
        where = self.configure("ours", server.urls())
        first = self.measure("poll, first", [program, "poll", *where], server, f"rm -rf {self.folder}/ours-data")
        start = self.measure("status (start-up)", [program, "status", *where], server)
        same = self.measure("poll, all 304", [program, "poll", *where], server)
        return first, start, same

    def bare(self, ceiling, server):
        (self.folder / "urls").write_text("\n".join(server.urls()) + "\n")
        first = self.measure("ceiling, first", [ceiling, "urls", "etags"], server, "rm -f etags")
        return first, self.measure("ceiling, all 304", [ceiling, "urls", "etags"], server)

    def newsboat(self, server):
        command = ["newsboat", "-x", "reload", "-u", "urls", "-c", "nb.db", "-C", "/dev/null"]
        first = self.measure("newsboat, first", command, server, "rm -f nb.db")
        # It asks conditionally from its third reload on.
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True)
        return first, self.measure("newsboat, all 304", command, server)

    def many(self, program, server):
        where = self.configure("many", server.urls())
        first = self.measure("1,000 feeds at 100 ms, first", [program, "poll", *where], server, f"rm -rf {self.folder}/many-data")
        return first, self.measure("1,000 feeds at 100 ms, all 304", [program, "poll", *where], server)


def verdict(what, value, limit, unit):
    print(f"{'ok  ' if value <= limit else 'MISS'} {what:46} {value:7.3f} {unit}, at most {limit:.3f}")
    return value <= limit


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", type=int, default=5, help="runs of each (default 5); medians are printed")
    parser.add_argument("--bench", type=pathlib.Path, default=find_bench())
    parser.add_argument("--program", type=pathlib.Path, help="a built policy-digest, instead of building it")
    parser.add_argument("--ceiling", type=pathlib.Path, help="a built ceiling, instead of building it")
    parser.add_argument("--port", type=int, default=8841)
    parser.add_argument("--verbose", action="store_true", help="every run")
    args = parser.parse_args()
    if args.bench is None or not (args.bench / "feedserver.py").exists():
        print("skipped: there is no shared/bench/feedserver.py beside this repository (see --bench)")
        return 0
    args.bench = args.bench.resolve()
    program = (args.program or build(ROOT / "Cargo.toml", ROOT / "target", "policy-digest", "dist")).resolve()
    ceiling = (args.ceiling or build(ROOT / "tests/bench/ceiling/Cargo.toml", ROOT / "target/ceiling", "ceiling")).resolve()
    with tempfile.TemporaryDirectory() as folder:
        sitting = Sitting(args, args.bench, pathlib.Path(folder))
        with Server(args.bench, args.port, "--feeds", "200", "--hosts", "50") as server:
            first, start, same = sitting.ours(program, server)
            bare_first, bare_same = sitting.bare(ceiling, server)
            boat = sitting.newsboat(server) if shutil.which("newsboat") else None
        with Server(args.bench, args.port + 1, "--feeds", "1000", "--hosts", "250", "--latency-ms", str(LATENCY_MS)) as server:
            many_first, many_same = sitting.many(program, server)
    print()
    print(f"first poll: {first[1] / bare_first[1]:.1f} times the ceiling's CPU" + (f", {boat[0][1] / first[1]:.1f} times less than newsboat" if boat else ""))
    above = max(0.0, same[1] - start[1])
    print(f"all 304: {above:.3f} s above start-up, the ceiling {bare_same[1]:.3f} s whole" + (f", newsboat {boat[1][1]:.3f} s whole" if boat else ""))
    if boat is None:
        print("newsboat is not installed and was left out")
    bound = 1.5 * math.ceil(1000 / CONCURRENCY) * LATENCY_MS / 1000
    print()
    met = [
        verdict("first poll of 200 feeds, CPU", first[1], 0.8, "s"),
        verdict("first poll of 200 feeds, memory", first[2], 60, "MiB"),
        verdict("all 304, CPU above start-up", above, 0.05, "s"),
        verdict("1,000 feeds at 100 ms, first poll, wall", many_first[0], bound, "s"),
        verdict("1,000 feeds at 100 ms, all 304, wall", many_same[0], bound, "s"),
    ]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
