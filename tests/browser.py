"""A headless Chromium, driven over the pipe of its DevTools protocol: no driver and no library needed."""

import base64
import fcntl
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PATIENCE_SECONDS = 30.0


class Page:
    """One tab."""

    def __init__(self, to_browser: int, from_browser: int) -> None:
        self._out = os.fdopen(to_browser, "wb", buffering=0)
        self._in = os.fdopen(from_browser, "rb")
        self._count = 0
        self._session = ""
        self.complaints: list[str] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Log", "Runtime"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> Any:
        """Send a command and return its result."""
        self._count += 1
        message = {"id": self._count, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        self._out.write(json.dumps(message).encode() + b"\0")
        while True:
            answer = json.loads(self._message())
            if answer.get("id") == self._count:
                assert "error" not in answer, answer
                return answer["result"]
            self._note(answer)

    def _note(self, event: dict[str, Any]) -> None:
        """Keep what the console would show as an error."""
        told = event.get("params", {})
        if event.get("method") == "Log.entryAdded" and told["entry"]["level"] == "error":
            self.complaints.append(f"{told['entry']['text']} {told['entry'].get('url', '')}")
        if event.get("method") == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(told["exceptionDetails"]))
        if event.get("method") == "Runtime.consoleAPICalled" and told["type"] == "error":
            self.complaints.append(json.dumps(told["args"]))

    def _message(self) -> bytes:
        message = bytearray()
        while (byte := self._in.read(1)) != b"\0":
            assert byte, "the browser is gone"
            message += byte
        return bytes(message)

    def run(self, script: str) -> Any:
        """The value of an expression on the page."""
        result = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def wait(self, script: str, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until the expression is true, on whatever page is there by then."""
        deadline = time.monotonic() + seconds
        while not self.run(f"document.readyState === 'complete' && Boolean({script})"):
            assert time.monotonic() < deadline, f"{script} did not come true: {self.text()[:2000]}"
            time.sleep(0.1)

    def open(self, address: str) -> None:
        """Go to the address."""
        self.call("Page.navigate", url=address)
        self.wait("location.href !== 'about:blank'")

    def text(self) -> str:
        """What the page says."""
        return str(self.run("document.body ? document.body.innerText : ''"))

    def fill(self, name: str, value: str) -> None:
        """Fill in a field of a form."""
        self.run(f"document.querySelector('[name={name}]').value = {json.dumps(value)}")

    def choose_file(self, name: str, path: Path) -> None:
        """Choose a file to upload."""
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        field = self.call("DOM.querySelector", nodeId=root, selector=f"[name={name}]")["nodeId"]
        self.call("DOM.setFileInputFiles", nodeId=field, files=[str(path)])

    def click(self, selector: str, then: str) -> None:
        """Click on what the selector finds, and wait for what that brings."""
        self.run(f"document.querySelector({json.dumps(selector)}).click()")
        self.wait(then)

    def resize(self, width: int, height: int) -> None:
        """Give the window another size, as of a telephone."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )

    def overflows(self) -> int:
        """By how many pixels the page is wider than its window."""
        return int(self.run("document.documentElement.scrollWidth - document.documentElement.clientWidth"))

    def screenshot(self, path: Path) -> None:
        """Keep a picture of the whole page."""
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))


@contextmanager
def browser(profile: Path) -> Iterator[Page]:
    """A tab of a browser of our own."""
    assert CHROMIUM, "no Chromium is installed"
    to_read, to_write = os.pipe()
    from_read, from_write = os.pipe()
    arguments = [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    arguments += ["--remote-debugging-pipe", f"--user-data-dir={profile}", "--no-first-run", "about:blank"]
    ends = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in (to_read, from_write)]  # out of the way of 3 and 4
    process = subprocess.Popen(
        arguments,
        preexec_fn=lambda: [os.dup2(end, place) for place, end in enumerate(ends, 3)],  # noqa: PLW1509 - it takes no lock
        pass_fds=(3, 4),  # where Chromium reads and writes
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for end in (to_read, from_write, *ends):
        os.close(end)
    try:
        yield Page(to_write, from_read)
    finally:
        process.kill()
        process.wait()
