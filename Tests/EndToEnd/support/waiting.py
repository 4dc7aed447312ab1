"""Waiting for what comes about by itself."""

import time


def wait_until(condition, told=lambda: "it did not come about", timeout=40, pause=0.02):
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, told()
        time.sleep(pause)
