#!/usr/bin/env python3
"""Fetches a file, and puts it in its place only if it is the one that was meant.

Ends with 0 if the file is there, 65 if what came is another one, 69 if it could not be fetched.
In its place there is at every moment the old file or the whole new one.
"""
import hashlib
import http.client
import os
import pathlib
import signal
import sys
import tempfile
import urllib.request

url = os.environ["GC_PARAM_URL"]
wanted = os.environ["GC_PARAM_SHA256"]
place = pathlib.Path(os.environ["GC_PARAM_PLACE"])
mode = int(os.environ["GC_PARAM_MODE"], 8)


def digest_of(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


if place.is_file() and digest_of(place) == wanted:
    os.chmod(place, mode)
    print(f"{place} was there already")
    sys.exit(0)

os.umask(0o022)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # A stop cleans up, too.
place.parent.mkdir(parents=True, exist_ok=True)
# Beside its place, because a rename is atomic only within one file system.
handle, name = tempfile.mkstemp(prefix=f".{place.name}.", dir=place.parent)
try:
    with os.fdopen(handle, "wb") as file:
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                while block := answer.read(1 << 20):
                    file.write(block)
        except (OSError, http.client.HTTPException) as problem:
            print(f"cannot fetch {url}: {problem}", file=sys.stderr)
            sys.exit(69)
        file.flush()
        os.fsync(file.fileno())
    found = digest_of(name)
    if found != wanted:
        print(f"refused what came from {url}: its SHA-256 is {found}", file=sys.stderr)
        sys.exit(65)
    os.chmod(name, mode)
    os.replace(name, place)
finally:
    pathlib.Path(name).unlink(missing_ok=True)
print(f"{place} is there")
