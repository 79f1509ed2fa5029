//! Which column of a copy is which: columns are known by their names, in upper or lower case if need be.

use std::collections::{HashMap, HashSet};

use arrow_schema::Schema as ArrowSchema;

use super::error::CheckError;
use super::report::RenamedColumn;

/// The names of the columns of a data set, and which of them are checked.
#[derive(Debug)]
pub(super) struct Names {
    /// Those that are checked, in order.
    checked: Vec<String>,
    /// Where each column of the data set stands among those that are checked.
    slots: HashMap<String, Option<usize>>,
}

/// What is said of the columns of a copy.
pub(super) struct Inspected {
    /// Columns that are checked, and are there in upper or lower case.
    pub(super) renamed: Vec<RenamedColumn>,
    /// Columns that the data set does not have.
    pub(super) ignored: Vec<String>,
}

impl Names {
    pub(super) fn new<'a>(
        checked: impl Iterator<Item = &'a str>,
        all: impl Iterator<Item = &'a str>,
    ) -> Self {
        let checked: Vec<_> = checked.map(str::to_owned).collect();
        let mut slots: HashMap<_, _> = all.map(|name| (name.to_owned(), None)).collect();
        slots.extend(checked.iter().cloned().enumerate().map(|(slot, name)| (name, Some(slot))));
        Self { checked, slots }
    }

    /// Where the columns that are checked stand in a copy with this schema. A column that is not there by its
    /// name may be there in upper or lower case, as several databases export it.
    pub(super) fn places(&self, schema: &ArrowSchema) -> Result<Vec<usize>, CheckError> {
        let mut places = vec![None; self.checked.len()];
        for (place, field) in schema.fields().iter().enumerate() {
            if let Some(Some(slot)) = self.slots.get(field.name())
                && places[*slot].replace(place).is_some()
            {
                return Err(CheckError::AmbiguousColumn(field.name().clone()));
            }
        }
        if places.contains(&None) {
            let mut lower_case: HashMap<String, Option<usize>> = HashMap::new();
            for (place, field) in schema.fields().iter().enumerate() {
                if !self.slots.contains_key(field.name()) {
                    let name = field.name().to_lowercase();
                    lower_case.entry(name).and_modify(|known| *known = None).or_insert(Some(place));
                }
            }
            for (place, name) in places.iter_mut().zip(&self.checked).filter(|(place, _)| place.is_none()) {
                match lower_case.get(&name.to_lowercase()) {
                    Some(Some(found)) => *place = Some(*found),
                    Some(None) => return Err(CheckError::AmbiguousColumn(name.clone())),
                    None => return Err(missing(name, schema)),
                }
            }
            let mut taken = HashSet::new();
            if let Some(twice) = places.iter().flatten().find(|place| !taken.insert(**place)) {
                return Err(CheckError::AmbiguousColumn(schema.field(*twice).name().clone()));
            }
        }
        Ok(places.into_iter().flatten().collect())
    }

    /// What is to be said of a copy with this schema, whose checked columns stand at `places`.
    pub(super) fn inspect(&self, schema: &ArrowSchema, places: &[usize]) -> Inspected {
        let found: Vec<&String> = places.iter().map(|place| schema.field(*place).name()).collect();
        let renamed = self.checked.iter().zip(&found).filter(|(name, found)| name != *found);
        let renamed = renamed
            .map(|(name, found)| RenamedColumn { column: name.clone(), found: (*found).clone() })
            .collect();
        let known: HashSet<&String> = found.into_iter().collect();
        let names = schema.fields().iter().map(|field| field.name());
        let ignored = names.filter(|name| !self.slots.contains_key(*name) && !known.contains(name));
        Inspected { renamed, ignored: ignored.cloned().collect() }
    }
}

/// That `column` is in none of the names of `schema`, and why, where the names show it.
fn missing(column: &str, schema: &ArrowSchema) -> CheckError {
    let is_delimited = |delimiter: &char| {
        let mut parts = schema.fields().iter().flat_map(|field| field.name().split(*delimiter));
        parts.any(|part| part.trim_matches('"').eq_ignore_ascii_case(column))
    };
    let column = column.to_owned();
    match [',', ';', '\t', '|'].into_iter().find(is_delimited) {
        Some(delimiter) => CheckError::OtherDelimiter { column, delimiter },
        None => CheckError::MissingColumn(column),
    }
}
