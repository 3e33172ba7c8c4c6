"""A foreign client, grpcurl, lists, describes and calls each service. MAINSTAY_GRPCURL names it, else the PATH."""

import json
import os
import shutil
import subprocess
import unittest

from mainstay_binary import DEADLINE, SystemTest
from small_book import small_book

GRPCURL = os.environ.get("MAINSTAY_GRPCURL") or shutil.which("grpcurl")
PACKAGE = "mainstay.query.v1."
# One call of each service, and a field that its answer must have.
CALLS = {
    "EventService/Publish": ({"events": []}, None),
    "OperationsService/ListBooks": ({}, "books"),
    "SegmentationService/GetPareto": ({}, "rows"),
    "CadenceService/ListRisks": ({"all": True}, "rows"),
    "NotificationService/ListInbox": ({"rep": "ann"}, "as_of"),
}


@unittest.skipUnless(GRPCURL, "grpcurl is neither on the PATH nor in MAINSTAY_GRPCURL")
class Grpcurl(SystemTest):
    def setUp(self):
        super().setUp()
        lines = "".join(json.dumps(made) + "\n" for made in small_book())
        self.ingest(self.write("book.jsonl", lines), arguments=["--format", "events"])
        self.server = self.serve()

    def grpcurl(self, *arguments):
        command = [GRPCURL, "-plaintext", "-max-time", "30", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_each_service_is_listed_described_and_called(self):
        listed = self.grpcurl(self.server.address, "list").split()
        self.assertIn("grpc.health.v1.Health", listed)
        for method, (request, field) in CALLS.items():
            with self.subTest(method):
                service = PACKAGE + method.split("/")[0]
                self.assertIn(service, listed)
                self.assertIn("rpc ", self.grpcurl(self.server.address, "describe", service))
                answer = json.loads(self.grpcurl("-d", json.dumps(request), self.server.address, PACKAGE + method))
                if field:
                    self.assertTrue(answer[field], answer)


if __name__ == "__main__":
    unittest.main()
