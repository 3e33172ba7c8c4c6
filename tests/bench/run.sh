#!/bin/sh
# Prints the figures of this machine beside their goals. Usage: run.sh [FOLDER_OF_THE_BINARIES]
# MAINSTAY_BENCH_DIR names the folder whose disk is measured (default: the temporary folder).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
PYTHONDONTWRITEBYTECODE=1 exec python3 "$here/measure.py" "${1:-"$here/../../build/bin"}" \
  "$here/../../examples/online-retail/online_retail_lines.csv.gz"
