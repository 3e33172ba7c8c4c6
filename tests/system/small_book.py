"""A small book with a little of everything, and checks of answers about it."""

import datetime
import json
import re

from mainstay_binary import SystemTest

MONEY = ("amount", "currency")


def event(number, kind, client, time, data, book="north"):
    context = "touch" if kind.startswith("Touch") else "book" if kind in ("RepSet", "PolicySet") else "client"
    made = {"specversion": "1.0", "id": f"e{number}", "source": "crm", "type": f"mainstay.{context}.{kind}.v1"}
    made |= {"time": time, "partitionkey": book, "data": data}
    return made | ({"subject": client} if client else {})


def order(number, client, time, amount):
    line = {"productId": "p", "quantity": "1", "amount": {"amount": amount, "currency": "GBP"}}
    return event(number, "OrderPlaced", client, time, {"orderId": f"o{number}", "lines": [line]})


def small_book():
    """Three clients over half a year: orders, a touch, an emergency, a competitor's call, a referral, a loss."""
    number = iter(range(1, 1000))
    yield event(next(number), "RepSet", None, "2026-01-01T08:00:00Z", {"repId": "ann", "role": "SALES"})
    for client in ("acme", "bolt", "crow"):
        data = {"name": client.title(), "timeZone": "Europe/London", "ownerId": "ann"}
        yield event(next(number), "ClientRegistered", client, "2026-01-01T09:00:00Z", data)
    for week in range(20):
        day = datetime.date(2026, 1, 6) + datetime.timedelta(weeks=week)
        yield order(next(number), "acme", f"{day}T10:00:00Z", "120.00")
        if week < 8:
            yield order(next(number), "bolt", f"{day}T11:00:00Z", "40.40")
    touch = {"repId": "ann", "role": "SALES", "channel": "CALL", "direction": "OUTBOUND", "minutes": 5}
    yield event(next(number), "Touched", "acme", "2026-05-20T15:00:00Z", touch)
    yield event(next(number), "EmergencyRaised", "acme", "2026-05-21T11:00:00Z", {"emergencyId": "x1"})
    yield event(next(number), "CompetitorCalled", "acme", "2026-05-22T11:00:00Z", {"competitor": "Zenith"})
    yield event(next(number), "ReferralGiven", "acme", "2026-05-22T12:00:00Z", {"referralId": "r1"})
    yield event(next(number), "ClientLost", "crow", "2026-05-23T12:00:00Z", {"reason": "COMPETITOR"})


class SmallBook(SystemTest):
    def setUp(self):
        super().setUp()
        self.events = list(small_book())
        lines = "".join(json.dumps(made) + "\n" for made in self.events)
        self.report = self.ingest(self.write("book.jsonl", lines), arguments=["--format", "events"])

    def has(self, answer, *fields):
        for field in fields:
            self.assertIn(field, answer)

    def query(self, *arguments):
        answer = self.ask(*arguments)
        self.assertRegex(answer["as_of"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")
        self.has(answer, "position")
        return answer

    def check_money(self, money):
        self.assertEqual(sorted(money), sorted(MONEY))
        self.assertTrue(re.fullmatch(r"-?\d+\.\d{2,4}", money["amount"]), money)
