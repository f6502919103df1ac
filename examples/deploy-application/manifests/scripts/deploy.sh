#!/bin/sh
# Unpacks a release beside the others, makes `current` point to it, and points it back if the application does not
# answer. Whether it is run for a release that is there already, or was cut off half-way before: the end is the same.
#
# Ends with 0 if the release is live, 1 if it does not work and the one before is live again, 66 if the archive
# could not be fetched or unpacked, 69 if the machine has nothing to fetch with.
set -eu
umask 022
home=$GC_PARAM_ROOT/$GC_PARAM_APP
version=$GC_PARAM_VERSION
release=$home/releases/$version

fetch() { # URL FILE
  if command -v curl >/dev/null; then
    curl --fail --silent --show-error --max-time 60 --output "$2" "$1"
  elif command -v python3 >/dev/null; then
    python3 -c 'import sys, urllib.request as r; open(sys.argv[2], "wb").write(r.urlopen(sys.argv[1], timeout=60).read())' "$1" "$2"
  else
    echo "this machine has neither curl nor python3" >&2
    exit 69
  fi
}

# A rename is atomic: at every moment `current` is the old release or the new one.
# A release may bring a program that makes the application notice, for example `systemctl restart shop`.
point_to() { # VERSION
  ln -sfn "releases/$1" "$home/.current" &&
    mv -T "$home/.current" "$home/current" &&
    if [ -x "$home/current/activate" ]; then "$home/current/activate"; fi
}

# The application must say that it is this version. It may take some seconds to come up.
answers() { # VERSION
  [ -n "$GC_PARAM_HEALTH" ] || return 0
  tries=$GC_PARAM_PATIENCE
  while [ "$tries" -gt 0 ]; do
    if fetch "$GC_PARAM_HEALTH" "$work/health" 2>"$work/error" && [ "$(cat "$work/health")" = "$1" ]; then return 0; fi
    tries=$((tries - 1))
    sleep 1
  done
  cat "$work/error" >&2
  return 1
}

mkdir -p "$home/releases"
rm -rf "$home"/.work-* # What a run that was cut off has left.
work=$(mktemp -d "$home/.work-XXXXXX")
trap 'rm -rf "$work"' EXIT

if [ ! -d "$release" ]; then
  fetch "$GC_PARAM_FROM/$GC_PARAM_APP-$version.tar.gz" "$work/archive" || exit 66
  mkdir "$work/release"
  tar -xzf "$work/archive" -C "$work/release" --no-same-owner || exit 66
  mv -T "$work/release" "$release"
fi
touch "$release" # Releases are kept in the order in which they were live.

before=$(readlink "$home/current" || true)
before=${before#releases/}
if ! { point_to "$version" && answers "$version"; }; then
  echo "$GC_PARAM_APP $version does not work" >&2
  if [ -n "$before" ] && [ "$before" != "$version" ]; then
    point_to "$before"
    rm -rf "$release"
    echo "$GC_PARAM_APP $before is live again" >&2
  fi
  exit 1
fi
echo "$GC_PARAM_APP $version is live"

# Names of releases have no blank in them: the pattern of `version` sees to that.
ls -1t "$home/releases" | tail -n "+$((GC_PARAM_KEEP + 1))" | while read -r old; do
  rm -rf "$home/releases/$old"
  echo "removed $old"
done
