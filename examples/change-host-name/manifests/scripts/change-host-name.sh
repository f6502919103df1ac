#!/bin/sh
# Gives the machine another host name, now and for its next boots.
# Ends with 0 if it has the name, 65 if it is not the machine that was meant, 69 if it has no `hostname`.
set -eu
umask 022
new=$GC_PARAM_NAME
now=$(uname -n)
file=${GC_PARAM_ROOT%/}/etc/hostname

command -v hostname >/dev/null || { echo "this machine has no program hostname" >&2; exit 69; }

case $now in
  "$new" | "$GC_PARAM_WAS") ;;
  *)
    echo "this machine is called $now, not $GC_PARAM_WAS: nothing was changed" >&2
    exit 65
    ;;
esac

# The file first: if this is cut off, the next run or the next boot finishes it.
printf '%s\n' "$new" >"$file.new"
mv "$file.new" "$file"
[ "$now" = "$new" ] || hostname "$new"
echo "$now is called $(uname -n)"
