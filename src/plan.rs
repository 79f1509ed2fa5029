//! From a data set and a layout to parts, row groups and pages: pure arithmetic.

use std::num::{NonZeroU64, NonZeroUsize};
use std::ops::Range;
use std::sync::Arc;

use crate::compression::Compression;
use crate::count::{counted, grouped};
use crate::dataset::DataSet;
use crate::layout::Layout;
pub use crate::pages::PAGE_BYTES;
use crate::pages::{StorageError, StoredColumn};
use crate::remedy::Remedy;
use crate::rows::RowRange;
use crate::schema::Schema;

/// The most row groups in a file: Parquet numbers them with 16 bits, and readers rely on it.
pub const MAX_ROW_GROUPS: u64 = i16::MAX as u64;

/// The most pages in a file. What a footer says of each page is in memory while the file is
/// written, and again while it is read.
pub const MAX_PAGES: u64 = 1 << 19;

/// Memory of the process before it starts to work.
const MEMORY_BASE_BYTES: u64 = 16 << 20;
/// Memory of a worker: its buffers, and the compressed runs that wait for their turn.
const MEMORY_THREAD_BYTES: u64 = 8 << 20;
/// Pages of a worker that are in memory at once.
const MEMORY_PAGES_PER_THREAD: u64 = 20;
/// Memory for each page of a part, until its footer is written.
const MEMORY_PAGE_BYTES: u64 = 512;
/// Memory for each column chunk of a part, while its footer is written.
const MEMORY_CHUNK_BYTES: u64 = 3 << 10;

/// Why a data set cannot be written in some layout.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// A column that cannot be written.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// More row groups in a file than [`MAX_ROW_GROUPS`].
    #[error(
        "{} a file in row groups of {} make {}, and a Parquet file holds at most {}",
        counted(.batch_rows, "row"),
        grouped(.row_group_rows),
        counted(.row_groups, "row group"),
        grouped(MAX_ROW_GROUPS)
    )]
    TooManyRowGroups {
        /// Rows of a full part.
        batch_rows: u64,
        /// Rows of a full row group.
        row_group_rows: NonZeroU64,
        /// The row groups that a full part would have.
        row_groups: u64,
    },
    /// More pages in a file than [`MAX_PAGES`].
    #[error(
        "a file of {} would have {}, and with more than {} its footer is too large for readers",
        counted(.batch_rows, "row"),
        counted(.pages, "page"),
        grouped(MAX_PAGES)
    )]
    TooManyPages {
        /// Rows of a full part.
        batch_rows: u64,
        /// The pages that a full part would have.
        pages: u128,
        /// The row groups that a full part would have.
        row_groups: u64,
    },
}

impl PlanError {
    /// The ways out.
    pub fn remedies(&self) -> Vec<Remedy> {
        let row_groups = match self {
            // What is wrong stands in the schema, and the error says it.
            Self::Storage(_) => return Vec::new(),
            Self::TooManyRowGroups { row_groups, .. } | Self::TooManyPages { row_groups, .. } => *row_groups,
        };
        let mut remedies = vec![Remedy::FewerRowsPerFile];
        if row_groups > 1 {
            remedies.push(Remedy::MoreRowsPerGroup);
        }
        remedies
    }
}

/// A data set in a layout that can be written.
#[derive(Clone, Debug)]
pub struct Plan {
    data_set: DataSet,
    layout: Layout,
    columns: Arc<[StoredColumn]>,
}

/// The tables of a data set, each in its layout, and those of them that are written.
#[derive(Clone, Debug)]
pub struct Plans {
    schema: Arc<Schema>,
    tables: Arc<[Plan]>,
    /// The numbers of the tables that are written, in order.
    chosen: Vec<usize>,
}

/// There is no table of this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no table {name:?}; the schema has {}", .tables.join(", "))]
pub struct NoSuchTable {
    /// The name.
    pub name: String,
    /// The tables that there are.
    pub tables: Vec<String>,
}

impl Plans {
    /// All tables of `schema`, of which `tables` are the plans, in order.
    pub fn new(schema: Schema, tables: Vec<Plan>) -> Self {
        let chosen = (0..tables.len()).collect();
        Self { schema: Arc::new(schema), tables: tables.into(), chosen }
    }

    /// Only the tables with these names are written.
    ///
    /// # Errors
    ///
    /// If there is no table of one of the names.
    pub fn only(self, names: &[String]) -> Result<Self, NoSuchTable> {
        let table_name = |plan: &Plan| plan.data_set().table().name.clone();
        let mut chosen = Vec::new();
        for name in names {
            let number = self.tables.iter().position(|plan| table_name(plan).as_ref() == Some(name));
            chosen.push(number.ok_or_else(|| NoSuchTable {
                name: name.clone(),
                tables: self.tables.iter().filter_map(table_name).collect(),
            })?);
        }
        chosen.sort_unstable();
        chosen.dedup();
        Ok(Self { chosen, ..self })
    }

    /// The schema of all tables.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// All tables.
    pub fn tables(&self) -> &[Plan] {
        &self.tables
    }

    /// The tables that are written, in order.
    pub fn chosen(&self) -> impl ExactSizeIterator<Item = &Plan> + Clone {
        self.chosen.iter().map(|number| &self.tables[*number])
    }

    /// Whether all tables are written.
    pub fn is_whole(&self) -> bool {
        self.chosen.len() == self.tables.len()
    }

    /// The most memory that the values of all tables of the schema take.
    pub fn value_bytes(&self) -> u64 {
        self.tables.iter().map(Plan::value_bytes).fold(0, u64::saturating_add)
    }

    /// The most memory that writing takes on `threads` threads, as far as is known: that of the table which takes most.
    pub fn memory_bytes(&self, threads: NonZeroUsize) -> u64 {
        let writing = self.chosen().map(|plan| plan.memory_bytes(threads) - plan.value_bytes()).max();
        writing.unwrap_or(0).saturating_add(self.value_bytes())
    }
}

impl From<Plan> for Plans {
    /// A data set of which one table is planned.
    fn from(plan: Plan) -> Self {
        Self::new(plan.data_set().schema().clone(), vec![plan])
    }
}

/// The file of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its number, from 0.
    pub index: u64,
    /// Its rows.
    pub rows: RowRange,
}

/// One page of one column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PagePlan {
    /// The row group it is in, from 0.
    pub row_group: u16,
    /// Its column, from 0.
    pub column: u32,
    /// Its rows; those of a dictionary page are the first of the row group, and none.
    pub rows: RowRange,
    /// What it holds.
    pub kind: PageKind,
}

/// What a page holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PageKind {
    /// The dictionary of the data pages behind it.
    Dictionary,
    /// Values.
    Data,
}

impl Plan {
    /// `data_set` in `layout`.
    ///
    /// # Errors
    ///
    /// If a column cannot be written, or a file would have more row groups or pages than readers can handle.
    pub fn new(data_set: DataSet, layout: Layout) -> Result<Self, PlanError> {
        let rows = data_set.rows().count();
        let chunk_rows = layout.row_group_rows.min(layout.batch_rows).get().min(rows);
        let columns = data_set.columns().zip(data_set.values());
        let columns = columns
            .map(|(column, values)| StoredColumn::new(column, Arc::clone(values), chunk_rows))
            .collect::<Result<Vec<_>, _>>()?;
        let plan = Self { data_set, layout, columns: columns.into() };
        let full = plan.part(0);
        let (batch_rows, row_groups) = (full.rows.count(), plan.row_groups(full));
        if row_groups > MAX_ROW_GROUPS {
            let row_group_rows = plan.layout.row_group_rows;
            return Err(PlanError::TooManyRowGroups { batch_rows, row_group_rows, row_groups });
        }
        let pages = plan.page_count(full);
        if pages > u128::from(MAX_PAGES) {
            return Err(PlanError::TooManyPages { batch_rows, pages, row_groups });
        }
        Ok(plan)
    }

    /// The data set.
    pub fn data_set(&self) -> &DataSet {
        &self.data_set
    }

    /// The columns that are written, in order.
    pub fn columns(&self) -> &[StoredColumn] {
        &self.columns
    }

    /// How the pages of `column` are compressed.
    pub fn compression(&self, column: &StoredColumn) -> Compression {
        column.compression().unwrap_or(self.layout.compression)
    }

    /// The layout.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// How many parts there are: at least one, so that a data set without rows can be read too.
    pub fn part_count(&self) -> u64 {
        self.data_set.rows().count().div_ceil(self.layout.batch_rows.get()).max(1)
    }

    /// The part with this number.
    pub fn part(&self, index: u64) -> Part {
        let batch_rows = self.layout.batch_rows.get();
        Part { index, rows: self.data_set.rows().slice(index.saturating_mul(batch_rows), batch_rows) }
    }

    /// The file name of the part with this number: `part-00000-of-00016.parquet`, with more digits
    /// where there are more parts, so that names sort as rows do.
    pub fn part_name(&self, index: u64) -> String {
        let parts = self.part_count();
        let digits = parts.to_string().len().max(5);
        format!("part-{index:0digits$}-of-{parts:0digits$}.parquet")
    }

    /// The path of the part with this number below the folder of the data set: a table with a name has its own folder.
    pub fn part_path(&self, index: u64) -> String {
        let name = self.part_name(index);
        self.data_set.table().name.as_ref().map_or(name.clone(), |table| format!("{table}/{name}"))
    }

    /// The number of the part that has this file name.
    pub fn part_index(&self, name: &str) -> Option<u64> {
        let (index, _) = name.strip_prefix("part-")?.split_once("-of-")?;
        let index = index.parse().ok()?;
        (index < self.part_count() && self.part_name(index) == name).then_some(index)
    }

    /// How many row groups `part` has.
    pub fn row_groups(&self, part: Part) -> u64 {
        part.rows.count().div_ceil(self.layout.row_group_rows.get())
    }

    /// How many pages `part` has.
    pub fn page_count(&self, part: Part) -> u128 {
        let rows = part.rows.count();
        let group_rows = self.layout.row_group_rows.get();
        let pages = |rows: u64| {
            let of_column = |column: &StoredColumn| {
                u128::from(rows.div_ceil(column.page_rows()))
                    + u128::from(rows > 0 && column.dictionary().is_some())
            };
            self.columns.iter().map(of_column).sum::<u128>()
        };
        pages(group_rows.min(rows)) * u128::from(rows / group_rows) + pages(rows % group_rows)
    }

    /// The pages of `part` in the order in which they lie in the file: row group by row group, column by column, a
    /// dictionary before the data.
    pub fn pages(&self, part: Part) -> impl Iterator<Item = PagePlan> {
        let row_groups = part.rows.chunks(self.layout.row_group_rows.get()).enumerate();
        row_groups.flat_map(move |(row_group, group_rows)| {
            self.columns.iter().enumerate().flat_map(move |(column, stored)| {
                let page = move |kind, rows| PagePlan {
                    row_group: row_group as u16,
                    column: column as u32,
                    rows,
                    kind,
                };
                let dictionary =
                    stored.dictionary().map(|_| page(PageKind::Dictionary, group_rows.slice(0, 0)));
                let data = group_rows.chunks(stored.page_rows()).map(move |rows| page(PageKind::Data, rows));
                dictionary.into_iter().chain(data)
            })
        })
    }

    /// How many rows the consecutive parts `parts` have together.
    pub fn parts_rows(&self, parts: &Range<u64>) -> u64 {
        let rows_before =
            |part: u64| part.saturating_mul(self.layout.batch_rows.get()).min(self.data_set.rows().count());
        rows_before(parts.end) - rows_before(parts.start)
    }

    /// The rows of the parts in `shard`.
    pub fn shard_rows(&self, shard: Shard) -> RowRange {
        let parts = shard.parts(self.part_count());
        let offset = parts.start.saturating_mul(self.layout.batch_rows.get());
        self.data_set.rows().slice(offset, self.parts_rows(&parts))
    }

    /// How many shards there are at least so that none has more than `rows` rows; `None` if a single part may have more.
    pub fn shards_of_at_most(&self, rows: u64) -> Option<u64> {
        let parts_each = rows / self.layout.batch_rows;
        (parts_each > 0).then(|| self.part_count().div_ceil(parts_each).max(1))
    }

    /// About how many bytes the values of `rows` rows take before compression, without page headers and footers:
    /// exactly, if all have a fixed width.
    pub fn plain_bytes(&self, rows: u64) -> u128 {
        u128::from(rows) * u128::from(self.row_bits()) / 8
    }

    /// About how many bits the values of a row take.
    pub fn row_bits(&self) -> u64 {
        self.columns.iter().map(StoredColumn::row_bits).sum()
    }

    /// Whether the sizes of files are known to the byte before they are written: nothing is compressed, and all values
    /// have fixed widths.
    pub fn has_exact_sizes(&self) -> bool {
        self.columns
            .iter()
            .all(|column| column.has_fixed_width() && self.compression(column) == Compression::None)
    }

    /// The most memory that the values of the schema take: the lists that its columns choose from, while they are read
    /// and afterwards, and the dictionaries of files.
    pub fn value_bytes(&self) -> u64 {
        let dictionaries: u64 = self.columns.iter().map(StoredColumn::dictionary_bytes).sum();
        self.data_set.table().values_memory_bytes().saturating_add(dictionaries)
    }

    /// The most memory that writing takes on `threads` threads: a bound for each thread, what is noted of each page
    /// and column chunk of the parts they have in hand, and the values of the schema.
    pub fn memory_bytes(&self, threads: NonZeroUsize) -> u64 {
        let threads = threads.get() as u64;
        let part = self.part(0);
        let pages = self.page_count(part) as u64;
        let row_groups = self.row_groups(part);
        let chunk_rows = part.rows.count().min(self.layout.row_group_rows.get());
        let collected: u64 = self.columns.iter().map(|column| column.collected_bytes(chunk_rows)).sum();
        let chunks = row_groups * self.columns.len() as u64;
        let part_bytes = pages * MEMORY_PAGE_BYTES + chunks * MEMORY_CHUNK_BYTES + row_groups * collected;
        let parts_in_hand = threads.min(self.part_count());
        let largest = self.columns.iter().map(|column| column.most_page_bytes()).max().unwrap_or(0);
        let larger = largest.saturating_sub(PAGE_BYTES as u64).saturating_mul(MEMORY_PAGES_PER_THREAD);
        MEMORY_BASE_BYTES
            + self.value_bytes()
            + threads.saturating_mul(MEMORY_THREAD_BYTES + larger)
            + parts_in_hand * part_bytes
    }
}

/// Whether `name` is that of a part of any plan.
pub(crate) fn is_part_name(name: &str) -> bool {
    let is_number = |digits: &str| digits.len() >= 5 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let numbers = name.strip_prefix("part-").and_then(|name| name.strip_suffix(".parquet"));
    numbers
        .and_then(|numbers| numbers.split_once("-of-"))
        .is_some_and(|(index, parts)| is_number(index) && is_number(parts))
}

/// One of `count` shares of a data set's parts: disjoint, and together all of them.
///
/// It means the same wherever it is given: these are the parts that are written or loaded, and their rows are those that
/// are checked.
///
/// ```
/// use samplegen::Shard;
///
/// let first: Shard = "1/4".parse().unwrap();
/// assert_eq!(first.parts(10), 0..2);
/// assert_eq!(Shard::new(4, 4).unwrap().parts(10), 7..10);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    number: u64,
    count: u64,
}

impl Shard {
    /// All parts.
    pub const WHOLE: Self = Self { number: 1, count: 1 };

    /// Shard `number` of `count`, counted from 1; `None` unless 1 ≤ `number` ≤ `count`.
    pub fn new(number: u64, count: u64) -> Option<Self> {
        (1 <= number && number <= count).then_some(Self { number, count })
    }

    /// Whether this is all there is.
    pub fn is_whole(self) -> bool {
        self.count == 1
    }

    /// The numbers of its parts, of `parts` in all: consecutive, and the shards of one count differ by
    /// at most one part.
    pub fn parts(self, parts: u64) -> Range<u64> {
        let start = |number: u64| (u128::from(number) * u128::from(parts) / u128::from(self.count)) as u64;
        start(self.number - 1)..start(self.number)
    }
}

/// A text that does not name a shard.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a shard; give I/N with I from 1 to N, as in 1/4")]
pub struct ShardError;

impl std::str::FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        let (number, count) = text.split_once('/').ok_or(ShardError)?;
        let parse = |digits: &str| {
            let decimal = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            decimal.then(|| digits.parse().ok()).flatten().ok_or(ShardError)
        };
        Self::new(parse(number)?, parse(count)?).ok_or(ShardError)
    }
}

impl std::fmt::Display for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.number, self.count)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::compression::Compression;
    use crate::schema::{FloatWidth, IdForm};

    fn plan(first: u64, rows: u64, batch_rows: u64, row_group_rows: u64) -> Result<Plan, PlanError> {
        let schema = Schema::classifier(2, IdForm::Text, FloatWidth::F64).expect("few columns");
        let rows = RowRange::new(first, rows).expect("within 64 bits");
        let layout = Layout {
            batch_rows: NonZeroU64::new(batch_rows).expect("some rows"),
            row_group_rows: NonZeroU64::new(row_group_rows).expect("some rows"),
            compression: Compression::None,
        };
        Plan::new(DataSet::new(schema, rows, 0).expect("a data set"), layout)
    }

    #[test]
    fn a_plan_that_readers_cannot_follow_is_refused() {
        assert!(plan(0, 32_767, 1 << 40, 1).is_ok());
        let error = plan(0, 32_768, 1 << 40, 1).expect_err("one row group too many");
        assert!(matches!(error, PlanError::TooManyRowGroups { row_groups: 32_768, .. }), "{error}");
        let error = plan(0, u64::MAX, u64::MAX, u64::MAX).expect_err("too many pages");
        assert!(matches!(error, PlanError::TooManyPages { .. }), "{error}");
    }

    #[test]
    fn a_plan_of_any_size_is_immediate() {
        let plan = plan(0, u64::MAX, 1, 1).expect("many small files are no problem of a plan");
        assert_eq!(plan.part_count(), u64::MAX);
        assert_eq!(plan.part(u64::MAX - 1).rows, RowRange::new(u64::MAX - 1, 1).expect("the last row"));
        let name = plan.part_name(7);
        assert_eq!(name, "part-00000000000000000007-of-18446744073709551615.parquet");
        assert_eq!(plan.part_index(&name), Some(7));
    }

    #[test]
    fn a_part_is_known_by_its_exact_name_only() {
        let plan = plan(0, 100, 10, 10).expect("a small plan");
        assert_eq!(plan.part_name(3), "part-00003-of-00010.parquet");
        assert_eq!(plan.part_index("part-00003-of-00010.parquet"), Some(3));
        for name in [
            "part-00010-of-00010.parquet",
            "part-3-of-10.parquet",
            "part-00003-of-00011.parquet",
            "part-+0003-of-00010.parquet",
            "part-00003-of-00010.parquet.tmp",
            "",
        ] {
            assert_eq!(plan.part_index(name), None, "{name}");
        }
    }

    #[test]
    fn a_wrong_shard_is_refused() {
        for text in ["", "x", "1", "0/4", "5/4", "1/0", "1/4/2", "-1/4", "+1/4", "1/", "/4", "1 /4"] {
            assert_eq!(text.parse::<Shard>(), Err(ShardError), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_shard_has_more_rows_than_asked_for_and_fewer_shards_would_not_do(
            rows in 0u64..100_000,
            batch_rows in 1u64..10_000,
            most in 1u64..50_000,
        ) {
            let plan = plan(0, rows, batch_rows, batch_rows).expect("few parts");
            let Some(shards) = plan.shards_of_at_most(most) else {
                prop_assert!(batch_rows > most);
                return Ok(());
            };
            let of = |count: u64| (1..=count).map(move |number| format!("{number}/{count}").parse::<Shard>().expect("a shard"));
            for shard in of(shards) {
                prop_assert!(plan.shard_rows(shard).count() <= most);
            }
            let mut too_large = of(shards - 1).map(|shard| shard.parts(plan.part_count()));
            prop_assert!(shards == 1 || too_large.any(|parts| (parts.end - parts.start) * batch_rows > most));
        }

        #[test]
        fn every_value_is_in_exactly_one_page(
            first in prop_oneof![0u64..10, (1 << 32) - 100..(1u64 << 32) + 100, u64::MAX - 40_000..u64::MAX - 30_000],
            rows in 0u64..30_000,
            batch_rows in 1u64..40_000,
            row_group_rows in 1u64..40_000,
        ) {
            prop_assume!(rows.min(batch_rows) / row_group_rows < 1_000);
            let plan = plan(first, rows, batch_rows, row_group_rows).expect("few row groups");
            let mut next = [first; 3];
            for index in 0..plan.part_count() {
                let part = plan.part(index);
                let pages: Vec<_> = plan.pages(part).collect();
                prop_assert_eq!(pages.len() as u128, plan.page_count(part));
                let order: Vec<_> = pages.iter().map(|page| (page.row_group, page.column, page.rows.first())).collect();
                prop_assert!(order.is_sorted());
                for page in pages {
                    prop_assert_eq!(page.rows.first(), next[page.column as usize]);
                    next[page.column as usize] += page.rows.count();
                    prop_assert!((1..=plan.columns[page.column as usize].page_rows()).contains(&page.rows.count()));
                }
                prop_assert!(next.iter().all(|row| *row == part.rows.first() + part.rows.count()));
            }
            prop_assert!(next.iter().all(|row| *row == first + rows));
        }

        #[test]
        fn shards_share_the_parts_out(parts: u64, count in 1u64..100) {
            let mut next = 0;
            for number in 1..=count {
                let shard = Shard::new(number, count).expect("within the count").parts(parts);
                prop_assert_eq!(shard.start, next);
                prop_assert!((parts / count..=parts.div_ceil(count)).contains(&(shard.end - shard.start)));
                next = shard.end;
            }
            prop_assert_eq!(next, parts);
        }

        #[test]
        fn the_rows_of_a_shard_are_those_of_its_parts(
            first in prop_oneof![0u64..10, u64::MAX - 40_000..u64::MAX - 30_000],
            rows in 0u64..30_000,
            batch_rows in 1u64..40_000,
            count in 1u64..20,
        ) {
            let plan = plan(first, rows, batch_rows, 40_000).expect("few row groups");
            let mut next = 0;
            for number in 1..=count {
                let shard = Shard::new(number, count).expect("within the count");
                let rows_of_parts: u64 = shard.parts(plan.part_count()).map(|index| plan.part(index).rows.count()).sum();
                let of_shard = plan.shard_rows(shard);
                prop_assert_eq!(of_shard, plan.data_set().rows().slice(next, rows_of_parts));
                next += rows_of_parts;
            }
            prop_assert_eq!(next, rows);
        }
    }
}
