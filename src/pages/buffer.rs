//! A buffer for encoded pages.

/// Encoded pages: a vector that is not cleared between uses, so that its memory is initialised once.
#[derive(Debug, Default)]
pub struct PageBuffer {
    memory: Vec<u8>,
    len: usize,
}

impl PageBuffer {
    /// Empties the buffer.
    pub fn clear(&mut self) {
        self.len = 0;
    }

    /// The bytes in the buffer.
    pub fn bytes(&self) -> &[u8] {
        &self.memory[..self.len]
    }

    /// Appends `bytes`.
    pub fn extend(&mut self, bytes: &[u8]) {
        self.append(bytes.len()).copy_from_slice(bytes);
    }

    /// The next `len` bytes, for the caller to fill; they still hold bytes of earlier uses.
    pub fn append(&mut self, len: usize) -> &mut [u8] {
        let start = self.len;
        self.len += len;
        if self.memory.len() < self.len {
            self.memory.resize(self.len, 0);
        }
        &mut self.memory[start..self.len]
    }

    /// Drops the first `count` bytes.
    pub fn consume(&mut self, count: usize) {
        self.memory.copy_within(count..self.len, 0);
        self.len -= count;
    }

    /// Drops all but the first `len` bytes.
    pub fn truncate(&mut self, len: usize) {
        self.len = len;
    }
}
