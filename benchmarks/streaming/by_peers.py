"""Peers, and a host that waits for each answer; run by the Python that has them.

python by_peers.py ORDER: JSON in, one line of JSON out. Nothing of ours is imported.
"""

import json
import sys
import time
from pathlib import Path

_LOOK_S = 0.01
_WAKE_S = 3.0


def printcore(order):
    from printrun import gcoder
    from printrun import printcore as core

    program = gcoder.LightGCode(Path(order["program"]).read_text().splitlines())
    host = core.printcore(order["ports"][0], order["baud"])
    while not host.online:
        time.sleep(_LOOK_S)
    time.sleep(_WAKE_S)
    yield
    host.startprint(program)
    while host.printing or not host.clear:
        time.sleep(_LOOK_S)
    yield
    host.disconnect()


def grbl_streamer(order):
    from grbl_streamer import GrblStreamer

    host = GrblStreamer(lambda *_: None)
    host.setup_logging()
    host.cnect(order["ports"][0], order["baud"])
    while not host.connected:
        time.sleep(_LOOK_S)
    time.sleep(_WAKE_S)
    if order["polls"]:
        host.poll_start()
    host.load_file(order["program"])
    yield
    host.job_run()
    while not host.streaming_complete:
        time.sleep(_LOOK_S)
    yield
    time.sleep(1.0)
    host.disconnect()


def one_line(order):
    import serial

    port = serial.Serial(order["ports"][0], order["baud"], timeout=10)
    time.sleep(_WAKE_S)
    numbered = order["dialect"] == "marlin"
    codes = Path(order["program"]).read_text().splitlines()
    port.reset_input_buffer()
    codes = ["M110 N0", *codes] if numbered else codes
    yield
    for number, code in enumerate(codes):
        body = f"N{number} {code}".encode() if numbered else code.encode()
        if numbered:
            check = 0
            for byte in body:
                check ^= byte
            body += b"*%d" % check
        port.write(body + b"\n")
        while not port.readline().startswith(b"ok"):
            pass
    yield
    port.close()


def peak_mb():
    """Most memory that was resident, without what the starting process had."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1000


def main(order):
    steps = globals()[order["host"]](order)
    next(steps)
    start_s, start_cpu_s = time.monotonic(), time.process_time()
    next(steps)
    took_s, cpu_s = time.monotonic() - start_s, time.process_time() - start_cpu_s
    rss_mb = peak_mb()
    print(json.dumps({"cpu": cpu_s / took_s, "rss_mb": rss_mb}), flush=True)
    next(steps, None)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
