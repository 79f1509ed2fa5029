"""A file's own Thrift: footer, page headers and page index as {field id: value}, which no reader's Python API shows.

The field ids are those of parquet-format's `parquet.thrift`; here stand only the ones the tests use.
"""

from dataclasses import dataclass
from pathlib import Path

MAGIC = b"PAR1"

# Types of the Thrift compact protocol.
TRUE, FALSE, I16, I32, I64, BINARY, LIST, STRUCT = 1, 2, 4, 5, 6, 8, 9, 12

# Field ids, by the struct they stand in.
FILE_ROW_GROUPS, FILE_COLUMN_ORDERS = 4, 7
ROW_GROUP_COLUMNS = 1
CHUNK_METADATA, CHUNK_OFFSET_INDEX, CHUNK_COLUMN_INDEX = 3, 4, 6
METADATA_COMPRESSED_BYTES, METADATA_DATA_PAGE_OFFSET, METADATA_STATISTICS = 7, 9, 12
STATISTICS_NULL_COUNT, STATISTICS_MAX, STATISTICS_MIN, STATISTICS_MAX_EXACT, STATISTICS_MIN_EXACT = 3, 5, 6, 7, 8
PAGE_TYPE, PAGE_BYTES, PAGE_COMPRESSED_BYTES, PAGE_DATA_V1 = 1, 2, 3, 5
DATA_V1_VALUES, DATA_V1_ENCODING = 1, 2
OFFSET_INDEX_LOCATIONS = 1
LOCATION_OFFSET, LOCATION_BYTES, LOCATION_FIRST_ROW = 1, 2, 3
COLUMN_INDEX_NULL_PAGES, COLUMN_INDEX_MIN, COLUMN_INDEX_MAX = 1, 2, 3
COLUMN_INDEX_ORDER, COLUMN_INDEX_NULL_COUNTS = 4, 5

# Values of enums.
DATA_PAGE_V1 = 0
PLAIN = 0
UNORDERED, ASCENDING, DESCENDING = 0, 1, 2


class CompactReader:
    def __init__(self, buffer: bytes, position: int = 0):
        self.buffer = buffer
        self.position = position

    def bytes(self, count: int) -> bytes:
        self.position += count
        return self.buffer[self.position - count : self.position]

    def byte(self) -> int:
        return self.bytes(1)[0]

    def varint(self) -> int:
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def zigzag(self) -> int:
        value = self.varint()
        return value >> 1 ^ -(value & 1)

    def struct(self) -> dict:
        fields, field_id = {}, 0
        while header := self.byte():
            delta, kind = divmod(header, 16)
            field_id = field_id + delta if delta else self.zigzag()
            fields[field_id] = kind == TRUE if kind in (TRUE, FALSE) else self.value(kind)
        return fields

    def list(self) -> list:
        count, kind = divmod(self.byte(), 16)
        if count == 15:
            count = self.varint()
        return [self.value(kind) for _ in range(count)]

    def value(self, kind: int):
        if kind in (I16, I32, I64):
            return self.zigzag()
        if kind == BINARY:
            return self.bytes(self.varint())
        if kind == LIST:
            return self.list()
        if kind == STRUCT:
            return self.struct()
        if kind in (TRUE, FALSE):  # in a list; as a field, the header alone holds the value
            return self.byte() == TRUE
        raise ValueError(f"Thrift type {kind} before byte {self.position}")


@dataclass
class Page:
    offset: int
    total_bytes: int  # header included
    header: dict

    @property
    def rows(self) -> int:
        return self.header[PAGE_DATA_V1][DATA_V1_VALUES]


class RawFile:
    def __init__(self, path: Path):
        self.bytes = path.read_bytes()
        assert self.bytes[:4] == self.bytes[-4:] == MAGIC
        self.footer_offset = len(self.bytes) - 8 - int.from_bytes(self.bytes[-8:-4], "little")
        self.metadata = self.struct_at(self.footer_offset)

    def struct_at(self, offset: int) -> dict:
        return CompactReader(self.bytes, offset).struct()

    def row_groups(self) -> list[list[dict]]:
        """The column chunks of each row group."""
        return [group[ROW_GROUP_COLUMNS] for group in self.metadata[FILE_ROW_GROUPS]]

    def pages(self, chunk: dict) -> list[Page]:
        """The pages of a column chunk, found by walking from header to header."""
        metadata = chunk[CHUNK_METADATA]
        offset = metadata[METADATA_DATA_PAGE_OFFSET]
        end = offset + metadata[METADATA_COMPRESSED_BYTES]
        pages = []
        while offset < end:
            reader = CompactReader(self.bytes, offset)
            header = reader.struct()
            page_end = reader.position + header[PAGE_COMPRESSED_BYTES]
            pages.append(Page(offset, page_end - offset, header))
            offset = page_end
        assert offset == end, "the last page ends with its column chunk"
        return pages
