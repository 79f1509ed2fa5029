"""What a process inherits from whoever starts the tests, and what the tests must not pass on."""

import signal

ENDING_SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)


def start_heeding_signals():
    """Lets every process that the tests start heed the signals that end a command.

    Shells and `nohup` make what they run in the background ignore some of them, and a process that is started inherits
    that. It does not inherit a handler. One that does nothing leaves the tests themselves as deaf as they were made.
    """
    for number in ENDING_SIGNALS:
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, lambda *_: None)
