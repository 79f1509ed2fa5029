//! What the definition of the flags gives beside help: completions of shells, man pages.

use clap::CommandFactory;
use clap_complete::Shell;
use clap_mangen::Man;

use super::flags::Flags;

/// A script that has `shell` complete the command.
pub fn completions(shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Flags::command(), "gen", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

/// The man page of the command, or of one of its subcommands; `None` if there is none of that name.
pub fn man_page(subcommand: Option<&str>) -> Option<String> {
    let mut command = Flags::command();
    command.build();
    let command = match subcommand {
        Some(name) => command.find_subcommand(name)?.clone(),
        None => command,
    };
    let mut page = Vec::new();
    // Writing to memory does not fail.
    Man::new(command).render(&mut page).ok()?;
    Some(String::from_utf8_lossy(&page).into_owned())
}
