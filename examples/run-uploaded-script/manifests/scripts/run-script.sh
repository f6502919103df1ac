#!/bin/sh
# Runs a script that is on the machine, and ends with what it ends with.
# Before it runs: 65 if it is another one than was meant, 66 if it is not there, 77 if it may not be executed.
set -eu
script=$GC_PARAM_PATH

[ -f "$script" ] || { echo "there is no $script" >&2; exit 66; }
[ -x "$script" ] || { echo "$script may not be executed" >&2; exit 77; }
if [ -n "$GC_PARAM_SHA256" ]; then
  found=$(sha256sum <"$script" | cut -d ' ' -f 1)
  if [ "$found" != "$GC_PARAM_SHA256" ]; then
    echo "$script is not the one that was meant: its SHA-256 is $found" >&2
    exit 65
  fi
fi
exec "$script" ${GC_PARAM_ARGUMENT:+"$GC_PARAM_ARGUMENT"}
