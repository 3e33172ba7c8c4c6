#!/bin/sh
# Lays out each program's code by what it runs most (BOLT), that of libraries linked as archives included: what is run
# one after the other lies together, and calls into shared libraries take no detour. Usage: lay_out.sh FOLDER PROGRAM...
#
# FOLDER has programs linked with --emit-relocs, and is given back with faster ones; what was counted stays beside it.
set -eu
folder=$1
shift
here=$(cd "$(dirname "$0")" && pwd)
counting=$folder/../counting
bolt=$(dirname "$(readlink -f "$(command -v llvm-bolt-19)")")  # Looks for its library beside itself.

rm -rf "$counting"
mkdir -p "$counting"
counting=$(cd "$counting" && pwd)
cp "$folder/touch_traffic" "$counting"
for program in "$@"; do
  echo "counting: $program"
  "$bolt/llvm-bolt" "$folder/$program" -instrument -o "$counting/$program" \
    --instrumentation-file="$counting/counts-$program" --instrumentation-file-append-pid >"$counting/$program.log" 2>&1
done
python3 "$here/../tests/bench/train.py" "$counting"
for program in "$@"; do
  set -- "$counting/counts-$program".*.fdata
  if [ ! -e "$1" ]; then
    echo "$program was not run; it stays as it is"
    continue
  fi
  echo "laying out: $program"
  "$bolt/merge-fdata" "$@" -o "$counting/$program.fdata" >>"$counting/$program.log" 2>&1
  "$bolt/llvm-bolt" "$folder/$program" -o "$counting/$program.fast" -data="$counting/$program.fdata" \
    -reorder-blocks=ext-tsp -reorder-functions=hfsort -split-functions -split-all-cold -split-eh -icf=1 -plt=hot \
    -use-gnu-stack >>"$counting/$program.log" 2>&1
  mv "$counting/$program.fast" "$folder/$program"
done
