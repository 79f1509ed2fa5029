"""The fresh process of a Python peer: prepares, times the one call that counts, prints it.

worker.py PEER TASK_AS_JSON
"""

import json
import sys
import time

import peers
from work import Task


def main() -> None:
    name, task = sys.argv[1:]
    timed = peers.load(name).prepare(Task.from_dict(json.loads(task)))
    started = time.perf_counter()
    timed()
    print(json.dumps({"seconds": time.perf_counter() - started}))


if __name__ == "__main__":
    main()
