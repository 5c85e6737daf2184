"""A browser with several windows at once: Chromium, headless, told over a pipe what to do."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from select import select

from twisted.trial.unittest import SkipTest

from .raw_client import PATIENCE

OPTIONS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-component-update",
    "--disable-background-networking", "--disable-sync", "--disable-dev-shm-usage", "--disable-default-apps",
    "--remote-debugging-pipe", "about:blank",
)  # fmt: skip

# Chromium reads what it is told at descriptor 3, and answers at 4.
LAUNCH = """
import fcntl, os, sys
ends = [fcntl.fcntl(int(each), fcntl.F_DUPFD, 10) for each in sys.argv[1:3]]
for end, place in zip(ends, (3, 4)):
    os.dup2(end, place)
os.execv(sys.argv[3], sys.argv[3:])
"""


class Browser:
    """Chromium with a profile of its own."""

    def __init__(self, folder: Path) -> None:
        names = ("chromium", "chromium-browser", "google-chrome")
        program = next(filter(None, map(shutil.which, names)), None)
        if program is None:
            raise SkipTest("Chromium is not installed")
        commands, self._commands = os.pipe()
        self._answers, answers = os.pipe()
        self._process = subprocess.Popen(
            (sys.executable, "-c", LAUNCH, str(commands), str(answers), program, *OPTIONS, f"--user-data-dir={folder}"),
            pass_fds=(commands, answers), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        os.close(commands)
        os.close(answers)
        self._held = b""
        self._number = 0

    def window(self, url: str, scripts: bool = True) -> "Window":
        """A new window, which knows nothing of the others' cookies."""
        context = self.tell("Target.createBrowserContext")["browserContextId"]
        target = self.tell("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.tell("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        window = Window(self, session)
        if not scripts:
            window.tell("Emulation.setScriptExecutionDisabled", value=True)
        window.go(url)
        return window

    def tell(self, method: str, session: str | None = None, **parameters) -> dict:
        """Have something done; its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                if "error" in answer:
                    if "navigated" in answer["error"]["message"]:
                        raise Navigated
                    raise AssertionError(f"{method}: {answer['error']}")
                return answer["result"]

    def _next(self) -> dict:
        while b"\0" not in self._held:
            if not select([self._answers], (), (), PATIENCE)[0]:
                raise AssertionError("the browser says nothing")
            data = os.read(self._answers, 1 << 20)
            if not data:
                raise AssertionError("the browser has ended")
            self._held += data
        first, _, self._held = self._held.partition(b"\0")
        return json.loads(first)

    def close(self) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)  # with all its own processes
        self._process.wait()
        os.close(self._commands)
        os.close(self._answers)


class Navigated(Exception):
    """The page was asked something, and before it answered another was in its place."""


class Window:
    """One page, and what is in it."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session

    def tell(self, method: str, **parameters) -> dict:
        return self._browser.tell(method, self._session, **parameters)

    def go(self, url: str) -> None:
        """Open a page."""
        self.tell("Page.navigate", url=url)
        self.until("document.readyState == 'complete' && location.href != 'about:blank'", True)

    def ask(self, expression: str):
        """The value of an expression in the page."""
        result = self.tell("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise AssertionError(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def _ask_now(self, expression: str):
        try:
            return self.ask(expression)
        except Navigated:
            return None

    def until(self, expression: str, value) -> None:
        """Wait until an expression has a value."""
        deadline = time.monotonic() + PATIENCE
        while (found := self._ask_now(expression)) != value:
            if time.monotonic() > deadline:
                raise AssertionError(f"{expression} is {found!r} and never {value!r}")
            time.sleep(0.02)

    def type(self, selector: str, text: str) -> None:
        """Write into a field, in the place of what is there."""
        self.ask(f"(e => {{ e.focus(); e.select() }})(document.querySelector({json.dumps(selector)}))")
        self.tell("Input.insertText", text=text)

    def press_enter(self) -> None:
        """Press the key."""
        for kind in ("keyDown", "keyUp"):
            self.tell(
                "Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", text="\r", windowsVirtualKeyCode=13
            )

    def picture(self, width: int = 390, height: int = 700, dark: bool = False) -> str:
        """How it looks, as PNG in base 64."""
        self.tell("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=True)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.tell("Emulation.setEmulatedMedia", features=[scheme])
        return self.tell("Page.captureScreenshot")["data"]
