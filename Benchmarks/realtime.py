#!/usr/bin/env python3
"""What connecting, fan-out and acknowledgements cost the server, as a load generator sees it; see README.md beside this."""

import argparse
import json
import pathlib
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "Tests/EndToEnd"))

from support.server import Server, configuration  # noqa: E402

LIMITLESS = {"events_per_second": 0, "typing_per_second": 0, "joins_per_second": 0, "connections_per_device": 0,
             "connections_per_app": 0, "connections_per_address": 0, "address_rate": 0}

# What is measured: the generator's arguments, how many conversations, and what of its result is the cost.
SCENARIOS = {
    "connect": (["--scenario", "connect", "--connections", "5000"], 5000, "server_us_per_connect"),
    "idle": (["--scenario", "idle", "--connections", "5000", "--duration", "2"], 5000, "idle_rss_per_connection"),
    "paced": (["--scenario", "fanout", "--connections", "1000", "--rate", "20", "--duration", "4"], 1,
              "server_us_per_delivery"),
    "closed": (["--scenario", "fanout", "--connections", "1000", "--window", "4", "--duration", "4"], 1,
               "server_us_per_delivery"),
    "rooms": (["--scenario", "fanout", "--connections", "1000", "--rooms", "100", "--window", "32", "--duration", "4",
               "--http-conns", "32"], 100, "server_us_per_delivery"),
    "ack": (["--scenario", "ack", "--connections", "100", "--duration", "3", "--no-ack-id", "--ack-event", '["ping"]',
             "--ack-reply", '42/client,["pong"'], 100, "server_us_per_roundtrip"),
    "post": (["--scenario", "rest", "--connections", "20", "--duration", "4"], 20,
             "server_us_per_request"),
}


def fill(folder, app, count):
    """Conversations CONV0, CONV1, … of devices DEV0, DEV1, …, as their first request would make them."""
    now = int(time.time() * 1000)
    with sqlite3.connect(folder / "replyhq.db") as database:
        database.executemany(
            "INSERT INTO conversations (id, visitor_id, app_id, device_id, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)",
            [(f"CONV{n}", f"visitor-{n}", app, f"DEV{n}", now, now) for n in range(count)])
        database.executemany(
            "INSERT INTO devices (app_id, device_id, created_at, updated_at, last_seen_at) VALUES (?, ?, ?, ?, ?)",
            [(app, f"DEV{n}", now, now, now) for n in range(count)])


def prepare(options, folder, count):
    """A stopped server and an app of it with so many conversations."""
    config = configuration(
        settings={"SocketIO": LIMITLESS, "LegacyWS": LIMITLESS, "Rest": {"local_id": "token"}},
        server={"event_loops": options.loops, "backlog": 16384, "max_connections": 1_000_000},
        log={"level": "warning"})
    server = Server(folder, config, binary=options.binary.resolve()).start()
    app = server.create_app()
    server.stop()
    fill(folder, app.id, count)
    return server, app


def measure_floor(options):
    """What the system and SQLite need by themselves, from C; see message_floor.c beside this."""
    with tempfile.TemporaryDirectory(prefix="replyhq-bench-") as name:
        folder = pathlib.Path(name)
        source = ROOT / "Benchmarks/message_floor.c"
        subprocess.run(["cc", "-O2", "-o", folder / "floor", source, "-lsqlite3"], check=True)
        prepare(options, folder, 100)
        for what in (["send"], ["commit", folder / "replyhq.db", "16"]):
            print(f"{what[0]}: ", end="", flush=True)
            subprocess.run([folder / "floor", *what], check=True, timeout=180)


def load(loadgen, server, app, arguments, count):
    """Runs the generator on so many conversations; answers its result."""
    auth = {"app_id": app.id, "device_id": "DEV{room}", "api_key": app.key}
    command = [loadgen, *arguments, "--port", str(server.port), "--server-pid", str(server.pid), "--auth",
               json.dumps(auth), "--ready-prefix", '42/client,["conversation:joined"']
    if "--rooms" not in arguments:
        command += ["--rooms", str(count)]
    if arguments[1] in ("fanout", "rest"):
        command += ["--event-prefix", '42/client,["message:new"', "--rest-path",
                    "/v1/conversations/CONV{room}/messages", "--rest-body", '{"local_id":"{id}","body":"{body}"}']
        for header in (f"X-App-Id: {app.id}", "X-Device-Id: DEV{room}", f"X-Api-Key: {app.key}",
                       "Content-Type: application/json"):
            command += ["--rest-header", header]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180)
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    assert done.returncode == 0 and lines, done.stdout + done.stderr
    return json.loads(lines[0].removeprefix("RESULT "))


def measure(options, name):
    arguments, count, figure = SCENARIOS[name]
    with tempfile.TemporaryDirectory(prefix="replyhq-bench-") as folder:
        server, app = prepare(options, pathlib.Path(folder), count)
        recorder = None
        try:
            server.start()
            if options.perf:
                recorder = subprocess.Popen(
                    ["perf", "record", "-q", *options.perf_options.split(), "-o", options.perf, "-p", str(server.pid)])
            result = load(options.loadgen, server, app, arguments, count)
            if recorder:
                recorder.terminate()
                recorder.wait(60)
            server.stop(60)
        finally:
            # The recorder ends with what it records.
            server.kill()
    if options.verbose:
        print(json.dumps(result), flush=True)
    return result[figure]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scenario", nargs="*", help=f"some of: {', '.join(SCENARIOS)} (all)")
    parser.add_argument("--loadgen", help="the load generator")
    parser.add_argument("--floor", action="store_true", help="measures what the system and SQLite need alone instead")
    parser.add_argument("--binary", type=pathlib.Path, action="append", help="a server; several are measured in turn")
    parser.add_argument("--loops", type=int, default=1, help="event loops of the server")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--perf", help="record a profile to this file")
    parser.add_argument("--perf-options", default="-g", help="what else perf is told")
    parser.add_argument("--verbose", action="store_true", help="print the generator's whole results")
    options = parser.parse_args()
    for name in options.scenario:
        if name not in SCENARIOS:
            parser.error(f"unknown scenario {name}")
    if not options.floor and not options.loadgen:
        parser.error("--loadgen is missing")
    binaries = options.binary or [ROOT / ".build/release/replyhq"]
    if options.floor:
        options.binary = binaries[0]
        return measure_floor(options)
    for name in options.scenario or SCENARIOS:
        figures = {binary: [] for binary in binaries}
        for _ in range(options.runs):
            for options.binary in binaries:
                figures[options.binary].append(measure(options, name))
        for binary, values in figures.items():
            print(f"{name}: {SCENARIOS[name][2]} median {statistics.median(values):.1f} of {values} ({binary})", flush=True)


if __name__ == "__main__":
    main()
