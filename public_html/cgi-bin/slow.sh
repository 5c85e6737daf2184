#!/bin/sh
# Says a line a second, five times. Each leaves as it is said; close the connection, and this process ends.
echo "Content-Type: text/plain; charset=utf-8"
echo
for second in 1 2 3 4 5; do
  echo "line $second of process $$"
  sleep 1
done
