//! What is in a folder, seen from a run that is about to write to it.

use std::collections::BTreeSet;
use std::io;
use std::ops::Range;

use super::description::{DESCRIPTION_NAME, FolderDescription};
use super::error::Holds;
use crate::difference::Differences;
use crate::layout::Layout;
use crate::part::origin::Inspected;
use crate::plan::{Plan, Plans, is_part_name};
use crate::schema::Schema;

/// What a folder holds, seen from a run that is about to write to it.
#[derive(Debug, Default)]
pub struct Contents {
    /// For each table of the run the numbers of its parts that are complete.
    pub finished: Vec<BTreeSet<u64>>,
    /// The paths, below the folder, of parts that are not whole Parquet files, and that the run is going to rewrite.
    pub torn: Vec<String>,
    /// The paths, below the folder, of Parquet files that `gen` did not write.
    pub foreign: Vec<String>,
    /// Whether the folder's description is that of the run.
    pub(super) described: bool,
    pub(super) conflict: Option<Conflict>,
    /// Files of `gen` that must go before another data set can stand here.
    pub(super) replaceable: Vec<String>,
    /// Temporary files that a killed run may have left behind.
    pub(super) temporary: Vec<String>,
}

/// Why a run must not write here.
#[derive(Debug)]
pub(super) struct Conflict {
    pub(super) name: Option<String>,
    pub(super) holds: Holds,
    /// Whether it stands even if what `gen` wrote may be replaced.
    pub(super) is_final: bool,
}

/// What a Parquet file in the folder is to the run.
pub(super) enum Standing {
    /// A complete part of the plan.
    Finished(u64),
    /// A part of the plan that is not whole.
    Torn,
    /// A part of another data set or layout.
    Other(Holds),
    /// A file of `gen` that this release does not know, for this reason.
    Unknown(String),
    /// Not a file of `gen`; whether it has the name of a part of the plan.
    Foreign { in_the_way: bool },
}

/// A folder in which a run finds files: that of a table, or that of the data set.
pub(super) struct Place<'a> {
    /// The name of the table; none for the folder of the data set.
    pub(super) table: Option<&'a str>,
    /// The plan of the table that stands there, with its number among those of the run and the parts that the run
    /// writes; none if there is no such table.
    pub(super) run: Option<(usize, &'a Plan, Range<u64>)>,
    /// The plan of the table that the folder's description puts there.
    pub(super) described: Option<&'a Plan>,
}

impl Place<'_> {
    /// The number of the part of the run's table that has this file name.
    pub(super) fn part_index(&self, name: &str) -> Option<u64> {
        self.run.as_ref().and_then(|(_, plan, _)| plan.part_index(name))
    }

    /// The path, below the folder of the data set, of the file called `name`.
    pub(super) fn path_of(&self, name: &str) -> String {
        self.table.map_or(name.to_owned(), |table| format!("{table}/{name}"))
    }

    /// What the file called `name` is to a run of `plans`.
    pub(super) fn standing(&self, plans: &Plans, name: &str, inspected: Inspected) -> Standing {
        let (index, plan) = (self.part_index(name), self.run.as_ref().map(|(_, plan, _)| *plan));
        match (plan, index, inspected) {
            (Some(plan), Some(index), Inspected::Part(origin)) if origin.is_part(plan, index) => {
                Standing::Finished(index)
            }
            (Some(plan), _, Inspected::Part(origin)) => {
                let wanted = (plan.data_set().named(), plan.layout());
                Standing::Other(difference(wanted, (&origin.schema, &origin.layout)))
            }
            (None, _, Inspected::Part(origin)) => {
                Standing::Other(Holds::OtherDataSet(Differences::of_schemas(&origin.schema, plans.schema())))
            }
            (_, _, Inspected::Unknown(reason)) => Standing::Unknown(reason),
            // Under the name of a part of the data set that this folder describes, it is that part.
            (_, index, Inspected::Unreadable)
                if self.described.is_some_and(|plan| plan.part_index(name).is_some()) =>
            {
                match (self.described, plan) {
                    (Some(described), Some(plan))
                        if index.is_some() && described.data_set() == plan.data_set() =>
                    {
                        Standing::Torn
                    }
                    _ => Standing::Other(Holds::OtherTruncated),
                }
            }
            (_, index, Inspected::Foreign | Inspected::Unreadable) => {
                Standing::Foreign { in_the_way: index.is_some() }
            }
        }
    }
}

impl Contents {
    /// Nothing, for a run of so many tables.
    pub(super) fn of_tables(tables: usize) -> Self {
        Self { finished: vec![BTreeSet::new(); tables], ..Self::default() }
    }

    /// Takes the paths of the files that have to go before the run writes.
    pub(super) fn take_replaced(&mut self, plans: &Plans, overwrite: bool) -> Vec<String> {
        let mut replaced = std::mem::take(&mut self.replaceable);
        if overwrite {
            replaced.append(&mut self.torn);
            for (plan, finished) in plans.chosen().zip(&mut self.finished) {
                replaced.extend(std::mem::take(finished).into_iter().map(|index| plan.part_path(index)));
            }
        }
        replaced
    }

    /// Bytes of the description of `plans`, if it is still to be written.
    pub(crate) fn missing_description_bytes(&self, plans: &Plans) -> io::Result<u64> {
        if self.described { Ok(0) } else { Ok(FolderDescription::of(plans).json()?.len() as u64) }
    }

    /// Notes what the file at `path`, below the folder of the data set, is, which stands in `place`.
    pub(super) fn note(&mut self, path: String, standing: Standing, place: &Place<'_>) {
        match standing {
            Standing::Finished(index) => {
                if let Some((table, _, parts)) = &place.run
                    && parts.contains(&index)
                {
                    self.finished[*table].insert(index);
                }
            }
            Standing::Torn => self.torn.push(path),
            Standing::Other(holds) => {
                self.conflict(None, holds, false);
                self.replaceable.push(path);
            }
            Standing::Unknown(reason) => self.conflict(Some(path), Holds::Unknown(reason), true),
            Standing::Foreign { in_the_way } => {
                self.conflict(Some(path.clone()), Holds::Foreign, in_the_way);
                self.foreign.push(path);
            }
        }
    }

    /// Notes a conflict. One that `--overwrite` does not solve comes before others.
    pub(super) fn conflict(&mut self, name: Option<String>, holds: Holds, is_final: bool) {
        if self.conflict.as_ref().is_none_or(|known| is_final && !known.is_final) {
            self.conflict = Some(Conflict { name, holds, is_final });
        }
    }
}

/// What a folder holds that differs from a table: a data set, named as by parts, or a layout that other options make.
fn difference(wanted: (&Schema, &Layout), found: (&Schema, &Layout)) -> Holds {
    if found.0 != wanted.0 {
        Holds::OtherDataSet(Differences::of_schemas(found.0, wanted.0))
    } else if found.1 != wanted.1 {
        Holds::OtherLayout(Differences::of_layouts(found.1, wanted.1))
    } else {
        Holds::OtherName
    }
}

/// What the description of a folder says that is not so in the description `wanted`.
pub(super) fn description_difference(wanted: &FolderDescription, found: &FolderDescription) -> Holds {
    let tables = wanted.tables.iter().zip(&found.tables);
    let mut layouts = tables.map(|(wanted, found)| Differences::of_layouts(&found.layout, &wanted.layout));
    match layouts.find(|differences| differences.iter().next().is_some()) {
        Some(differences) if found.schema == wanted.schema => Holds::OtherLayout(differences),
        _ => Holds::OtherDataSet(Differences::of_schemas(&found.schema, &wanted.schema)),
    }
}

/// Whether the file called `name` is a temporary one that this run may clear away: any that `gen` makes, for a
/// run that has the folder to itself; one of its own parts, for a shard.
pub(super) fn is_temporary(name: &str, plan: &Plan, parts: &Range<u64>) -> bool {
    let Some(target) = name.strip_prefix('.').and_then(|name| name.strip_suffix(".tmp")) else {
        return false;
    };
    if *parts == (0..plan.part_count()) {
        is_part_name(target) || is_description_temporary(name)
    } else {
        plan.part_index(target).is_some_and(|index| parts.contains(&index)) || is_description_temporary(name)
    }
}

/// Whether `name` is that of a temporary file of a description.
pub(super) fn is_description_temporary(name: &str) -> bool {
    let number = name.strip_prefix('.').and_then(|name| name.strip_prefix(DESCRIPTION_NAME));
    let number = number.and_then(|rest| rest.strip_prefix('.')?.strip_suffix(".tmp"));
    number.is_some_and(|digits| digits.len() == 16 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
