//! What columns of a table need of each other and of its rows.

use super::column::{Column, Table};
use super::generator::{Bounds, Generator, Items, Mapping, Uniform};
use super::identify::identifies;
use super::literal::Refused;
use super::scope::{Fields, Notes, Read};
use super::template::{Field, Part};
use super::types::ColumnType;
use super::value::{Value, whole_text};
use crate::rows::RowRange;

/// Bits of a `uuid7` that hold milliseconds.
const UUID7_TIME_BITS: u32 = 48;

/// Notes what is wrong between columns, as far as they could be read. `rows` are the rows, if they
/// are known.
pub(super) fn check(
    columns: &[Read<Column>],
    fields: &[Fields<'_>],
    rows: Option<RowRange>,
    notes: &mut Notes,
) {
    let known: Vec<Option<&Column>> = columns.iter().map(|column| column.as_ref().ok()).collect();
    let circle = circle(&known);
    if let Some(circle) = &circle
        && let Some(column) = circle.first().and_then(|number| known[*number])
    {
        let names: Vec<String> =
            circle.iter().filter_map(|number| Some(format!("{:?}", known[*number]?.name))).collect();
        notes.column = Some(column.name.clone());
        let fields = fields[circle[0]];
        let key = ["depends_on", "of", "template"].into_iter().find(|key| fields.get(key).is_some());
        notes.fault(
            fields.at(key.unwrap_or("generator")),
            format!("the values depend on themselves: {}", names.join(" needs ")),
        );
    }
    for (number, column) in known.iter().enumerate() {
        let Some(column) = column else { continue };
        notes.column = Some(column.name.clone());
        for (key, refused) in faults(column, &known, rows, circle.is_some()) {
            notes.fault(fields[number].at(key), format!("{key}: {refused}"));
        }
    }
    notes.column = None;

    let keys: Vec<usize> =
        (0..known.len()).filter(|number| known[*number].is_some_and(|column| column.key)).collect();
    if let [first, second, ..] = keys[..] {
        let name = known[first].map_or("", |column| &column.name);
        notes.column = known[second].map(|column| column.name.clone());
        notes.fault(fields[second].at("key"), format!("key: {name:?} is the key already; a table has one"));
        notes.column = None;
    }
    if known.iter().all(|column| column.is_some_and(|column| column.hidden)) {
        notes.fault(
            fields.first().and_then(|fields| fields.at("hidden")),
            "hidden: all columns are hidden; a table needs one that is written",
        );
    }
}

/// What is wrong with a table whose rows have become known.
pub(super) fn row_faults(table: &Table, rows: RowRange) -> Vec<(usize, String)> {
    let known: Vec<Option<&Column>> = table.columns.iter().map(Some).collect();
    let mut all = Vec::new();
    for (number, column) in table.columns.iter().enumerate() {
        all.extend(
            faults(column, &known, Some(rows), false)
                .into_iter()
                .map(|(key, refused)| (number, format!("{key}: {refused}"))),
        );
    }
    all
}

/// The keys of a column that are at fault, and why.
fn faults(
    column: &Column,
    columns: &[Option<&Column>],
    rows: Option<RowRange>,
    has_circle: bool,
) -> Vec<(&'static str, Refused)> {
    let mut faults = Vec::new();
    let mut note =
        |key, result: Result<(), Refused>| faults.extend(result.err().map(|refused| (key, refused)));
    if let Some(base) = column.depends_on.and_then(|base| columns[base]) {
        note("depends_on", has_ordinal(base));
    }
    match &column.generator {
        Generator::Mapping(mapping) => note(
            if columns[mapping.of].is_some_and(is_mappable) { "values" } else { "of" },
            columns[mapping.of].map_or(Ok(()), |of| covers(mapping, of, rows)),
        ),
        Generator::Template(template) => {
            for part in &template.parts {
                if let Part::Field { field: Field::Column(number), width } = part
                    && let Some(other) = columns[*number]
                {
                    note("template", has_text(other, *width));
                }
            }
        }
        Generator::Sequence { start, step, jitter } => {
            note("start", sequence_fits(column, *start, *step, *jitter, rows));
        }
        Generator::Unique { min, max } => note("max", unique_suffices(*min, *max, rows)),
        Generator::Uuid7 { start_ms, per_second } => note("start", uuid7_fits(*start_ms, *per_second, rows)),
        _ => {}
    }
    if !has_circle {
        let identifying = identifies(column, |number| columns[number]);
        if identifying && column.nulls.is_some() {
            note("nulls", Err("the column identifies rows and has no nulls; leave nulls out".to_owned()));
        }
        if column.key && !identifying {
            note("key", Err("the values do not give the row back; a key is uuid, uuid7, unique, a sequence, or a template of {row} or one of these".to_owned()));
        }
    }
    if column.key && column.hidden {
        note("key", Err("the column is hidden, so no copy has it; leave key or hidden out".to_owned()));
    }
    faults
}

/// The columns that `column` takes values from in the same row.
fn needs(column: &Column) -> Vec<usize> {
    let mut needs: Vec<usize> = column.depends_on.into_iter().collect();
    match &column.generator {
        Generator::Mapping(mapping) => needs.push(mapping.of),
        Generator::Template(template) => needs.extend(template.columns()),
        Generator::Position { of } => needs.push(*of),
        Generator::Lookup { reference, .. } => needs.push(*reference),
        _ => {}
    }
    needs
}

/// Columns that need each other, from one of them back to it.
fn circle(columns: &[Option<&Column>]) -> Option<Vec<usize>> {
    const UNSEEN: u8 = 0;
    const OPEN: u8 = 1;
    const DONE: u8 = 2;
    let needs: Vec<Vec<usize>> = columns.iter().map(|column| column.map_or(Vec::new(), needs)).collect();
    let mut states = vec![UNSEEN; columns.len()];
    for start in 0..columns.len() {
        // The path from `start`, and how many needs of each column on it have been followed.
        let mut path = if states[start] == UNSEEN { vec![(start, 0)] } else { Vec::new() };
        while let Some((column, followed)) = path.last_mut() {
            states[*column] = OPEN;
            let Some(&next) = needs[*column].get(*followed) else {
                states[*column] = DONE;
                path.pop();
                continue;
            };
            *followed += 1;
            match states[next] {
                UNSEEN => path.push((next, 0)),
                OPEN => {
                    let from = path.iter().position(|(column, _)| *column == next).unwrap_or(0);
                    return Some(path[from..].iter().map(|(column, _)| *column).chain([next]).collect());
                }
                _ => {}
            }
        }
    }
    None
}

/// Whether other columns can depend on this one.
fn has_ordinal(base: &Column) -> Result<(), Refused> {
    let listed = matches!(
        base.generator,
        Generator::OneOf { .. } | Generator::Zipf { .. } | Generator::Digested { .. }
    );
    let countable = base.column_type == ColumnType::Bool || base.column_type.is_whole();
    match base.column_type {
        ColumnType::List(_) => Err(format!("{:?} is a list; nothing can depend on lists", base.name)),
        _ if listed || countable => Ok(()),
        _ => Err(format!(
            "nothing can depend on {:?}, which is {}; depend on one_of, zipf, bool or a whole-number column",
            base.name, base.column_type
        )),
    }
}

/// Whether a template can have this column in a field of this width.
fn has_text(column: &Column, width: usize) -> Result<(), Refused> {
    let name = &column.name;
    match &column.column_type {
        ColumnType::Float32 | ColumnType::Float64 | ColumnType::Binary | ColumnType::List(_) => {
            Err(format!("{name:?} is {}, which has no text", column.column_type))
        }
        ColumnType::Decimal { .. } => Ok(()),
        other if width > 0 && !other.is_integer() => Err(format!(
            "{{{name}:0{width}}}: {name:?} is {other}; only integers, decimals and row are filled with zeros"
        )),
        _ => Ok(()),
    }
}

/// Whether a mapping of this column is possible.
fn is_mappable(of: &Column) -> bool {
    let listed = matches!(
        of.generator,
        Generator::OneOf { .. }
            | Generator::Zipf { items: Items::Values(_), .. }
            | Generator::Digested { .. }
    );
    !matches!(
        of.column_type,
        ColumnType::List(_) | ColumnType::Float32 | ColumnType::Float64 | ColumnType::Binary
    ) && (listed || of.column_type == ColumnType::Bool || of.column_type.is_integer())
}

/// Whether a mapping has an entry for each value of the other column, and none for anything else.
fn covers(mapping: &Mapping, of: &Column, rows: Option<RowRange>) -> Result<(), Refused> {
    let name = &of.name;
    if !is_mappable(of) {
        return Err(format!(
            "{name:?} cannot be mapped; map a one_of or zipf of values that have text, a bool or an integer column"
        ));
    }
    let has = |text: &str| mapping.entries.iter().any(|(key, _)| key == text);
    let missing = |text: String| Err(format!("{name:?} can be {text:?}, which has no entry; add it"));
    let surplus = |text: &str| Err(format!("{text:?} is no value of {name:?}; leave the entry out"));
    match possible(of, rows) {
        Possible::Values(values) => {
            let texts: Vec<String> = values.iter().filter_map(|value| value.text(&of.column_type)).collect();
            let keys: std::collections::HashSet<&str> =
                mapping.entries.iter().map(|(key, _)| key.as_str()).collect();
            if let Some(text) = texts.iter().find(|text| !keys.contains(text.as_str())) {
                return missing(text.clone());
            }
            let texts: std::collections::HashSet<&str> = texts.iter().map(String::as_str).collect();
            match mapping.entries.iter().find(|(key, _)| !texts.contains(key.as_str())) {
                Some((key, _)) => surplus(key),
                None => Ok(()),
            }
        }
        Possible::Steps { first, step, count } => {
            if let Some((key, _)) = mapping
                .entries
                .iter()
                .find(|(key, _)| key.parse::<i128>().map_or(true, |units| units.to_string() != *key))
            {
                return surplus(key);
            }
            // One more value than entries is enough to find one without.
            let few = count.min(mapping.entries.len() as u128 + 1);
            let texts = (0..few as i128).map(|number| (first + step * number).to_string());
            texts.into_iter().find(|text| !has(text)).map_or(Ok(()), missing)
        }
        Possible::Unknown => Ok(()),
    }
}

/// The values that a column can have.
enum Possible {
    /// These.
    Values(Vec<Value>),
    /// `count` whole numbers from `first` in steps.
    Steps { first: i128, step: i128, count: u128 },
    /// Not known yet.
    Unknown,
}

fn possible(of: &Column, rows: Option<RowRange>) -> Possible {
    let range = |min: i128, max: i128, step: i128| Possible::Steps {
        first: min,
        step,
        count: Uniform::values(min, max, step),
    };
    match &of.generator {
        Generator::OneOf { values, .. } | Generator::Zipf { items: Items::Values(values), .. } => {
            Possible::Values(values.clone())
        }
        Generator::Constant(value) => Possible::Values(vec![value.clone()]),
        Generator::Mapping(mapping) => {
            Possible::Values(mapping.entries.iter().map(|(_, value)| value.clone()).collect())
        }
        Generator::Bernoulli { .. } => Possible::Values(vec![Value::Bool(false), Value::Bool(true)]),
        Generator::Uniform(Uniform::Whole { min, max, step }) => range(*min, *max, *step),
        Generator::Unique { min, max } | Generator::Zipf { items: Items::Range { min, max }, .. } => {
            range(*min, *max, 1)
        }
        Generator::Distribution { bounds: Bounds::Whole { min, max }, .. } => range(*min, *max, 1),
        Generator::Sequence { start, step, jitter } => {
            let ends = rows.and_then(|rows| sequence_ends(*start, *step, *jitter, rows));
            match (ends, rows) {
                (Some((first, _)), Some(rows)) if *jitter <= 1 => {
                    Possible::Steps { first, step: *step, count: rows.count().into() }
                }
                (Some((first, last)), _) => range(first, last, 1),
                (None, _) => Possible::Unknown,
            }
        }
        _ => Possible::Unknown,
    }
}

/// The value of a sequence's first row and the one furthest from it; `None` if there are no rows, or
/// numbers so large.
fn sequence_ends(start: i128, step: i128, jitter: i128, rows: RowRange) -> Option<(i128, i128)> {
    // In two parts: from one end of a 38-digit decimal to the other it is further than an i128 reaches.
    let value = |row: u64| {
        let half = step.checked_mul((row / 2).into())?;
        start.checked_add(half)?.checked_add(half)?.checked_add(step.checked_mul((row % 2).into())?)
    };
    let last_row = rows.first() + rows.count().checked_sub(1)?;
    Some((value(rows.first())?, value(last_row)?.checked_add((jitter - 1).max(0))?))
}

/// Whether a sequence stays within its type.
fn sequence_fits(
    column: &Column,
    start: i128,
    step: i128,
    jitter: i128,
    rows: Option<RowRange>,
) -> Result<(), Refused> {
    let Some((rows, (min, max))) = rows.filter(|rows| !rows.is_empty()).zip(column.column_type.limits())
    else {
        return Ok(());
    };
    let within = |units: i128| (min..=max).contains(&units);
    match sequence_ends(start, step, jitter, rows) {
        Some((first, last)) if within(first) && within(last) => Ok(()),
        _ => {
            let limit = whole_text(if step > 0 { max } else { min }, &column.column_type);
            let last_row = rows.first() + (rows.count() - 1);
            Err(format!(
                "the sequence goes beyond {limit}, where {} ends, by row {last_row}; choose a wider type, a smaller step or fewer rows",
                column.column_type
            ))
        }
    }
}

fn unique_suffices(min: i128, max: i128, rows: Option<RowRange>) -> Result<(), Refused> {
    let values = Uniform::values(min, max, 1);
    match rows {
        Some(rows) if u128::from(rows.first()) + u128::from(rows.count()) > values => Err(format!(
            "min to max are {values} values, fewer than the {} rows from row 0; widen the range or choose fewer rows",
            u128::from(rows.first()) + u128::from(rows.count())
        )),
        _ => Ok(()),
    }
}

fn uuid7_fits(
    start_ms: u64,
    (rows_per, seconds): (u128, u128),
    rows: Option<RowRange>,
) -> Result<(), Refused> {
    let Some(rows) = rows.filter(|rows| !rows.is_empty()) else { return Ok(()) };
    let last_row = u128::from(rows.first()) + u128::from(rows.count()) - 1;
    // 2^64 · 1000 · 10^16 is below 2^128.
    let ms = u128::from(start_ms) + last_row * 1000 * seconds / rows_per;
    if ms >> UUID7_TIME_BITS == 0 {
        return Ok(());
    }
    Err(format!(
        "the time of row {last_row} needs more than the {UUID7_TIME_BITS} bits that a uuid7 has; begin earlier, choose fewer rows or more a second"
    ))
}
