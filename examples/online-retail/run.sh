#!/usr/bin/env bash
# Replays the Online Retail book and shows the main answers. Usage: run.sh [MAINSTAY_BINARY [DATA_DIR]]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mainstay=${1:-"$here/../../build/bin/mainstay"}
data=${2:-"$here/../../var/online-retail"}
book=online-retail

section() { printf '\n== %s\n\n' "$1"; }
ask() { "$mainstay" "$1" --data "$data" --book "$book" "${@:2}"; }

section "Import: 541,909 invoice lines, replayed at the speed of the disk"
"$mainstay" import "$here/online_retail_lines.csv.gz" --format online-retail --book "$book" --data "$data"
section "Who matters most: the Pareto line"
ask pareto --limit 10
section "The check-up: six questions"
ask checkup
section "Who is about to leave, and why: the ten biggest risks"
ask risks --limit 10
section "Whom to call next: the list of rep 'unassigned'"
ask calls --rep unassigned --limit 12

cat <<'TEXT'

This data has orders and cancellations only: no touches, emergencies, competitor calls or owners. So due days count from
each client's first order, everybody belongs to rep 'unassigned', and churn risk comes from the rhythm and the value of
orders alone.

Try next (each takes --json, and --help):
TEXT
for command in "client 12748 --explain" "clients --tier A --limit 20" "workload" \
               "events --type 'mainstay.risk.*' --limit 5"; do
  printf '  %s %s --data %s\n' "build/bin/mainstay" "$command" "var/online-retail"
done
printf '  build/bin/mainstay demo          # a synthetic practice of 200 clients that shows every feature\n'
