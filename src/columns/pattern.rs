//! Texts by a pattern.

use std::sync::Arc;

use super::indices::Indices;
use super::texts::Texts;
use crate::instructions::{InstructionSet, Kernel};
use crate::random::draw::Below;
use crate::random::{BLOCK, Keys, Stream};
use crate::schema::pattern::{Pattern, Piece};

/// How many places with a choice share a word.
const PLACES_A_WORD: usize = 4;
/// How many pairs of characters a table may hold.
const MOST_PAIRS: usize = 4_096;

/// A column of texts by a pattern.
#[derive(Clone, Debug)]
pub(super) struct PatternColumn {
    pieces: Vec<Characters>,
    /// The streams of words, one for each four places with a choice.
    keys: Vec<Keys>,
    /// How texts are filled in, if all have the same number of bytes.
    form: Option<Form>,
}

/// What a pattern says of some neighbouring places.
#[derive(Clone, Debug)]
enum Characters {
    Literal(String),
    Choice { characters: Vec<char>, count: usize },
}

/// A text whose places are filled in.
#[derive(Clone, Debug)]
struct Form {
    blank: Vec<u8>,
    draws: Vec<Draw>,
}

/// One draw from a word: the bytes of one place, or of two neighbours.
#[derive(Clone, Debug)]
struct Draw {
    /// The number of the word.
    word: usize,
    below: Below,
    /// What the rest of the word is multiplied by.
    limit: u64,
    at: usize,
    bytes: usize,
    /// The bytes that each number stands for.
    table: Arc<[u8]>,
}

impl PatternColumn {
    /// The column of `pattern` with this stream under `seed`.
    pub(super) fn new(pattern: &Pattern, stream: &Stream, seed: u64) -> Self {
        let pieces: Vec<Characters> = pattern
            .pieces()
            .iter()
            .map(|piece| match piece {
                Piece::Literal(text) => Characters::Literal(text.clone()),
                Piece::Choice { characters, count } => {
                    Characters::Choice { characters: characters.clone(), count: *count }
                }
            })
            .collect();
        let choices: usize = pieces.iter().map(Characters::choices).sum();
        let words = 0..choices.div_ceil(PLACES_A_WORD);
        let keys = words.map(|word| stream.purpose(&word.to_string()).keys(seed)).collect();
        let form = Form::of(&pieces);
        Self { pieces, keys, form }
    }

    /// How many bytes each text has, if all have as many.
    pub(super) fn text_bytes(&self) -> Option<usize> {
        self.form.as_ref().map(|form| form.blank.len())
    }

    /// The most bytes that a text has.
    pub(super) fn most_text_bytes(&self) -> usize {
        let bytes = |piece: &Characters| match piece {
            Characters::Literal(text) => text.len(),
            Characters::Choice { characters, count } => {
                count * characters.iter().map(|character| character.len_utf8()).max().unwrap_or(0)
            }
        };
        self.pieces.iter().map(bytes).sum()
    }

    /// The texts of `indices`.
    pub(super) fn texts(&self, instructions: InstructionSet, indices: Indices<'_>) -> Texts {
        match self.text_bytes() {
            Some(width) => {
                let mut bytes = vec![0; indices.len() * width];
                self.fill(instructions, indices, &[], &mut bytes);
                Texts::of_width(bytes, indices.len(), width)
            }
            None => {
                let mut texts = Texts::with_capacity(indices.len(), 16);
                for index in indices.iter() {
                    self.push_to(&mut texts, index);
                    texts.end();
                }
                texts
            }
        }
    }

    /// Fills slots with `prefix` and the texts of `indices`, which all have as many bytes.
    pub(super) fn fill(
        &self,
        instructions: InstructionSet,
        indices: Indices<'_>,
        prefix: &[u8],
        slots: &mut [u8],
    ) {
        let Some(form) = &self.form else { return };
        let blank = [prefix, &form.blank].concat();
        if blank.is_empty() {
            return;
        }
        for (indices, slots) in indices.blocks().zip(slots.chunks_mut(BLOCK * blank.len())) {
            instructions.run(FillBlock {
                keys: &self.keys,
                draws: &form.draws,
                blank: &blank,
                shift: prefix.len(),
                indices,
                slots,
            });
        }
    }

    /// The smallest and the largest of texts that lie in slots behind a prefix of `skip` bytes; `None` if there are
    /// none.
    pub(super) fn bounds(&self, skip: usize, slots: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
        let form = self.form.as_ref()?;
        let width = skip + form.blank.len();
        let first_choice = skip + form.draws.first().map_or(0, |draw| draw.at);
        // Eight bytes decide nearly always: those from the first choice on, or the last ones, since what lies before
        // the first choice is the same everywhere.
        let window = first_choice.min(width.saturating_sub(8));
        let key = |slot: &[u8]| {
            slot[window..].first_chunk().map_or(0, |bytes: &[u8; 8]| u64::from_be_bytes(*bytes))
        };
        let mut slots = slots.chunks_exact(width);
        let first = slots.next()?;
        let (mut min, mut max) = ((key(first), first), (key(first), first));
        for slot in slots {
            let key = key(slot);
            if key <= min.0 {
                min = min.min((key, slot));
            }
            if key >= max.0 {
                max = max.max((key, slot));
            }
        }
        Some((min.1[skip..].to_vec(), max.1[skip..].to_vec()))
    }

    /// Appends the text of `index`, one character at a time.
    fn push_to(&self, texts: &mut Texts, index: u64) {
        let mut rest = 0;
        let mut choice = 0;
        let mut utf8 = [0; 4];
        for piece in &self.pieces {
            match piece {
                Characters::Literal(text) => texts.push(text),
                Characters::Choice { characters, count } => {
                    for _ in 0..*count {
                        if choice % PLACES_A_WORD == 0 {
                            rest = self.keys[choice / PLACES_A_WORD].word(index);
                        }
                        let product = u128::from(rest) * characters.len() as u128;
                        texts.push(characters[(product >> 64) as usize].encode_utf8(&mut utf8));
                        rest = product as u64;
                        choice += 1;
                    }
                }
            }
        }
    }
}

impl Characters {
    fn choices(&self) -> usize {
        match self {
            Self::Literal(_) => 0,
            Self::Choice { count, .. } => *count,
        }
    }
}

impl Form {
    /// The form of texts of these pieces; `None` if a class has characters of different numbers of bytes.
    fn of(pieces: &[Characters]) -> Option<Self> {
        let mut form = Self { blank: Vec::new(), draws: Vec::new() };
        let mut choice = 0;
        for piece in pieces {
            let (characters, count) = match piece {
                Characters::Literal(text) => {
                    form.blank.extend_from_slice(text.as_bytes());
                    continue;
                }
                Characters::Choice { characters, count } => (characters, *count),
            };
            let bytes = characters[0].len_utf8();
            if characters.iter().any(|character| character.len_utf8() != bytes) {
                return None;
            }
            let single: Arc<[u8]> = characters.iter().collect::<String>().into_bytes().into();
            // Two neighbours of one word are drawn at once: below(w, n * n) is n * (the first) + (the second).
            let pairs = characters.len() * characters.len() <= MOST_PAIRS;
            let pair: Arc<[u8]> = if pairs && count > 1 {
                let each = || single.chunks(bytes);
                each()
                    .flat_map(|first| each().flat_map(move |second| [first, second]))
                    .flatten()
                    .copied()
                    .collect()
            } else {
                Arc::default()
            };
            let mut left = count;
            while left > 0 {
                let two = !pair.is_empty() && left > 1 && choice % PLACES_A_WORD + 1 < PLACES_A_WORD;
                let (places, table) = if two { (2, &pair) } else { (1, &single) };
                let limit = (characters.len() as u64).pow(places);
                let width = bytes * places as usize;
                form.draws.push(Draw {
                    word: choice / PLACES_A_WORD,
                    below: Below::new(limit.into()),
                    limit,
                    at: form.blank.len(),
                    bytes: width,
                    table: Arc::clone(table),
                });
                form.blank.resize(form.blank.len() + width, 0);
                choice += places as usize;
                left -= places as usize;
            }
        }
        Some(form)
    }
}

struct FillBlock<'a> {
    keys: &'a [Keys],
    draws: &'a [Draw],
    blank: &'a [u8],
    /// How far the texts begin behind the slots.
    shift: usize,
    indices: Indices<'a>,
    slots: &'a mut [u8],
}

impl Kernel for FillBlock<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let width = self.blank.len();
        // Twice as many slots with each copy, so that nearly all is copied at the speed of memory.
        self.slots[..width].copy_from_slice(self.blank);
        let mut filled = width;
        while filled < self.slots.len() {
            let more = filled.min(self.slots.len() - filled);
            self.slots.copy_within(..more, filled);
            filled += more;
        }
        let count = self.indices.len();
        let mut words = [0; BLOCK];
        let mut numbers = [0; BLOCK];
        let (words, numbers) = (&mut words[..count], &mut numbers[..count]);
        let mut current = None;
        for draw in self.draws {
            if current != Some(draw.word) {
                self.indices.words(self.keys[draw.word], words);
                current = Some(draw.word);
            }
            numbers.copy_from_slice(words);
            draw.below.of_all(numbers);
            for word in words.iter_mut() {
                *word = word.wrapping_mul(draw.limit);
            }
            let at = self.shift + draw.at;
            let slots = self.slots.chunks_exact_mut(width).zip(&*numbers);
            // Widths that the compiler knows are stored by one instruction.
            match draw.bytes {
                1 => put::<1>(slots, at, &draw.table),
                2 => put::<2>(slots, at, &draw.table),
                bytes => slots.for_each(|(slot, &number)| {
                    slot[at..][..bytes].copy_from_slice(&draw.table[number as usize * bytes..][..bytes]);
                }),
            }
        }
    }
}

#[inline(always)]
fn put<'a, const BYTES: usize>(
    slots: impl Iterator<Item = (&'a mut [u8], &'a u64)>,
    at: usize,
    table: &[u8],
) {
    let table = table.as_chunks::<BYTES>().0;
    for (slot, &number) in slots {
        slot[at..at + BYTES].copy_from_slice(&table[number as usize]);
    }
}
