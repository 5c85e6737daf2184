#!/usr/bin/env python3
"""Shows what the server tells a CGI program of a request: every variable there is, and nothing of the server's own."""

import html
import os

rows = "\n".join(
    f"<tr><th scope=row>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>"
    for name, value in sorted(os.environ.items())
)
print("Content-Type: text/html; charset=utf-8")
print()
print(f"""<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>What a CGI program is told</title>
<link rel="stylesheet" href="/style.css">
<style>
main {{ padding-block: 2rem }}
@media (max-width: 40rem) {{ th, td {{ display: block }} th {{ padding-bottom: 0; border: 0 }} }}
</style>
<main id="main">
<h1>What a CGI program is told</h1>
<p>The whole environment of process {os.getpid()}, which wrote this page. <a href="/try.html#cgi">Back</a></p>
<table>
{rows}
</table>
</main>
</html>""")
