"""The rules of segmentation a second time, in the plainest way: exact decimals, whole lists, nothing incremental.

Shares no code and no idea with the program: it reads the CSV itself and sorts once.
"""

import csv
import datetime
import decimal
import gzip
import zoneinfo
from collections import defaultdict

UTC = datetime.timezone.utc
WINDOW = datetime.timedelta(days=365)


def read_online_retail(path):
    """(client, instant, net amount) of each invoice with a client; the number of lines without one."""
    london = zoneinfo.ZoneInfo("Europe/London")
    times, totals, clients = {}, defaultdict(decimal.Decimal), {}
    no_client = lines = 0
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            lines += 1
            if not row["CustomerID"]:
                no_client += 1
                continue
            invoice = row["InvoiceNo"]
            at = datetime.datetime.fromisoformat(row["InvoiceDate"]).replace(tzinfo=london).astimezone(UTC)
            times[invoice] = min(at, times.get(invoice, at))
            totals[invoice] += int(row["Quantity"]) * decimal.Decimal(row["UnitPrice"])
            clients[invoice] = row["CustomerID"].removesuffix(".0")
    return [(clients[i], times[i], totals[i]) for i in times], lines, no_client


def revenue_by_client(events, now):
    """Paying clients: net amount in (now - 365 d, now], if positive."""
    revenue = defaultdict(decimal.Decimal)
    for client, at, amount in events:
        if now - WINDOW < at <= now:
            revenue[client] += amount
    return {client: amount for client, amount in revenue.items() if amount > 0}


def ranking(revenue):
    """High to low, ties by client id."""
    return sorted(revenue.items(), key=lambda item: (-item[1], item[0].encode()))


def line_80(ranked):
    """How many clients are reached before 80 % of the revenue lies above them."""
    total = sum(amount for _, amount in ranked)
    above, count = decimal.Decimal(0), 0
    for _, amount in ranked:
        if not above < total * 8 / 10:
            break
        above, count = above + amount, count + 1
    return count


def pareto_sizes(n):
    """Clients in A, B, C for n paying clients: 80/20 applied twice, in integers."""
    a = min(n, max(1, (20 * n + 50) // 100))
    ab = max(a, (36 * n + 50) // 100)
    return a, ab - a, n - ab
