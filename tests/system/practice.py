"""The synthetic practice, imported once a class; a test that changes something works on its own copy."""

import pathlib
import shutil
import subprocess
import tempfile

from mainstay_binary import BINARY, SOURCE, SystemTest, environment

PRACTICE = SOURCE / "examples" / "practice" / "practice.jsonl"


class PracticeTest(SystemTest):
    @classmethod
    def setUpClass(cls):
        cls.imported = pathlib.Path(tempfile.mkdtemp(prefix="mainstay-practice-"))
        cls.addClassCleanup(shutil.rmtree, cls.imported, ignore_errors=True)
        command = [BINARY, "import", PRACTICE, "--data", cls.imported / "data", "--json"]
        subprocess.run(command, check=True, capture_output=True, env=environment())

    def setUp(self):
        super().setUp()
        shutil.copytree(self.imported / "data", self.data)
