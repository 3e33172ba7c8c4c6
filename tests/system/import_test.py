"""What an import promises: the rows' order never matters, nothing counts twice, an interrupted one can be finished."""

import datetime
import gzip
import itertools
import os
import random
import signal
import unittest

from mainstay_binary import ONLINE_RETAIL, SystemTest, facts, poll

HEADER = "client,time,amount,order,product,event_id\n"


def seed():
    return int(os.environ.get("MAINSTAY_SEED") or random.SystemRandom().getrandbits(32))


def transactions(rng, rows=600):
    """Orders of several lines, single rows, identical rows and refunds of known and unknown orders over two years."""
    start = datetime.datetime(2022, 1, 1)
    lines = []
    for i in range(rows):
        client = f"c{rng.randrange(40):02}"
        time = (start + datetime.timedelta(minutes=rng.randrange(2 * 365 * 24 * 60))).isoformat(" ", "minutes")
        amount = f"{rng.randrange(1, 90_000) / 100:.2f}"
        kind = rng.randrange(10)
        if kind < 5:
            lines += [f"{client},{time},{amount},o{i},p{k},\n" for k in range(rng.randrange(1, 4))]
        elif kind < 8:
            lines += [f"{client},{time},{amount},,p{i % 7},\n"] * rng.randrange(1, 3)
        else:
            lines.append(f"{client},{time},-{amount},{'o' + str(i - 1) if kind == 8 else ''},p1,\n")
    return lines + ["c00,2023-12-30 12:00,1000.00,,p1,\n"]  # Inside the year that counts.


class OrderOfRows(SystemTest):
    def setUp(self):
        super().setUp()
        self.seed = seed()
        self.rng = random.Random(self.seed)
        self.lines = transactions(self.rng)

    def test_shuffled_and_sorted_files_give_the_same_pareto(self):
        with self.subTest(MAINSTAY_SEED=self.seed):
            answers = []
            # The last one is the control: with one row less the answers must differ.
            orders = (sorted(self.lines), self.shuffled(), self.shuffled(), self.lines[:-1])
            for number, order in enumerate(orders):
                self.data = self.directory / f"data{number}"
                self.ingest(self.write(f"{number}.csv", HEADER + "".join(order)), arguments=["--currency", "EUR"])
                answers.append((facts(self.ask("pareto")), facts(self.ask("clients"))))
            self.assertGreater(answers[0][0]["clients"], 20)
            self.assertEqual(answers[0], answers[1])
            self.assertEqual(answers[0], answers[2])
            self.assertNotEqual(answers[0], answers[3])

    def test_ten_shuffled_copies_of_a_file_add_no_event(self):
        with self.subTest(MAINSTAY_SEED=self.seed):
            arguments = ["--currency", "EUR"]
            first = self.ingest(self.write("0.csv", HEADER + "".join(self.lines)), arguments=arguments)
            self.assertEqual(first["accepted"], len(self.lines))
            before, position = facts(self.ask("pareto")), self.ask("pareto")["position"]["topics"]
            copies = [self.write(f"{i}.csv", HEADER + "".join(self.shuffled())) for i in range(1, 11)]
            again = self.ingest(*copies, arguments=arguments)
            self.assertEqual((again["accepted"], again["duplicates"]), (0, 10 * len(self.lines)))
            self.assertEqual(facts(self.ask("pareto")), before)
            # The probe: the copies did reach the log, and it was the services that knew them.
            self.assertNotEqual(self.ask("pareto")["position"]["topics"], position)

    def test_an_extended_file_adds_only_the_new_rows(self):
        arguments = ["--currency", "EUR"]
        self.ingest(self.write("a.csv", HEADER + "".join(self.lines)), arguments=arguments)
        new = ["c01,2024-01-05,17.50,,p9,\n", "c99,2024-01-06,20.00,new-order,p1,\n"]
        extended = self.ingest(self.write("b.csv", HEADER + "".join(self.lines + new)), arguments=arguments)
        self.assertEqual((extended["accepted"], extended["duplicates"]), (2, len(self.lines)))

    def test_the_file_again_after_forty_days_changes_no_revenue(self):
        # Beyond the 35 days in which ids are remembered: now the orders' own numbers say that they are known.
        arguments = ["--currency", "EUR"]
        path = self.write("a.csv", HEADER + "".join(self.lines))
        self.ingest(path, arguments=arguments)
        as_of = datetime.datetime.fromisoformat(self.ask("clock", "show")["as_of"])
        later = (as_of + datetime.timedelta(days=40)).strftime("%Y-%m-%dT%H:%M:%SZ")
        moved = self.ingest(self.write("none.csv", HEADER), arguments=[*arguments, "--until", later])
        self.assertEqual(moved["as_of"], later)
        before = facts(self.ask("pareto"))
        again = self.ingest(path, arguments=arguments)
        self.assertEqual((again["accepted"], again["duplicates"]), (0, len(self.lines)))
        self.assertEqual(facts(self.ask("pareto")), before)

    def shuffled(self):
        return self.rng.sample(self.lines, len(self.lines))


class InterruptedImport(SystemTest):
    """An import that is killed or stopped half way, then given again, ends as if nothing had happened."""

    LINES = 150_000

    @classmethod
    def setUpClass(cls):
        with gzip.open(ONLINE_RETAIL, "rt", encoding="utf-8", newline="") as file:
            cls.text = "".join(itertools.islice(file, cls.LINES))

    def undisturbed(self):
        data = self.directory / "undisturbed"
        self.ingest(self.write("retail.csv", self.text), data=data)
        return self.outcome(data)

    def outcome(self, data):
        """The answers, and every public event in its order, to the byte."""
        events = self.run_command("events", "--type", "mainstay.*", "--from", "earliest", "--data", data)
        self.assertEqual(events.code, 0, events.err)
        self.assertIn("mainstay.risk.ChurnRiskChanged.v1", events.out, "vacuous: nobody was at risk")
        return facts(self.ask("pareto", data=data)), facts(self.ask("clients", data=data)), events.out

    def interrupt(self, how):
        """Starts an import into self.data, sends `how` once events are in its log, returns how it ended."""
        process = self.start("import", self.directory / "retail.csv", "--book", "b", "--data", self.data, "--json")
        poll(lambda: self.log_bytes() > 1_000_000 or process.poll() is not None, "the import writes events")
        self.assertIsNone(process.poll(), "vacuous: the import was over before it was interrupted")
        process.send_signal(how)
        _, err = process.communicate(timeout=60)
        return process.returncode, err.decode()

    def log_bytes(self):
        total = 0
        for file in self.data.glob("shard-*/*.log"):
            try:
                total += file.stat().st_size
            except FileNotFoundError:
                pass  # A log file may be retired while we look.
        return total

    def finish_and_compare(self, expected):
        report = self.ingest(self.directory / "retail.csv")
        self.assertEqual(report["rows"], self.LINES - 1)
        self.assertEqual(report["rejected"], 0)
        self.assertGreater(report["duplicates"], 0, "vacuous: nothing had been acknowledged before")
        for before, now in zip(expected, self.outcome(self.data)):
            self.assertEqual(now, before)

    def test_kill_minus_nine(self):
        expected = self.undisturbed()
        self.assertEqual(self.interrupt(signal.SIGKILL)[0], -signal.SIGKILL)
        self.finish_and_compare(expected)

    def test_control_c(self):
        expected = self.undisturbed()
        code, err = self.interrupt(signal.SIGINT)
        self.assertEqual(code, 130)
        lines = [line for line in err.splitlines() if line]
        self.assertEqual(len(lines), 1, err)
        self.assertIn("run the same import again", lines[0])
        self.finish_and_compare(expected)


if __name__ == "__main__":
    unittest.main()
