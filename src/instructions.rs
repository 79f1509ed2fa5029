//! Which vector instructions the hot loops use, chosen at run time.
//!
//! A loop is written once, as plain Rust, in a [`Kernel`]; [`InstructionSet::run`] inlines it into
//! a function that has the set enabled, where the compiler vectorizes it. The results are the same
//! on every set.

use std::fmt;
use std::sync::LazyLock;

/// A loop that is compiled once for each [`InstructionSet`].
///
/// `run` must be `#[inline(always)]`, and so must everything hot that it calls: code that stays a
/// function of its own keeps the baseline's instructions.
pub trait Kernel {
    /// What the loop returns.
    type Output;

    /// Runs the loop.
    fn run(self) -> Self::Output;
}

/// A set of instructions that this build has code for and this machine can run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstructionSet(Level);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    /// What every machine of the target has: SSE2 on x86-64, NEON on AArch64.
    Baseline,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl InstructionSet {
    /// The sets that this machine can run, the plainest first.
    pub fn available() -> Vec<Self> {
        #[cfg(target_arch = "x86_64")]
        {
            let avx2 = is_x86_feature_detected!("avx2");
            let avx512 = avx2
                && is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vl");
            let levels = [(Level::Baseline, true), (Level::Avx2, avx2), (Level::Avx512, avx512)];
            levels.into_iter().filter(|(_, has)| *has).map(|(level, _)| Self(level)).collect()
        }
        #[cfg(not(target_arch = "x86_64"))]
        {
            vec![Self(Level::Baseline)]
        }
    }

    /// The widest of the [`available`](Self::available) sets.
    pub fn best() -> Self {
        static BEST: LazyLock<InstructionSet> =
            LazyLock::new(|| InstructionSet::available().pop().unwrap_or(InstructionSet(Level::Baseline)));
        *BEST
    }

    /// Runs `kernel` with these instructions.
    pub fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self.0 {
            Level::Baseline => kernel.run(),
            // SAFETY: only `available` makes this value, and only where the features were detected.
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => unsafe { run_with_avx2(kernel) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => unsafe { run_with_avx512(kernel) },
        }
    }
}

impl fmt::Display for InstructionSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Level::Baseline => "baseline",
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => "AVX2",
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => "AVX-512",
        })
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn run_with_avx2<K: Kernel>(kernel: K) -> K::Output {
    kernel.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,avx512f,avx512bw,avx512dq,avx512vl")]
fn run_with_avx512<K: Kernel>(kernel: K) -> K::Output {
    kernel.run()
}
