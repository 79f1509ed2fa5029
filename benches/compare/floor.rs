//! The floor: what it costs to write so many bytes into so many files, and nothing else.
//!
//! Each thread writes from one 256 KiB buffer that stays in its cache, so what is measured is the
//! kernel and the disk. Whoever produces the bytes as well can only come near this time.
//!
//! Threads take the next piece of work from a shared counter. A piece is a file, or an equal share
//! of one when there are fewer files than threads.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const USAGE: &str = "usage: floor --bytes N --files F --threads T --out DIR [--json]";
const BUFFER_BYTES: usize = 256 * 1024;

fn main() -> ExitCode {
    // cargo runs every bench target with `--bench`, and with nothing else unless asked.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    if arguments.is_empty() {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let request = match Request::parse(&arguments) {
        Ok(request) => request,
        Err(reason) => {
            eprintln!("floor: {reason}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match write_all_files(&request) {
        Ok(elapsed) => {
            report(&request, elapsed);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("floor: {error}");
            ExitCode::from(3)
        }
    }
}

struct Request {
    bytes: u64,
    files: u64,
    threads: u64,
    out: PathBuf,
    json: bool,
}

impl Request {
    fn parse(arguments: &[String]) -> Result<Self, String> {
        let (mut bytes, mut files, mut threads) = (None, None, None);
        let (mut out, mut json) = (None, false);
        let mut rest = arguments.iter();
        while let Some(flag) = rest.next() {
            if flag == "--json" {
                json = true;
                continue;
            }
            let value = rest.next().ok_or_else(|| format!("{flag} needs a value"))?;
            match flag.as_str() {
                "--bytes" => bytes = Some(number(flag, value, 0)?),
                "--files" => files = Some(number(flag, value, 1)?),
                "--threads" => threads = Some(number(flag, value, 1)?),
                "--out" => out = Some(PathBuf::from(value)),
                _ => return Err(format!("{flag} is not an option")),
            }
        }
        Ok(Self {
            bytes: bytes.ok_or("--bytes is missing")?,
            files: files.ok_or("--files is missing")?,
            threads: threads.ok_or("--threads is missing")?,
            out: out.ok_or("--out is missing")?,
            json,
        })
    }
}

fn number(flag: &str, value: &str, least: u64) -> Result<u64, String> {
    match value.parse() {
        Ok(number) if number >= least => Ok(number),
        _ => Err(format!("{flag} wants a whole number from {least}, not {value:?}")),
    }
}

/// A range of bytes of one file.
struct Piece {
    file: u64,
    start: u64,
    bytes: u64,
}

/// How the bytes are divided: into files, and each file into pieces, equal but for one byte.
struct Division {
    bytes: u64,
    files: u64,
    pieces_per_file: u64,
}

impl Division {
    fn of(request: &Request) -> Self {
        Self {
            bytes: request.bytes,
            files: request.files,
            pieces_per_file: request.threads.div_ceil(request.files),
        }
    }

    fn piece(&self, index: u64) -> Option<Piece> {
        let (file, part) = (index / self.pieces_per_file, index % self.pieces_per_file);
        if file >= self.files {
            return None;
        }
        let file_bytes = cut(self.bytes, self.files, file + 1) - cut(self.bytes, self.files, file);
        let start = cut(file_bytes, self.pieces_per_file, part);
        let end = cut(file_bytes, self.pieces_per_file, part + 1);
        Some(Piece { file, start, bytes: end - start })
    }
}

/// Where share `index` begins when `total` is cut into `shares`.
fn cut(total: u64, shares: u64, index: u64) -> u64 {
    (u128::from(total) * u128::from(index) / u128::from(shares)) as u64
}

fn write_all_files(request: &Request) -> Result<Duration, WriteError> {
    let started = Instant::now();
    fs::create_dir_all(&request.out).map_err(|cause| WriteError::at(&request.out, cause))?;
    let division = Division::of(request);
    let next = AtomicU64::new(0);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..request.threads)
            .map(|_| scope.spawn(|| write_pieces(&division, &next, &request.out)))
            .collect();
        workers.into_iter().try_for_each(|worker| match worker.join() {
            Ok(written) => written,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    })?;
    Ok(started.elapsed())
}

fn write_pieces(division: &Division, next: &AtomicU64, out: &Path) -> Result<(), WriteError> {
    let buffer = vec![0xA5; BUFFER_BYTES];
    while let Some(piece) = division.piece(next.fetch_add(1, Ordering::Relaxed)) {
        let path = out.join(format!("floor-{:05}-of-{:05}.bin", piece.file, division.files));
        write_piece(&path, &piece, &buffer).map_err(|cause| WriteError::at(&path, cause))?;
    }
    Ok(())
}

fn write_piece(path: &Path, piece: &Piece, buffer: &[u8]) -> io::Result<()> {
    // Not truncated: another thread may hold another piece of the same file.
    let mut file = File::options().write(true).create(true).truncate(false).open(path)?;
    file.seek(SeekFrom::Start(piece.start))?;
    let mut left = piece.bytes;
    while left > 0 {
        let step = left.min(buffer.len() as u64);
        file.write_all(&buffer[..step as usize])?;
        left -= step;
    }
    Ok(())
}

fn report(request: &Request, elapsed: Duration) {
    let Request { bytes, files, threads, .. } = request;
    if request.json {
        let seconds = elapsed.as_secs_f64();
        println!(r#"{{"bytes":{bytes},"files":{files},"threads":{threads},"seconds":{seconds:.6}}}"#);
    } else {
        println!("{:.3} ms", elapsed.as_secs_f64() * 1e3);
    }
}

struct WriteError {
    path: PathBuf,
    cause: io::Error,
}

impl WriteError {
    fn at(path: &Path, cause: io::Error) -> Self {
        Self { path: path.to_owned(), cause }
    }
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot write {}: {}", self.path.display(), self.cause)
    }
}
