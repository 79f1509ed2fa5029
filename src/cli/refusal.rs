//! Words for flags that clap refuses: one line, "subject: fact; remedy".

use std::error::Error as _;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Error};

use super::flags::Flags;

/// What is wrong with the arguments of the command called `command`, such as `gen check`.
pub fn one_line(error: &Error, command: &str) -> String {
    format!("{} (see {command} --help)", said(error))
}

fn said(error: &Error) -> String {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(texts)) if !texts.is_empty() => Some(texts.join(" ")),
        _ => None,
    };
    let argument = context(ContextKind::InvalidArg);
    let value = context(ContextKind::InvalidValue).filter(|value| !value.is_empty());
    match (error.kind(), argument) {
        (ErrorKind::MissingRequiredArgument, Some(missing)) => {
            let them = if missing.split(' ').filter(|word| !word.starts_with("--")).count() > 1 {
                "them"
            } else {
                "it"
            };
            format!("{missing}: not provided; add {them}")
        }
        (ErrorKind::UnknownArgument, Some(unknown)) => match context(ContextKind::SuggestedArg) {
            Some(similar) => format!("{unknown}: there is no such option; a similar one is {similar}"),
            None if unknown.starts_with('-') => format!("{unknown}: there is no such option; leave it out"),
            None => unexpected(&unknown),
        },
        (ErrorKind::InvalidSubcommand, _) => {
            let unknown = context(ContextKind::InvalidSubcommand).unwrap_or_default();
            match context(ContextKind::SuggestedSubcommand) {
                Some(similar) => format!("{unknown}: there is no such command; a similar one is {similar}"),
                None => unexpected(&unknown),
            }
        }
        (ErrorKind::ArgumentConflict, argument) => {
            let other = context(ContextKind::PriorArg).unwrap_or_default();
            match argument.or_else(|| context(ContextKind::InvalidSubcommand)) {
                Some(argument) if argument == other => {
                    format!("{argument}: given multiple times; give it once")
                }
                // To clap, what stands behind options is a command that they cannot be combined with.
                Some(argument) if !argument.starts_with('-') && !is_command(&argument) => {
                    unexpected(&argument)
                }
                Some(argument) => {
                    format!("{argument}: cannot be combined with {other}; leave one of them out")
                }
                None => first_line(error),
            }
        }
        (ErrorKind::InvalidValue, Some(argument)) => {
            let choices = context(ContextKind::ValidValue)
                .map(|choices| format!("; choose one of {}", choices.replace(' ', ", ")));
            match value {
                Some(value) => {
                    format!(
                        "{} {value:?}: not one of its values{}",
                        name(&argument),
                        choices.unwrap_or_default()
                    )
                }
                None => {
                    format!("{argument}: a value is required{}", choices.unwrap_or("; add one".to_owned()))
                }
            }
        }
        (ErrorKind::ValueValidation, Some(argument)) => {
            let why = error.source().map(ToString::to_string).unwrap_or_else(|| first_line(error));
            format!("{} {:?}: {why}", name(&argument), value.unwrap_or_default())
        }
        (ErrorKind::TooManyValues, Some(argument)) => {
            format!(
                "{argument} {:?}: this option takes no value; leave the value out",
                value.unwrap_or_default()
            )
        }
        (ErrorKind::InvalidUtf8, _) => "an argument is not Unicode; only paths may be so".to_owned(),
        _ => first_line(error),
    }
}

/// An option without the placeholder of its value.
fn name(argument: &str) -> &str {
    argument.split_once(' ').map_or(argument, |(name, _)| name)
}

fn unexpected(argument: &str) -> String {
    format!("{argument}: an unexpected argument, and no command; leave it out")
}

fn is_command(name: &str) -> bool {
    Flags::command().find_subcommand(name).is_some()
}

/// What clap itself says of `error`, for the kinds that have no words of ours.
fn first_line(error: &Error) -> String {
    let message = error.render().to_string();
    let line = message.lines().next().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[test]
    fn each_refusal_is_one_line_with_subject_fact_and_remedy() {
        const COUNT: &str = "not a number; write it as 1000000, 1_000_000, 1e6, 10k, 10M, 2B or 1T";
        for (arguments, expected) in [
            ("", "--rows <N>: not provided; add it"),
            ("--rows", "--rows <N>: a value is required; add one"),
            ("--float", "--float <BITS>: a value is required; choose one of 64, 32"),
            ("--rows 1 --float 16", r#"--float "16": not one of its values; choose one of 64, 32"#),
            ("--rows x", &format!(r#"--rows "x": {COUNT}"#)),
            ("--rows=", &format!(r#"--rows "": {COUNT}"#)),
            ("--rows 1 --threads 0", r#"--threads "0": too few; give at least 1"#),
            ("--rows 1 --shard 3", r#"--shard "3": not a shard; give I/N with I from 1 to N, as in 1/4"#),
            ("--rows=1 --dry-run=yes", r#"--dry-run "yes": this option takes no value; leave the value out"#),
            ("--row 3", "--row: there is no such option; a similar one is --rows"),
            ("--rows 1 -x", "-x: there is no such option; leave it out"),
            ("--rows 1 --rows 2", "--rows <N>: given multiple times; give it once"),
            ("--rows 1 --quiet --json", "--quiet: cannot be combined with --json; leave one of them out"),
            ("--rows 1 check x", "check: cannot be combined with --rows <N>; leave one of them out"),
            ("--rows 1 extra", "extra: an unexpected argument, and no command; leave it out"),
            ("extra", "extra: an unexpected argument, and no command; leave it out"),
            ("chekc x", "chekc: there is no such command; a similar one is check"),
            ("check", "<COPY>...: not provided; add it"),
            ("load", "<SOURCE>... <DATABASE>: not provided; add them"),
            ("check --classes 3 x", "--rows <N>: not provided; add it"),
            (
                "check --dataset a --rows 1 --classes 3 x",
                "--dataset <PATH>: cannot be combined with --rows <N> --classes <K>; leave one of them out",
            ),
        ] {
            let error = Flags::try_parse_from(std::iter::once("gen").chain(arguments.split_whitespace()));
            let said = one_line(&error.expect_err(arguments), "gen check");
            assert_eq!(said, format!("{expected} (see gen check --help)"), "gen {arguments}");
        }
    }
}
