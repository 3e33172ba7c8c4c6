"""Processes that come while the others work: what stays where it is goes on, what moves is restored."""

import datetime
import pathlib
import re
import shutil
import signal
import threading
import unittest

from kafka_history import event, history
from kafka_installation import SERVICES, KafkaTest
from mainstay_binary import facts, poll

BOOKS = [f"book-{i}" for i in range(12)]  # Enough of them for each of four shards to have some.


class Traffic:
    """Imports one order of each of the books again and again until it is stopped."""

    def __init__(self, test, address, name, books):
        self.test, self.address, self.name, self.books = test, address, name, books
        self.rounds = 0
        self.codes = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        test.addCleanup(self.stop)

    def _run(self):
        while not self._over.is_set():
            at = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
            bought = [{"productId": "p", "amount": {"amount": "5.00", "currency": "EUR"}}]
            lines = [event(f"{self.name}{self.rounds}", "client.OrderPlaced", "c", at,
                           {"orderId": f"{book}-{self.name}{self.rounds}", "lines": bought}, book)
                     for book in self.books]
            file = self.test.write(f"{self.name}.jsonl", "\n".join(lines) + "\n")
            self.codes.add(self.test.run_command("import", file, "--server", self.address, "--json").code)
            self.rounds += 1

    def stop(self):
        self._over.set()
        self._thread.join()


def commits(service):
    """Committed transactions by partition."""
    found = {}
    for line in service.page("/metrics")[1].splitlines():
        if line.startswith("mainstay_transactions_total") and 'outcome="committed"' in line:
            found[int(re.search(r'partition="(\d+)"', line)[1])] = float(line.rsplit(" ", 1)[1])
    return found


def started(service):
    """How often each shard was started in this process."""
    text = pathlib.Path(service.log).read_text()
    shards = [int(p) for line in text.splitlines() if "shard_running" in line
              for p in re.findall(r'"partition":\s*(\d+)', line)]
    return {p: shards.count(p) for p in shards}


class Joining(KafkaTest):
    def shard_of(self, service, book):
        told = self.ask_server(service, "publish", "--type", "mainstay.client.CompetitorCalled.v1", "--book", book,
                               "--client", "c", "--data", '{"competitor":"Zenith"}')
        return told["position"]["shard"]

    def test_when_a_third_process_joins_the_commits_of_shards_that_stay_go_on(self):
        self.apply_topics()
        # Static members are assigned in the order of their names: a has 0 and 1, b has 2 and 3; c takes 3.
        first = self.service("segmentation", 0, member="a", processed_by="segmentation").await_ready()
        second = self.service("segmentation", 1, member="b").await_ready()
        poll(lambda: [s.metric("mainstay_assigned_shards") for s in (first, second)] == [2, 2], "two shards each")
        stays = {0: first, 1: first, 2: second}
        everywhere = Traffic(self, first.address, "all", BOOKS)
        poll(lambda: all(commits(s).get(p, 0) > 2 for p, s in stays.items()), "traffic on every shard")
        everywhere.stop()
        starts = {p: started(s)[p] for p, s in stays.items()}
        books = [book for book in BOOKS if self.shard_of(first, book) in stays]
        staying = Traffic(self, first.address, "staying", books)
        third = self.service("segmentation", 2, member="c")
        poll(lambda: second.metric("mainstay_assigned_shards") == 1, "one has left")
        # Who gains it takes its time: nobody else waits for that.
        third.process.send_signal(signal.SIGSTOP)
        before = {p: commits(s)[p] for p, s in stays.items()}
        poll(lambda: all(commits(s)[p] > before[p] for p, s in stays.items()), "the others' commits go on")
        third.process.send_signal(signal.SIGCONT)
        third.await_ready()
        poll(lambda: [s.metric("mainstay_assigned_shards") for s in (first, second, third)] == [2, 1, 1], "one moved")
        staying.stop()
        after = Traffic(self, first.address, "after", BOOKS)
        poll(lambda: after.rounds > 2, "traffic goes on with three")
        after.stop()
        for p, service in stays.items():
            self.assertEqual(started(service)[p], starts[p], f"shard {p} was started again")
        self.assertEqual(started(third), {3: 1}, "vacuous: nothing moved")
        for traffic in (everywhere, staying, after):
            self.assertEqual(traffic.codes, {0}, "an import was refused")
        for book in BOOKS:
            rounds = sum(traffic.rounds for traffic in (everywhere, staying, after) if book in traffic.books)
            row = self.ask_in_the_end(third, "pareto", "--book", book)
            self.assertEqual(row["revenue"]["amount"], f"{5 * rounds}.00", book)


class LostUnderTraffic(KafkaTest):
    def test_a_state_directory_deleted_while_the_process_works_costs_nothing_but_a_restore(self):
        self.apply_topics()
        services = self.services()
        lines = history().splitlines()
        halves = [self.write("1.jsonl", "\n".join(lines[: len(lines) // 2]) + "\n"), self.write("all.jsonl", history())]
        quiet = self.serve("--clock", "wall")
        for number, file in enumerate(halves):
            self.ask_server(quiet, "import", file)
            report = self.ask_server(services["segmentation"], "import", file)
            self.assertEqual(report["rejected"], 0)
            if number == 0:
                for name in SERVICES:
                    shutil.rmtree(self.directory / f"{name}-0")
        for name in SERVICES:
            services[name].stop(signal.SIGKILL)
            services[name] = self.service(name).await_ready()
            self.assertGreater(services[name].metric("mainstay_restored_records_total"), 0, "vacuous: nothing was lost")
        for book in ("north", "south", "east", "west"):
            for question in (["pareto"], ["clients"], ["client", "c1"], ["checkup"]):
                asked = [*question, "--book", book, "--at", f"{datetime.date.today()}T00:00:00Z"]
                got, want = (facts(self.ask_in_the_end(s, *asked)) for s in (services["cadence"], quiet))
                self.assertEqual(got | {"as_of": ""}, want | {"as_of": ""}, asked)


if __name__ == "__main__":
    unittest.main()
