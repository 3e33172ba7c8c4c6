"""Measures the built system on this machine and prints each figure beside its goal. Asserts nothing.

Usage: measure.py BINARY_FOLDER ONLINE_RETAIL_FILE
"""

import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time

LINES = 541_909


def first_match(path, pattern, otherwise="unknown"):
    try:
        found = re.search(pattern, pathlib.Path(path).read_text(), re.MULTILINE)
    except OSError:
        return otherwise
    return found.group(1) if found else otherwise


def describe_machine(folder):
    """What the figures belong to."""
    memory_kib = int(first_match("/proc/meminfo", r"MemTotal:\s+(\d+)", "0"))
    filesystem = subprocess.run(
        ["stat", "-f", "-c", "%T", folder], capture_output=True, text=True, check=False
    ).stdout.strip()
    processor = first_match("/proc/cpuinfo", r"model name\s*: (.*)")
    system = first_match("/etc/os-release", r'PRETTY_NAME="(.*)"')
    print(f"processor    {processor}, {len(os.sched_getaffinity(0))} cores")
    print(f"memory       {memory_kib / 2**20:.1f} GiB")
    print(f"system       {system}, Linux {platform.release()}")
    print(f"data on      {folder} ({filesystem})")
    print(f"load before  {os.getloadavg()[0]:.2f} (figures of a busy machine say little)\n")


def run(command):
    """Runs a command; wall seconds, processor seconds, largest resident size in MiB, its output."""
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    out = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    if process.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {process.returncode}")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, out


def figure(name, value, goal):
    print(f"{name:<44} {value:>24}   goal: {goal}", flush=True)


def measure_import(mainstay, file, data):
    command = [mainstay, "import", file, "--book", "online-retail", "--data", data, "--json"]
    for name, goal in (("import, new directory", "15 s on 2 cores, 600 MiB"), ("import, all duplicates", "8 s")):
        seconds, processor, resident, _ = run(command)
        figure(name, f"{seconds:.1f} s, {resident:.0f} MiB", goal)
        print(f"{'':<44} {LINES / seconds:>17,.0f} lines/s, {processor:.1f} processor seconds")


def measure_queries(mainstay, data):
    """Each with the start of the system on the directory, as a person types it."""
    for query in (["pareto"], ["clients"], ["client", "12748"], ["checkup"], ["risks"]):
        asked = [mainstay, *query, "--data", data, "--json"]
        if subprocess.run(asked, capture_output=True, check=False).returncode != 0:
            figure(f"`{' '.join(query)}` on the directory", "not answered", "none set")
            continue
        seconds = min(run(asked)[0] for _ in range(3))
        figure(f"`{' '.join(query)}` on the directory", f"{seconds:.2f} s", "none set")


def measure_loop(bench):
    """The embedded shard loop on one core: get, put, dedup, timer replaced, one output per record, synced commits."""
    pinned = ["taskset", "-c", str(min(os.sched_getaffinity(0))), bench] if shutil.which("taskset") else [bench]
    out = run(pinned)[3]
    found = re.search(r"processed\s+([\d.]+) steps/s wall, ([\d.]+) per CPU second", out)
    if not found:
        sys.exit(f"{bench} said something else: {out}")
    figure("shard loop, one core, wall", f"{float(found[1]):,.0f} steps/s", "75,000 steps/s per core")
    figure("shard loop, per processor second", f"{float(found[2]):,.0f} steps/s", "75,000 steps/s per core")


def main():
    binaries, file = map(pathlib.Path, sys.argv[1:3])
    with tempfile.TemporaryDirectory(prefix="mainstay-bench-", dir=os.environ.get("MAINSTAY_BENCH_DIR")) as folder:
        describe_machine(folder)
        data = pathlib.Path(folder) / "data"
        measure_import(binaries / "mainstay", file, data)
        measure_queries(binaries / "mainstay", data)
        if (binaries / "segmentation_bench").exists():
            print(run([binaries / "segmentation_bench", folder])[3], end="", flush=True)
        if (binaries / "risk_bench").exists():
            clients = pathlib.Path(folder) / "clients.csv"
            print(run([binaries / "risk_bench", clients])[3], end="", flush=True)
            yardstick = pathlib.Path(__file__).with_name("lifetimes_fit.py")
            print(run([sys.executable, yardstick, clients])[3], end="", flush=True)
    if (binaries / "embedded_loop_bench").exists():
        measure_loop(binaries / "embedded_loop_bench")


if __name__ == "__main__":
    main()
