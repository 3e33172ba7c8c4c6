"""Books at the edge: nobody in them, all alike, one client with nearly all orders, more products than anyone buys.

Every question has an answer there, and the answers agree with each other.
"""

import datetime
import json
import unittest

from mainstay_binary import SystemTest
from small_book import event, order

QUESTIONS = (
    ("pareto",), ("clients",), ("checkup",), ("workload",), ("risks", "--all"), ("whitespace",), ("review",),
    ("what-if", "--tiers", "split 20/20/60"), ("health",), ("goals",), ("renewals",), ("gaps",), ("proof",),
    ("personas",), ("model", "show"), ("calibration",), ("policy", "get"),
    ("calls", "--rep", "ann", "--day", "2026-01-05"),
    ("inbox", "--rep", "ann"))


class ExtremeBooks(SystemTest):
    def take(self, events):
        lines = "".join(json.dumps(made) + "\n" for made in events)
        return self.ingest(self.write("book.jsonl", lines), arguments=["--format", "events"])

    def everything_answers(self):
        for question in QUESTIONS:
            with self.subTest(question=question):
                self.ask(*question)
                told = self.run_command(*question, "--data", self.data)  # In the words for people, too.
                self.assertEqual((told.code, told.err), (0, ""), told)
        with self.subTest("report"):
            page = self.directory / "page.html"
            self.assertEqual(self.run_command("report", "--html", page, "--data", self.data).code, 0)
            self.assertIn("</html>", page.read_text())

    def test_a_book_without_clients(self):
        self.take([event(1, "RepSet", None, "2026-01-01T08:00:00Z", {"repId": "ann", "role": "SALES"})])
        self.everything_answers()
        pareto = self.ask("pareto")
        self.assertEqual((pareto["clients"], pareto["rows"], pareto["line_80"]["clients"]), (0, [], 0))
        self.assertEqual(self.ask("workload")["calls_per_week"], 0)

    def test_a_book_of_equals(self):
        self.take(order(i, f"c{i:03}", "2026-01-02T10:00:00Z", "10.00") for i in range(100))
        self.everything_answers()
        pareto = self.ask("pareto")
        self.assertEqual(pareto["line_80"], {"clients": 80, "fraction": 0.8})
        self.assertEqual([row["client"] for row in pareto["rows"]], [f"c{i:03}" for i in range(100)])
        personas = {row["persona"]["name"] for row in self.ask("clients")["rows"]}
        self.assertEqual(personas, {"unclassified"})

    def test_what_cannot_be_added_up_is_said_and_nothing_else_fails(self):
        """Each client's money fits, that of all does not."""
        self.take([event(1, "RepSet", None, "2026-01-01T08:00:00Z", {"repId": "ann", "role": "SALES"}),
                   *(order(i, f"c{i}", f"2026-01-0{i}T10:00:00Z", "500000000000000.00") for i in range(2, 5)),
                   *(order(10 + i, f"d{i}", "2025-01-02T10:00:00Z", "500000000000000.00") for i in range(3))])
        for question in (*QUESTIONS, ("whitespace", "--client", "c2"), ("client", "c2")):
            with self.subTest(question=question):
                told = self.run_command(*question, "--data", self.data)
                self.assertIn(told.code, (0, 1, 2, 4), told)
                if told.code:
                    self.assert_one_line(told, told.code, "too large")
        self.assertEqual(self.ask("client", "c2")["revenue"]["amount"], "500000000000000.00")

    def test_one_client_with_nearly_all_orders(self):
        start = datetime.datetime(2024, 1, 1)
        rows = [f"whale,{start + datetime.timedelta(minutes=10 * i)}Z,1.01,o{i}\n" for i in range(50_000)]
        rows += [f"c{i},2024-12-01 10:00:00Z,5.00,s{i}\n" for i in range(10)]
        path = self.write("orders.csv", "client,time,amount,order\n" + "".join(rows))
        report = self.ingest(path, arguments=["--currency", "EUR"])
        self.assertEqual((report["accepted"], report["rejected"]), (50_010, 0))
        pareto = self.ask("pareto")
        self.assertEqual((pareto["rows"][0]["client"], pareto["rows"][0]["revenue"]["amount"]), ("whale", "50500.00"))
        again = self.ingest(path, arguments=["--currency", "EUR"])
        self.assertEqual((again["duplicates"], again["accepted"]), (50_010, 0))
        self.assertEqual(self.ask("pareto")["revenue"], pareto["revenue"])
        self.everything_answers()

    def test_ten_thousand_products(self):
        rows = [f"c{i % 100},2024-01-{1 + i % 28:02},3.00,o{i},p{i}\n" for i in range(10_000)]
        self.ingest(self.write("orders.csv", "client,time,amount,order,product\n" + "".join(rows)),
                    arguments=["--currency", "EUR"])
        self.everything_answers()
        white = self.ask("whitespace", "--client", "c7")
        self.assertEqual(len(white["whitespace"]["products"]), 10_000 - 100)
        self.assertEqual(white["next_products"], [])  # Nobody else holds any of them.


if __name__ == "__main__":
    unittest.main()
