//! Which PostgreSQL type holds the values of which Arrow type.

use arrow_schema::{DataType, Field, TimeUnit};
use tokio_postgres::types::Type;

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
    Array(Box<ColumnType>),
}

/// Decimal digits of the largest 64-bit unsigned number.
const UINT64_DIGITS: u8 = 20;

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
            DataType::List(element) | DataType::LargeList(element) => match Self::of(element)? {
                // PostgreSQL's arrays are rectangular; lists of lists need not be.
                Self::Array(_) => return None,
                element => Self::Array(Box::new(element)),
            },
            _ => return None,
        })
    }

    /// Whether files can have values of it that PostgreSQL cannot store.
    pub(super) fn has_limits(&self) -> bool {
        match self {
            Self::Text | Self::Date | Self::Time | Self::Timestamp | Self::TimestampTz => true,
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
            Self::Array(element) => return format!("{}[]", element.sql()),
        };
        name.to_owned()
    }

    /// It, as that of a parameter.
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
            // The server takes it for what the column is.
            Self::Array(_) => Type::UNKNOWN,
        }
    }

    /// Its object identifier, fixed in PostgreSQL's `pg_type.dat`; that of arrays is not needed.
    pub(super) fn oid(&self) -> u32 {
        self.parameter().oid()
    }
}
