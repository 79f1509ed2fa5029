//! From a column's keys to its generator, with every parameter checked that can be checked without
//! the other columns.

use std::collections::HashMap;

use super::generator::{Bounds, Distribution, Drawn, Generator, Items, Mapping, ParentColumn, Pick, Uniform};
use super::kinds::Kind;
use super::literal::{self, Refused, shown};
use super::node::{Content, Node};
use super::number::Number;
use super::outline::{Taken, find};
use super::pattern::Pattern;
use super::scope::{Fields, Notes, Read};
use super::template::{Field, Part, Template};
use super::types::ColumnType;
use super::value::{Value, repetition, whole_text};
use super::values_from::{Given, ValueFiles, ValuesDigest};
use crate::count::counted;

/// The most different values that can be drawn from a word.
const MAX_DRAWN: u128 = 1 << 64;
/// The most items that Zipf's law is computed for.
pub(super) const MAX_ZIPF_ITEMS: u128 = 1 << 53;
/// The largest exponent of Zipf's law.
const MAX_ZIPF_EXPONENT: f64 = 20.0;
/// The most rows a second of `uuid7`: all that its 12 bits beside the millisecond tell apart.
const MAX_PER_SECOND: i128 = 4_096_000;
/// The largest denominator of rows a second, so that rows are divided within 128 bits.
const MAX_PER_SECOND_DENOMINATOR: u128 = 10u128.pow(16);

/// What `one_of` and `zipf` choose from.
enum Choices {
    /// These values; the weights are those that a file gives.
    Listed { values: Vec<Value>, weights: Option<Vec<Number>> },
    /// Values that are not known.
    Digested(ValuesDigest),
}

/// A column while it is read.
pub(super) struct Scope<'a, 'n> {
    pub(super) kind: &'static Kind,
    pub(super) fields: Fields<'a>,
    /// The type; of a list, that of its elements.
    pub(super) item: &'a ColumnType,
    /// The numbers of the table's columns.
    pub(super) numbers: &'n HashMap<String, usize>,
    /// The column whose values are taken, if they are another one's.
    pub(super) taken: Option<Taken>,
    pub(super) files: Option<&'n dyn ValueFiles>,
    pub(super) notes: &'n mut Notes,
}

impl<'a> Scope<'a, '_> {
    /// The column's generator.
    pub(super) fn generator(&mut self) -> Read<Generator> {
        match self.kind.name {
            "uniform" if self.item.is_float() => self.uniform_float(),
            "uniform" => self.uniform_whole(),
            "bernoulli" => {
                Ok(Generator::Bernoulli { probability: self.required("probability", literal::probability)? })
            }
            "one_of" => self.one_of(),
            "mapping" => self.mapping(),
            "sequence" => self.sequence(),
            "unique" => self.unique(),
            "uuid" => Ok(Generator::Uuid),
            "uuid7" => self.uuid7(),
            "constant" => {
                let item = self.item;
                Ok(Generator::Constant(self.required("value", |node| literal::value(node, item))?))
            }
            "pattern" => {
                let read = |node| Pattern::new(literal::text(node)?).map_err(|error| error.to_string());
                Ok(Generator::Pattern(self.required("pattern", read)?))
            }
            "template" => self.template(),
            "zipf" => self.zipf(),
            "position" => {
                let numbers = self.numbers;
                let of = self.required("of", |node| find(numbers, literal::text(node)?))?;
                Ok(Generator::Position { of })
            }
            _ => match self.taken {
                Some(Taken { reference: Some(reference), of }) => Ok(Generator::Lookup { reference, of }),
                Some(Taken { reference: None, of }) if self.kind.name == "children" => self.children(of),
                Some(Taken { reference: None, of }) => {
                    Ok(Generator::References { of, pick: self.pick()?.unwrap_or(Pick::Uniform) })
                }
                None => self.distribution(),
            },
        }
    }

    fn required<T>(&mut self, key: &str, read: impl FnOnce(&'a Node) -> Result<T, Refused>) -> Read<T> {
        self.fields.required(self.notes, self.kind.name, key, read)
    }

    fn optional<T>(
        &mut self,
        key: &str,
        read: impl FnOnce(&'a Node) -> Result<T, Refused>,
    ) -> Read<Option<T>> {
        self.fields.optional(self.notes, key, read)
    }

    fn fault<T>(&mut self, key: &str, message: impl Into<String>) -> Read<T> {
        Err(self.notes.fault(self.fields.at(key), message))
    }

    fn uniform_whole(&mut self) -> Read<Generator> {
        let item = self.item;
        let limits = item.limits().filter(|_| item.is_integer());
        let min = self.whole_or("min", limits.map(|(min, _)| min));
        let max = self.whole_or("max", limits.map(|(_, max)| max));
        let step = self.optional("step", |node| literal::distance(node, item));
        let (min, max, step) = (min?, max?, step?.unwrap_or(1));
        self.range(min, max)?;
        if step < 1 {
            return self.fault(
                "step",
                "step: a step is above 0; leave step out for all values, or use constant for one",
            );
        }
        if Uniform::values(min, max, step) > MAX_DRAWN {
            return self.fault(
                "max",
                "min to max are more than 2^64 values; choose a narrower range or a larger step",
            );
        }
        Ok(Generator::Uniform(Uniform::Whole { min, max, step }))
    }

    /// The value of a whole-number key, or a limit that stands in for it.
    fn whole_or(&mut self, key: &str, limit: Option<i128>) -> Read<i128> {
        let item = self.item;
        match limit {
            None => self.required(key, |node| literal::whole(node, item)),
            Some(limit) => Ok(self.optional(key, |node| literal::whole(node, item))?.unwrap_or(limit)),
        }
    }

    /// Refuses a range without values.
    fn range(&mut self, min: i128, max: i128) -> Read<()> {
        if min <= max {
            return Ok(());
        }
        let [min, max] = [min, max].map(|units| whole_text(units, self.item));
        self.fault("min", format!("the range is empty: min {min} is above max {max}"))
    }

    fn uniform_float(&mut self) -> Read<Generator> {
        let item = self.item;
        if self.fields.get("step").is_some() {
            return self
                .fault("step", format!("step: {item} has no steps; leave step out, or use a decimal type"));
        }
        let min = self.optional("min", |node| literal::float(node, item));
        let max = self.optional("max", |node| literal::float(node, item));
        let bounds = match (min?, max?) {
            (None, None) => None,
            (Some(min), Some(max)) if min >= max => {
                return self.fault(
                    "min",
                    format!("the range is empty: min {min} is not below max {max}, which is not included"),
                );
            }
            (Some(min), Some(max)) if !(max - min).is_finite() => {
                return self.fault("max", "max - min is too large for a float64; choose a narrower range");
            }
            (Some(min), Some(max)) => Some((min, max)),
            (Some(_), None) => return self.fault("min", "min needs max; give both or none"),
            (None, Some(_)) => return self.fault("max", "max needs min; give both or none"),
        };
        Ok(Generator::Uniform(Uniform::Float(bounds)))
    }

    fn one_of(&mut self) -> Read<Generator> {
        let given = self.values()?.ok_or_else(|| {
            self.notes.fault(self.fields.at(""), "one_of needs the key \"values\" or \"values_from\"")
        })?;
        let (values, mut weights) = match given {
            Choices::Listed { values, weights } => (values, weights),
            Choices::Digested(values) => return Ok(Generator::Digested { exponent: None, values }),
        };
        if let Some(node) = self.fields.get("weights") {
            if weights.is_some() || self.fields.get("values_from").is_some() {
                return self.fault(
                    "weights",
                    "weights: values_from says which column has the weights; leave weights out",
                );
            }
            weights = Some(self.items("weights", node, literal::weight)?);
        }
        if let Some(weights) = &weights {
            if weights.len() != values.len() {
                let (weights, values) = (counted(weights.len(), "weight"), counted(values.len(), "value"));
                return self
                    .fault("weights", format!("weights: {weights} for {values}; give one for each value"));
            }
            if weights.iter().all(Number::is_zero) {
                return self.fault(
                    "weights",
                    "weights: all weights are 0; give at least one value a weight above 0",
                );
            }
        }
        Ok(Generator::OneOf { values, weights })
    }

    /// Reads each element of a list; the faults of all of them are noted.
    fn items<T>(
        &mut self,
        key: &str,
        node: &Node,
        read: impl Fn(&Node) -> Result<T, Refused>,
    ) -> Read<Vec<T>> {
        let Content::List(nodes) = &node.content else {
            return Err(self.notes.fault(node.at, format!("{key}: expected a list, found {}", shown(node))));
        };
        let read: Vec<_> = nodes.iter().map(|node| self.notes.read(node.at, key, read(node))).collect();
        read.into_iter().collect()
    }

    /// The values that are chosen from; `None` if there are none.
    fn values(&mut self) -> Read<Option<Choices>> {
        match (self.fields.get("values"), self.fields.get("values_from")) {
            (None, None) => Ok(None),
            (Some(_), Some(_)) => {
                self.fault("values_from", "values and values_from exclude each other; leave one out")
            }
            (Some(values), None) => self.listed(values).map(Some),
            (None, Some(node)) => match Given::read(node, self.kind.name == "one_of", self.notes)? {
                Given::Digest(digest) => Ok(Some(Choices::Digested(digest))),
                Given::File(request) => {
                    let read = match self.files {
                        Some(files) => request.read(files, self.item),
                        None => Err("files are not read here; give the values themselves".to_owned()),
                    };
                    let (values, weights) = self.notes.read(node.at, "values_from", read)?;
                    Ok(Some(Choices::Listed { values, weights }))
                }
            },
        }
    }

    /// The values of a list in the schema.
    fn listed(&mut self, node: &'a Node) -> Read<Choices> {
        let item = self.item;
        let values = self.items("values", node, |node| literal::value(node, item))?;
        if values.is_empty() {
            return self.fault("values", "values: the list is empty; give at least one value");
        }
        if let Some(repetition) = repetition(&values) {
            let at = match &node.content {
                Content::List(nodes) => nodes.get(repetition).and_then(|node| node.at),
                _ => node.at,
            };
            let value = values[repetition].quoted(item);
            return Err(self
                .notes
                .fault(at, format!("values: the value{value} occurs twice; leave one out")));
        }
        Ok(Choices::Listed { values, weights: None })
    }

    fn mapping(&mut self) -> Read<Generator> {
        let item = self.item;
        let of = self.column("of");
        let values = self.required("values", |node| match &node.content {
            Content::Map(entries) => Ok(entries),
            _ => Err(format!("expected a value for each value of the other column, found {}", shown(node))),
        })?;
        let read: Vec<_> = values
            .iter()
            .map(|entry| {
                let value = self.notes.read(entry.value.at, "values", literal::value(&entry.value, item))?;
                Ok((entry.name.clone(), value))
            })
            .collect();
        let entries = read.into_iter().collect::<Read<Vec<_>>>()?;
        Ok(Generator::Mapping(Mapping { of: of?, entries }))
    }

    /// The column of this table that `key` names.
    fn column(&mut self, key: &str) -> Read<usize> {
        let name = self.required(key, literal::text)?;
        self.numbered(key, name)
    }

    fn numbered(&mut self, key: &str, name: &str) -> Read<usize> {
        let found = find(self.numbers, name);
        self.notes.read(self.fields.at(key), key, found)
    }

    fn sequence(&mut self) -> Read<Generator> {
        let item = self.item;
        let start = self.required("start", |node| literal::whole(node, item));
        let step = self.optional("step", |node| literal::distance(node, item));
        let jitter = self.optional("jitter", |node| literal::distance(node, item));
        let (start, step, jitter) = (start?, step?.unwrap_or(1), jitter?.unwrap_or(0));
        if step == 0 {
            return self.fault("step", "step: a step of 0 makes all rows the same; use constant for that");
        }
        if jitter < 0 {
            return self.fault("jitter", "jitter: the jitter is negative; it is from 0 to step");
        }
        if step < 0 && jitter > 0 {
            return self.fault("jitter", "jitter: a negative step has no jitter; leave jitter out");
        }
        if jitter > step.max(0) {
            return self.fault("jitter", "jitter: the jitter is larger than the step, so rows would not be in order; it is from 0 to step");
        }
        Ok(Generator::Sequence { start, step, jitter })
    }

    fn unique(&mut self) -> Read<Generator> {
        let (min, max) = (self.whole_or("min", None), self.whole_or("max", None));
        let (min, max) = (min?, max?);
        self.range(min, max)?;
        if Uniform::values(min, max, 1) > MAX_DRAWN {
            return self.fault("max", "min to max are more than 2^64 values; choose a narrower range");
        }
        Ok(Generator::Unique { min, max })
    }

    fn uuid7(&mut self) -> Read<Generator> {
        let start_ms = self.required("start", literal::instant_ms);
        let per_second = self.required("per_second", |node| {
            let number = literal::number(node)?;
            let limit = Number::from_units(MAX_PER_SECOND, 0);
            if number.is_negative() || number.is_zero() || number.is_above(&limit) {
                return Err(format!("{} is not above 0 and at most {MAX_PER_SECOND}", shown(node)));
            }
            number
                .fraction()
                .filter(|(_, denominator)| *denominator <= MAX_PER_SECOND_DENOMINATOR)
                .ok_or_else(|| format!("{} has more than 16 digits behind the point", shown(node)))
        });
        Ok(Generator::Uuid7 { start_ms: start_ms?, per_second: per_second? })
    }

    fn template(&mut self) -> Read<Generator> {
        let template = self.required("template", |node| {
            Template::new(literal::text(node)?).map_err(|error| error.to_string())
        })?;
        let parts: Vec<Read<Part<usize>>> = template
            .parts
            .into_iter()
            .map(|part| {
                Ok(match part {
                    Part::Literal(text) => Part::Literal(text),
                    Part::Field { field: Field::Row, width } => Part::Field { field: Field::Row, width },
                    Part::Field { field: Field::Column(name), width } => {
                        Part::Field { field: Field::Column(self.numbered("template", &name)?), width }
                    }
                })
            })
            .collect();
        Ok(Generator::Template(Template { parts: parts.into_iter().collect::<Read<_>>()? }))
    }

    fn zipf(&mut self) -> Read<Generator> {
        let exponent = self.required("exponent", exponent);
        let bounds = ["min", "max"].into_iter().find(|key| self.fields.get(key).is_some());
        let items = match (self.values()?, bounds) {
            (Some(_), Some(key)) => {
                return self
                    .fault(key, format!("zipf has values, or min and max; leave {key} or the values out"));
            }
            (Some(Choices::Digested(values)), None) => {
                return Ok(Generator::Digested { exponent: Some(exponent?), values });
            }
            (Some(Choices::Listed { values, .. }), None) => Items::Values(values),
            (None, _) if !self.item.is_whole() => {
                return self
                    .fault("", format!("zipf of {} needs the key \"values\" or \"values_from\"", self.item));
            }
            (None, _) => {
                let (min, max) = (self.whole_or("min", None), self.whole_or("max", None));
                let (min, max) = (min?, max?);
                self.range(min, max)?;
                if Uniform::values(min, max, 1) > MAX_ZIPF_ITEMS {
                    return self
                        .fault("max", "min to max are more than 2^53 values; choose a narrower range");
                }
                Items::Range { min, max }
            }
        };
        Ok(Generator::Zipf { exponent: exponent?, items })
    }

    fn children(&mut self, of: ParentColumn) -> Read<Generator> {
        let count = |node: &Node| literal::count(node, 0, u64::MAX);
        let (min, max) = (self.required("min", count), self.required("max", count));
        let (min, max) = (min?, max?);
        if min > max {
            return self.fault("min", format!("the range is empty: min {min} is above max {max}"));
        }
        if min.checked_add(max).is_none() {
            return self.fault("max", "min and max together are 2^64 or more; choose fewer children");
        }
        Ok(Generator::Children { of, min, max })
    }

    /// How a row of the parent is picked.
    fn pick(&mut self) -> Read<Option<Pick>> {
        const PICKS: &str = "uniform, in_order or {zipf: EXPONENT}";
        let Some(node) = self.fields.get("pick") else { return Ok(None) };
        match &node.content {
            Content::Map(_) => {}
            Content::Text(text) if text == "uniform" => return Ok(Some(Pick::Uniform)),
            Content::Text(text) if text == "in_order" => return Ok(Some(Pick::InOrder)),
            _ => return self.fault("pick", format!("pick: unknown pick {}; choose {PICKS}", shown(node))),
        }
        let fields = self.notes.read(node.at, "pick", Fields::new(node))?;
        fields.only(self.notes, "pick", &["zipf", "scatter"], &[]);
        let exponent = fields.required(self.notes, "pick", "zipf", exponent);
        let scatter = fields.optional(self.notes, "scatter", literal::boolean);
        Ok(Some(Pick::Zipf { exponent: exponent?, scatter: scatter?.unwrap_or(true) }))
    }

    fn distribution(&mut self) -> Read<Generator> {
        let item = self.item;
        let bounds = self.bounds();
        let distribution = match self.kind.name {
            "normal" => {
                let mean = self.required("mean", |node| literal::place(node, item));
                let sd = self.required("sd", |node| not_negative(literal::width(node, item)?, node));
                Distribution::Normal { mean: mean?, sd: sd? }
            }
            "lognormal" => {
                let mu = self.required("mu", literal::double);
                let sigma = self.required("sigma", |node| not_negative(literal::double(node)?, node));
                let (mu, sigma) = (mu?, sigma?);
                if mu.abs() + 8.3 * sigma >= 700.0 {
                    return self.fault("mu", "abs(mu) + 8.3 * sigma is 700 or more, too wide for a float64; choose smaller parameters");
                }
                Distribution::Lognormal { mu, sigma }
            }
            "exponential" => {
                let read = |node| positive(literal::place_or_width(node, item)?, node);
                Distribution::Exponential { mean: self.required("mean", read)? }
            }
            "pareto" => {
                let scale =
                    self.required("scale", |node| positive(literal::place_or_width(node, item)?, node));
                let shape = self.required("shape", |node| positive(literal::double(node)?, node));
                let (scale, shape) = (scale?, shape?);
                if 37.0 / shape >= 700.0 {
                    return self.fault(
                        "shape",
                        "shape: 37 / shape is 700 or more, too wide for a float64; choose a larger shape",
                    );
                }
                Distribution::Pareto { scale, shape }
            }
            _ => Distribution::Quantiles { points: self.points()? },
        };
        let bounds = bounds?;
        if let Err(error) = Drawn::new(&distribution, bounds, item) {
            let key = ["min", "max"].into_iter().find(|key| self.fields.get(key).is_some());
            return self.fault(key.unwrap_or("generator"), format!("{}: {error}", self.kind.name));
        }
        Ok(Generator::Distribution { distribution, bounds })
    }

    fn points(&mut self) -> Read<Vec<f64>> {
        let item = self.item;
        let node = self.required("points", Ok)?;
        let points = self.items("points", node, |node| literal::place(node, item))?;
        let [first, .., last] = points[..] else {
            return self.fault("points", "points: quantiles needs two points or more: the smallest value, quantiles, the largest value");
        };
        if !points.is_sorted() {
            return self.fault("points", "points: a point is below the one before; give them in order");
        }
        if !(last - first).is_finite() {
            return self.fault("points", "points: the last point minus the first is too large for a float64");
        }
        Ok(points)
    }

    fn bounds(&mut self) -> Read<Bounds> {
        let item = self.item;
        if let Some((lowest, highest)) = item.limits() {
            let (min, max) = (self.whole_or("min", Some(lowest)), self.whole_or("max", Some(highest)));
            let (min, max) = (min?, max?);
            self.range(min, max)?;
            return Ok(Bounds::Whole { min, max });
        }
        let min = self.optional("min", |node| literal::float(node, item));
        let max = self.optional("max", |node| literal::float(node, item));
        let (min, max) = (min?, max?);
        if let (Some(min), Some(max)) = (min, max)
            && min > max
        {
            return self.fault("min", format!("the range is empty: min {min} is above max {max}"));
        }
        Ok(Bounds::Float { min, max })
    }
}

/// An exponent of Zipf's law.
fn exponent(node: &Node) -> Result<f64, Refused> {
    match literal::double(node)? {
        exponent if exponent > 0.0 && exponent <= MAX_ZIPF_EXPONENT => Ok(exponent),
        _ => Err(format!("{} is not above 0 and at most {MAX_ZIPF_EXPONENT}", shown(node))),
    }
}

fn positive(number: f64, node: &Node) -> Result<f64, Refused> {
    if number > 0.0 { Ok(number) } else { Err(format!("{} is not above 0", shown(node))) }
}

fn not_negative(number: f64, node: &Node) -> Result<f64, Refused> {
    if number >= 0.0 { Ok(number) } else { Err(format!("{} is below 0", shown(node))) }
}
