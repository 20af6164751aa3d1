#!/usr/bin/env python3
"""Opens report.html in Chromium and checks it: no error, no request, sort, filter, timeline, graphs, hostile names, sizes and colours.

    browser.py CHROMIUM PAGE [--shots FOLDER] [--seconds LIMIT]

The browser is driven by its own protocol over two pipes (--remote-debugging-pipe), so nothing but Python is needed. Each failure is a line;
the exit status is 1 if there is one.
"""

import base64
import json
import os
import subprocess
import sys
import tempfile
import time


class Browser:
    """A Chromium without a window, and one page of it."""

    def __init__(self, program, profile):
        to_child, self.write_end = os.pipe()
        self.read_end, from_child = os.pipe()

        def pass_pipes():
            # The protocol is read from descriptor 3 and written to 4. The pipes may have these numbers themselves.
            read, write = os.dup(to_child), os.dup(from_child)
            os.dup2(read, 3)
            os.dup2(write, 4)

        self.process = subprocess.Popen(
            [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--no-first-run", "--hide-scrollbars",
             "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage", f"--user-data-dir={profile}"],
            preexec_fn=pass_pipes, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_child)
        os.close(from_child)
        self.buffer = b""
        self.number = 0
        self.events = []
        target = self.call("Target.createTarget", {"url": "about:blank"})["targetId"]
        self.session = None
        self.session = self.call("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def receive(self, until):
        while b"\0" not in self.buffer:
            if time.monotonic() > until:
                raise TimeoutError("the browser does not answer")
            piece = os.read(self.read_end, 1 << 16)
            if not piece:
                raise EOFError("the browser ended")
            self.buffer += piece
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, parameters=None, seconds=120):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters or {}}
        if getattr(self, "session", None):
            message["sessionId"] = self.session
        os.write(self.write_end, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + seconds
        while True:
            answer = self.receive(until)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.events.append(answer)

    def wait(self, method, seconds=120):
        until = time.monotonic() + seconds
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self.receive(until))

    def evaluate(self, expression):
        answer = self.call(
            "Runtime.evaluate", {"expression": expression, "returnByValue": True, "awaitPromise": True, "userGesture": True})
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def look(self, width, dark, height=1000, touch=False):
        self.call("Emulation.setDeviceMetricsOverride", {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": touch})
        self.call("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]})

    def picture(self, path, whole=False):
        options = {"format": "png", "captureBeyondViewport": whole}
        if whole:
            # Parts out of view are not laid out, so the window becomes as high as the page.
            size = self.call("Page.getLayoutMetrics")["cssContentSize"]
            self.call("Emulation.setDeviceMetricsOverride", {
                "width": size["width"], "height": min(size["height"], 5000), "deviceScaleFactor": 1, "mobile": False})
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("Page.captureScreenshot", options)["data"]))

    def drag(self, x0, x1, y):
        for kind, x in (("mousePressed", x0), ("mouseMoved", (x0 + x1) / 2), ("mouseMoved", x1), ("mouseReleased", x1)):
            self.call("Input.dispatchMouseEvent", {"type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1})

    def end(self):
        """Ends the browser and the processes that it started, which would go on writing to its profile."""
        try:
            self.session = None
            self.call("Browser.close", seconds=10)
            self.process.wait(timeout=10)
        except (OSError, EOFError, TimeoutError, RuntimeError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()


class Check:
    """The checks of one page."""

    def becomes(self, expression, words, seconds=30):
        """Expects that an expression becomes true, which a loaded machine may need some time for."""
        until = time.monotonic() + seconds
        while not self.browser.evaluate(expression):
            if time.monotonic() > until:
                self.failures.append(words)
                return
            time.sleep(0.05)

    def __init__(self, browser, page, shots):
        self.browser, self.page, self.shots = browser, page, shots
        self.failures = []

    def expect(self, holds, words):
        if not holds:
            self.failures.append(words)

    def open(self, script=True):
        browser = self.browser
        browser.call("Emulation.setScriptExecutionDisabled", {"value": not script})
        browser.events.clear()
        begin = time.monotonic()
        browser.call("Page.navigate", {"url": "about:blank"})
        browser.wait("Page.loadEventFired")
        browser.events.clear()
        begin = time.monotonic()
        browser.call("Page.navigate", {"url": f"file://{os.path.abspath(self.page)}"})
        browser.wait("Page.loadEventFired")
        # Two frames: the second one is asked for when the first one is painted.
        if script:
            browser.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return time.monotonic() - begin

    def silence(self):
        """No error on the console, no request but that of the page itself and of pictures inside it."""
        for event in self.browser.events:
            method, parameters = event.get("method"), event.get("params", {})
            if method == "Runtime.exceptionThrown":
                self.failures.append(f"exception: {parameters['exceptionDetails'].get('exception', {}).get('description')}")
            elif method == "Runtime.consoleAPICalled":
                self.failures.append(f"console: {parameters['type']} {parameters['args']}")
            elif method == "Log.entryAdded" and parameters["entry"]["level"] != "verbose":
                self.failures.append(f"log: {parameters['entry']['text']}")
            elif method == "Network.requestWillBeSent":
                url = parameters["request"]["url"]
                if not url.startswith("data:") and url.split("#")[0] != f"file://{os.path.abspath(self.page)}":
                    self.failures.append(f"request: {url}")

    def settle(self):
        """Waits until the script has unfolded all rows."""
        until = time.monotonic() + 60
        while self.browser.evaluate("!!document.querySelector('.chunk noscript')") and time.monotonic() < until:
            time.sleep(0.1)
        self.expect(time.monotonic() < until, "rows stay folded")

    def rows(self):
        return self.browser.evaluate("[...document.querySelectorAll('.chunk tbody tr')].map(r => r.cells[0].textContent.trim())")

    def table(self):
        evaluate = self.browser.evaluate
        all_rows = self.rows()
        self.expect(len(all_rows) > 0, "the table has no row")
        self.expect(all_rows == sorted(all_rows, key=int), "the rows are not in the order of their numbers")
        number = "parseInt((r.cells[7].textContent.replace(/\\D/g, '') || '0'))"
        for wanted in ("descending", "ascending"):
            evaluate("document.querySelectorAll('.first th')[7].click()")
            values = evaluate(f"[...document.querySelectorAll('.chunk tbody tr')].map(r => {number})")
            self.expect(values == sorted(values, reverse=wanted == "descending"), f"sorting by bytes is not {wanted}")
            self.expect(evaluate("document.querySelectorAll('.first th')[7].getAttribute('aria-sort')") == wanted, "aria-sort is wrong")
            self.expect(sorted(self.rows()) == sorted(all_rows), "sorting loses rows")
        evaluate("document.querySelectorAll('.first th')[0].click()")
        self.expect(self.rows() == all_rows, "sorting by number does not restore the order")

        def filter_by(words):
            evaluate(f"(() => {{ const f = document.querySelector('#filter'); f.value = {json.dumps(words)}; "
                     "f.dispatchEvent(new Event('input')); })()")
            evaluate("new Promise(done => setTimeout(done, 300))")
            return self.rows()

        server = evaluate("document.querySelector('.chunk tbody tr').cells[2].textContent")
        expected = evaluate(
            f"[...document.querySelectorAll('.chunk tbody tr')].filter(r => r.textContent.toLowerCase().includes({json.dumps(server)}"
            ".toLowerCase())).map(r => r.cells[0].textContent)")
        self.expect(filter_by(server) == expected and expected, "filtering by a server shows other rows")
        self.expect(filter_by("no such text anywhere") == [], "filtering by nonsense shows rows")
        filter_by("")
        for kind in ("gap", "conflict", "reset"):
            expected = evaluate(f"[...document.querySelectorAll('.chunk tbody tr')].filter(r => (r.dataset.k || '').split(' ')"
                                f".includes('{kind}')).map(r => r.cells[0].textContent)")
            self.expect(filter_by(f"is:{kind}") == expected, f"is:{kind} shows other rows")
            filter_by("")
        self.expect(self.rows() == all_rows, "an empty filter does not show all rows")

    def timeline(self):
        evaluate = self.browser.evaluate
        if not evaluate("!!document.querySelector('.tl svg')"):
            return
        evaluate("document.querySelector('#timeline').scrollIntoView()")
        box = evaluate("(() => { const r = document.querySelector('.tl svg').getBoundingClientRect(); "
                       "return [r.left, r.top, r.width, r.height]; })()")
        before = len(self.rows())
        x0, x1 = box[0] + box[2] * 0.02, box[0] + box[2] * 0.2
        self.browser.drag(x0, x1, box[1] + box[3] / 2)
        self.becomes("!document.querySelector('#clear').hidden", "dragging over the timeline does nothing")
        span = evaluate("(() => { const l = document.querySelector('.tl svg'), s = l.querySelector('.sel'); "
                        "return [+s.getAttribute('x'), +s.getAttribute('width'), +l.dataset.start, +l.dataset.width]; })()")
        self.expect(span[1] > 0, f"dragging over the timeline selects nothing: {span} in {box}")
        low, high = span[2] + span[0] * span[3], span[2] + (span[0] + span[1]) * span[3]
        outside = evaluate(f"[...document.querySelectorAll('.chunk tbody tr')].filter(r => +r.dataset.e < {low} || +r.dataset.s > {high}).length")
        self.expect(outside == 0, "rows outside of the selected span are shown")
        evaluate("document.querySelector('#clear').click()")
        self.expect(len(self.rows()) == before, "clearing the span does not show all rows")

    def connection(self):
        evaluate = self.browser.evaluate
        if not evaluate("!!document.querySelector('details.one')"):
            return
        evaluate("document.querySelector('details.one').open = true")
        self.becomes("document.querySelector('details.one').dataset.ready === '1'", "a connection is not made ready when it opens")
        if evaluate("!!document.querySelector('details.one[open] .tsg')"):
            self.expect(evaluate("document.querySelectorAll('details.one[open] .zoom button').length") >= 3, "a graph has no buttons")
            evaluate("document.querySelector('.zoom button').click()")
            self.expect(evaluate("document.querySelector('.tsg .plot').getAttribute('viewBox')") == "5000 2500 10000 5000", "zoom shows "
                        + str(evaluate("document.querySelector('.tsg .plot').getAttribute('viewBox')")))
            evaluate("document.querySelectorAll('.zoom button')[2].click()")
            self.expect(evaluate("document.querySelector('.tsg .plot').getAttribute('viewBox')") == "0 0 20000 10000", "1:1 shows a part")
        evaluate("document.querySelector('details.one').open = false")
        # The last one is folded if there are many.
        identifier = evaluate("[...document.querySelectorAll('details.one')].pop().id")[1:]
        evaluate(f"location.hash = '#c{identifier}'")
        self.becomes(f"document.getElementById('d{identifier}').open", "a link does not open its connection")
        self.becomes(f"!!document.getElementById('c{identifier}')", "a connection that a link opens is empty")

    def hostile(self):
        """Names from the network are text: they make no element, no script runs, and no writing direction changes."""
        evaluate = self.browser.evaluate
        self.expect(evaluate("typeof window.planted") == "undefined", "a script from the network ran")
        self.expect(evaluate("document.querySelectorAll('script').length") == 1, "there is a script more")
        self.expect(evaluate("document.querySelectorAll('style').length") == 1, "there is a style more")
        allowed = "iframe,object,embed,form,base,audio,video,foreignObject,use,animate,set"
        self.expect(evaluate(f"document.querySelectorAll('{allowed}').length") == 0, "there is an element that the page does not write")
        self.expect(
            not evaluate("[...document.querySelectorAll('*')].some(e => [...e.attributes].some(a => a.name.startsWith('on')))"),
            "an element has a handler")
        self.expect(evaluate("[...document.querySelectorAll('bdi *')].length") == 0, "a name from the network became an element")
        self.expect(
            not evaluate("/[\\u202a-\\u202e\\u2066-\\u2069\\u200e\\u200f\\u2028\\u2029]/.test(document.body.textContent)"),
            "a control of the writing direction is in the page")
        self.expect(
            evaluate("[...document.querySelectorAll('a')].every(a => /^(#|\\.\\/)/.test(a.getAttribute('href')))"),
            "a link leads elsewhere")

    def widths(self):
        for width in (390, 1400):
            for dark in (False, True):
                self.browser.look(width, dark, touch=width == 390)
                self.becomes(f"innerWidth === {width}", f"the window is not {width} wide")
                over = self.browser.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                self.expect(over <= 0, f"{over} pixels stick out at {width}")
                if width == 1400:
                    over = self.browser.evaluate("[...document.querySelectorAll('.wide')].map(w => w.scrollWidth - w.clientWidth)")
                    self.expect(all(pixels <= 0 for pixels in over), f"{over} pixels of the tables are out of view at {width}")
                cut = self.browser.evaluate("[...document.querySelectorAll('.hash code')].filter(c => c.getBoundingClientRect().right > "
                                            "innerWidth).length")
                self.expect(cut == 0, f"{cut} hashes of captures are out of view at {width}")
                self.becomes(f"matchMedia('(prefers-color-scheme: dark)').matches === {str(dark).lower()}", "the colours do not change")
                colours = self.browser.evaluate("(() => { const s = getComputedStyle(document.body); return [s.color, s.backgroundColor]; })()")
                light = [sum(int(part) for part in colour[4:-1].split(",")[:3]) for colour in colours]
                self.expect((light[0] > light[1]) == dark, f"colours are {colours} with dark {dark}")
                if self.shots:
                    name = f"{os.path.basename(os.path.dirname(os.path.abspath(self.page)))}-{width}-{'dark' if dark else 'light'}"
                    self.browser.picture(os.path.join(self.shots, f"{name}.png"), whole=True)

    def without_script(self, rows):
        self.open(script=False)
        root = self.browser.call("DOM.getDocument", {"depth": 1})["root"]["nodeId"]
        def count(selector):
            return len(self.browser.call("DOM.querySelectorAll", {"nodeId": root, "selector": selector})["nodeIds"])
        self.expect(count(".chunk tbody tr") == rows, "without script there are not all rows")
        self.expect(count("details.one > div, details.one > noscript > div") == count("details.one"), "without script a connection is empty")
        self.browser.call("Emulation.setScriptExecutionDisabled", {"value": False})


def main(arguments):
    program, page = arguments[:2]
    shots = arguments[arguments.index("--shots") + 1] if "--shots" in arguments else None
    limit = float(arguments[arguments.index("--seconds") + 1]) if "--seconds" in arguments else None
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(program, profile)
        try:
            check = Check(browser, page, shots)
            browser.look(1400, False)
            seconds = check.open()
            check.settle()
            print(f"{page}: {os.path.getsize(page)} bytes, painted after {seconds:.2f} s, {len(check.rows())} rows")
            if limit is not None:
                check.expect(seconds <= limit, f"painted after {seconds:.2f} s, more than {limit}")
            rows = len(check.rows())
            check.hostile()
            check.table()
            check.timeline()
            check.connection()
            check.widths()
            check.silence()
            check.without_script(rows)
        finally:
            browser.end()
    for failure in check.failures:
        print(f"{page}: {failure}")
    return 1 if check.failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
