#!/bin/sh
# The smallest CGI program: a head, an empty line, a body.
echo "Content-Type: text/plain; charset=utf-8"
echo
echo "Hello from process $$ of a shell."
echo "You asked with $REQUEST_METHOD for $REQUEST_URI"
