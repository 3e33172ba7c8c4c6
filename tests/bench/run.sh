#!/bin/sh
# Prints the figures of this machine beside their goals. Usage: run.sh [FOLDER_OF_THE_BINARIES]
# MAINSTAY_BENCH_DIR names the folder whose disk is measured (default: the temporary folder).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
binaries=${1:-"$here/../../build/bin"}
export PYTHONDONTWRITEBYTECODE=1
python3 "$here/measure.py" "$binaries" "$here/../../examples/online-retail/online_retail_lines.csv.gz"
python3 "$here/kafka_services.py" "$binaries"
