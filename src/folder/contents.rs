//! What is in a folder, seen from a run that is about to write to it.

use std::collections::BTreeSet;
use std::io;
use std::ops::Range;

use super::description::{DESCRIPTION_NAME, FolderDescription};
use super::error::Holds;
use crate::difference::Differences;
use crate::layout::Layout;
use crate::part::origin::Inspected;
use crate::plan::{Plan, is_part_name};
use crate::schema::Schema;

/// What a folder holds, seen from a run that is about to write to it.
#[derive(Debug, Default)]
pub struct Contents {
    /// The numbers of the run's parts that are complete.
    pub finished: BTreeSet<u64>,
    /// The names of parts that are not whole Parquet files, and that the run is going to rewrite.
    pub torn: Vec<String>,
    /// The names of Parquet files that `gen` did not write.
    pub foreign: Vec<String>,
    /// Whether the folder's description is the plan's.
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

/// What the file called `name` is to `plan`, which has a part `index` of that name or none.
pub(super) fn standing(
    plan: &Plan,
    described: Option<&Plan>,
    name: &str,
    index: Option<u64>,
    inspected: Inspected,
) -> Standing {
    match (index, inspected) {
        (Some(index), Inspected::Part(origin)) if origin.is_part(plan, index) => Standing::Finished(index),
        (_, Inspected::Part(origin)) => Standing::Other(difference(plan, &origin.schema, &origin.layout)),
        (_, Inspected::Unknown(reason)) => Standing::Unknown(reason),
        // Under the name of a part of the data set that this folder describes, it is that part.
        (index, Inspected::Unreadable) if described.is_some_and(|plan| plan.part_index(name).is_some()) => {
            match described {
                Some(described) if index.is_some() && described.data_set() == plan.data_set() => {
                    Standing::Torn
                }
                _ => Standing::Other(Holds::OtherTruncated),
            }
        }
        (index, Inspected::Foreign | Inspected::Unreadable) => {
            Standing::Foreign { in_the_way: index.is_some() }
        }
    }
}

impl Contents {
    /// Takes the names of the files that have to go before the run writes.
    pub(super) fn take_replaced(&mut self, plan: &Plan, overwrite: bool) -> Vec<String> {
        let mut replaced = std::mem::take(&mut self.replaceable);
        if overwrite {
            replaced.append(&mut self.torn);
            replaced
                .extend(std::mem::take(&mut self.finished).into_iter().map(|index| plan.part_name(index)));
        }
        replaced
    }

    /// Bytes of the description of `plan`, if it is still to be written.
    pub(crate) fn missing_description_bytes(&self, plan: &Plan) -> io::Result<u64> {
        if self.described { Ok(0) } else { Ok(FolderDescription::of(plan).json()?.len() as u64) }
    }

    pub(super) fn note(&mut self, name: String, standing: Standing, parts: &Range<u64>) {
        match standing {
            Standing::Finished(index) => {
                if parts.contains(&index) {
                    self.finished.insert(index);
                }
            }
            Standing::Torn => self.torn.push(name),
            Standing::Other(holds) => {
                self.conflict(None, holds, false);
                self.replaceable.push(name);
            }
            Standing::Unknown(reason) => self.conflict(Some(name), Holds::Unknown(reason), true),
            Standing::Foreign { in_the_way } => {
                self.conflict(Some(name.clone()), Holds::Foreign, in_the_way);
                self.foreign.push(name);
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

/// What a folder holds that differs from `plan`: a data set, named as by parts, or a layout that other options make.
pub(super) fn difference(plan: &Plan, schema: &Schema, layout: &Layout) -> Holds {
    let wanted = plan.data_set().named();
    if schema != wanted {
        Holds::OtherDataSet(Differences::of_schemas(schema, wanted))
    } else if layout != plan.layout() {
        Holds::OtherLayout(Differences::of_layouts(layout, plan.layout()))
    } else {
        Holds::OtherName
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
