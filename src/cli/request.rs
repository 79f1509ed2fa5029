//! What the flags mean together: a request that can be carried out.

use std::ffi::OsStr;
use std::io;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};

use crate::check::{CheckError, CheckOptions, MAX_ROWS};
use crate::copy::{self, CopyFile, FindError, Format, Found};
use crate::count;
use crate::dataset::DataSetError;
use crate::difference::Differences;
use crate::folder::{DESCRIPTION_NAME, DescribedTable, FolderDescription, is_being_written};
use crate::part::origin::{Inspected, Origin};
use crate::postgres::{AddressError, Database, IfExists, LoadOptions, Method, TableCopy, TableName};
use crate::schema::Generator;
use crate::schema::file::{LayoutKeys, ReadOptions, SchemaFile};
use crate::schema::json_schema::json_schema;
use crate::schema::number::Number;
use crate::source::{SourceError, SourceFault};
use crate::value_files::FilesIn;
use crate::{
    Compression, DataSet, Error, FloatWidth, GenerateOptions, IdForm, Layout, Plan, Plans, RowRange, Schema,
    Shard,
};

use super::flags::{
    Answer, CheckFlags, Command, DataSetFlags, Flags, Float, GenerateFlags, Id, LoadFlags, LoadedId,
    ManFlags, OutputFlags, SchemaCommand, Seed, TableFlags,
};
use super::place::{DATABASE_FORM, Place};
use super::words::flag;
use super::{escape, manual};

/// Statements under way on a connection, unless it is said: enough that the server never waits for the next.
const DEFAULT_PIPELINE_DEPTH: NonZeroUsize = NonZeroUsize::new(128).expect("not 0");

/// What the command is asked to do.
#[derive(Debug)]
pub enum Request {
    Generate(Box<GenerateRequest>),
    Load(Box<LoadRequest>),
    /// Each table.
    Check(TableChecks),
    /// The example of a schema.
    SchemaExample,
    /// A schema that is to be made from Parquet files.
    SchemaFrom(Vec<PathBuf>, Output),
    /// A schema that has been read, with the name of its file.
    SchemaCheck(PathBuf, Schema),
}

impl Request {
    /// How its results are told.
    pub fn output(&self) -> Output {
        match self {
            Self::Generate(request) => request.output,
            Self::SchemaExample | Self::SchemaCheck(..) => Output::Text,
            Self::SchemaFrom(_, output) => *output,
            Self::Load(request) => request.output,
            Self::Check(checks) => checks.tables.first().map_or(Output::Text, |request| request.output),
        }
    }
}

/// A request to write, or only to plan, a data set.
#[derive(Debug)]
pub struct GenerateRequest {
    pub plans: Plans,
    pub out: PathBuf,
    pub options: GenerateOptions,
    pub seed_was_drawn: bool,
    pub dry_run: bool,
    /// Whether a schema file describes the columns.
    pub has_schema: bool,
    pub output: Output,
}

/// A request to load rows into a table.
#[derive(Debug)]
pub struct LoadRequest {
    pub rows: LoadedRows,
    pub database: Database,
    pub table: TableName,
    pub options: LoadOptions,
    pub seed_was_drawn: bool,
    pub dry_run: bool,
    pub output: Output,
}

/// Where the rows come from that are loaded.
#[derive(Debug)]
pub enum LoadedRows {
    /// Straight from the generator.
    Generated(Plan, Shard),
    /// From Parquet files.
    Files(Vec<PathBuf>),
}

/// A request to check copies of each table of a data set.
#[derive(Debug)]
pub struct TableChecks {
    pub tables: Vec<CheckRequest>,
    /// What is beside the folders of the tables, and is not read.
    pub not_read: Vec<PathBuf>,
}

/// A request to check copies of a table.
#[derive(Debug)]
pub struct CheckRequest {
    pub data_set: DataSet,
    pub options: CheckOptions,
    pub files: Vec<CopyFile>,
    /// What is between the values of CSV files.
    pub delimiter: u8,
    /// The folders that were given.
    pub folders: Vec<PathBuf>,
    /// Files in these folders that are not read.
    pub not_read: Vec<PathBuf>,
    pub tables: Vec<TableCopy>,
    pub threads: NonZeroUsize,
    pub output: Output,
}

impl CheckRequest {
    /// What the copies say themselves that they are of, where that is another data set. What cannot be read here has
    /// been reported as such, or says nothing.
    pub fn other_descriptions(&self) -> Vec<(PathBuf, DataSet)> {
        let of_folders = self.folders.iter().filter_map(|folder| {
            let described = FolderDescription::read(&folder.join(DESCRIPTION_NAME)).ok()?;
            let [table] = <[DescribedTable; 1]>::try_from(described.tables).ok()?;
            Some((folder.clone(), table.data_set))
        });
        let parquet = self.files.iter().filter(|file| file.format == Format::Parquet);
        let of_files = parquet
            .filter_map(|file| Some((file.path.clone(), Origin::data_set_named_in(&file.path).ok()??)));
        of_folders.chain(of_files.take(1)).filter(|(_, data_set)| *data_set != self.data_set).collect()
    }

    /// The folders that another process is writing to now.
    pub fn being_written(&self) -> Vec<PathBuf> {
        self.folders.iter().filter(|folder| is_being_written(folder)).cloned().collect()
    }

    /// The first of the copies.
    pub fn first_place(&self) -> PathBuf {
        let file = self.files.first().map(|file| file.path.clone());
        let table = || self.tables.first().map(|table| table.place().into());
        file.or_else(table).unwrap_or_default()
    }
}

/// How results are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    Text,
    Json,
    Quiet,
}

impl Output {
    fn of(flags: &OutputFlags) -> Self {
        match (flags.json, flags.quiet) {
            (true, _) => Self::Json,
            (false, true) => Self::Quiet,
            (false, false) => Self::Text,
        }
    }
}

impl TryFrom<Flags> for Request {
    type Error = Answer;

    fn try_from(flags: Flags) -> Result<Self, Answer> {
        match flags.command {
            Some(Command::Check(flags)) => check(flags).map(Self::Check),
            Some(Command::Load(flags)) => load(flags).map(Box::new).map(Self::Load),
            Some(Command::Schema(flags)) => match flags.command {
                SchemaCommand::Example => Ok(Self::SchemaExample),
                SchemaCommand::JsonSchema => Err(Answer::Wanted(json_schema())),
                SchemaCommand::From { files, json } => {
                    for file in &files {
                        match place("a file", file)? {
                            Place::Path(path) if path.exists() => {}
                            Place::Path(path) => return Err(missing(path)),
                            Place::Database(_) | Place::Stream => {
                                let file = file.display();
                                return Err(wrong(format!(
                                    "{file}: not a file; give Parquet files or folders of them"
                                )));
                            }
                        }
                    }
                    Ok(Self::SchemaFrom(files, if json { Output::Json } else { Output::Text }))
                }
                SchemaCommand::Check { file } => {
                    let read = schema_file(&file, ReadOptions::default())?;
                    for data_set in data_sets_of(&file, &with_row_counts(read.schema.clone()))? {
                        let keys = read.layout_of(data_set.table().name.as_deref());
                        planned(data_set, keys)?;
                    }
                    Ok(Self::SchemaCheck(file, read.schema))
                }
            },
            Some(Command::Completions(flags)) => Err(Answer::Wanted(manual::completions(flags.shell))),
            Some(Command::Man(flags)) => Err(man_page(&flags)),
            None => match place("--out", &flags.generate.out)? {
                Place::Path(_) => generate(flags.generate).map(Box::new).map(Self::Generate),
                Place::Database(address) => {
                    let database = database(address)?;
                    generate_into(flags.generate, database).map(Box::new).map(Self::Load)
                }
                Place::Stream => Err(wrong(
                    "--out -: standard output is not supported yet: give a folder (./- if it is called so)"
                        .to_owned(),
                )),
            },
        }
    }
}

fn man_page(flags: &ManFlags) -> Answer {
    let subcommand = flags.subcommand.as_deref();
    match (manual::man_page(subcommand), subcommand) {
        (Some(page), _) => Answer::Wanted(page),
        (None, name) => {
            wrong(format!("{}: there is no such command: leave it out", name.unwrap_or_default()))
        }
    }
}

fn wrong(what: String) -> Answer {
    Answer::Wrong { what, remedy: None }
}

fn failed(error: impl Into<Error>) -> Answer {
    Answer::Failed(error.into())
}

fn generate(flags: GenerateFlags) -> Result<GenerateRequest, Answer> {
    let table = &flags.table;
    for (is_given, flag) in [
        (table.table.is_some(), "--table"),
        (table.method.is_some(), "--method"),
        (table.connections.is_some(), "--connections"),
        (table.pipeline_depth.is_some(), "--pipeline-depth"),
        (table.if_exists.is_some(), "--if-exists"),
        (table.unlogged, "--unlogged"),
    ] {
        if is_given {
            return Err(wrong(format!("{flag} is for a database: give --out {DATABASE_FORM}")));
        }
    }
    Ok(GenerateRequest {
        has_schema: flags.data_set.schema.is_some(),
        plans: plans(&flags, IdForm::Text)?,
        options: GenerateOptions {
            shard: flags.shard,
            overwrite: flags.overwrite,
            durable: flags.durable,
            force: flags.force,
            ..GenerateOptions::on_threads(threads(flags.threads)?)
        },
        out: flags.out,
        seed_was_drawn: flags.seed == Some(Seed::Random),
        dry_run: flags.dry_run,
        output: Output::of(&flags.output),
    })
}

/// A request to load rows straight from the generator.
fn generate_into(flags: GenerateFlags, database: Database) -> Result<LoadRequest, Answer> {
    for (is_given, flag) in [
        (flags.compression.is_some(), "--compression"),
        (flags.threads.is_some(), "--threads"),
        (flags.overwrite, "--overwrite"),
        (flags.durable, "--durable"),
        (flags.force, "--force"),
    ] {
        if is_given {
            return Err(wrong(format!(
                "{flag} is for files, and --out is a database: see gen load --help for the flags of a table"
            )));
        }
    }
    let plans = plans(&flags, IdForm::Binary)?;
    let mut chosen = plans.chosen().cloned();
    let (Some(plan), None) = (chosen.next(), chosen.next()) else {
        return Err(wrong(format!(
            "the schema has {} tables, and one is loaded at a time; name it with --tables",
            plans.tables().len()
        )));
    };
    Ok(LoadRequest {
        database,
        table: table_name(flags.table.table.as_ref(), Some(plan.data_set()))?,
        rows: LoadedRows::Generated(plan, flags.shard),
        options: load_options(&flags.table, id_form(flags.data_set.id))?,
        seed_was_drawn: flags.seed == Some(Seed::Random),
        dry_run: flags.dry_run,
        output: Output::of(&flags.output),
    })
}

fn load(flags: LoadFlags) -> Result<LoadRequest, Answer> {
    let Place::Database(address) = place("the last argument", &flags.database)? else {
        return Err(wrong(format!("the last argument has to be the database: {DATABASE_FORM}")));
    };
    for source in &flags.sources {
        match place("a source", source)? {
            Place::Path(path) if path.exists() => {}
            Place::Path(path) => return Err(missing(path)),
            Place::Database(_) => {
                return Err(wrong(
                    "rows are loaded from files into one database: give folders or Parquet files before it"
                        .to_owned(),
                ));
            }
            Place::Stream => {
                return Err(wrong(
                    "-: Parquet cannot be read from standard input: save it to a file first".to_owned(),
                ));
            }
        }
    }
    Ok(LoadRequest {
        database: database(address)?,
        table: loaded_table_name(&flags)?,
        options: load_options(
            &flags.table,
            flags.id.map(|id| match id {
                LoadedId::Uuid => IdForm::Binary,
                LoadedId::Text => IdForm::Text,
            }),
        )?,
        rows: LoadedRows::Files(flags.sources),
        seed_was_drawn: false,
        dry_run: flags.dry_run,
        output: Output::of(&flags.output),
    })
}

fn missing(path: &Path) -> Answer {
    wrong(format!("{}: there is no such file or folder", path.display()))
}

/// The place that `given` names, where `what` says which argument it is.
fn place<'a>(what: &str, given: &'a (impl AsRef<OsStr> + ?Sized)) -> Result<Place<'a>, Answer> {
    Place::of(given.as_ref()).map_err(|reason| wrong(format!("{what}: {reason}")))
}

fn database(address: &str) -> Result<Database, Answer> {
    address.parse().map_err(|error: AddressError| wrong(error.to_string()))
}

/// The table that is given, else the one that is named as the table of `data_set` is.
fn table_name(given: Option<&TableName>, data_set: Option<&DataSet>) -> Result<TableName, Answer> {
    match (given, data_set.and_then(|data_set| data_set.table().name.as_ref())) {
        (Some(given), _) => Ok(given.clone()),
        (None, Some(name)) => TableName::unqualified(name).map_err(|_| {
            wrong(format!("table {name:?}: no table of PostgreSQL can have this name; give --table"))
        }),
        (None, None) => Err(wrong("a database needs a --table".to_owned())),
    }
}

/// The table that is given, else the one that is named as the table of the first source is.
fn loaded_table_name(flags: &LoadFlags) -> Result<TableName, Answer> {
    let described = match (&flags.table.table, flags.sources.first()) {
        (None, Some(source)) => described_at(source)?,
        _ => None,
    };
    table_name(flags.table.table.as_ref(), described.as_ref().map(|(data_set, _)| data_set))
}

fn load_options(flags: &TableFlags, ids: Option<IdForm>) -> Result<LoadOptions, Answer> {
    let method = flags.method.unwrap_or(Method::Copy);
    if flags.pipeline_depth.is_some() && method != Method::Pipeline {
        return Err(wrong("--pipeline-depth is for --method pipeline: give both or neither".to_owned()));
    }
    Ok(LoadOptions {
        method,
        connections: threads_or(flags.connections, "--connections")?,
        pipeline_depth: flags.pipeline_depth.unwrap_or(DEFAULT_PIPELINE_DEPTH),
        if_exists: flags.if_exists.map_or(IfExists::Fail, IfExists::from),
        unlogged: flags.unlogged,
        ids,
        on_wait: |_| {},
    })
}

/// The plans of all tables, of which some may be chosen.
fn plans(flags: &GenerateFlags, default_id: IdForm) -> Result<Plans, Answer> {
    let given = |keys: LayoutKeys| LayoutKeys {
        batch_rows: flags.batch_size.or(keys.batch_rows),
        row_group_rows: flags.row_group_rows.or(keys.row_group_rows),
        compression: flags.compression.or(keys.compression),
    };
    let (schema, tables) = match (&flags.data_set.schema, flags.rows) {
        (Some(path), rows) => {
            let (schema, tables) =
                of_schema(path, rows, flags.data_set.from_row, flags.seed, flags.scale.as_ref())?;
            (schema, tables)
        }
        (None, Some(rows)) => {
            let data_set = described(rows, &flags.data_set, flags.seed, default_id)?;
            (data_set.schema().clone(), vec![(data_set, LayoutKeys::default())])
        }
        (None, None) => return Err(wrong("--rows is needed".to_owned())),
    };
    let tables = tables.into_iter().map(|(data_set, keys)| planned(data_set, given(keys)));
    let plans = Plans::new(schema, tables.collect::<Result<_, _>>()?);
    if flags.tables.is_empty() {
        return Ok(plans);
    }
    plans.only(&flags.tables).map_err(|error| wrong(format!("--tables: {error}")))
}

/// The plan of `data_set`, laid out as `keys` say.
fn planned(data_set: DataSet, keys: LayoutKeys) -> Result<Plan, Answer> {
    let layout = layout(&data_set, keys.batch_rows, keys.row_group_rows, keys.compression);
    Plan::new(data_set, layout).map_err(failed)
}

/// The tables of a schema with what the file says of their layouts.
type Tables = Vec<(DataSet, LayoutKeys)>;

/// What the schema file at `path` describes, with other rows, another scale or another seed if they are given.
fn of_schema(
    path: &Path,
    rows: Option<u64>,
    first_row: Option<u64>,
    seed: Option<Seed>,
    scale: Option<&Number>,
) -> Result<(Schema, Tables), Answer> {
    let seed = seed.map(number_of);
    let read = schema_file(path, ReadOptions { rows, first_row, seed, scale, ..ReadOptions::default() })?;
    let tables = data_sets_of(path, &read.schema)?.into_iter().map(|data_set| {
        let keys = read.layout_of(data_set.table().name.as_deref());
        (data_set, keys)
    });
    Ok((read.schema.clone(), tables.collect()))
}

/// The same schema where all row counts are known: how many rows there are may be said later.
fn with_row_counts(mut schema: Schema) -> Schema {
    for table in &mut schema.tables {
        let is_derived =
            table.columns.iter().any(|column| matches!(column.generator, Generator::Children { .. }));
        if !is_derived {
            table.rows.get_or_insert(0);
        }
    }
    schema
}

/// The data sets that `schema`, which is that of the file at `path`, describes: one for each table.
fn data_sets_of(path: &Path, schema: &Schema) -> Result<Vec<DataSet>, Answer> {
    DataSet::all_of(schema).map_err(|error| match error {
        DataSetError::NoRows(None) => wrong(format!(
            "{}: the number of rows is not given; give --rows, or the key rows",
            path.display()
        )),
        error => wrong(format!("{}: {error}", path.display())),
    })
}

/// Reads the schema file at `path`.
fn schema_file(path: &Path, options: ReadOptions<'_>) -> Result<SchemaFile, Answer> {
    let text = std::fs::read(path).map_err(|error| unreadable(path, error))?;
    let text = String::from_utf8(text)
        .map_err(|_| wrong(format!("{}: not UTF-8; a schema is text", path.display())))?;
    let files = FilesIn::beside(path);
    let options = ReadOptions { files: Some(&files), ..options };
    SchemaFile::read(&escape::name(path), &text, &options).map_err(Answer::Faulty)
}

/// The number of a seed, drawn if it is to be drawn.
fn number_of(seed: Seed) -> u64 {
    match seed {
        Seed::Given(seed) => seed,
        // Readers of JSON keep whole numbers up to here.
        Seed::Random => rand::random::<u64>() >> (u64::BITS - f64::MANTISSA_DIGITS),
    }
}

/// The layout of `data_set` where what is given decides, and elsewhere the defaults.
fn layout(
    data_set: &DataSet,
    batch_rows: Option<NonZeroU64>,
    row_group_rows: Option<NonZeroU64>,
    compression: Option<Compression>,
) -> Layout {
    Layout {
        batch_rows: batch_rows.unwrap_or_else(|| Layout::default_batch_rows(data_set)),
        row_group_rows: row_group_rows.unwrap_or_else(|| Layout::default_row_group_rows(data_set)),
        compression: compression.unwrap_or(Compression::None),
    }
}

/// The rows that are checked: those of the shard's files, of which `batch_rows` says how many rows each has. Only a shard
/// needs that.
fn shard_rows(
    data_set: &DataSet,
    batch_rows: Option<NonZeroU64>,
    flags: &CheckFlags,
) -> Result<RowRange, Answer> {
    if flags.shard.is_whole() {
        if flags.batch_size.is_some() {
            return Err(wrong("--batch-size says which rows a --shard has: give both or neither".to_owned()));
        }
        if data_set.rows().count() > MAX_ROWS {
            return Err(too_many_rows(data_set, data_set.rows().count(), batch_rows));
        }
        return Ok(data_set.rows());
    }
    let known = batch_rows.or(flags.batch_size).ok_or_else(|| {
        wrong(format!(
            "--shard {}: the copies do not say how many rows each file of the data set has: give --batch-size, or \
             --dataset PATH",
            flags.shard
        ))
    })?;
    if let Some(rows) = flags.batch_size.filter(|rows| *rows != known) {
        return Err(wrong(format!(
            "--batch-size {rows}: the files of the data set have {} each: leave --batch-size out",
            count::rows(known.get())
        )));
    }
    let rows = plan_of(data_set, Some(known))?.shard_rows(flags.shard);
    if rows.count() > MAX_ROWS {
        return Err(too_many_rows(data_set, rows.count(), Some(known)));
    }
    Ok(rows)
}

fn plan_of(data_set: &DataSet, batch_rows: Option<NonZeroU64>) -> Result<Plan, Answer> {
    let layout = layout(data_set, batch_rows, None, None);
    Plan::new(data_set.clone(), layout).map_err(failed)
}

/// What is said where `rows` rows of the data set are more than can be checked at once.
fn too_many_rows(data_set: &DataSet, rows: u64, batch_rows: Option<NonZeroU64>) -> Answer {
    let too_many = CheckError::TooManyRows { rows };
    let shards = match plan_of(data_set, batch_rows) {
        Ok(plan) => plan.shards_of_at_most(MAX_ROWS).map(|shards| (shards, plan.layout().batch_rows)),
        Err(answer) => return answer,
    };
    wrong(match (shards, batch_rows) {
        (Some((shards, _)), Some(_)) => format!("{too_many}: give --shard I/{shards}"),
        (Some((shards, rows)), None) => format!("{too_many}: give --shard I/{shards} --batch-size {rows}"),
        (None, _) => format!("{too_many}: give --shard and a smaller --batch-size"),
    })
}

fn described(
    rows: u64,
    flags: &DataSetFlags,
    seed: Option<Seed>,
    default_id: IdForm,
) -> Result<DataSet, Answer> {
    let from_row = flags.from_row.unwrap_or(0);
    let rows = RowRange::new(from_row, rows).ok_or_else(|| {
        wrong(format!(
            "--from-row {from_row} and --rows {rows} go beyond row {}, the last there is: give fewer rows",
            u64::MAX
        ))
    })?;
    let seed = seed.map_or(0, number_of);
    let id = id_form(flags.id).unwrap_or(default_id);
    let float = match flags.float {
        Float::F64 => FloatWidth::F64,
        Float::F32 => FloatWidth::F32,
    };
    let classes = usize::try_from(flags.classes).unwrap_or(usize::MAX);
    let schema = Schema::classifier(classes, id, float)
        .map_err(|error| wrong(format!("--classes {}: {error}: give fewer classes", flags.classes)))?;
    DataSet::new(schema, rows, seed).map_err(|error| wrong(error.to_string()))
}

fn id_form(given: Option<Id>) -> Option<IdForm> {
    given.map(|id| match id {
        Id::Text => IdForm::Text,
        Id::Binary => IdForm::Binary,
    })
}

fn threads(given: Option<NonZeroUsize>) -> Result<NonZeroUsize, Answer> {
    threads_or(given, "--threads")
}

/// What was given for `flag`, else one for each core.
fn threads_or(given: Option<NonZeroUsize>, flag: &str) -> Result<NonZeroUsize, Answer> {
    match given {
        Some(threads) => Ok(threads),
        None => std::thread::available_parallelism()
            .map_err(|error| wrong(format!("cannot tell how many cores there are ({error}): give {flag}"))),
    }
}

/// The checks of all tables, if the copies are a folder with folders of tables; else the check of one.
fn check(flags: CheckFlags) -> Result<TableChecks, Answer> {
    let alone = |flags: CheckFlags, given: Option<Described>| {
        Ok(TableChecks { tables: vec![check_table(flags, given, false)?], not_read: Vec::new() })
    };
    let mut tables = described_tables(&flags)?;
    let schema = flags.data_set.schema.as_ref().filter(|_| flags.dataset.is_none());
    let has_names = tables.iter().all(|(data_set, _)| data_set.table().name.is_some());
    let name_of = |(data_set, _): &Described| data_set.table().name.clone().unwrap_or_default();
    if schema.is_some() && tables.len() == 1 {
        return alone(flags, tables.pop());
    }
    let [copy] = &flags.copies[..] else {
        return match schema {
            Some(path) => Err(wrong(format!(
                "{}: the schema has {} tables, and one is checked at a time; give --dataset with its folder",
                path.display(),
                tables.len()
            ))),
            None => alone(flags, None),
        };
    };
    if tables.is_empty() || !has_names {
        return alone(flags, None);
    }
    if tables.iter().any(|table| copy.join(name_of(table)).is_dir()) {
        let names: Vec<String> = tables.iter().map(name_of).collect();
        let of_table = |table: Described| {
            // All rows of a table may be lost, with its folder or without.
            let copies = Some(copy.join(name_of(&table))).filter(|folder| folder.exists());
            let copies = copies.into_iter().collect();
            check_table(CheckFlags { copies, dataset: None, ..flags.clone() }, Some(table), true)
        };
        let not_read = beside_tables(copy, &names)?;
        return Ok(TableChecks {
            tables: tables.into_iter().map(of_table).collect::<Result<_, _>>()?,
            not_read,
        });
    }
    // One of the tables: the copy has its name.
    let stem = copy.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    match tables.into_iter().find(|table| name_of(table) == stem) {
        Some(table) => alone(CheckFlags { dataset: None, ..flags.clone() }, Some(table)),
        None => Err(wrong(format!(
            "{}: the data set has several tables, and the copy is called like none of them; rename it",
            copy.display()
        ))),
    }
}

/// What is in `folder` beside the folders with these names and the description.
fn beside_tables(folder: &Path, names: &[String]) -> Result<Vec<PathBuf>, Answer> {
    let entries = std::fs::read_dir(folder).and_then(|entries| entries.collect::<Result<Vec<_>, _>>());
    let entries = entries.map_err(|error| unreadable(folder, error))?;
    let is_known =
        |name: &OsStr| name == DESCRIPTION_NAME || names.iter().any(|known| name == known.as_str());
    let others = entries.into_iter().filter(|entry| !is_known(&entry.file_name()));
    let mut paths: Vec<PathBuf> = others.map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}

/// The tables of the data set that is given, or that the only copy describes, as far as a schema or a `_dataset.json`
/// tells them.
fn described_tables(flags: &CheckFlags) -> Result<Vec<Described>, Answer> {
    let described = |path: &Path| match FolderDescription::read(path) {
        Ok(FolderDescription { tables, .. }) => {
            tables.into_iter().map(|table| (table.data_set, Some(table.layout.batch_rows))).collect()
        }
        // What is wrong with it is said where it is needed.
        Err(_) => Vec::new(),
    };
    Ok(match (&flags.dataset, &flags.data_set.schema, &flags.copies[..]) {
        (Some(path), ..) if path.is_dir() => described(&path.join(DESCRIPTION_NAME)),
        (Some(path), ..) => described(path),
        (None, Some(path), _) => {
            let (_, tables) = of_schema(path, flags.rows, flags.data_set.from_row, flags.seed, None)?;
            let of_table = |(data_set, keys): (DataSet, LayoutKeys)| {
                let batch_rows =
                    layout(&data_set, flags.batch_size.or(keys.batch_rows), None, None).batch_rows;
                (data_set, Some(batch_rows))
            };
            tables.into_iter().map(of_table).collect()
        }
        (None, None, [copy]) if flags.rows.is_none() => described(&copy.join(DESCRIPTION_NAME)),
        _ => Vec::new(),
    })
}

/// The check of copies of one table: that of `given`, if it is known which one. Folders may be empty if it is one of
/// several tables.
fn check_table(
    flags: CheckFlags,
    given: Option<Described>,
    is_one_of_several: bool,
) -> Result<CheckRequest, Answer> {
    if flags.copies.iter().filter(|copy| copy.as_os_str() == "-").count() > 1 {
        return Err(wrong("-: standard input can be read only once".to_owned()));
    }
    if let Some(path) = &flags.dataset {
        let Place::Path(_) = place("--dataset", path)? else {
            return Err(wrong("--dataset: give a folder, a part or a _dataset.json".to_owned()));
        };
    }
    let (mut databases, mut paths) = (Vec::new(), Vec::new());
    for copy in &flags.copies {
        match place("a copy", copy)? {
            Place::Database(address) => databases.push(database(address)?),
            Place::Path(_) | Place::Stream => paths.push(copy),
        }
    }
    if databases.is_empty() && flags.table.is_some() {
        return Err(wrong(format!("--table is for a database: give {DATABASE_FORM}")));
    }
    let (mut files, mut not_read) = (Vec::new(), Vec::new());
    for path in &paths {
        let mut found = match is_one_of_several && path.is_dir() {
            true => copy::find(path, flags.format).map_err(not_found)?,
            false => copy_files(path, flags.format)?,
        };
        files.append(&mut found.files);
        let start = not_read.len();
        not_read.append(&mut found.left_out);
        not_read.append(&mut found.passed_over);
        not_read[start..].sort();
    }
    let delimiter = delimiter(flags.delimiter, &files)?;
    let threads = threads(flags.threads)?;
    if flags.seed == Some(Seed::Random) {
        return Err(wrong("--seed random describes no data set: give the number that was drawn".to_owned()));
    }
    let given = match (given, &flags.dataset, flags.rows) {
        (Some(given), ..) => Some(given),
        (None, Some(path), _) => Some(description_at(path)?),
        (None, None, Some(rows)) => {
            let data_set = described(rows, &flags.data_set, flags.seed, IdForm::Text)?;
            let batch_rows = layout(&data_set, flags.batch_size, None, None).batch_rows;
            Some((data_set, Some(batch_rows)))
        }
        (None, None, None) => {
            for (is_given, flag) in
                [(flags.seed.is_some(), "--seed"), (flags.data_set.from_row.is_some(), "--from-row")]
            {
                if is_given {
                    return Err(wrong(format!(
                        "{flag} describes a data set together with --rows or --schema; add one of them"
                    )));
                }
            }
            None
        }
    };
    let mut tables = Vec::new();
    for database in &databases {
        let table = table_name(flags.table.as_ref(), given.as_ref().map(|(data_set, _)| data_set))?;
        tables.push(TableCopy::open(database, &table, threads).map_err(failed)?);
    }
    let (data_set, batch_rows) = match given {
        Some(given) => given,
        None => description_of_copies(&paths, &files, &tables)?,
    };
    let options = CheckOptions {
        rows: shard_rows(&data_set, batch_rows, &flags)?,
        columns: flags.columns,
        tolerance_ulps: flags.tolerance,
        partial: flags.partial,
        example_limit: usize::try_from(flags.limit).unwrap_or(usize::MAX),
    };
    let output = Output::of(&flags.output);
    let folders = paths.into_iter().filter(|path| path.is_dir()).cloned().collect();
    Ok(CheckRequest { data_set, options, files, delimiter, folders, not_read, tables, threads, output })
}

/// What is between the values of CSV files, which only they have.
fn delimiter(given: Option<u8>, files: &[CopyFile]) -> Result<u8, Answer> {
    match (given, files.iter().find(|file| file.format != Format::Csv)) {
        (None, _) => Ok(b','),
        (Some(_), Some(file)) => Err(wrong(format!(
            "--delimiter is for CSV files: {} is none; leave it out, or give --format csv",
            file.path.display()
        ))),
        (Some(_), None) if files.is_empty() => {
            Err(wrong("--delimiter is for CSV files: leave it out".to_owned()))
        }
        (Some(delimiter), None) => Ok(delimiter),
    }
}

/// A file or folder of a copy that cannot be read: the system's failure, unless it is not there or not what it should
/// be.
fn unreadable(path: &Path, error: io::Error) -> Answer {
    match error.kind() {
        io::ErrorKind::NotFound => missing(path),
        _ if error.raw_os_error().is_some() => {
            failed(SourceError { path: path.to_owned(), fault: SourceFault::Io(error) })
        }
        _ => wrong(format!("{}: {error}", path.display())),
    }
}

/// What is said where the files of a folder cannot be found.
fn not_found(error: FindError) -> Answer {
    match error {
        FindError::Unreadable { path, source } => unreadable(&path, source),
        refused @ FindError::Refused { .. } => wrong(refused.to_string()),
    }
}

/// The files that make up a copy.
fn copy_files(copy: &Path, format: Option<Format>) -> Result<Found, Answer> {
    const GIVE_FORMAT: &str = "give --format parquet, csv, jsonl or arrow";
    let name = copy.display();
    if copy.is_dir() {
        let found = copy::find(copy, format).map_err(not_found)?;
        if found.files.is_empty()
            && format.is_none_or(|format| format == Format::Parquet)
            && copy.join(DESCRIPTION_NAME).is_file()
        {
            return Err(wrong(if is_being_written(copy) {
                format!(
                    "{name}: no file is complete yet, and another gen is writing to this folder: check it later"
                )
            } else {
                format!("{name}: its data set is described, but has no files yet: generate them first")
            }));
        }
        if found.files.is_empty() {
            return Err(wrong(format!("{name}: there are no files of that format in it: {GIVE_FORMAT}")));
        }
        return Ok(found);
    }
    if copy.as_os_str() != "-" && !copy.exists() {
        return Err(missing(copy));
    }
    let format = match format.or_else(|| Format::of_path(copy)) {
        None if copy.is_file() => {
            let is_parquet =
                copy::begins_and_ends_as_parquet(copy).map_err(|error| unreadable(copy, error))?;
            is_parquet.then_some(Format::Parquet)
        }
        format => format,
    };
    match format {
        Some(Format::Parquet) if copy.as_os_str() == "-" => {
            Err(wrong("-: Parquet cannot be read from a stream: save it to a file first".to_owned()))
        }
        Some(format) => {
            let file = CopyFile::given(copy.to_owned(), format).map_err(not_found)?;
            Ok(Found { files: vec![file], ..Found::default() })
        }
        None => Err(wrong(format!("{name}: its name does not tell its format: {GIVE_FORMAT}"))),
    }
}

/// A data set, and how many rows each of its files has if that is said.
type Described = (DataSet, Option<NonZeroU64>);

/// The data set that is described by the folder, the description or the part at `path`.
fn description_at(path: &Path) -> Result<Described, Answer> {
    let found = if path.is_dir() || Format::of_path(path) == Some(Format::Parquet) {
        described_at(path)?
    } else {
        Some(read_description(path)?)
    };
    found.ok_or_else(|| wrong(format!("{}: it does not describe a data set of gen", path.display())))
}

/// The data set that the folder or the part at `path` describes, if it does.
fn described_at(path: &Path) -> Result<Option<Described>, Answer> {
    if !path.is_dir() {
        return described_by_part(path, None);
    }
    match description_in(path)? {
        Some(described) => Ok(Some(described)),
        None => described_by_parts(path),
    }
}

fn description_in(folder: &Path) -> Result<Option<Described>, Answer> {
    let path = folder.join(DESCRIPTION_NAME);
    if path.symlink_metadata().is_ok() { read_description(&path).map(Some) } else { Ok(None) }
}

fn read_description(path: &Path) -> Result<Described, Answer> {
    let description = FolderDescription::read(path).map_err(|error| {
        if error.raw_os_error().is_some() {
            return unreadable(path, error);
        }
        wrong(format!("{}: it does not describe a data set of gen: {error}", path.display()))
    })?;
    let several = description.tables.len();
    let [table] = <[DescribedTable; 1]>::try_from(description.tables).map_err(|_| {
        wrong(format!(
            "{}: the data set has {several} tables, and one is checked at a time; give the folder of a table",
            path.display()
        ))
    })?;
    Ok((table.data_set, Some(table.layout.batch_rows)))
}

fn described_by_parts(folder: &Path) -> Result<Option<Described>, Answer> {
    for file in copy::find(folder, None).map_err(not_found)?.files {
        if let Some(described) = described_by_part(&file.path, None)? {
            return Ok(Some(described));
        }
    }
    Ok(None)
}

/// What the part at `path` says. It need not say more of its data set than that it is the one that is `known`.
fn described_by_part(path: &Path, known: Option<&DataSet>) -> Result<Option<Described>, Answer> {
    match Origin::inspect(path) {
        Ok(Inspected::Part(origin)) => {
            let data_set = match known.filter(|known| *known.named() == origin.schema) {
                Some(known) => Ok(known.clone()),
                None => FolderDescription::data_set_of(path, &origin),
            };
            let data_set = data_set.map_err(|error| {
                wrong(format!(
                    "{}: {error}; give --dataset with the _dataset.json of the data set, or --schema",
                    path.display()
                ))
            })?;
            Ok(Some((data_set, Some(origin.layout.batch_rows))))
        }
        Ok(Inspected::Unknown(reason)) => {
            Err(wrong(format!("{}: it describes no data set that this gen knows: {reason}", path.display())))
        }
        Ok(Inspected::Foreign | Inspected::Unreadable) => Ok(None),
        Err(error) => Err(unreadable(path, error)),
    }
}

/// The data set that the copies themselves say they are of.
fn description_of_copies(
    copies: &[&PathBuf],
    files: &[CopyFile],
    tables: &[TableCopy],
) -> Result<Described, Answer> {
    let mut found: Option<(PathBuf, DataSet)> = None;
    let mut sizes = Vec::new();
    let mut agree =
        |found: &mut Option<(PathBuf, DataSet)>, path: &Path, (data_set, batch_rows): Described| {
            sizes.extend(batch_rows.filter(|rows| !sizes.contains(rows)));
            match found {
                Some((other, known)) if *known != data_set => Err(wrong(format!(
                    "{} and {} are of different data sets ({}): give --dataset or check them one by one",
                    path.display(),
                    other.display(),
                    Differences::of_data_sets(&data_set, known).in_words(flag)
                ))),
                Some(_) => Ok(()),
                None => {
                    *found = Some((path.to_owned(), data_set));
                    Ok(())
                }
            }
        };
    for copy in copies.iter().filter(|copy| copy.is_dir()) {
        if let Some(described) = description_in(copy)? {
            agree(&mut found, copy, described)?;
        }
    }
    for CopyFile { path, format, .. } in files {
        if *format == Format::Parquet
            && let Some(described) = described_by_part(path, found.as_ref().map(|(_, known)| known))?
        {
            agree(&mut found, path, described)?;
        }
    }
    for table in tables {
        if let Some(data_set) = table.data_set().map_err(failed)? {
            agree(&mut found, Path::new(table.place()), (data_set.clone(), table.batch_rows()))?;
        }
    }
    let (_, data_set) = found.ok_or_else(|| {
        wrong("the copies do not say which data set they are of: give --dataset PATH, or --rows and the other flags \
               that it was generated with"
            .to_owned())
    })?;
    // Files of two sizes do not say which one is meant.
    let batch_rows = <[NonZeroU64; 1]>::try_from(sizes).ok().map(|[rows]| rows);
    Ok((data_set, batch_rows))
}
