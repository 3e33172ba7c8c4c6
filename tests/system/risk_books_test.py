"""Books that starve the churn model of what it is fitted to: all answers stay finite, within their limits and said.

Nobody comes back, all on one day, one client only, nobody leaves, everybody has left, 10,000 orders of a day, nothing
costs anything, and clients whose last order is the present moment.
"""

import datetime
import json
import math
import unittest

from mainstay_binary import SystemTest

START = datetime.date(2024, 1, 1)
QUESTIONS = (("risks", "--all"), ("model", "show"), ("calibration",), ("workload",), ("health",))


def orders(client, days, amount="10.00", start=START):
    return [(client, start + datetime.timedelta(days=day), amount) for day in days]


def clients(count):
    return [f"c{i:03}" for i in range(count)]


class RiskBooks(SystemTest):
    def take(self, rows, *arguments):
        lines = [f"{client},{day},{amount},{client}-{n}\n" for n, (client, day, amount) in enumerate(rows)]
        report = self.ingest(self.write("orders.csv", "client,time,amount,order\n" + "".join(lines)),
                             arguments=["--currency", "EUR", *arguments])
        self.assertEqual((report["accepted"], report["rejected"]), (len(rows), 0), report)

    def finite(self, value, path):
        if isinstance(value, float):
            self.assertTrue(math.isfinite(value), path)
        elif isinstance(value, str):
            self.assertNotIn(value.lower(), ("nan", "inf", "-inf", "infinity", "-infinity"), path)
        elif isinstance(value, dict):
            for name, part in value.items():
                self.finite(part, f"{path}.{name}")
        elif isinstance(value, list):
            for part in value:
                self.finite(part, path)

    def sane(self):
        """The risks and the model, after every answer about them was looked through."""
        answers = {question: self.ask(*question) for question in QUESTIONS}
        risks, model = answers[("risks", "--all")], answers[("model", "show")]
        if risks["rows"]:
            name = risks["rows"][0]["client"]
            answers[("client", name)] = self.ask("client", name, "--explain")
            answers[("whitespace", name)] = self.ask("whitespace", "--client", name)
        for question, answer in answers.items():
            self.finite(answer, " ".join(question))
        for row in risks["rows"]:
            for bound in [row["probability"], row["p_silent"], row["q"], *row["interval"]]:
                self.assertTrue(bound is None or 0 <= bound <= 1, row)
            self.assertEqual(row["interval"], sorted(row["interval"]))
            self.assertGreaterEqual(float(row["at_stake"]["amount"]), 0)
        for name in ("r", "alpha", "a", "b"):
            self.assertGreater(model["parameters"][name], 0)
        for interval in model["intervals"]:
            self.assertLessEqual(interval["low"], interval["high"])
        for question in QUESTIONS:
            told = self.run_command(*question, "--data", self.data)
            self.assertEqual((told.code, told.err), (0, ""), told)
            self.assertNotRegex(told.out, r"\b(nan|inf)\b")
        return risks["rows"], model

    def test_nobody_ordered_twice(self):
        self.take([row for i, name in enumerate(clients(100)) for row in orders(name, [i])])
        rows, model = self.sane()
        self.assertEqual((len(rows), model["version"]), (100, "default-1"))

    def test_all_orders_are_of_one_day(self):
        self.take([row for name in clients(60) for row in orders(name, [0, 0, 0])])
        rows, model = self.sane()
        self.assertEqual(model["version"], "default-1", "a day is one order, so nobody came back")
        self.assertEqual(len({row["probability"] for row in rows}), 1)

    def test_one_client_alone(self):
        self.take(orders("acme", range(0, 400, 8)))
        (row,), model = self.sane()
        self.assertEqual(model["version"], "default-1")
        self.assertEqual((row["level"], row["excess"]), ("LOW", 0), "it has just ordered: T is t_x")

    def test_nobody_leaves(self):
        # From 500 clients on the priors, which know that clients leave, have no weight.
        self.take([row for i, name in enumerate(clients(520)) for row in orders(name, range(i % 14, 400, 14))])
        rows, model = self.sane()
        self.assertTrue(model["version"].startswith("fit-"))
        self.assertTrue(model["no_attrition_identified"], model)
        self.assertEqual({row["level"] for row in rows}, {"LOW"})
        self.assertIn("No attrition identified", self.run_command("model", "show", "--data", self.data).out)

    def test_everybody_has_left(self):
        rows = [row for i, name in enumerate(clients(60)) for row in orders(name, range(i % 7, 70, 7))]
        self.take(rows, "--until", "2026-01-05T00:00:00Z")
        rows, model = self.sane()
        self.assertTrue(model["version"].startswith("fit-"))
        self.assertGreater(min(row["probability"] for row in rows), 0.9)

    def test_ten_thousand_orders_of_one_client_in_a_day(self):
        rows = [row for i, name in enumerate(clients(40)) for row in orders(name, range(i % 5, 200, 5 + i % 3))]
        self.take(rows + orders("whale", [100] * 10_000, "0.01"))
        answers = {row["client"]: row for row in self.sane()[0]}
        self.assertIn("whale", answers)
        self.assertEqual(int(self.ask("client", "whale", "--explain")["inputs"]["x"]), 0)

    def test_what_costs_nothing_is_no_order(self):
        self.take([row for name in clients(30) for row in orders(name, range(0, 90, 9), "0.00")] + orders("acme", [95]))
        rows, model = self.sane()
        self.assertEqual(model["version"], "default-1")
        self.assertEqual([row["client"] for row in rows if row["probability"] is not None], ["acme"])
        self.assertEqual(json.dumps(self.ask("pareto")["clients"]), "1")


if __name__ == "__main__":
    unittest.main()
