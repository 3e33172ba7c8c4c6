"""Clients of Kafka that are not ours, each with what it needs or a reason why it cannot be had."""

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

from kafka_installation import KAFKA
from mainstay_binary import SOURCE

FOREIGN = pathlib.Path(__file__).resolve().parent / "foreign"
CACHE = pathlib.Path(os.environ.get("KAFKA_CACHE", SOURCE / "build" / "kafka"))
INSTALL_SECONDS = 180
RUN_SECONDS = 120


def run(command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=RUN_SECONDS)
    if done.returncode != 0:
        raise AssertionError(f"{command} ended with {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return done.stdout


def python():
    """A Python with the packages of foreign/requirements.txt, made once beside Kafka's jars."""
    wanted = FOREIGN / "requirements.txt"
    home = CACHE.parent / f"python-{hashlib.sha256(wanted.read_bytes()).hexdigest()[:12]}"
    if not (home / "complete").exists():
        steps = ([sys.executable, "-m", "venv", "--clear", home],
                 [home / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", "-r", wanted])
        for step in steps:
            try:
                done = subprocess.run(step, capture_output=True, text=True, timeout=INSTALL_SECONDS)
            except (OSError, subprocess.TimeoutExpired) as failure:
                raise unittest.SkipTest(f"no Python packages: {failure}") from None
            if done.returncode != 0:
                raise unittest.SkipTest(f"no Python packages: {done.stderr.strip()[-300:]}")
        (home / "complete").touch()
    return home / "bin" / "python"


def java():
    """The start of a command that compiles and runs a Java file against the broker's own client library."""
    if shutil.which("javac") is None:
        raise unittest.SkipTest("no javac: make deps installs openjdk-17-jdk-headless")
    jars = CACHE / os.environ.get("KAFKA_VERSION", "3.9.1") / "lib"
    major = os.environ.get("KAFKA_VERSION", "3.9.1").split(".")[0]
    log = f"-Dlog4j.configuration=file:{KAFKA}/log4j.properties"
    if int(major) >= 4:
        log = f"-Dlog4j2.configurationFile={KAFKA}/log4j2.properties"
    return ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", log, "-cp", f"{jars}/*"]


def kcat():
    found = shutil.which("kcat")
    if found is None:
        raise unittest.SkipTest("no kcat: make deps installs it")
    return [found]
