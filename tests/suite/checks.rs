//! A check reports exactly what was done to a copy: property tests against a model that knows it.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, DictionaryArray, FixedSizeBinaryArray, Float32Array, Float64Array, LargeStringArray,
    RecordBatch, StringArray, StringViewArray,
};
use arrow::datatypes::Int32Type;
use proptest::prelude::*;
use samplegen::check::{AlteredExample, Check, CheckError, CheckOptions, ForeignRow};
use samplegen::copy::find;
use samplegen::verify::{Copies, verify};
use samplegen::{Compression, DataSet, FloatWidth, IdForm, Progress, RowRange, Shard};
use tempfile::tempdir;
use uuid::Uuid;

use crate::batches::first_row;
use crate::naive;
use crate::support::{classifier, command, finished, layout, options, rows, run, run_well, write};

const CLASSES: usize = 2;

/// One row of a copy, as it came.
#[derive(Clone, Debug)]
struct CopyRow {
    /// The row that it is or was.
    row: u64,
    id: String,
    values: [f64; CLASSES],
    altered: bool,
    foreign: bool,
}

/// What is done to a copy.
#[derive(Clone, Debug)]
enum Damage {
    Lose(prop::sample::Index),
    Duplicate(prop::sample::Index),
    FlipBit(prop::sample::Index, usize, u32),
    Swap(prop::sample::Index, prop::sample::Index),
    RandomId(prop::sample::Index, u128),
    OtherSeed(prop::sample::Index, u64),
    BeyondTheEnd(prop::sample::Index, u64),
    NoId(prop::sample::Index, String),
}

fn damage() -> impl Strategy<Value = Damage> {
    use prop::sample::Index;
    prop_oneof![
        any::<Index>().prop_map(Damage::Lose),
        any::<Index>().prop_map(Damage::Duplicate),
        (any::<Index>(), 0..CLASSES, 0u32..64).prop_map(|(at, column, bit)| Damage::FlipBit(at, column, bit)),
        (any::<Index>(), any::<Index>()).prop_map(|(a, b)| Damage::Swap(a, b)),
        (any::<Index>(), any::<u128>()).prop_map(|(at, bits)| Damage::RandomId(at, bits)),
        (any::<Index>(), 1u64..).prop_map(|(at, seed)| Damage::OtherSeed(at, seed)),
        (any::<Index>(), 0u64..100).prop_map(|(at, beyond)| Damage::BeyondTheEnd(at, beyond)),
        (any::<Index>(), "[a-z]{0,40}").prop_map(|(at, text)| Damage::NoId(at, text)),
    ]
}

fn undamaged(range: RowRange, seed: u64) -> Vec<CopyRow> {
    let row = |row| CopyRow {
        row,
        id: naive::id("id_client", seed, row),
        values: [naive::float64("class_0", seed, row), naive::float64("class_1", seed, row)],
        altered: false,
        foreign: false,
    };
    (0..range.count()).map(|offset| row(range.first() + offset)).collect()
}

fn apply(copy: &mut Vec<CopyRow>, damage: &Damage, range: RowRange, seed: u64) {
    if copy.is_empty() {
        return;
    }
    let len = copy.len();
    let mut estrange = |at: &prop::sample::Index, id: String| {
        let row = &mut copy[at.index(len)];
        (row.id, row.foreign) = (id, true);
    };
    match damage {
        Damage::Lose(at) => drop(copy.remove(at.index(len))),
        Damage::Duplicate(at) => copy.push(copy[at.index(len)].clone()),
        Damage::FlipBit(at, column, bit) => {
            let value = &mut copy[at.index(len)].values[*column];
            *value = f64::from_bits(value.to_bits() ^ (1 << bit));
        }
        Damage::Swap(a, b) => {
            let (a, b) = (a.index(len), b.index(len));
            let values = copy[a].values;
            copy[a].values = copy[b].values;
            copy[b].values = values;
        }
        Damage::RandomId(at, bits) => {
            estrange(at, uuid::Builder::from_random_bytes(bits.to_be_bytes()).into_uuid().to_string())
        }
        Damage::OtherSeed(at, other) => {
            estrange(at, naive::id("id_client", seed.wrapping_add(*other), range.first()))
        }
        Damage::BeyondTheEnd(at, beyond) => {
            let behind = range.first().checked_add(range.count()).and_then(|end| end.checked_add(*beyond));
            estrange(at, naive::id("id_client", seed, behind.unwrap_or(0)));
        }
        Damage::NoId(at, text) => estrange(at, text.clone()),
    }
    for row in copy {
        let intact = [naive::float64("class_0", seed, row.row), naive::float64("class_1", seed, row.row)];
        row.altered = row.values.map(f64::to_bits) != intact.map(f64::to_bits);
    }
}

fn batch(copy: &[CopyRow]) -> RecordBatch {
    let ids: ArrayRef = Arc::new(StringArray::from_iter_values(copy.iter().map(|row| &row.id)));
    let class = |index: usize| -> ArrayRef {
        Arc::new(Float64Array::from_iter_values(copy.iter().map(|row| row.values[index])))
    };
    // Another order than the data set's: columns are matched by name.
    RecordBatch::try_from_iter([("class_1", class(1)), ("id_client", ids), ("class_0", class(0))])
        .expect("one length")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_report_is_exactly_what_was_done(
        first in first_row(),
        count in 0u64..2_500,
        seed in 0u64..1_000,
        damages in prop::collection::vec(damage(), 0..12),
        shuffle in any::<bool>(),
        shuffle_seed: u64,
        split in 1usize..1_500,
        workers in 1usize..4,
        partial: bool,
    ) {
        let range = rows(first, count);
        let data_set = classifier(CLASSES, IdForm::Text, FloatWidth::F64, range, seed);
        let mut copy = undamaged(range, seed);
        for damage in &damages {
            apply(&mut copy, damage, range, seed);
        }
        if shuffle {
            let mut words = samplegen::random::Words::from_row(samplegen::random::Keys::of_stream(b"shuffle", shuffle_seed), 0);
            use rand::seq::SliceRandom;
            copy.shuffle(&mut words);
        }

        let options = CheckOptions { partial, example_limit: 1_000, ..CheckOptions::whole(&data_set) };
        let mut checks: Vec<_> =
            (0..workers).map(|_| Check::new(&data_set, options.clone()).expect("ids")).collect();
        for (index, part) in copy.chunks(split).enumerate() {
            checks[index % workers].feed(&batch(part)).expect("comparable columns");
        }
        let mut check = checks.pop().expect("a worker");
        for other in checks {
            check.merge(other).expect("checks of one kind");
        }
        let report = check.report();

        let mut times: BTreeMap<u64, u64> = BTreeMap::new();
        for row in copy.iter().filter(|row| !row.foreign) {
            *times.entry(row.row).or_insert(0) += 1;
        }
        let lost: Vec<u64> = (0..count).map(|offset| first + offset).filter(|row| !times.contains_key(row)).collect();
        let duplicated: Vec<_> = times.iter().filter(|(_, times)| **times > 1).map(|(row, times)| (*row, *times)).collect();
        prop_assert_eq!(report.expected, count);
        prop_assert_eq!(report.seen, copy.len() as u64);
        if partial {
            prop_assert_eq!(report.lost.count, 0);
        } else {
            let found: Vec<_> = report.lost.examples.iter().flat_map(|range| range.chunks(1)).map(RowRange::first).collect();
            prop_assert_eq!(report.lost.count, lost.len() as u64);
            prop_assert_eq!(&found, &lost);
            let merged = report.lost.examples.windows(2).all(|pair| pair[0].first() + pair[0].count() < pair[1].first());
            prop_assert!(merged, "neighbouring ranges are one");
        }
        prop_assert_eq!(report.duplicated.count, duplicated.len() as u64);
        prop_assert_eq!(report.duplicated.surplus, duplicated.iter().map(|(_, times)| times - 1).sum::<u64>());
        let found: Vec<_> = report.duplicated.examples.iter().map(|example| (example.row, example.times)).collect();
        prop_assert_eq!(&found, &duplicated);

        let belonging = copy.iter().filter(|row| !row.foreign);
        prop_assert_eq!(report.altered.count, belonging.clone().filter(|row| row.altered).count() as u64);
        let mut altered: Vec<_> = belonging
            .flat_map(|row| (0..CLASSES).map(move |class| (row, class)))
            .map(|(row, class)| {
                let column = format!("class_{class}");
                let expected = naive::float64(&column, seed, row.row);
                (row.row, column, expected, row.values[class])
            })
            .filter(|(_, _, expected, found)| expected.to_bits() != found.to_bits())
            .map(|(row, column, expected, found)| AlteredExample {
                row, column, expected: format!("{expected:?}"), found: format!("{found:?}"), orphan_of: None, file: None,
            })
            .collect();
        for column in ["class_0", "class_1"] {
            let count = altered.iter().filter(|example| example.column == column).count() as u64;
            prop_assert_eq!(report.altered.by_column.get(column).copied().unwrap_or(0), count);
        }
        altered.sort_by(|a, b| (a.row, &a.column, &a.expected, &a.found).cmp(&(b.row, &b.column, &b.expected, &b.found)));
        altered.dedup();
        prop_assert_eq!(&report.altered.examples, &altered);

        prop_assert_eq!(report.foreign.count, copy.iter().filter(|row| row.foreign).count() as u64);
        let mut foreign: Vec<_> = copy.iter().filter(|row| row.foreign).map(|row| row.id.clone()).collect();
        foreign.sort();
        foreign.dedup();
        let found: Vec<_> = report.foreign.examples.iter().map(|row: &ForeignRow| row.id.clone()).collect();
        prop_assert_eq!(found, foreign);

        let differs = report.lost.count + report.duplicated.count + report.altered.count + report.foreign.count > 0;
        let saw_nothing = count > 0 && times.is_empty();
        prop_assert_eq!(report.distinct, times.len() as u64);
        prop_assert_eq!(report.whole, !differs && !saw_nothing);
    }

    #[test]
    fn fewer_examples_are_the_first_ones_and_leave_the_counts(
        losses in prop::collection::btree_set(0u64..500, 0..40),
        repeats in prop::collection::vec(0u64..500, 0..60),
        limit in 0usize..6,
        split in 1usize..300,
    ) {
        let data_set = classifier(CLASSES, IdForm::Text, FloatWidth::F64, rows(0, 500), 3);
        let mut copy = undamaged(rows(0, 500), 3);
        copy.extend(repeats.iter().map(|&row| copy[row as usize].clone()).collect::<Vec<_>>());
        copy.retain(|row| !losses.contains(&row.row));
        let report_with = |limit| {
            let options = CheckOptions { example_limit: limit, ..CheckOptions::whole(&data_set) };
            let mut checks = [(); 2].map(|()| Check::new(&data_set, options.clone()).expect("ids")).into_iter();
            let (mut a, b) = (checks.next().expect("two"), checks.next().expect("two"));
            for (index, part) in copy.chunks(split).enumerate() {
                [&a, &b][index % 2].feed(&batch(part)).expect("comparable columns");
            }
            a.merge(b).expect("checks of one kind");
            a.report()
        };
        let (all, few) = (report_with(1_000), report_with(limit));
        prop_assert_eq!((few.lost.count, few.duplicated.count, few.duplicated.surplus),
            (all.lost.count, all.duplicated.count, all.duplicated.surplus));
        prop_assert_eq!(few.lost.examples, all.lost.examples.into_iter().take(limit).collect::<Vec<_>>());
        prop_assert_eq!(few.duplicated.examples, all.duplicated.examples.into_iter().take(limit).collect::<Vec<_>>());
    }

    #[test]
    fn slices_of_row_numbers_add_up_to_the_whole(
        count in 0u64..3_000, slices in 1u64..5, lost in prop::collection::btree_set(0u64..3_000, 0..5), first in first_row(),
    ) {
        prop_assume!(RowRange::new(first, count).is_some());
        let data_set = classifier(CLASSES, IdForm::Text, FloatWidth::F64, rows(first, count), 3);
        let mut copy = undamaged(data_set.rows(), 3);
        copy.retain(|row| !lost.contains(&(row.row - first)));
        let lost = lost.iter().filter(|offset| **offset < count).count() as u64;
        let (mut found_lost, mut seen) = (0, 0);
        for number in 1..=slices {
            let slice = Shard::new(number, slices).expect("within the count").parts(count);
            let rows = data_set.rows().slice(slice.start, slice.end - slice.start);
            let check = Check::new(&data_set, CheckOptions { rows, ..CheckOptions::whole(&data_set) }).expect("ids");
            check.feed(&batch(&copy)).expect("comparable columns");
            let report = check.report();
            prop_assert_eq!((report.altered.count, report.foreign.count, report.duplicated.count), (0, 0, 0));
            prop_assert_eq!(report.seen + report.elsewhere, copy.len() as u64);
            found_lost += report.lost.count;
            seen += report.seen;
        }
        prop_assert_eq!((found_lost, seen), (lost, count - lost));
    }
}

fn report_of(data_set: &DataSet, options: CheckOptions, columns: Vec<(&str, ArrayRef)>) -> samplegen::Report {
    let check = Check::new(data_set, options).expect("ids");
    check.feed(&RecordBatch::try_from_iter(columns).expect("one length")).expect("comparable columns");
    check.report()
}

#[test]
fn ids_are_known_in_any_clothes() {
    let data_set = classifier(0, IdForm::Text, FloatWidth::F64, rows(0, 3_000), 0);
    let texts: Vec<_> = (0..3_000).map(|row| naive::id("id_client", 0, row)).collect();
    let uuids: Vec<Uuid> = texts.iter().map(|text| text.parse().expect("a UUID")).collect();
    let bytes: Vec<_> = uuids.iter().map(|id| id.into_bytes()).collect();
    let clothed = |clothe: fn(&Uuid) -> String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(uuids.iter().map(clothe)))
    };
    let clothes: [(&str, ArrayRef); 12] = [
        ("as written", clothed(|id| id.to_string())),
        ("upper case", clothed(|id| id.to_string().to_uppercase())),
        ("no hyphens", clothed(|id| id.simple().to_string())),
        ("braces", clothed(|id| id.braced().to_string())),
        ("a URN", clothed(|id| id.urn().to_string())),
        ("large strings", Arc::new(LargeStringArray::from_iter_values(&texts))),
        ("string views", Arc::new(StringViewArray::from_iter_values(&texts))),
        ("a dictionary", Arc::new(texts.iter().map(String::as_str).collect::<DictionaryArray<Int32Type>>())),
        (
            "16 fixed bytes",
            Arc::new(FixedSizeBinaryArray::try_new(16, bytes.concat().into(), None).expect("16 each")),
        ),
        ("binary", Arc::new(arrow::array::BinaryArray::from_iter_values(&bytes))),
        ("large binary", Arc::new(arrow::array::LargeBinaryArray::from_iter_values(&bytes))),
        ("text in binary", Arc::new(arrow::array::BinaryArray::from_iter_values(&texts))),
    ];
    for (name, ids) in clothes {
        let report = report_of(&data_set, CheckOptions::whole(&data_set), vec![("id_client", ids)]);
        assert!(report.whole, "{name}: {report:?}");
    }
}

#[test]
fn numbers_are_compared_by_their_bits() {
    let data_set = classifier(1, IdForm::Text, FloatWidth::F64, rows(0, 10), 0);
    let ids: ArrayRef =
        Arc::new(StringArray::from_iter_values((0..10).map(|row| naive::id("id_client", 0, row))));
    let right: Vec<_> = (0..10).map(|row| naive::float64("class_0", 0, row)).collect();
    let altered = |tolerance_ulps, values: Vec<Option<f64>>| {
        let options = CheckOptions { tolerance_ulps, ..CheckOptions::whole(&data_set) };
        let values: ArrayRef = Arc::new(Float64Array::from(values));
        report_of(&data_set, options, vec![("id_client", ids.clone()), ("class_0", values)]).altered.count
    };
    let with = |value: Option<f64>| {
        let mut values: Vec<_> = right.iter().copied().map(Some).collect();
        values[4] = value;
        values
    };
    let step = |ulps: i64| Some(f64::from_bits(right[4].to_bits().wrapping_add_signed(ulps)));
    assert_eq!(altered(0, with(Some(right[4]))), 0);
    for value in
        [None, Some(0.0), Some(-0.0), Some(-right[4]), Some(f64::NAN), Some(f64::INFINITY), step(1), step(-1)]
    {
        assert_eq!(altered(0, with(value)), 1, "{value:?}");
    }
    assert_eq!((altered(2, with(step(2))), altered(2, with(step(-2))), altered(2, with(step(3)))), (0, 0, 1));
    for value in [None, Some(-0.0), Some(-right[4]), Some(f64::NAN), Some(f64::INFINITY)] {
        assert_eq!(altered(1_000_000, with(value)), 1, "{value:?}");
    }
}

#[test]
fn narrowed_and_widened_numbers_are_compared_as_what_they_are() {
    let ids: ArrayRef =
        Arc::new(StringArray::from_iter_values((0..2_000).map(|row| naive::id("id_client", 0, row))));
    let narrow = |row| naive::float64("class_0", 0, row) as f32;
    let data_set = classifier(1, IdForm::Text, FloatWidth::F64, rows(0, 2_000), 0);
    let values: ArrayRef = Arc::new(Float32Array::from_iter_values((0..2_000).map(narrow)));
    let report = report_of(
        &data_set,
        CheckOptions::whole(&data_set),
        vec![("id_client", ids.clone()), ("class_0", values)],
    );
    assert!(report.whole && report.narrowed_columns == ["class_0"], "{report:?}");

    let data_set = classifier(1, IdForm::Text, FloatWidth::F32, rows(0, 2_000), 0);
    let wide = |row| f64::from(naive::float32("class_0", 0, row));
    let values: ArrayRef = Arc::new(Float64Array::from_iter_values((0..2_000).map(wide)));
    let report = report_of(
        &data_set,
        CheckOptions::whole(&data_set),
        vec![("id_client", ids.clone()), ("class_0", values)],
    );
    assert!(report.whole && report.narrowed_columns.is_empty(), "{report:?}");
    let nearly = |row| if row == 7 { f64::from_bits(wide(row).to_bits() + 1) } else { wide(row) };
    let values: ArrayRef = Arc::new(Float64Array::from_iter_values((0..2_000).map(nearly)));
    let report =
        report_of(&data_set, CheckOptions::whole(&data_set), vec![("id_client", ids), ("class_0", values)]);
    assert_eq!(report.altered.count, 1);
}

#[test]
fn a_check_that_cannot_be_is_refused() {
    let data_set = classifier(1, IdForm::Text, FloatWidth::F64, rows(0, 2), 0);
    let whole = CheckOptions::whole(&data_set);
    let unknown = CheckOptions { columns: Some(vec!["class_7".to_owned()]), ..whole.clone() };
    assert_eq!(Check::new(&data_set, unknown).err(), Some(CheckError::NoSuchColumn("class_7".to_owned())));

    let mut check = Check::new(&data_set, whole.clone()).expect("ids");
    let batch = naive::batch(&data_set, data_set.rows());
    let error = check.feed(&batch.project(&[0]).expect("ids")).expect_err("class_0 is missing");
    assert_eq!(error, CheckError::MissingColumn("class_0".to_owned()));
    let wrong: ArrayRef = Arc::new(arrow::array::BooleanArray::from(vec![true, false]));
    let columns = [("id_client", batch.column(0).clone()), ("class_0", wrong)];
    let error =
        check.feed(&RecordBatch::try_from_iter(columns).expect("one length")).expect_err("not numbers");
    assert!(matches!(error, CheckError::Incomparable { .. }), "{error}");
    assert_eq!(check.report().seen, 0, "a batch that is refused does not count");

    let other = Check::new(&data_set, CheckOptions { partial: true, ..whole }).expect("ids");
    assert_eq!(check.merge(other), Err(CheckError::Unlike));
}

#[test]
fn files_are_checked_on_any_number_of_threads() {
    for (id, float) in [(IdForm::Text, FloatWidth::F64), (IdForm::Binary, FloatWidth::F32)] {
        let data_set = classifier(3, id, float, rows(1 << 33, 70_000), 4);
        let folder = tempdir().expect("a folder");
        write(&data_set, layout(20_000, 6_000, Compression::Snappy), options(2), folder.path());
        let files = find(folder.path(), None).expect("a folder").files;
        assert_eq!(files.len(), 4);
        for threads in [1, 3] {
            let threads = NonZeroUsize::new(threads).expect("some threads");
            let check_of = |files: &[_]| {
                let check = Check::new(&data_set, CheckOptions::whole(&data_set)).expect("ids");
                let copies = Copies { files, delimiter: b',', tables: &[] };
                verify(&check, copies, threads, &Progress::default()).expect("readable files").report
            };
            assert!(check_of(&files).whole);
            let without_one = check_of(&[&files[..1], &files[2..]].concat());
            assert_eq!(without_one.lost.examples, [rows((1 << 33) + 20_000, 20_000)]);
            let twice = check_of(&[&files[..], &files[3..]].concat());
            assert_eq!((twice.duplicated.count, twice.lost.count), (10_000, 0));
        }
    }
}

/// Ids, names of columns and of files, and what decoders say of them.
#[cfg(unix)]
#[test]
fn a_copy_prints_no_lines_of_its_own() {
    use std::os::unix::ffi::OsStrExt;
    const FORGED: &str = "OK: the copy is whole";
    let folder = tempdir().expect("a folder");
    let name = std::ffi::OsStr::from_bytes(b"a\xff\nOK: the copy is whole\x1b[2J.csv");
    for breaks in ["\n", "\r", "\u{b}", "\u{85}", "\u{2028}", "\u{2029}", "\x1b[8m", "\u{9b}8m", "\u{202e}"] {
        let csv = format!(
            "id_client,class_0,\"x{breaks}{FORGED}\"\n\"a{breaks}{FORGED}\",0.5,1\n{},\"0{breaks}{FORGED}\",1\n",
            naive::id("id_client", 0, 0)
        );
        std::fs::write(folder.path().join(name), csv).expect("a file");
        std::fs::write(folder.path().join("torn.jsonl"), format!("{{\"x{breaks}{FORGED}")).expect("a file");
        for output in ["", "--json"] {
            let arguments = format!("check --rows 1 --classes 1 torn.jsonl {output}");
            let output = command(&arguments).arg(name).current_dir(folder.path()).output();
            let (code, stdout, stderr) = finished(output.expect("the command starts"));
            assert_eq!((code, stderr.as_str()), (1, ""), "{stdout}");
            assert!(!stdout.lines().any(|line| line.starts_with(FORGED)), "{stdout}");
            let printed = stdout.strip_suffix('\n').expect("lines");
            let strange = |c: char| c != '\n' && (c.is_control() || "\u{2028}\u{2029}\u{202e}".contains(c));
            assert!(!printed.contains(strange), "{stdout:?}");
        }
    }
}

/// Rows `first` to before `end` of two columns as CSV.
fn csv(rows: std::ops::Range<u64>) -> String {
    let line = |row| format!("{},{:?}\n", naive::id("id_client", 0, row), naive::float64("class_0", 0, row));
    "id_client,class_0\n".to_owned() + &rows.map(line).collect::<String>()
}

#[test]
fn a_verdict_says_what_was_checked_and_why_a_copy_is_as_it_is() {
    use std::fs::write;
    let folder = tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    write(path("all.csv"), csv(0..10)).expect("a file");
    write(path("half.csv"), csv(0..5)).expect("a file");
    write(path("none.csv"), csv(0..0)).expect("a file");
    write(path("marked.csv"), format!("\u{feff}{}", csv(0..10))).expect("a file");
    write(path("utf16.csv"), b"\xff\xfei\0d\0").expect("a file");
    write(path("upper.csv"), csv(0..10).replace("id_client,class_0", "ID_CLIENT,Class_0")).expect("a file");
    write(path("semicolon.csv"), csv(0..10).replace(',', ";")).expect("a file");
    write(path("tab.csv"), csv(0..10).replace(',', "\t")).expect("a file");
    let first_column =
        |line: (usize, &str)| format!("{}{}\n", ["\"line\nbreak\",", "x,"][line.0.min(1)], line.1);
    let with_break: String = csv(0..10).lines().enumerate().map(first_column).collect();
    write(path("header.csv"), with_break).expect("a file");
    for (arguments, code, said) in [
        ("all.csv", 0, "OK: the copy is whole\n"),
        ("all.csv --columns id_client", 0, "OK: the copy is whole (id_client checked)"),
        ("all.csv --tolerance 2", 0, "OK: the copy is whole (numbers within 2 ulp)"),
        ("all.csv --shard 1/2 --batch-size 5", 0, "OK: rows 0-4 of 10 are whole\n"),
        ("half.csv --shard 2/2 --batch-size 5", 1, "FAILED: no rows were seen (rows 5-9 of 10 checked)"),
        ("half.csv --partial", 0, "OK: 5 of 10 rows were seen, and they are right\n"),
        ("half.csv", 1, "FAILED: the copy is not whole\n"),
        ("none.csv --partial", 1, "FAILED: no rows were seen\n"),
        ("header.csv", 0, "not in the data set, and ignored: line\\nbreak\nOK: the copy is whole\n"),
        ("marked.csv", 0, "OK: the copy is whole\n"),
        ("utf16.csv", 1, "utf16.csv: the text is UTF-16: convert it to UTF-8"),
        ("upper.csv", 0, "read without regard to case: Class_0 as class_0, ID_CLIENT as id_client\nOK"),
        ("semicolon.csv", 2, "delimited by ';'; give --delimiter ';'"),
        ("semicolon.csv --delimiter ;", 0, "OK: the copy is whole\n"),
        ("tab.csv --delimiter \\t", 0, "OK: the copy is whole\n"),
        ("tab.csv --delimiter ab", 2, "one ASCII character"),
        ("all.csv --format arrow --delimiter ;", 2, "--delimiter is for CSV files"),
        ("all.csv --seed 1", 1, "hint: all ids are foreign: is this another seed"),
        ("all.csv all.csv", 1, "hint: all.csv and all.csv are the same file\nFAILED"),
        ("half.csv all.csv", 1, "row 0 (2 times, again in "),
    ] {
        let (code_found, stdout, stderr) =
            run(folder.path(), &format!("check --rows 10 --classes 1 {arguments}"));
        let all = stdout + &stderr;
        assert_eq!(code_found, code, "{arguments}: {all}");
        assert!(all.contains(said), "{arguments}: {all}");
    }
}

#[test]
fn a_data_set_without_files_yet_and_files_that_are_not_read_are_named() {
    let folder = tempdir().expect("a folder");
    run_well(folder.path(), "--rows 10 --classes 1 --out made");
    let made = folder.path().join("made");
    std::fs::write(made.join("notes.txt"), "x").expect("a file");
    std::fs::write(made.join("_temporary.parquet"), "x").expect("a file");
    let said = run_well(folder.path(), "check made");
    assert!(said.contains("not read    made/_temporary.parquet, made/notes.txt\nOK"), "{said}");
    for file in find(&made, None).expect("a folder").files {
        std::fs::remove_file(file.path).expect("a part");
    }
    let (code, _, stderr) = run(folder.path(), "check made");
    assert!(code == 2 && stderr.contains("has no files yet: generate them first"), "{stderr}");
    let lock = std::fs::File::open(&made).expect("a folder");
    lock.lock().expect("a file system with locks");
    let (code, _, stderr) = run(folder.path(), "check made");
    assert!(code == 2 && stderr.contains("another gen is writing to this folder"), "{stderr}");
}
