//! In what two data sets differ, or two layouts of one: the options that make the other.

use std::fmt;

use crate::count::{counted, grouped};
use crate::dataset::DataSet;
use crate::layout::Layout;
use crate::schema::generator::Items;
use crate::schema::values_from::ValuesDigest;
use crate::schema::{Column, FloatWidth, Generator, IdForm, Schema, Table};

/// One difference between what was found and what was wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// An option has another value.
    Option {
        /// The option.
        option: DescribedOption,
        /// Its value in what was found.
        found: String,
        /// Its value in what was wanted.
        wanted: String,
    },
    /// The columns differ in what no option makes; this says in what.
    Columns(String),
}

/// An option that a data set or a layout is made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DescribedOption {
    /// How many rows there are.
    Rows,
    /// The number of the first row.
    FirstRow,
    /// The seed.
    Seed,
    /// How many columns of scores there are.
    Classes,
    /// The form of ids.
    Ids,
    /// The bits of a score.
    Float,
    /// Rows of a file.
    BatchRows,
    /// Rows of a row group.
    RowGroupRows,
    /// The compression of pages.
    Compression,
}

impl DescribedOption {
    /// Its name, for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rows => "rows",
            Self::FirstRow => "first row",
            Self::Seed => "seed",
            Self::Classes => "classes",
            Self::Ids => "ids",
            Self::Float => "float",
            Self::BatchRows => "rows per file",
            Self::RowGroupRows => "rows per row group",
            Self::Compression => "compression",
        }
    }
}

/// All differences between what was found and what was wanted; none if both are equal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Differences(Vec<Difference>);

/// `float 64 instead of 32, seed 0 instead of 5`
impl fmt::Display for Differences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.in_words(DescribedOption::name))
    }
}

impl Differences {
    /// In what `found` differs from `wanted`.
    pub fn of_data_sets(found: &DataSet, wanted: &DataSet) -> Self {
        Self::of_schemas(found.named(), wanted.named())
    }

    /// The same for schemas as parts name them.
    pub(crate) fn of_schemas(found: &Schema, wanted: &Schema) -> Self {
        let mut differences = Self::default();
        let ([found_table], [wanted_table]) = (&found.tables[..], &wanted.tables[..]) else {
            differences.note(DescribedOption::FirstRow, found.first_row, wanted.first_row);
            differences.note(DescribedOption::Seed, found.seed, wanted.seed);
            differences.0.extend(of_several(&found.tables, &wanted.tables).map(Difference::Columns));
            return differences;
        };
        let rows = |table: &Table| table.rows.unwrap_or_default();
        differences.note(DescribedOption::Rows, rows(found_table), rows(wanted_table));
        differences.note(DescribedOption::FirstRow, found.first_row, wanted.first_row);
        differences.note(DescribedOption::Seed, found.seed, wanted.seed);
        if !has_same_columns(found_table, wanted_table) {
            match (Classifier::of(found_table), Classifier::of(wanted_table)) {
                (Some(found), Some(wanted)) => {
                    differences.note(DescribedOption::Classes, found.classes, wanted.classes);
                    differences.note(DescribedOption::Ids, id_form(found.id), id_form(wanted.id));
                    if let (Some(found), Some(wanted)) = (found.float, wanted.float) {
                        differences.note(DescribedOption::Float, 8 * found.bytes(), 8 * wanted.bytes());
                    }
                }
                _ => {
                    let columns = of_tables(found_table, wanted_table);
                    differences.0.push(Difference::Columns(columns));
                }
            }
        }
        differences
    }

    /// In what `found` differs from `wanted`.
    pub fn of_layouts(found: &Layout, wanted: &Layout) -> Self {
        let mut differences = Self::default();
        differences.note(DescribedOption::BatchRows, found.batch_rows, wanted.batch_rows);
        differences.note(DescribedOption::RowGroupRows, found.row_group_rows, wanted.row_group_rows);
        differences.note(DescribedOption::Compression, found.compression, wanted.compression);
        differences
    }

    /// The differences, one after the other.
    pub fn iter(&self) -> impl Iterator<Item = &Difference> {
        self.0.iter()
    }

    /// The differences in words, each option called as `name` has it.
    pub fn in_words(&self, name: impl Fn(DescribedOption) -> &'static str) -> String {
        let words = self.0.iter().map(|difference| match difference {
            Difference::Option { option, found, wanted } => {
                format!("{} {found} instead of {wanted}", name(*option))
            }
            Difference::Columns(columns) => columns.clone(),
        });
        words.collect::<Vec<_>>().join(", ")
    }

    fn note<T: PartialEq + fmt::Display>(&mut self, option: DescribedOption, found: T, wanted: T) {
        if found != wanted {
            self.0.push(Difference::Option { option, found: found.to_string(), wanted: wanted.to_string() });
        }
    }
}

/// The options of a classifier's schema.
struct Classifier {
    classes: usize,
    id: IdForm,
    /// None if there are no classes.
    float: Option<FloatWidth>,
}

impl Classifier {
    /// The options that make `table`, if some do.
    fn of(table: &Table) -> Option<Self> {
        let (first, scores) = table.columns.split_first()?;
        let id =
            [IdForm::Text, IdForm::Binary].into_iter().find(|id| id.column_type() == first.column_type)?;
        let widths = [FloatWidth::F32, FloatWidth::F64];
        let width =
            |score: &Column| widths.into_iter().find(|float| float.column_type() == score.column_type);
        let float = scores.first().map(|score| width(score).ok_or(())).transpose().ok()?;
        let made = Schema::classifier(scores.len(), id, float.unwrap_or(FloatWidth::F64)).ok()?;
        has_same_columns(&made.tables[0], table).then_some(Self { classes: scores.len(), id, float })
    }
}

fn id_form(id: IdForm) -> &'static str {
    match id {
        IdForm::Text => "text",
        IdForm::Binary => "binary",
    }
}

/// Whether two tables differ in their rows at most.
fn has_same_columns(a: &Table, b: &Table) -> bool {
    a.name == b.name && a.columns == b.columns
}

/// The first difference between tables of which there are several on a side.
fn of_several(found: &[Table], wanted: &[Table]) -> Option<String> {
    let names =
        |tables: &[Table]| -> Vec<Option<String>> { tables.iter().map(|table| table.name.clone()).collect() };
    if names(found) != names(wanted) {
        let shown = |tables: &[Table]| {
            let names: Vec<_> =
                tables.iter().map(|table| table.name.as_deref().unwrap_or("no name")).collect();
            names.join(", ")
        };
        return Some(format!("tables {} instead of {}", shown(found), shown(wanted)));
    }
    let (found, wanted) = found.iter().zip(wanted).find(|(found, wanted)| found != wanted)?;
    let name = found.name.as_deref().unwrap_or_default();
    Some(match (found.rows, wanted.rows) {
        (Some(rows), Some(instead_of)) if rows != instead_of => {
            format!("table {name:?} with {} instead of {}", counted(rows, "row"), grouped(instead_of))
        }
        _ => format!("table {name:?}: {}", of_tables(found, wanted)),
    })
}

/// The first difference between tables that no options make.
fn of_tables(found: &Table, wanted: &Table) -> String {
    if found.name != wanted.name {
        let named = |table: &Table| {
            table.name.as_ref().map_or("a table without a name".to_owned(), |name| format!("table {name:?}"))
        };
        return format!("{} instead of {}", named(found), named(wanted));
    }
    let (found, wanted) = (&found.columns[..], &wanted.columns[..]);
    match found.iter().zip(wanted).position(|(found, wanted)| found != wanted) {
        Some(index) if found[index].name != wanted[index].name => {
            format!("column {} instead of {}", named(&found[index]), named(&wanted[index]))
        }
        Some(index) if without_values(&found[index]) == without_values(&wanted[index]) => {
            format!("column {} with another list of values", named(&found[index]))
        }
        Some(index) => format!("column {} with values of another kind", named(&found[index])),
        None => format!("{} instead of {}", counted(found.len(), "column"), grouped(wanted.len())),
    }
}

/// `column` without the values that it chooses from, and their weights.
fn without_values(column: &Column) -> Column {
    let exponent = match &column.generator {
        Generator::OneOf { .. } => None,
        Generator::Zipf { exponent, items: Items::Values(_) } => Some(*exponent),
        Generator::Digested { exponent, .. } => *exponent,
        _ => return column.clone(),
    };
    let values = ValuesDigest { digest: 0, count: 0 };
    Column { generator: Generator::Digested { exponent, values }, ..column.clone() }
}

/// The name of `column` in quotes, of a length that people read.
fn named(column: &Column) -> String {
    const MAX_CHARACTERS: usize = 60;
    format!("{:?}", cut(&column.name, MAX_CHARACTERS))
}

/// The first characters of `text`, and a sign if there are more.
pub fn cut(text: &str, max_characters: usize) -> String {
    match text.char_indices().nth(max_characters) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;

    use super::*;
    use crate::compression::Compression;
    use crate::rows::RowRange;
    use crate::schema::generator::Uniform;

    fn data_set(rows: u64, first: u64, seed: u64, classes: usize, id: IdForm, float: FloatWidth) -> DataSet {
        let schema = Schema::classifier(classes, id, float).expect("few columns");
        DataSet::new(schema, RowRange::new(first, rows).expect("rows within 64 bits"), seed)
            .expect("a data set")
    }

    #[test]
    fn each_option_that_differs_is_named() {
        use FloatWidth::{F32, F64};
        use IdForm::{Binary, Text};
        let wanted = data_set(10, 0, 5, 2, Text, F32);
        for (found, said) in [
            (data_set(10, 0, 5, 2, Text, F32), ""),
            (data_set(10, 0, 5, 2, Text, F64), "float 64 instead of 32"),
            (data_set(10, 0, 5, 2, Binary, F32), "ids binary instead of text"),
            (data_set(10, 0, 5, 3, Text, F32), "classes 3 instead of 2"),
            (data_set(10, 0, 5, 0, Text, F64), "classes 0 instead of 2"),
            (
                data_set(11, 7, 4, 2, Text, F32),
                "rows 11 instead of 10, first row 7 instead of 0, seed 4 instead of 5",
            ),
        ] {
            assert_eq!(Differences::of_data_sets(&found, &wanted).to_string(), said);
        }
    }

    #[test]
    fn columns_that_no_options_make_are_named() {
        let wanted = data_set(10, 0, 0, 1, IdForm::Text, FloatWidth::F64);
        let score = |name: &str, float: FloatWidth| {
            Column::new(name, float.column_type(), Generator::Uniform(Uniform::Float(None)))
        };
        let ids = wanted.column(0).clone();
        for (columns, said) in [
            (vec![ids.clone(), score("x", FloatWidth::F64)], "column \"x\" instead of \"class_0\""),
            (vec![score("id_client", FloatWidth::F64)], "column \"id_client\" with values of another kind"),
            (
                vec![ids, score("class_0", FloatWidth::F64), score("x", FloatWidth::F64)],
                "3 columns instead of 2",
            ),
        ] {
            let table = Table { name: None, rows: None, columns };
            let schema = Schema { seed: 0, first_row: 0, tables: vec![table] };
            let found = DataSet::new(schema, wanted.rows(), 0).expect("a data set");
            assert_eq!(Differences::of_data_sets(&found, &wanted).to_string(), said);
        }
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        assert_eq!(cut("äöü", 3), "äöü");
        assert_eq!(cut("äöüß", 3), "äöü…");
    }

    #[test]
    fn each_part_of_a_layout_that_differs_is_named() {
        let layout = |batch_rows, row_group_rows, compression| Layout {
            batch_rows: NonZeroU64::new(batch_rows).expect("some rows"),
            row_group_rows: NonZeroU64::new(row_group_rows).expect("some rows"),
            compression,
        };
        let wanted = layout(10, 5, Compression::None);
        for (found, said) in [
            (wanted, ""),
            (layout(9, 5, Compression::None), "rows per file 9 instead of 10"),
            (
                layout(10, 4, Compression::Lz4),
                "rows per row group 4 instead of 5, compression lz4 instead of none",
            ),
        ] {
            assert_eq!(Differences::of_layouts(&found, &wanted).to_string(), said);
        }
    }
}
