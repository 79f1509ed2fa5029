//! The functions of the value contract at their edges, as published in `contract-vectors.json`.

use samplegen::random::Stream;
use samplegen::random::distribution::{Distribution, Floats};
use samplegen::random::draw::{Interval32, Interval64, below, centre};
use samplegen::random::permutation::Permutation;
use samplegen::random::zipf::Zipf;
use samplegen::random::{elementary, normal};
use samplegen::schema::number::{Number, cumulative_thresholds};
use serde_json::Value;

/// The functions of the vectors, each with its arguments and results.
fn functions() -> Vec<Value> {
    let vectors: Value = serde_json::from_str(include_str!("contract-vectors.json")).expect("JSON");
    vectors["functions"].as_array().expect("a list").clone()
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().expect("a list").iter().map(text).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("text")
}

fn whole<T: std::str::FromStr<Err = std::num::ParseIntError>>(value: &Value) -> T {
    text(value).parse().expect("a whole number")
}

fn words(case: &Value) -> Vec<u64> {
    case["w"].as_array().expect("a list").iter().map(whole).collect()
}

fn float(case: &Value, name: &str) -> f64 {
    case[name].as_f64().expect("a number")
}

fn bits(value: f64) -> String {
    format!("{:016x}", value.to_bits())
}

/// `Z` of the fraction that `text` is.
fn threshold(text: &str) -> u128 {
    let (numerator, denominator) = text.split_once('/').unwrap_or((text, "1"));
    let [numerator, denominator] = [numerator, denominator].map(|text| text.parse::<i128>().expect("digits"));
    let weights = [numerator, denominator - numerator].map(|weight| Number::from_units(weight, 0));
    cumulative_thresholds(weights.iter())[0]
}

/// What this build makes of a case, in the form in which the vectors hold it.
fn results(case: &Value) -> Vec<String> {
    let of_bits = |function: fn(f64) -> f64| {
        let arguments = texts(&case["arguments"]).into_iter();
        let argument = |text| f64::from_bits(u64::from_str_radix(text, 16).expect("hexadecimal"));
        arguments.map(|text| bits(function(argument(text)))).collect()
    };
    let centres = || texts(&case["k"]).into_iter().map(|k| centre(k.parse().expect("digits")));
    match text(&case["function"]) {
        "ln" => of_bits(elementary::ln),
        "exp" => of_bits(elementary::exp),
        "quantile of centre(k)" => centres().map(|u| bits(normal::quantile(u))).collect(),
        "quantiles of centre(k), points 0 1 5 100" => {
            let distribution = Distribution::Quantiles { points: vec![0.0, 1.0, 5.0, 100.0] };
            centres().map(|u| bits(distribution.at(u))).collect()
        }
        "below(w, n) and the low half of w * n" => {
            let limit: u128 = whole(&case["n"]);
            let halves = |word: u64| [below(word, limit), word.wrapping_mul(limit as u64)];
            words(case).into_iter().flat_map(halves).map(|half| half.to_string()).collect()
        }
        "zipf rank of given words" => {
            let zipf = Zipf::new(whole(&case["n"]), float(case, "exponent"));
            words(case).into_iter().map(|word| zipf.rank(word).to_string()).collect()
        }
        "Z(c)" => vec![threshold(text(&case["c"])).to_string()],
        "uniform float64 of given words" => {
            let interval = Interval64::new(float(case, "min"), float(case, "max"));
            words(case).into_iter().map(|word| bits(interval.of(word))).collect()
        }
        "uniform float32 of given words, widened" => {
            let interval = Interval32::new(float(case, "min") as f32, float(case, "max") as f32);
            words(case).into_iter().map(|word| bits(interval.of(word).into())).collect()
        }
        "value of normal(0, 1) within [-1, 2] of given words, with k0 and k1 - k0" => {
            let normal = Distribution::Normal { mean: 0.0, sd: 1.0 };
            let floats = Floats::new64(normal, -1.0, 2.0).expect("much of it lies within");
            let places = floats.places();
            let grid: Vec<u64> = case["grid"].as_array().expect("a pair").iter().map(whole).collect();
            assert_eq!(grid, [places.start, places.end - places.start]);
            words(case).into_iter().map(|word| bits(floats.value(word))).collect()
        }
        "permutation of 0 .. n-1, stream u + 00 + order, seed 0" => {
            let keys = Stream::of_column(None, "u").purpose("order").keys(0);
            let limit: u64 = whole(&case["n"]);
            let permutation = Permutation::new(keys, limit.into());
            (0..limit).map(|row| permutation.value(row).to_string()).collect()
        }
        other => panic!("{other} is not tested"),
    }
}

/// The results that a case publishes, pairs one after the other.
fn expected(case: &Value) -> Vec<String> {
    let flat = |value: &Value| match value {
        Value::Array(pair) => texts(&Value::Array(pair.clone())).into_iter().map(str::to_owned).collect(),
        single => vec![text(single).to_owned()],
    };
    match &case["results"] {
        Value::Array(results) => results.iter().flat_map(flat).collect(),
        _ => flat(&case["result"]),
    }
}

#[test]
fn every_function_gives_the_results_of_the_contract() {
    for case in functions() {
        assert_eq!(results(&case), expected(&case), "{case}");
    }
}
