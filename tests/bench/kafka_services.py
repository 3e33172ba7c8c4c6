"""Figures of the services over a real Kafka, printed beside their goals. Asserts nothing.

Usage: kafka_services.py BINARY_FOLDER [PARTITIONS...]   (default: 4 24)

Starts a broker of its own on free ports and the three services on the loopback address, with the fixtures of the
end-to-end tests; says so and stops where Kafka cannot be had.
"""

import os
import pathlib
import re
import subprocess
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
BINARIES = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else HERE.parents[1] / "build" / "bin").resolve()
PARTITIONS = [int(number) for number in sys.argv[2:]] or [4, 24]
CLIENTS = 50_000
MANY_CLIENTS = 500_000  # More than any cache holds.
TOUCHES = 1_000_000
RATE, SECONDS = 5_000, 24
IDLE_SECONDS = 20
SETTLE_SECONDS = 15  # In which the store rewrites what the load left.
QUIET_SECONDS = 10
TICKS = os.sysconf("SC_CLK_TCK")

os.environ["MAINSTAY_BINARY"] = str(BINARIES / "mainstay")
sys.path.insert(0, str(HERE.parent / "system"))
sys.path.insert(0, str(HERE / "streams_peer"))
import streams_peer  # noqa: E402
from kafka_installation import SERVICES, KafkaTest  # noqa: E402
from mainstay_binary import poll  # noqa: E402
from measure import figure  # noqa: E402


def cpu_seconds(service):
    fields = pathlib.Path(f"/proc/{service.process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory(service, name):
    status = pathlib.Path(f"/proc/{service.process.pid}/status").read_text()
    return int(re.search(rf"{name}:\s+(\d+)", status).group(1)) / 1024


class Services(KafkaTest):
    """Not a test: the fixtures of the tests, driven by hand."""

    partitions = 4
    clients = CLIENTS

    def who(self):
        return f"cadence, {self.partitions} shards"

    def traffic(self, *arguments):
        command = [BINARIES / "touch_traffic", self.brokers, self.installation, self.partitions, self.clients,
                   *arguments]
        return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True).stdout.strip()

    def started(self, name):
        begin = time.monotonic()
        service = self.service(name, partitions=self.partitions, address="").await_ready()
        return service, time.monotonic() - begin

    def drained(self, service, least):
        """All `least` records; or what is left of them where the end of a transaction was never told, which nobody
        counts: nothing waits, and nothing has moved for a while."""
        seen, since = 0, time.monotonic()

        def done():
            nonlocal seen, since
            consumed = service.metric("mainstay_events_consumed_total")
            if service.metric("mainstay_consumer_lag_records") == 0 and consumed >= least:
                return True
            if consumed != seen:
                seen, since = consumed, time.monotonic()
            return consumed > 0.9 * least and time.monotonic() - since > QUIET_SECONDS

        poll(done, f"{service.name} has drained", 600, every=0.5)

    def filled(self):
        self.apply_topics(partitions=self.partitions)
        services = {name: self.started(name)[0] for name in SERVICES}
        self.traffic("fill")
        for service in services.values():
            self.drained(service, self.clients)
        return services

    def runTest(self):
        services = self.filled()
        self.beside_streams(self.throughput(services))
        self.starts_and_rest(services)
        self.latency("cadence alone")
        for name in ("segmentation", "notification"):
            services[name], _ = self.started(name)
            self.drained(services[name], TOUCHES)
        self.drained(services["cadence"], 0)
        self.latency("all three services")
        for service in services.values():
            service.stop()

    def throughput(self, services):
        """CPU seconds of the cadence process from its start on, until everything that waited is done."""
        for service in services.values():
            service.stop()
        self.traffic("load", TOUCHES)
        cadence, _ = self.started("cadence")
        begin, cpu = time.monotonic(), cpu_seconds(cadence)
        self.drained(cadence, TOUCHES)
        seconds, used = time.monotonic() - begin, cpu_seconds(cadence)
        figure(f"{self.who()}, touches/CPU s", f"{TOUCHES / used:,.0f}", "100,000")
        print(f"{'':<44} {TOUCHES / seconds:>17,.0f} touches/s wall, {used:.1f} CPU s of which {cpu:.1f} before ready")
        figure(f"{self.who()}, resident at most", f"{memory(cadence, 'VmHWM'):.0f} MiB", "512 MiB")
        services["cadence"] = cadence
        return used

    def beside_streams(self, used):
        """The least that Kafka Streams can do with the same records, right after."""
        try:
            streams = streams_peer.cpu_seconds(self.brokers, f"{self.installation}.touch-events", self.partitions,
                                               self.clients, TOUCHES)
        except streams_peer.Missing as missing:
            print(f"Kafka Streams beside it: not measured, {missing}")
            return
        figure("the same, times Kafka Streams' get and put", f"{streams / used:.2f}", "1.8")
        print(f"{'':<44} Kafka Streams: {TOUCHES / streams:,.0f} records/CPU s")

    def starts_and_rest(self, services):
        services["cadence"].stop()
        services["cadence"], seconds = self.started("cadence")
        figure(f"cadence, {self.partitions} warm shards, start", f"{seconds:.1f} s", "3 s")
        cadence = services["cadence"]
        resident = memory(cadence, "VmRSS")
        figure(f"{self.who()}, resident after it", f"{resident:.0f} MiB", "512 MiB")
        time.sleep(SETTLE_SECONDS)
        cpu = cpu_seconds(cadence)
        begin = time.monotonic()
        time.sleep(IDLE_SECONDS)
        used = (cpu_seconds(cadence) - cpu) / (time.monotonic() - begin)
        figure(f"{self.who()}, idle", f"{used:.1%} of a core", "2 %")

    def latency(self, who):
        """The broker, the services and what makes the traffic share this machine. Twice: the broker compiles what it
        does often, and a service that has just started has everything to read."""
        for when in ("just started", "in the long run"):
            said = self.traffic("latency", RATE, SECONDS)
            figure(f"append to churn-risk, {who}, {when}", said.split(": ")[1], f"p99 150 ms at {RATE:,} events/s")
            print(f"{'':<44} {said.split(':')[0]}, {self.partitions} shards")


class ManyClients(Services):
    """Their state is read from files: slower, and all that the memory budget allows is used."""

    clients = MANY_CLIENTS

    def who(self):
        return f"{super().who()}, {self.clients:,} clients"

    def runTest(self):
        services = self.filled()
        self.throughput(services)
        services["cadence"].stop()


def run_over_kafka(*runs):
    """One after the other, over one broker; says so where Kafka cannot be had."""
    try:
        Services.setUpClass()
    except unittest.SkipTest as missing:
        print(f"services over Kafka: nothing was run, {missing}")
        return
    try:
        for run in runs:
            result = run.defaultTestResult()
            run.run(result)
            for _, trace in result.errors + result.failures:
                sys.exit(trace)
    finally:
        Services.tearDownClass()


def with_partitions(kind, partitions):
    run = kind()
    run.partitions = partitions
    return run


if __name__ == "__main__":
    run_over_kafka(*(with_partitions(kind, number) for number in PARTITIONS for kind in (Services, ManyClients)))
