//! Drawing by the block, with the widest instructions there are.

use super::indices::Indices;
use crate::instructions::{InstructionSet, Kernel};
use crate::random::BLOCK;

/// What draws values by the block.
pub(super) trait Draws {
    /// A value.
    type Value: Copy + Default;

    /// Draws the values of at most [`BLOCK`] numbers into `values`, which is as long.
    ///
    /// Implementations are `#[inline(always)]`, so that they are compiled for each instruction set.
    fn draw(&self, indices: Indices<'_>, values: &mut [Self::Value]);

    /// Draws all values and hands them on, block by block, with their place.
    fn draw_blocks(
        &self,
        instructions: InstructionSet,
        indices: Indices<'_>,
        mut each: impl FnMut(usize, &mut [Self::Value]),
    ) {
        let mut values = [Self::Value::default(); BLOCK];
        let mut place = 0;
        for indices in indices.blocks() {
            let values = &mut values[..indices.len()];
            self.draw_block(instructions, indices, values);
            each(place, values);
            place += indices.len();
        }
    }

    /// Draws the values of at most [`BLOCK`] numbers with these instructions.
    fn draw_block(&self, instructions: InstructionSet, indices: Indices<'_>, values: &mut [Self::Value]) {
        instructions.run(DrawBlock { draws: self, indices, values });
    }
}

struct DrawBlock<'a, D: Draws + ?Sized> {
    draws: &'a D,
    indices: Indices<'a>,
    values: &'a mut [D::Value],
}

impl<D: Draws + ?Sized> Kernel for DrawBlock<'_, D> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.draws.draw(self.indices, self.values);
    }
}
