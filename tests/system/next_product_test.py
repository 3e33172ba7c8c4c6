"""`backtest --next-product`: a planted pattern is found, and on a real book the figures are those of a computation
written here from the definition."""

import collections
import csv
import gzip
import unittest

from mainstay_binary import ONLINE_RETAIL, SystemTest

WRONG_USAGE = 2
CUT, HORIZON, END = "2011-09-09", "91d", "2011-12-09"


def hit_rates(suggest, clients, wanted):
    """Share of the clients with something wanted whose first 1, 3, 10 suggestions contain one of it."""
    hits, asked = collections.Counter(), 0
    for before, after in clients:
        goal = wanted(before, after)
        if not goal:
            continue
        asked += 1
        place = next((i for i, product in enumerate(suggest(before)[:10]) if product in goal), None)
        for k in (1, 3, 10):
            hits[k] += place is not None and place < k
    return asked, {k: hits[k] / asked for k in (1, 3, 10)}


class Reference:
    """The next best product from its definition: counts of pairs, smoothing, lift, ties by id."""

    def __init__(self, clients):
        self.n = len(clients)
        self.holders = collections.Counter(product for before, _ in clients for product in before)
        least = max(5, -(-self.n // 100))
        ranked = sorted(self.holders, key=lambda product: (-self.holders[product], product))
        self.ranked = ranked
        self.candidates = {product for product in ranked[:1000] if self.holders[product] >= least}
        both = collections.defaultdict(collections.Counter)
        for before, _ in clients:
            offered = [product for product in before if product in self.candidates]
            for owned in before:
                both[owned].update(offered)
        self.partners = {}
        for owned, counts in both.items():
            scored = []
            for product, together in counts.items():
                lift = together / self.holders[owned] / (self.holders[product] / self.n)
                if product != owned and together >= 3 and lift >= 1.2:
                    prior = 5 * self.holders[product] / self.n
                    scored.append((-(together + prior) / (self.holders[owned] + 5), product))
            self.partners[owned] = sorted(scored)[:100]

    def co_purchase(self, before):
        best = {}
        for owned in before:
            for score, product in self.partners[owned]:
                if product not in before:
                    best[product] = min(score, best.get(product, 0))
        return [product for _, product in sorted((score, product) for product, score in best.items())]

    def popularity(self, before):
        return [product for product in self.ranked if product not in before][:10]


def online_retail():
    """(products before, products after) of each client known at the cut; days up to 91 after it."""
    before, after = collections.defaultdict(lambda: collections.defaultdict(set)), collections.defaultdict(set)
    with gzip.open(ONLINE_RETAIL, "rt", newline="") as file:
        for row in csv.DictReader(file):
            client = row["CustomerID"].removesuffix(".0")
            worth = int(row["Quantity"]) * float(row["UnitPrice"])
            if not client or row["InvoiceNo"].startswith("C") or worth <= 0:
                continue
            day = row["InvoiceDate"][:10]
            if day <= CUT:
                before[client][row["StockCode"]].add(day)
            elif day <= END:
                after[client].add(row["StockCode"])
    return [({product: len(days) for product, days in held.items()}, after[client]) for client, held in before.items()]


class NextProduct(SystemTest):
    def backtest(self, file, *arguments):
        answer = self.run_command("backtest", file, "--next-product", "--json", *arguments)
        self.assertEqual(answer.code, 0, answer)
        return answer.json

    def methods(self, answer, target):
        found = next(one for one in answer["targets"] if one["name"] == target)
        return found["n"], {method["name"]: method for method in found["methods"]}

    def test_the_figures_of_online_retail_are_those_of_the_definition(self):
        answer = self.backtest(ONLINE_RETAIL, "--cut", CUT, "--horizon", HORIZON)
        clients = online_retail()
        reference = Reference(clients)
        self.assertEqual((answer["clients"], answer["products"]), (len(clients), len(reference.holders)))
        n, methods = self.methods(answer, "new_products")
        for name, suggest in (("co_purchase", reference.co_purchase), ("popularity", reference.popularity)):
            asked, rates = hit_rates(suggest, clients, lambda before, after: after - before.keys())
            self.assertEqual(asked, n)
            for k, rate in rates.items():
                self.assertAlmostEqual(methods[name][f"hit_at_{k}"], rate, places=12, msg=f"{name} at {k}")
        n, methods = self.methods(answer, "any_product")
        repeated = lambda before: sorted(before, key=lambda product: (-before[product], product))  # noqa: E731
        asked, rates = hit_rates(repeated, clients, lambda before, after: after)
        self.assertEqual(asked, n)
        for k, rate in rates.items():
            self.assertAlmostEqual(methods["repeat_purchase"][f"hit_at_{k}"], rate, places=12, msg=f"repeat at {k}")

    def planted(self):
        rows = ["client,time,amount,product"]
        for i in range(40):
            rows += [f"p{i},2026-01-05,10,pen", f"p{i},2026-01-05,5,ink"]
            rows += [f"t{i},2026-01-05,10,tea", f"u{i},2026-01-05,10,tea"]
        for i in range(10):
            rows += [f"n{i},2026-01-05,10,pen", f"n{i},2026-02-20,5,ink"]
        return self.write("planted.csv", "\n".join(rows) + "\n")

    def test_a_planted_pattern_is_found_and_shown_to_people(self):
        asked = (self.planted(), "--cut", "2026-01-31", "--horizon", "20d")
        n, methods = self.methods(self.backtest(*asked), "new_products")
        self.assertEqual(n, 10)
        self.assertEqual(methods["co_purchase"]["hit_at_1"], 1)
        self.assertEqual(methods["popularity"]["hit_at_1"], 0)
        text = self.run_command("backtest", *asked, "--next-product").out
        for part in ("co_purchase", "popularity", "repeat_purchase", "100.0 %", "never bought"):
            self.assertIn(part, text)

    def refused(self, *arguments, file=None):
        return self.run_command("backtest", file or self.planted(), "--next-product", *arguments)

    def test_what_cannot_be_answered_is_refused_in_one_line(self):
        beyond = self.refused("--cut", "2026-01-31", "--horizon", "90d")
        self.assert_one_line(beyond, WRONG_USAGE, "2026-02-20", "--cut")
        self.assert_one_line(self.refused("--cut", "2025-01-31", "--horizon", "90d"), WRONG_USAGE, "no order is known")
        self.assert_one_line(self.refused("--cut", "yesterday"), WRONG_USAGE, "--cut", "yesterday")
        self.assert_one_line(self.refused("--cut", "2026-01-31", "--horizon", "9"), WRONG_USAGE, "--horizon")
        plain = self.write("plain.csv", "client,time,amount\na,2026-01-05,10\n")
        self.assert_one_line(self.refused("--cut", "2026-01-31", file=plain), WRONG_USAGE, "product", "--map")


if __name__ == "__main__":
    unittest.main()
