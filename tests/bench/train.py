"""Runs what the programs do most, so that those compiled with MAINSTAY_PROFILE=train count it. Asserts nothing.

Usage: train.py BINARY_FOLDER

The Online Retail book is imported and asked, then the services take touches over a Kafka of their own; where Kafka
cannot be had, the profile has no services.
"""

import pathlib
import subprocess
import tempfile

from kafka_services import BINARIES, Services, run_over_kafka

TOUCHES = 200_000
EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "examples" / "online-retail" / "run.sh"


class Training(Services):
    def runTest(self):
        services = self.filled()
        self.traffic("load", TOUCHES)
        for service in services.values():
            self.drained(service, TOUCHES)
            service.stop()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([EXAMPLE, BINARIES / "mainstay", pathlib.Path(folder) / "data"], check=True,
                       stdout=subprocess.DEVNULL)
    run_over_kafka(Training())
