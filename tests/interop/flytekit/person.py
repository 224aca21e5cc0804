#!/usr/bin/env python3
"""A person in a browser (`BROWSER`): opens the link, logs in, and comes back. Each visit is a line in the file `VISITS`."""

import os
import sys
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path

# A browser does not keep waiting whoever opened it.
if os.fork() > 0:
    os._exit(0)
browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
with browser.open(sys.argv[1], timeout=30) as page:
    url = page.url
if "/people/authorize" in url:
    with browser.open(url, data=b"person=ada", timeout=30) as page:
        url = page.url
with Path(os.environ["VISITS"]).open("a") as visits:
    visits.write(f"{url.split('?')[0]}\n")
