//! Values from a list: `one_of`, `zipf` over values, `mapping` and `constant`.
//!
//! What is drawn is the number of a value in the list, from 0; so these are the columns that a dictionary
//! suits.

use std::sync::Arc;

use arrow_array::{ArrayRef, UInt32Array};
use arrow_select::take::take;

use super::arrow::array_of;
use super::draws::Draws;
use super::float::order;
use super::indices::Indices;
use super::slots::{Range, Slot, fill_wide};
use super::texts::Texts;
use super::{ValueBounds, ValueColumn};
use crate::instructions::InstructionSet;
use crate::random::Keys;
use crate::random::choice::Choice;
use crate::random::zipf::Zipf;
use crate::schema::types::ColumnType;
use crate::schema::value::Value;

/// A column of values from a list.
#[derive(Clone, Debug)]
pub(super) struct ListedColumn {
    source: Source,
    column_type: ColumnType,
    values: Vec<Value>,
    array: ArrayRef,
    /// The place of each value in the order of all.
    ranks: Vec<u32>,
}

/// How the number of a value is found.
#[derive(Clone, Debug)]
pub(super) enum Source {
    Choice { keys: Keys, choice: Choice },
    Zipf { keys: Keys, zipf: Zipf },
    Constant,
    Mapping { of: Arc<ValueColumn>, entries: Entries },
}

/// The number of a value for each ordinal of another column, in ascending order of the ordinals.
#[derive(Clone, Debug)]
pub(super) struct Entries(Vec<(u64, u32)>);

impl Entries {
    pub(super) fn new(mut entries: Vec<(u64, u32)>) -> Self {
        entries.sort_unstable();
        Self(entries)
    }

    fn get(&self, ordinal: u64) -> u64 {
        // Ordinals of a list are numbered from 0 without a gap.
        let direct = usize::try_from(ordinal).ok().and_then(|place| self.0.get(place));
        if let Some(&(_, value)) = direct.filter(|entry| entry.0 == ordinal) {
            return value.into();
        }
        let place = self.0.binary_search_by_key(&ordinal, |entry| entry.0);
        let place = place.expect("a schema in which a value has no entry is refused");
        self.0[place].1.into()
    }
}

impl Draws for Source {
    type Value = u64;

    #[inline(always)]
    fn draw(&self, indices: Indices<'_>, values: &mut [u64]) {
        match self {
            Self::Choice { keys, choice } => {
                indices.words(*keys, values);
                choice.ordinals(values);
            }
            Self::Zipf { keys, zipf } => {
                indices.words(*keys, values);
                zipf.ordinals(values);
            }
            Self::Constant => values.fill(0),
            Self::Mapping { of, entries } => {
                for (value, ordinal) in values.iter_mut().zip(of.value_ordinals(indices)) {
                    *value = entries.get(ordinal);
                }
            }
        }
    }
}

impl ListedColumn {
    /// A column of `values`, which are some and all different; `None` if one is not of `column_type`.
    pub(super) fn new(source: Source, values: Vec<Value>, column_type: &ColumnType) -> Option<Self> {
        let mut sorted: Vec<u32> = (0..values.len() as u32).collect();
        sorted.sort_unstable_by(|a, b| compare(&values[*a as usize], &values[*b as usize]));
        let mut ranks = vec![0; values.len()];
        for (rank, number) in sorted.into_iter().enumerate() {
            ranks[number as usize] = rank as u32;
        }
        let array = array_of(&values, column_type)?;
        Some(Self { source, column_type: column_type.clone(), values, array, ranks })
    }

    /// The values as an array.
    pub(super) fn dictionary(&self) -> &ArrayRef {
        &self.array
    }

    /// Bytes of the values of `indices` together.
    pub(super) fn bytes_of(&self, indices: Indices<'_>) -> usize {
        let numbers = self.numbers(InstructionSet::best(), indices);
        numbers.into_iter().map(|number| self.values[number as usize].bytes()).sum()
    }

    /// The other column, if the values belong to those of one.
    pub(super) fn of(&self) -> Option<&ValueColumn> {
        match &self.source {
            Source::Mapping { of, .. } => Some(of),
            _ => None,
        }
    }

    /// Hands on the numbers of the values of `indices`, block by block.
    pub(super) fn for_each_number(
        &self,
        instructions: InstructionSet,
        indices: Indices<'_>,
        mut each: impl FnMut(&[u64]),
    ) {
        self.source.draw_blocks(instructions, indices, |_, numbers| each(numbers));
    }

    /// The most bytes that the text of a value has, as templates write it; of binary values, the value itself.
    pub(super) fn most_text_bytes(&self) -> usize {
        let bytes = |value: &Value| match value {
            Value::Binary(bytes) => bytes.len(),
            value => value.text(&self.column_type).unwrap_or_default().len(),
        };
        self.values.iter().map(bytes).max().unwrap_or(0)
    }

    /// The values in PLAIN encoding, texts and bytes without their length.
    pub(super) fn plain_values(&self) -> Vec<Vec<u8>> {
        self.values.iter().map(|value| plain_bytes(value, &self.column_type)).collect()
    }

    /// The numbers of the values of `indices`.
    pub(super) fn numbers(&self, instructions: InstructionSet, indices: Indices<'_>) -> Vec<u32> {
        let mut numbers = Vec::with_capacity(indices.len());
        self.source.draw_blocks(instructions, indices, |_, block| {
            numbers.extend(block.iter().map(|number| *number as u32));
        });
        numbers
    }

    /// The values of `indices` as an array.
    pub(super) fn array(&self, indices: Indices<'_>) -> ArrayRef {
        let numbers = UInt32Array::from(self.numbers(InstructionSet::best(), indices));
        take(&self.array, &numbers, None).expect("numbers of values that there are")
    }

    /// What other columns that depend on this one draw with instead of the row.
    pub(super) fn ordinals(&self, indices: Indices<'_>) -> Vec<u64> {
        let numbers = self.numbers(InstructionSet::best(), indices);
        let ordinal = |number: u32| match (&self.source, &self.values[number as usize]) {
            (Source::Choice { .. } | Source::Zipf { .. }, _) => number.into(),
            (_, Value::Whole(units)) => *units as u64,
            (_, Value::Bool(value)) => (*value).into(),
            _ => number.into(),
        };
        numbers.into_iter().map(ordinal).collect()
    }

    /// What each value of the list that is looked up by other columns has as its ordinal.
    pub(super) fn ordinal_of(&self, text: &str) -> Option<u64> {
        let is_text = |value: &Value| value.text(&self.column_type).as_deref() == Some(text);
        let number = self.values.iter().position(is_text)?;
        Some(match (&self.source, &self.values[number]) {
            (Source::Choice { .. } | Source::Zipf { .. }, _) => number as u64,
            (_, Value::Whole(units)) => *units as u64,
            (_, Value::Bool(value)) => (*value).into(),
            _ => number as u64,
        })
    }

    /// Fills the slots of a PLAIN-encoded page and returns the range of the values' ranks.
    pub(super) fn fill_plain(
        &self,
        instructions: InstructionSet,
        indices: Indices<'_>,
        plain: &mut [u8],
    ) -> Range {
        let numbers = self.numbers(instructions, indices);
        let table = self.plain_values();
        for (slot, number) in plain.chunks_exact_mut(table[0].len()).zip(&numbers) {
            slot.copy_from_slice(&table[*number as usize]);
        }
        self.range(numbers)
    }

    /// The range of the ranks of the values with these numbers.
    pub(super) fn range(&self, numbers: impl IntoIterator<Item = u32>) -> Range {
        let mut range = Range::NONE;
        for number in numbers {
            range.include(self.ranks[number as usize].into());
        }
        range
    }

    /// The values of a range of ranks, as statistics hold them.
    pub(super) fn bounds(&self, range: Range) -> ValueBounds {
        let value = |rank: i128, zero: f64| {
            let number = self.ranks.iter().position(|&other| i128::from(other) == rank).unwrap_or(0);
            match &self.values[number] {
                Value::Float(0.0) => plain_bytes(&Value::Float(zero), &self.column_type),
                value => plain_bytes(value, &self.column_type),
            }
        };
        ValueBounds { min: value(range.min, -0.0), max: value(range.max, 0.0) }
    }

    /// The texts of the values of `indices`, as templates write them.
    pub(super) fn texts(&self, indices: Indices<'_>, width: usize) -> Texts {
        let mut table = Texts::with_capacity(self.values.len(), 8);
        for value in &self.values {
            table.push(&value.text(&self.column_type).unwrap_or_default());
            table.end_padded(width);
        }
        let mut texts = Texts::with_capacity(indices.len(), 8);
        for number in self.numbers(InstructionSet::best(), indices) {
            texts.push_from(&table, number as usize);
            texts.end();
        }
        texts
    }
}

/// A value in PLAIN encoding, texts and bytes without their length.
fn plain_bytes(value: &Value, column_type: &ColumnType) -> Vec<u8> {
    match value {
        Value::Bool(value) => vec![u8::from(*value)],
        Value::Whole(units) => {
            let slot = Slot::in_parquet(column_type);
            let mut bytes = vec![0; slot.bytes()];
            fill_wide(std::iter::once(*units), slot, &mut bytes);
            bytes
        }
        Value::Float(value) if *column_type == ColumnType::Float32 => (*value as f32).to_le_bytes().to_vec(),
        Value::Float(value) => value.to_le_bytes().to_vec(),
        Value::Text(text) => text.clone().into_bytes(),
        Value::Binary(bytes) => bytes.clone(),
        Value::Uuid(id) => id.to_be_bytes().to_vec(),
    }
}

/// The order of values of one type, as Parquet's statistics have it.
fn compare(a: &Value, b: &Value) -> std::cmp::Ordering {
    match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Whole(a), Value::Whole(b)) => a.cmp(b),
        (Value::Float(a), Value::Float(b)) => order(*a).cmp(&order(*b)),
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        (Value::Binary(a), Value::Binary(b)) => a.cmp(b),
        (Value::Uuid(a), Value::Uuid(b)) => a.cmp(b),
        _ => std::cmp::Ordering::Equal,
    }
}
