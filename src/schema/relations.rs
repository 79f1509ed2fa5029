//! What columns need of each other, of the same table or another one, and of the rows.

use super::column::{Column, Schema};
use super::fault::{Fault, Faults};
use super::generator::{Bounds, Generator, Items, Mapping, ParentColumn, Pick, Uniform};
use super::identify::identifies;
use super::literal::Refused;
use super::outline::{Head, MAX_STEPS, Outline};
use super::parameters::MAX_ZIPF_ITEMS;
use super::row_counts::{RowSource, row_counts};
use super::scope::{Notes, Read};
use super::template::{Field, Part};
use super::types::ColumnType;
use super::value::{Value, whole_text};
use crate::rows::RowRange;

/// Bits of a `uuid7` that hold milliseconds.
const UUID7_TIME_BITS: u32 = 48;

/// The columns of all tables, as far as they could be read, and the rows, as far as they are known.
pub(super) struct Known<'a> {
    tables: Vec<Vec<Option<&'a Column>>>,
    rows: Vec<Option<RowRange>>,
    first_row: u64,
}

impl<'a> Known<'a> {
    fn column(&self, of: ParentColumn) -> Option<&'a Column> {
        self.tables[of.table][of.column]
    }

    /// The column whose values `of` has, which may be in another table, if it could be read and is not too far away.
    fn source(&self, of: ParentColumn) -> Result<Option<ParentColumn>, Refused> {
        let mut source = of;
        for _ in 0..=MAX_STEPS {
            match self.column(source).map(|column| column.generator.taken()) {
                Some(Some(next)) => source = next,
                Some(None) => return Ok(Some(source)),
                None => return Ok(None),
            }
        }
        Err(format!("the values are taken through more than {MAX_STEPS} columns; refer to a nearer column"))
    }
}

/// Notes what is wrong between the columns of all tables, as far as they could be read.
pub(super) fn check(
    outline: &Outline<'_>,
    columns: &[Vec<Read<Column>>],
    seed: u64,
    first_row: u64,
    notes: &mut Notes,
) {
    let tables: Vec<Vec<Option<&Column>>> =
        columns.iter().map(|columns| columns.iter().map(|column| column.as_ref().ok()).collect()).collect();
    let sources: Vec<_> = outline
        .heads
        .iter()
        .zip(&tables)
        .map(|(head, columns)| {
            RowSource::new(seed, head.name.as_deref(), head.rows, columns.iter().flatten().copied())
        })
        .collect();
    let counts = row_counts(&sources).unwrap_or_else(|fault| {
        let table = fault.table();
        notes.table.clone_from(&outline.heads[table].name);
        let message = fault.message(|table| outline.heads[table].name.clone().unwrap_or_default());
        notes.fault(outline.heads[table].fields.at("name"), message);
        notes.table = None;
        vec![None; sources.len()]
    });
    let known = Known { rows: ranges(&counts, first_row), first_row, tables };

    let circle = circle(&known.tables);
    if let Some(circle) = &circle {
        note_circle(circle, outline, notes);
    }
    for (table, head) in outline.heads.iter().enumerate() {
        notes.table.clone_from(&head.name);
        for number in 0..known.tables[table].len() {
            let of = ParentColumn { table, column: number };
            let Some(column) = known.column(of) else { continue };
            notes.column = Some(column.name.clone());
            for (key, refused) in faults(of, &known, circle.is_some()) {
                notes.fault(head.columns[number].1.at(key), format!("{key}: {refused}"));
            }
        }
        notes.column = None;
        check_table(head, &known.tables[table], notes);
        notes.table = None;
    }
}

/// The rows of tables that have so many from `first_row` on.
fn ranges(counts: &[Option<u64>], first_row: u64) -> Vec<Option<RowRange>> {
    counts.iter().map(|count| count.and_then(|count| RowRange::new(first_row, count))).collect()
}

fn note_circle(circle: &[ParentColumn], outline: &Outline<'_>, notes: &mut Notes) {
    let has_tables = circle.iter().any(|column| column.table != circle[0].table);
    let names: Vec<String> = circle.iter().map(|of| outline.column_name(*of, has_tables)).collect();
    let head = &outline.heads[circle[0].table];
    let (name, fields) = head.columns[circle[0].column];
    notes.table.clone_from(&head.name);
    notes.column = Some(name.to_owned());
    let key = ["depends_on", "of", "template"].into_iter().find(|key| fields.get(key).is_some());
    notes.fault(
        fields.at(key.unwrap_or("generator")),
        format!("the values depend on themselves: {}; one of them must do without", names.join(" needs ")),
    );
    notes.column = None;
    notes.table = None;
}

/// Notes what is wrong with the columns of a table together.
fn check_table(head: &Head<'_>, columns: &[Option<&Column>], notes: &mut Notes) {
    let numbers = |is: &dyn Fn(&Column) -> bool| -> Vec<usize> {
        (0..columns.len()).filter(|number| columns[*number].is_some_and(is)).collect()
    };
    let name = |number: usize| columns[number].map_or("", |column| &column.name);
    let mut note = |number: usize, key: &str, message: String| {
        notes.column = Some(name(number).to_owned());
        notes.fault(head.columns[number].1.at(key), message);
        notes.column = None;
    };
    if let [first, second, ..] = numbers(&|column| column.key)[..] {
        note(second, "key", format!("key: {:?} is the key already; a table has one", name(first)));
    }
    let children = numbers(&|column| matches!(column.generator, Generator::Children { .. }));
    if let [first, second, ..] = children[..] {
        let message = format!(
            "generator: the rows are the children of {:?} already; use references or lookup",
            name(first)
        );
        note(second, "generator", message);
    }
    if let (Some(first), Some(_)) = (children.first(), head.rows) {
        let message =
            format!("rows: the table has as many rows as {:?} makes children; leave rows out", name(*first));
        notes.fault(head.fields.at("rows"), message);
    }
    if columns.iter().all(|column| column.is_some_and(|column| column.hidden)) {
        notes.fault(
            head.columns.first().and_then(|(_, fields)| fields.at("hidden")),
            "hidden: all columns are hidden; a table needs one that is written",
        );
    }
}

/// What is wrong with a schema whose rows have become known.
pub(super) fn row_faults(schema: &Schema) -> Result<Vec<Fault>, Faults> {
    let known = Known {
        tables: schema.tables.iter().map(|table| table.columns.iter().map(Some).collect()).collect(),
        rows: ranges(&schema.row_counts()?, schema.first_row),
        first_row: schema.first_row,
    };
    let mut all = Vec::new();
    for (table, of_table) in schema.tables.iter().enumerate() {
        for (number, column) in of_table.columns.iter().enumerate() {
            let faults = faults(ParentColumn { table, column: number }, &known, false);
            all.extend(faults.into_iter().map(|(key, refused)| Fault {
                at: None,
                table: of_table.name.clone(),
                column: Some(column.name.clone()),
                message: format!("{key}: {refused}"),
            }));
        }
    }
    Ok(all)
}

/// The keys of a column that are at fault, and why.
fn faults(of: ParentColumn, known: &Known<'_>, has_circle: bool) -> Vec<(&'static str, Refused)> {
    let Some(column) = known.column(of) else { return Vec::new() };
    let (columns, rows) = (&known.tables[of.table], known.rows[of.table]);
    let beside = |number: usize| ParentColumn { table: of.table, column: number };
    let mut faults = Vec::new();
    let mut note =
        |key, result: Result<(), Refused>| faults.extend(result.err().map(|refused| (key, refused)));
    if let Some(base) = column.depends_on.filter(|_| !has_circle) {
        note("depends_on", has_ordinal(beside(base), known));
    }
    if column.generator.taken().is_some() && !has_circle {
        note("of", known.source(of).map(|_| ()));
    }
    match &column.generator {
        Generator::Mapping(mapping) if !has_circle => {
            if let Ok(Some(source)) = known.source(beside(mapping.of)) {
                let is_possible = known.column(source).is_some_and(is_mappable);
                note(
                    if is_possible { "values" } else { "of" },
                    covers(mapping, beside(mapping.of), source, known),
                );
            }
        }
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
        Generator::References { of: parent, pick } => {
            let parents = known.rows[parent.table].map(RowRange::count);
            note("of", has_rows(parents, rows));
            note("of", is_within_slice(*parent, of, known.first_row));
            note("pick", can_rank(parents, *pick));
        }
        Generator::Position { of: children } => {
            if let Some(children) = columns[*children] {
                note("of", positions_fit(column, children));
            }
        }
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

/// Whether rows that refer to others have some to refer to.
fn has_rows(parents: Option<u64>, rows: Option<RowRange>) -> Result<(), Refused> {
    match (parents, rows) {
        (Some(0), Some(rows)) if !rows.is_empty() => {
            Err("the table that is referred to has no rows; give it some, or this one none".to_owned())
        }
        _ => Ok(()),
    }
}

/// Whether a table that refers to itself has all its rows.
fn is_within_slice(parent: ParentColumn, of: ParentColumn, first_row: u64) -> Result<(), Refused> {
    if parent.table == of.table && first_row > 0 {
        return Err(format!(
            "the table refers to itself, and its rows before row {first_row} are left out; begin at row 0"
        ));
    }
    Ok(())
}

/// Whether so many rows can be picked by rank.
fn can_rank(parents: Option<u64>, pick: Pick) -> Result<(), Refused> {
    match (parents, pick) {
        (Some(parents), Pick::Zipf { .. }) if u128::from(parents) > MAX_ZIPF_ITEMS => Err(
            "the table that is referred to has more rows than the 2^53 that zipf picks from; choose uniform"
                .to_owned(),
        ),
        _ => Ok(()),
    }
}

/// Whether the positions of children are within the type of a column of them.
fn positions_fit(column: &Column, children: &Column) -> Result<(), Refused> {
    let Generator::Children { max, .. } = children.generator else {
        return Err(format!("{:?} is no children column; name one of this table", children.name));
    };
    match column.column_type.limits() {
        Some((_, highest)) if i128::from(max) - 1 > highest => Err(format!(
            "positions go up to {}, and {} to {highest}; choose a wider type or fewer children",
            max - 1,
            column.column_type
        )),
        _ => Ok(()),
    }
}

/// The columns that the values of a column follow from.
fn needs(of: ParentColumn, column: &Column) -> Vec<ParentColumn> {
    let mut beside: Vec<usize> = column.depends_on.into_iter().collect();
    match &column.generator {
        Generator::Mapping(mapping) => beside.push(mapping.of),
        Generator::Template(template) => beside.extend(template.columns()),
        Generator::Position { of } => beside.push(*of),
        Generator::Lookup { reference, .. } => beside.push(*reference),
        _ => {}
    }
    let beside = beside.into_iter().map(|number| ParentColumn { table: of.table, column: number });
    beside.chain(column.generator.taken()).collect()
}

/// Columns that need each other, from one of them back to it.
fn circle(tables: &[Vec<Option<&Column>>]) -> Option<Vec<ParentColumn>> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        Unseen,
        Open,
        Done,
    }

    let needs = |of: ParentColumn| tables[of.table][of.column].map_or(Vec::new(), |column| needs(of, column));
    let mut states: Vec<_> = tables.iter().map(|columns| vec![State::Unseen; columns.len()]).collect();
    let all = tables
        .iter()
        .enumerate()
        .flat_map(|(table, columns)| (0..columns.len()).map(move |column| ParentColumn { table, column }));
    for start in all {
        if states[start.table][start.column] != State::Unseen {
            continue;
        }
        // The path from `start`, and what each column on it needs that has not been followed yet.
        let mut path = vec![(start, needs(start).into_iter())];
        states[start.table][start.column] = State::Open;
        while let Some((column, left)) = path.last_mut() {
            let Some(next) = left.next() else {
                states[column.table][column.column] = State::Done;
                path.pop();
                continue;
            };
            match states[next.table][next.column] {
                State::Unseen => {
                    states[next.table][next.column] = State::Open;
                    path.push((next, needs(next).into_iter()));
                }
                State::Open => {
                    let from = path.iter().position(|(column, _)| *column == next).unwrap_or(0);
                    return Some(path[from..].iter().map(|(column, _)| *column).chain([next]).collect());
                }
                State::Done => {}
            }
        }
    }
    None
}

/// Whether other columns can depend on this one.
fn has_ordinal(of: ParentColumn, known: &Known<'_>) -> Result<(), Refused> {
    let Some(base) = known.column(of) else { return Ok(()) };
    match &base.generator {
        // The row that they point to.
        Generator::References { .. } | Generator::Children { .. } => return Ok(()),
        Generator::Lookup { of, .. } => return has_ordinal(*of, known),
        _ => {}
    }
    let listed = matches!(
        base.generator,
        Generator::OneOf { .. } | Generator::Zipf { .. } | Generator::Digested { .. }
    );
    let countable = base.column_type == ColumnType::Bool || base.column_type.is_whole();
    match base.column_type {
        ColumnType::List(_) => Err(format!("{:?} is a list; nothing can depend on lists", base.name)),
        _ if listed || countable => Ok(()),
        _ => Err(format!(
            "nothing can depend on {:?}, which is {}; depend on one_of, zipf, bool, a whole-number column or a reference",
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

/// Whether a mapping has an entry for each value of the column `base`, which are those of the column `source`, and none
/// for anything else.
fn covers(
    mapping: &Mapping,
    base: ParentColumn,
    source: ParentColumn,
    known: &Known<'_>,
) -> Result<(), Refused> {
    let (Some(name), Some(of)) = (known.column(base).map(|base| &base.name), known.column(source)) else {
        return Ok(());
    };
    if !is_mappable(of) {
        return Err(format!(
            "{name:?} cannot be mapped; map a one_of or zipf of values that have text, a bool or an integer column"
        ));
    }
    let has = |text: &str| mapping.entries.iter().any(|(key, _)| key == text);
    let missing = |text: String| Err(format!("{name:?} can be {text:?}, which has no entry; add it"));
    let surplus = |text: &str| Err(format!("{text:?} is no value of {name:?}; leave the entry out"));
    match possible(of, &known.tables[source.table], known.rows[source.table]) {
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

fn possible(of: &Column, columns: &[Option<&Column>], rows: Option<RowRange>) -> Possible {
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
        Generator::Position { of } => match columns[*of].map(|children| &children.generator) {
            Some(Generator::Children { max, .. }) if *max > 0 => range(0, i128::from(*max) - 1, 1),
            _ => Possible::Unknown,
        },
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
