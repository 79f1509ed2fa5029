"""A data set as one asks `gen` for it, and what its files must then hold."""

import functools
import math
import uuid
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

import contract


@dataclass(frozen=True)
class DataSet:
    rows: int
    classes: int
    seed: int = 0
    first_row: int = 0
    float_bits: int = 64
    id_form: str = "text"

    def flags(self) -> dict:
        return {
            "rows": self.rows,
            "classes": self.classes,
            "seed": self.seed,
            "from_row": self.first_row,
            "float": self.float_bits,
            "id": self.id_form,
        }

    def class_names(self) -> list[str]:
        return [f"class_{i}" for i in range(self.classes)]

    def description(self) -> dict:
        """The JSON that every part and `_dataset.json` carry."""
        columns = [{"name": "id_client", "generator": "uuid", "type": self.id_form}]
        for name in self.class_names():
            columns.append({"name": name, "generator": "uniform", "type": f"float{self.float_bits}"})
        return {"contract": 1, "seed": self.seed, "first_row": self.first_row, "rows": self.rows, "columns": columns}

    def arrow_schema(self) -> pa.Schema:
        id_type = {"text": pa.string(), "binary": pa.uuid()}[self.id_form]
        class_type = {64: pa.float64(), 32: pa.float32()}[self.float_bits]
        fields = [("id_client", id_type), *((name, class_type) for name in self.class_names())]
        return pa.schema([pa.field(name, type_, nullable=False) for name, type_ in fields])

    def types(self) -> dict[str, str]:
        return {column["name"]: column["type"] for column in self.description()["columns"]}

    def id_as_text(self, id_: np.ndarray) -> str:
        """How an id of `columns()` is shown to people, whatever its form."""
        return id_.tobytes().decode() if self.id_form == "text" else str(uuid.UUID(bytes=id_.tobytes()))

    @functools.lru_cache(maxsize=16)
    def columns(self) -> dict[str, np.ndarray]:
        """Every value of the data set, from the contract."""
        rows = contract.row_range(self.first_row, self.rows)
        ids = {"text": contract.uuid_text, "binary": contract.uuid_bytes}[self.id_form]
        uniform = {64: contract.uniform_float64, 32: contract.uniform_float32}[self.float_bits]
        columns = {"id_client": ids("id_client", self.seed, rows)}
        columns |= {name: uniform(name, self.seed, rows) for name in self.class_names()}
        for values in columns.values():
            values.flags.writeable = False
        return columns


def assert_same_values(actual: dict[str, np.ndarray], expected: dict[str, np.ndarray]):
    """Same columns in the same order, same types, same bits in every row."""
    assert list(actual) == list(expected)
    for name, values in expected.items():
        found = actual[name]
        assert (found.dtype, found.shape) == (values.dtype, values.shape), name
        different = np.flatnonzero((bits(found) != bits(values)).any(axis=1))
        assert not different.size, (
            f"{name}: {different.size} rows differ, first row {different[0]}: "
            f"{found[different[0]]} instead of {values[different[0]]}"
        )


def bits(values: np.ndarray) -> np.ndarray:
    """The bytes of each row as a line, so that -0 is not 0 and a NaN is itself."""
    return np.ascontiguousarray(values).reshape(len(values), math.prod(values.shape[1:])).view(np.uint8)


def select(columns: dict[str, np.ndarray], rows) -> dict[str, np.ndarray]:
    """The rows that a mask, a slice or an array of indices names."""
    return {name: values[rows] for name, values in columns.items()}
