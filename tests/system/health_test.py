"""How a book does: every figure of `health` on a book small enough to work out by hand."""

import datetime
import json
import unittest

from mainstay_binary import SOURCE, SystemTest
from small_book import event

PRACTICE = SOURCE / "examples" / "practice" / "practice.jsonl"


def order(number, client, day, amount):
    line = {"productId": "p", "quantity": "1", "amount": {"amount": amount, "currency": "GBP"}}
    made = {"orderId": f"o{number}", "lines": [line]}
    return event(number, "OrderPlaced", client, f"{day}T10:00:00Z", made)


def target(number, amount, currency="GBP"):
    data = {"year": 2025, "amount": {"amount": amount, "currency": currency}, "payingClients": "5"}
    return event(number, "TargetSet", None, "2025-01-02T09:00:00Z", data) | {"type": "mainstay.book.TargetSet.v1"}


def book():
    """a grew, b went without a word, c is new, d said that it leaves."""
    for number, (client, day, amount) in enumerate([
        ("a", "2024-06-01", "100.00"), ("b", "2024-06-01", "100.00"), ("d", "2024-06-01", "100.00"),
        ("a", "2025-06-10", "200.00"), ("c", "2025-06-10", "60.00"), ("c", "2025-06-11", "40.00"),
        ("d", "2025-06-10", "100.00")]):
        yield order(number, client, day, amount)
    yield target(20, "500.00")
    lost = {"reason": "COMPETITOR", "competitor": "Zenith"}
    yield event(21, "ClientLost", "d", "2025-12-01T09:00:00Z", lost)
    for number, (client, minutes) in enumerate([("a", 40), ("c", 10)], 30):
        touch = {"repId": "ann", "role": "SALES", "channel": "CALL", "direction": "OUTBOUND", "minutes": minutes}
        yield event(number, "Touched", client, "2025-12-31T12:00:00Z", touch)


class Health(SystemTest):
    def setUp(self):
        super().setUp()
        lines = "".join(json.dumps(made) + "\n" for made in book())
        self.ingest(self.write("book.jsonl", lines), arguments=["--format", "events"])

    def publish(self, kind, data, client=None):
        made = ["publish", "--type", kind, "--data", json.dumps(data)] + (["--client", client] if client else [])
        answer = self.run_command(*made, "--json", env={"MAINSTAY_DATA": str(self.data)})
        self.assertEqual(answer.code, 0, answer)

    def test_losses_stand_first_with_reason_competitor_tier_and_share(self):
        answer = self.ask("health")
        (loss,) = answer["losses"]
        self.assertEqual((loss["client"], loss["reason"], loss["competitor"]), ("d", "COMPETITOR", "Zenith"))
        self.assertEqual((loss["share"], loss["event_id"]), (0.25, "e21"))
        self.assertEqual(loss["revenue"]["amount"], "100.00")
        self.assertIn(loss["tier"], "ABC")
        said = self.run_command("health", "--data", self.data).out
        self.assertLess(said.index("Lost in 365 days"), said.index("Won: 1 client"))
        self.assertIn("Zenith", said)

    def test_who_returned_is_no_loss(self):
        self.publish("mainstay.client.ClientReturned.v1", {}, "d")
        answer = self.ask("health")
        self.assertEqual(answer["losses"], [])
        self.assertAlmostEqual(answer["retention"], 2 / 3)

    def test_retention_growth_and_effort(self):
        answer = self.ask("health")
        self.assertEqual((answer["clients"], answer["clients_before"]), (3, 3))
        self.assertAlmostEqual(answer["retention"], 1 / 3)
        self.assertEqual(answer["retention_goal"], 0.95)
        self.assertAlmostEqual(answer["base_growth"], 0)
        self.assertEqual(answer["growth_from_present"], 0.5)
        self.assertEqual((answer["minutes_present"], answer["minutes_new"]), (40, 10))
        # Who the clients are is one question, what the minutes were spent on another: they are not told alike.
        self.assertIn("40 minutes of touches with clients that paid the year before, 10 with all others",
                      self.run_command("health", "--data", self.data).out)
        effort = self.ask("proof")["effort"]
        self.assertIn(f"{effort['new_minutes']} minutes of touches and deals before a client's first order, "
                      f"{effort['present_minutes']} since", self.run_command("proof", "--data", self.data).out)
        self.assertEqual(answer["wins"], {"clients": ["c"], "revenue": {"amount": "100.00", "currency": "GBP"}})
        self.assertAlmostEqual(answer["erosion"][1]["clients"], 3 / 9)
        self.assertEqual(answer["above_line"]["clients"], 3)
        (band,) = answer["by_revenue"]
        self.assertEqual((band["band"], band["clients"]), ("below 1,000", 3))
        self.assertAlmostEqual(band["minutes_per_thousand"], 125)

    def test_the_base_covers_the_target_by_what_is_booked_and_by_its_pace(self):
        coverage = self.ask("health")["coverage"]
        self.assertEqual((coverage["year"], coverage["booked"]["amount"]), (2025, "400.00"))
        self.assertAlmostEqual(coverage["booked_share"], 0.8)
        self.assertAlmostEqual(coverage["base"], 0.6)  # a and d; the last day of the year leaves no pace.
        self.assertEqual(coverage["paying_clients_target"], 5)

    def test_a_target_in_another_money_is_refused(self):
        self.ingest(self.write("t.jsonl", json.dumps(target(50, "1.00", "EUR")) + "\n"), code=1,
                    arguments=["--format", "events"])
        self.assertEqual(self.ask("health")["coverage"]["target"]["amount"], "500.00")

    def test_economics_are_formulas_and_name_their_defaults(self):
        economics = self.ask("health")["economics"]
        self.assertEqual((economics["times_low"], economics["times_high"]), (5, 25))
        self.assertEqual(len(economics["defaults"]), 4)
        said = self.run_command("health", "--data", self.data).out
        self.assertIn("Defaults, not this book's own", said)
        # 50 to win a buyer; a, c and d came back, b did not: three quarters, 37.50 ahead.
        self.ask("policy", "set", "--set", "acquisition_cost=50")
        economics = self.ask("health")["economics"]
        self.assertEqual((economics["repeat_share"], economics["ahead"]["amount"]), (0.75, "37.50"))
        self.assertNotIn("acquisition_cost", economics["defaults"])
        self.assertEqual((economics["gone_clients"], economics["replacing"]["amount"]), (2, "100.00"))

    def test_nonsense_values_are_refused(self):
        for value in ("retention_goal=1.5", "keep_cost_low=-1", "keep_cost_low=2000", "acquisition_cost=lots"):
            answer = self.run_command("policy", "set", "--set", value, "--data", self.data)
            self.assertNotEqual(answer.code, 0, value)


class YoungYear(SystemTest):
    def test_after_one_week_the_base_covers_three_quarters_of_a_target_that_asks_for_a_third_more(self):
        first = datetime.date(2025, 1, 1)
        days = [first + datetime.timedelta(days=n) for n in range(365 + 7)]
        made = [order(n, "acme", day.isoformat(), "1.00") for n, day in enumerate(days)]
        goal = {"year": 2026, "amount": {"amount": "486.67", "currency": "GBP"}}
        asked = event(900, "TargetSet", None, "2026-01-02T09:00:00Z", goal) | {"type": "mainstay.book.TargetSet.v1"}
        self.ingest(self.write("year.jsonl", "".join(json.dumps(e) + "\n" for e in [*made, asked])),
                    arguments=["--format", "events"])
        coverage = self.ask("health")["coverage"]
        self.assertEqual(coverage["booked"]["amount"], "7.00")
        self.assertAlmostEqual(coverage["base"], 0.75, places=3)


class HandOver(SystemTest):
    def test_an_accepted_client_belongs_to_the_rep_who_takes_it_or_to_the_nurture_program(self):
        self.ingest(PRACTICE, arguments=["--format", "events"])
        first, second, third = [row["client"] for row in self.ask("review")["rows"]][:3]
        self.ask("review", "accept", first, "--by", "ann", "--hand-to", "tom")
        self.ask("review", "accept", second, "--by", "ann", "--hand-to", "nurture")
        self.assertEqual(self.ask("client", first)["owner"], "tom")
        self.assertEqual(self.ask("client", second)["owner"], "nurture")
        answer = self.run_command("review", "accept", third, "--by", "ann", "--hand-to", "nobody", "--data", self.data)
        self.assert_one_line(answer, 2, "nobody", "is no rep")


if __name__ == "__main__":
    unittest.main()
