//! What columns need to know of other columns before those are read: names, types, and whose values they take.

use std::collections::HashMap;

use super::fault::nearest;
use super::generator::ParentColumn;
use super::kinds::{Kind, Relation};
use super::literal::{self, Refused};
use super::scope::{Fields, Noted, Notes, Read};
use super::types::ColumnType;

/// The most columns that are looked at to find where a value is taken from: each is a call within a call, and rows that
/// are looked up in rows that are looked up can be twice as far away with each column.
pub(super) const MAX_STEPS: usize = 100;

/// A table whose columns are not read yet.
pub(super) struct Head<'a> {
    pub(super) name: Option<String>,
    pub(super) fields: Fields<'a>,
    /// How many rows there are, if that is said.
    pub(super) rows: Option<u64>,
    pub(super) columns: Vec<(&'a str, Fields<'a>)>,
    /// The numbers of the columns.
    pub(super) numbers: HashMap<String, usize>,
}

/// All tables of a schema.
pub(super) struct Outline<'a> {
    pub(super) heads: Vec<Head<'a>>,
    /// Whether tables are left out, because they cannot be read.
    is_partial: bool,
}

/// Whose values a column takes.
#[derive(Clone, Copy)]
pub(super) struct Taken {
    /// The column that says in which rows they are, if it is not the column itself.
    pub(super) reference: Option<usize>,
    pub(super) of: ParentColumn,
}

/// Why something is not known of a column.
pub(super) enum Unknown {
    /// What it says cannot be.
    Refused(Refused),
    /// It follows from itself, or from more than [`MAX_STEPS`] columns, one after the other.
    Circle,
    /// Something is wrong with another column, which is noted there.
    Elsewhere,
}

impl Unknown {
    /// The same, seen from a column that needs it of this one.
    fn elsewhere(self) -> Self {
        if let Self::Circle = self { Self::Circle } else { Self::Elsewhere }
    }

    /// Notes it about the key `of`, unless that is done elsewhere.
    pub(super) fn note(self, fields: Fields<'_>, notes: &mut Notes) -> Noted {
        let refused = match self {
            Self::Refused(refused) => refused,
            Self::Circle => format!(
                "the values depend on themselves, or are taken through more than {MAX_STEPS} columns; refer to a nearer column"
            ),
            Self::Elsewhere => return Noted,
        };
        notes.fault(fields.at("of"), format!("of: {refused}"))
    }
}

impl From<Refused> for Unknown {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl<'a> Outline<'a> {
    /// Of the tables that could be read.
    pub(super) fn new(heads: Vec<Read<Head<'a>>>) -> Self {
        let count = heads.len();
        let heads: Vec<_> = heads.into_iter().flatten().collect();
        Self { is_partial: heads.len() < count, heads }
    }

    /// Whose values the column of `table` with these `fields` takes, which has this relation.
    pub(super) fn taken(
        &self,
        table: usize,
        fields: Fields<'_>,
        relation: Relation,
        notes: &mut Notes,
    ) -> Read<Taken> {
        let taken = self.taken_by(table, fields, relation, &mut { MAX_STEPS });
        taken.map_err(|unknown| unknown.note(fields, notes))
    }

    /// The type of a column.
    pub(super) fn type_of(&self, of: ParentColumn) -> Result<ColumnType, Unknown> {
        self.type_within(of, &mut { MAX_STEPS })
    }

    fn taken_by(
        &self,
        table: usize,
        fields: Fields<'_>,
        relation: Relation,
        steps: &mut usize,
    ) -> Result<Taken, Unknown> {
        let needs = |what: &str| Unknown::Refused(format!("expected a text such as {what}"));
        let Some(text) = fields.get("of").map(literal::text).transpose()? else {
            return Err(Unknown::Elsewhere);
        };
        let numbers = &self.heads[table].numbers;
        Ok(match (relation, text.split_once('.')) {
            (Relation::Lookup, Some((reference, column))) => {
                let reference = find(numbers, reference)?;
                let parent = self.pointed_to(ParentColumn { table, column: reference }, steps)?;
                let column = find(&self.heads[parent].numbers, column)
                    .map_err(|refused| refused.replacen("the table", &self.named(parent), 1))?;
                Taken { reference: Some(reference), of: ParentColumn { table: parent, column } }
            }
            (Relation::Lookup, None) => return Err(needs("\"reference.column\"")),
            (_, Some((parent, column))) => {
                let parent = self.table(parent)?;
                let column = find(&self.heads[parent].numbers, column)
                    .map_err(|refused| refused.replacen("the table", &self.named(parent), 1))?;
                Taken { reference: None, of: ParentColumn { table: parent, column } }
            }
            (_, None) => return Err(needs("\"table.column\"")),
        })
    }

    /// The table whose rows a column points to.
    fn pointed_to(&self, of: ParentColumn, steps: &mut usize) -> Result<usize, Unknown> {
        *steps = steps.checked_sub(1).ok_or(Unknown::Circle)?;
        let (name, fields) = self.heads[of.table].columns[of.column];
        let kind = fields.get("generator").and_then(|node| Kind::named(literal::text(node).ok()?));
        let kind = kind.ok_or(Unknown::Elsewhere)?;
        let Some(relation) = kind.relation() else {
            return Err(Unknown::Refused(format!(
                "{name:?} does not refer to another table; name a references, children or lookup column"
            )));
        };
        let taken = self.taken_by(of.table, fields, relation, steps).map_err(Unknown::elsewhere)?;
        match taken.reference {
            None => Ok(taken.of.table),
            Some(_) => self.pointed_to(taken.of, steps),
        }
    }

    fn type_within(&self, of: ParentColumn, steps: &mut usize) -> Result<ColumnType, Unknown> {
        *steps = steps.checked_sub(1).ok_or(Unknown::Circle)?;
        let (_, fields) = self.heads[of.table].columns[of.column];
        let kind = fields.get("generator").and_then(|node| Kind::named(literal::text(node).ok()?));
        let kind = kind.ok_or(Unknown::Elsewhere)?;
        match (fields.get("type"), kind.relation()) {
            (Some(node), _) => {
                let column_type: ColumnType =
                    literal::text(node).ok().and_then(|text| text.parse().ok()).ok_or(Unknown::Elsewhere)?;
                Ok(kind.released_type(column_type))
            }
            (None, Some(relation)) => {
                let taken = self.taken_by(of.table, fields, relation, steps).map_err(Unknown::elsewhere)?;
                self.type_within(taken.of, steps)
            }
            (None, None) => Err(Unknown::Elsewhere),
        }
    }

    /// The number of the table called `name`.
    fn table(&self, name: &str) -> Result<usize, Unknown> {
        let position = |head: &Head<'_>| head.name.as_deref() == Some(name);
        if let Some(table) = self.heads.iter().position(position) {
            return Ok(table);
        }
        if self.is_partial {
            return Err(Unknown::Elsewhere);
        }
        let names: Vec<&str> = self.heads.iter().filter_map(|head| head.name.as_deref()).collect();
        Err(Unknown::Refused(match (nearest(name, names.iter().copied()), names.is_empty()) {
            (_, true) => {
                "a table without a name cannot be referred to; put the table under \"tables\" with a name"
                    .to_owned()
            }
            (Some(near), _) => format!("there is no table {name:?}; did you mean {near:?}?"),
            (None, _) => format!("there is no table {name:?}"),
        }))
    }

    fn named(&self, table: usize) -> String {
        self.heads[table].name.as_ref().map_or("the table".to_owned(), |name| format!("table {name:?}"))
    }

    /// How a column of any table is called in messages about a column of `table`.
    pub(super) fn column_name(&self, of: ParentColumn, has_tables: bool) -> String {
        let head = &self.heads[of.table];
        let (column, _) = head.columns[of.column];
        match &head.name {
            Some(table) if has_tables => format!("\"{table}.{column}\""),
            _ => format!("{column:?}"),
        }
    }
}

/// The number of the column called `name`.
pub(super) fn find(numbers: &HashMap<String, usize>, name: &str) -> Result<usize, Refused> {
    numbers.get(name).copied().ok_or_else(|| {
        let mut names: Vec<&str> = numbers.keys().map(String::as_str).collect();
        names.sort_unstable();
        match nearest(name, names) {
            Some(near) => format!("the table has no column {name:?}; did you mean {near:?}?"),
            None => format!("the table has no column {name:?}; add it, or name another"),
        }
    })
}
