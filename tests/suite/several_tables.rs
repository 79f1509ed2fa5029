//! Data sets of several tables in files: a folder for each table and one description, shards and selections that make
//! the whole, resumed runs, and what is refused.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use samplegen::part::origin::{Inspected, Origin};
use serde_json::Value as Json;
use tempfile::{TempDir, tempdir};

use crate::support::{names, parts, read, run, run_well};

const SHOP: &str = r#"
seed: 3
tables:
  - name: orders
    columns:
      - {name: id, type: int64, generator: sequence, start: 1}
      - {name: customer_id, generator: children, of: customers.id, min: 0, max: 5}
      - {name: line, type: int8, generator: position, of: customer_id}
      - {name: country, generator: lookup, of: customer_id.country}
      - {name: product, generator: references, of: products.id, pick: {zipf: 1.1}}
  - name: customers
    rows: 401
    columns:
      - {name: id, type: uuid, generator: uuid}
      - {name: country, type: text, generator: one_of, values: [DE, FR, US], nulls: 10%}
  - name: products
    rows: 7
    columns: [{name: id, type: int32, generator: sequence, start: 1}]
"#;

fn folder_with(schema: &str) -> TempDir {
    let folder = tempdir().expect("a folder");
    fs::write(folder.path().join("shop.yaml"), schema).expect("a file");
    folder
}

/// The parts of all tables.
fn tables(out: &Path) -> BTreeMap<String, BTreeMap<String, Vec<u8>>> {
    let of_table = |name: &str| (name.to_owned(), parts(&out.join(name)));
    ["customers", "orders", "products"].map(of_table).into()
}

fn description(out: &Path) -> Vec<u8> {
    fs::read(out.join("_dataset.json")).expect("a description")
}

#[test]
fn each_table_has_a_folder_and_all_have_one_description() {
    let folder = folder_with(SHOP);
    run_well(folder.path(), "--schema shop.yaml --out shop --dry-run");
    assert_eq!(names(folder.path()), ["shop.yaml"]);
    run_well(folder.path(), "--schema shop.yaml --out shop --batch-size 100 --threads 2");
    let shop = folder.path().join("shop");
    assert_eq!(names(&shop), ["_dataset.json", "customers", "orders", "products"]);
    assert!(tables(&shop).values().all(|parts| parts.keys().all(|name| name.starts_with("part-"))));
    assert_eq!(read(&shop.join("customers")).num_rows(), 401);
    assert_eq!(read(&shop.join("products")).num_rows(), 7);
    let orders = read(&shop.join("orders"));
    assert!((1000..1006).contains(&orders.num_rows()), "{}", orders.num_rows());
    assert!(
        run_well(folder.path(), "--schema shop.yaml --out shop --batch-size 100").contains("nothing to do")
    );
    // A description is a schema, with the layouts of its tables.
    run_well(folder.path(), "--schema shop/_dataset.json --out again --threads 1");
    let again = folder.path().join("again");
    assert_eq!((tables(&shop), description(&shop)), (tables(&again), description(&again)));
}

#[test]
fn tables_and_shards_on_their_own_make_the_whole() {
    let folder = folder_with(SHOP);
    run_well(folder.path(), "--schema shop.yaml --out whole --batch-size 100");
    for share in [
        "--tables orders --shard 2/3",
        "--tables products,customers",
        "--tables orders --shard 3/3",
        "--tables orders --shard 1/3",
    ] {
        run_well(folder.path(), &format!("--schema shop.yaml --out shared --batch-size 100 {share}"));
    }
    let (whole, shared) = (folder.path().join("whole"), folder.path().join("shared"));
    assert_eq!((tables(&whole), description(&whole)), (tables(&shared), description(&shared)));
    run_well(folder.path(), "--schema shop.yaml --out one --batch-size 100 --tables orders --shard 2/3");
    assert_eq!(names(&folder.path().join("one")), ["_dataset.json", "orders"]);
}

#[test]
fn what_is_missing_or_truncated_is_written_again() {
    let folder = folder_with(SHOP);
    let command = "--schema shop.yaml --out shop --batch-size 100 --durable";
    run_well(folder.path(), command);
    let shop = folder.path().join("shop");
    let whole = tables(&shop);
    let name =
        |table: &str, number: usize| shop.join(table).join(whole[table].keys().nth(number).expect("a part"));
    fs::remove_file(name("orders", 3)).expect("a part");
    fs::write(name("customers", 0), &whole["customers"].values().next().expect("a part")[..50])
        .expect("a part");
    fs::write(shop.join("customers/.part-00001-of-00005.parquet.tmp"), "left by a killed run")
        .expect("a file");
    let (_, _, said) = run(folder.path(), command);
    assert!(said.contains("shop/customers/part-00000-of-00005.parquet: was torn"), "{said}");
    assert_eq!(tables(&shop), whole);
    assert_eq!(names(&shop.join("customers")).len(), 5);
    let json = run_well(folder.path(), &format!("{command} --json"));
    let json: Json = serde_json::from_str(&json).expect("JSON");
    assert_eq!((json["files"].as_u64(), json["rows"].as_u64()), (Some(0), Some(0)));
}

#[test]
fn summaries_tell_each_table_and_all() {
    let folder = folder_with(SHOP);
    for arguments in ["--dry-run --json", "--json"] {
        let json = run_well(folder.path(), &format!("--schema shop.yaml --out shop --scale 2 {arguments}"));
        let json: Json = serde_json::from_str(&json).expect("JSON");
        let of_tables = json["tables"].as_array().expect("tables");
        let names: Vec<_> = of_tables.iter().map(|table| table["name"].as_str().expect("a name")).collect();
        assert_eq!(names, ["orders", "customers", "products"]);
        let rows: Vec<_> = of_tables.iter().map(|table| table["rows"].as_u64().expect("rows")).collect();
        assert_eq!((rows[1], rows[2], rows[0]), (802, 14, 2005));
        assert_eq!(json["rows"].as_u64(), Some(rows.iter().sum()));
        assert_eq!(json["dataset"]["tables"][1]["rows"].as_u64(), Some(802));
        assert!(of_tables.iter().all(|table| table["layout"]["batch_rows"].is_u64()), "{json}");
    }
    let said = run_well(folder.path(), "--schema shop.yaml --out other --dry-run");
    for table in ["orders", "customers", "products"] {
        assert!(said.contains(&format!("table \"{table}\": ")), "{said}");
    }
    let said = run_well(folder.path(), "--schema shop.yaml --out other");
    assert!(
        said.contains("other/orders/part-00000-of-00001.parquet: 1,00") && said.contains("seed 3"),
        "{said}"
    );
}

#[test]
fn another_data_set_is_refused_and_replaced_without_a_trace() {
    let folder = folder_with(SHOP);
    let out = folder.path().join("out");
    run_well(folder.path(), "--schema shop.yaml --out out --batch-size 100");
    fs::write(out.join("orders/notes.txt"), "mine").expect("a file");
    let (code, _, said) = run(folder.path(), "--schema shop.yaml --out out --batch-size 100 --seed 4");
    assert!(code == 2 && said.contains("--seed 3 instead of 4") && said.contains("--overwrite"), "{said}");
    let (code, _, said) = run(folder.path(), "--schema shop.yaml --out out --batch-size 100 --scale 2");
    assert!(code == 2 && said.contains("table \"customers\" with 401 rows instead of 802"), "{said}");
    let (code, _, said) = run(folder.path(), "--schema shop.yaml --out out --batch-size 99");
    assert!(code == 2 && said.contains("in another layout (--batch-size 100 instead of 99)"), "{said}");
    let (code, _, said) = run(folder.path(), "--rows 10 --out out");
    assert!(code == 2 && said.contains("another data set"), "{said}");
    // A data set of one table without a name: no part of the others is left.
    run_well(folder.path(), "--rows 10 --out out --overwrite");
    assert_eq!(
        names(&out),
        ["_dataset.json", "customers", "orders", "part-00000-of-00001.parquet", "products"]
    );
    assert_eq!(names(&out.join("orders")), ["notes.txt"]);
    assert!(names(&out.join("customers")).is_empty());
    // And back.
    let (code, _, said) = run(folder.path(), "--schema shop.yaml --out out --batch-size 100");
    assert!(code == 2 && said.contains("another data set"), "{said}");
    run_well(folder.path(), "--schema shop.yaml --out out --batch-size 100 --overwrite");
    assert_eq!(names(&out), ["_dataset.json", "customers", "orders", "products"]);
}

#[test]
fn a_part_says_itself_what_its_rows_are() {
    let folder = folder_with(SHOP);
    run_well(folder.path(), "--schema shop.yaml --out shop --batch-size 100");
    let path = folder.path().join("shop/orders/part-00002-of-00011.parquet");
    let path =
        if path.exists() { path } else { folder.path().join("shop/orders/part-00002-of-00010.parquet") };
    let Inspected::Part(origin) = Origin::inspect(&path).expect("a file") else { panic!("a part of gen") };
    let data_set = origin.data_set().expect("a data set");
    assert_eq!(data_set.table().name.as_deref(), Some("orders"));
    let names: Vec<_> = origin.schema.tables.iter().filter_map(|table| table.name.as_deref()).collect();
    assert_eq!(names, ["orders", "customers", "products"]);
    let batch = samplegen::Batches::new(&data_set).batch(origin.part.rows).expect("rows");
    assert_eq!(crate::support::read_part(&path).columns(), batch.columns());
}

#[test]
fn a_check_reports_each_table_and_comes_to_one_verdict() {
    let folder = folder_with(SHOP);
    run_well(folder.path(), "--schema shop.yaml --out shop --batch-size 100");
    for arguments in
        ["check shop", "check shop --schema shop.yaml", "check shop --dataset shop/_dataset.json"]
    {
        let said = run_well(folder.path(), arguments);
        assert!(said.ends_with("OK: all 3 tables are right\n"), "{arguments}: {said}");
    }
    for arguments in
        ["check shop/orders", "check shop/orders --dataset shop", "check shop/orders --schema shop.yaml"]
    {
        let said = run_well(folder.path(), arguments);
        assert!(said.ends_with("OK: the copy is whole\n"), "{arguments}: {said}");
    }
    assert!(run_well(folder.path(), "check shop --shard 2/3 --quiet").is_empty());
    // No more is said than was checked, and what is in no folder of a table is named.
    for limit in ["--shard 2/3", "--columns id", "--partial"] {
        let said = run_well(folder.path(), &format!("check shop {limit}"));
        assert!(
            said.ends_with("OK: all 3 tables are right, as far as they were checked\n"),
            "{limit}: {said}"
        );
    }
    fs::write(folder.path().join("shop/stray.parquet"), "").expect("a file");
    let said = run_well(folder.path(), "check shop");
    assert!(said.contains("\nnot read    shop/stray.parquet\nOK: all 3 tables are right\n"), "{said}");
    fs::remove_file(folder.path().join("shop/stray.parquet")).expect("the file");
    // A share of so few rows that a table has no file in it.
    run_well(folder.path(), "--schema shop.yaml --out share --shard 1/3 --batch-size 1000000 --quiet");
    let said = run_well(folder.path(), "check share --shard 1/3");
    assert!(said.ends_with("are right, as far as they were checked\n"), "{said}");
    // A folder that is called like no table says of its own what is in it.
    fs::rename(folder.path().join("shop/orders"), folder.path().join("copy")).expect("a folder");
    assert!(run_well(folder.path(), "check copy").contains("OK: the copy is whole"));
    let (code, _, said) = run(folder.path(), "check copy --dataset shop");
    assert!(
        code == 2 && said.contains("copy: the data set has several tables, and the copy is called like none"),
        "{said}"
    );
    // A file that is not there says nothing of the table that it is called like.
    let (code, _, said) = run(folder.path(), "check nowhere/orders --schema shop.yaml");
    assert!(code == 2 && said.contains("nowhere/orders: there is no such file or folder"), "{said}");
    // All rows of the table are lost, with its folder or without.
    fs::create_dir(folder.path().join("shop/orders")).expect("a folder");
    let (code, said, _) = run(folder.path(), "check shop");
    assert!(code == 1 && said.ends_with("FAILED: not all tables are right: orders\n"), "{said}");
    fs::remove_dir(folder.path().join("shop/orders")).expect("the folder");
    let (code, said, _) = run(folder.path(), "check shop");
    assert_eq!(code, 1, "{said}");
    assert!(
        said.contains("table \"orders\":\n  1,00") && said.contains("FAILED: no rows were seen"),
        "{said}"
    );
    assert!(said.ends_with("FAILED: not all tables are right: orders\n"), "{said}");
    let (code, json, _) = run(folder.path(), "check shop --json");
    let json: Json = serde_json::from_str(&json).expect("JSON");
    assert_eq!(
        (code, json["verdict"].as_str(), json["whole"].as_bool()),
        (1, Some("different"), Some(false))
    );
    let verdicts: Vec<_> =
        json["tables"].as_array().expect("tables").iter().map(|table| table["whole"].as_bool()).collect();
    assert_eq!(verdicts, [Some(false), Some(true), Some(true)]);
}

#[test]
fn what_no_run_of_several_tables_can_do_is_refused() {
    let refused = |schema: &str, arguments: &str| {
        let folder = folder_with(schema);
        let (code, _, said) = run(folder.path(), arguments);
        assert_eq!(code, 2, "{arguments}: {said}");
        assert_eq!(names(folder.path()), ["shop.yaml"], "{arguments} wrote something");
        said
    };
    let schema = "--schema shop.yaml --out shop";
    for (arguments, expected) in [
        ("--rows 10", "a schema of one table; give each table its rows, or scale them all"),
        ("--from-row 10", "only a schema of one table can begin behind row 0"),
        (
            "--tables orders,order",
            "--tables: there is no table \"order\"; the schema has orders, customers, products",
        ),
        ("--scale -1", "--scale \"-1\": negative"),
        ("--scale x", "--scale \"x\": not a number; give a decimal"),
        ("--scale 2 --rows 3", "cannot be combined with --rows"),
        ("--scale 1e30", "are more than 64 bits count"),
        ("--scale 0.05", "the table that is referred to has no rows"),
    ] {
        let said = refused(SHOP, &format!("{schema} {arguments}"));
        assert!(said.contains(expected), "{arguments}: {said}");
    }
    assert!(refused(SHOP, "--rows 10 --tables orders --out shop").contains("--schema"));
    for name in ["a/b", "_orders", "year=2024"] {
        let said = refused(&SHOP.replace("name: orders", &format!("name: {name}")), schema);
        assert!(said.contains(&format!("table \"{name}\": no folder of data can have this name")), "{said}");
    }
}
