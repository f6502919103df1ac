#!/bin/sh
# Ends with 1 if a file system is fuller than the limit, so that the status shows the instance as failing.
set -eu
limit='{{limit}}'
df -P -x tmpfs -x devtmpfs | awk -v limit="$limit" '
  NR > 1 { used = $5; sub("%", "", used); if (used + 0 > limit + 0) { print $6 " is " $5 " full"; full = 1 } }
  END { exit full }
'
echo "nothing is fuller than $limit %"
