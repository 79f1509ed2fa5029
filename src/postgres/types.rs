//! Which PostgreSQL type holds the values of which Arrow type, and the other way round.

use std::sync::Arc;

use arrow_schema::{DataType, Field, TimeUnit};
use tokio_postgres::types::{Kind, Type};

/// A PostgreSQL type that values can be stored in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ColumnType {
    Bool,
    Int2,
    Int4,
    Int8,
    /// Digits in all, and digits behind the point.
    Numeric {
        precision: u8,
        scale: i8,
    },
    Float4,
    Float8,
    Text,
    Bytea,
    Uuid,
    Date,
    Time,
    Timestamp,
    TimestampTz,
    Interval,
    Array(Box<ColumnType>),
}

/// Decimal digits of the largest 64-bit unsigned number.
const UINT64_DIGITS: u8 = 20;
/// Decimal digits of the longest numbers that are read back as decimals.
const READ_DIGITS: u8 = 38;
/// The bytes of a UUID.
pub(super) const UUID_BYTES: i32 = 16;

impl ColumnType {
    /// The type for the values of `field`; `None` if there is none that holds all of them.
    pub(super) fn of(field: &Field) -> Option<Self> {
        Some(match field.data_type() {
            DataType::Boolean => Self::Bool,
            DataType::Int8 | DataType::UInt8 | DataType::Int16 => Self::Int2,
            DataType::UInt16 | DataType::Int32 => Self::Int4,
            DataType::UInt32 | DataType::Int64 => Self::Int8,
            DataType::UInt64 => Self::Numeric { precision: UINT64_DIGITS, scale: 0 },
            DataType::Decimal32(precision, scale)
            | DataType::Decimal64(precision, scale)
            | DataType::Decimal128(precision, scale)
            | DataType::Decimal256(precision, scale) => {
                Self::Numeric { precision: *precision, scale: *scale }
            }
            DataType::Float16 | DataType::Float32 => Self::Float4,
            DataType::Float64 => Self::Float8,
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Self::Text,
            // Nothing but nulls: as text, anything can be put beside them later.
            DataType::Null => Self::Text,
            DataType::FixedSizeBinary(16) if field.extension_type_name() == Some("arrow.uuid") => Self::Uuid,
            DataType::Binary
            | DataType::LargeBinary
            | DataType::BinaryView
            | DataType::FixedSizeBinary(_) => Self::Bytea,
            DataType::Date32 => Self::Date,
            DataType::Time32(_) | DataType::Time64(TimeUnit::Microsecond | TimeUnit::Nanosecond) => {
                Self::Time
            }
            DataType::Timestamp(_, None) => Self::Timestamp,
            DataType::Timestamp(_, Some(_)) => Self::TimestampTz,
            DataType::Duration(_) => Self::Interval,
            DataType::List(element) | DataType::LargeList(element) | DataType::FixedSizeList(element, _) => {
                match Self::of(element)? {
                    // PostgreSQL's arrays are rectangular; lists of lists need not be.
                    Self::Array(_) => return None,
                    element => Self::Array(Box::new(element)),
                }
            }
            _ => return None,
        })
    }

    /// Whether files can have values of it that PostgreSQL cannot store.
    pub(super) fn has_limits(&self) -> bool {
        match self {
            Self::Text | Self::Date | Self::Time | Self::Timestamp | Self::TimestampTz | Self::Interval => {
                true
            }
            Self::Array(element) => element.has_limits(),
            Self::Bool
            | Self::Int2
            | Self::Int4
            | Self::Int8
            | Self::Numeric { .. }
            | Self::Float4
            | Self::Float8
            | Self::Bytea
            | Self::Uuid => false,
        }
    }

    /// Its name, as PostgreSQL's `format_type` says it.
    pub(super) fn sql(&self) -> String {
        let name = match self {
            Self::Bool => "boolean",
            Self::Int2 => "smallint",
            Self::Int4 => "integer",
            Self::Int8 => "bigint",
            Self::Numeric { precision, scale } => return format!("numeric({precision},{scale})"),
            Self::Float4 => "real",
            Self::Float8 => "double precision",
            Self::Text => "text",
            Self::Bytea => "bytea",
            Self::Uuid => "uuid",
            Self::Date => "date",
            Self::Time => "time without time zone",
            Self::Timestamp => "timestamp without time zone",
            Self::TimestampTz => "timestamp with time zone",
            Self::Interval => "interval",
            Self::Array(element) => return format!("{}[]", element.sql()),
        };
        name.to_owned()
    }

    /// The type with this object identifier, whose `modifier` is that of `pg_attribute`, if its values are read in the
    /// binary format. Values of other types are read as text.
    pub(super) fn of_server(oid: u32, modifier: i32) -> Option<Self> {
        let known = Type::from_oid(oid)?;
        if let Kind::Array(element) = known.kind() {
            return match Self::of_server(element.oid(), modifier)? {
                Self::Array(_) => None,
                element => Some(Self::Array(Box::new(element))),
            };
        }
        Some(match known {
            Type::BOOL => Self::Bool,
            Type::INT2 => Self::Int2,
            Type::INT4 => Self::Int4,
            Type::INT8 => Self::Int8,
            Type::NUMERIC => numeric_of_modifier(modifier)?,
            Type::FLOAT4 => Self::Float4,
            Type::FLOAT8 => Self::Float8,
            Type::TEXT | Type::VARCHAR | Type::BPCHAR => Self::Text,
            Type::BYTEA => Self::Bytea,
            Type::UUID => Self::Uuid,
            Type::DATE => Self::Date,
            Type::TIME => Self::Time,
            Type::TIMESTAMP => Self::Timestamp,
            Type::TIMESTAMPTZ => Self::TimestampTz,
            Type::INTERVAL => Self::Interval,
            _ => return None,
        })
    }

    /// The Arrow type of the values that are read back.
    pub(super) fn data_type(&self) -> DataType {
        match self {
            Self::Bool => DataType::Boolean,
            Self::Int2 => DataType::Int16,
            Self::Int4 => DataType::Int32,
            Self::Int8 => DataType::Int64,
            Self::Numeric { precision, scale } => DataType::Decimal128(*precision, *scale),
            Self::Float4 => DataType::Float32,
            Self::Float8 => DataType::Float64,
            Self::Text => DataType::Utf8,
            Self::Bytea => DataType::Binary,
            Self::Uuid => DataType::FixedSizeBinary(UUID_BYTES),
            Self::Date => DataType::Date32,
            Self::Time => DataType::Time64(TimeUnit::Microsecond),
            Self::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
            Self::TimestampTz => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Self::Interval => DataType::Duration(TimeUnit::Microsecond),
            Self::Array(element) => DataType::List(Arc::new(element.element())),
        }
    }

    /// The field of the elements of a list of such values.
    pub(super) fn element(&self) -> Field {
        Field::new_list_field(self.data_type(), true)
    }

    /// The type of a parameter that holds such a value.
    pub(super) fn parameter(&self) -> Type {
        match self {
            Self::Bool => Type::BOOL,
            Self::Int2 => Type::INT2,
            Self::Int4 => Type::INT4,
            Self::Int8 => Type::INT8,
            Self::Numeric { .. } => Type::NUMERIC,
            Self::Float4 => Type::FLOAT4,
            Self::Float8 => Type::FLOAT8,
            Self::Text => Type::TEXT,
            Self::Bytea => Type::BYTEA,
            Self::Uuid => Type::UUID,
            Self::Date => Type::DATE,
            Self::Time => Type::TIME,
            Self::Timestamp => Type::TIMESTAMP,
            Self::TimestampTz => Type::TIMESTAMPTZ,
            Self::Interval => Type::INTERVAL,
            // The server takes the type of the column.
            Self::Array(_) => Type::UNKNOWN,
        }
    }

    /// The object identifier, fixed in PostgreSQL's `pg_type.dat`; that of arrays is not needed.
    pub(super) fn oid(&self) -> u32 {
        self.parameter().oid()
    }
}

/// A `numeric` with this modifier, if it has as many digits as a decimal can have. The modifier holds the digits in all
/// and, as a signed number of 11 bits, the digits behind the point; that of `numeric` without digits is negative.
fn numeric_of_modifier(modifier: i32) -> Option<ColumnType> {
    const HEADER: i32 = 4;
    const SCALE_BITS: u32 = 11;
    let digits = modifier.checked_sub(HEADER).filter(|digits| *digits >= 0)?;
    let precision = u8::try_from(digits >> 16).ok().filter(|precision| *precision <= READ_DIGITS)?;
    let unused = i32::BITS - SCALE_BITS;
    let scale = u8::try_from(digits << unused >> unused).ok().filter(|scale| *scale <= precision)?;
    Some(ColumnType::Numeric { precision, scale: scale as i8 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numerics_of_the_server_are_read_as_decimals_where_decimals_hold_them() {
        let modifier = |precision: i32, scale: i32| (precision << 16 | scale & 0x7ff) + 4;
        let numeric = |precision, scale| Some(ColumnType::Numeric { precision, scale });
        for (modifier, expected) in [
            (modifier(10, 2), numeric(10, 2)),
            (modifier(38, 0), numeric(38, 0)),
            (modifier(38, 38), numeric(38, 38)),
            (modifier(1, 0), numeric(1, 0)),
            (modifier(39, 0), None),
            (modifier(1000, 1000), None),
            (modifier(3, 5), None),
            (modifier(3, -2), None),
            (-1, None),
            (i32::MIN, None),
        ] {
            assert_eq!(numeric_of_modifier(modifier), expected, "{modifier}");
        }
        let array = ColumnType::of_server(Type::NUMERIC_ARRAY.oid(), modifier(10, 2));
        assert_eq!(array, numeric(10, 2).map(|element| ColumnType::Array(Box::new(element))));
        assert_eq!(ColumnType::of_server(Type::NUMERIC_ARRAY.oid(), -1), None);
        assert_eq!(ColumnType::of_server(Type::TIMETZ.oid(), -1), None);
    }
}
