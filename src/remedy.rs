//! What can be done about an error: who has to act, and which ways out there are.
//!
//! Errors state facts. What follows from them depends on who asks: a program changes an option, a person at a terminal a
//! flag. So an error gives its remedies as values, and the front end words them.

/// Who has to act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The caller: the request cannot be carried out as it stands.
    Request,
    /// Whoever runs the machine: a disk, memory, a server or a connection failed.
    Work,
    /// Nobody: the work was stopped from outside.
    Stopped,
}

/// One way out of an error. Where an error has several, any one of them will do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Write to another folder.
    AnotherFolder,
    /// Write to a folder that can be made, and in which files may be made.
    WritableFolder,
    /// Move the file away.
    MoveAway,
    /// Replace what is there.
    Overwrite,
    /// Replace what is there of this generator, and write beside the rest.
    OverwriteBeside,
    /// Wait until the other process has ended.
    Wait,
    /// Make room on the disk.
    FreeSpace,
    /// Begin although the disk may get full.
    Force,
    /// Work on fewer threads.
    FewerThreads,
    /// Work over fewer connections.
    FewerConnections,
    /// Put fewer rows into each file.
    FewerRowsPerFile,
    /// Put more rows into each file.
    MoreRowsPerFile,
    /// Put more rows into each row group.
    MoreRowsPerGroup,
    /// Do one share at a time.
    Shard,
    /// Name the columns that are to be checked.
    NameColumns,
    /// Name the columns that are to be checked, without this one.
    OtherColumns,
    /// Do not allow missing rows.
    AllRows,
    /// Do not allow values to differ.
    NoTolerance,
    /// Read the copy with this delimiter.
    Delimiter(char),
    /// Say which data set it is.
    NameDataSet,
    /// Use another table.
    AnotherTable,
    /// Name the schema of the table too.
    NameSchema,
    /// Add the rows to the table that is there.
    Append,
    /// Replace the table that is there.
    Replace,
    /// Disable the trigger or the rule, and replace the table that is there.
    DisableAndReplace,
    /// Give the column of the table a default.
    Default,
    /// Leave the column out of the rows.
    LeaveColumnOut,
    /// Give the column of the schema this type.
    AnotherType(String),
    /// Make a table that is logged.
    Logged,
    /// Store ids as text.
    TextIds,
    /// Store ids as `uuid`.
    UuidIds,
    /// Do not say in which form ids are stored.
    AnyIds,
    /// Insert the rows one by one.
    Insert,
    /// Connect as a role that row-level security does not apply to.
    RoleThatBypasses,
    /// Send the rows by the method with which the load has begun.
    SameMethod,
    /// Cut the rows as the load that has begun: so many a file, and so many a row group.
    SameCut {
        /// Rows of a file.
        batch_rows: String,
        /// Rows of a row group.
        row_group_rows: String,
    },
    /// Cut the rows as the other load does, from the same first row.
    CutOfOtherLoad,
    /// Cut the rows so that no part has some that are loaded and some that are not.
    CutAtLoadedRows,
    /// Have somebody who may make tables in the schema make the ledger there.
    MakeLedger {
        /// The schema, quoted.
        schema: String,
    },
    /// Have the owner of the ledger bring it up to date.
    UpdateLedger,
}
