//! From the columns of a schema to columns that make values.

use std::sync::Arc;

use super::boolean::BooleanColumn;
use super::float::{Double, FloatColumn, Single};
use super::listed::{Entries, ListedColumn, Source};
use super::parents::ParentRows;
use super::pattern::PatternColumn;
use super::taken::Taken;
use super::template::{Part, TemplateColumn};
use super::uniform::UniformColumn;
use super::uuid::UuidColumn;
use super::uuid7::Uuid7Column;
use super::value_column::{Base, Keyed, Lists, ValueColumn};
use super::whole::{Steps, WholeColumn, Wide};
use crate::random::choice::Choice;
use crate::random::distribution::{Distribution, DistributionError};
use crate::random::draw::{Below, Event, Interval32, Interval64};
use crate::random::permutation::Permutation;
use crate::random::zipf::{MOST_RANKS, Zipf};
use crate::random::{Keys, Stream};
use crate::schema::column::{Column, Schema, Table};
use crate::schema::generator::{
    Bounds, Drawn, Generator, Items, Mapping, ParentColumn, Pick, Uniform, one_of_thresholds,
};
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
    /// A column whose values are not known.
    #[error("column {0:?}: only the digest of the values is known")]
    UnknownValues(String),
    /// A column that refers to rows of a table of which it is not known how many there are.
    #[error("column {0:?}: the number of rows that it refers to is not known; give the table its rows")]
    RowCount(String),
    /// A column that refers to more rows by rank than have ranks.
    #[error("column {0:?}: zipf picks from at most {MOST_RANKS} rows; choose uniform")]
    TooManyRanks(String),
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
    /// All columns of all tables of `schema`, in order, with their keys. `row_counts` are the rows of each table, as far
    /// as they are known.
    ///
    /// # Errors
    ///
    /// If one of them cannot make values.
    pub fn of_schema(
        schema: &Schema,
        row_counts: &[Option<u64>],
    ) -> Result<Vec<Vec<Arc<Self>>>, ColumnError> {
        let states = schema.tables.iter().map(|table| vec![State::Unbuilt; table.columns.len()]).collect();
        let mut built = Builder { schema, row_counts, states };
        let columns = |(number, table): (usize, &Table)| {
            let of = |column| ParentColumn { table: number, column };
            (0..table.columns.len()).map(|column| built.column(of(column))).collect()
        };
        schema.tables.iter().enumerate().map(columns).collect()
    }
}

/// Columns are built after those that they need.
struct Builder<'a> {
    schema: &'a Schema,
    row_counts: &'a [Option<u64>],
    states: Vec<Vec<State>>,
}

#[derive(Clone)]
enum State {
    Unbuilt,
    Building,
    Built(Arc<ValueColumn>),
}

impl Builder<'_> {
    fn column(&mut self, of: ParentColumn) -> Result<Arc<ValueColumn>, ColumnError> {
        let column = &self.schema.tables[of.table].columns[of.column];
        match &self.states[of.table][of.column] {
            State::Built(column) => return Ok(Arc::clone(column)),
            State::Building => return Err(ColumnError::Circle(column.name.clone())),
            State::Unbuilt => self.states[of.table][of.column] = State::Building,
        }
        let built = Arc::new(self.build(of, column)?);
        self.states[of.table][of.column] = State::Built(Arc::clone(&built));
        Ok(built)
    }

    fn build(&mut self, of: ParentColumn, column: &Column) -> Result<ValueColumn, ColumnError> {
        let seed = self.schema.seed;
        let stream = Stream::of_column(self.schema.tables[of.table].name.as_deref(), &column.name);
        let nulls = column.nulls.as_ref().map(|nulls| BooleanColumn {
            keys: stream.purpose("null").keys(seed),
            event: Event::new(nulls.threshold()),
        });
        if let Some(taken) = self.taken(of, column, &stream)? {
            let ValueColumn { column_type, generator, lists, .. } = (*taken.of).clone();
            return Ok(ValueColumn { column_type, generator, base: Base::Taken(taken), nulls, lists });
        }
        let base =
            column.depends_on.map(|base| self.column(ParentColumn { column: base, ..of })).transpose()?;
        let lists = column.lengths.map(|lengths| Lists {
            keys: stream.purpose("length").keys(seed),
            lengths,
            below: Below::new(u128::from(lengths.max - lengths.min) + 1),
        });
        let stream = if lists.is_some() { stream.purpose("item") } else { stream };
        if base.as_ref().is_some_and(|base| !base.has_ordinals()) {
            return Err(ColumnError::Type(column.name.clone()));
        }
        let base = base.map_or(Base::Rows, Base::Ordinals);
        let generator = self.generator(of, column, &stream)?;
        if !generator.fits(column.column_type.item()) || lists.is_some() != column.column_type.is_list() {
            return Err(ColumnError::Type(column.name.clone()));
        }
        Ok(ValueColumn { column_type: column.column_type.clone(), generator, base, nulls, lists })
    }

    /// Whose values `column` has, and in which rows, if they are another column's.
    fn taken(
        &mut self,
        own: ParentColumn,
        column: &Column,
        stream: &Stream,
    ) -> Result<Option<Taken>, ColumnError> {
        let rows =
            |table: usize| self.row_counts[table].ok_or_else(|| ColumnError::RowCount(column.name.clone()));
        let keys = stream.keys(self.schema.seed);
        // A table without rows is referred to by tables without rows, whose values are never drawn.
        let (rows, reference, of) = match &column.generator {
            Generator::References { of, pick } => {
                let parents = rows(of.table)?.max(1);
                let rows = match *pick {
                    Pick::Uniform => ParentRows::Uniform { keys, below: Below::new(parents.into()) },
                    Pick::Zipf { .. } if parents > MOST_RANKS => {
                        return Err(ColumnError::TooManyRanks(column.name.clone()));
                    }
                    Pick::Zipf { exponent, scatter } => {
                        let order = stream.purpose("scatter").keys(self.schema.seed);
                        let scatter = scatter.then(|| Permutation::new(order, parents.into()));
                        ParentRows::Zipf { keys, zipf: Zipf::new(parents, exponent), scatter }
                    }
                    Pick::InOrder => ParentRows::InOrder { parents, rows: rows(own.table)?.max(1) },
                };
                (Arc::new(rows), None, of)
            }
            Generator::Children { of, .. } => {
                let groups = self.schema.groups(own.table, own.column);
                let groups = groups.ok_or_else(|| ColumnError::Type(column.name.clone()))?;
                (Arc::new(ParentRows::Children(groups)), None, of)
            }
            Generator::Lookup { reference, of } => {
                let reference = self.column(ParentColumn { column: *reference, ..own })?;
                let pointed = reference.pointed_rows();
                let rows = pointed.ok_or_else(|| ColumnError::Type(column.name.clone()))?;
                (rows, Some(reference), of)
            }
            _ => return Ok(None),
        };
        let parents = self.row_counts[of.table];
        Ok(Some(Taken { rows, reference, of: self.column(*of)?, parents }))
    }

    fn generator(
        &mut self,
        of: ParentColumn,
        column: &Column,
        stream: &Stream,
    ) -> Result<Keyed, ColumnError> {
        let seed = self.schema.seed;
        let beside = |number: usize| ParentColumn { column: number, ..of };
        let keys = stream.keys(seed);
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
            Generator::Mapping(mapping) => self.mapping(beside(mapping.of), column, mapping)?,
            Generator::Sequence { start, step, jitter } => {
                sequence(keys, *start, *step, *jitter, column_type)
            }
            Generator::Unique { min, max } => {
                let order = stream.purpose("order").keys(seed);
                steps(*min, 1, Steps::Unique(Permutation::new(order, max.abs_diff(*min) + 1)))
            }
            Generator::Uuid => Keyed::Uuid(UuidColumn::of_stream(stream, seed), form()),
            Generator::Uuid7 { start_ms, per_second } => {
                Keyed::Uuid7(Uuid7Column::new(stream, seed, *start_ms, *per_second), form())
            }
            Generator::Constant(value) => listed(Source::Constant, std::slice::from_ref(value))?,
            Generator::Pattern(pattern) => Keyed::Pattern(PatternColumn::new(pattern, stream, seed)),
            Generator::Template(template) => {
                let part = |part: &TemplatePart<usize>| {
                    Ok(match part {
                        TemplatePart::Literal(text) => Part::Literal(text.clone()),
                        TemplatePart::Field { field: Field::Row, width } => Part::Row { width: *width },
                        TemplatePart::Field { field: Field::Column(number), width } => {
                            let column = self.column(beside(*number))?;
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
            Generator::Position { of: children } => {
                let groups = self.schema.groups(of.table, *children).ok_or_else(unfit)?;
                steps(0, 1, Steps::Position(groups))
            }
            Generator::References { .. } | Generator::Children { .. } | Generator::Lookup { .. } => {
                unreachable!("the generator of another column")
            }
        })
    }

    fn mapping(
        &mut self,
        of: ParentColumn,
        column: &Column,
        mapping: &Mapping,
    ) -> Result<Keyed, ColumnError> {
        let of = self.column(of)?;
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
