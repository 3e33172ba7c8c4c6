"""A Mainstay over Kafka for tests: a broker of its own on free ports, services as processes, every wait bounded.

Where java, Maven or Kafka's jars cannot be had, the test is skipped with the reason. Processes are ended by their own
handle, never by name.
"""

import contextlib
import os
import pathlib
import random
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request

from mainstay_binary import BINARY, DEADLINE, SOURCE, SystemTest, end_process, environment, poll

SKIPPED = 77
UNREACHABLE = 3  # Exit code of the command line.
SERVICES = ("segmentation", "cadence", "notification")
KAFKA = SOURCE / "deploy" / "kafka"


def free_ports(count):
    """Ports nobody listens on right now, below those that the kernel gives to connections: one of these may be taken
    again before a broker has started, or while it is away."""
    first_given = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    ports = set()
    while len(ports) < count:
        port = random.randrange(10_000, max(first_given, 20_000))
        with socket.socket() as one:
            with contextlib.suppress(OSError):
                one.bind(("127.0.0.1", port))
                ports.add(port)
    return list(ports)


class Service:
    """One service process."""

    def __init__(self, test, name, log, settings):
        self.name = name
        self.log = log
        command = [os.path.join(os.path.dirname(BINARY), f"mainstay-{name}")]
        for field, value in settings.items():
            command += ["--set", f"{field}={value}"]
        with log.open("ab") as stderr:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr, env=environment()
            )
        test.addCleanup(end_process, self.process)
        greeting = self._greeting()
        self.address = re.search(r"gRPC on (127\.0\.0\.1:\d+)", greeting).group(1)
        self.pages = re.search(r"metrics on (127\.0\.0\.1:\d+)", greeting).group(1)

    def _greeting(self):
        end = time.monotonic() + DEADLINE
        said = ""
        while time.monotonic() < end:
            ready, _, _ = select.select([self.process.stdout], [], [], 0.1)
            chunk = os.read(self.process.stdout.fileno(), 65536).decode() if ready else ""
            said += chunk
            if "\n" in said:
                return said
            if self.process.poll() is not None and not chunk:
                break
        raise AssertionError(f"mainstay-{self.name} did not greet: {said}\n{self.tail()}")

    def tail(self):
        return self.log.read_text()[-3000:]

    def page(self, path):
        """Status and text of an HTTP page; status 0 when nobody answers."""
        try:
            with urllib.request.urlopen(f"http://{self.pages}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()
        except OSError as gone:
            return 0, str(gone)

    def metric(self, name):
        """Sum over the labels of a metric."""
        lines = self.page("/metrics")[1].splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if re.match(rf"{name}[ {{]", line))

    def await_ready(self, seconds=DEADLINE):
        def ready():
            if self.process.poll() is not None:
                raise AssertionError(f"mainstay-{self.name} ended: {self.tail()}")
            return self.page("/ready")[0] == 200

        try:
            poll(ready, f"{self.name} is ready", seconds)
        except AssertionError as late:
            raise AssertionError(f"{late}: {self.page('/ready')[1]}\n{self.tail()}") from None
        return self

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        return self.process.wait(DEADLINE)


class KafkaTest(SystemTest):
    """Starts a broker for the class and gives each test an installation of its own."""

    installations = 0

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.broker_directory = pathlib.Path(tempfile.mkdtemp(prefix="mainstay-kafka-"))
        ports = free_ports(2)
        cls.brokers = f"127.0.0.1:{ports[0]}"
        cls.start_broker(f"{ports[0]},{ports[1]}")

    @classmethod
    def start_broker(cls, ports):
        cls.ports = ports
        started = subprocess.run(
            [KAFKA / "start.sh", cls.broker_directory, ports], capture_output=True, text=True, timeout=300
        )
        if started.returncode == SKIPPED:
            raise unittest.SkipTest(started.stderr.strip())
        if started.returncode != 0:
            raise AssertionError(started.stderr)

    @classmethod
    def stop_broker(cls):
        subprocess.run([KAFKA / "stop.sh", cls.broker_directory], check=True, timeout=120)

    @classmethod
    def tearDownClass(cls):
        cls.stop_broker()
        shutil.rmtree(cls.broker_directory, ignore_errors=True)

    def setUp(self):
        super().setUp()
        KafkaTest.installations += 1
        self.installation = f"t{os.getpid()}-{KafkaTest.installations}"
        self.clock = "wall"

    def apply_topics(self, *arguments, code=0, partitions=4):
        answer = self.run_command("topics", "apply", "--kafka", self.brokers, "--installation", self.installation,
                                  "--partitions", partitions, "--clock", self.clock, *arguments)
        self.assertEqual(answer.code, code, answer)
        return answer

    def service(self, name, number=0, **settings):
        """Starts a process; `number` tells two of the same service apart."""
        given = {
            "kafka_brokers": self.brokers,
            "installation": self.installation,
            "partitions": 4,
            "state_directory": self.directory / f"{name}-{number}",
            "listen": "127.0.0.1:0",
            "metrics_listen": "127.0.0.1:0",
            "clock": self.clock,
            "session_timeout_ms": 6000,
        }
        return Service(self, name, self.directory / f"{name}-{number}.log", given | settings)

    def services(self, **settings):
        started = {name: self.service(name, **settings) for name in SERVICES}
        for service in started.values():
            service.await_ready()
        return started

    def ask_in_the_end(self, service, *arguments):
        """While shards move, a query is refused with the owner's name; a caller asks again."""

        def answered():
            answer = self.run_command(*arguments, "--server", service.address, "--json")
            if answer.code == UNREACHABLE:
                return None
            self.assertEqual(answer.code, 0, answer)
            return answer.json

        return poll(answered, f"{arguments} is answered")

    def ask_server(self, service, *arguments, code=0):
        answer = self.run_command(*arguments, "--server", service.address, "--json")
        self.assertEqual(answer.code, code, answer)
        return answer.json
