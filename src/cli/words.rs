//! Errors in the words of the command: what happened, and behind it the flags that are ways out.

use crate::difference::DescribedOption;
use crate::folder::FolderError;
use crate::generate::GenerateError;
use crate::{Error, Remedy};

/// What went wrong, and what can be done about it.
pub fn fact_and_remedy(error: &Error) -> (String, Option<String>) {
    let fact = match error {
        // What differs is told by the flags that make the other.
        Error::Generate(GenerateError::Folder(FolderError::Occupied { path, holds, .. })) => {
            format!("{}: {}", path.display(), holds.in_words(flag))
        }
        error => error.to_string(),
    };
    (fact, ways_out(&error.remedies()))
}

/// The flag of an option that a data set or a layout is made with.
pub fn flag(option: DescribedOption) -> &'static str {
    match option {
        DescribedOption::Rows => "--rows",
        DescribedOption::FirstRow => "--from-row",
        DescribedOption::Seed => "--seed",
        DescribedOption::Classes => "--classes",
        DescribedOption::Ids => "--id",
        DescribedOption::Float => "--float",
        DescribedOption::BatchRows => "--batch-size",
        DescribedOption::RowGroupRows => "--row-group-rows",
        DescribedOption::Compression => "--compression",
    }
}

/// `remedies` as alternatives: `give A, B or C`.
fn ways_out(remedies: &[Remedy]) -> Option<String> {
    let ways: Vec<_> = remedies.iter().map(words).collect();
    let mut known_verb = "";
    let ways: Vec<_> = ways
        .iter()
        .map(|way| {
            let (verb, object) = way.split_once(' ').unwrap_or((way, ""));
            let is_same = std::mem::replace(&mut known_verb, verb) == verb;
            if is_same { object } else { way.as_str() }
        })
        .collect();
    match ways.split_last()? {
        (last, []) => Some((*last).to_owned()),
        (last, others) => Some(format!("{} or {last}", others.join(", "))),
    }
}

/// A way out, as a request to the user.
fn words(remedy: &Remedy) -> String {
    match remedy {
        Remedy::AnotherFolder => "choose another --out",
        Remedy::WritableFolder => "choose an --out that is, or can become, a folder you may write to",
        Remedy::MoveAway => "move it away",
        Remedy::Overwrite => "give --overwrite to replace it",
        Remedy::OverwriteBeside => "give --overwrite to write beside it",
        Remedy::Wait => "wait for it",
        Remedy::FreeSpace => "free some space",
        Remedy::Force => "give --force to write until the disk is full",
        Remedy::FewerThreads => "give fewer --threads",
        Remedy::FewerConnections => "give fewer --connections",
        Remedy::FewerRowsPerFile => "give a smaller --batch-size",
        Remedy::MoreRowsPerFile => "give a larger --batch-size",
        Remedy::MoreRowsPerGroup => "give a larger --row-group-rows",
        Remedy::Shard => "give --shard",
        Remedy::NameColumns => "give --columns with those that it should have",
        Remedy::OtherColumns => "give --columns without it",
        Remedy::AllRows => "leave --partial out",
        Remedy::NoTolerance => "leave --tolerance out",
        Remedy::Delimiter(delimiter) => return format!("give --delimiter {delimiter:?}"),
        Remedy::NameDataSet => "give --dataset",
        Remedy::AnotherTable => "give another --table",
        Remedy::NameSchema => "give another --table with its schema, as in --table public.t",
        Remedy::Append => "give --if-exists append",
        Remedy::Replace => "give --if-exists replace",
        Remedy::DisableAndReplace => "disable it and give --if-exists replace",
        Remedy::Default => "give the column a default",
        Remedy::LeaveColumnOut => "leave the column out of the rows",
        Remedy::AnotherType(name) => return format!("give the column the type {name}"),
        Remedy::Logged => "leave --unlogged out",
        Remedy::TextIds => "give --id text",
        Remedy::UuidIds => "give --id uuid",
        Remedy::AnyIds => "leave --id out",
        Remedy::Insert => "give --method insert",
        Remedy::RoleThatBypasses => "give a role that bypasses it",
        Remedy::SameMethod => "give the same --method",
        Remedy::SameCut { batch_rows, row_group_rows } => {
            return format!("give --batch-size {batch_rows} --row-group-rows {row_group_rows}, as it did");
        }
        Remedy::CutOfOtherLoad => "give its --batch-size, --row-group-rows and --from-row",
        Remedy::CutAtLoadedRows => "give a --batch-size and --from-row under which no part has both",
        Remedy::MakeLedger { schema } => {
            return format!(
                "have an administrator run gen --rows 0 --out … --table {schema}.new, which makes it beside a new table, \
                 and grant select, insert and update on it to this role"
            );
        }
        Remedy::UpdateLedger => "have its owner run gen --rows 0 --out … --table … into the same schema",
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_out_are_alternatives() {
        for (remedies, said) in [
            (vec![], None),
            (vec![Remedy::Wait], Some("wait for it")),
            (
                vec![Remedy::FewerRowsPerFile, Remedy::MoreRowsPerGroup],
                Some("give a smaller --batch-size or a larger --row-group-rows"),
            ),
            (
                vec![Remedy::Append, Remedy::Replace, Remedy::AnotherTable],
                Some("give --if-exists append, --if-exists replace or another --table"),
            ),
            (
                vec![Remedy::FreeSpace, Remedy::AnotherFolder, Remedy::Force],
                Some("free some space, choose another --out or give --force to write until the disk is full"),
            ),
        ] {
            assert_eq!(ways_out(&remedies).as_deref(), said);
        }
    }
}
