//! Reading the keys of a map, with every fault told by its place.

use super::fault::{Fault, listed, nearest};
use super::literal::{Refused, shown};
use super::node::{Content, Entry, Node, Position};

/// A fault that has been noted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Noted;

/// What has been read, unless a fault has been noted instead.
pub(super) type Read<T> = Result<T, Noted>;

/// The faults so far, and the table and the column that are being read.
#[derive(Default)]
pub(super) struct Notes {
    pub(super) faults: Vec<Fault>,
    pub(super) table: Option<String>,
    pub(super) column: Option<String>,
}

impl Notes {
    /// Notes a fault.
    pub(super) fn fault(&mut self, at: Option<Position>, message: impl Into<String>) -> Noted {
        let (table, column) = (self.table.clone(), self.column.clone());
        self.faults.push(Fault { at, table, column, message: message.into() });
        Noted
    }

    /// Notes what was refused about the value of `key`.
    pub(super) fn read<T>(&mut self, at: Option<Position>, key: &str, result: Result<T, Refused>) -> Read<T> {
        result.map_err(|refused| self.fault(at, format!("{key}: {refused}")))
    }
}

/// The entries of a map.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a> {
    at: Option<Position>,
    entries: &'a [Entry],
}

impl<'a> Fields<'a> {
    /// The entries of `node`, if it is a map.
    pub(super) fn new(node: &'a Node) -> Result<Self, Refused> {
        match &node.content {
            Content::Map(entries) => Ok(Self { at: node.at, entries }),
            _ => Err(format!("expected names and values, found {}", shown(node))),
        }
    }

    /// The value of `key`.
    pub(super) fn get(&self, key: &str) -> Option<&'a Node> {
        self.entries.iter().find(|entry| entry.name == key).map(|entry| &entry.value)
    }

    /// Where the value of `key` is, or else where the map is.
    pub(super) fn at(&self, key: &str) -> Option<Position> {
        self.get(key).map_or(self.at, |node| node.at)
    }

    /// Reads the value of `key`, if it is there.
    pub(super) fn optional<T>(
        &self,
        notes: &mut Notes,
        key: &str,
        read: impl FnOnce(&'a Node) -> Result<T, Refused>,
    ) -> Read<Option<T>> {
        self.get(key).map(|node| notes.read(node.at, key, read(node))).transpose()
    }

    /// Reads the value of `key`, which `owner` needs.
    pub(super) fn required<T>(
        &self,
        notes: &mut Notes,
        owner: &str,
        key: &str,
        read: impl FnOnce(&'a Node) -> Result<T, Refused>,
    ) -> Read<T> {
        match self.optional(notes, key, read)? {
            Some(value) => Ok(value),
            None => Err(notes.fault(self.at, format!("{owner} needs the key {key:?}"))),
        }
    }

    /// Notes every key that is neither one of `own`, the keys of `owner`, nor one of `common`.
    pub(super) fn only(&self, notes: &mut Notes, owner: &str, own: &[&str], common: &[&str]) {
        let known = || own.iter().chain(common).copied();
        for Entry { at, name, .. } in
            self.entries.iter().filter(|entry| !known().any(|key| key == entry.name))
        {
            let way_out = match (nearest(name, known()), own.is_empty()) {
                (Some(near), _) => format!("did you mean {near:?}?"),
                (None, false) => format!("{owner} has {}", listed(own, "and")),
                (None, true) => format!("{owner} has no keys of its own"),
            };
            notes.fault(*at, format!("unknown key {name:?}; {way_out}"));
        }
    }
}
