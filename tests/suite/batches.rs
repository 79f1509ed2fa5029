//! Record batches equal the naive implementation, wherever they are cut.

use arrow::array::RecordBatchReader;
use proptest::prelude::*;
use samplegen::batch::BatchError;
use samplegen::columns::{Indices, PageBounds, Range};
use samplegen::instructions::InstructionSet;
use samplegen::{Batches, FloatWidth, IdForm};

use crate::naive;
use crate::support::{classifier, rows};

/// First rows on both sides of what 32 and 64 bits can hold.
pub fn first_row() -> impl Strategy<Value = u64> {
    prop_oneof![
        Just(0),
        0u64..1_000_000,
        (1u64 << 32) - 200..(1 << 32) + 200,
        (1u64 << 40) - 200..(1 << 40) + 200,
        u64::MAX - 5_000..u64::MAX - 3_000,
    ]
}

pub fn id_form() -> impl Strategy<Value = IdForm> {
    prop_oneof![Just(IdForm::Text), Just(IdForm::Binary)]
}

pub fn float_width() -> impl Strategy<Value = FloatWidth> {
    prop_oneof![Just(FloatWidth::F32), Just(FloatWidth::F64)]
}

proptest! {
    #[test]
    fn a_batch_of_any_rows_is_what_the_contract_says(
        first in first_row(), count in 0u64..300, classes in 0usize..4, seed: u64, id in id_form(), float in float_width(),
    ) {
        let range = rows(first, count);
        let data_set = classifier(classes, id, float, range, seed);
        prop_assert_eq!(Batches::new(&data_set).batch(range).expect("its rows"), naive::batch(&data_set, range));
    }

    #[test]
    fn a_reader_hands_out_the_same_rows_in_any_cut(
        first in first_row(), count in 0u64..300, batch_rows in 1u64..310, offset in 0u64..310,
    ) {
        let data_set = classifier(2, IdForm::Text, FloatWidth::F64, rows(first, count), 7);
        let range = data_set.rows().slice(offset, 200);
        let reader = Batches::new(&data_set).reader(range, batch_rows).expect("its rows");
        let schema = reader.schema();
        let batches: Vec<_> = reader.collect::<Result<_, _>>().expect("batches");
        prop_assert_eq!(batches.len() as u64, range.count().div_ceil(batch_rows));
        let all = arrow::compute::concat_batches(&schema, &batches).expect("one schema");
        prop_assert_eq!(all, naive::batch(&data_set, range));
    }

    #[test]
    fn every_instruction_set_gives_the_same_page_and_bounds(
        first: u64, count in 0usize..1_000, seed: u64, id in id_form(), float in float_width(),
    ) {
        let data_set = classifier(1, id, float, rows(0, 0), seed);
        for (column, values) in data_set.columns().zip(data_set.values()) {
            let fill = |instructions| {
                let mut plain = vec![0xAA; count * values.plain_bytes().expect("one width")];
                let bounds = values.fill_plain(instructions, Indices::Run { first, count }, &mut plain);
                (plain, bounds)
            };
            let words: Vec<_> =
                (0..count as u64).map(|i| naive::word(column.name.as_bytes(), seed, first.wrapping_add(i))).collect();
            let ends = words.iter().min().zip(words.iter().max());
            let expected = ends.map_or(Range::NONE, |(min, max)| Range { min: (*min).into(), max: (*max).into() });
            let sets = InstructionSet::available();
            let (baseline, bounds) = fill(sets[0]);
            prop_assert_eq!(&bounds, &PageBounds::Numbers(expected));
            for &instructions in &sets[1..] {
                prop_assert!(fill(instructions) == (baseline.clone(), bounds.clone()), "{} on {}", column.name, instructions);
            }
        }
    }
}

#[test]
fn any_rows_are_taken_in_any_order() {
    let data_set = classifier(1, IdForm::Text, FloatWidth::F64, rows(10, 10), 3);
    let batches = Batches::new(&data_set);
    let whole = naive::batch(&data_set, rows(10, 10));
    let taken = batches.take(&[19, 10, 12, 12]).expect("its rows");
    let at = arrow::array::UInt64Array::from(vec![9, 0, 2, 2]);
    assert_eq!(taken, arrow::compute::take_record_batch(&whole, &at).expect("rows of the batch"));
    assert_eq!(batches.take(&[]).expect("no rows").num_rows(), 0);
    let error = batches.take(&[10, 20]).expect_err("not within 10-19");
    assert!(matches!(error, BatchError::OutOfRange { .. }), "{error}");
}

#[test]
fn a_projection_has_the_columns_asked_for_in_that_order() {
    let data_set = classifier(3, IdForm::Binary, FloatWidth::F32, rows(0, 100), 0);
    let whole = naive::batch(&data_set, rows(10, 5));
    for indices in [&[][..], &[0], &[3, 0], &[2, 2]] {
        let batches = Batches::of_columns(&data_set, indices).expect("columns of the schema");
        let batch = batches.batch(rows(10, 5)).expect("its rows");
        assert_eq!(batch.num_rows(), 5);
        assert_eq!(batch, whole.project(indices).expect("columns of the schema"));
    }
    let error = Batches::of_columns(&data_set, &[0, 4]).expect_err("there are four columns");
    assert_eq!(error, BatchError::NoSuchColumn { index: 4, columns: 4 });
}

#[test]
fn rows_that_the_data_set_does_not_have_are_refused() {
    let data_set = classifier(1, IdForm::Text, FloatWidth::F64, rows(10, 10), 0);
    let batches = Batches::new(&data_set);
    for (first, count) in [(9, 1), (20, 1), (19, 2), (0, 100), (u64::MAX, 1)] {
        let error = batches.batch(rows(first, count)).expect_err("not within 10-19");
        assert!(matches!(error, BatchError::OutOfRange { .. }), "{error}");
    }
    assert!(batches.batch(rows(10, 0)).is_ok() && batches.batch(rows(20, 0)).is_ok());
}

#[test]
fn more_text_than_an_array_can_hold_is_refused() {
    let data_set = classifier(1, IdForm::Text, FloatWidth::F64, rows(0, 1 << 40), 0);
    let batches = Batches::new(&data_set);
    let most = i32::MAX as u64 / 36;
    let too_many = most + 1;
    let error = batches.batch(rows(0, too_many)).expect_err("more than 2 GiB of text");
    assert_eq!(error, BatchError::TooManyOffsets { rows: too_many, most });
    assert!(batches.reader(rows(0, 1 << 40), too_many).is_err());
    assert!(batches.reader(rows(0, 1 << 40), most).is_ok());
}
