//! Whether something happens in a row, with a probability: the values of booleans, and nulls.

use super::indices::Indices;
use crate::instructions::{InstructionSet, Kernel};
use crate::random::draw::Event;
use crate::random::{BLOCK, Keys};

/// A column of booleans.
#[derive(Clone, Copy, Debug)]
pub(super) struct BooleanColumn {
    pub(super) keys: Keys,
    pub(super) event: Event,
}

impl BooleanColumn {
    /// Fills `bytes` with a bit for each of `indices`, from the lowest of the first byte on, and returns how
    /// many are set. What is left of the last byte is 0.
    pub(super) fn fill(self, instructions: InstructionSet, indices: Indices<'_>, bytes: &mut [u8]) -> usize {
        let blocks = indices.blocks().zip(bytes.chunks_mut(BLOCK / 8));
        blocks.map(|(indices, bytes)| instructions.run(FillBlock { column: self, indices, bytes })).sum()
    }
}

struct FillBlock<'a> {
    column: BooleanColumn,
    indices: Indices<'a>,
    bytes: &'a mut [u8],
}

impl Kernel for FillBlock<'_> {
    type Output = usize;

    #[inline(always)]
    fn run(self) -> usize {
        let mut words = [0; BLOCK];
        let count = self.indices.len();
        self.indices.words(self.column.keys, &mut words[..count]);
        let mut set = 0;
        let chunks = words.as_chunks::<64>().0.iter().zip(self.bytes.chunks_mut(8));
        for (place, (words, bytes)) in chunks.enumerate() {
            let left = count - place * 64;
            let within = if left < 64 { (1 << left) - 1 } else { u64::MAX };
            let bits = self.column.event.bits(words) & within;
            set += bits.count_ones() as usize;
            bytes.copy_from_slice(&bits.to_le_bytes()[..bytes.len()]);
        }
        set
    }
}
