"""Orders and touches of a few small books, and how what came of them is compared."""

import datetime
import json

UNTIL = f"{datetime.date.today() + datetime.timedelta(days=120)}T00:00:00Z"  # Everything falls due on the way.
HEAD = '{{"specversion":"1.0","id":"{id}","source":"t","type":"mainstay.{type}.v1","time":"{time}",'
HEAD += '"partitionkey":"{book}","subject":"{client}","data":{data}}}'


def event(number, kind, client, time_text, data, book="north"):
    return HEAD.format(id=f"{book}-{number}", type=kind, client=client, time=time_text, book=book,
                       data=json.dumps(data, separators=(",", ":")))


def history(books=("north", "south", "east", "west"), clients=6, orders=8):
    """Orders and touches of a few small books over the last months, in order of time."""
    first = datetime.date.today() - datetime.timedelta(days=30 * orders + 15)
    lines = []
    number = 0
    for month in range(orders):
        for book in books:
            for c in range(clients):
                day = first + datetime.timedelta(days=30 * month + c)
                at = f"{day}T10:00:00Z"
                client = f"c{c}"
                number += 1
                amount = f"{(c + 1) * 100 + month}.00"
                lines.append((at, event(number, "client.OrderPlaced", client, at, {
                    "orderId": f"{book}-o{number}",
                    "lines": [{"productId": f"p{c % 3}", "amount": {"amount": amount, "currency": "EUR"}}]}, book)))
                if c % 2 == 0:
                    later = f"{day + datetime.timedelta(days=1)}T09:00:00Z"
                    lines.append((later, event(f"t{number}", "touch.Touched", client, later, {
                        "repId": "ann", "role": "SALES", "channel": "CALL", "direction": "OUTBOUND",
                        "minutes": 5}, book)))
    return "\n".join(line for _, line in sorted(lines)) + "\n"


def public_events(text):
    """Each event without the transport's own order between books."""
    events = [json.loads(line) for line in text.splitlines()]
    return {book: [e for e in events if e["partitionkey"] == book] for book in {e["partitionkey"] for e in events}}
