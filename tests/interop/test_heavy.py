"""ClickHouse and Spark find the contract's values too: two more readers, with Parquet code of their own.

They may return rows in any order, so each id has to say which row it is: the inverse of the contract at work.
"""

import pyarrow as pa
import pytest

import contract
from bounds import comparable, smallest_and_largest
from dataset import DataSet, assert_same_values, select
from readers import numpy_columns

pytestmark = pytest.mark.heavy

LAYOUT = {"batch_size": 90_000, "row_group_rows": 70_000}
ROW_GROUPS = [slice(0, 70_000), slice(70_000, 90_000), slice(90_000, 150_000)]

SQL_TYPES = {"text": "STRING", "binary": "BINARY", "float64": "DOUBLE", "float32": "FLOAT"}


class ClickHouse:
    def __init__(self):
        import chdb

        self.query = chdb.query

    def rows(self, folder, data, where="true"):
        result = self.query(f"SELECT * FROM file('{folder}/*.parquet', Parquet) WHERE {where}", "Arrow")
        return pa.ipc.open_file(result.bytes()).read_all()

    def literal(self, value, type_):
        return f"'{value}'" if type_ in ("text", "binary") else repr(value)


class Spark:
    def __init__(self):
        from pyspark.sql import SparkSession

        options = {"spark.ui.enabled": "false", "spark.log.level": "OFF"}
        self.session = SparkSession.builder.master("local[2]").config(map=options).getOrCreate()

    def rows(self, folder, data, where="true"):
        """With a schema, because Spark has no type for a UUID and refuses to choose one itself."""
        schema = ", ".join(f"{name} {SQL_TYPES[type_]}" for name, type_ in data.types().items())
        return self.session.read.schema(schema).parquet(str(folder)).where(where).toArrow()

    def literal(self, value, type_):
        if type_ == "binary":
            return f"X'{value.replace('-', '')}'"
        return f"CAST('{value}' AS {SQL_TYPES[type_]})"


@pytest.fixture(scope="module", params=[ClickHouse, Spark], ids=["clickhouse", "spark"])
def engine(request):
    return request.param()


def in_row_order(columns, data):
    ids = columns["id_client"] if data.id_form == "binary" else contract.bytes_of_text(columns["id_client"])
    rows, foreign = contract.rows_of_ids(ids, "id_client", data.seed, data.first_row, data.rows)
    assert not foreign.any()
    return select(columns, rows.argsort())


@pytest.mark.parametrize("codec", ["none", "snappy", "lz4", "zstd"])
@pytest.mark.parametrize("float_bits", [64, 32])
@pytest.mark.parametrize("id_form", ["text", "binary"])
def test_every_kind_of_file(generated, engine, codec, float_bits, id_form):
    data = DataSet(150_000, 2, seed=7, first_row=2**40, float_bits=float_bits, id_form=id_form)
    columns = numpy_columns(engine.rows(generated(data, compression=codec, **LAYOUT), data))
    assert_same_values(in_row_order(columns, data), data.columns())


@pytest.mark.parametrize("codec", ["none", "zstd"])
@pytest.mark.parametrize("float_bits", [64, 32])
@pytest.mark.parametrize("id_form", ["text", "binary"])
@pytest.mark.parametrize("column", ["class_0", "id_client"])
def test_exact_bounds(generated, engine, codec, float_bits, id_form, column):
    """The smallest and largest value of each row group: both engines seek to single pages by the page index."""
    data = DataSet(150_000, 2, seed=7, first_row=2**40, float_bits=float_bits, id_form=id_form)
    folder = generated(data, compression=codec, **LAYOUT)
    values, type_ = data.columns()[column], data.types()[column]
    for rows in ROW_GROUPS:
        for value in smallest_and_largest(values[rows]):
            shown = value.item() if value.ndim == 0 else data.id_as_text(value)
            answer = numpy_columns(engine.rows(folder, data, f"{column} = {engine.literal(shown, type_)}"))
            found = comparable(values) == comparable(value[None])
            assert_same_values(in_row_order(answer, data), select(data.columns(), found))


def test_spark_refuses_a_uuid_without_a_schema(generated):
    """Should this fail, Spark has learnt to read the type: the schema above can go."""
    from pyspark.errors import AnalysisException

    folder = generated(DataSet(1000, 1, id_form="binary"))
    with pytest.raises(AnalysisException, match="UUID"):
        Spark().session.read.parquet(str(folder))
