#!/bin/sh
# Starts a program again if the process in its pidfile is gone.
# Ends with 0 if it runs, 1 if it ended again at once, 66 if there is no such program.
set -eu
umask 022
pidfile=$GC_PARAM_PIDFILE
program=$GC_PARAM_PROGRAM

# A number in a pidfile may be another process's by now: the program must be in its command line.
runs() { # PID
  case $1 in '' | *[!0-9]*) return 1 ;; esac
  tr '\0' '\n' 2>/dev/null <"/proc/$1/cmdline" | grep -qxF -- "$program"
}

pid=$(cat "$pidfile" 2>/dev/null || true)
if runs "$pid"; then
  echo "runs as pid $pid"
  exit 0
fi

[ -x "$program" ] || { echo "there is no program $program" >&2; exit 66; }
mkdir -p "$(dirname "$pidfile")"
# What a script leaves behind when it ends by itself goes on. In a session of its own, with its output elsewhere, it has
# nothing to do with this execution any more.
setsid "$program" </dev/null >>"$GC_PARAM_LOG" 2>&1 &
pid=$!
echo "$pid" >"$pidfile.new"
mv "$pidfile.new" "$pidfile"
sleep 1
runs "$pid" || { echo "was gone; started, and ended at once: see $GC_PARAM_LOG" >&2; exit 1; }
echo "was gone; runs now as pid $pid"
