"""The JSON answers have the fields that other programs rely on, in the forms that they rely on."""

import unittest

from small_book import SmallBook

TIERS = ("tier", "clients", "revenue", "share", "expected_share", "deviation")


class Answers(SmallBook):
    def test_import(self):
        self.has(self.report, "rows", "accepted", "duplicates", "rejected", "skipped_no_client", "seconds")
        self.has(self.report, "rows_per_second", "errors")
        self.assertEqual(self.report["accepted"], len(self.events))

    def test_pareto(self):
        answer = self.query("pareto")
        self.has(answer, "book", "currency", "clients", "revenue", "line_80", "tiers", "rows", "effective_tiers")
        self.has(answer["line_80"], "clients", "fraction")
        self.check_money(answer["revenue"])
        for tier in answer["tiers"] + answer["effective_tiers"]:
            self.has(tier, *TIERS)
        for row in answer["rows"]:
            self.has(row, "rank", "client", "revenue", "share", "cumulative_share", "tier", "rank_tier")
            self.check_money(row["revenue"])
        self.assertEqual(len(self.query("pareto", "--limit", "1")["rows"]), 1)

    def test_expected_share_belongs_to_the_pareto_policy_only(self):
        self.ask("policy", "set", "--tiers", "split 20/20/60")
        self.assertEqual({tier["expected_share"] for tier in self.query("pareto")["tiers"]}, {None})

    def test_publish_tells_the_verdict(self):
        environment = {"MAINSTAY_DATA": str(self.data)}
        made = ["publish", "--type", "mainstay.client.ComplaintMade.v1", "--client", "bolt", "--id", "c1"]
        made += ["--data", '{"complaintId":"k1"}', "--json"]
        for verdict in ("ACCEPTED", "ALREADY_SEEN"):
            answer = self.run_command(*made, env=environment)
            self.assertEqual((answer.code, answer.json["verdict"]), (0, verdict), answer)

    def test_clock(self):
        answer = self.ask("clock", "show")
        self.assertEqual((answer["clock"], answer["as_of"]), ("data", "2026-05-23T12:00:00Z"))


if __name__ == "__main__":
    unittest.main()
