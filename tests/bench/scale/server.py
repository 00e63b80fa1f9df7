"""A PostgreSQL server of a script's own, with its durability as it comes, and what is asked of either engine's database.
Python 3 and Debian's postgresql alone."""
import contextlib
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "delivery"))
import setting  # noqa: E402


def programs():
    """The newest server's folder of programs."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


class Server:
    """A server, while the block lasts. It refuses to run as root: then it is `postgres`'s or `nobody`'s."""

    def __init__(self):
        self.port, self.bin = setting.free_port(), programs()
        self.user = None
        if os.geteuid() == 0:
            names = {user.pw_name for user in pwd.getpwall()}
            self.user = "postgres" if "postgres" in names else "nobody"

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        if self.user:
            shutil.chown(self.folder, self.user)
        data = self.folder / "data"
        self.run("initdb", "-U", "tester", "-A", "trust", "-E", "UTF8", "--no-locale", "-D", data)
        options = ["-c", "unix_socket_directories=", "-c", "listen_addresses=127.0.0.1", "-c", "shared_buffers=256MB"]
        self.process = subprocess.Popen([self.bin / "postgres", "-D", data, "-p", str(self.port), *options], user=self.user,
                                        cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0 and self.answers():
                    return self
            time.sleep(0.1)
        sys.exit("the server does not answer")

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, name, *words):
        subprocess.run([self.bin / name, *map(str, words)], user=self.user, cwd="/", check=True, stdout=subprocess.DEVNULL)

    def answers(self):
        return subprocess.run([self.bin / "psql", self.url("postgres"), "-Atc", "SELECT 1"], capture_output=True).returncode == 0

    def url(self, database):
        return f"postgres://tester@127.0.0.1:{self.port}/{database}"

    def make(self, database):
        subprocess.run([self.bin / "psql", self.url("postgres"), "-qc", f"CREATE DATABASE {database}"], check=True)
        return self.url(database)


class Place(setting.Place):
    """A configuration, with its database in a file or at a URL."""

    def __init__(self, folder, program, server=None, database="bench"):
        super().__init__(folder, program)
        self.server = server
        self.url = server.make(database) if server else None

    def configure(self, port, connections, more=""):
        super().configure(port, connections)
        digest = self.config / "digest.toml"
        url = f'url = "{self.url}"\n' if self.url else ""
        # A server that is moved to is reached as these say, too.
        where = f"[database]\n{url}tls = false\n"
        digest.write_text(more + digest.read_text() + where)

    def ask(self, question):
        """The answer's rows, each a list of texts."""
        if self.url:
            done = subprocess.run([self.server.bin / "psql", self.url, "-AtF", "\t", "-c", question],
                                  capture_output=True, text=True, check=True)
            return [line.split("\t") for line in done.stdout.splitlines()]
        with contextlib.closing(setting.sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=30)) as database:
            return [[str(cell) for cell in row] for row in database.execute(question)]

    def do(self, statement):
        if self.url:
            subprocess.run([self.server.bin / "psql", self.url, "-qc", statement], check=True)
            return
        with self.sql() as database:
            database.executescript(statement)

    def crowd(self, people, cadence="weekly"):
        """So many subscribers, in one statement."""
        self.run("poll", check=True)
        now = int(time.time()) - 10**7
        self.do(f"""WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {people})
            INSERT INTO subscribers (id, address, address_key, name, status, cadence, cursor, consent, joined, confirmed, number)
            SELECT 'subscriber' || n, 'person' || n || '@example.org', 'person' || n || '@example.org', '', 'active',
            '{cadence}', 0, 'a bench', {now} + n, {now} + n, n FROM numbers;""")
        if self.url:
            self.do("ANALYZE")

    def states(self):
        return {state: int(count) for state, count in self.ask("SELECT state, sum(count) FROM tallies GROUP BY state")}
