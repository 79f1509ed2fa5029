//! Whole numbers: integers, decimals, dates, times, timestamps and durations, in units of their type.
//!
//! Nearly all of them are so many steps away from a base, and the number of steps has 64 bits. Steps
//! become values in the width of the slot where they are put: arithmetic modulo 2^width is exact
//! whenever the value fits.

use super::draws::Draws;
use super::indices::Indices;
use super::parents::parents_of;
use super::slots::{Range, Slot, fill_wide};
use crate::instructions::InstructionSet;
use crate::random::distribution::Wholes;
use crate::random::draw::Below;
use crate::random::groups::Groups;
use crate::random::permutation::Permutation;
use crate::random::zipf::Zipf;
use crate::random::{BLOCK, Keys};

/// A column of whole numbers.
#[derive(Clone, Debug)]
pub(super) enum WholeColumn {
    /// Steps of 64 bits from a base.
    Steps { base: i128, step: i128, steps: Steps },
    /// Numbers that are no 64 bits apart, one at a time.
    Wide(Wide),
}

/// How many steps a value is away from its base.
#[derive(Clone, Debug)]
pub(super) enum Steps {
    /// Any number below a limit.
    Uniform { keys: Keys, below: Below },
    /// The row number.
    Sequence,
    /// The row number times a step, and less than a step more.
    Jittered { keys: Keys, step: u64, below: Below },
    /// Each number once.
    Unique(Permutation),
    /// Ranks less 1.
    Zipf { keys: Keys, zipf: Zipf },
    /// What a distribution has above its smallest number.
    Distribution { keys: Keys, wholes: Wholes },
    /// The row's position among the children of its parent.
    Position(Groups),
}

/// Decimals of more than 18 digits whose values lie further apart than 64 bits hold.
#[derive(Clone, Debug)]
pub(super) enum Wide {
    Jittered { keys: Keys, start: i128, step: i128, below: Below },
    Distribution { keys: Keys, wholes: Wholes },
}

impl Draws for Steps {
    type Value = u64;

    #[inline(always)]
    fn draw(&self, indices: Indices<'_>, values: &mut [u64]) {
        match self {
            Self::Uniform { keys, below } => {
                indices.words(*keys, values);
                below.of_all(values);
            }
            Self::Sequence => indices.copy_to(values),
            Self::Jittered { keys, step, below } => {
                let mut jitter = [0; BLOCK];
                let jitter = &mut jitter[..values.len()];
                indices.words(*keys, jitter);
                below.of_all(jitter);
                indices.copy_to(values);
                for (value, jitter) in values.iter_mut().zip(jitter) {
                    *value = value.wrapping_mul(*step).wrapping_add(*jitter);
                }
            }
            Self::Unique(permutation) => {
                indices.copy_to(values);
                permutation.values(values);
            }
            Self::Zipf { keys, zipf } => {
                indices.words(*keys, values);
                zipf.ordinals(values);
            }
            Self::Distribution { keys, wholes } => {
                indices.words(*keys, values);
                wholes.offsets(values);
            }
            Self::Position(groups) => {
                parents_of(groups, indices, |place, _, position| values[place] = position)
            }
        }
    }
}

impl Wide {
    fn units(&self, index: u64) -> i128 {
        match self {
            Self::Jittered { keys, start, step, below } => {
                let sequence = start.wrapping_add(step.wrapping_mul(i128::from(index)));
                sequence.wrapping_add(i128::from(below.of(keys.word(index))))
            }
            Self::Distribution { keys, wholes } => wholes.value(keys.word(index)),
        }
    }
}

impl WholeColumn {
    /// Fills the slots with the values of `indices` times `scale`, and returns the range of the values.
    pub(super) fn fill(
        &self,
        instructions: InstructionSet,
        indices: Indices<'_>,
        slot: Slot,
        slots: &mut [u8],
    ) -> Range {
        match self {
            Self::Steps { base, step, steps } => {
                let mut range = Range::NONE;
                let scale = slot.scale();
                let (scaled_base, scaled_step) = (base.wrapping_mul(scale), step.wrapping_mul(scale));
                let width = slot.bytes();
                steps.draw_blocks(instructions, indices, |place, steps| {
                    let slots = &mut slots[place * width..][..steps.len() * width];
                    let (least, most) = slot.fill(instructions, scaled_base, scaled_step, steps, slots);
                    let ends =
                        [least, most].map(|steps| base.wrapping_add(step.wrapping_mul(i128::from(steps))));
                    range.include(ends[0].min(ends[1]));
                    range.include(ends[0].max(ends[1]));
                });
                range
            }
            Self::Wide(wide) => fill_wide(indices.iter().map(|index| wide.units(index)), slot, slots),
        }
    }

    /// How many different numbers of steps are drawn from, if they are drawn from a first to a last one.
    pub(super) fn choices(&self) -> Option<u128> {
        match self {
            Self::Steps { steps, .. } => match steps {
                Steps::Uniform { below, .. } => Some(below.limit()),
                Steps::Zipf { zipf, .. } => Some(zipf.ranks().into()),
                Steps::Distribution { wholes, .. } => Some(wholes.max().abs_diff(wholes.min()) + 1),
                Steps::Sequence | Steps::Jittered { .. } | Steps::Unique(_) | Steps::Position(_) => None,
            },
            Self::Wide(_) => None,
        }
    }

    /// The value that is so many steps away from the base.
    pub(super) fn of_steps(&self, steps: u64) -> i128 {
        match self {
            Self::Steps { base, step, .. } => base.wrapping_add(step.wrapping_mul(i128::from(steps))),
            Self::Wide(_) => unreachable!("values that are no steps"),
        }
    }

    /// Hands on the numbers of steps of `indices`, block by block.
    pub(super) fn for_each_steps(
        &self,
        instructions: InstructionSet,
        indices: Indices<'_>,
        mut each: impl FnMut(&[u64]),
    ) {
        match self {
            Self::Steps { steps, .. } => steps.draw_blocks(instructions, indices, |_, steps| each(steps)),
            Self::Wide(_) => unreachable!("values that are no steps"),
        }
    }

    /// The numbers of units of `indices`.
    pub(super) fn units(&self, indices: Indices<'_>) -> Vec<i128> {
        let mut units = Vec::with_capacity(indices.len());
        match self {
            Self::Steps { base, step, steps } => {
                steps.draw_blocks(InstructionSet::best(), indices, |_, steps| {
                    units.extend(
                        steps.iter().map(|steps| base.wrapping_add(step.wrapping_mul(i128::from(*steps)))),
                    );
                });
            }
            Self::Wide(wide) => units.extend(indices.iter().map(|index| wide.units(index))),
        }
        units
    }

    /// What other columns that depend on this one draw with instead of the row: the rank less 1, or the
    /// low 64 bits of the number of units.
    pub(super) fn ordinals(&self, indices: Indices<'_>) -> Vec<u64> {
        match self {
            Self::Steps { base, step, steps } => {
                let (base, step) = match steps {
                    Steps::Zipf { .. } => (0, 1),
                    _ => (*base as u64, *step as u64),
                };
                let mut ordinals = vec![0; indices.len()];
                steps.draw_blocks(InstructionSet::best(), indices, |place, steps| {
                    for (ordinal, steps) in ordinals[place..].iter_mut().zip(steps) {
                        *ordinal = base.wrapping_add(step.wrapping_mul(*steps));
                    }
                });
                ordinals
            }
            Self::Wide(_) => self.units(indices).into_iter().map(|units| units as u64).collect(),
        }
    }

    /// What a value of `units` has as its ordinal.
    pub(super) fn ordinal_of(&self, units: i128) -> u64 {
        match self {
            Self::Steps { base, steps: Steps::Zipf { .. }, .. } => units.wrapping_sub(*base) as u64,
            _ => units as u64,
        }
    }

    /// Whether each value says which row it is of.
    pub(super) fn is_identifying(&self) -> bool {
        match self {
            Self::Steps { step, steps, .. } => {
                *step != 0 && matches!(steps, Steps::Sequence | Steps::Jittered { .. } | Steps::Unique(_))
            }
            Self::Wide(wide) => matches!(wide, Wide::Jittered { .. }),
        }
    }

    /// The row whose value is `units`.
    pub(super) fn row(&self, units: i128) -> Option<u64> {
        let row = match self {
            Self::Steps { base, step, steps } => {
                let distance = units.checked_sub(*base)?;
                if *step == 0 || distance % step != 0 {
                    return None;
                }
                let number = u64::try_from(distance / step).ok()?;
                match steps {
                    Steps::Sequence => number,
                    Steps::Jittered { step, .. } => number / step,
                    Steps::Unique(permutation) => permutation.row(number)?,
                    _ => return None,
                }
            }
            Self::Wide(Wide::Jittered { start, step, .. }) => {
                u64::try_from(units.checked_sub(*start)?.div_euclid(*step)).ok()?
            }
            Self::Wide(Wide::Distribution { .. }) => return None,
        };
        (self.units(Indices::Run { first: row, count: 1 }) == [units]).then_some(row)
    }
}
