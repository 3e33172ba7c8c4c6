"""The answers of the cadence service have the fields that programs rely on, and name the events behind them."""

import unittest

from small_book import SmallBook

RISK = (
    *("client", "level", "trigger", "probability", "fresh", "excess", "horizon_days", "p_silent", "q", "interval"),
    *("at_stake", "reasons", "episode", "sequence", "model_version"),
)


class CadenceAnswers(SmallBook):
    def test_client(self):
        answer = self.query("client", "acme", "--explain")
        self.has(answer, "client", "book", "tier", "rank", "revenue", "persona", "last_touch", "next_due")
        self.has(answer, "overdue_since", "risk", "whitespace", "potential", "inputs")
        self.has(answer["whitespace"], "products", "departments", "locations", "flags")
        self.has(answer["risk"], *RISK)
        self.assertRegex(answer["next_due"], r"^\d{4}-\d\d-\d\d$")

    def test_checkup(self):
        answer = self.query("checkup")
        self.has(answer, "touch_data_connected", "clients", "days_since_touch", "lost_to_competition")
        self.has(answer, "competitor_calls", "emergencies", "referrals")
        self.has(answer["days_since_touch"], "median", "p90", "worst", "never", "rows")
        self.assertEqual(answer["days_since_touch"]["rows"][0]["client"], "acme")
        ids = {made["type"].split(".")[2]: made["id"] for made in self.events}
        for name, kind in (
            ("lost_to_competition", "ClientLost"),
            ("competitor_calls", "CompetitorCalled"),
            ("emergencies", "EmergencyRaised"),
            ("referrals", "ReferralGiven"),
        ):
            self.assertEqual(answer[name]["count"], 1, name)
            self.assertEqual(answer[name]["event_ids"], [ids[kind]], name)

    def test_risks(self):
        answer = self.query("risks", "--all")
        self.assertEqual({row["client"] for row in answer["rows"]}, {"acme", "bolt"})
        for row in answer["rows"]:
            worth = sum(float(row["value"][part]["amount"]) for part in ("residual", "replacement", "referral"))
            self.assertAlmostEqual(float(row["at_stake"]["amount"]), (row["probability"] or 0) * worth, places=2)
            self.assertGreater(worth, 0, row["client"])
        for row in answer["rows"]:
            self.has(row, *RISK)
            for reason in row["reasons"]:
                self.has(reason, "part", "kind", "points", "text", "event_ids")
        called = next(made["id"] for made in self.events if "CompetitorCalled" in made["type"])
        acme = next(row for row in answer["rows"] if row["client"] == "acme")
        self.assertIn(called, [id for reason in acme["reasons"] for id in reason["event_ids"]])

    def test_calls_and_workload(self):
        answer = self.query("calls", "--rep", "ann", "--day", "2026-06-22")
        self.has(answer, "rep", "day", "minutes", "capacity_minutes", "rows")
        self.assertGreater(len(answer["rows"]), 0)
        for row in answer["rows"]:
            self.has(row, "client", "tier", "due", "days_overdue", "minutes", "expected_loss", "last_touch")
            self.has(row, "reasons", "talk_about")
        work = self.query("workload")
        self.has(work, "calls_per_week", "calls_per_week_52", "hours_per_week", "by_tier", "reps")
        self.has(work["by_tier"][0], "tier", "clients", "calls_per_week")
        self.has(work["reps"][0], "rep", "minutes", "capacity_minutes")


if __name__ == "__main__":
    unittest.main()
