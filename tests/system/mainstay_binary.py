"""Drives the real `mainstay` binary as a person would: one process per command, every wait bounded.

MAINSTAY_BINARY names it. Processes that a test leaves behind are ended by their own handle, never by name.
"""

import json
import os
import pathlib
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

BINARY = os.path.abspath(os.environ.get("MAINSTAY_BINARY", "build/bin/mainstay"))
SOURCE = pathlib.Path(__file__).resolve().parents[2]
ONLINE_RETAIL = SOURCE / "examples" / "online-retail" / "online_retail_lines.csv.gz"
DEADLINE = 120.0  # Seconds; far beyond what anything here needs, so that only a hang reaches it.


def environment():
    """The tester's environment without the variables that would choose another system."""
    kept = {k: v for k, v in os.environ.items() if k not in ("MAINSTAY_SERVER", "MAINSTAY_DATA")}
    return kept | {"NO_COLOR": "1", "TZ": "UTC"}


class Answer:
    """What a command left: exit code, standard output, standard error."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def error_lines(self):
        return [line for line in self.err.splitlines() if line.strip()]

    def __repr__(self):
        return f"exit {self.code}\nstdout: {self.out[-2000:]}\nstderr: {self.err[-2000:]}"


def poll(condition, what, seconds=DEADLINE, every=0.01):
    """Returns the first true value of condition(); fails after the deadline."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(every)
    raise AssertionError(f"not within {seconds} s: {what}")


class Server:
    """A `mainstay run` on an ephemeral port."""

    def __init__(self, process):
        self.process = process
        self.said = ""
        self.address = self._await_address()

    def _await_address(self):
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            ready, _, _ = select.select([self.process.stdout], [], [], 0.1)
            chunk = os.read(self.process.stdout.fileno(), 65536).decode() if ready else ""
            self.said += chunk
            found = re.search(r"\b(127\.0\.0\.1:[1-9]\d*)", self.said)
            if found:
                return found.group(1)
            if self.process.poll() is not None and not chunk:
                raise AssertionError(f"`mainstay run` ended with {self.process.returncode}: {self.said}")
        raise AssertionError(f"`mainstay run` named no address: {self.said}")

    def stop(self, how=signal.SIGTERM):
        """Sends `how` and returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        code = self.process.wait(DEADLINE)
        self.process.stdout.close()
        return code


class SystemTest(unittest.TestCase):
    """Gives each test a directory of its own and the binary."""

    maxDiff = 4000

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="mainstay-system-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.data = self.directory / "data"

    def write(self, name, text):
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def start(self, *arguments, **options):
        """A command that is not waited for; ended at the end of the test if it still runs."""
        process = subprocess.Popen(
            [BINARY, *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=options.pop("stderr", subprocess.PIPE),
            env=environment() | options.pop("env", {}),
            cwd=self.directory,
            **options,
        )
        self.addCleanup(end_process, process)
        return process

    def run_command(self, *arguments, **options):
        process = self.start(*arguments, **options)
        out, err = process.communicate(timeout=DEADLINE)
        return Answer(process.returncode, out.decode(), err.decode())

    def serve(self, *arguments):
        """`mainstay run` on self.data."""
        log = (self.directory / "run.log").open("ab")
        self.addCleanup(log.close)
        return Server(self.start("run", "--listen", "127.0.0.1:0", "--data", self.data, *arguments, stderr=log))

    def ask(self, *arguments, data=None):
        """A query that must succeed, as JSON."""
        answer = self.run_command(*arguments, "--data", data or self.data, "--json")
        self.assertEqual(answer.code, 0, answer)
        return answer.json

    def ingest(self, *files, book="b", data=None, code=0, arguments=()):
        """An import that must end with `code`; its report."""
        answer = self.run_command("import", *files, "--book", book, "--data", data or self.data, "--json", *arguments)
        self.assertEqual(answer.code, code, answer)
        return answer.json

    def assert_one_line(self, answer, code, *parts):
        """Refused with this exit code by exactly one line that contains all of `parts`; nothing on stdout."""
        self.assertEqual(answer.code, code, answer)
        self.assertEqual(len(answer.error_lines), 1, answer)
        self.assertTrue(answer.error_lines[0].startswith("mainstay: "), answer)
        for part in parts:
            self.assertIn(str(part), answer.error_lines[0])
        self.assertEqual(answer.out, "")


def end_process(process):
    if process.poll() is None:
        process.kill()
        process.wait(DEADLINE)
    for stream in (process.stdout, process.stderr):
        if stream:
            stream.close()


def facts(answer):
    """An answer without the place in the log it was computed at: what must be equal however the facts came in."""
    return {name: value for name, value in answer.items() if name != "position"}
