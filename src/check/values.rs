//! Arrays of any type, read as the values of a column.
//!
//! Which types a check reads as which values is decided here, and nowhere else. A conversion is exact or none: what
//! an array holds is a value of the column, or it is [`Value::Invalid`].

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, new_empty_array};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use arrow_cast::display::array_value_to_string;
use arrow_schema::DataType;
use uuid::Uuid;

use super::flat::{Bytes, flat};
use super::notation;
use super::shape::Shape;
use super::whole::{FloatAt, UnitsAt, floats_at, integers_at, units_at};
use crate::columns::uuid::{BINARY_BYTES, id_of_text};
use crate::difference::cut;
use crate::schema::FloatWidth;
use crate::schema::value::whole_text;

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value<'a> {
    Null,
    Bool(bool),
    /// So many units of a whole-number type.
    Whole(i128),
    /// One of 32 bits has become one of 64.
    Float(f64),
    /// A text or a byte string.
    Bytes(Cow<'a, [u8]>),
    Id(Uuid),
    /// The places of a list's elements among the [`items`](Values::items).
    List(Range<usize>),
    /// Something that is no value of the column.
    Invalid,
}

/// An array read as the values of a column.
pub(super) struct Values {
    /// Without dictionaries and runs.
    array: ArrayRef,
    nulls: Option<NullBuffer>,
    kind: Kind,
}

enum Kind {
    Nulls,
    Bits(BooleanBuffer),
    /// 0 and 1.
    Truths(UnitsAt),
    Whole(UnitsAt),
    Floats {
        at: FloatAt,
        width: FloatWidth,
    },
    Bytes(Bytes),
    Ids(Bytes),
    /// Values in text.
    Texts(Bytes, Shape),
    Lists {
        ranges: Vec<Option<Range<usize>>>,
        items: Box<Values>,
    },
}

impl Values {
    /// `array` as values of this shape; `None` if its type does not hold them exactly.
    pub(super) fn new(shape: &Shape, array: &ArrayRef) -> Option<Self> {
        let array = flat(array)?;
        let nulls = array.nulls().cloned();
        let kind = Kind::new(shape, &array)?;
        Some(Self { array, nulls, kind })
    }

    /// The values of no rows, of this type.
    pub(super) fn of_type(shape: &Shape, data_type: &DataType) -> Option<Self> {
        Self::new(shape, &new_empty_array(data_type))
    }

    /// The width in which floats, or lists of them, came; `None` if they did not come as floats.
    pub(super) fn float_width(&self) -> Option<FloatWidth> {
        match &self.kind {
            Kind::Floats { width, .. } => Some(*width),
            Kind::Lists { items, .. } => items.float_width(),
            _ => None,
        }
    }

    /// The array, without dictionaries and runs.
    pub(super) fn array(&self) -> &ArrayRef {
        &self.array
    }

    /// The elements of all lists.
    pub(super) fn items(&self) -> Option<&Self> {
        match &self.kind {
            Kind::Lists { items, .. } => Some(items),
            _ => None,
        }
    }

    /// The value at `position`.
    pub(super) fn get(&self, position: usize) -> Value<'_> {
        if self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(position)) {
            return Value::Null;
        }
        let or_invalid = |value: Option<Value<'static>>| value.unwrap_or(Value::Invalid);
        match &self.kind {
            Kind::Nulls => Value::Null,
            Kind::Bits(bits) => Value::Bool(bits.value(position)),
            Kind::Truths(at) => match at(position) {
                Some(0) => Value::Bool(false),
                Some(1) => Value::Bool(true),
                _ => Value::Invalid,
            },
            Kind::Whole(at) => or_invalid(at(position).map(Value::Whole)),
            Kind::Floats { at, .. } => Value::Float(at(position)),
            Kind::Bytes(bytes) => Value::Bytes(bytes.get(position).into()),
            Kind::Ids(bytes) => or_invalid(id(bytes, position).map(Value::Id)),
            Kind::Texts(texts, shape) => match texts.text(position) {
                // No value has an empty text: some writers of CSV put nulls in quotes.
                Some("") if *shape != Shape::Binary => Value::Null,
                text => or_invalid(text.and_then(|text| value_of_text(text, shape))),
            },
            Kind::Lists { ranges, .. } => match &ranges[position] {
                Some(range) => Value::List(range.clone()),
                None => Value::Invalid,
            },
        }
    }

    /// The value at `position` for people, of floats in this width.
    pub(super) fn shown(&self, shape: &Shape, width: Option<FloatWidth>, position: usize) -> String {
        const MAX_ELEMENTS: usize = 20;
        match (self.get(position), shape) {
            (Value::Null, _) => "null".to_owned(),
            (Value::Bool(value), _) => value.to_string(),
            (Value::Whole(units), Shape::Whole(column_type)) => {
                let is_within = |(min, max): (i128, i128)| (min..=max).contains(&units);
                match column_type.limits() {
                    Some(limits) if is_within(limits) => whole_text(units, column_type),
                    _ => units.to_string(),
                }
            }
            (Value::Float(float), _) if width == Some(FloatWidth::F32) => format!("{:?}", float as f32),
            (Value::Float(float), _) => format!("{float:?}"),
            (Value::Bytes(bytes), Shape::Binary) => quoted(
                &bytes.iter().take(MAX_CHARACTERS).map(|byte| format!("{byte:02x}")).collect::<String>(),
            ),
            (Value::Bytes(bytes), _) => quoted(&String::from_utf8_lossy(&bytes)),
            (Value::Id(id), _) => id.to_string(),
            (Value::List(range), Shape::List(item)) => {
                let more = if range.len() > MAX_ELEMENTS { ", …" } else { "" };
                let elements = range.take(MAX_ELEMENTS).map(|element| match self.items() {
                    Some(items) => items.shown(item, width, element),
                    None => String::new(),
                });
                format!("[{}{more}]", elements.collect::<Vec<_>>().join(", "))
            }
            _ => self.shown_as_it_came(position),
        }
    }

    /// What is at `position` for people, whatever it is.
    fn shown_as_it_came(&self, position: usize) -> String {
        let text = array_value_to_string(&self.array, position);
        match (text, Bytes::of_text(&self.array)) {
            (Ok(text), Some(_)) => quoted(&text),
            (Ok(text), None) => cut(&text, MAX_CHARACTERS),
            (Err(_), _) => self.array.data_type().to_string(),
        }
    }

    /// The key at `position` as it came, for people.
    pub(super) fn shown_key(&self, shape: &Shape, position: usize) -> String {
        let text = match &self.kind {
            Kind::Ids(bytes) | Kind::Bytes(bytes) | Kind::Texts(bytes, _)
                if self.get(position) != Value::Null =>
            {
                match (bytes.text(position), id(bytes, position)) {
                    (Some(text), _) => text.to_owned(),
                    (None, Some(id)) => id.to_string(),
                    (None, None) => String::from_utf8_lossy(bytes.get(position)).into_owned(),
                }
            }
            _ => self.shown(shape, None, position),
        };
        cut(&text, MAX_CHARACTERS)
    }
}

const MAX_CHARACTERS: usize = 60;

fn quoted(text: &str) -> String {
    let more = if text.chars().nth(MAX_CHARACTERS).is_some() { "…" } else { "" };
    format!("{:?}{more}", text.chars().take(MAX_CHARACTERS).collect::<String>())
}

/// The id at `position`: 16 bytes, or a text in any of the forms that UUIDs have.
fn id(bytes: &Bytes, position: usize) -> Option<Uuid> {
    let id = bytes.get(position);
    match (bytes.text(position), <[u8; BINARY_BYTES]>::try_from(id)) {
        (None, Ok(id)) => Some(Uuid::from_bytes(id)),
        _ => id_of_text(id),
    }
}

fn value_of_text(text: &str, shape: &Shape) -> Option<Value<'static>> {
    match shape {
        Shape::Bool => notation::truth(text).map(Value::Bool),
        Shape::Whole(column_type) => notation::units(text, column_type).map(Value::Whole),
        Shape::Float(FloatWidth::F64) => text.parse().ok().map(Value::Float),
        Shape::Float(FloatWidth::F32) => text.parse().ok().map(|float: f32| Value::Float(float.into())),
        Shape::Binary => notation::binary(text).map(|bytes| Value::Bytes(bytes.into())),
        Shape::Text | Shape::Id | Shape::List(_) => None,
    }
}

impl Kind {
    fn new(shape: &Shape, array: &ArrayRef) -> Option<Self> {
        if *array.data_type() == DataType::Null {
            return Some(Self::Nulls);
        }
        let texts = Bytes::of_text(array);
        match shape {
            Shape::List(item) => match texts {
                Some(texts) => lists_of_texts(&texts, array, item),
                None => lists(array, item),
            },
            Shape::Text => texts.or_else(|| Bytes::of_binary(array)).map(Self::Bytes),
            Shape::Id => texts.or_else(|| Bytes::of_binary(array)).map(Self::Ids),
            shape if texts.is_some() => texts.map(|texts| Self::Texts(texts, shape.clone())),
            Shape::Binary => Bytes::of_binary(array).map(Self::Bytes),
            Shape::Bool => match array.as_boolean_opt() {
                Some(bits) => Some(Self::Bits(bits.values().clone())),
                None => integers_at(array).map(Self::Truths),
            },
            Shape::Whole(column_type) => units_at(column_type, array).map(Self::Whole),
            Shape::Float(_) => floats_at(array).map(|(at, width)| Self::Floats { at, width }),
        }
    }
}

/// Lists of any of Arrow's types.
fn lists(array: &ArrayRef, item: &Shape) -> Option<Kind> {
    let (ranges, items) = list_ranges(array)?;
    let items = Values::new(item, &items)?;
    Some(Kind::Lists { ranges: ranges.into_iter().map(Some).collect(), items: Box::new(items) })
}

/// Where the elements of each list are, and all elements from the first to the last of them.
pub(super) fn list_ranges(array: &ArrayRef) -> Option<(Vec<Range<usize>>, ArrayRef)> {
    fn pairs(starts: impl Iterator<Item = usize>, sizes: impl Iterator<Item = usize>) -> Vec<Range<usize>> {
        starts.zip(sizes).map(|(start, size)| start..start + size).collect()
    }
    fn neighbours<N: Copy + TryInto<usize>>(offsets: &[N]) -> Option<Vec<Range<usize>>> {
        let place = |offset: N| offset.try_into().ok();
        offsets.windows(2).map(|pair| Some(place(pair[0])?..place(pair[1])?)).collect()
    }
    let (ranges, items) = match array.data_type() {
        DataType::List(_) => {
            let lists = array.as_list::<i32>();
            (neighbours(lists.value_offsets())?, lists.values())
        }
        DataType::LargeList(_) => {
            let lists = array.as_list::<i64>();
            (neighbours(lists.value_offsets())?, lists.values())
        }
        DataType::FixedSizeList(_, size) => {
            let size = usize::try_from(*size).ok()?;
            let lists = array.as_fixed_size_list();
            ((0..lists.len()).map(|list| list * size..(list + 1) * size).collect(), lists.values())
        }
        DataType::ListView(_) => {
            let lists = array.as_list_view::<i32>();
            let starts = lists.value_offsets().iter().map(|offset| *offset as usize);
            (pairs(starts, lists.value_sizes().iter().map(|size| *size as usize)), lists.values())
        }
        DataType::LargeListView(_) => {
            let lists = array.as_list_view::<i64>();
            let starts = lists.value_offsets().iter().map(|offset| *offset as usize);
            (pairs(starts, lists.value_sizes().iter().map(|size| *size as usize)), lists.values())
        }
        _ => return None,
    };
    // Blocks of rows share the elements of all rows.
    let first = ranges.iter().map(|range| range.start).min().unwrap_or(0);
    let end = ranges.iter().map(|range| range.end).max().unwrap_or(first);
    let ranges = ranges.into_iter().map(|range| range.start - first..range.end - first).collect();
    Some((ranges, items.slice(first, end - first)))
}

/// Lists in text.
fn lists_of_texts(texts: &Bytes, array: &ArrayRef, item: &Shape) -> Option<Kind> {
    let (mut ranges, mut items, mut count) = (Vec::with_capacity(array.len()), StringBuilder::new(), 0);
    for position in 0..array.len() {
        let elements =
            if array.is_null(position) { None } else { texts.text(position).and_then(notation::list) };
        ranges.push(elements.as_ref().map(|elements| count..count + elements.len()));
        for element in elements.into_iter().flatten() {
            items.append_option(element);
            count += 1;
        }
    }
    let items: ArrayRef = Arc::new(items.finish());
    Some(Kind::Lists { ranges, items: Box::new(Values::new(item, &items)?) })
}
