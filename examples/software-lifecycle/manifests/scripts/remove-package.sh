#!/bin/sh
# Removes a package, and with `purge` its settings. Where it is gone already nothing happens.
# Ends with 0 if it is gone, 69 if the machine has no apt, and otherwise with what apt-get ends with (100).
set -eu
umask 022
export DEBIAN_FRONTEND=noninteractive
root=${GC_PARAM_ROOT%/}

command -v apt-get >/dev/null || { echo "this machine has no apt-get" >&2; exit 69; }

apt() { # What it says matters only when it fails. Another apt, such as the nightly upgrade, may hold the lock.
  apt-get -q -y -o Dir="$root/" -o Dir::State::status="$root/var/lib/dpkg/status" -o DPkg::Options::="--root=$root/" \
    -o DPkg::Lock::Timeout=60 "$@" >"$log" 2>&1 || { code=$?; cat "$log" >&2; exit "$code"; }
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT

found=$(dpkg-query --admindir="$root/var/lib/dpkg" -W -f '${db:Status-Status}' "$GC_PARAM_PACKAGE" 2>/dev/null || true)
case "$found:$GC_PARAM_PURGE" in
  :* | not-installed:* | config-files:no)
    echo "$GC_PARAM_PACKAGE was not installed"
    exit 0
    ;;
  *:yes) apt purge "$GC_PARAM_PACKAGE" ;;
  *) apt remove "$GC_PARAM_PACKAGE" ;;
esac
echo "removed $GC_PARAM_PACKAGE"
