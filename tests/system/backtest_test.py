"""`mainstay backtest`: the published figures of Online Retail, the table, the plot, and what it refuses."""

import math
import unittest

from mainstay_binary import ONLINE_RETAIL, SystemTest

# 13 weeks before the end of the data.
ASKED = ("--cut", "2011-09-09", "--horizon", "91d", "--bootstraps", "5")
METHODS = ["p_silent", "p_silent_own", "recency", "gap_ratio", "rfm", "base_rate"]
ROWS = "client,time,amount\n" + "".join(
    f"c{client},2024-{month:02}-{1 + client % 27:02},{10 + client}\n"
    for client in range(60)
    for month in range(1, 13 if client % 3 else 7)
)


class OnlineRetail(SystemTest):
    def test_the_figures_are_those_of_the_reference_computation(self):
        answer = self.run_command("backtest", ONLINE_RETAIL, *ASKED, "--json", "--svg", self.directory / "plot.svg")
        self.assertEqual(answer.code, 0, answer)
        report = answer.json
        self.assertEqual((report["cut"], report["horizon_days"]), ("2011-09-09", 91))
        fit = report["fit"]
        self.assertEqual(fit["model"], "MBG/CNBD-2")
        self.assertAlmostEqual(fit["log_likelihood"], -22333, delta=1)
        everyone, active = report["sets"]
        self.assertEqual([everyone["name"], active["name"]], ["all", "active_book"])
        for part in (everyone, active):
            names = [method["name"] for method in part["methods"]]
            self.assertEqual([name for name in METHODS if name not in names], [])
            self.assertEqual(sum(bin_["n"] for bin_ in part["reliability"]), part["n"])
            for bin_ in part["reliability"]:
                self.assertTrue(bin_["lo"] <= bin_["mean_predicted"] <= bin_["hi"], bin_)
        self.assertAlmostEqual(self.method(everyone, "p_silent")["auc"], 0.737, delta=0.005)
        self.assertAlmostEqual(self.method(active, "p_silent")["auc"], 0.710, delta=0.005)
        self.assertAlmostEqual(self.method(active, "p_silent")["precision_at_rule"], 0.341, delta=0.005)
        self.assertAlmostEqual(self.method(active, "gap_ratio")["precision_at_rule"], 0.290, delta=0.005)
        drawn = (self.directory / "plot.svg").read_text()
        self.assertTrue(drawn.startswith("<svg"))
        self.assertIn("</svg>", drawn)

    def method(self, part, name):
        return next(method for method in part["methods"] if method["name"] == name)


class AnyFile(SystemTest):
    def backtest(self, *arguments, rows=ROWS):
        return self.run_command("backtest", self.write("orders.csv", rows), *arguments)

    def test_people_get_a_table_that_says_what_it_proves(self):
        answer = self.backtest("--cut", "2024-08-31", "--horizon", "8w", "--bootstraps", "5")
        self.assertEqual(answer.code, 0, answer)
        for part in ("p_silent", "gap_ratio", "How reliable is p_silent?", "active_book", "touches"):
            self.assertIn(part, answer.out)

    def test_numbers_are_finite_or_absent(self):
        one_order_each = "client,time,amount\n" + "".join(f"c{i},2024-01-01,10\n" for i in range(30))
        late = "last,2024-12-31,10\n"
        for rows in (ROWS, one_order_each + late, "client,time,amount\na,2024-01-01,10\n" + late):
            answer = self.backtest("--cut", "2024-06-30", "--bootstraps", "5", "--json", rows=rows)
            self.assertEqual(answer.code, 0, answer)
            for value in answer.json["fit"]["params"].values():
                self.assertTrue(math.isfinite(value), answer.json["fit"])

    def test_what_cannot_be_done_is_refused_in_one_line(self):
        missing = self.run_command("backtest", self.directory / "none.csv", "--cut", "2024-06-30")
        self.assertNotEqual(missing.code, 0)
        self.assertEqual(len(missing.error_lines), 1, missing)
        self.assertIn("none.csv", missing.err)
        for cut, why in (("2025-06-30", "end"), ("2023-01-01", "no order is known"), ("tomorrow", "--cut")):
            answer = self.backtest("--cut", cut)
            self.assert_one_line(answer, 2, why)
        for horizon in ("91", "d", "-3d", "91x"):
            self.assert_one_line(self.backtest("--cut", "2024-06-30", "--horizon", horizon), 2, "--horizon")


if __name__ == "__main__":
    unittest.main()
