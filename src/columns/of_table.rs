//! From the columns of a schema to columns that make values.

use std::sync::Arc;

use super::boolean::BooleanColumn;
use super::float::{Double, FloatColumn, Single};
use super::listed::{Entries, ListedColumn, Source};
use super::pattern::PatternColumn;
use super::template::{Part, TemplateColumn};
use super::uniform::UniformColumn;
use super::uuid::UuidColumn;
use super::uuid7::Uuid7Column;
use super::value_column::{Keyed, Lists, ValueColumn};
use super::whole::{Steps, WholeColumn, Wide};
use crate::random::choice::Choice;
use crate::random::distribution::{Distribution, DistributionError};
use crate::random::draw::{Below, Event, Interval32, Interval64};
use crate::random::permutation::Permutation;
use crate::random::zipf::Zipf;
use crate::random::{Keys, Stream};
use crate::schema::column::{Column, Table};
use crate::schema::generator::{Bounds, Drawn, Generator, Items, Mapping, Uniform, one_of_thresholds};
use crate::schema::template::{Field, Part as TemplatePart};
use crate::schema::types::ColumnType;
use crate::schema::value::Value;
use crate::schema::{FloatWidth, IdForm};

/// Why a column cannot make values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ColumnError {
    /// What is drawn from has nothing to draw.
    #[error("column {0:?}: {1}")]
    Distribution(String, DistributionError),
    /// A column that takes its values from another table.
    #[error("column {0:?}: references to other tables are not supported yet")]
    OtherTable(String),
    /// A column whose values are not known.
    #[error("column {0:?}: only the digest of the values is known")]
    UnknownValues(String),
    /// A parameter that the type does not have, or an option that the generator does not take.
    #[error("column {0:?}: the generator does not fit the type")]
    Type(String),
    /// A value of another column that a mapping does not have.
    #[error("column {0:?}: {1:?} is no value of the column that is mapped")]
    Mapping(String, String),
    /// Columns that need each other.
    #[error("column {0:?}: its values depend on themselves")]
    Circle(String),
}

impl ValueColumn {
    /// All columns of `table`, in order, with their keys under `seed`.
    ///
    /// # Errors
    ///
    /// If one of them cannot make values.
    pub fn of_table(table: &Table, seed: u64) -> Result<Vec<Arc<Self>>, ColumnError> {
        let mut built = Builder { table, seed, states: vec![State::Unbuilt; table.columns.len()] };
        (0..table.columns.len()).map(|column| built.column(column)).collect()
    }
}

/// Columns are built after those that they need.
struct Builder<'a> {
    table: &'a Table,
    seed: u64,
    states: Vec<State>,
}

#[derive(Clone)]
enum State {
    Unbuilt,
    Building,
    Built(Arc<ValueColumn>),
}

impl Builder<'_> {
    fn column(&mut self, number: usize) -> Result<Arc<ValueColumn>, ColumnError> {
        let column = &self.table.columns[number];
        match &self.states[number] {
            State::Built(column) => return Ok(Arc::clone(column)),
            State::Building => return Err(ColumnError::Circle(column.name.clone())),
            State::Unbuilt => self.states[number] = State::Building,
        }
        let built = Arc::new(self.build(column)?);
        self.states[number] = State::Built(Arc::clone(&built));
        Ok(built)
    }

    fn build(&mut self, column: &Column) -> Result<ValueColumn, ColumnError> {
        let stream = Stream::of_column(self.table.name.as_deref(), &column.name);
        let base = column.depends_on.map(|base| self.column(base)).transpose()?;
        let nulls = column.nulls.as_ref().map(|nulls| BooleanColumn {
            keys: stream.purpose("null").keys(self.seed),
            event: Event::new(nulls.threshold()),
        });
        let lists = column.lengths.map(|lengths| Lists {
            keys: stream.purpose("length").keys(self.seed),
            lengths,
            below: Below::new(u128::from(lengths.max - lengths.min) + 1),
        });
        let stream = if lists.is_some() { stream.purpose("item") } else { stream };
        if base.as_ref().is_some_and(|base| !base.has_ordinals()) {
            return Err(ColumnError::Type(column.name.clone()));
        }
        let generator = self.generator(column, &stream)?;
        if !generator.fits(column.column_type.item()) || lists.is_some() != column.column_type.is_list() {
            return Err(ColumnError::Type(column.name.clone()));
        }
        Ok(ValueColumn { column_type: column.column_type.clone(), generator, base, nulls, lists })
    }

    fn generator(&mut self, column: &Column, stream: &Stream) -> Result<Keyed, ColumnError> {
        let keys = stream.keys(self.seed);
        let column_type = column.column_type.item();
        let unfit = || ColumnError::Type(column.name.clone());
        let listed = |source, values: &[Value]| {
            let listed = ListedColumn::new(source, values.to_vec(), column_type).ok_or_else(unfit)?;
            Ok(Keyed::Listed(listed))
        };
        let form = || match column_type {
            ColumnType::Text => IdForm::Text,
            _ => IdForm::Binary,
        };
        Ok(match &column.generator {
            Generator::Uniform(Uniform::Whole { min, max, step }) => {
                let below = Below::new(Uniform::values(*min, *max, *step));
                steps(*min, *step, Steps::Uniform { keys, below })
            }
            Generator::Uniform(Uniform::Float(None)) => Keyed::Unit(match column_type {
                ColumnType::Float64 => UniformColumn::new(keys, FloatWidth::F64),
                ColumnType::Float32 => UniformColumn::new(keys, FloatWidth::F32),
                _ => return Err(unfit()),
            }),
            Generator::Uniform(Uniform::Float(Some((min, max)))) => Keyed::Float(match column_type {
                ColumnType::Float64 => {
                    FloatColumn::Double { keys, draw: Double::Interval(Interval64::new(*min, *max)) }
                }
                ColumnType::Float32 => {
                    let interval = Interval32::new(*min as f32, *max as f32);
                    FloatColumn::Single { keys, draw: Single::Interval(interval) }
                }
                _ => return Err(unfit()),
            }),
            Generator::Bernoulli { probability } => {
                Keyed::Boolean(BooleanColumn { keys, event: Event::new(probability.threshold()) })
            }
            Generator::OneOf { values, weights } => {
                let mut thresholds = one_of_thresholds(values.len(), weights.as_deref());
                // What no threshold is above has the last value.
                thresholds.pop();
                listed(Source::Choice { keys, choice: Choice::new(thresholds) }, values)?
            }
            Generator::Mapping(mapping) => self.mapping(column, mapping)?,
            Generator::Sequence { start, step, jitter } => {
                sequence(keys, *start, *step, *jitter, column_type)
            }
            Generator::Unique { min, max } => {
                let order = stream.purpose("order").keys(self.seed);
                steps(*min, 1, Steps::Unique(Permutation::new(order, max.abs_diff(*min) + 1)))
            }
            Generator::Uuid => Keyed::Uuid(UuidColumn::of_stream(stream, self.seed), form()),
            Generator::Uuid7 { start_ms, per_second } => {
                Keyed::Uuid7(Uuid7Column::new(stream, self.seed, *start_ms, *per_second), form())
            }
            Generator::Constant(value) => listed(Source::Constant, std::slice::from_ref(value))?,
            Generator::Pattern(pattern) => Keyed::Pattern(PatternColumn::new(pattern, stream, self.seed)),
            Generator::Template(template) => {
                let part = |part: &TemplatePart<usize>| {
                    Ok(match part {
                        TemplatePart::Literal(text) => Part::Literal(text.clone()),
                        TemplatePart::Field { field: Field::Row, width } => Part::Row { width: *width },
                        TemplatePart::Field { field: Field::Column(number), width } => {
                            let column = self.column(*number)?;
                            if !column.has_texts() {
                                return Err(unfit());
                            }
                            Part::Column { column, width: *width }
                        }
                    })
                };
                Keyed::Template(TemplateColumn {
                    parts: template.parts.iter().map(part).collect::<Result<_, _>>()?,
                })
            }
            Generator::Distribution { distribution, bounds } => {
                self.distribution(column, keys, distribution, *bounds)?
            }
            Generator::Zipf { exponent, items } => {
                let zipf = Zipf::new(items.count(), *exponent);
                match items {
                    Items::Range { min, .. } => steps(*min, 1, Steps::Zipf { keys, zipf }),
                    Items::Values(values) => listed(Source::Zipf { keys, zipf }, values)?,
                }
            }
            Generator::Digested { .. } => return Err(ColumnError::UnknownValues(column.name.clone())),
            Generator::References { .. }
            | Generator::Children { .. }
            | Generator::Position { .. }
            | Generator::Lookup { .. } => return Err(ColumnError::OtherTable(column.name.clone())),
        })
    }

    fn mapping(&mut self, column: &Column, mapping: &Mapping) -> Result<Keyed, ColumnError> {
        let of = self.column(mapping.of)?;
        let mut values: Vec<Value> = Vec::new();
        let mut entries = Vec::with_capacity(mapping.entries.len());
        for (text, value) in &mapping.entries {
            let ordinal = of.ordinal_of(text);
            let ordinal = ordinal.ok_or_else(|| ColumnError::Mapping(column.name.clone(), text.clone()))?;
            // A dictionary holds each value once.
            let number = values.iter().position(|other| other == value).unwrap_or(values.len());
            if number == values.len() {
                values.push(value.clone());
            }
            entries.push((ordinal, number as u32));
        }
        let source = Source::Mapping { of, entries: Entries::new(entries) };
        let listed = ListedColumn::new(source, values, column.column_type.item());
        Ok(Keyed::Listed(listed.ok_or_else(|| ColumnError::Type(column.name.clone()))?))
    }

    fn distribution(
        &self,
        column: &Column,
        keys: Keys,
        distribution: &Distribution,
        bounds: Bounds,
    ) -> Result<Keyed, ColumnError> {
        let drawn = Drawn::new(distribution, bounds, column.column_type.item())
            .map_err(|error| ColumnError::Distribution(column.name.clone(), error))?;
        Ok(match (drawn, bounds) {
            (Some(Drawn::Floats(floats)), _) if *column.column_type.item() == ColumnType::Float64 => {
                Keyed::Float(FloatColumn::Double { keys, draw: Double::Distribution(floats) })
            }
            (Some(Drawn::Floats(floats)), _) => {
                Keyed::Float(FloatColumn::Single { keys, draw: Single::Distribution(floats) })
            }
            (Some(Drawn::Wholes(wholes)), Bounds::Whole { min, max }) => {
                match u64::try_from(max.abs_diff(min)) {
                    Ok(_) => steps(min, 1, Steps::Distribution { keys, wholes }),
                    Err(_) => Keyed::Whole(WholeColumn::Wide(Wide::Distribution { keys, wholes })),
                }
            }
            _ => return Err(ColumnError::Type(column.name.clone())),
        })
    }
}

fn steps(base: i128, step: i128, steps: Steps) -> Keyed {
    Keyed::Whole(WholeColumn::Steps { base, step, steps })
}

fn sequence(keys: Keys, start: i128, step: i128, jitter: i128, column_type: &ColumnType) -> Keyed {
    let limits = column_type.limits().unwrap_or((0, 0));
    match (u128::try_from(jitter), u64::try_from(step)) {
        // Less than one unit moves nothing.
        (Err(_) | Ok(0 | 1), _) => steps(start, step, Steps::Sequence),
        (Ok(jitter), Ok(step)) if limits.1.abs_diff(limits.0) <= u128::from(u64::MAX) => {
            steps(start, 1, Steps::Jittered { keys, step, below: Below::new(jitter) })
        }
        (Ok(jitter), _) => {
            Keyed::Whole(WholeColumn::Wide(Wide::Jittered { keys, start, step, below: Below::new(jitter) }))
        }
    }
}
