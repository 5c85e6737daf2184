#!/bin/sh
# The smallest CGI program: a head, an empty line, a body.
echo "Content-Type: text/plain; charset=utf-8"
echo
echo "Hello from process $$ of a shell."
printf 'You asked with %s for %s\n' "$REQUEST_METHOD" "$REQUEST_URI"
