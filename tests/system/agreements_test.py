"""Goals, reviews, renewals, gaps and proof through the binary: answers for programs and for people, refusals."""

import json
import unittest

from mainstay_binary import SystemTest
from small_book import event, order


def goal(number, time, target="2026-12-31", **changes):
    data = {"goalId": "g1", "title": "onboarding", "unit": "points", "baseline": 0, "target": 100}
    data |= {"targetDate": target, "projection": [{"date": "2026-03-01", "value": 20}]}
    return event(number, "GoalSet", "acme", time, data | changes)


def contract(number, time, start, end, **changes):
    data = {"contractId": f"k{number}", "value": {"amount": "1200.00", "currency": "GBP"}, "start": start, "end": end}
    return event(number, "ContractSigned", "acme", time, data | changes)


def review(number, time, management):
    attendees = [{"name": "Pat", "role": "COO", "management": management}]
    data = {"reviewId": f"r{number}", "goalIds": ["g1"], "attendees": attendees, "ourActions": ["train the team"]}
    return event(number, "ReviewHeld", "acme", time, data | {"theirActions": ["name an owner"]})


def good_events():
    yield event(1, "ClientRegistered", "acme", "2026-01-05T09:00:00Z", {"name": "Acme", "timeZone": "Europe/London"})
    yield order(2, "acme", "2026-01-05T10:00:00Z", "120.00")
    yield goal(3, "2026-01-05T11:00:00Z")
    yield contract(4, "2026-01-05T12:00:00Z", "2026-01-05", "2026-12-31")
    yield event(5, "GoalMeasured", "acme", "2026-03-01T12:00:00Z", {"goalId": "g1", "value": 15})
    promise = {"promiseId": "p1", "what": "a quote", "due": "2026-03-10"}
    yield event(6, "PromiseMade", "acme", "2026-03-02T12:00:00Z", promise)
    yield event(7, "PromiseKept", "acme", "2026-03-05T12:00:00Z", {"promiseId": "p1"})
    yield event(8, "SurveyAnswered", "acme", "2026-03-05T13:00:00Z", {"surveyId": "s1", "score": 9})
    yield review(9, "2026-04-20T12:00:00Z", management=False)


class Agreements(SystemTest):
    def ingest_events(self, events, code=0, **options):
        lines = "".join(json.dumps(made) + "\n" for made in events)
        return self.ingest(self.write("events.jsonl", lines), arguments=["--format", "events"], code=code, **options)

    def setUp(self):
        super().setUp()
        self.ingest_events(good_events())

    def test_goals(self):
        answer = self.ask("goals", "--client", "acme")
        (row,) = answer["rows"]
        self.assertEqual((row["goal"], row["status"], row["progress"]), ("g1", "active", 75))
        self.assertEqual((row["measured"], row["projected"], row["behind_plan"]), (15, 20, True))
        (reviews,) = answer["reviews"]
        self.assertTrue(reviews["due"], "nobody from management sat at the table")
        self.assertEqual(reviews["next_due"], "2026-04-06", "5 April is a Sunday")
        self.assertEqual(reviews["overdue_since"], "2026-04-20")
        self.assertEqual(reviews["held"][0]["our_actions"], ["train the team"])
        self.assertEqual(reviews["held"][0]["their_actions"], ["name an owner"])
        self.assertEqual(reviews["promises"]["kept"], 1)
        self.assertEqual(reviews["surveys"][0]["score"], 9)
        people = self.run_command("goals", "--data", self.data)
        self.assertEqual(people.code, 0, people)
        for part in ("onboarding", "75.0 %", "behind plan", "overdue", "without management", "train the"):
            self.assertIn(part, people.out)

    def test_due_and_overdue_reviews_are_events(self):
        asked = ("events", "--type", "mainstay.cadence.Review*", "--from", "earliest")
        answer = self.run_command(*asked, "--data", self.data)
        told = [json.loads(line) for line in answer.out.splitlines()]
        self.assertEqual([made["type"].split(".")[2] for made in told], ["ReviewFellDue", "ReviewBecameOverdue"])
        self.assertEqual(told[0]["time"], "2026-04-05T23:00:00Z", "midnight in London, summer time")
        self.assertEqual(told[0]["data"]["goalIds"], ["g1"])

    def test_renewals(self):
        self.assertEqual(self.ask("renewals")["rows"], [])
        (row,) = self.ask("renewals", "--within", "300")["rows"]
        self.assertEqual((row["contract"], row["end"], row["status"]), ("k4", "2026-12-31", "open"))
        self.assertEqual(row["days_left"], 255)
        self.assertEqual(row["value"], {"amount": "1200.00", "currency": "GBP"})
        self.assertIn("k4", self.run_command("renewals", "--all", "--data", self.data).out)
        self.assert_one_line(self.run_command("renewals", "--within", "0", "--data", self.data), 2, "--within")

    def test_gaps_and_proof(self):
        gaps = self.ask("gaps")
        self.assertEqual([row["client"] for row in gaps["sell_and_forget"]["rows"]], ["acme"])
        self.assertEqual((gaps["no_survey"]["count"], gaps["no_goal"]["count"], gaps["no_offer"]["count"]), (0, 0, 1))
        self.assertIsNone(gaps["no_offer"]["rows"][0]["since"])
        self.assertIn("Sold and forgotten", self.run_command("gaps", "--data", self.data).out)
        proof = self.ask("proof")
        self.assertEqual([row["source"] for row in proof["close_ratios"]], ["referral", "campaign", "cold", "other"])
        self.assertAlmostEqual(proof["close_ratios"][0]["close_ratio"], 1 / 3)
        self.assertIsNone(proof["effort"]["present_share"])
        self.assertIn("0 emergencies", self.run_command("proof", "--data", self.data).out)

    def test_what_cannot_be_is_refused_and_the_rest_goes_in(self):
        bad = [
            goal(11, "2026-05-01T09:00:00Z", target="2027-01-31"),
            contract(4, "2026-05-01T09:00:00Z", "2026-05-01", "2026-06-01") | {"id": "e12"},
            contract(13, "2026-05-01T09:00:00Z", "2026-05-01", "2026-04-01"),
            event(14, "ClientUpdated", "acme", "2026-05-01T09:00:00Z", {"timeZone": "Europe/Atlantis"}),
            goal(15, "2026-05-01T10:00:00Z", target="2026-02-29"),
            event(16, "ContractRenewed", "acme", "2026-05-01T11:00:00Z", {"contractId": "k4", "end": "2028-02-29"}),
        ]
        report = self.ingest_events(bad, code=1)
        self.assertEqual((report["accepted"], report["rejected"]), (1, 5), report)
        reasons = "\n".join(error["reason"] for error in report["errors"])
        for part in ("goal g1 is frozen since", "contract k4 is known with other content", "Europe/Atlantis"):
            self.assertIn(part, reasons)
        (row,) = self.ask("renewals", "--all")["rows"]
        self.assertEqual((row["end"], row["renewals"]), ("2028-02-29", 1), "a leap day is a day")

    def test_a_client_nobody_has_written_about_is_not_found(self):
        self.assert_one_line(self.run_command("goals", "--client", "nobody", "--data", self.data), 1, "nobody")


if __name__ == "__main__":
    unittest.main()
