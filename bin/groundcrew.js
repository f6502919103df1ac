#!/bin/sh
':' //; case "$1" in agent) exec node --optimize-for-size --no-opt --max-semi-space-size=1 "$0" "$@" ;; *) exec node "$0" "$@" ;; esac
// Both a shell script and a module: the line for the shell starts Node with the flags that keep a worked agent
// small (docs/performance.md); to Node it is a string and a comment.
await import('../dist/cli/main.js');
