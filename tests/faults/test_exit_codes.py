"""Exit codes over all commands: 0 done, 1 a check found a difference, 2 the request is wrong, 3 the work failed."""

import subprocess

import pytest

from harness import binary, finish, limited, run_well

NOWHERE = "postgresql://me@127.0.0.1:1/db --table t"
"""Nobody listens at port 1."""

FLAGS = "--rows 100 --classes 1 --batch-size 50"

CASES = [
    # Generating.
    ("0", f"{FLAGS} --out new"),
    ("0", f"{FLAGS} --out data"),
    ("0", f"{FLAGS} --out new --dry-run"),
    ("0", "--help"),
    ("0", "--version"),
    ("2", ""),
    ("2", "--rows x"),
    ("2", "--rows 1 --nonsense"),
    ("2", f"{FLAGS} --seed 1 --out data"),
    ("2", f"{FLAGS} --seed 1 --out data --dry-run"),
    ("2", f"{FLAGS} --out file"),
    ("2", f"{FLAGS} --out closed/new"),
    ("2", f"{FLAGS} --out closed/new --dry-run"),
    ("2", f"{FLAGS} --out s3://bucket/data"),
    ("2", "--rows 1e18 --out huge"),
    ("2", "--rows 1e18 --out huge --dry-run"),
    ("0", "--rows 1e18 --out huge --dry-run --force"),
    ("2", f"{FLAGS} --out held"),
    ("3", "--rows 100k --classes 1 --out beyond-the-limit"),
    ("3", f"--rows 1 --out {NOWHERE}"),
    # Checking.
    ("0", "check data"),
    ("0", "check data/part-00000-of-00002.parquet --partial"),
    ("1", "check data/part-00000-of-00002.parquet"),
    ("1", "check data --seed 1 --rows 100 --classes 1"),
    ("1", "check truncated.parquet --dataset data"),
    ("1", "check encrypted.parquet --dataset data"),
    ("1", "check text.csv --dataset data"),
    ("2", "check"),
    ("2", "check data --nonsense"),
    ("2", "check missing"),
    ("2", "check missing.parquet --dataset data"),
    ("2", "check data --dataset missing"),
    ("2", "check foreign.csv --dataset data"),
    ("2", "check text.csv"),
    ("2", "check s3://bucket/data"),
    ("3", "check closed.parquet --dataset data"),
    ("3", "check closed.csv --dataset data"),
    ("3", "check closed --dataset data"),
    ("3", "check data data/../closed.csv --dataset data"),
    ("3", "check data --dataset closed.parquet"),
    ("3", "check /proc/self/mem --format csv --dataset data"),
    ("3", f"check {NOWHERE} --dataset data"),
    # Loading; what needs a server is with its tests.
    ("2", "load"),
    ("2", "load data postgresql://me@127.0.0.1:1/db"),
    ("2", f"load missing.parquet {NOWHERE}"),
    ("2", f"load text.csv {NOWHERE}"),
    ("2", f"load truncated.parquet {NOWHERE}"),
    ("2", f"load encrypted.parquet {NOWHERE}"),
    ("3", f"load closed.parquet {NOWHERE}"),
    ("3", f"load data {NOWHERE}"),
    ("3", f"load data {NOWHERE} --dry-run"),
]


@pytest.fixture
def folder(ordinary, public):
    """Of an ordinary user, to whom something is closed."""
    for name in ("data", "held"):
        run_well(f"{FLAGS} --quiet", public / name, **ordinary)
    part = (public / "data" / "part-00000-of-00002.parquet").read_bytes()
    (public / "truncated.parquet").write_bytes(part[:-3])
    (public / "encrypted.parquet").write_bytes(b"PARE" + bytes(64) + b"\x20\0\0\0PARE")
    (public / "text.csv").write_text("id_client,class_0\nno id,no score\n")
    (public / "foreign.csv").write_text("name\nsomebody\n")
    (public / "file").write_text("no folder")
    (public / "closed.parquet").write_bytes(part)
    (public / "closed.csv").write_text("id_client,class_0\n")
    (public / "closed").mkdir()
    for name in ("closed.parquet", "closed.csv", "closed", "held/part-00001-of-00002.parquet"):
        (public / name).chmod(0)
    yield public
    (public / "closed").chmod(0o700)


def test_exit_codes(folder, ordinary):
    wrong = []
    for code, arguments in CASES:
        process = subprocess.Popen(
            [binary(), *arguments.split()],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=limited(FSIZE=1_000_000),
            **ordinary,
        )
        done = finish(process)
        if done.code != int(code):
            wrong.append(f"gen {arguments}: {done.code} instead of {code}: {done.err or done.out}")
    assert not wrong, "\n".join(wrong)
