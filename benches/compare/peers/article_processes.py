"""The article's program over a pool of processes, in batches of 5,000 rows."""

from collections.abc import Callable
from multiprocessing import Pool

from peers import article_serial
from peers.article_serial import generate, load_libraries
from peers.article_threads import batches
from work import Task

TITLE = "article, process pool"
CLOCK = "function"
CODECS = article_serial.CODECS
MODULES = article_serial.MODULES
PUBLISHED_SECONDS = 0.873


def prepare(task: Task) -> Callable[[], object]:
    load_libraries()
    task.out.mkdir()

    def generate_batches() -> None:
        with Pool(task.work.threads) as pool:
            pool.starmap(generate, batches(task))

    return generate_batches
