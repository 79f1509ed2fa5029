//! Building schemas in Rust, with the rules and the messages of schema files.
//!
//! ```
//! use samplegen::schema::Schema;
//! use samplegen::schema::build::{lognormal, one_of, sequence, template, uuid};
//!
//! let schema = Schema::builder()
//!     .seed(42)
//!     .rows(1_000_000)
//!     .column("id", "uuid", uuid().key())
//!     .column("created", "timestamp[ms, UTC]", sequence("2024-01-01T00:00:00Z").step("10ms"))
//!     .column("country", "text", one_of(["DE", "FR", "US"]).weights([5, 3, 2]))
//!     .column("amount", "decimal(10,2)", lognormal(3, 1).max("9999.99").nulls("5%"))
//!     .column("code", "text", template("{country}-{row:08}"))
//!     .build()?;
//! assert_eq!(schema.tables[0].columns.len(), 5);
//!
//! let faults = Schema::builder().column("age", "int8", sequence(1000)).build().unwrap_err();
//! assert_eq!(faults.to_string(), r#"column "age": start: 1000 is outside int8, which holds -128 to 127"#);
//! # Ok::<_, samplegen::schema::fault::Faults>(())
//! ```

use super::column::Schema;
use super::fault::Faults;
use super::node::Node;

impl Schema {
    /// Begins a schema.
    pub fn builder() -> SchemaBuilder {
        SchemaBuilder::default()
    }
}

/// A data set that is being described.
#[derive(Clone, Debug, Default)]
pub struct SchemaBuilder {
    entries: Vec<(&'static str, Node)>,
    columns: Vec<Node>,
    tables: Vec<Node>,
}

impl SchemaBuilder {
    /// Sets the seed of all columns; 0 without it.
    pub fn seed(mut self, seed: u64) -> Self {
        self.entries.push(("seed", seed.into()));
        self
    }

    /// Sets the first row; 0 without it.
    pub fn first_row(mut self, first_row: u64) -> Self {
        self.entries.push(("first_row", first_row.into()));
        self
    }

    /// Sets the row count of the table without a name.
    pub fn rows(mut self, rows: u64) -> Self {
        self.entries.push(("rows", rows.into()));
        self
    }

    /// Adds a column to the table without a name.
    pub fn column(mut self, name: &str, column_type: &str, values: Values) -> Self {
        self.columns.push(values.node(name, column_type));
        self
    }

    /// Adds a table.
    pub fn table(mut self, table: TableBuilder) -> Self {
        let columns = ("columns", Node::list(table.columns));
        self.tables.push(Node::map(table.entries.into_iter().chain([columns])));
        self
    }

    /// The schema.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn build(self) -> Result<Schema, Faults> {
        let tables = (!self.tables.is_empty()).then(|| ("tables", Node::list(self.tables)));
        let columns =
            (!self.columns.is_empty() || tables.is_none()).then(|| ("columns", Node::list(self.columns)));
        Schema::from_node(&Node::map(self.entries.into_iter().chain(columns).chain(tables)))
    }
}

/// A table that is being described.
#[derive(Clone, Debug)]
pub struct TableBuilder {
    entries: Vec<(&'static str, Node)>,
    columns: Vec<Node>,
}

/// Begins a table of this name.
pub fn table(name: &str) -> TableBuilder {
    TableBuilder { entries: vec![("name", name.into())], columns: Vec::new() }
}

impl TableBuilder {
    /// Sets the row count.
    pub fn rows(mut self, rows: u64) -> Self {
        self.entries.push(("rows", rows.into()));
        self
    }

    /// Adds a column.
    pub fn column(mut self, name: &str, column_type: &str, values: Values) -> Self {
        self.columns.push(values.node(name, column_type));
        self
    }
}

/// What a column holds: a generator and the column's options, by the keys that schemas have.
///
/// Numbers can be given as numbers or as text; as text they are exact, and have units and percent signs.
#[derive(Clone, Debug)]
pub struct Values {
    entries: Vec<(String, Node)>,
}

impl Values {
    /// Values of the generator of this name.
    pub fn of(generator: &str) -> Self {
        Self { entries: vec![("generator".to_owned(), generator.into())] }
    }

    /// Sets any key.
    pub fn with(mut self, key: &str, value: impl Into<Node>) -> Self {
        self.entries.retain(|(known, _)| known != key);
        self.entries.push((key.to_owned(), value.into()));
        self
    }

    /// The smallest value.
    pub fn min(self, min: impl Into<Node>) -> Self {
        self.with("min", min)
    }

    /// The largest value.
    pub fn max(self, max: impl Into<Node>) -> Self {
        self.with("max", max)
    }

    /// From one value to the next, of `uniform` and `sequence`.
    pub fn step(self, step: impl Into<Node>) -> Self {
        self.with("step", step)
    }

    /// How far values of a `sequence` are moved.
    pub fn jitter(self, jitter: impl Into<Node>) -> Self {
        self.with("jitter", jitter)
    }

    /// How often each value of `one_of` occurs.
    pub fn weights(self, weights: impl Into<Node>) -> Self {
        self.with("weights", weights)
    }

    /// The share of nulls.
    pub fn nulls(self, nulls: impl Into<Node>) -> Self {
        self.with("nulls", nulls)
    }

    /// Equal values of the column `base` mean equal values of this one.
    pub fn depends_on(self, base: &str) -> Self {
        self.with("depends_on", base)
    }

    /// How many elements each list has.
    pub fn length(self, length: u64) -> Self {
        self.with("length", length)
    }

    /// How many elements lists have at least and at most.
    pub fn lengths(self, min: u64, max: u64) -> Self {
        self.with("min_length", min).with("max_length", max)
    }

    /// A check knows rows again by this column.
    pub fn key(self) -> Self {
        self.with("key", true)
    }

    /// The column is only there for other columns.
    pub fn hidden(self) -> Self {
        self.with("hidden", true)
    }

    fn node(self, name: &str, column_type: &str) -> Node {
        let head = [("name".to_owned(), name.into()), ("type".to_owned(), column_type.into())];
        Node::map(head.into_iter().chain(self.entries))
    }
}

/// Uniform numbers: floats in [0, 1) and all integers of the type, unless bounds are set.
pub fn uniform() -> Values {
    Values::of("uniform")
}

/// True with a probability.
pub fn bernoulli(probability: impl Into<Node>) -> Values {
    Values::of("bernoulli").with("probability", probability)
}

/// One of some values.
pub fn one_of(values: impl Into<Node>) -> Values {
    Values::of("one_of").with("values", values)
}

/// What belongs to the value of the column `of`.
pub fn mapping<V: Into<Node>>(of: &str, values: impl IntoIterator<Item = (&'static str, V)>) -> Values {
    let values = values.into_iter().map(|(key, value)| (key, value.into()));
    Values::of("mapping").with("of", of).with("values", Node::map(values))
}

/// Values in order, from `start` on.
pub fn sequence(start: impl Into<Node>) -> Values {
    Values::of("sequence").with("start", start)
}

/// All values from `min` to `max` in a random order.
pub fn unique(min: impl Into<Node>, max: impl Into<Node>) -> Values {
    Values::of("unique").min(min).max(max)
}

/// UUIDs of version 4.
pub fn uuid() -> Values {
    Values::of("uuid")
}

/// UUIDs of version 7.
pub fn uuid7(start: impl Into<Node>, per_second: impl Into<Node>) -> Values {
    Values::of("uuid7").with("start", start).with("per_second", per_second)
}

/// Always the same value.
pub fn constant(value: impl Into<Node>) -> Values {
    Values::of("constant").with("value", value)
}

/// Texts that match a pattern.
pub fn pattern(pattern: &str) -> Values {
    Values::of("pattern").with("pattern", pattern)
}

/// Texts put together from other columns.
pub fn template(template: &str) -> Values {
    Values::of("template").with("template", template)
}

/// The normal distribution.
pub fn normal(mean: impl Into<Node>, sd: impl Into<Node>) -> Values {
    Values::of("normal").with("mean", mean).with("sd", sd)
}

/// The exponential of a normal distribution.
pub fn lognormal(mu: impl Into<Node>, sigma: impl Into<Node>) -> Values {
    Values::of("lognormal").with("mu", mu).with("sigma", sigma)
}

/// The exponential distribution.
pub fn exponential(mean: impl Into<Node>) -> Values {
    Values::of("exponential").with("mean", mean)
}

/// The Pareto distribution.
pub fn pareto(scale: impl Into<Node>, shape: impl Into<Node>) -> Values {
    Values::of("pareto").with("scale", scale).with("shape", shape)
}

/// A distribution by its quantiles: the smallest value, quantiles at equal distances, the largest value.
pub fn quantiles(points: impl Into<Node>) -> Values {
    Values::of("quantiles").with("points", points)
}

/// Whole numbers from `min` to `max`, the smallest the most frequent.
pub fn zipf(exponent: impl Into<Node>, min: impl Into<Node>, max: impl Into<Node>) -> Values {
    Values::of("zipf").with("exponent", exponent).min(min).max(max)
}

/// One of some values, the first the most frequent.
///
/// ```
/// use samplegen::schema::Schema;
/// use samplegen::schema::build::{zipf, zipf_of};
///
/// let schema = Schema::builder()
///     .rows(1000)
///     .column("user", "int64", zipf(0.99, 0, 999_999))
///     .column("browser", "text", zipf_of(1, ["chrome", "safari", "edge"]).nulls("1%"))
///     .build()?;
/// assert!(schema.to_yaml().contains("exponent: 1, values: [chrome, safari, edge]"));
/// # Ok::<_, samplegen::schema::fault::Faults>(())
/// ```
pub fn zipf_of(exponent: impl Into<Node>, values: impl Into<Node>) -> Values {
    Values::of("zipf").with("exponent", exponent).with("values", values)
}
