//! What a value costs: each generator and type with each instruction set, on one thread, 65,536 rows at a time.
//!
//! Values of a fixed width fill a page, values from a list are the numbers of a dictionary's entries, other texts
//! make an array.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use samplegen::RowRange;
use samplegen::columns::ValueColumn;
use samplegen::instructions::InstructionSet;
use samplegen::schema::column::{Column, Schema, Storage, Table};
use samplegen::schema::generator::{Bounds, Distribution, Generator, Items, ParentColumn, Pick, Uniform};
use samplegen::schema::pattern::Pattern;
use samplegen::schema::template::{Field, Part, Template};
use samplegen::schema::types::ColumnType;
use samplegen::schema::value::Value;

const ROWS: u64 = 1 << 16;

/// A column of this type and generator, without nulls, and whether it depends on column 0.
fn column(name: &str, column_type: &str, generator: Generator, depends_on: Option<usize>) -> Column {
    Column {
        name: name.to_owned(),
        column_type: column_type.parse().expect("a type"),
        generator,
        nulls: None,
        depends_on,
        lengths: None,
        key: false,
        hidden: false,
        storage: Storage::default(),
    }
}

fn uniform(min: i128, max: i128) -> Generator {
    Generator::Uniform(Uniform::Whole { min, max, step: 1 })
}

fn distribution(column_type: &str, distribution: Distribution) -> Generator {
    let column_type: ColumnType = column_type.parse().expect("a type");
    let bounds = match column_type.limits() {
        Some((min, max)) => Bounds::Whole { min, max },
        None => Bounds::Float { min: None, max: None },
    };
    Generator::Distribution { distribution, bounds }
}

fn one_of(values: usize) -> Generator {
    let values = (0..values).map(|value| Value::Text(format!("value {value}"))).collect();
    Generator::OneOf { values, weights: None }
}

fn zipf(items: i128, exponent: f64) -> Generator {
    Generator::Zipf { exponent, items: Items::Range { min: 0, max: items - 1 } }
}

fn pattern(pattern: &str) -> Generator {
    Generator::Pattern(Pattern::new(pattern).expect("a pattern"))
}

/// The generators with the types for which they are measured.
fn columns() -> Vec<Column> {
    let normal = |mean, sd| Distribution::Normal { mean, sd };
    let lognormal = || Distribution::Lognormal { mu: 3.0, sigma: 1.0 };
    let cut = |min, max| Generator::Distribution {
        distribution: normal(40.0, 12.0),
        bounds: Bounds::Whole { min, max },
    };
    let template = Template::new("user{row}@example.com").expect("a template");
    let template = Template {
        parts: template
            .parts
            .into_iter()
            .map(|part| match part {
                Part::Literal(text) => Part::Literal(text),
                Part::Field { width, .. } => Part::Field { field: Field::Row, width },
            })
            .collect(),
    };
    let mut columns = vec![column("base, one_of 20", "text", one_of(20), None)];
    for column_type in [
        "int8",
        "int16",
        "int32",
        "int64",
        "uint64",
        "decimal(10,2)",
        "date",
        "timestamp[us]",
        "timestamp[s]",
    ] {
        columns.push(column("uniform, 100 values", column_type, uniform(0, 99), None));
    }
    columns.extend([
        column("uniform, 10^12 values", "int64", uniform(0, 999_999_999_999), None),
        column("uniform, 2^64 values", "int64", uniform(i64::MIN.into(), i64::MAX.into()), None),
        column("uniform, 10^18 values", "decimal(38,10)", uniform(0, 10i128.pow(18)), None),
        column("uniform", "float64", Generator::Uniform(Uniform::Float(None)), None),
        column("uniform", "float32", Generator::Uniform(Uniform::Float(None)), None),
        column(
            "uniform in an interval",
            "float64",
            Generator::Uniform(Uniform::Float(Some((-1.0, 2.0)))),
            None,
        ),
        column("uniform, depending on one_of", "int64", uniform(0, 99), Some(0)),
        column(
            "bernoulli",
            "bool",
            Generator::Bernoulli { probability: "0.3".parse().expect("a number") },
            None,
        ),
        column("one_of 3", "text", one_of(3), None),
        column("one_of 20", "text", one_of(20), None),
        column("one_of 1,000", "text", one_of(1_000), None),
        column("sequence", "int64", Generator::Sequence { start: 0, step: 1, jitter: 0 }, None),
        column(
            "sequence with jitter",
            "timestamp[us]",
            Generator::Sequence { start: 0, step: 1_000, jitter: 1_000 },
            None,
        ),
        column("unique, 2^33 + 5", "int64", Generator::Unique { min: 0, max: (1 << 33) + 4 }, None),
        column("unique, 2^64", "uint64", Generator::Unique { min: 0, max: u64::MAX.into() }, None),
        column("uuid", "uuid", Generator::Uuid, None),
        column("uuid", "text", Generator::Uuid, None),
        column(
            "uuid7",
            "uuid",
            Generator::Uuid7 { start_ms: 1_700_000_000_000, per_second: (25_007, 10) },
            None,
        ),
        column("normal", "float64", distribution("float64", normal(0.0, 1.0)), None),
        column("normal", "float32", distribution("float32", normal(0.0, 1.0)), None),
        column("normal, cut off", "uint8", cut(18, 90), None),
        column("normal", "timestamp[ns]", distribution("timestamp[ns]", normal(1.7e18, 1e16)), None),
        column("lognormal", "float64", distribution("float64", lognormal()), None),
        column("lognormal", "decimal(10,2)", distribution("decimal(10,2)", lognormal()), None),
        column(
            "exponential",
            "float64",
            distribution("float64", Distribution::Exponential { mean: 3.0 }),
            None,
        ),
        column(
            "pareto",
            "float64",
            distribution("float64", Distribution::Pareto { scale: 1.0, shape: 2.5 }),
            None,
        ),
        column(
            "quantiles",
            "float64",
            distribution("float64", Distribution::Quantiles { points: vec![0.0, 1.0, 5.0, 100.0] }),
            None,
        ),
        column("zipf, 100 items", "int64", zipf(100, 1.0), None),
        column("zipf, 10^6 items, exponent 0.99", "int64", zipf(1_000_000, 0.99), None),
        column("zipf, 10^6 items, exponent 1", "int64", zipf(1_000_000, 1.0), None),
        column("zipf, 10^12 items, exponent 1.5", "int64", zipf(1_000_000_000_000, 1.5), None),
        column("pattern of six digits", "text", pattern("ORD-[0-9]{6}"), None),
        column("pattern of letters and digits", "text", pattern("[A-Z]{3}-[0-9]{6}"), None),
        column("pattern of texts of different bytes", "text", pattern("[aé]{6}"), None),
        column("template with the row", "text", Generator::Template(template), None),
        column("unique, 10^6 values", "int64", Generator::Unique { min: 0, max: 999_999 }, None),
        references("references", "int64", 0, Pick::Uniform),
        references("references of uuid", "uuid", 1, Pick::Uniform),
        references(
            "references, zipf and scattered",
            "int64",
            0,
            Pick::Zipf { exponent: 0.99, scatter: true },
        ),
        references("references in order", "int64", 0, Pick::InOrder),
        column("children", "int64", Generator::Children { of: parent(0), min: 0, max: 9 }, None),
    ]);
    columns
}

/// A column of the table that others refer to, which has 10^6 rows.
fn parent(column: usize) -> ParentColumn {
    ParentColumn { table: 1, column }
}

fn references(name: &str, column_type: &str, of: usize, pick: Pick) -> Column {
    column(name, column_type, Generator::References { of: parent(of), pick }, None)
}

fn values(criterion: &mut Criterion) {
    let columns = columns();
    let named = columns.iter().map(|column| format!("{}, {}", column.name, column.column_type));
    let table = |name: &str, columns| Table { name: Some(name.to_owned()), rows: None, columns };
    let parents = vec![
        column("id", "int64", Generator::Sequence { start: 1, step: 1, jitter: 0 }, None),
        column("uuid", "uuid", Generator::Uuid, None),
    ];
    let tables = vec![table("values", columns.clone()), table("parents", parents)];
    let schema = Schema { seed: 0, first_row: 0, tables };
    let keyed: Vec<Arc<ValueColumn>> = ValueColumn::of_schema(&schema, &[Some(100_000_000), Some(1_000_000)])
        .expect("columns that make values")
        .remove(0);
    let mut group = criterion.benchmark_group("a value");
    group.throughput(Throughput::Elements(ROWS));
    group.warm_up_time(std::time::Duration::from_millis(100));
    group.measurement_time(std::time::Duration::from_millis(400));
    group.sample_size(20);
    let rows = RowRange::new(12_345, ROWS).expect("few rows");
    for (name, column) in named.zip(keyed) {
        for instructions in InstructionSet::available() {
            let name = format!("{name}, {instructions}");
            if column.dictionary().is_some() {
                group.bench_function(name, |bencher| {
                    bencher.iter(|| black_box(column.numbers(instructions, black_box(rows).into())));
                });
            } else if column.plain_bytes().is_some() || column.column_type() == &ColumnType::Bool {
                let bytes = column.plain_bytes().map_or(ROWS as usize / 8, |bytes| bytes * ROWS as usize);
                let mut plain = vec![0; bytes];
                group.bench_function(name, |bencher| {
                    bencher.iter(|| {
                        black_box(column.fill_plain(instructions, black_box(rows).into(), &mut plain))
                    });
                });
            } else if instructions == InstructionSet::best() {
                group.bench_function(name, |bencher| {
                    bencher.iter(|| black_box(column.array(black_box(rows))))
                });
            }
        }
    }
    group.finish();
}

criterion_group!(benches, values);
criterion_main!(benches);
