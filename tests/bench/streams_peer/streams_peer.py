"""Runs StreamsPeer.java over a topic and says what it cost."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
BUILD = HERE.parents[2] / "build" / "streams-peer"
COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.7.1:copy-dependencies"


class Missing(Exception):
    """Something that the peer needs cannot be had here."""


def step(command, what):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    if done.returncode != 0:
        raise Missing(f"{what}: {(done.stdout + done.stderr).strip()[-300:]}")


def classpath():
    for tool in ("mvn", "javac"):
        if shutil.which(tool) is None:
            raise Missing(f"no {tool} (make deps installs it)")
    jars, classes = BUILD / "lib", BUILD / "classes"
    if not (BUILD / "complete").exists():
        step(["mvn", "-q", "-B", "-f", HERE / "pom.xml", f"-DoutputDirectory={jars}", COPY], "Maven")
        (BUILD / "complete").touch()
    step(["javac", "-d", classes, "-cp", f"{jars}/*", HERE / "StreamsPeer.java"], "javac")
    return f"{classes}:{jars}/*"


def cpu_seconds(brokers, topic, partitions, clients, records):
    """Of the whole process, the start of its machine included, until `records` records of `topic` are committed."""
    path = classpath()
    with tempfile.TemporaryDirectory() as state:
        command = ["java", f"-Dlog4j.configuration=file:{HERE}/log4j.properties", "-cp", path, "StreamsPeer", brokers,
                   topic, f"{topic}.streams-peer", partitions, clients, records, state]
        peer = subprocess.Popen(list(map(str, command)), stdout=sys.stderr)
        _, status, used = os.wait4(peer.pid, 0)
        peer.returncode = os.waitstatus_to_exitcode(status)
    if peer.returncode != 0:
        raise Missing(f"it ended with {peer.returncode}")
    return used.ru_utime + used.ru_stime
