"""Runs one command and writes down its wall time, processor time and peak memory.

    launch.py RESULT_FILE COMMAND…

A process of its own, and a small one: Linux counts the memory of the process that starts a
command as the command's own, so a peak below this one's (about 10 MB) cannot be seen.
The peak is that of the largest process among the command and the children it waited for.
"""

import json
import os
import sys
import time


def main() -> None:
    result_path, *command = sys.argv[1:]
    started = time.perf_counter()
    child = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(child, 0)
    seconds = time.perf_counter() - started
    peak_unit_bytes = 1 if sys.platform == "darwin" else 1024
    measured = {
        "exit_code": os.waitstatus_to_exitcode(status),
        "process_seconds": seconds,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_bytes": usage.ru_maxrss * peak_unit_bytes,
    }
    with open(result_path, "w", encoding="utf-8") as result:
        json.dump(measured, result)


main()
