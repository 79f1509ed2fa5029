//! Which rows of another table rows point to.

use std::sync::Arc;

use super::draws::Draws;
use super::indices::Indices;
use crate::instructions::InstructionSet;
use crate::random::draw::Below;
use crate::random::groups::Groups;
use crate::random::permutation::Permutation;
use crate::random::zipf::Zipf;
use crate::random::{BLOCK, Keys};

/// The row of the parent that each row points to.
#[derive(Clone, Debug)]
pub(super) enum ParentRows {
    /// Any row of so many.
    Uniform { keys: Keys, below: Below },
    /// The row with a rank that is drawn.
    Zipf { keys: Keys, zipf: Zipf, scatter: Option<Permutation> },
    /// Row ⌊row · parents / rows⌋.
    InOrder { parents: u64, rows: u64 },
    /// The row whose child the row is.
    Children(Groups),
    /// The row that the row points to which the row points to.
    Through { first: Arc<ParentRows>, then: Arc<ParentRows> },
}

impl Draws for ParentRows {
    type Value = u64;

    #[inline(always)]
    fn draw(&self, indices: Indices<'_>, values: &mut [u64]) {
        match self {
            Self::Uniform { keys, below } => {
                indices.words(*keys, values);
                below.of_all(values);
            }
            Self::Zipf { keys, zipf, scatter } => {
                indices.words(*keys, values);
                zipf.ordinals(values);
                if let Some(permutation) = scatter {
                    permutation.values(values);
                }
            }
            Self::InOrder { parents, rows } => in_order(*parents, *rows, indices, values),
            Self::Children(groups) => parents_of(groups, indices, |place, parent, _| values[place] = parent),
            Self::Through { first, then } => through(first, then, indices, values),
        }
    }
}

/// Calls `each` with the place, the parent and the position of each of `indices`.
#[inline(always)]
pub(super) fn parents_of(groups: &Groups, indices: Indices<'_>, mut each: impl FnMut(usize, u64, u64)) {
    match indices {
        Indices::Run { first, count } => groups.for_each_parent(first, count, each),
        Indices::Listed(rows) => {
            for (place, row) in rows.iter().enumerate() {
                let (parent, position) = groups.parent(*row);
                each(place, parent, position);
            }
        }
    }
}

#[inline(always)]
fn in_order(parents: u64, rows: u64, indices: Indices<'_>, values: &mut [u64]) {
    let (parents, rows) = (u128::from(parents), u128::from(rows));
    match indices {
        // A division for all of them: from row to row quotient and remainder grow by the same.
        Indices::Run { first, .. } => {
            let product = u128::from(first) * parents;
            let (mut quotient, mut remainder) = (product / rows, product % rows);
            for value in values {
                *value = quotient as u64;
                quotient += parents / rows;
                remainder += parents % rows;
                if remainder >= rows {
                    remainder -= rows;
                    quotient += 1;
                }
            }
        }
        Indices::Listed(listed) => {
            for (value, row) in values.iter_mut().zip(listed) {
                *value = (u128::from(*row) * parents / rows) as u64;
            }
        }
    }
}

/// Not inlined, since one may go through another.
fn through(first: &ParentRows, then: &ParentRows, indices: Indices<'_>, values: &mut [u64]) {
    let mut rows = [0; BLOCK];
    let rows = &mut rows[..values.len()];
    first.draw_block(InstructionSet::best(), indices, rows);
    then.draw_block(InstructionSet::best(), Indices::Listed(rows), values);
}

impl ParentRows {
    /// The parent's rows of all `rows`.
    pub(super) fn of(&self, rows: Indices<'_>) -> Vec<u64> {
        let mut parents = Vec::with_capacity(rows.len());
        self.draw_blocks(InstructionSet::best(), rows, |_, block| parents.extend_from_slice(block));
        parents
    }

    /// The groups of children, if the rows are children.
    pub(super) fn groups(&self) -> Option<&Groups> {
        if let Self::Children(groups) = self { Some(groups) } else { None }
    }
}
