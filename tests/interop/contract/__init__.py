"""The value contract, version 1, in NumPy.

Written from the contract's text alone and sharing no code with `gen`, so that the two can disagree.
One idea a module: `words` give `draws`, of which generators make values of `types`; `column` adds nulls and
dependence, `lists` repeats a generator, `relations` takes values out of other tables, and `schema` puts columns together.
"""

from .column import Column as Column
from .drawn import Lists as Lists
from .errors import SchemaError as SchemaError
from .schema import Schema as Schema, Table as Table, dump as dump, load as load, parse as parse
from .uniform import uniform_float32 as uniform_float32, uniform_float64 as uniform_float64
from .uuids import (
    bytes_of_text as bytes_of_text,
    rows_of_ids as rows_of_ids,
    uuid_bytes as uuid_bytes,
    uuid_text as uuid_text,
)
from .words import (
    Keys as Keys,
    Source as Source,
    check_keys as check_keys,
    column_keys as column_keys,
    keys as keys,
    row_range as row_range,
    rows_of_words as rows_of_words,
    words as words,
)
