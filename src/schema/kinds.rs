//! What each generator is called, which keys it has, and which types it makes.

use super::types::ColumnType;

/// Keys that every column has, whatever its generator.
pub(super) const COLUMN_KEYS: [&str; 10] = [
    "name",
    "type",
    "generator",
    "nulls",
    "depends_on",
    "key",
    "hidden",
    "encoding",
    "compression",
    "bloom_filter",
];
/// Keys of columns of lists.
pub(super) const LIST_KEYS: [&str; 3] = ["length", "min_length", "max_length"];

/// A generator as schemas know it.
pub(super) struct Kind {
    /// The name.
    pub(super) name: &'static str,
    /// Its own keys, in the order in which they are written.
    pub(super) keys: &'static [&'static str],
    /// The types that it makes.
    pub(super) makes: Makes,
    /// Whether its values are drawn row by row, so that lists can have it for elements and another
    /// column can stand in for the row.
    pub(super) role: Role,
}

/// Which types a generator makes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Makes {
    /// Any type.
    Any,
    /// Booleans.
    Bool,
    /// Integers.
    Integers,
    /// Whole-number types.
    Whole,
    /// Whole-number types and floats.
    Numbers,
    /// Text.
    Text,
    /// UUIDs, as such or as text.
    Ids,
}

impl Makes {
    /// Whether the generator makes `column_type`, which is not a list.
    pub(super) fn includes(self, column_type: &ColumnType) -> bool {
        match self {
            Self::Any => true,
            Self::Bool => *column_type == ColumnType::Bool,
            Self::Integers => column_type.is_integer(),
            Self::Whole => column_type.is_whole(),
            Self::Numbers => column_type.is_whole() || column_type.is_float(),
            Self::Text => *column_type == ColumnType::Text,
            Self::Ids => matches!(column_type, ColumnType::Uuid | ColumnType::Text),
        }
    }

    /// The types in words.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Any => "any type",
            Self::Bool => "bool",
            Self::Integers => "integers",
            Self::Whole => "integers, decimals, dates, times, timestamps and durations",
            Self::Numbers => "numbers, dates, times, timestamps and durations",
            Self::Text => "text",
            Self::Ids => "uuid and text",
        }
    }
}

/// What a generator may be used for besides a column's values.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Elements of lists, and columns that depend on another.
    Drawn,
    /// Elements of lists.
    Element,
    /// Neither.
    Column,
}

const fn kind(name: &'static str, keys: &'static [&'static str], makes: Makes, role: Role) -> Kind {
    Kind { name, keys, makes, role }
}

/// All generators.
pub(super) const KINDS: [Kind; 21] = [
    kind("uniform", &["min", "max", "step"], Makes::Numbers, Role::Drawn),
    kind("bernoulli", &["probability"], Makes::Bool, Role::Drawn),
    kind("one_of", &["values", "weights", "values_from"], Makes::Any, Role::Drawn),
    kind("mapping", &["of", "values"], Makes::Any, Role::Column),
    kind("sequence", &["start", "step", "jitter"], Makes::Whole, Role::Column),
    kind("unique", &["min", "max"], Makes::Whole, Role::Column),
    kind("uuid", &[], Makes::Ids, Role::Element),
    kind("uuid7", &["start", "per_second"], Makes::Ids, Role::Column),
    kind("constant", &["value"], Makes::Any, Role::Element),
    kind("pattern", &["pattern"], Makes::Text, Role::Drawn),
    kind("template", &["template"], Makes::Text, Role::Column),
    kind("normal", &["mean", "sd", "min", "max"], Makes::Numbers, Role::Drawn),
    kind("lognormal", &["mu", "sigma", "min", "max"], Makes::Numbers, Role::Drawn),
    kind("exponential", &["mean", "min", "max"], Makes::Numbers, Role::Drawn),
    kind("pareto", &["scale", "shape", "min", "max"], Makes::Numbers, Role::Drawn),
    kind("quantiles", &["points", "min", "max"], Makes::Numbers, Role::Drawn),
    kind("zipf", &["exponent", "min", "max", "values", "values_from"], Makes::Any, Role::Drawn),
    kind("references", &["of", "pick"], Makes::Any, Role::Column),
    kind("children", &["of", "min", "max"], Makes::Any, Role::Column),
    kind("position", &["of"], Makes::Integers, Role::Column),
    kind("lookup", &["of"], Makes::Any, Role::Column),
];

impl Kind {
    /// The generator of this name.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.name == name)
    }

    /// How the values come from rows of another table, if they do.
    pub(super) fn relation(&self) -> Option<Relation> {
        match self.name {
            "references" => Some(Relation::References),
            "children" => Some(Relation::Children),
            "lookup" => Some(Relation::Lookup),
            _ => None,
        }
    }

    /// The type that `column_type` means: ids of 16 bytes are called `binary` in descriptions of the first release.
    pub(super) fn released_type(&self, column_type: ColumnType) -> ColumnType {
        match column_type {
            ColumnType::Binary if self.name == "uuid" => ColumnType::Uuid,
            other => other,
        }
    }
}

/// How values come from rows of another table.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    /// From a row that is picked.
    References,
    /// From the row whose child the row is.
    Children,
    /// From the row that another column points to.
    Lookup,
}
