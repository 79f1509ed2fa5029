//! The tree of a schema in JSON: written by way of serde, and read without places, which only people need.

use std::fmt;

use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::ser::{Error as _, SerializeMap, SerializeSeq};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::node::{Content, Entry, Node};

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.content {
            Content::Null => serializer.serialize_unit(),
            Content::Bool(value) => serializer.serialize_bool(*value),
            Content::Number(text) => {
                if let Ok(number) = text.parse() {
                    serializer.serialize_u64(number)
                } else if let Ok(number) = text.parse() {
                    serializer.serialize_i64(number)
                } else {
                    let number = text.parse().map_err(|_| S::Error::custom("not a number of JSON"))?;
                    serializer.serialize_f64(number)
                }
            }
            Content::Text(text) => serializer.serialize_str(text),
            Content::List(nodes) => {
                let mut list = serializer.serialize_seq(Some(nodes.len()))?;
                nodes.iter().try_for_each(|node| list.serialize_element(node))?;
                list.end()
            }
            Content::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                entries.iter().try_for_each(|entry| map.serialize_entry(&entry.name, &entry.value))?;
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Tree)
    }
}

struct Tree;

impl<'de> Visitor<'de> for Tree {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::new(Content::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Node, E> {
        Ok(number.into())
    }

    fn visit_i64<E>(self, number: i64) -> Result<Node, E> {
        Ok(number.into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Node, E> {
        Ok(number.into())
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        let mut nodes = Vec::with_capacity(list.size_hint().unwrap_or(0));
        while let Some(node) = list.next_element()? {
            nodes.push(node);
        }
        Ok(Node::new(Content::List(nodes)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut names = std::collections::HashSet::new();
        let mut entries = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, Node>()? {
            if !names.insert(name.clone()) {
                return Err(A::Error::custom(format!("the name {name:?} is there twice")));
            }
            entries.push(Entry { at: None, name, value });
        }
        Ok(Node::new(Content::Map(entries)))
    }
}
