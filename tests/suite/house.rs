//! The picture of the house in `src/lib.rs` is true: which rooms there are, and which way they look.
//!
//! The sources are read as text: every path in them that begins with `crate`, `super`, `self`, the crate's name or the
//! name of a module is followed, through re-exports too, to the file that it leads into. Tests within files may look
//! anywhere.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The name under which the command knows the library.
const CRATE: &str = "samplegen";

/// A piece of source text.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    /// `::`
    Colons,
    Mark(char),
    Text(String),
}

impl Token {
    fn is(&self, mark: char) -> bool {
        *self == Self::Mark(mark)
    }

    fn word(&self) -> Option<&str> {
        if let Self::Word(word) = self { Some(word) } else { None }
    }
}

/// The tokens of `source`, without comments.
fn tokens(source: &str) -> Vec<Token> {
    let chars: Vec<char> = source.chars().collect();
    let (mut tokens, mut at) = (Vec::new(), 0);
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    while let Some(&c) = chars.get(at) {
        let next = chars.get(at + 1).copied().unwrap_or(' ');
        match c {
            '/' if next == '/' => at += chars[at..].iter().take_while(|c| **c != '\n').count(),
            '"' => at = text(&chars, at, &mut tokens),
            'r' | 'b' | 'c' if is_text_prefix(&chars[at..]) => at = text(&chars, at, &mut tokens),
            // A character, and no lifetime.
            '\'' if next == '\\' || chars.get(at + 2) == Some(&'\'') => {
                let skipped = if next == '\\' { 3 } else { 2 };
                at += skipped + chars[at + skipped..].iter().take_while(|c| **c != '\'').count() + 1;
            }
            ':' if next == ':' => {
                tokens.push(Token::Colons);
                at += 2;
            }
            c if is_word(c) => {
                let word: String = chars[at..].iter().take_while(|c| is_word(**c)).collect();
                at += word.chars().count();
                tokens.push(Token::Word(word));
            }
            c => {
                if !c.is_whitespace() {
                    tokens.push(Token::Mark(c));
                }
                at += 1;
            }
        }
    }
    tokens
}

fn is_text_prefix(chars: &[char]) -> bool {
    let prefix = chars.iter().take_while(|c| "rbc".contains(**c)).count();
    let hashes = chars[prefix..].iter().take_while(|c| **c == '#').count();
    prefix <= 2 && chars.get(prefix + hashes) == Some(&'"')
}

/// Reads a string literal, and returns where the source goes on behind it.
fn text(chars: &[char], start: usize, tokens: &mut Vec<Token>) -> usize {
    let quote = start + chars[start..].iter().take_while(|c| **c != '"').count();
    let is_raw = chars[start..quote].contains(&'r');
    let hashes = chars[start..quote].iter().filter(|c| **c == '#').count();
    let mut end = quote + 1;
    while end < chars.len() {
        match chars[end] {
            '\\' if !is_raw => end += 1,
            '"' if chars[end + 1..].iter().take_while(|c| **c == '#').take(hashes).count() == hashes => break,
            _ => {}
        }
        end += 1;
    }
    tokens.push(Token::Text(chars[quote + 1..end.min(chars.len())].iter().collect()));
    end + 1 + hashes
}

/// `tokens` without what is compiled for tests only.
fn without_tests(tokens: &[Token]) -> Vec<Token> {
    let mark = ["#", "[", "cfg", "(", "test", ")", "]"].map(|text| match text {
        "cfg" | "test" => Token::Word(text.to_owned()),
        mark => Token::Mark(mark.chars().next().expect("a character")),
    });
    let (mut kept, mut at) = (Vec::new(), 0);
    while at < tokens.len() {
        if tokens[at..].starts_with(&mark) {
            at += mark.len();
            let mut depth = 0;
            while at < tokens.len() {
                match &tokens[at] {
                    token if token.is('{') => depth += 1,
                    token if token.is('}') => depth -= 1,
                    _ => {}
                }
                at += 1;
                if depth == 0 && (tokens[at - 1].is('}') || tokens[at - 1].is(';')) {
                    break;
                }
            }
        } else {
            kept.push(tokens[at].clone());
            at += 1;
        }
    }
    kept
}

/// The path of a module: the names from the root on.
type ModulePath = Vec<String>;

/// A path that stands in a module.
#[derive(Debug)]
struct Mention {
    /// The module in which it stands, which may be within a file.
    within: ModulePath,
    path: Vec<String>,
    /// The name that it gets, if it is imported.
    alias: Option<String>,
    /// Whether it is handed on.
    is_public: bool,
}

/// All paths in `tokens`, which stand in the file of the module `within`.
fn mentions(tokens: &[Token], within: &ModulePath) -> Vec<Mention> {
    let mut found = Vec::new();
    // Modules within the file: how deep in braces each begins.
    let (mut modules, mut depth) = (vec![(within.clone(), 0)], 0);
    let mut at = 0;
    while at < tokens.len() {
        let module = modules.last().expect("the file itself").0.clone();
        match &tokens[at] {
            Token::Word(word) if word == "mod" && tokens.get(at + 2).is_some_and(|token| token.is('{')) => {
                let name = tokens[at + 1].word().expect("the name of a module").to_owned();
                depth += 1;
                modules.push((module.into_iter().chain([name]).collect(), depth));
                at += 3;
            }
            Token::Word(word) if word == "use" => {
                let end = at + tokens[at..].iter().take_while(|token| !token.is(';')).count();
                let is_public = at > 0 && (tokens[at - 1].is(')') || tokens[at - 1].word() == Some("pub"));
                let mut imports = Vec::new();
                imported(&tokens[at + 1..end], &mut 0, &[], &mut imports);
                let mention =
                    |(path, alias)| Mention { within: module.clone(), path, alias: Some(alias), is_public };
                // `use<…>` is none.
                found.extend(imports.into_iter().filter(|(path, _)| !path.is_empty()).map(mention));
                at = end;
            }
            // Where a name can be seen is no look at that place.
            Token::Word(word) if word == "pub" && tokens.get(at + 1).is_some_and(|token| token.is('(')) => {
                at += tokens[at..].iter().take_while(|token| !token.is(')')).count() + 1;
            }
            Token::Word(word) => {
                let mut path = vec![word.clone()];
                while tokens.get(at + 1) == Some(&Token::Colons)
                    && let Some(next) = tokens.get(at + 2).and_then(Token::word)
                {
                    path.push(next.to_owned());
                    at += 2;
                }
                let is_field = at >= 2 * path.len() - 1
                    && tokens.get(at.wrapping_sub(2 * path.len() - 1)).is_some_and(|token| token.is('.'));
                if path.len() > 1 && !is_field {
                    found.push(Mention { within: module, path, alias: None, is_public: false });
                }
                at += 1;
            }
            token => {
                if token.is('{') {
                    depth += 1;
                } else if token.is('}') {
                    depth -= 1;
                    if modules.len() > 1 && modules.last().is_some_and(|(_, begun)| depth < *begun) {
                        modules.pop();
                    }
                }
                at += 1;
            }
        }
    }
    found
}

/// The paths of a tree of imports, each with its name.
fn imported(tokens: &[Token], at: &mut usize, before: &[String], found: &mut Vec<(Vec<String>, String)>) {
    let mut path = before.to_vec();
    while let Some(token) = tokens.get(*at) {
        *at += 1;
        match token {
            Token::Word(word) if word == "as" => {
                let alias = tokens[*at].word().expect("a name").to_owned();
                *at += 1;
                found.push((std::mem::take(&mut path), alias));
                return;
            }
            Token::Word(word) => path.push(word.clone()),
            Token::Colons => {}
            Token::Mark('{') => {
                while tokens.get(*at).is_some_and(|token| !token.is('}')) {
                    imported(tokens, at, &path, found);
                    if tokens.get(*at).is_some_and(|token| token.is(',')) {
                        *at += 1;
                    }
                }
                *at += 1;
                return;
            }
            Token::Mark('*') => {}
            _ => {
                *at -= 1;
                break;
            }
        }
    }
    if path.last().is_some_and(|name| name == "self") {
        path.pop();
    }
    if let Some(name) = path.last().cloned() {
        found.push((path, name));
    }
}

/// All files of the crate, by the paths of their modules.
struct House {
    files: BTreeMap<ModulePath, PathBuf>,
    mentions: BTreeMap<ModulePath, Vec<Mention>>,
    /// What a name in a module leads to.
    names: BTreeMap<(ModulePath, String), Vec<ModulePath>>,
}

impl House {
    fn read() -> Self {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut files = BTreeMap::new();
        find(&source, &source, &mut files);
        let mut house = Self { files, mentions: BTreeMap::new(), names: BTreeMap::new() };
        for (module, file) in house.files.clone() {
            let source = fs::read_to_string(&file).expect("a source file");
            let mentions = mentions(&without_tests(&tokens(&source)), &module);
            house.mentions.insert(module, mentions);
        }
        for mention in house.mentions.values().flatten() {
            if let (Some(alias), Some(path)) =
                (&mention.alias, house.absolute(&mention.within, &mention.path))
            {
                house.names.entry((mention.within.clone(), alias.clone())).or_default().push(path);
            }
        }
        house
    }

    /// `path`, as it stands in the module `within`, from the root on; `None` if it leads out of the crate.
    fn absolute(&self, within: &ModulePath, path: &[String]) -> Option<ModulePath> {
        let mut base = within.clone();
        let mut rest = path;
        match path.first()?.as_str() {
            "crate" => {
                base.clear();
                rest = &path[1..];
            }
            CRATE => {
                base.clear();
                rest = &path[1..];
            }
            "self" => rest = &path[1..],
            "super" => {
                while rest.first().is_some_and(|name| name == "super") {
                    base.pop();
                    rest = &rest[1..];
                }
            }
            // A module within this one, or nothing of ours.
            name => {
                let mut child = within.clone();
                child.push(name.to_owned());
                if !self.files.contains_key(&child) {
                    return None;
                }
            }
        }
        Some(base.into_iter().chain(rest.iter().cloned()).collect())
    }

    /// The module whose file `path` leads into, by the names that modules hand on.
    fn target(&self, path: &ModulePath, depth: usize) -> ModulePath {
        assert!(depth < 20, "names in a circle: {path:?}");
        let mut module = ModulePath::new();
        for (index, name) in path.iter().enumerate() {
            let child: ModulePath = module.iter().cloned().chain([name.clone()]).collect();
            if self.files.contains_key(&child) {
                module = child;
                continue;
            }
            if let Some(leads) = self.names.get(&(module.clone(), name.clone()))
                && let Some(lead) = leads.iter().find(|lead| **lead != path[..=index])
            {
                let further = lead.iter().chain(&path[index + 1..]).cloned().collect();
                return self.target(&further, depth + 1);
            }
            break;
        }
        module
    }

    /// Which file takes something from which other.
    fn arrows(&self) -> BTreeSet<(ModulePath, ModulePath)> {
        let mut arrows = BTreeSet::new();
        for (module, mentions) in &self.mentions {
            for mention in mentions {
                let Some(path) = self.absolute(&mention.within, &mention.path) else { continue };
                let target = self.target(&path, 0);
                // A room hands on what is in it.
                let is_door = mention.is_public && target.starts_with(module);
                if target != *module && !is_door {
                    arrows.insert((module.clone(), target));
                }
            }
        }
        arrows
    }
}

fn find(source: &Path, folder: &Path, files: &mut BTreeMap<ModulePath, PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            find(source, &path, files);
            continue;
        }
        let below = path.strip_prefix(source).expect("a file below").with_extension("");
        let mut module: ModulePath =
            below.iter().map(|name| name.to_str().expect("a name").to_owned()).collect();
        if module.last().is_some_and(|name| name == "mod") || module == ["lib"] {
            module.pop();
        }
        files.insert(module, path);
    }
}

/// The files on a way from `start` back to it, if there is one.
fn circle(start: &ModulePath, arrows: &BTreeSet<(ModulePath, ModulePath)>) -> Option<Vec<ModulePath>> {
    let (mut ways, mut seen) = (vec![vec![start.clone()]], BTreeSet::new());
    while let Some(way) = ways.pop() {
        let last = way.last().expect("a start");
        for (_, next) in arrows.iter().filter(|(from, _)| from == last) {
            let further: Vec<_> = way.iter().cloned().chain([next.clone()]).collect();
            if next == start {
                return Some(further);
            }
            if seen.insert(next.clone()) {
                ways.push(further);
            }
        }
    }
    None
}

/// Files that take from each other for a reason.
const TOGETHER: [(&str, &str); 3] = [
    // A column of any kind may be made of other columns.
    ("columns::listed", "columns::value_column"),
    ("columns::template", "columns::value_column"),
    ("columns::taken", "columns::value_column"),
];

#[test]
fn no_files_look_at_each_other_in_a_circle() {
    let house = House::read();
    let mut arrows = house.arrows();
    assert!(arrows.len() > 200, "the sources are read");
    for (from, to) in TOGETHER {
        let path = |name: &str| name.split("::").map(str::to_owned).collect::<ModulePath>();
        assert!(arrows.remove(&(path(from), path(to))), "{from} does not look at {to} any more");
    }
    let circles: BTreeSet<String> = house
        .files
        .keys()
        .filter_map(|module| circle(module, &arrows))
        .map(|way| way.iter().map(|module| module.join("::")).collect::<Vec<_>>().join(" -> "))
        .collect();
    assert!(circles.is_empty(), "{circles:#?}");
}

/// The rooms that the table in `src/lib.rs` names, from the first row on.
fn table(source: &str) -> Vec<&str> {
    let rows = source.lines().filter_map(|line| line.strip_prefix("//! | "));
    let cells = rows.filter_map(|row| row.split('|').next());
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect()
}

#[test]
fn a_room_looks_only_at_rooms_above_it_in_the_table() {
    let house = House::read();
    let source = fs::read_to_string(&house.files[&ModulePath::new()]).expect("src/lib.rs");
    let table = table(&source);
    let is_room = |name: &&str| *name != "main";
    let rooms: BTreeSet<&str> =
        house.files.keys().filter_map(|module| module.first()).map(String::as_str).filter(is_room).collect();
    assert_eq!(table.iter().copied().collect::<BTreeSet<_>>(), rooms, "the table names all rooms");
    assert_eq!(table.len(), rooms.len(), "the table names each room once");
    let place = |room: &str| table.iter().position(|listed| *listed == room);
    let mut faults = BTreeSet::new();
    for (from, to) in house.arrows() {
        if let (Some(from), Some(to)) = (from.first(), to.first())
            && from != to
            && is_room(&from.as_str())
            && place(from) <= place(to)
        {
            faults.insert(format!("{from} looks at {to}, which is not above it"));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn only_the_command_words_errors_with_flags() {
    let house = House::read();
    let mut faults = Vec::new();
    for (module, file) in &house.files {
        // Ledgers of the first release hold texts with flags.
        if ["cli", "main", "keys"].iter().any(|name| module.first().is_some_and(|first| first == name)) {
            continue;
        }
        let source = fs::read_to_string(file).expect("a source file");
        for token in without_tests(&tokens(&source)) {
            if let Token::Text(text) = token
                && text.split("--").skip(1).any(|behind| behind.starts_with(|c: char| c.is_ascii_lowercase()))
            {
                faults.push(format!("{}: {text:?}", file.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}
