//! Words for flags that clap refuses: one line, "subject: fact; remedy".

use std::error::Error as _;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, Error};

/// What is wrong with the arguments of `gen`, of which the subcommand called `name`, such as `gen check`, was given, and
/// what can be done.
pub fn in_words(error: &Error, gen_command: &Command, name: &str) -> (String, Option<String>) {
    let said = said(error, gen_command);
    // A remedy, which repeats no argument, comes last.
    match said.rsplit_once("; ") {
        Some((what, remedy)) => (what.to_owned(), Some(format!("{remedy} (see {name} --help)"))),
        None => (format!("{said} (see {name} --help)"), None),
    }
}

fn said(error: &Error, gen_command: &Command) -> String {
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
            Some(similar) => format!("{unknown}: there is no such option; did you mean {similar}?"),
            None if unknown.starts_with('-') => format!("{unknown}: there is no such option; leave it out"),
            None => unexpected(&unknown),
        },
        (ErrorKind::InvalidSubcommand, _) => {
            let unknown = context(ContextKind::InvalidSubcommand).unwrap_or_default();
            match similar_command(gen_command, &unknown) {
                Some(similar) => format!("{unknown}: there is no such command; did you mean {similar}?"),
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
                Some(argument)
                    if !argument.starts_with('-') && gen_command.find_subcommand(&argument).is_none() =>
                {
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
        (ErrorKind::InvalidUtf8, _) => {
            "an argument is not Unicode, which only paths may be; write it in UTF-8".to_owned()
        }
        _ => first_line(error),
    }
}

/// An option without the placeholder of its value.
fn name(argument: &str) -> &str {
    argument.split_once(' ').map_or(argument, |(name, _)| name)
}

/// The subcommand whose name is most similar to `unknown`, if any is: clap names none after `help`, and several elsewhere.
fn similar_command<'a>(gen_command: &'a Command, unknown: &str) -> Option<&'a str> {
    // What clap takes for similar.
    const LEAST_SIMILARITY: f64 = 0.7;
    let similar = gen_command.get_subcommands().map(|command| {
        let name = command.get_name();
        (strsim::jaro(unknown, name), name)
    });
    let similar = similar.filter(|(similarity, _)| *similarity > LEAST_SIMILARITY);
    similar.max_by(|(one, _), (other, _)| one.total_cmp(other)).map(|(_, name)| name)
}

fn unexpected(argument: &str) -> String {
    format!("{argument}: an unexpected argument, and no command; leave it out")
}

/// What clap itself says of `error`, for the kinds that have no words of ours.
fn first_line(error: &Error) -> String {
    let message = error.render().to_string();
    let line = message.lines().next().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}
