#!/usr/bin/env python3
"""How fast the outbox is emptied, beside Postfix's smtp-source, on the same sinks in the same sitting.

Best on an idle machine: what else runs takes its share of both cores and of the disk. The time of one durable write
is printed beside the figures, since on one connection each message waits for one.

Every figure is the program whole: claims and settlements in SQLite with its durability on, letters written and
encoded, SMTP. A digest of some 30 KB is made and queued first; the time and the processor of a run with nothing to
send are taken off. The sinks are Postfix's smtp-sink (Debian: apt-get install --no-install-recommends postfix) and
shared/bench/smtpsink.py, which takes more of the processor itself.

--recipients 100000 asks instead for the memory that so many take, and for the speed at that size.
--dkim DIR also measures with a signature: RSA-2048, the key made by `policy-digest dkim generate` if DIR has none.

Targets: 1,000 messages a second on 1 connection, 2,000 on 8, at most 0.5 ms of the processor a message (1 ms with
DKIM), below 80 MB for 100,000 recipients.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import setting

STORIES, EXCERPT = 16, 200
MOST_MIB = 80e6 / 2**20


def made(place, recipients):
    """Everything queued, kept aside to begin from each time."""
    place.configure(setting.free_port(), 1, excerpt_chars=EXCERPT)
    place.feed(STORIES)
    place.people([f"person{n}@example.org" for n in range(recipients)])
    cost = setting.Cost(place.command("once", "--wait", "0s"))
    queued = place.states().get("queued", 0)
    if queued != recipients:
        sys.exit(f"{queued} of {recipients} are queued:\n{cost.text}")
    place.save(place.folder / "queued.db")
    return cost


def measure(place, port, connections, dkim):
    place.restore(place.folder / "queued.db")
    place.configure(port, connections, dkim=dkim, excerpt_chars=EXCERPT)
    cost = setting.Cost(place.command("once", "--wait", "0s"))
    sent = place.states().get("sent", 0)
    idle = setting.Cost(place.command("once", "--wait", "0s"))
    wall, cpu = cost.wall - idle.wall, cost.cpu - idle.cpu
    if sent == 0:
        sys.exit(f"nothing was sent:\n{cost.text}")
    return sent / wall, 1000 * cpu / sent, cost.peak_mib, sent


def ceiling(port, connections, messages, size):
    command = [setting.find("smtp-source"), "-s", connections, "-m", messages, "-l", size, "-d", "-f", "a@example.org",
               "-t", "b@example.net", f"127.0.0.1:{port}"]
    cost = setting.Cost(list(map(str, command)))
    return messages / cost.wall


def sinks(args):
    if setting.find("smtp-sink"):
        yield "smtp-sink", setting.PostfixSink
    else:
        print("Postfix's smtp-sink and smtp-source are not installed and are left out")
    yield "smtpsink.py", lambda port: setting.Sink(args.bench, port)


def durable_write(folder):
    """Milliseconds for 32 KB, about what a commit writes for one message, and fdatasync."""
    with open(folder / "durable", "wb", buffering=0) as file:
        begin = time.monotonic()
        for _ in range(300):
            file.write(bytes(32768))
            os.fdatasync(file.fileno())
        return (time.monotonic() - begin) / 300 * 1000


def key(args, program):
    if args.dkim is None:
        return []
    args.dkim.mkdir(parents=True, exist_ok=True)
    file = args.dkim.resolve() / "dkim.pem"
    if not file.exists():
        words = ["dkim", "generate", "--rsa", "--domain", "example.org", "--selector", "bench", "--out", file]
        made = subprocess.run(list(map(str, [program, *words])), capture_output=True, text=True)
        if made.returncode:
            sys.exit(f"no key could be made:\n{made.stdout}{made.stderr}")
    return [f'[mail.dkim]\ndomain = "example.org"\nselector = "bench"\nkey_file = "{file}"\n']


def size_of(place, args):
    """Bytes of one message, by the counting sink."""
    port, log = setting.free_port(), place.folder / "size.log"
    with setting.Sink(args.bench, port, "--log", log):
        measure(place, port, 1, None)
    return json.loads(log.read_text().splitlines()[0])["bytes"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    setting.add_options(parser)
    parser.add_argument("--recipients", type=int, default=4000)
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--dkim", type=pathlib.Path, metavar="DIR")
    args = parser.parse_args()
    program = setting.tools(args)
    if program is None:
        return 0
    met = []
    with tempfile.TemporaryDirectory() as folder:
        place = setting.Place(args.keep or pathlib.Path(folder) / "place", program)
        making = made(place, args.recipients)
        print(f"{args.recipients} messages made and queued: {making.wall:.2f} s, peak {making.peak_mib:.0f} MiB", flush=True)
        met.append((f"made and queued: {making.peak_mib:.0f} MiB, below 76 (80 MB)", making.peak_mib < MOST_MIB))
        size = size_of(place, args)
        print(f"a durable write takes {durable_write(place.folder):.2f} ms, the load is {os.getloadavg()[0]:.1f}")
        print(f"each of {size} bytes\n{'sink':12} {'connections':>11} {'dkim':>5} {'messages/s':>11} {'CPU ms each':>12} {'peak MiB':>9} {'smtp-source -d':>15}")
        keys = [None, *key(args, program)]
        for name, sink in sinks(args):
            for connections in args.connections:
                port = setting.free_port()
                with sink(port):
                    best = ceiling(port, connections, 4000, size) if setting.find("smtp-source") else 0
                    for dkim in keys:
                        rate, cpu, peak, sent = measure(place, port, connections, dkim)
                        print(f"{name:12} {connections:11} {'rsa' if dkim else 'no':>5} {rate:11.0f} {cpu:12.3f} {peak:9.1f} {best:15.0f}", flush=True)
                        met += verdicts(name, connections, dkim, rate, cpu, peak, sent == args.recipients)
        print()
        return 0 if all([setting.verdict(what, is_met) for what, is_met in met]) else 1


def verdicts(name, connections, dkim, rate, cpu, peak, is_whole):
    signed = ", signed" if dkim else ""
    yield f"{name}, {connections} connections{signed}: all are sent", is_whole
    yield f"{name}, {connections} connections{signed}: {peak:.0f} MiB, below 76 (80 MB)", peak < MOST_MIB
    limit = 1.0 if dkim else 0.5
    yield f"{name}, {connections} connections{signed}: {cpu:.3f} ms of the processor a message, at most {limit}", cpu <= limit
    if connections in (1, 8):
        least = 1000 if connections == 1 else 2000
        yield f"{name}, {connections} connections{signed}: {rate:.0f} messages a second, at least {least}", rate >= least


if __name__ == "__main__":
    sys.exit(main())
