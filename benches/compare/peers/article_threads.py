"""The article's program over a pool of threads, in batches of 5,000 rows."""

from collections.abc import Callable
from multiprocessing.pool import ThreadPool

from peers import article_serial
from peers.article_serial import arguments, generate, load_libraries
from work import Task

TITLE = "article, thread pool"
CLOCK = "function"
CODECS = article_serial.CODECS
MODULES = article_serial.MODULES
PUBLISHED_SECONDS = 4.80

BATCH_ROWS = 5_000


def batches(task: Task) -> list[tuple]:
    """The arguments of each batch; the remainder comes last."""
    whole, remainder = divmod(task.work.rows, BATCH_ROWS)
    rows = [BATCH_ROWS] * whole + [remainder] * bool(remainder)
    return [arguments(task.work, batch, task.out) for batch in rows]


def prepare(task: Task) -> Callable[[], object]:
    load_libraries()
    task.out.mkdir()

    def generate_batches() -> None:
        with ThreadPool(task.work.threads) as pool:
            pool.starmap(generate, batches(task))

    return generate_batches
