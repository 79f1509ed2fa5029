"""What a peer is asked to write: the words shared by the harness and the peers."""

from dataclasses import asdict, dataclass
from pathlib import Path

ID_BYTES = {"text": 4 + 36, "binary": 16}


@dataclass(frozen=True)
class Work:
    """A data set and how it is to be written. `batch_rows` is None for the writer's own layout."""

    rows: int
    classes: int
    threads: int
    compression: str = "none"
    batch_rows: int | None = None
    float_bits: int = 64
    id_kind: str = "text"

    @property
    def row_bytes(self) -> int:
        """Uncompressed bytes of a row, without Parquet's own few."""
        return ID_BYTES[self.id_kind] + self.classes * self.float_bits // 8


@dataclass(frozen=True)
class Task:
    """One piece of work with the folder it goes to, which does not exist yet.

    `files` and `bytes` are what `gen` writes for the same work, for the peers that follow it.
    """

    work: Work
    out: Path
    files: int = 0
    bytes: int = 0

    def to_dict(self) -> dict:
        return asdict(self) | {"out": str(self.out)}

    @classmethod
    def from_dict(cls, fields: dict) -> "Task":
        return cls(Work(**fields["work"]), Path(fields["out"]), fields["files"], fields["bytes"])
