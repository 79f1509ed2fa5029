//! What a data set may have that PostgreSQL does not hold, as its schema tells before any row is made.
//!
//! PostgreSQL keeps microseconds in 64 bits, and no character 0 in texts. A column is refused unless its generator shows
//! that all values can be stored.

use super::error::Refusal;
use super::times::MICROSECOND_NANOSECONDS;
use crate::dataset::DataSet;
use crate::remedy::Remedy;
use crate::rows::RowRange;
use crate::schema::generator::{Drawn, Generator, Items, Uniform};
use crate::schema::pattern::{Pattern, Piece};
use crate::schema::template::{Field, Part, Template};
use crate::schema::types::{TimeUnit, units_per_second};
use crate::schema::value::Value;
use crate::schema::{Column, ColumnType, Schema, Table};

/// Whether PostgreSQL can store all values of `data_set`; the error names a column that may have others.
pub(super) fn foresee(data_set: &DataSet) -> Result<(), Refusal> {
    let schema = data_set.schema();
    data_set.columns().try_for_each(|written| {
        let name = &written.name;
        let (table, column) = origin(schema, data_set.table(), written);
        let rows = if std::ptr::eq(table, data_set.table()) { Some(data_set.rows()) } else { None };
        match column.column_type.item() {
            ColumnType::Text if may_have_zeros(schema, table, column) => {
                let what = format!(
                    "column {name:?} can have the character 0 in its texts, which PostgreSQL does not keep"
                );
                Err(Refusal::new(what, [Remedy::LeaveColumnOut]))
            }
            ColumnType::Time(TimeUnit::Nanosecond)
            | ColumnType::Timestamp { unit: TimeUnit::Nanosecond, .. }
            | ColumnType::Duration(TimeUnit::Nanosecond)
                if !are_multiples(column, MICROSECOND_NANOSECONDS.into()) =>
            {
                let what = format!(
                    "column {name:?} is of type {}, and PostgreSQL, which keeps microseconds, would round its values",
                    column.column_type
                );
                let coarser = Remedy::AnotherType(in_microseconds(&column.column_type).to_string());
                Err(Refusal::new(what, [coarser, Remedy::LeaveColumnOut]))
            }
            ColumnType::Duration(unit) if is_beyond_intervals(column, *unit, rows) => {
                let what = format!(
                    "column {name:?} can have durations of 2^63 microseconds or more, which are beyond PostgreSQL's intervals"
                );
                Err(Refusal::new(what, [Remedy::LeaveColumnOut]))
            }
            _ => Ok(()),
        }
    })
}

/// The column of which `column` of `table` takes its values, and the table of that one: itself, unless it takes them from
/// the rows of another table.
fn origin<'a>(schema: &'a Schema, table: &'a Table, column: &'a Column) -> (&'a Table, &'a Column) {
    match &column.generator {
        Generator::References { of, .. } | Generator::Children { of, .. } | Generator::Lookup { of, .. } => {
            let table = &schema.tables[of.table];
            origin(schema, table, &table.columns[of.column])
        }
        _ => (table, column),
    }
}

/// `column_type` with microseconds in the place of its unit of time.
fn in_microseconds(column_type: &ColumnType) -> ColumnType {
    match column_type {
        ColumnType::Time(_) => ColumnType::Time(TimeUnit::Microsecond),
        ColumnType::Timestamp { utc, .. } => ColumnType::Timestamp { unit: TimeUnit::Microsecond, utc: *utc },
        ColumnType::Duration(_) => ColumnType::Duration(TimeUnit::Microsecond),
        ColumnType::List(item) => ColumnType::List(Box::new(in_microseconds(item))),
        other => other.clone(),
    }
}

/// The values that the generator lists, if it takes all of its values from a list.
fn listed(generator: &Generator) -> Option<Vec<&Value>> {
    match generator {
        Generator::OneOf { values, .. } | Generator::Zipf { items: Items::Values(values), .. } => {
            Some(values.iter().collect())
        }
        Generator::Mapping(mapping) => Some(mapping.entries.iter().map(|(_, value)| value).collect()),
        Generator::Constant(value) => Some(vec![value]),
        _ => None,
    }
}

/// Whether the texts of `column`, or what other types look like in a template, may have the character 0.
fn may_have_zeros(schema: &Schema, table: &Table, column: &Column) -> bool {
    let (table, column) = origin(schema, table, column);
    if *column.column_type.item() != ColumnType::Text {
        return false;
    }
    let has_zero = |value: &&Value| matches!(value, Value::Text(text) if text.contains('\0'));
    match &column.generator {
        Generator::Uuid | Generator::Uuid7 { .. } => false,
        Generator::Pattern(pattern) => pattern_has_zeros(pattern),
        Generator::Template(template) => template_has_zeros(schema, table, template),
        generator => listed(generator).is_none_or(|values| values.iter().any(has_zero)),
    }
}

fn pattern_has_zeros(pattern: &Pattern) -> bool {
    pattern.pieces().iter().any(|piece| match piece {
        Piece::Literal(text) => text.contains('\0'),
        Piece::Choice { characters, .. } => characters.contains(&'\0'),
    })
}

fn template_has_zeros(schema: &Schema, table: &Table, template: &Template) -> bool {
    template.parts.iter().any(|part| match part {
        Part::Literal(text) => text.contains('\0'),
        Part::Field { field: Field::Row, .. } => false,
        Part::Field { field: Field::Column(number), .. } => {
            may_have_zeros(schema, table, &table.columns[*number])
        }
    })
}

/// Whether all values of `column`, which is of a whole-number type, are multiples of `factor`.
fn are_multiples(column: &Column, factor: i128) -> bool {
    let is_multiple = |units: i128| units % factor == 0;
    match &column.generator {
        Generator::Uniform(Uniform::Whole { min, max, step }) => {
            is_multiple(*min) && (is_multiple(*step) || max - min < *step)
        }
        // Only without jitter are all values a number of steps from the start.
        Generator::Sequence { start, step, jitter } => {
            is_multiple(*start) && is_multiple(*step) && *jitter <= 1
        }
        generator => listed(generator).is_some_and(|values| {
            values.iter().all(|value| matches!(value, Value::Whole(units) if is_multiple(*units)))
        }),
    }
}

/// Whether `column`, which is of durations, may have more microseconds than 64 bits hold: in `rows`, or in any rows.
fn is_beyond_intervals(column: &Column, unit: TimeUnit, rows: Option<RowRange>) -> bool {
    let (microseconds, units) = (units_per_second(TimeUnit::Microsecond), units_per_second(unit));
    let is_beyond = |count: i128| i64::try_from(count * microseconds / units).is_err();
    match &column.generator {
        Generator::Uniform(Uniform::Whole { min, max, .. })
        | Generator::Unique { min, max }
        | Generator::Zipf { items: Items::Range { min, max }, .. } => is_beyond(*min) || is_beyond(*max),
        Generator::Sequence { start, step, jitter } => {
            let (first, last) = match rows {
                Some(rows) => (rows.first(), rows.first() + rows.count().saturating_sub(1)),
                None => (u64::MIN, u64::MAX),
            };
            let ends = [first, last].map(i128::from).map(|row: i128| start + step * row);
            ends.into_iter().any(|end| is_beyond(end) || is_beyond(end + jitter))
        }
        Generator::Distribution { distribution, bounds } => {
            match Drawn::new(distribution, *bounds, column.column_type.item()) {
                Ok(Some(Drawn::Wholes(wholes))) => {
                    [u64::MIN, u64::MAX].into_iter().any(|word| is_beyond(wholes.value(word)))
                }
                _ => true,
            }
        }
        generator => listed(generator).is_none_or(|values| {
            values.iter().any(|value| !matches!(value, Value::Whole(units) if !is_beyond(*units)))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::file::{ReadOptions, SchemaFile};

    /// What is said of a data set of three rows with these columns.
    fn said(columns: &str) -> Result<(), Refusal> {
        let text = format!("rows: 3\ncolumns: [{columns}]");
        let file = SchemaFile::read("test", &text, &ReadOptions::default()).expect(columns);
        foresee(&DataSet::of(file.schema).expect(columns))
    }

    fn is_refused(columns: &str) -> bool {
        let said = said(columns);
        assert!(said.as_ref().err().is_none_or(|said| said.what.contains("column \"c\"")), "{said:?}");
        said.is_err()
    }

    #[test]
    fn nanoseconds_are_refused_unless_all_are_whole_microseconds() {
        for (generator, expected) in [
            ("generator: uniform, min: '2024-01-01T00:00:00', max: '2024-01-02T00:00:00'", true),
            ("generator: uniform, min: '2024-01-01T00:00:00', max: '2024-01-02T00:00:00', step: 1us", false),
            (
                "generator: uniform, min: '2024-01-01T00:00:00', max: '2024-01-02T00:00:00', step: 1500ns",
                true,
            ),
            ("generator: uniform, min: 500, max: 5000500, step: 1us", true),
            ("generator: uniform, min: 5000, max: 5000", false),
            ("generator: sequence, start: '2024-01-01T00:00:00', step: 1ms", false),
            ("generator: sequence, start: '2024-01-01T00:00:00', step: 1ms, jitter: 1ms", true),
            ("generator: sequence, start: '2024-01-01T00:00:00', step: 1ms, jitter: 1ns", false),
            ("generator: sequence, start: 1, step: 1ms", true),
            ("generator: sequence, start: 0", true),
            ("generator: constant, value: '2024-01-01T00:00:00.000001'", false),
            ("generator: constant, value: '2024-01-01T00:00:00.000000001'", true),
            ("generator: one_of, values: [1000, 2000]", false),
            ("generator: one_of, values: [1000, 2001]", true),
            ("generator: zipf, exponent: 1, values: [1000, 2000]", false),
            ("generator: zipf, exponent: 1, min: 1000, max: 2000", true),
            ("generator: unique, min: 0, max: 1000", true),
            ("generator: normal, mean: '2024-01-01T00:00:00', sd: 1h", true),
        ] {
            for column_type in ["timestamp[ns]", "timestamp[ns, UTC]"] {
                let value = |generator: &str| match column_type {
                    "timestamp[ns]" => generator.to_owned(),
                    _ => generator.replace(":00'", ":00Z'").replace("1'", "1Z'"),
                };
                let column = format!("{{name: c, type: \"{column_type}\", {}}}", value(generator));
                assert_eq!(is_refused(&column), expected, "{column}");
            }
        }
        let coarser =
            "{name: c, type: 'timestamp[us]', generator: sequence, start: 0, step: 1ms, jitter: 1ms}";
        assert!(!is_refused(coarser));
        let list = "{name: c, type: 'list<time[ns]>', length: 3, generator: uniform, min: 0, max: 5}";
        let refusal = said(list).expect_err("nanoseconds in a list");
        assert!(refusal.remedies.contains(&Remedy::AnotherType("list<time[us]>".to_owned())), "{refusal:?}");
        assert!(!is_refused(
            "{name: c, type: 'list<time[ns]>', length: 3, generator: uniform, min: 0, max: 5000, step: 1000}"
        ));
        // Of a mapping, what it gives counts.
        let mapped = |value| {
            format!(
                "{{name: of, type: bool, generator: bernoulli, probability: 1}}, {{name: c, type: \"duration[ns]\", \
                 generator: mapping, of: of, values: {{\"true\": 1us, \"false\": {value}}}}}"
            )
        };
        assert!(!is_refused(&mapped("2us")) && is_refused(&mapped("2ns")));
        // What is not written is not stored.
        assert!(!is_refused(
            "{name: c, type: 'duration[ns]', generator: uniform, min: 0, max: 5, hidden: true}, \
             {name: d, type: int8, generator: constant, value: 1}"
        ));
    }

    #[test]
    fn durations_beyond_64_bits_of_microseconds_are_refused() {
        for (column, expected) in [
            ("type: 'duration[s]', generator: uniform, min: 0, max: 9223372036854", false),
            ("type: 'duration[s]', generator: uniform, min: 0, max: 9223372036855", true),
            ("type: 'duration[s]', generator: uniform, min: -9223372036855, max: 0", true),
            ("type: 'duration[ms]', generator: constant, value: 9223372036854776", true),
            ("type: 'duration[ms]', generator: sequence, start: 9223372036854772, step: 1", false),
            ("type: 'duration[ms]', generator: sequence, start: 9223372036854773, step: 1", false),
            ("type: 'duration[ms]', generator: sequence, start: 9223372036854774, step: 1", true),
            (
                "type: 'duration[us]', generator: uniform, min: -9223372036854775808, max: 9223372036854775807",
                false,
            ),
            // The limits of the type stand in for bounds that are not given, and are never reached.
            ("type: 'duration[s]', generator: exponential, mean: 30s", false),
            ("type: 'duration[ms]', generator: exponential, mean: 300000000000s", true),
            ("type: 'list<duration[s]>', length: 2, generator: normal, mean: 0s, sd: 1d", false),
        ] {
            assert_eq!(is_refused(&format!("{{name: c, {column}}}")), expected, "{column}");
        }
    }

    #[test]
    fn what_is_taken_from_another_table_can_be_what_that_table_holds() {
        let shop = |note: &str| {
            let text = format!(
                "tables: [{{name: a, rows: 3, columns: [{{name: k, type: text, generator: uuid}}, {note}]}}, \
                 {{name: b, rows: 3, columns: [{{name: r, type: text, generator: references, of: a.k}}, \
                 {{name: c, type: text, generator: lookup, of: r.note}}, \
                 {{name: t, type: text, generator: template, template: \"{{c}}\", hidden: true}}]}}]"
            );
            let file = SchemaFile::read("test", &text, &ReadOptions::default()).expect("a schema");
            let tables = DataSet::all_of(&file.schema).expect("tables");
            foresee(tables.last().expect("two tables")).is_err()
        };
        assert!(!shop("{name: note, type: text, generator: pattern, pattern: \"[a-z]{4}\"}"));
        assert!(shop("{name: note, type: text, generator: constant, value: \"\\0\"}"));
    }

    #[test]
    fn texts_that_can_have_the_character_0_are_refused() {
        for (columns, expected) in [
            (r#"{name: c, type: text, generator: one_of, values: [a, "b\0"]}"#, true),
            (r#"{name: c, type: text, generator: one_of, values: [a, b]}"#, false),
            (r#"{name: c, type: text, generator: constant, value: "\0"}"#, true),
            (r#"{name: c, type: "list<text>", length: 1, generator: constant, value: "\0"}"#, true),
            (r#"{name: c, type: text, generator: pattern, pattern: "a\0"}"#, true),
            (r#"{name: c, type: text, generator: pattern, pattern: "[a\0]"}"#, true),
            (r#"{name: c, type: text, generator: pattern, pattern: "[ab]0"}"#, false),
            (r#"{name: c, type: text, generator: template, template: "{row}\0"}"#, true),
            (r#"{name: c, type: text, generator: template, template: "{row}"}"#, false),
            (r#"{name: c, type: text, generator: uuid}"#, false),
            (r#"{name: c, type: binary, generator: constant, value: "00"}"#, false),
            (
                r#"{name: d, type: text, generator: constant, value: "\0", hidden: true},
                   {name: c, type: text, generator: template, template: "{d}"}"#,
                true,
            ),
            (
                r#"{name: d, type: int8, generator: constant, value: 0, hidden: true},
                   {name: c, type: text, generator: template, template: "{d}"}"#,
                false,
            ),
        ] {
            assert_eq!(is_refused(columns), expected, "{columns}");
        }
    }
}
