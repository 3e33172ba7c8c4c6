#!/usr/bin/env python3
"""Asks a process for one of its HTTP pages: probe.py HOST:PORT PATH. Prints the answer; exit 0 only for 200."""

import sys
import urllib.error
import urllib.request


def main():
    try:
        with urllib.request.urlopen(f"http://{sys.argv[1]}{sys.argv[2]}", timeout=2) as answer:
            print(answer.read().decode(), end="")
            return 0
    except urllib.error.HTTPError as refused:
        print(refused.read().decode(), end="")
    except OSError as gone:
        print(gone)
    return 1


if __name__ == "__main__":
    sys.exit(main())
