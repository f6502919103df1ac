#!/bin/sh
# Upgrades a package to the newest version there is, where it is installed in one that still has the flaw.
# Ends with 0 if the machine has no flaw (any more), 1 if the newest version there is has it too, 69 if the machine has
# no apt, and otherwise with what apt-get ends with (100).
set -eu
umask 022
export DEBIAN_FRONTEND=noninteractive
root=${GC_PARAM_ROOT%/}

command -v apt-get >/dev/null || { echo "this machine has no apt-get" >&2; exit 69; }

apt() { # What it says matters only when it fails. Another apt, such as the nightly upgrade, may hold the lock.
  apt-get -q -y -o Dir="$root/" -o Dir::State::status="$root/var/lib/dpkg/status" -o DPkg::Options::="--root=$root/" \
    -o DPkg::Lock::Timeout=60 "$@" >"$log" 2>&1 || { code=$?; cat "$log" >&2; exit "$code"; }
}

version() { # Empty if it is not installed.
  dpkg-query --admindir="$root/var/lib/dpkg" -W -f '${Version}' "$GC_PARAM_PACKAGE" 2>/dev/null || true
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT

before=$(version)
if [ -z "$before" ]; then
  echo "$GC_PARAM_PACKAGE is not installed"
  exit 0
fi
if dpkg --compare-versions "$before" ge "$GC_PARAM_FIXED"; then
  echo "$GC_PARAM_PACKAGE $before has no flaw"
  exit 0
fi
apt update
apt install --only-upgrade "$GC_PARAM_PACKAGE"
after=$(version)
if dpkg --compare-versions "$after" lt "$GC_PARAM_FIXED"; then
  echo "$GC_PARAM_PACKAGE is $after, and there is nothing newer" >&2
  exit 1
fi
echo "$GC_PARAM_PACKAGE was $before and is $after"
