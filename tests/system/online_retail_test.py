"""The Online Retail book: every number of `pareto` against an independent computation from the same file."""

import datetime
import decimal
import unittest

import brute_force
from mainstay_binary import ONLINE_RETAIL, SystemTest, facts


class OnlineRetail(SystemTest):
    def import_it(self):
        report = self.ingest(ONLINE_RETAIL, book="online-retail")
        return [report[name] for name in ("rows", "accepted", "duplicates", "rejected", "skipped_no_client")]

    def test_imported_twice_it_gives_the_numbers_of_a_brute_force_computation(self):
        self.assertEqual(self.import_it(), [541_909, 406_829, 0, 0, 135_080])
        first = self.ask("pareto")
        self.check_against_brute_force(first)
        self.check_calibration()
        self.assertEqual(self.import_it(), [541_909, 0, 406_829, 0, 135_080])
        self.assertEqual(facts(self.ask("pareto")), facts(first))

    def check_calibration(self):
        """In the later half the scores were true, and never worse than without what was learned."""
        answer = self.ask("calibration", "--from", "2011-06-09")
        self.assertGreater(int(answer["n"]), 5_000)
        published, orders_only = answer["methods"][:2]
        self.assertEqual((published["name"], orders_only["name"]), ("published", "orders_only"))
        self.assertLessEqual(published["ece"], 0.05)
        self.assertLess(published["log_loss"], orders_only["log_loss"] + 0.002)
        self.assertGreater(published["auc"], orders_only["auc"] - 0.005)

    def check_against_brute_force(self, answer):
        events, lines, no_client = brute_force.read_online_retail(ONLINE_RETAIL)
        self.assertEqual((lines, no_client), (541_909, 135_080))
        now = max(at for _, at, _ in events)
        self.assertEqual(answer["as_of"], now.strftime("%Y-%m-%dT%H:%M:%SZ"))
        ranked = brute_force.ranking(brute_force.revenue_by_client(events, now))
        total = sum(amount for _, amount in ranked)
        self.assertGreater(len(ranked), 4000, "vacuous: hardly any client pays")
        self.assertLess(total, sum(a for _, _, a in events), "vacuous: no revenue left the window")

        self.assertEqual(answer["book"], "online-retail")
        self.assertEqual(answer["currency"], "GBP")
        self.assertEqual(answer["clients"], len(ranked))
        self.assertEqual(answer["revenue"]["currency"], "GBP")
        self.assertEqual(decimal.Decimal(answer["revenue"]["amount"]), total)
        self.assertEqual(answer["line_80"]["clients"], brute_force.line_80(ranked))
        self.assertAlmostEqual(answer["line_80"]["fraction"], brute_force.line_80(ranked) / len(ranked), places=12)
        self.check_rows(answer["rows"], ranked, total)
        self.check_tiers(answer["tiers"], ranked, total)

    def check_rows(self, rows, ranked, total):
        self.assertEqual([row["rank"] for row in rows], list(range(1, len(ranked) + 1)))
        self.assertEqual([(r["client"], decimal.Decimal(r["revenue"]["amount"])) for r in rows], ranked)
        a, b, c = brute_force.pareto_sizes(len(ranked))
        self.assertEqual("".join(row["rank_tier"] for row in rows), "A" * a + "B" * b + "C" * c)
        cumulative = decimal.Decimal(0)
        for row, (_, amount) in zip(rows, ranked):
            cumulative += amount
            self.assertAlmostEqual(row["share"], float(amount / total), places=12)
            self.assertAlmostEqual(row["cumulative_share"], float(cumulative / total), places=12)
            # The exact number of minor digits is a contract: at least two, at most four.
            self.assertRegex(row["revenue"]["amount"], r"^\d+\.\d{2,4}$")

    def check_tiers(self, tiers, ranked, total):
        amounts = [amount for _, amount in ranked]
        start = 0
        for tier, size, name, expected in zip(tiers, brute_force.pareto_sizes(len(ranked)), "ABC", (0.8, 0.16, 0.04)):
            revenue = sum(amounts[start : start + size])
            start += size
            self.assertEqual((tier["tier"], tier["clients"]), (name, size))
            self.assertEqual(decimal.Decimal(tier["revenue"]["amount"]), revenue)
            self.assertAlmostEqual(tier["share"], float(revenue / total), places=12)
            self.assertEqual(tier["expected_share"], expected)
            self.assertAlmostEqual(tier["deviation"], float(revenue / total) - expected, places=12)


class BruteForceItself(unittest.TestCase):
    """The second opinion has to be right too: examples from the rules, computed by hand."""

    def test_two_hundred_clients_give_40_32_128(self):
        self.assertEqual(brute_force.pareto_sizes(200), (40, 32, 128))
        self.assertEqual([brute_force.pareto_sizes(n) for n in (1, 2, 3)], [(1, 0, 0), (1, 0, 1), (1, 0, 2)])

    def test_the_window_is_open_at_its_old_end(self):
        now = datetime.datetime(2024, 1, 1, tzinfo=brute_force.UTC)
        events = [("edge", now - brute_force.WINDOW, decimal.Decimal(5)), ("now", now, decimal.Decimal(5))]
        self.assertEqual(brute_force.revenue_by_client(events, now), {"now": decimal.Decimal(5)})

    def test_ties_go_by_client_and_the_line_counts_the_client_that_crosses_it(self):
        one = decimal.Decimal(1)
        self.assertEqual([c for c, _ in brute_force.ranking({"b": one, "a": one, "c": 2 * one})], ["c", "a", "b"])
        self.assertEqual(brute_force.line_80([("a", one), ("b", one), ("c", one), ("d", one), ("e", one)]), 4)


if __name__ == "__main__":
    unittest.main()
