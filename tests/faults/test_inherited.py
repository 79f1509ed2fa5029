"""The tests themselves, started where signals are ignored: what they start heeds them all the same."""

import signal
import subprocess
import sys
from pathlib import Path

from inherited import ENDING_SIGNALS

DEAF = "import signal; [signal.signal(number, signal.SIG_IGN) for number in {signals}]; {then}"
IGNORED = "import signal; print(*(n for n in {signals} if signal.getsignal(n) == signal.SIG_IGN))"


def test_signals_that_are_ignored_are_not_passed_on():
    """As under `nohup`, or in a script's background."""
    signals = [int(number) for number in ENDING_SIGNALS]
    ask = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {IGNORED.format(signals=signals)!r}])"

    def ignored_by_child(then: str) -> list[int]:
        script = DEAF.format(signals=signals, then=then)
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=Path(__file__).parent.parent, capture_output=True, text=True, check=True
        )
        return [int(number) for number in done.stdout.split()]

    assert ignored_by_child(ask) == signals, "signals are ignored unless something is done about it"
    assert ignored_by_child(f"import inherited; inherited.start_heeding_signals(); {ask}") == []


def test_the_tests_stay_as_deaf_as_they_were_made():
    script = DEAF.format(
        signals=[int(number) for number in ENDING_SIGNALS],
        then="import inherited, os; inherited.start_heeding_signals(); os.kill(os.getpid(), signal.SIGHUP); print('on')",
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=Path(__file__).parent.parent, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "on\n"), signal.strsignal(-done.returncode)
