//! From schemas back to text: canonical JSON, which files and `_dataset.json` hold, and YAML for
//! people.
//!
//! What is written reads as the same schema. Keys have a fixed order, and what is not said is what
//! would be understood anyway.

use std::slice;

use serde::{Serialize, Serializer};

use super::CONTRACT_VERSION;
use super::column::{Column, Encoding, Schema, Table};
use super::file::{LayoutKeys, SchemaFile};
use super::generator::{Bounds, Distribution, Generator, Items, Pick, Uniform};
use super::node::{Content, Entry, Node};
use super::number::Number;
use super::template::{Field, Part, Template};
use super::text::is_text;
use super::types::{ColumnType, unit_name};
use super::value::{Value, whole_text};

/// Whole numbers beyond this are written as text: many readers of JSON hold numbers as doubles.
const MAX_EXACT: i128 = 1 << 53;

impl Serialize for Schema {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_node().serialize(serializer)
    }
}

impl Schema {
    /// The schema as JSON, on one line.
    pub fn to_json(&self) -> String {
        json(&self.to_node())
    }

    /// The schema as YAML.
    pub fn to_yaml(&self) -> String {
        let mut text = String::new();
        block(&self.to_node(), 0, &mut text);
        text
    }

    pub(crate) fn to_node(&self) -> Node {
        let mut entries = vec![
            ("contract", CONTRACT_VERSION.into()),
            ("seed", self.seed.into()),
            ("first_row", self.first_row.into()),
        ];
        let is_released = self.is_released();
        match &self.tables[..] {
            [Table { name: None, rows, columns }] => {
                entries.extend(rows.map(|rows| ("rows", rows.into())));
                entries.push(("columns", columns_node(columns, is_released, &self.tables)));
            }
            tables => {
                let table = |table: &Table| {
                    let name = table.name.as_deref().map(|name| ("name", name.into()));
                    let rows = table.rows.map(|rows| ("rows", rows.into()));
                    let columns = [("columns", columns_node(&table.columns, is_released, tables))];
                    Node::map(name.into_iter().chain(rows).chain(columns))
                };
                entries.push(("tables", Node::list(tables.iter().map(table))));
            }
        }
        Node::map(entries)
    }

    /// Whether the first release can describe the data set. It is written as that release wrote it.
    pub(crate) fn is_released(&self) -> bool {
        let is_plain = |column: &Column| {
            let plain = Column {
                generator: column.generator.clone(),
                ..Column::new(&column.name, column.column_type.clone(), Generator::Uuid)
            };
            matches!(column.generator, Generator::Uuid | Generator::Uniform(Uniform::Float(None)))
                && plain == *column
        };
        matches!(&self.tables[..], [Table { name: None, columns, .. }] if columns.iter().all(is_plain))
    }
}

impl Column {
    /// A column that needs no other column as YAML, on one line.
    pub(crate) fn to_yaml(&self) -> String {
        let mut text = String::new();
        flow(&column_node(self, slice::from_ref(self), false, &[]), &mut text);
        text
    }
}

impl Schema {
    /// What the values of each column of `table` are, as JSON: all but its name and how it is laid out in files.
    #[cfg(feature = "postgres")]
    pub(crate) fn values_as_json(&self, table: usize) -> Vec<String> {
        let columns = &self.tables[table].columns;
        let values = |written: &Column| {
            let values = Column {
                key: false,
                hidden: false,
                storage: super::column::Storage::default(),
                ..written.clone()
            };
            let node = column_node(&values, columns, false, &self.tables);
            let Content::Map(entries) = node.content else { return String::new() };
            json(&Node::new(Content::Map(entries.into_iter().filter(|entry| entry.name != "name").collect())))
        };
        columns.iter().map(values).collect()
    }
}

impl SchemaFile {
    /// The file as JSON, on one line.
    pub fn to_json(&self) -> String {
        let data_set = self.schema.to_node();
        if self.layout.is_none() && self.layouts.is_empty() {
            return json(&data_set);
        }
        let layout = self.layout.as_ref().map(|layout| ("layout", layout_node(layout)));
        let layouts = self.layouts.iter().map(|(name, layout)| (name.as_str(), layout_node(layout)));
        let layouts = (!self.layouts.is_empty()).then(|| ("layouts", Node::map(layouts)));
        json(&Node::map([("dataset", data_set)].into_iter().chain(layout).chain(layouts)))
    }
}

fn layout_node(layout: &LayoutKeys) -> Node {
    let rows = |key, rows: Option<std::num::NonZeroU64>| rows.map(|rows| (key, rows.get().into()));
    let compression = layout.compression.map(|compression| ("compression", compression.to_string().into()));
    let rows = [rows("batch_rows", layout.batch_rows), rows("row_group_rows", layout.row_group_rows)];
    Node::map(rows.into_iter().flatten().chain(compression))
}

fn columns_node(columns: &[Column], is_released: bool, tables: &[Table]) -> Node {
    Node::list(columns.iter().map(|column| column_node(column, columns, is_released, tables)))
}

fn column_node(column: &Column, columns: &[Column], is_released: bool, tables: &[Table]) -> Node {
    let name = |number: usize| columns[number].name.as_str();
    let type_name = match column.column_type {
        ColumnType::Uuid if is_released => "binary".to_owned(),
        ref other => other.to_string(),
    };
    let (kind, parameters) = generator(column, &name, tables);
    let mut entries: Vec<(&str, Node)> =
        vec![("name", column.name.as_str().into()), ("generator", kind.into()), ("type", type_name.into())];
    entries.extend(parameters);
    if let Some(lengths) = column.lengths {
        match lengths.min == lengths.max {
            true => entries.push(("length", lengths.min.into())),
            false => entries.extend([("min_length", lengths.min.into()), ("max_length", lengths.max.into())]),
        }
    }
    entries.extend(column.nulls.as_ref().map(|nulls| ("nulls", number(nulls))));
    entries.extend(column.depends_on.map(|base| ("depends_on", name(base).into())));
    entries.extend(column.key.then(|| ("key", true.into())));
    entries.extend(column.hidden.then(|| ("hidden", true.into())));
    let storage = &column.storage;
    let encoding = Encoding::ALL.iter().find(|(_, encoding)| Some(*encoding) == storage.encoding);
    entries.extend(encoding.map(|(name, _)| ("encoding", (*name).into())));
    entries.extend(storage.compression.map(|compression| ("compression", compression.to_string().into())));
    entries.extend(storage.bloom_filter.as_ref().map(|rate| ("bloom_filter", number(rate))));
    Node::map(entries)
}

/// The generator's name and its keys.
fn generator<'a>(
    column: &'a Column,
    name: &dyn Fn(usize) -> &'a str,
    tables: &[Table],
) -> (&'static str, Vec<(&'static str, Node)>) {
    let item = column.column_type.item();
    let limits = item.limits();
    let whole = |units: &i128| whole_node(*units, item);
    let values = |values: &[Value]| Node::list(values.iter().map(|value| value_node(value, item)));
    // Bounds that are the type's limits are not said.
    let within = |min: &i128, max: &i128| {
        let (lowest, highest) =
            limits.map_or((None, None), |(lowest, highest)| (Some(lowest), Some(highest)));
        let min = (Some(*min) != lowest).then(|| ("min", whole(min)));
        let max = (Some(*max) != highest).then(|| ("max", whole(max)));
        min.into_iter().chain(max).collect::<Vec<_>>()
    };
    let parent = |of: &super::generator::ParentColumn| {
        let table = &tables[of.table];
        format!("{}.{}", table.name.as_deref().unwrap_or(""), table.columns[of.column].name)
    };
    match &column.generator {
        Generator::Uniform(Uniform::Whole { min, max, step }) => {
            let mut keys = if item.is_integer() {
                within(min, max)
            } else {
                vec![("min", whole(min)), ("max", whole(max))]
            };
            keys.extend((*step != 1).then(|| ("step", distance_node(*step, item))));
            ("uniform", keys)
        }
        Generator::Uniform(Uniform::Float(bounds)) => {
            let bounds = bounds.map(|(min, max)| vec![("min", double(min)), ("max", double(max))]);
            ("uniform", bounds.unwrap_or_default())
        }
        Generator::Bernoulli { probability } => ("bernoulli", vec![("probability", number(probability))]),
        Generator::OneOf { values: listed, weights } => {
            let mut keys = vec![("values", values(listed))];
            keys.extend(weights.as_ref().map(|weights| ("weights", Node::list(weights.iter().map(number)))));
            ("one_of", keys)
        }
        Generator::Mapping(mapping) => {
            let entries = mapping.entries.iter().map(|(key, value)| (key.as_str(), value_node(value, item)));
            ("mapping", vec![("of", name(mapping.of).into()), ("values", Node::map(entries))])
        }
        Generator::Sequence { start, step, jitter } => {
            let mut keys = vec![("start", whole(start))];
            keys.extend((*step != 1).then(|| ("step", distance_node(*step, item))));
            keys.extend((*jitter != 0).then(|| ("jitter", distance_node(*jitter, item))));
            ("sequence", keys)
        }
        Generator::Unique { min, max } => ("unique", vec![("min", whole(min)), ("max", whole(max))]),
        Generator::Uuid => ("uuid", vec![]),
        Generator::Uuid7 { start_ms, per_second: (rows, seconds) } => (
            "uuid7",
            vec![
                ("start", (*start_ms).into()),
                ("per_second", number(&Number::from_fraction(*rows, *seconds))),
            ],
        ),
        Generator::Constant(value) => ("constant", vec![("value", value_node(value, item))]),
        Generator::Pattern(pattern) => ("pattern", vec![("pattern", pattern.source().into())]),
        Generator::Template(template) => {
            let part = |part: &Part<usize>| match part {
                Part::Literal(text) => Part::Literal(text.clone()),
                Part::Field { field: Field::Row, width } => Part::Field { field: Field::Row, width: *width },
                Part::Field { field: Field::Column(number), width } => {
                    Part::Field { field: Field::Column(name(*number)), width: *width }
                }
            };
            let template = Template { parts: template.parts.iter().map(part).collect() };
            ("template", vec![("template", template.to_string().into())])
        }
        Generator::Distribution { distribution, bounds } => {
            let (kind, mut keys) = distribution_keys(distribution);
            match bounds {
                Bounds::Whole { min, max } => keys.extend(within(min, max)),
                Bounds::Float { min, max } => {
                    keys.extend(min.map(|min| ("min", double(min))));
                    keys.extend(max.map(|max| ("max", double(max))));
                }
            }
            (kind, keys)
        }
        Generator::Zipf { exponent, items } => {
            let mut keys = vec![("exponent", double(*exponent))];
            match items {
                Items::Range { min, max } => keys.extend([("min", whole(min)), ("max", whole(max))]),
                Items::Values(listed) => keys.push(("values", values(listed))),
            }
            ("zipf", keys)
        }
        Generator::Digested { exponent, values } => {
            let digest = format!("{:032x}", values.digest);
            let values = Node::map([("digest", digest.into()), ("count", values.count.into())]);
            let values = ("values_from", values);
            match exponent {
                Some(exponent) => ("zipf", vec![("exponent", double(*exponent)), values]),
                None => ("one_of", vec![values]),
            }
        }
        Generator::References { of, pick } => {
            let mut keys = vec![("of", parent(of).into())];
            keys.extend(pick_node(pick).map(|pick| ("pick", pick)));
            ("references", keys)
        }
        Generator::Children { of, min, max } => {
            ("children", vec![("of", parent(of).into()), ("min", (*min).into()), ("max", (*max).into())])
        }
        Generator::Position { of } => ("position", vec![("of", name(*of).into())]),
        Generator::Lookup { reference, of } => {
            let of = &tables[of.table].columns[of.column].name;
            ("lookup", vec![("of", format!("{}.{of}", name(*reference)).into())])
        }
    }
}

fn distribution_keys(distribution: &Distribution) -> (&'static str, Vec<(&'static str, Node)>) {
    match distribution {
        Distribution::Normal { mean, sd } => ("normal", vec![("mean", double(*mean)), ("sd", double(*sd))]),
        Distribution::Lognormal { mu, sigma } => {
            ("lognormal", vec![("mu", double(*mu)), ("sigma", double(*sigma))])
        }
        Distribution::Exponential { mean } => ("exponential", vec![("mean", double(*mean))]),
        Distribution::Pareto { scale, shape } => {
            ("pareto", vec![("scale", double(*scale)), ("shape", double(*shape))])
        }
        Distribution::Quantiles { points } => {
            ("quantiles", vec![("points", Node::list(points.iter().map(|point| double(*point))))])
        }
    }
}

fn pick_node(pick: &Pick) -> Option<Node> {
    match pick {
        Pick::Uniform => None,
        Pick::InOrder => Some("in_order".into()),
        Pick::Zipf { exponent, scatter } => {
            let unscattered = (!scatter).then(|| ("scatter", false.into()));
            Some(Node::map([("zipf", double(*exponent))].into_iter().chain(unscattered)))
        }
    }
}

/// Values of a list and their weights as JSON.
pub(super) fn values_json(values: &[Value], weights: Option<&[Number]>, item: &ColumnType) -> String {
    let values = Node::list(values.iter().map(|value| value_node(value, item)));
    let weights = weights.map(|weights| Node::list(weights.iter().map(number)));
    json(&Node::list([values].into_iter().chain(weights)))
}

fn value_node(value: &Value, item: &ColumnType) -> Node {
    match value {
        Value::Bool(value) => (*value).into(),
        Value::Whole(units) => whole_node(*units, item),
        Value::Float(number) => double(*number),
        Value::Text(text) => text.as_str().into(),
        Value::Binary(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into(),
        Value::Uuid(_) => value.text(item).unwrap_or_default().into(),
    }
}

/// A value of a whole-number type.
fn whole_node(units: i128, item: &ColumnType) -> Node {
    match item {
        ColumnType::Date | ColumnType::Time(_) | ColumnType::Timestamp { .. } => {
            whole_text(units, item).into()
        }
        _ => distance_node(units, item),
    }
}

/// A distance between two values of a whole-number type.
fn distance_node(units: i128, item: &ColumnType) -> Node {
    match item {
        ColumnType::Date => format!("{units}d").into(),
        ColumnType::Time(unit) | ColumnType::Timestamp { unit, .. } | ColumnType::Duration(unit) => {
            format!("{units}{}", unit_name(*unit)).into()
        }
        ColumnType::Decimal { scale, .. } => number(&Number::from_units(units, u32::from(*scale))),
        _ => number(&Number::from_units(units, 0)),
    }
}

/// A number that reads as itself: as text where a double would not hold it.
fn number(number: &Number) -> Node {
    let text = number.to_string();
    let is_exact = match number.units(0) {
        Some(whole) => whole.abs() <= MAX_EXACT,
        None => Number::from_f64(number.to_f64()) == *number,
    };
    if is_exact { Node::new(Content::Number(text)) } else { text.into() }
}

/// A double as the shortest number that reads as it.
fn double(number: f64) -> Node {
    let is_whole = number.fract() == 0.0
        && number.abs() <= MAX_EXACT as f64
        && !(number == 0.0 && number.is_sign_negative());
    Node::new(Content::Number(if is_whole { format!("{number:.0}") } else { format!("{number:?}") }))
}

/// JSON, on one line. It reads as the same YAML.
fn json(node: &Node) -> String {
    let json =
        serde_json::to_string(node).unwrap_or_else(|error| unreachable!("a tree of plain values: {error}"));
    match json.contains(needs_escape) {
        false => json,
        true => json.chars().fold(String::new(), |mut text, character| {
            push_escaped(character, &mut text);
            text
        }),
    }
}

/// Writes a node as YAML on one line.
fn flow(node: &Node, text: &mut String) {
    match &node.content {
        Content::Null => text.push_str("null"),
        Content::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        Content::Number(number) => text.push_str(number),
        Content::Text(plain) => scalar(plain, text),
        Content::List(nodes) => {
            text.push('[');
            for (number, node) in nodes.iter().enumerate() {
                text.push_str(if number > 0 { ", " } else { "" });
                flow(node, text);
            }
            text.push(']');
        }
        Content::Map(entries) => {
            text.push('{');
            for (number, Entry { name, value, .. }) in entries.iter().enumerate() {
                text.push_str(if number > 0 { ", " } else { "" });
                scalar(name, text);
                text.push_str(": ");
                flow(value, text);
            }
            text.push('}');
        }
    }
}

/// Writes text, in quotes unless YAML takes it for the same text without.
fn scalar(plain: &str, text: &mut String) {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let is_bare = plain.bytes().all(|byte| is_word(byte) || b"-. ".contains(&byte))
        && plain.bytes().next().is_some_and(is_word)
        && plain.bytes().last().is_some_and(is_word)
        && is_text(plain);
    if is_bare {
        text.push_str(plain);
        return;
    }
    text.push('"');
    for character in plain.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\t' => text.push_str("\\t"),
            other => push_escaped(other, text),
        }
    }
    text.push('"');
}

/// Whether a reader of YAML may take this character for the end of a line or a mark, or does not take it at all.
fn needs_escape(character: char) -> bool {
    matches!(character, '\0'..' ' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

fn push_escaped(character: char, text: &mut String) {
    if needs_escape(character) {
        text.push_str(&format!("\\u{:04x}", u32::from(character)));
    } else {
        text.push(character);
    }
}

/// Writes a map or the list of tables over several lines, and what is in columns on one line each.
fn block(node: &Node, indent: usize, text: &mut String) {
    let Content::Map(entries) = &node.content else { return };
    for (number, Entry { name, value, .. }) in entries.iter().enumerate() {
        if number > 0 {
            text.push_str(&" ".repeat(indent));
        }
        scalar(name, text);
        let Content::List(items) = &value.content else {
            text.push_str(": ");
            flow(value, text);
            text.push('\n');
            continue;
        };
        text.push_str(":\n");
        for item in items {
            text.push_str(&" ".repeat(indent + 2));
            text.push_str("- ");
            if name == "tables" {
                block(item, indent + 4, text);
            } else {
                flow(item, text);
                text.push('\n');
            }
        }
    }
}
