//! The vectors of the value contract, as published.

use arrow::array::AsArray;
use arrow::datatypes::Float64Type;
use samplegen::columns::uuid::UuidColumn;
use samplegen::random::Keys;
use samplegen::{Batches, FloatWidth, IdForm};

use crate::naive;
use crate::support::{classifier, rows};

struct Vector {
    seed: u64,
    row: u64,
    id_client: &'static str,
    word_of_class_0: u64,
    class_0: f64,
    class_9: f64,
}

const fn vector(
    seed: u64,
    row: u64,
    id_client: &'static str,
    word_of_class_0: u64,
    class_0: f64,
    class_9: f64,
) -> Vector {
    Vector { seed, row, id_client, word_of_class_0, class_0, class_9 }
}

#[rustfmt::skip]
const VECTORS: [Vector; 8] = [
    vector(0, 0, "191739ad-8b2c-4155-a3a3-ba1aa9b5e0c6", 0x436000070d1592d0, 0.26318359539171454, 0.07361570657821537),
    vector(0, 1, "9a0f8f50-7fa8-4797-87ab-e1c5316b5714", 0xbc43cf38cd026491, 0.7354096902536269, 0.41500256863710827),
    vector(0, 999_999, "271d3de6-6fc2-41dd-a761-326d927d904c", 0x67bce74a9811cb32, 0.4052261883844671, 0.17471012588739332),
    vector(0, 1 << 40, "0bb25723-2b94-4f15-889c-e97f4c0666ae", 0x2f397d08cd8a1a93, 0.1844709536067416, 0.744145017158216),
    vector(0, u64::MAX, "a5041f76-aa2a-4e44-ae34-3290c169dc55", 0x01296c1c98cfa6a7, 0.004538304311437091, 0.5879025944646206),
    vector(42, 0, "d91b03a5-cecd-4a23-89d9-4cc9e910cdcf", 0x70f4688732b8c17f, 0.44122937489257463, 0.939015328504091),
    vector(42, 1, "70f6c4cb-32a7-47d1-9fc7-c0185dab6737", 0xb54b64ff578d3a65, 0.7081816790956069, 0.2224360043493182),
    vector(42, 999_999, "c18d988b-aaf4-4dd6-8fd4-abed6853aea4", 0x0b0d462b1619fe3a, 0.0431712966147656, 0.25262048663754166),
];

#[test]
fn the_library_gives_the_values_of_the_contract() {
    for vector in VECTORS {
        let row = rows(vector.row, 1);
        let data_set = classifier(10, IdForm::Text, FloatWidth::F64, row, vector.seed);
        let batch = Batches::new(&data_set).batch(row).expect("a row of the data set");
        assert_eq!(batch["id_client"].as_string::<i32>().value(0), vector.id_client);
        assert_eq!(batch["class_0"].as_primitive::<Float64Type>().value(0), vector.class_0);
        assert_eq!(batch["class_9"].as_primitive::<Float64Type>().value(0), vector.class_9);
        assert_eq!(Keys::of_stream(b"class_0", vector.seed).word(vector.row), vector.word_of_class_0);
    }
}

#[test]
fn the_naive_implementation_gives_the_values_of_the_contract() {
    for vector in VECTORS {
        assert_eq!(naive::id("id_client", vector.seed, vector.row), vector.id_client);
        assert_eq!(naive::word(b"class_0", vector.seed, vector.row), vector.word_of_class_0);
        assert_eq!(naive::float64("class_0", vector.seed, vector.row), vector.class_0);
        assert_eq!(naive::float64("class_9", vector.seed, vector.row), vector.class_9);
    }
}

#[test]
fn the_ids_of_the_contract_give_their_rows_back() {
    for vector in VECTORS {
        let id = vector.id_client.parse().expect("a UUID");
        let column = |seed| UuidColumn::new("id_client", seed);
        assert_eq!(column(vector.seed).row(id), Some(vector.row));
        assert_eq!(column(vector.seed + 1).row(id), None);
    }
}
