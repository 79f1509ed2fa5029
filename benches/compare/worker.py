"""The fresh process of a Python peer: prepares, times the one call that counts, prints it.

worker.py PEER TASK_AS_JSON
"""

import json
import sys
import time

import peers
from work import TableTask, Task


def main() -> None:
    name, task = sys.argv[1:]
    kind = TableTask if name in peers.TABLE_NAMES else Task
    timed = peers.load(name).prepare(kind.from_dict(json.loads(task)))
    started = time.perf_counter()
    timed()
    print(json.dumps({"seconds": time.perf_counter() - started}))


if __name__ == "__main__":
    main()
