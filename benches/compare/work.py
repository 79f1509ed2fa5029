"""What a peer is asked to do: the words shared by the harness and the peers."""

from dataclasses import asdict, dataclass
from pathlib import Path

ID_BYTES = {"text": 4 + 36, "binary": 16}
ID_COLUMN = "id_client"
# What DuckDB makes of the same kinds of columns stands beside each schema.
SCHEMAS = Path(__file__).parents[2] / "samples" / "schemas"
EVENTS_COLUMNS = (
    *("id", "event_id", "user_id", "ts", "country", "device"),
    *("amount", "quantity", "score", "flag", "code", "ref"),
)
EVENTS_ROW_BYTES = 104
# The table that is loaded, and what PostgreSQL adds to each of its rows.
TABLE = "samples"
TABLE_ROW_EXTRA_BYTES = 28
TABLE_ID_BYTES = {"text": 1 + 36, "uuid": 16}


@dataclass(frozen=True)
class Work:
    """A data set and how it is to be written. `batch_rows` is None for the writer's own layout.

    With a `schema`, the name of one in `SCHEMAS`, its columns take the place of ids and classes.
    """

    rows: int
    classes: int
    threads: int
    compression: str = "none"
    batch_rows: int | None = None
    float_bits: int = 64
    id_kind: str = "text"
    schema: str | None = None

    @property
    def columns(self) -> list[str]:
        """The names of the columns; the first holds ids."""
        if self.schema:
            return list(EVENTS_COLUMNS)
        return [ID_COLUMN, *(f"class_{i}" for i in range(self.classes))]

    @property
    def schema_file(self) -> Path:
        return SCHEMAS / f"{self.schema}.yaml"

    @property
    def query_file(self) -> Path:
        """A query of DuckDB that makes such columns from a table `r` of row numbers."""
        return SCHEMAS / f"{self.schema}.sql"

    @property
    def row_bytes(self) -> int:
        """Uncompressed bytes of a row, without Parquet's own few."""
        if self.schema:
            return EVENTS_ROW_BYTES
        return ID_BYTES[self.id_kind] + self.classes * self.float_bits // 8

    @property
    def manner(self) -> str:
        return f"compression {self.compression}"


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

    def shown(self, command: str) -> str:
        """A command without the places of this machine."""
        return command.replace(str(self.out), "OUT").replace(f"{SCHEMAS}/", "")


@dataclass(frozen=True)
class TableWork:
    """Rows of the data set, and how they go into a table, or out of one.

    `method` is that of `gen load`, or of the one that the program is compared with: copy,
    pipeline or insert; and "read" for the way out.
    """

    rows: int
    classes: int
    method: str
    connections: int
    id_type: str = "uuid"

    @property
    def columns(self) -> dict[str, str]:
        """The types of the columns, by name."""
        scores = {f"class_{i}": "double precision" for i in range(self.classes)}
        return {ID_COLUMN: self.id_type} | scores

    @property
    def row_bytes(self) -> int:
        """Bytes of a row in the table."""
        return TABLE_ROW_EXTRA_BYTES + TABLE_ID_BYTES[self.id_type] + self.classes * 8

    @property
    def through(self) -> str:
        return "1 connection" if self.connections == 1 else f"{self.connections} connections"

    @property
    def manner(self) -> str:
        return f"{self.method}, {self.through}"


@dataclass(frozen=True)
class TableTask:
    """One piece of work with the database of its table, and the folder of its files."""

    work: TableWork
    database: str
    folder: Path

    @property
    def parquet(self) -> Path:
        """The rows to load, as a folder of Parquet files."""
        return self.folder / "parquet"

    @property
    def copied(self) -> Path:
        """The rows to load, as a file of PostgreSQL's binary COPY."""
        return self.folder / "rows.copy"

    @property
    def out(self) -> Path:
        """The file that is written of the table, by whom it writes one."""
        return self.folder / "out.copy"

    def to_dict(self) -> dict:
        return asdict(self) | {"folder": str(self.folder)}

    @classmethod
    def from_dict(cls, fields: dict) -> "TableTask":
        return cls(TableWork(**fields["work"]), fields["database"], Path(fields["folder"]))

    def shown(self, command: str) -> str:
        """A command without the places of this machine."""
        return command.replace(self.database, "DATABASE").replace(str(self.folder), "FOLDER")
