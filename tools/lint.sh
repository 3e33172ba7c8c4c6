#!/bin/sh
# Format check and house rules on everything, clang-tidy on the C++ sources that differ from the upstream branch
# (LINT_ALL=1: on all of them). REQUIRES: build/dev, configured, with the generated code (make lint).
set -eu
cd "$(dirname "$0")/.."

git ls-files -z '*.h' '*.cc' | xargs -0 -r clang-format --dry-run --Werror
python3 tools/tidy.py .

if [ "${LINT_ALL:-}" = 1 ]; then
  sources=$(git ls-files 'libs/*.cc' 'services/*.cc' 'tests/*.cc')
else
  base=$(git merge-base HEAD '@{upstream}' 2>/dev/null || git rev-parse HEAD)
  sources=$(git diff --name-only --diff-filter=d "$base" -- 'libs/*.cc' 'services/*.cc' 'tests/*.cc')
fi
if [ -z "$sources" ]; then
  echo "clang-tidy: no changed source (LINT_ALL=1 checks all)"
  exit 0
fi
# Some sources are compiled with warnings of GCC switched off.
# shellcheck disable=SC2086
printf '%s\n' $sources | xargs -r -n 4 -P "$(nproc)" \
  clang-tidy -p build/dev --quiet --extra-arg=-Wno-unknown-warning-option
