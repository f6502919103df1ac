#!/bin/sh
# check-outbox FOLDER: fails if a file in the folder has been waiting for more than an hour.
set -eu
folder=${1:?which folder?}
waiting=$(find "$folder" -type f -mmin +60 | wc -l)
echo "$waiting files in $folder have been waiting for more than an hour"
[ "$waiting" -eq 0 ]
