//! In what two data sets differ, or two layouts of one: the options that make the other, in words.

use crate::count::{counted, grouped};
use crate::dataset::DataSet;
use crate::layout::Layout;
use crate::schema::{Column, FloatWidth, Generator, IdForm, Schema};

/// In what `found` differs from `wanted`: `--float 64 instead of 32, --seed 0 instead of 5`. Empty if they are equal.
pub fn of_data_sets(found: &DataSet, wanted: &DataSet) -> String {
    let mut differences = Differences::default();
    differences.note("--rows", found.rows().count(), wanted.rows().count());
    differences.note("--from-row", found.rows().first(), wanted.rows().first());
    differences.note("--seed", found.seed(), wanted.seed());
    if found.schema() != wanted.schema() {
        match (Classifier::of(found.schema()), Classifier::of(wanted.schema())) {
            (Some(found), Some(wanted)) => {
                differences.note("--classes", found.classes, wanted.classes);
                differences.note("--id", id_form(found.id), id_form(wanted.id));
                if let (Some(found), Some(wanted)) = (found.float, wanted.float) {
                    differences.note("--float", 8 * found.bytes(), 8 * wanted.bytes());
                }
            }
            _ => differences.0.push(of_columns(found.schema().columns(), wanted.schema().columns())),
        }
    }
    differences.0.join(", ")
}

/// In what `found` differs from `wanted`. Empty if they are equal.
pub fn of_layouts(found: &Layout, wanted: &Layout) -> String {
    let mut differences = Differences::default();
    differences.note("--batch-size", found.batch_rows, wanted.batch_rows);
    differences.note("--row-group-rows", found.row_group_rows, wanted.row_group_rows);
    differences.note("--compression", found.compression, wanted.compression);
    differences.0.join(", ")
}

#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    fn note<T: PartialEq + std::fmt::Display>(&mut self, option: &str, found: T, wanted: T) {
        if found != wanted {
            self.0.push(format!("{option} {found} instead of {wanted}"));
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
    /// The options that make `schema`, if some do.
    fn of(schema: &Schema) -> Option<Self> {
        let (first, scores) = schema.columns().split_first()?;
        let Generator::Uuid(id) = first.generator else {
            return None;
        };
        let float = match scores.first().map(|score| score.generator) {
            Some(Generator::Uniform(float)) => Some(float),
            Some(Generator::Uuid(_)) => return None,
            None => None,
        };
        let made = Schema::classifier(scores.len(), id, float.unwrap_or(FloatWidth::F64)).ok()?;
        (made == *schema).then_some(Self { classes: scores.len(), id, float })
    }
}

fn id_form(id: IdForm) -> &'static str {
    match id {
        IdForm::Text => "text",
        IdForm::Binary => "binary",
    }
}

/// The first difference between columns that no options make.
fn of_columns(found: &[Column], wanted: &[Column]) -> String {
    match found.iter().zip(wanted).position(|(found, wanted)| found != wanted) {
        Some(index) if found[index].name != wanted[index].name => {
            format!("column {} instead of {}", named(&found[index]), named(&wanted[index]))
        }
        Some(index) => format!("column {} with values of another kind", named(&found[index])),
        None => format!("{} instead of {}", counted(found.len(), "column"), grouped(wanted.len())),
    }
}

/// The name of `column` in quotes, of a length that people read.
fn named(column: &Column) -> String {
    const MAX_CHARACTERS: usize = 60;
    match column.name.char_indices().nth(MAX_CHARACTERS) {
        Some((end, _)) => format!("{:?}…", &column.name[..end]),
        None => format!("{:?}", column.name),
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;

    use super::*;
    use crate::compression::Compression;
    use crate::rows::RowRange;

    fn data_set(rows: u64, first: u64, seed: u64, classes: usize, id: IdForm, float: FloatWidth) -> DataSet {
        let schema = Schema::classifier(classes, id, float).expect("few columns");
        DataSet::new(schema, RowRange::new(first, rows).expect("rows within 64 bits"), seed)
    }

    #[test]
    fn each_option_that_differs_is_named() {
        use FloatWidth::{F32, F64};
        use IdForm::{Binary, Text};
        let wanted = data_set(10, 0, 5, 2, Text, F32);
        for (found, said) in [
            (data_set(10, 0, 5, 2, Text, F32), ""),
            (data_set(10, 0, 5, 2, Text, F64), "--float 64 instead of 32"),
            (data_set(10, 0, 5, 2, Binary, F32), "--id binary instead of text"),
            (data_set(10, 0, 5, 3, Text, F32), "--classes 3 instead of 2"),
            (data_set(10, 0, 5, 0, Text, F64), "--classes 0 instead of 2"),
            (
                data_set(11, 7, 4, 2, Text, F32),
                "--rows 11 instead of 10, --from-row 7 instead of 0, --seed 4 instead of 5",
            ),
        ] {
            assert_eq!(of_data_sets(&found, &wanted), said);
        }
    }

    #[test]
    fn columns_that_no_options_make_are_named() {
        let wanted = data_set(10, 0, 0, 1, IdForm::Text, FloatWidth::F64);
        let score =
            |name: &str, float| Column { name: name.to_owned(), generator: Generator::Uniform(float) };
        let ids = wanted.schema().columns()[0].clone();
        for (columns, said) in [
            (vec![ids.clone(), score("x", FloatWidth::F64)], "column \"x\" instead of \"class_0\""),
            (vec![score("id_client", FloatWidth::F64)], "column \"id_client\" with values of another kind"),
            (
                vec![ids, score("class_0", FloatWidth::F64), score("x", FloatWidth::F64)],
                "3 columns instead of 2",
            ),
        ] {
            let found = DataSet::new(Schema::new(columns).expect("columns"), wanted.rows(), 0);
            assert_eq!(of_data_sets(&found, &wanted), said);
        }
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
            (layout(9, 5, Compression::None), "--batch-size 9 instead of 10"),
            (
                layout(10, 4, Compression::Lz4),
                "--row-group-rows 4 instead of 5, --compression lz4 instead of none",
            ),
        ] {
            assert_eq!(of_layouts(&found, &wanted), said);
        }
    }
}
