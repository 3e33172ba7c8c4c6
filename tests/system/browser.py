"""A real browser without a window: what a page becomes in headless Chromium, what it complains of, how it looks."""

import pathlib
import shutil
import struct
import subprocess
import tempfile
import zlib

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SECONDS = 90
DARK, LIGHT = 0, 1


def _run(page, *arguments):
    with tempfile.TemporaryDirectory(prefix="mainstay-browser-") as profile:
        command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        command += ["--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
        command += ["--no-first-run", "--hide-scrollbars", f"--user-data-dir={profile}", "--enable-logging=stderr"]
        command += ["--window-size=1000,900", *arguments, pathlib.Path(page).as_uri()]
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False, stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise AssertionError(f"{CHROMIUM} ended with {done.returncode}: {done.stderr.decode(errors='replace')[-2000:]}")
    return done


def render(page):
    """The page's document after its scripts ran, and every line it wrote to the console."""
    done = _run(page, "--dump-dom")
    said = [line for line in done.stderr.decode(errors="replace").splitlines() if ":CONSOLE" in line]
    return done.stdout.decode(), said


def corner_colour(page, scheme, picture):
    """The red, green and blue of the first pixel of a picture of the page, taken into the file `picture`."""
    _run(page, f"--blink-settings=preferredColorScheme={scheme}", f"--screenshot={picture}")
    data = pathlib.Path(picture).read_bytes()
    packed, at = b"", 8
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        if data[at + 4 : at + 8] == b"IDAT":
            packed += data[at + 8 : at + 8 + length]
        at += length + 12
    # Of the very first pixel every filter of PNG keeps the value.
    return tuple(zlib.decompress(packed)[1:4])
