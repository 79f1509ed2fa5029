"""Numbers as the report and the plots print them. A MB is 10^6 bytes."""


def milliseconds(seconds: float) -> str:
    value = seconds * 1e3
    return f"{value:,.0f} ms" if value >= 100 else f"{value:.1f} ms"


def megabytes(count: float) -> str:
    value = count / 1e6
    return f"{value:,.0f} MB" if value >= 100 or value.is_integer() else f"{value:.1f} MB"


def gigabytes_per_second(rate: float) -> str:
    return f"{rate / 1e9:.2f} GB/s"


def rows_per_second(rate: float) -> str:
    return f"{rate:,.0f} rows/s"


def times(ratio: float) -> str:
    return f"{ratio:,.0f}×" if ratio >= 100 else f"{ratio:.1f}×" if ratio >= 10 else f"{ratio:.2f}×"


def peak(count: int, least_visible: int) -> str:
    """A peak of memory; one that is hardly above the least that can be seen may be any below."""
    return f"≤ {megabytes(count)}" if count < least_visible * 1.05 else megabytes(count)
