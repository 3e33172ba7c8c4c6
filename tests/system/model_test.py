"""`model show` and `calibration`: defaults, a fitted book, and the same answers after kill -9."""

import json
import signal
import unittest

from mainstay_binary import SystemTest, facts

CLIENTS, WEEKS = 40, 60


def order(client, week, day):
    time = f"2024-{1 + (week * 7 + day) // 28 % 12:02}-{1 + (week * 7 + day) % 28:02}T10:00:00Z"
    if week * 7 + day >= 12 * 28:
        time = time.replace("2024", "2025")
    number = f"{client}-{week}"
    amount = {"amount": "120.00", "currency": "GBP"}
    return {
        "specversion": "1.0",
        "id": number,
        "source": "shop",
        "type": "mainstay.client.OrderPlaced.v1",
        "time": time,
        "partitionkey": "north",
        "subject": f"c{client:02}",
        "data": {"orderId": number, "lines": [{"productId": "p", "quantity": "1", "amount": amount}]},
    }


def book():
    """Clients with gaps of one to four weeks; every third leaves half-way."""
    for client in range(CLIENTS):
        last = WEEKS // 2 if client % 3 == 0 else WEEKS
        for week in range(client % 5, last, 1 + client % 4):
            yield order(client, week, client % 7)


class Model(SystemTest):
    def ingest_book(self, events, name="north.jsonl"):
        self.ingest(self.write(name, "".join(json.dumps(event) + "\n" for event in events)))

    def test_a_young_book_has_the_defaults_and_no_label(self):
        self.ingest_book([order(1, 0, 0)])
        model = self.ask("model", "show")
        self.assertEqual((model["version"], model["model"], model["gate"]), ("default-1", "MBG/NBD", "raw"))
        self.assertEqual(model["parameters"]["alpha"], 6.183)
        calibration = self.ask("calibration")
        self.assertEqual((int(calibration["n"]), calibration["methods"]), (0, []))
        self.assertIn("No label", self.run_command("calibration", "--data", self.data).out)

    def test_a_book_is_fitted_published_and_judged(self):
        self.ingest_book(book())
        model = self.ask("model", "show")
        self.assertTrue(model["version"].startswith("fit-"), model)
        self.assertEqual(int(model["clients"]), CLIENTS)
        potential = self.ask("whitespace", "--client", "c01")["potential"]
        self.assertEqual(potential["model_version"], model["version"])
        self.assertEqual(self.ask("client", "c01")["potential"], potential["total"])
        self.assertEqual([interval["name"] for interval in model["intervals"]], ["r", "alpha", "a", "b"])
        for interval in model["intervals"]:
            self.assertLess(interval["low"], model["parameters"][interval["name"]])
            self.assertGreater(interval["high"], model["parameters"][interval["name"]])
        self.assertAlmostEqual(sum(weight["weight"] for weight in model["gate_weights"]), 1)
        lines = self.run_command("events", "--type", "mainstay.model.*", "--data", self.data).out.splitlines()
        versions = [json.loads(line) for line in lines]
        self.assertEqual(versions[-1]["data"]["version"], model["version"])
        self.assertEqual(len({version["id"] for version in versions}), len(versions))
        calibration = self.ask("calibration")
        self.assertGreater(int(calibration["n"]), 0)
        self.assertEqual([m["name"] for m in calibration["methods"]], ["published", "orders_only", "recency"])
        self.assertEqual(sum(int(b["n"]) for b in calibration["reliability"]), int(calibration["n"]))
        for command in (("model", "show"), ("calibration",)):
            told = self.run_command(*command, "--data", self.data)
            self.assertEqual(told.code, 0, told)
        risks = self.ask("risks", "--all")
        for row in risks["rows"]:
            self.assertEqual(row["model_version"], model["version"])
            low, high = row["interval"]
            self.assertLessEqual(low, high)

    def test_killed_in_between_the_book_learns_the_same(self):
        events = sorted(book(), key=lambda event: (event["time"], event["subject"], event["id"]))
        self.ingest_book(events)
        whole = [facts(self.ask(*command)) for command in (("model", "show"), ("calibration",), ("risks", "--all"))]
        self.data = self.directory / "killed"
        half = len(events) // 2
        self.ingest_book(events[:half], "first.jsonl")
        server = self.serve()
        self.assertEqual(server.stop(signal.SIGKILL), -signal.SIGKILL)
        self.ingest_book(events[half:], "second.jsonl")
        parts = [facts(self.ask(*command)) for command in (("model", "show"), ("calibration",), ("risks", "--all"))]
        self.assertEqual(whole, parts)


if __name__ == "__main__":
    unittest.main()
