"""Whether a table that somebody read holds the values that another one should hold, bit by bit.

Readers have other types for some values (microseconds for milliseconds, large text for text, integers for durations):
these are turned into the expected ones, but only where nothing is lost.
"""

import pyarrow as pa
import pyarrow.compute as pc
import pytest


def assert_same_table(found: pa.Table, expected: pa.Table):
    assert found.column_names == expected.column_names
    assert len(found) == len(expected)
    for name in expected.column_names if len(expected) else ():
        read, values = found[name].combine_chunks(), expected[name].combine_chunks()
        if item_type(values.type) == pa.duration("s") and item_type(read.type) == pa.duration("ms"):
            values = wrapped_to_milliseconds(values)
        assert_same(as_type(read, values.type), values, name)


def item_type(type_: pa.DataType) -> pa.DataType:
    is_list = pa.types.is_list(type_) or pa.types.is_large_list(type_) or pa.types.is_fixed_size_list(type_)
    return type_.value_type if is_list else type_


def wrapped_to_milliseconds(seconds: pa.Array) -> pa.Array:
    """As Polars reads durations in seconds: what is beyond 2^63 milliseconds wraps around."""
    if pa.types.is_list(seconds.type):
        items = wrapped_to_milliseconds(seconds.values)
        return pa.ListArray.from_arrays(seconds.offsets, items, mask=seconds.is_null())
    return pc.multiply(seconds.view(pa.int64()), 1000).view(pa.duration("ms"))


def assert_same(found: pa.Array, expected: pa.Array, name: str):
    pairs = enumerate(zip(bits(found), bits(expected), strict=True))
    different = [(row, one, other) for row, (one, other) in pairs if one != other]
    if different:
        row, one, other = different[0]
        pytest.fail(f"{name}, {expected.type}: {len(different)} rows differ, first row {row}: {one!r}, not {other!r}")


def bits(values: pa.Array) -> list:
    """Floats as their bits, so that -0 is not 0 and a NaN is itself; other values as Python's integers and bytes."""
    if pa.types.is_list(values.type):
        items = bits(values.flatten())
        lists, at = [], 0
        for length in values.value_lengths().to_pylist():
            lists.append(None if length is None else items[at : at + length])
            at += length or 0
        return lists
    return plain(values).to_pylist()


def plain(values: pa.Array) -> pa.Array:
    type_ = values.type
    if isinstance(type_, pa.BaseExtensionType):
        return values.storage
    if pa.types.is_floating(type_) or pa.types.is_temporal(type_):
        return values.view(pa.int64() if type_.bit_width == 64 else pa.int32())
    return values


def as_type(values: pa.Array, type_: pa.DataType) -> pa.Array:
    """The same values in that type, or an error where it cannot hold them."""
    if values.type == type_:
        return values
    if pa.types.is_list(type_):
        return list_as_type(values, type_)
    if isinstance(values, pa.ExtensionArray):
        values = values.storage
    if isinstance(type_, pa.BaseExtensionType):
        return pa.ExtensionArray.from_storage(type_, values.cast(type_.storage_type))
    if pa.types.is_duration(type_) and pa.types.is_integer(values.type):
        return values.cast(pa.int64()).view(type_)
    assert pa.types.is_timestamp(type_) == pa.types.is_timestamp(values.type), f"{values.type} for {type_}"
    if pa.types.is_timestamp(type_):
        assert (values.type.tz is None) == (type_.tz is None), f"{values.type} for {type_}"
    return values.cast(type_)


def list_as_type(values: pa.Array, type_: pa.DataType) -> pa.Array:
    offsets = [0]
    for length in values.value_lengths().to_pylist():
        offsets.append(offsets[-1] + (length or 0))
    items = as_type(values.flatten(), type_.value_type)
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), items, type=type_, mask=values.is_null())
