//! A column of any type and generator: from rows to values, and back where that is possible.
//!
//! Nulls, lists and dependence wrap every generator in the same way: what differs is only which numbers
//! the generator draws with.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, FixedSizeListArray, ListArray};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::extension::Uuid as UuidExtension;
use arrow_schema::{DataType, Field};

use super::arrow::{data_type, fixed_length, fixed_width_array, item_field, with_nulls};
use super::boolean::BooleanColumn;
use super::bounds::{ValueBounds, WordBounds};
use super::float::{FloatColumn, float_of_order};
use super::ids::{BINARY_BYTES, Ids, PLAIN_TEXT_BYTES, TEXT_BYTES, id_of_text};
use super::indices::Indices;
use super::listed::ListedColumn;
use super::parents::ParentRows;
use super::pattern::PatternColumn;
use super::slots::{Range, Slot, fill_wide};
use super::taken::Taken;
use super::template::TemplateColumn;
use super::texts::Texts;
use super::uniform::UniformColumn;
use super::uuid::UuidColumn;
use super::uuid7::Uuid7Column;
use super::whole::WholeColumn;
use crate::instructions::InstructionSet;
use crate::random::Keys;
use crate::random::draw::Below;
use crate::rows::RowRange;
use crate::schema::IdForm;
use crate::schema::column::Lengths;
use crate::schema::types::ColumnType;
use crate::schema::value::whole_text;

/// A column ready to make values: a generator with its keys, and what wraps it.
#[derive(Clone, Debug)]
pub struct ValueColumn {
    pub(super) column_type: ColumnType,
    pub(super) generator: Keyed,
    pub(super) base: Base,
    pub(super) nulls: Option<BooleanColumn>,
    pub(super) lists: Option<Lists>,
}

/// What stands for the rows when values are drawn.
#[derive(Clone, Debug)]
pub(super) enum Base {
    /// Their numbers.
    Rows,
    /// The ordinals of another column.
    Ordinals(Arc<ValueColumn>),
    /// What stands there for rows of another table: the generator is that of the other table's column.
    Taken(Taken),
}

/// A generator with its keys: of a list's elements, if the column is a list.
#[derive(Clone, Debug)]
pub(super) enum Keyed {
    Whole(WholeColumn),
    Unit(UniformColumn),
    Float(FloatColumn),
    Boolean(BooleanColumn),
    Listed(ListedColumn),
    Uuid(UuidColumn, IdForm),
    Uuid7(Uuid7Column, IdForm),
    Pattern(PatternColumn),
    Template(TemplateColumn),
}

impl Keyed {
    /// Whether the values are of `column_type`.
    pub(super) fn fits(&self, column_type: &ColumnType) -> bool {
        match self {
            Self::Whole(_) => column_type.is_whole(),
            Self::Unit(unit) => *column_type == unit.width().column_type(),
            Self::Float(FloatColumn::Double { .. }) => *column_type == ColumnType::Float64,
            Self::Float(FloatColumn::Single { .. }) => *column_type == ColumnType::Float32,
            Self::Boolean(_) => *column_type == ColumnType::Bool,
            // Its values are of the type for which it was made.
            Self::Listed(_) => true,
            Self::Uuid(_, IdForm::Text) | Self::Uuid7(_, IdForm::Text) => *column_type == ColumnType::Text,
            Self::Uuid(_, IdForm::Binary) | Self::Uuid7(_, IdForm::Binary) => {
                *column_type == ColumnType::Uuid
            }
            Self::Pattern(_) | Self::Template(_) => *column_type == ColumnType::Text,
        }
    }
}

impl Keyed {
    /// Bytes of an average text or byte string in PLAIN encoding.
    fn mean_text_bytes(&self) -> u64 {
        /// How many rows stand for all.
        const SAMPLE: usize = 256;
        let sample = Indices::Run { first: 0, count: SAMPLE };
        let texts = match self {
            Self::Listed(listed) => listed.bytes_of(sample),
            Self::Pattern(pattern) => pattern.texts(InstructionSet::best(), sample).bytes(),
            Self::Template(template) => template.texts(sample).bytes(),
            _ => 0,
        };
        4 + (texts as u64).div_ceil(SAMPLE as u64)
    }
}

/// How long lists are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lists {
    pub(super) keys: Keys,
    pub(super) lengths: Lengths,
    pub(super) below: Below,
}

/// A value by which a row may be known again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyValue<'a> {
    /// Of a whole-number type, in units.
    Whole(i128),
    /// An id: the 16 bytes as a number, the first one highest.
    Uuid(u128),
    /// A text.
    Text(&'a str),
}

/// The smallest and the largest value of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PageBounds {
    /// As numbers that are ordered as the values are; [`ValueColumn::value_bounds`] gives the values.
    Numbers(Range),
    /// As texts; none if there are no values.
    Texts(Option<(Vec<u8>, Vec<u8>)>),
}

impl ValueColumn {
    /// The type.
    pub fn column_type(&self) -> &ColumnType {
        &self.column_type
    }

    /// The type of the arrays.
    pub fn data_type(&self) -> DataType {
        data_type(&self.column_type, self.lengths())
    }

    /// The column as a field of an Arrow schema.
    pub fn field(&self, name: &str) -> Field {
        let field = Field::new(name, self.data_type(), self.is_nullable());
        match self.column_type {
            ColumnType::Uuid => field.with_extension_type(UuidExtension),
            _ => field,
        }
    }

    /// Whether values can be null.
    pub fn is_nullable(&self) -> bool {
        self.nulls.is_some()
            || match (&self.base, &self.generator) {
                (Base::Taken(taken), _) => taken.is_nullable(),
                (_, Keyed::Listed(listed)) => listed.of().is_some_and(Self::is_nullable),
                (_, Keyed::Template(template)) => template.is_nullable(),
                _ => false,
            }
    }

    /// The values of consecutive rows.
    ///
    /// # Panics
    ///
    /// If they are texts of 2 GiB or more.
    pub fn array(&self, rows: RowRange) -> ArrayRef {
        self.array_of(rows.into())
    }

    /// The values of any rows, in this order.
    ///
    /// # Panics
    ///
    /// If they are texts of 2 GiB or more.
    pub fn take(&self, rows: &[u64]) -> ArrayRef {
        self.array_of(rows.into())
    }

    fn array_of(&self, rows: Indices<'_>) -> ArrayRef {
        let numbers = self.drawn_with(rows);
        let values = match self.lists {
            Some(lists) => self.list_array(lists, numbers.as_indices()),
            None => self.item_array(numbers.as_indices()),
        };
        with_nulls(values, self.nulls(rows))
    }

    /// Which rows are not null; `None` if no row can be.
    pub fn nulls(&self, rows: Indices<'_>) -> Option<NullBuffer> {
        let inherited = match (&self.base, &self.generator) {
            (Base::Taken(taken), _) => taken.nulls(rows),
            (_, Keyed::Listed(listed)) => listed.of().and_then(|of| of.nulls(rows)),
            (_, Keyed::Template(template)) => template.nulls(rows),
            _ => None,
        };
        let own = self.nulls.map(|nulls| {
            let mut bits = vec![0; rows.len().div_ceil(8)];
            nulls.fill(InstructionSet::best(), rows, &mut bits);
            NullBuffer::new(!&BooleanBuffer::new(Buffer::from(bits), 0, rows.len()))
        });
        NullBuffer::union(inherited.as_ref(), own.as_ref())
    }

    /// Whether other columns can depend on this one.
    pub(super) fn has_ordinals(&self) -> bool {
        match &self.base {
            Base::Taken(Taken { reference: None, .. }) => true,
            Base::Taken(taken) => taken.of.has_ordinals(),
            _ => {
                self.lists.is_none()
                    && matches!(self.generator, Keyed::Whole(_) | Keyed::Listed(_) | Keyed::Boolean(_))
            }
        }
    }

    /// Whether templates can put the values into texts.
    pub(super) fn has_texts(&self) -> bool {
        use ColumnType::{Binary, Float32, Float64, List};
        !matches!(self.column_type, Float32 | Float64 | Binary | List(_))
    }

    /// The numbers that the values of `rows` are drawn with; of lists, that their lengths are drawn with.
    pub fn drawn_with<'a>(&self, rows: Indices<'a>) -> Numbers<'a> {
        match &self.base {
            Base::Rows => Numbers::Rows(rows),
            Base::Ordinals(base) => Numbers::Owned(base.ordinals(rows)),
            Base::Taken(taken) => taken.drawn_with(rows),
        }
    }

    /// Whether values are drawn with the numbers of their rows.
    pub(super) fn draws_with_rows(&self) -> bool {
        matches!(self.base, Base::Rows)
    }

    /// The rows of another table in which the values stand, if they do.
    pub(super) fn parent_rows(&self) -> Option<&Arc<ParentRows>> {
        if let Base::Taken(taken) = &self.base { Some(&taken.rows) } else { None }
    }

    /// The rows of a table that the values point to: where the values stand, unless they were looked up. Then they are
    /// those that the column points to which was looked up.
    pub(super) fn pointed_rows(&self) -> Option<Arc<ParentRows>> {
        match &self.base {
            Base::Taken(Taken { rows, reference: None, .. }) => Some(Arc::clone(rows)),
            Base::Taken(Taken { rows, of, .. }) => {
                let (first, then) = (Arc::clone(rows), of.pointed_rows()?);
                Some(Arc::new(ParentRows::Through { first, then }))
            }
            _ => None,
        }
    }

    /// The rows of another table in which the values of `rows` stand; `None` if the values are the column's own.
    pub fn parents(&self, rows: Indices<'_>) -> Option<Vec<u64>> {
        Some(self.parent_rows()?.of(rows))
    }

    /// The rows that are the children of row `parent` of another table; `None` if the column is no `children` column.
    pub fn children(&self, parent: u64) -> Option<RowRange> {
        let (first, count) = self.parent_rows()?.groups()?.children(parent)?;
        RowRange::new(first, count)
    }

    /// The column of another table whose values identify the rows that this one refers to, and how many rows that table
    /// has; `None` if there is no such column.
    pub fn parent_key(&self) -> Option<(&Arc<ValueColumn>, u64)> {
        match &self.base {
            Base::Taken(Taken { of, reference: None, parents, .. }) if of.is_identifying() => {
                Some((of, (*parents)?))
            }
            _ => None,
        }
    }

    /// How many elements each list has, if the values are lists.
    pub fn lengths(&self) -> Option<Lengths> {
        self.lists.map(|lists| lists.lengths)
    }

    /// What columns that depend on this one draw with instead of `rows`. It does not matter which values are
    /// null.
    pub(super) fn ordinals(&self, rows: Indices<'_>) -> Vec<u64> {
        match &self.base {
            Base::Taken(taken) => taken.ordinals(rows),
            _ => self.value_ordinals(rows),
        }
    }

    /// The numbers that stand for the values of `rows`, of which there are few or which are whole numbers.
    pub(super) fn value_ordinals(&self, rows: Indices<'_>) -> Vec<u64> {
        let numbers = self.drawn_with(rows);
        match &self.generator {
            Keyed::Whole(whole) => whole.ordinals(numbers.as_indices()),
            Keyed::Listed(listed) => listed.ordinals(numbers.as_indices()),
            Keyed::Boolean(boolean) => {
                let mut bits = vec![0; rows.len().div_ceil(8)];
                boolean.fill(InstructionSet::best(), numbers.as_indices(), &mut bits);
                let bit = |index: usize| u64::from(bits[index / 8] >> (index % 8) & 1);
                (0..rows.len()).map(bit).collect()
            }
            _ => unreachable!("a column of {} has no ordinals", self.column_type),
        }
    }

    /// The ordinal of the value with this text; `None` if there is none.
    pub(super) fn ordinal_of(&self, text: &str) -> Option<u64> {
        match &self.generator {
            Keyed::Whole(whole) => text.parse().ok().map(|units| whole.ordinal_of(units)),
            Keyed::Listed(listed) => listed.ordinal_of(text),
            Keyed::Boolean(_) => text.parse().ok().map(|value: bool| value.into()),
            _ => None,
        }
    }

    /// The values as an array, of lists their elements, given by the numbers that they are drawn with.
    ///
    /// # Panics
    ///
    /// If they are texts of 2 GiB or more.
    pub fn item_array(&self, numbers: Indices<'_>) -> ArrayRef {
        let instructions = InstructionSet::best();
        let count = numbers.len();
        let item_type = self.column_type.item();
        match &self.generator {
            Keyed::Whole(whole) => {
                let slot = Slot::in_arrow(item_type);
                fixed_width_array(data_type(item_type, None), count, slot.bytes(), |slots| {
                    whole.fill(instructions, numbers, slot, slots);
                })
            }
            Keyed::Unit(unit) => {
                fixed_width_array(data_type(item_type, None), count, unit.width().bytes(), |slots| {
                    unit.fill(instructions, numbers, slots);
                })
            }
            Keyed::Float(float) => {
                fixed_width_array(data_type(item_type, None), count, float.bytes(), |slots| {
                    float.fill(instructions, numbers, slots);
                })
            }
            Keyed::Boolean(boolean) => {
                let mut bits = vec![0; count.div_ceil(8)];
                boolean.fill(instructions, numbers, &mut bits);
                Arc::new(BooleanArray::new(BooleanBuffer::new(Buffer::from(bits), 0, count), None))
            }
            Keyed::Listed(listed) => listed.array(numbers),
            Keyed::Uuid(ids, form) => Ids::array(*ids, *form, numbers),
            Keyed::Uuid7(ids, form) => Ids::array(*ids, *form, numbers),
            Keyed::Pattern(pattern) => pattern.texts(instructions, numbers).into_array(),
            Keyed::Template(template) => template.texts(numbers).into_array(),
        }
    }

    fn list_array(&self, lists: Lists, numbers: Indices<'_>) -> ArrayRef {
        let field = Arc::new(item_field(self.column_type.item()));
        let (offsets, items) = lists.items(numbers);
        let items = self.item_array(items.as_indices());
        match fixed_length(lists.lengths) {
            Some(length) => Arc::new(FixedSizeListArray::new(field, length, items, None)),
            None => {
                let offsets: Vec<i32> = offsets.iter().map(|offset| *offset as i32).collect();
                Arc::new(ListArray::new(field, OffsetBuffer::new(ScalarBuffer::from(offsets)), items, None))
            }
        }
    }

    /// The values of which there are few, each once, as an array; `None` if they do not come from a list.
    ///
    /// [`numbers`](Self::numbers) gives the place of each value there. Both are here for tests and benches, which tell
    /// the choice from what is made of it.
    #[doc(hidden)]
    pub fn dictionary(&self) -> Option<&ArrayRef> {
        match &self.generator {
            Keyed::Listed(listed) if self.lists.is_none() => Some(listed.dictionary()),
            _ => None,
        }
    }

    /// For each row the place of its value in the [`dictionary`](Self::dictionary); of nulls, of the value beneath.
    ///
    /// # Panics
    ///
    /// If there is no dictionary.
    #[doc(hidden)]
    pub fn numbers(&self, instructions: InstructionSet, rows: Indices<'_>) -> Vec<u32> {
        match &self.generator {
            Keyed::Listed(listed) if self.lists.is_none() => {
                listed.numbers(instructions, self.drawn_with(rows).as_indices())
            }
            _ => panic!("a column of {} has no dictionary", self.column_type),
        }
    }

    /// How many values, or elements of lists, the generator chooses from, if it draws their numbers; each number
    /// stands for another value.
    pub fn choices(&self) -> Option<u128> {
        match &self.generator {
            Keyed::Whole(whole) => whole.choices(),
            Keyed::Listed(listed) => Some(listed.dictionary().len() as u128),
            _ => None,
        }
    }

    /// What the generator chooses from, in PLAIN encoding but without the lengths of texts and bytes. The numbers of
    /// the choices are their places here.
    ///
    /// # Panics
    ///
    /// If the generator does not choose by number.
    pub fn plain_choices(&self) -> Vec<Vec<u8>> {
        match (&self.generator, self.choices()) {
            (Keyed::Listed(listed), _) => listed.plain_values(),
            (Keyed::Whole(whole), Some(choices)) => {
                let slot = Slot::in_parquet(self.column_type.item());
                let plain = |steps| {
                    let mut bytes = vec![0; slot.bytes()];
                    fill_wide(std::iter::once(whole.of_steps(steps)), slot, &mut bytes);
                    bytes
                };
                (0..choices as u64).map(plain).collect()
            }
            _ => panic!("a column of {} has no choices", self.column_type),
        }
    }

    /// Hands on the numbers of the choices, block by block, of values or elements given by the numbers that they are
    /// drawn with.
    ///
    /// # Panics
    ///
    /// If the generator does not choose by number.
    pub fn for_each_choice(
        &self,
        instructions: InstructionSet,
        items: Indices<'_>,
        each: impl FnMut(&[u64]),
    ) {
        match &self.generator {
            Keyed::Whole(whole) => whole.for_each_steps(instructions, items, each),
            Keyed::Listed(listed) => listed.for_each_number(instructions, items, each),
            _ => panic!("a column of {} has no choices", self.column_type),
        }
    }

    /// The bounds of the values that the choices with these numbers are.
    ///
    /// # Panics
    ///
    /// If the generator does not choose by number.
    pub fn bounds_of_choices(&self, numbers: impl IntoIterator<Item = u64>) -> PageBounds {
        PageBounds::Numbers(match &self.generator {
            Keyed::Whole(whole) => numbers.into_iter().fold(Range::NONE, |mut range, steps| {
                range.include(whole.of_steps(steps));
                range
            }),
            Keyed::Listed(listed) => listed.range(numbers.into_iter().map(|number| number as u32)),
            _ => panic!("a column of {} has no choices", self.column_type),
        })
    }

    /// Bytes of a value in PLAIN encoding, of a list of one element; `None` if they differ, or are bits.
    pub fn plain_bytes(&self) -> Option<usize> {
        match &self.generator {
            Keyed::Whole(_) => Some(Slot::in_parquet(self.column_type.item()).bytes()),
            Keyed::Unit(unit) => Some(unit.width().bytes()),
            Keyed::Float(float) => Some(float.bytes()),
            Keyed::Listed(_) => match self.column_type.item() {
                ColumnType::Float32 => Some(4),
                ColumnType::Float64 => Some(8),
                ColumnType::Uuid => Some(BINARY_BYTES),
                whole if whole.is_whole() => Some(Slot::in_parquet(whole).bytes()),
                _ => None,
            },
            Keyed::Uuid(_, form) | Keyed::Uuid7(_, form) => Some(match form {
                IdForm::Binary => BINARY_BYTES,
                IdForm::Text => PLAIN_TEXT_BYTES,
            }),
            Keyed::Pattern(pattern) => pattern.text_bytes().map(|bytes| 4 + bytes),
            Keyed::Boolean(_) | Keyed::Template(_) => None,
        }
    }

    /// Bytes of a value in PLAIN encoding, rounded up; of an average one, if they differ. At least 1.
    ///
    /// It depends on nothing but the description of the column.
    pub fn mean_plain_bytes(&self) -> u64 {
        let elements =
            self.lists.map_or(1, |Lists { lengths: Lengths { min, max }, .. }| min + (max - min) / 2);
        let item_bytes = match (self.plain_bytes(), &self.generator) {
            (Some(bytes), _) => bytes as u64,
            (None, Keyed::Boolean(_)) => return elements.div_ceil(8).max(1),
            (None, generator) => generator.mean_text_bytes(),
        };
        elements.saturating_mul(item_bytes).max(1)
    }

    /// The most rows whose values surely fit into an Arrow array.
    pub fn max_array_rows(&self) -> u64 {
        // Offsets have 32 bits, those of texts and those of elements.
        let most = match self.column_type.item() {
            ColumnType::Text | ColumnType::Binary => i32::MAX as u64 / (self.most_text_bytes() as u64).max(1),
            _ if self.lists.is_some() => i32::MAX as u64,
            // Nothing else has more than 16 bytes.
            _ => isize::MAX as u64 / 16,
        };
        most / self.most_items().max(1)
    }

    /// What makes the ids, if the column is one of UUIDs of version 4 by row.
    pub fn as_uuids(&self) -> Option<&UuidColumn> {
        match &self.generator {
            Keyed::Uuid(ids, _) if self.is_identifying() => Some(ids),
            _ => None,
        }
    }

    /// What makes the numbers, if the column is one of uniform floats in [0, 1) by row.
    pub fn as_unit_floats(&self) -> Option<&UniformColumn> {
        match &self.generator {
            Keyed::Unit(unit) if self.nulls.is_none() && self.draws_with_rows() && self.lists.is_none() => {
                Some(unit)
            }
            _ => None,
        }
    }

    /// Whether the values, or the elements of lists, are ids: of type uuid, or their texts.
    pub fn holds_ids(&self) -> bool {
        matches!(self.generator, Keyed::Uuid(..) | Keyed::Uuid7(..))
            || *self.column_type.item() == ColumnType::Uuid
    }

    /// Fills `plain` with the values of `rows` in PLAIN encoding, whether they are null or not, and returns their
    /// bounds. Each value has [`plain_bytes`](Self::plain_bytes); booleans, which have none, one bit.
    ///
    /// A page with nulls holds no values for them: list the rows that are not null. A page of lists holds their
    /// elements: see [`items`](Self::items).
    ///
    /// # Panics
    ///
    /// If values have different numbers of bytes, or `plain` is not as long as they are, or the column is a list.
    pub fn fill_plain(
        &self,
        instructions: InstructionSet,
        rows: Indices<'_>,
        plain: &mut [u8],
    ) -> PageBounds {
        assert!(self.lists.is_none(), "the values of lists are their elements");
        self.fill_plain_items(instructions, self.drawn_with(rows).as_indices(), plain)
    }

    /// The same for elements of lists, given by the numbers that they are drawn with.
    ///
    /// # Panics
    ///
    /// If values have different numbers of bytes, or `plain` is not as long as they are.
    pub fn fill_plain_items(
        &self,
        instructions: InstructionSet,
        items: Indices<'_>,
        plain: &mut [u8],
    ) -> PageBounds {
        let bytes = self.plain_bytes().map_or(items.len().div_ceil(8), |bytes| bytes * items.len());
        assert_eq!(plain.len(), bytes, "a page of {} values of {}", items.len(), self.column_type);
        PageBounds::Numbers(match &self.generator {
            Keyed::Whole(whole) => {
                whole.fill(instructions, items, Slot::in_parquet(self.column_type.item()), plain)
            }
            Keyed::Unit(unit) => unit.fill(instructions, items, plain).into(),
            Keyed::Float(float) => float.fill(instructions, items, plain),
            Keyed::Boolean(boolean) => {
                let set = boolean.fill(instructions, items, plain);
                match (set, items.len()) {
                    (_, 0) => Range::NONE,
                    (set, count) => Range { min: (set == count).into(), max: (set > 0).into() },
                }
            }
            Keyed::Listed(listed) => listed.fill_plain(instructions, items, plain),
            Keyed::Uuid(ids, form) => Ids::fill_plain(*ids, *form, instructions, items, plain).into(),
            Keyed::Uuid7(ids, form) => Ids::fill_plain(*ids, *form, instructions, items, plain).into(),
            Keyed::Pattern(pattern) => {
                let width = pattern.text_bytes().expect("texts of one width, as was asserted");
                pattern.fill(instructions, items, &(width as u32).to_le_bytes(), plain);
                return PageBounds::Texts(pattern.bounds(4, plain));
            }
            Keyed::Template(_) => unreachable!("texts of different widths, as was asserted"),
        })
    }

    /// Whether the values are lists, and not all of the same length.
    pub fn has_varying_lengths(&self) -> bool {
        self.lists.is_some_and(|lists| lists.lengths.min != lists.lengths.max)
    }

    /// The most values that a row has: elements, if it is a list.
    pub fn most_items(&self) -> u64 {
        self.lists.map_or(1, |lists| lists.lengths.max)
    }

    /// The most bytes that the text of a value has, as templates write it; of binary values, the value itself.
    ///
    /// # Panics
    ///
    /// If the values are floats.
    pub fn most_text_bytes(&self) -> usize {
        match &self.generator {
            // 38 digits with a sign and a point are the longest.
            Keyed::Whole(_) => 40,
            Keyed::Boolean(_) => 5,
            Keyed::Listed(listed) => listed.most_text_bytes(),
            Keyed::Uuid(..) | Keyed::Uuid7(..) => TEXT_BYTES,
            Keyed::Pattern(pattern) => pattern.most_text_bytes(),
            Keyed::Template(template) => template.most_text_bytes(),
            Keyed::Unit(_) | Keyed::Float(_) => unreachable!("floats have no texts"),
        }
    }

    /// Of a column of lists: how many of `rows` are empty lists, and how many elements all have.
    ///
    /// # Panics
    ///
    /// If the column is no list.
    pub fn list_lengths(&self, rows: Indices<'_>) -> (usize, usize) {
        let lists = self.lists.expect("a column of lists");
        let numbers = self.drawn_with(rows);
        let lengths = numbers.as_indices().iter().map(|number| lists.length(number));
        lengths.fold((0, 0), |(empty, items), length| {
            (empty + usize::from(length == 0), items + length as usize)
        })
    }

    /// Of a column of lists: where the elements of each list begin, and where the last one's end; and the numbers
    /// that the elements of all are drawn with.
    ///
    /// # Panics
    ///
    /// If the column is no list.
    pub fn items<'a>(&self, rows: Indices<'a>) -> (Vec<u64>, Numbers<'a>) {
        let lists = self.lists.expect("a column of lists");
        match self.drawn_with(rows) {
            Numbers::Rows(rows) => lists.items(rows),
            Numbers::Run { first, count } => lists.items(Indices::Run { first, count }),
            Numbers::Owned(numbers) => {
                let (offsets, items) = lists.items(Indices::Listed(&numbers));
                (offsets, Numbers::Owned(items.as_indices().iter().collect()))
            }
        }
    }

    /// Whether the bounds of pages are texts.
    pub fn has_text_bounds(&self) -> bool {
        matches!(self.generator, Keyed::Pattern(_) | Keyed::Template(_))
    }

    /// The values of bounds, as statistics hold them; `None` if there are none.
    ///
    /// A smallest zero of floats is written as -0.0 and a largest as 0.0, since readers may not tell the two apart
    /// (parquet.thrift, `ColumnOrder`).
    pub fn value_bounds(&self, bounds: &PageBounds) -> Option<ValueBounds> {
        let range = match bounds {
            PageBounds::Texts(texts) => {
                return texts.clone().map(|(min, max)| ValueBounds { min, max });
            }
            PageBounds::Numbers(range) if *range == Range::NONE => return None,
            PageBounds::Numbers(range) => *range,
        };
        let each =
            |value: &dyn Fn(i128) -> Vec<u8>| ValueBounds { min: value(range.min), max: value(range.max) };
        Some(match &self.generator {
            Keyed::Whole(_) => {
                let slot = Slot::in_parquet(self.column_type.item());
                each(&|units| {
                    let mut bytes = vec![0; slot.bytes()];
                    fill_wide(std::iter::once(units), slot, &mut bytes);
                    bytes
                })
            }
            Keyed::Unit(unit) => unit.value_bounds(range.into()),
            Keyed::Float(float) => {
                let [min, max] = [range.min, range.max].map(|order| float_of_order(order as i64));
                let zero = |value: f64, zero| if value == 0.0 { zero } else { value };
                let bytes = |value: f64| match float {
                    FloatColumn::Double { .. } => value.to_le_bytes().to_vec(),
                    FloatColumn::Single { .. } => (value as f32).to_le_bytes().to_vec(),
                };
                ValueBounds { min: bytes(zero(min, -0.0)), max: bytes(zero(max, 0.0)) }
            }
            Keyed::Boolean(_) => each(&|value| vec![value as u8]),
            Keyed::Listed(listed) => listed.bounds(range),
            Keyed::Uuid(ids, form) => Ids::value_bounds(*ids, *form, range.into()),
            Keyed::Uuid7(ids, form) => Ids::value_bounds(*ids, *form, range.into()),
            Keyed::Pattern(_) | Keyed::Template(_) => return None,
        })
    }

    /// The texts of the values of `rows` as templates write them, at least `width` characters each; of nulls, of the
    /// values beneath.
    pub(super) fn texts(&self, rows: Indices<'_>, width: usize) -> Texts {
        let numbers = self.drawn_with(rows);
        let numbers = numbers.as_indices();
        let instructions = InstructionSet::best();
        match &self.generator {
            Keyed::Whole(whole) => {
                let mut texts = Texts::with_capacity(rows.len(), 12.max(width));
                for units in whole.units(numbers) {
                    match &self.column_type {
                        integer if integer.is_integer() => texts.push_number(units),
                        other => texts.push(&whole_text(units, other)),
                    }
                    texts.end_padded(width);
                }
                texts
            }
            Keyed::Boolean(_) => {
                let mut texts = Texts::with_capacity(rows.len(), 5);
                for value in self.value_ordinals(rows) {
                    texts.push(if value == 1 { "true" } else { "false" });
                    texts.end();
                }
                texts
            }
            Keyed::Listed(listed) => listed.texts(numbers, width),
            Keyed::Uuid(ids, _) => id_texts(*ids, numbers),
            Keyed::Uuid7(ids, _) => id_texts(*ids, numbers),
            Keyed::Pattern(pattern) => pattern.texts(instructions, numbers),
            Keyed::Template(template) => template.texts(numbers),
            Keyed::Unit(_) | Keyed::Float(_) => unreachable!("floats have no texts"),
        }
    }

    /// Whether each value says which row it is of.
    pub fn is_identifying(&self) -> bool {
        let plain = self.nulls.is_none() && self.draws_with_rows() && self.lists.is_none();
        plain
            && match &self.generator {
                Keyed::Whole(whole) => whole.is_identifying(),
                Keyed::Uuid(..) | Keyed::Uuid7(..) => true,
                Keyed::Template(template) => template.is_identifying(),
                _ => false,
            }
    }

    /// The row of an identifying column that `value` stands for; `None` if it is no value of the column. The row
    /// need not be one that the data set has.
    pub fn row(&self, value: KeyValue<'_>) -> Option<u64> {
        match (&self.generator, value) {
            _ if !self.is_identifying() => None,
            (Keyed::Whole(whole), KeyValue::Whole(units)) => whole.row(units),
            (Keyed::Uuid(ids, _), KeyValue::Uuid(id)) => ids.row(::uuid::Uuid::from_u128(id)),
            (Keyed::Uuid7(ids, _), KeyValue::Uuid(id)) => ids.row(::uuid::Uuid::from_u128(id)),
            (Keyed::Uuid(ids, _), KeyValue::Text(text)) => ids.row(id_of_text(text.as_bytes())?),
            (Keyed::Uuid7(ids, _), KeyValue::Text(text)) => ids.row(id_of_text(text.as_bytes())?),
            (Keyed::Template(template), KeyValue::Text(text)) => template.row(text),
            _ => None,
        }
    }
}

/// The numbers that some values are drawn with.
#[derive(Clone, Debug)]
pub enum Numbers<'a> {
    /// The numbers of the rows.
    Rows(Indices<'a>),
    /// Consecutive numbers, modulo 2^64.
    Run {
        /// The first number.
        first: u64,
        /// How many there are.
        count: usize,
    },
    /// Other numbers.
    Owned(Vec<u64>),
}

impl Numbers<'_> {
    /// The numbers, to be drawn with.
    pub fn as_indices(&self) -> Indices<'_> {
        match self {
            Self::Rows(rows) => *rows,
            Self::Run { first, count } => Indices::Run { first: *first, count: *count },
            Self::Owned(numbers) => Indices::Listed(numbers),
        }
    }
}

impl Lists {
    /// The length of the list that is drawn with `number`.
    fn length(&self, number: u64) -> u64 {
        match self.lengths {
            Lengths { min, max } if min == max => min,
            Lengths { min, .. } => min + self.below.of(self.keys.word(number)),
        }
    }

    /// Where the elements of each list begin, and the numbers that the elements are drawn with.
    fn items<'a>(self, numbers: Indices<'a>) -> (Vec<u64>, Numbers<'a>) {
        let Lengths { min, max } = self.lengths;
        let mut offsets = Vec::with_capacity(numbers.len() + 1);
        let mut end = 0;
        offsets.push(end);
        if let (true, Indices::Run { first, count }) = (min == max, numbers) {
            offsets.extend((1..=count as u64).map(|list| list * max));
            return (offsets, Numbers::Run { first: first.wrapping_mul(max), count: count * max as usize });
        }
        let mut items = Vec::with_capacity(numbers.len() * (min as usize + (max - min) as usize / 2));
        for number in numbers.iter() {
            let length = self.length(number);
            let first = number.wrapping_mul(max);
            items.extend((0..length).map(|element| first.wrapping_add(element)));
            end += length;
            offsets.push(end);
        }
        (offsets, Numbers::Owned(items))
    }
}

fn id_texts(ids: impl Ids, numbers: Indices<'_>) -> Texts {
    let mut plain = vec![0; PLAIN_TEXT_BYTES * numbers.len()];
    ids.fill_plain(IdForm::Text, InstructionSet::best(), numbers, &mut plain);
    let mut texts = Texts::with_capacity(numbers.len(), PLAIN_TEXT_BYTES);
    for text in plain.as_chunks::<PLAIN_TEXT_BYTES>().0 {
        texts.push_bytes(&text[4..]);
        texts.end();
    }
    texts
}

impl From<WordBounds> for Range {
    fn from(bounds: WordBounds) -> Self {
        if bounds == WordBounds::NONE {
            return Self::NONE;
        }
        Self { min: bounds.min.into(), max: bounds.max.into() }
    }
}

impl From<Range> for WordBounds {
    fn from(range: Range) -> Self {
        Self { min: range.min as u64, max: range.max as u64 }
    }
}
