//! Tables that refer to each other: the vectors of the contract, parents and children in both directions, lookups, row
//! counts, and what is refused.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::{filter, is_not_null};
use arrow::datatypes::Int64Type;
use proptest::prelude::*;
use samplegen::columns::{Indices, ValueColumn};
use samplegen::schema::file::{ReadOptions, SchemaFile};
use samplegen::schema::number::Number;
use samplegen::{Batches, DataSet, Schema};
use serde_json::{Value as Json, json};
use std::sync::Arc;

use crate::columns::{Cell, cells, digest, vectors};
use crate::support::rows;

const SHOP: &str = include_str!("../../samples/schemas/shop.yaml");

fn read(text: &str, options: &ReadOptions<'_>) -> Result<Schema, String> {
    SchemaFile::read("s.yaml", text, options).map(|file| file.schema).map_err(|faults| faults.to_string())
}

fn schema(text: &str) -> Schema {
    read(text, &ReadOptions::default()).unwrap_or_else(|faults| panic!("{faults}"))
}

fn data_sets(text: &str) -> Vec<DataSet> {
    DataSet::all_of(&schema(text)).unwrap_or_else(|error| panic!("{error}"))
}

/// The column called `name` of the table called `table`.
fn column(data_sets: &[DataSet], table: &str, name: &str) -> Arc<ValueColumn> {
    let named = |data_set: &&DataSet| data_set.table().name.as_deref() == Some(table);
    let data_set = data_sets.iter().find(named).expect("the table");
    let index = data_set.columns().position(|column| column.name == name).expect("the column");
    Arc::clone(&data_set.values()[index])
}

fn numbers(json: &Json) -> Vec<u64> {
    let texts = json.as_array().expect("a list").iter();
    texts.map(|text| text.as_str().expect("text").parse().expect("digits")).collect()
}

/// A table with the column of a vector, and its parent, whose ids are their rows.
fn of_vector(vector: &Json) -> (Arc<ValueColumn>, Option<Arc<ValueColumn>>) {
    let generator = vector["column"]["generator"].as_str().expect("text");
    let is_children = generator == "children";
    let parents = vector["parent_rows"].as_u64().unwrap_or(4_000_000_000_000);
    let about = vector["about"].as_str().expect("text");
    let rows = if about.contains("10^12") { 1_000_000_000_000u64 } else { 1_000_000 };
    let mut orders = json!({"name": vector["table"], "columns": [vector["column"]]});
    if is_children {
        let position = json!({"name": "position", "type": "int64", "generator": "position", "of": vector["column"]["name"]});
        orders["columns"].as_array_mut().expect("a list").push(position);
    } else {
        orders["rows"] = rows.into();
    }
    let id = json!({"name": "id", "type": "int64", "generator": "sequence", "start": 0});
    let schema = json!({
        "seed": vector["seed"],
        "tables": [orders, {"name": "p", "rows": parents, "columns": [id]}],
    });
    let data_sets = data_sets(&schema.to_string());
    let name = vector["column"]["name"].as_str().expect("text");
    let position = is_children.then(|| column(&data_sets, "orders", "position"));
    (column(&data_sets, "orders", name), position)
}

fn of_tables(generator: &str) -> Vec<Json> {
    let vectors = vectors()["columns"].as_array().expect("a list").clone();
    vectors.into_iter().filter(|vector| vector["column"]["generator"] == generator).collect()
}

fn whole(array: &ArrayRef) -> Vec<u64> {
    array.as_primitive::<Int64Type>().values().iter().map(|value| *value as u64).collect()
}

#[test]
fn references_have_the_values_and_digests_of_the_contract() {
    let vectors = of_tables("references");
    assert_eq!(vectors.len(), 8);
    for vector in vectors {
        let (column, _) = of_vector(&vector);
        let rows = numbers(&vector["rows"]);
        assert_eq!(whole(&column.take(&rows)), numbers(&vector["values"]), "{vector}");
        assert_eq!(column.parents(rows[..].into()), Some(numbers(&vector["values"])));
        // The same, of consecutive rows.
        for (row, value) in rows.iter().zip(numbers(&vector["values"])) {
            assert_eq!(whole(&column.array(crate::support::rows(*row, 1))), [value]);
        }
        if let Some(expected) = vector["digest_of_rows_0_to_999999"].as_str() {
            assert_eq!(digest(|rows| cells(&column.array(rows))), expected, "{vector}");
        }
    }
}

#[test]
fn children_have_the_parents_and_positions_of_the_contract() {
    let vectors = of_tables("children");
    assert_eq!(vectors.len(), 8);
    for vector in vectors {
        let (column, position) = of_vector(&vector);
        let position = position.expect("a position column");
        let rows = numbers(&vector["rows"]);
        let pairs = vector["values"].as_array().expect("a list").iter().map(numbers);
        let (parents, positions): (Vec<_>, Vec<_>) = pairs.map(|pair| (pair[0], pair[1])).unzip();
        assert_eq!(whole(&column.take(&rows)), parents, "{vector}");
        assert_eq!(whole(&position.take(&rows)), positions, "{vector}");
        let run = crate::support::rows(0, 12);
        assert_eq!(whole(&column.array(run)), parents[..12], "{vector}");
        assert_eq!(whole(&position.array(run)), positions[..12], "{vector}");
        for (parent, first) in vector["rows_for_parents"].as_object().expect("an object") {
            // What the vectors give for each number of parents is how many rows they have together.
            let children = column.children(parent.parse().expect("digits")).expect("few rows");
            assert_eq!(children.first().to_string(), *first, "{vector}");
        }
    }
}

#[test]
fn the_shop_has_the_digests_of_the_contract() {
    let digests = vectors()["schemas"]["shop.yaml"].as_object().expect("an object").clone();
    assert_eq!(digests.len(), 11);
    let data_sets = data_sets(SHOP);
    let counts: Vec<_> = data_sets.iter().map(|data_set| data_set.rows().count()).collect();
    assert_eq!(counts, [1_000_000, 50_000, 4_500_000]);
    for (key, expected) in digests {
        let (table, name) = key.split(' ').next().expect("a name").split_once('.').expect("a table");
        let column = column(&data_sets, table, name);
        // Nulls are left out.
        let valid = |array: ArrayRef| {
            filter(&array, &is_not_null(&array).expect("any array")).expect("as many flags")
        };
        assert_eq!(
            digest(|rows| cells(&valid(column.array(rows)))),
            *expected.as_str().expect("text"),
            "{key}"
        );
    }
}

/// Regions, customers and orders, with references through two tables.
fn chain(customers: u64, min: u64, max: u64, orders: &str) -> String {
    format!(
        r#"
seed: 5
tables:
  - name: orders
    columns:
      - {{name: customer, generator: children, of: customers.id, min: {min}, max: {max}}}
      - {{name: line, type: uint16, generator: position, of: customer}}
      - {{name: region, generator: lookup, of: customer.region}}
      - {{name: region_name, generator: lookup, of: region.name}}
      - {{name: area, generator: lookup, of: region.area}}
      - {{name: tags, generator: lookup, of: customer.tags}}
      - {{name: bonus, type: int32, generator: uniform, min: 0, max: 1000000, depends_on: region}}
      {orders}
  - name: customers
    rows: {customers}
    columns:
      - {{name: id, type: uuid, generator: uuid}}
      - {{name: region, generator: references, of: regions.code, pick: {{zipf: 1.2}}, nulls: 20%}}
      - {{name: tags, type: "list<int8>", generator: uniform, min_length: 0, max_length: 3}}
      - {{name: referred_by, generator: references, of: customers.id, nulls: 50%}}
  - name: regions
    rows: 7
    columns:
      - {{name: code, type: int16, generator: unique, min: 1, max: 99}}
      - {{name: name, type: text, generator: template, template: "region {{code}}"}}
      - {{name: area, type: float64, generator: uniform, nulls: 30%}}
"#
    )
}

#[test]
fn lookups_are_what_joins_find_and_nulls_pass_through() {
    let data_sets = data_sets(&chain(101, 0, 5, ""));
    let all = |table: &str, name: &str| {
        let data_set = data_sets.iter().find(|data_set| data_set.table().name.as_deref() == Some(table));
        column(&data_sets, table, name).array(data_set.expect("the table").rows())
    };
    let (customers, customer) = (all("customers", "id"), all("orders", "customer"));
    let (region, looked_up) = (all("customers", "region"), all("orders", "region"));
    let (codes, names, areas) = (all("regions", "code"), all("regions", "name"), all("regions", "area"));
    let (name, area, tags) = (all("orders", "region_name"), all("orders", "area"), all("orders", "tags"));
    let find = |keys: &ArrayRef, key: &ArrayRef| {
        let mut found = (0..keys.len()).filter(|row| &keys.slice(*row, 1) == key);
        let row = found.next().expect("no orphan");
        assert_eq!(found.next(), None);
        row
    };
    let (mut nulls, mut null_areas, mut bonuses) = (0, 0, std::collections::BTreeMap::new());
    let bonus = all("orders", "bonus");
    for row in 0..customer.len() {
        let parent = find(&customers, &customer.slice(row, 1));
        assert_eq!(&looked_up.slice(row, 1), &region.slice(parent, 1));
        assert_eq!(&tags.slice(row, 1), &all("customers", "tags").slice(parent, 1));
        if looked_up.is_null(row) {
            assert!(name.is_null(row) && area.is_null(row));
            nulls += 1;
            continue;
        }
        let region = find(&codes, &looked_up.slice(row, 1));
        assert_eq!(&name.slice(row, 1), &names.slice(region, 1));
        assert_eq!(&area.slice(row, 1), &areas.slice(region, 1));
        null_areas += usize::from(area.is_null(row));
        // Equal regions, equal bonuses.
        assert_eq!(bonuses.entry(region).or_insert(bonus.slice(row, 1).clone()), &bonus.slice(row, 1));
    }
    assert!(nulls > 0 && null_areas > 0 && bonuses.len() > 3);
    let referred = all("customers", "referred_by");
    assert!(referred.null_count() > 20 && referred.null_count() < 80);
    for row in (0..referred.len()).filter(|row| referred.is_valid(*row)) {
        find(&customers, &referred.slice(row, 1));
    }
}

#[test]
fn any_slice_is_that_of_the_whole() {
    for data_set in data_sets(&chain(101, 0, 5, "")) {
        let batches = Batches::new(&data_set);
        let whole = batches.batch(data_set.rows()).expect("few rows");
        for (first, count) in [(0, 1), (3, 4), (data_set.rows().count() - 1, 1)] {
            let slice = batches.batch(rows(first, count)).expect("rows of the data set");
            assert_eq!(slice, whole.slice(first as usize, count as usize));
            let listed: Vec<u64> = (first..first + count).rev().collect();
            for (values, expected) in data_set.values().iter().zip(slice.columns()) {
                let backwards: Vec<_> = (0..count as usize).rev().map(|row| expected.slice(row, 1)).collect();
                let backwards: Vec<_> = backwards.iter().map(|array| &**array).collect();
                let backwards = arrow::compute::concat(&backwards).expect("arrays of one type");
                assert_eq!(&values.take(&listed), &backwards);
            }
        }
    }
}

#[test]
fn a_description_holds_the_table_and_what_its_values_follow_from() {
    let all = data_sets(&chain(101, 0, 5, ""));
    let tables = |data_set: &DataSet| -> Vec<String> {
        data_set.schema().tables.iter().filter_map(|table| table.name.clone()).collect()
    };
    assert_eq!(tables(&all[0]), ["orders", "customers", "regions"]);
    assert_eq!(tables(&all[1]), ["customers", "regions"]);
    assert_eq!(tables(&all[2]), ["regions"]);
    for data_set in &all {
        let json = serde_json::to_string(data_set).expect("JSON");
        let again: DataSet = serde_json::from_str(&json).expect("a description");
        assert_eq!((&again, again.table().name.as_ref()), (data_set, data_set.table().name.as_ref()));
        let batch = |data_set: &DataSet| Batches::new(data_set).batch(data_set.rows()).expect("few rows");
        assert_eq!(batch(&again), batch(data_set));
    }
    // Which of the tables it would be is not said.
    let error = DataSet::of(schema(SHOP)).expect_err("several tables").to_string();
    assert!(error.contains("3 tables"), "{error}");
}

#[test]
fn row_counts_are_scaled_half_up_and_children_follow() {
    let text = "
seed: 1
tables:
  - name: a
    rows: 5
    columns: [{name: id, type: int64, generator: sequence, start: 0}]
  - name: b
    columns: [{name: a, generator: children, of: a.id, min: 2, max: 2}]
";
    for (scale, a) in [("1", 5), ("0.1", 1), ("0.09", 0), ("0.5", 3), ("10", 50), ("1.29", 6), ("1.3", 7)] {
        let scale: Number = scale.parse().expect("a number");
        let schema =
            read(text, &ReadOptions { scale: Some(&scale), ..ReadOptions::default() }).expect("a schema");
        assert_eq!(schema.row_counts().expect("counts"), [Some(a), Some(2 * a)], "{scale}");
    }
    let scale: Number = "1e19".parse().expect("a number");
    let refused =
        read(text, &ReadOptions { scale: Some(&scale), ..ReadOptions::default() }).expect_err("too many");
    assert!(refused.contains("more than 64 bits count"), "{refused}");
}

#[test]
fn references_go_in_order() {
    for (parents, children) in [(3u64, 10u64), (10, 3), (7, 7), (1, 5), (1_000_003, 1_000)] {
        let text = json!({"tables": [
            {"name": "c", "rows": children, "columns": [{"name": "p", "generator": "references", "of": "p.id", "pick": "in_order"}]},
            {"name": "p", "rows": parents, "columns": [{"name": "id", "type": "int64", "generator": "sequence", "start": 0}]},
        ]});
        let found = whole(&column(&data_sets(&text.to_string()), "c", "p").array(rows(0, children)));
        let expected: Vec<u64> = (0..children).map(|row| row * parents / children).collect();
        assert_eq!(found, expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn each_row_is_a_child_of_its_parent_and_no_other(
        parents in prop_oneof![Just(0u64), Just(1), 1u64..60], min in 0u64..4, more in 0u64..5, seed: u64,
    ) {
        let text = json!({"seed": seed, "tables": [
            {"name": "c", "columns": [
                {"name": "p", "generator": "children", "of": "p.id", "min": min, "max": min + more},
                {"name": "n", "type": "int8", "generator": "position", "of": "p"},
            ]},
            {"name": "p", "rows": parents, "columns": [{"name": "id", "type": "int64", "generator": "sequence", "start": 0}]},
        ]});
        let data_sets = data_sets(&text.to_string());
        let all = data_sets[0].rows();
        let (parent, position) = (&data_sets[0].values()[0], &data_sets[0].values()[1]);
        let found = whole(&parent.array(all));
        let places = cells(&position.array(all));
        let mut row = 0;
        for number in 0..parents {
            let children = parent.children(number).expect("few rows");
            prop_assert_eq!(children.first(), row);
            prop_assert!((min..=min + more).contains(&children.count()));
            for place in 0..children.count() {
                prop_assert_eq!(found[row as usize], number);
                prop_assert_eq!(&places[row as usize], &Cell::Whole(place));
                row += 1;
            }
        }
        prop_assert_eq!(row, all.count());
        let listed: Vec<u64> = (0..row).rev().collect();
        let backwards: Vec<u64> = found.iter().rev().copied().collect();
        prop_assert_eq!(parent.parents(Indices::Listed(&listed)), Some(backwards));
    }
}

#[test]
fn what_is_wrong_between_tables_is_said_with_its_place() {
    let parent = "  - {name: p, rows: 9, columns: [{name: id, type: uuid, generator: uuid}, {name: n, type: int8, generator: uniform}]}\n";
    let refusals = |columns: &str, rest: &str| {
        let text = format!("tables:\n{parent}  - name: c\n{rest}    columns:\n{columns}");
        read(&text, &ReadOptions::default()).expect_err(columns)
    };
    for (column, expected) in [
        (
            "{name: a, generator: references}",
            "6:9: table \"c\", column \"a\": references needs the key \"of\"",
        ),
        ("{name: a, generator: references, of: q.id}", "of: there is no table \"q\""),
        (
            "{name: a, generator: references, of: p.ids}",
            "of: table \"p\" has no column \"ids\"; did you mean \"id\"?",
        ),
        ("{name: a, generator: references, of: p}", "of: expected a text such as \"table.column\""),
        ("{name: a, generator: references, of: [p]}", "of: expected text, found a list"),
        (
            "{name: a, type: text, generator: references, of: p.id}",
            "type: text is not uuid, the type of \"p.id\"; leave type out",
        ),
        (
            "{name: a, generator: references, of: p.id, pick: {zipf: 0}}",
            "zipf: 0 is not above 0 and at most 20",
        ),
        (
            "{name: a, generator: references, of: p.id, pick: random}",
            "pick: unknown pick \"random\"; choose uniform, in_order or {zipf: EXPONENT}",
        ),
        ("{name: a, generator: references, of: p.id, length: 3}", "unknown key \"length\""),
        (
            "{name: a, generator: references, of: p.id, depends_on: b}\n      - {name: b, type: bool, generator: uniform}",
            "references draws nothing that could follow another column",
        ),
        (
            "{name: a, generator: children, of: p.id, min: 3, max: 1}",
            "the range is empty: min 3 is above max 1",
        ),
        (
            "{name: a, generator: children, of: p.id, min: 1, max: 18446744073709551615}",
            "min and max together are 2^64 or more",
        ),
        ("{name: a, generator: children, of: p.id, max: 1}", "children needs the key \"min\""),
        ("{name: a, generator: lookup, of: b.id}", "of: the table has no column \"b\""),
        (
            "{name: a, generator: lookup, of: b.id}\n      - {name: b, type: int8, generator: uniform}",
            "of: \"b\" does not refer to another table; name a references, children or lookup column",
        ),
        (
            "{name: a, generator: lookup, of: b.x}\n      - {name: b, generator: references, of: p.id}",
            "of: table \"p\" has no column \"x\"",
        ),
        (
            "{name: a, generator: position, of: b, type: int8}\n      - {name: b, generator: references, of: p.id}",
            "of: \"b\" is no children column",
        ),
        (
            "{name: a, generator: position, of: b, type: int8}\n      - {name: b, generator: children, of: p.id, min: 1, max: 200}",
            "of: positions go up to 199, and int8 to 127",
        ),
        (
            "{name: a, generator: children, of: p.id, min: 1, max: 2}\n      - {name: b, generator: children, of: p.id, min: 1, max: 2}",
            "column \"b\": generator: the rows are the children of \"a\" already",
        ),
        ("{name: a, generator: references, of: c.a}", "of: the values depend on themselves"),
        (
            "{name: a, generator: lookup, of: b.a}\n      - {name: b, generator: references, of: c.b}",
            "depend on themselves",
        ),
        (
            "{name: a, type: text, generator: mapping, of: b, values: {x: y}}\n      - {name: b, generator: references, of: p.id}",
            "of: \"b\" cannot be mapped",
        ),
        (
            "{name: a, type: int8, generator: uniform, depends_on: b}\n      - {name: b, generator: lookup, of: d.id}\n      - {name: d, generator: references, of: p.id}",
            "depends_on: nothing can depend on \"id\"",
        ),
        ("{name: a, generator: references, of: p.id, key: true}", "key: the values do not give the row back"),
    ] {
        let rest = if column.contains("children") { "" } else { "    rows: 4\n" };
        let said = refusals(&format!("      - {column}\n"), rest);
        assert!(said.contains(expected), "{column}:\n{said}");
    }
    let said =
        refusals("      - {name: a, generator: children, of: p.id, min: 0, max: 2}\n", "    rows: 4\n");
    assert!(
        said.contains(
            "table \"c\": rows: the table has as many rows as \"a\" makes children; leave rows out"
        ),
        "{said}"
    );
    let said = read("tables:\n  - {name: p, rows: 0, columns: [{name: id, type: int8, generator: uniform}]}\n  - {name: c, rows: 1, columns: [{name: a, generator: references, of: p.id}]}\n", &ReadOptions::default()).expect_err("no rows");
    assert!(said.contains("of: the table that is referred to has no rows"), "{said}");
    let said =
        read("rows: 3\ncolumns: [{name: a, generator: references, of: t.id}]\n", &ReadOptions::default())
            .expect_err("no tables");
    assert!(said.contains("a table without a name cannot be referred to"), "{said}");
}

#[test]
fn circles_of_row_counts_are_shown() {
    let table = |name: &str, of: &str| {
        format!(
            "  - {{name: {name}, columns: [{{name: id, type: uuid, generator: uuid}}, {{name: p, generator: children, of: {of}.id, min: 0, max: 2}}]}}\n"
        )
    };
    let text = format!("tables:\n{}{}{}", table("a", "b"), table("b", "c"), table("c", "b"));
    let said = read(&text, &ReadOptions::default()).expect_err("a circle");
    assert_eq!(
        said,
        "s.yaml:3:12: table \"b\": the row counts depend on themselves: \"b\" has the children of \"c\" has the children of \"b\"; give one of the tables rows instead of a children column"
    );
    let said = read(&format!("tables:\n{}", table("a", "a")), &ReadOptions::default()).expect_err("a circle");
    assert!(said.contains("\"a\" has the children of \"a\""), "{said}");
}

#[test]
fn values_that_go_in_a_circle_through_tables_are_named() {
    let text = "
tables:
  - name: a
    rows: 3
    columns:
      - {name: b, generator: references, of: b.x}
      - {name: x, generator: lookup, of: b.x}
  - name: b
    rows: 3
    columns: [{name: a, generator: references, of: a.b}, {name: x, generator: lookup, of: a.x}]
";
    let said = read(text, &ReadOptions::default()).expect_err("a circle");
    assert!(said.contains("depend on themselves"), "{said}");
    let keys = text
        .replace(
            "of: b.x}\n      - {name: x, generator: lookup, of: b.x",
            "of: b.x}\n      - {name: x, type: uuid, generator: uuid",
        )
        .replace(
            "{name: a, generator: references, of: a.b}, {name: x, generator: lookup, of: a.x}",
            "{name: a, generator: references, of: a.x}, {name: x, type: uuid, generator: uuid}",
        );
    // Tables may refer to each other, as long as no value does.
    assert_eq!(data_sets(&keys).len(), 2);
}

#[test]
fn values_are_taken_through_at_most_a_hundred_columns() {
    // Each column refers to the row that the one before refers to, or takes its values.
    let text = |steps: usize, generator: &str, of: &str, column_type: &str| {
        let mut columns = vec![json!({"name": "c0", "generator": "references", "of": "t.id"})];
        for step in 1..=steps {
            let of = of.replace("BEFORE", &format!("c{}", step - 1));
            columns.push(json!({"name": format!("c{step}"), "generator": generator, "of": of}));
            if !column_type.is_empty() {
                columns[step]["type"] = column_type.into();
            }
        }
        columns.push(json!({"name": "id", "type": "int64", "generator": "sequence", "start": 0}));
        json!({"tables": [{"name": "t", "rows": 50, "columns": columns}]}).to_string()
    };
    for (generator, of) in [("references", "t.BEFORE"), ("lookup", "BEFORE.c0"), ("lookup", "BEFORE.BEFORE")]
    {
        for column_type in ["", "int64"] {
            // Rows that are looked up in rows that are looked up are twice as far away with each column.
            let steps = if of == "BEFORE.BEFORE" { 4 } else { 40 };
            let near = data_sets(&text(steps, generator, of, column_type));
            Batches::new(&near[0]).batch(rows(0, 50)).expect("few rows");
            for steps in [200, 5_000] {
                let refused = read(&text(steps, generator, of, column_type), &ReadOptions::default());
                let refused = refused.expect_err("too far");
                assert!(
                    refused.contains("through more than 100 columns; refer to a nearer column"),
                    "{refused}"
                );
            }
        }
    }
}

#[test]
fn a_table_that_refers_to_itself_has_its_first_row() {
    let text = "tables: [{name: e, rows: 30, columns: [{name: id, type: int16, generator: sequence, start: 1}, {name: manager, generator: references, of: e.id}]}]";
    let schema = schema(text);
    let refused = schema.with_rows(rows(5, 10)).expect_err("rows are left out").to_string();
    assert!(
        refused.contains("the table refers to itself, and its rows before row 5 are left out"),
        "{refused}"
    );
}

#[test]
fn parents_without_a_known_number_of_rows_are_no_parents() {
    let text = "tables: [{name: p, columns: [{name: id, type: int8, generator: uniform}]}, {name: c, rows: 3, columns: [{name: a, generator: references, of: p.id}]}]";
    let error = DataSet::all_of(&schema(text)).expect_err("no rows").to_string();
    assert_eq!(error, "table \"p\": the number of rows is not known; give the table its rows");
}
