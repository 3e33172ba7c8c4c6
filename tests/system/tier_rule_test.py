"""The tiers of `pareto` for every size of book from 1 to 300 clients, against the integer rule."""

import decimal
import json
import unittest

import brute_force
from mainstay_binary import SystemTest

LARGEST = 300


def book_of(size):
    """One order per client; many clients share a revenue, so ties are decided too."""
    name = f"book-{size:03}"
    for i in range(size):
        client = f"c{(i * 7919) % size:03}"
        amount = decimal.Decimal((i * i * 37 + size) % 97 + 1)
        line = {"productId": "p", "quantity": "1", "amount": {"amount": f"{amount}.00", "currency": "EUR"}}
        yield client, amount, {
            "specversion": "1.0",
            "id": f"{name}-{client}",
            "source": "test",
            "type": "mainstay.client.OrderPlaced.v1",
            "time": "2024-01-06T10:00:00Z",
            "partitionkey": name,
            "subject": client,
            "data": {"orderId": f"o-{client}", "lines": [line]},
        }


class TierRule(SystemTest):
    def test_every_size_of_book_follows_the_integer_rule(self):
        books = {f"book-{size:03}": list(book_of(size)) for size in range(1, LARGEST + 1)}
        lines = [json.dumps(event) for rows in books.values() for _, _, event in rows]
        report = self.ingest(self.write("books.jsonl", "\n".join(lines) + "\n"))
        self.assertEqual(report["accepted"], LARGEST * (LARGEST + 1) // 2)
        server = self.serve()
        for name, rows in books.items():
            answer = self.run_command("pareto", "--server", server.address, "--book", name, "--json")
            self.assertEqual(answer.code, 0, answer)
            self.check(answer.json, {client: amount for client, amount, _ in rows})
        self.assertEqual(server.stop(), 0)

    def check(self, answer, revenue):
        ranked = brute_force.ranking(revenue)
        a, b, c = brute_force.pareto_sizes(len(revenue))
        tiers = "A" * a + "B" * b + "C" * c
        self.assertEqual([row["client"] for row in answer["rows"]], [client for client, _ in ranked])
        self.assertEqual("".join(row["rank_tier"] for row in answer["rows"]), tiers)
        # A young book settles: the tier is the tier of the rank.
        self.assertEqual("".join(row["tier"] for row in answer["rows"]), tiers)
        self.assertEqual([tier["clients"] for tier in answer["tiers"]], [a, b, c])
        self.assertEqual(answer["line_80"]["clients"], brute_force.line_80(ranked))


if __name__ == "__main__":
    unittest.main()
