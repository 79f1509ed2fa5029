"""Small schemas of one table, drawn at random, that together have every legal generator × type × list × nulls.

Cases are dealt like cards: a pack of all of them is shuffled, each schema takes the next few, and a new pack is
shuffled when it runs out. What else a column needs is drawn freely, often at the ends of what is allowed.
"""

import itertools
import math
import random
import uuid
from typing import NamedTuple

import contract
from contract.types import Float, Whole

UNITS = ("s", "ms", "us", "ns")
INTEGERS = [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]
NARROW_DECIMAL, WIDE_DECIMAL = "decimal of 1 to 18 digits", "decimal of 19 to 38 digits"
CLOCKS = [
    f"{name}[{unit}{zone}]"
    for name, zone in [("time", ""), ("timestamp", ""), ("timestamp", ", UTC"), ("duration", "")]
    for unit in UNITS
]
WHOLE = [*INTEGERS, NARROW_DECIMAL, WIDE_DECIMAL, "date", *CLOCKS]
FLOATS = ["float32", "float64"]
TYPES = [*WHOLE, *FLOATS, "bool", "text", "binary", "uuid"]

IDS = ["uuid", "text"]
DISTRIBUTIONS = ["normal", "lognormal", "exponential", "pareto", "quantiles"]
MAKES = {
    "uniform": WHOLE + FLOATS,
    "bernoulli": ["bool"],
    "one_of": TYPES,
    "mapping": TYPES,
    "sequence": WHOLE,
    "unique": WHOLE,
    "uuid": IDS,
    "uuid7": IDS,
    "constant": TYPES,
    "pattern": ["text"],
    "template": ["text"],
    **{name: WHOLE + FLOATS for name in DISTRIBUTIONS},
    "zipf of a range": WHOLE,
    "zipf of values": TYPES,
}
IDENTIFYING = {"sequence", "unique", "uuid", "uuid7"}
NOT_IN_LISTS = {"mapping", "sequence", "unique", "uuid7", "template"}
FOLLOWS_OTHERS = set(MAKES) - IDENTIFYING - {"constant", "mapping", "template"}

ONE, FIXED, VARYING = "one", "list of fixed length", "list of varying length"

MOST_ROWS = 100
LAST_ROW_OF_COUNTERS = 120  # int8 has values for that many
COLUMNS_A_SCHEMA = 8
TEXTS = ["", "a", "NO", "true", "5", "null", "~", " x ", "ü", "€", "😀", "a: b", "#", "it's", '"', "back\\slash", "{}"]
TEXTS += ["line\nfeed", "tab\t", "a,b", "z" * 300, "2024-01-01", "0x1f", "1_000", "-", "é" * 33]
PATTERNS = [r"\d", "[A-Z]{3}-[0-9]{6}", "x", r"\.\\\[[a-c]{2}", ".{9}", "[α-ω€😀]{5}", r"[\d_-]{4}\d{17}", "[ab]{40}", ""]
CODECS = ["none", "snappy", "lz4", "zstd", "zstd:3"]


class Case(NamedTuple):
    generator: str
    type: str
    shape: str
    nulls: bool


def legal_cases() -> list[Case]:
    cases = []
    for generator, types in MAKES.items():
        shapes = [ONE] if generator in NOT_IN_LISTS else [ONE, FIXED, VARYING]
        for type_, shape, nulls in itertools.product(types, shapes, (False, True)):
            if not (nulls and shape == ONE and generator in IDENTIFYING):
                cases.append(Case(generator, type_, shape, nulls))
    return cases


def case_of(column: dict) -> Case:
    """Read off a column as a schema has it."""
    type_, shape = column["type"], ONE
    if type_.startswith("list<"):
        type_, shape = type_[5:-1], FIXED if "length" in column else VARYING
    if type_.startswith("decimal"):
        digits = int(type_[8:].split(",")[0])
        type_ = NARROW_DECIMAL if digits <= 18 else WIDE_DECIMAL
    generator = column["generator"]
    if generator == "zipf":
        generator += " of values" if "values" in column else " of a range"
    return Case(generator, type_, shape, "nulls" in column)


class Dealt(NamedTuple):
    """A schema, and flags of `gen` for how its rows lie in files."""

    schema: dict
    layout: dict


class Dealer:
    """Deals schemas from a seed; the n-th is the same in every run."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)
        self.pack = []

    def deal(self) -> Dealt:
        cases = []
        while len(cases) < COLUMNS_A_SCHEMA:
            if not self.pack:
                self.pack = legal_cases()
                self.random.shuffle(self.pack)
            cases.append(self.pack.pop())
        rng = random.Random(self.random.getrandbits(64))
        return Dealt(SchemaDrawing(rng, cases).schema, layout(rng))


def layout(rng: random.Random) -> dict:
    chosen = {"compression": rng.choice(CODECS)}
    if rng.random() < 0.5:
        chosen["batch_size"] = rng.choice([1, 7, 40, 1000])
    if rng.random() < 0.5:
        chosen["row_group_rows"] = rng.choice([1, 5, 33, 64])
    return chosen


class SchemaDrawing:
    def __init__(self, rng: random.Random, cases: list[Case]):
        self.rng = rng
        self.columns = []
        for case in cases:
            self._add(case)
        rng.shuffle(self.columns)  # columns may be made of later ones
        if all(column.get("hidden") for column in self.columns):
            del self.columns[0]["hidden"]
        rows = rng.choice([0, 1, 2, rng.randint(3, MOST_ROWS), rng.randint(3, MOST_ROWS), MOST_ROWS])
        self.schema = {"seed": rng.choice([0, 1, 2**64 - 1, rng.getrandbits(64)]), "rows": rows}
        counts_rows = any(column["generator"] in ("sequence", "unique", "uuid7") for column in self.columns)
        if rng.random() < 0.5:
            last = LAST_ROW_OF_COUNTERS if counts_rows else rng.choice([2**64 - 1, 2**32 + 5, 2**63 + 5])
            self.schema["first_row"] = last + 1 - max(rows, 1)
        table = {"name": "orders", "rows": self.schema.pop("rows")} if rng.random() < 0.2 else self.schema
        table["columns"] = self.columns
        if table is not self.schema:
            self.schema["tables"] = [table]

    def _add(self, case: Case) -> dict:
        rng = self.rng
        column = {"name": f"c{len(self.columns)}", "type": self._type(case.type)}
        if rng.random() < 0.1:
            column["name"] = rng.choice(["Größe ", "select ", 'with "quotes" ', "x y "]) + column["name"]
        self.columns.append(column)
        item = contract.types.parse(column["type"])
        draw = getattr(self, "_" + case.generator.replace(" ", "_"))
        column |= {"generator": case.generator.split(" ")[0]} | draw(item)
        if case.shape == FIXED:
            column |= {"type": f"list<{item.name}>", "length": rng.choice([0, 1, 3, 5])}
        if case.shape == VARYING:
            low = rng.choice([0, 0, 1, 3])
            column |= {"type": f"list<{item.name}>", "min_length": low, "max_length": low + rng.choice([0, 1, 4])}
        if case.nulls:
            column["nulls"] = rng.choice([0.25, "5%", "0.5", 1, "99.9%", round(rng.random(), 4)])
        if case.generator in FOLLOWS_OTHERS and rng.random() < 0.25:
            column["depends_on"] = self._base(rng.choice(["one_of", "zipf of values", "uniform", "bernoulli"]))["name"]
        column |= self._storage(item, has_values=isinstance(column.get("values"), list))
        return column

    def _type(self, type_: str) -> str:
        if type_ not in (NARROW_DECIMAL, WIDE_DECIMAL):
            return type_
        low, high = (1, 18) if type_ == NARROW_DECIMAL else (19, 38)
        digits = self.rng.choice([max(low, 3), high, self.rng.randint(max(low, 3), high)])
        return f"decimal({digits},{self.rng.choice([0, min(2, digits), digits // 2, digits])})"

    def _storage(self, item, has_values: bool) -> dict:
        """Options that change no value."""
        rng, chosen = self.rng, {}
        if rng.random() < 0.3:
            chosen["encoding"] = rng.choice(encodings(item, has_values))
        if rng.random() < 0.2:
            chosen["compression"] = rng.choice(CODECS)
        if rng.random() < 0.2 and item.name != "bool":
            chosen["bloom_filter"] = rng.choice([True, "1%", 0.1, 0.001])
        return chosen

    def _base(self, generator: str) -> dict:
        """A new column that others can be made of, sometimes hidden, sometimes with nulls."""
        types = {"uniform": INTEGERS, "bernoulli": ["bool"]}.get(generator, ["text", "int16", "date", "bool"])
        base = self._add(Case(generator, self.rng.choice(types), ONE, self.rng.random() < 0.3))
        if self.rng.random() < 0.5:
            base["hidden"] = True
        return base

    # Literals

    def spelled(self, type_: Whole, units: int):
        """One of the ways to write it."""
        text = type_.text(units)
        return self.rng.choice([int(text), text]) if type_.is_integer else text

    def distance(self, type_: Whole, units: int):
        if type_.decimal_scale is not None:
            return type_.text(units)
        if type_.is_integer:
            return units
        unit = "d" if type_.name == "date" else type_.name.split("[")[1].rstrip("]").split(",")[0]
        return self.rng.choice([units, f"{units}{unit}"])

    def values(self, type_, most: int) -> list:
        """Distinct literals, at most so many."""
        rng = self.rng
        if type_.name == "bool":
            made = [True, False]
        elif type_.name == "text":
            made = TEXTS + [f"value {n}" for n in range(most)]
        elif type_.name == "binary":
            made = ["", "00", "ff", "00ff"] + [rng.randbytes(rng.randint(1, 20)).hex() for _ in range(most)]
        elif type_.name == "uuid":
            made = [str(uuid.UUID(bytes=rng.randbytes(16))) for _ in range(most)]
        elif isinstance(type_, Float):
            made = [self.number(type_) for _ in range(most)]
        else:
            low, high = self.range(type_, 2**64 - 1)
            units = [low, high, *(rng.randint(low, high) for _ in range(most))]
            made = [self.spelled(type_, n) for n in units]
        distinct = list({type_.literal(value): value for value in made}.values())
        return rng.sample(distinct, min(rng.randint(1, most), len(distinct)))

    def number(self, type_: Float) -> float | str:
        largest = 3e38 if type_.name == "float32" else 1e300
        return self.rng.choice(
            [0, -1, 0.1, "0.7", "1e-3", self.rng.uniform(-10, 10), self.rng.uniform(-largest, largest), largest]
        )

    def range(self, type_: Whole, most: int) -> tuple[int, int]:
        """Two ends, at most so far apart; often at the limits of the type."""
        rng = self.rng
        span = min(rng.choice([0, 1, 7, 200, 10**6, 2**32, 2**53, 2**64]), most, type_.high - type_.low)
        low = rng.choice([type_.low, type_.high - span, 0, rng.randint(type_.low, type_.high - span)])
        low = min(max(low, type_.low), type_.high - span)
        return low, low + span

    # Generators: what each needs besides name and type

    def _uniform(self, type_):
        rng = self.rng
        if isinstance(type_, Float):
            ends = sorted({contract.types.PLAIN[type_.name].literal(self.number(type_)) for _ in range(2)})
            return {"min": ends[0], "max": ends[1]} if len(ends) == 2 and rng.random() < 0.8 else {}
        if type_.is_integer and rng.random() < 0.2:
            return {}
        low, high = self.range(type_, 2**64 - 1)
        step = {}
        if rng.random() < 0.1:
            low, high = type_.low, type_.high
            step = {"step": self.distance(type_, max(1, (high - low) // rng.choice([10, 10**6, 2**62])))}
        elif rng.random() < 0.4:
            step = {"step": self.distance(type_, rng.randint(1, max(1, (high - low) // 3)))}
        return {"min": self.spelled(type_, low), "max": self.spelled(type_, high)} | step

    def _bernoulli(self, type_):
        return {"probability": self.rng.choice([0, 1, 0.5, "0.3", "33.3%", self.rng.random()])}

    def _one_of(self, type_):
        values = self.values(type_, self.rng.choice([1, 3, 12, 12, 300]))
        if self.rng.random() < 0.5:
            return {"values": values}
        weights = [self.rng.choice([0, 1, 3, 0.1, "0.25", "5%", 1000]) for _ in values]
        weights[self.rng.randrange(len(weights))] = 2
        return {"values": values, "weights": weights}

    def _mapping(self, type_):
        rng = self.rng
        base = self._base(rng.choice(["one_of", "zipf of values", "bernoulli", "uniform"]))
        of = contract.types.parse(base["type"])
        if base["generator"] == "uniform":
            base |= {"min": 0, "max": 5}
            base.pop("step", None)
        given = base.get("values", [True, False] if of.name == "bool" else range(6))
        values = self.values(type_, len(given))
        return {"of": base["name"], "values": {of.text(of.literal(key)): rng.choice(values) for key in given}}

    def _sequence(self, type_):
        rng = self.rng
        room = (type_.high - type_.low) // (LAST_ROW_OF_COUNTERS + 1)
        step = rng.choice([1, max(1, room), rng.randint(1, max(1, room))])
        span = step * (LAST_ROW_OF_COUNTERS + 1)
        low = rng.choice([type_.low, type_.high - span, rng.randint(type_.low, type_.high - span)])
        options = {"start": self.spelled(type_, low), "step": self.distance(type_, step)}
        if rng.random() < 0.5:
            options["jitter"] = self.distance(type_, rng.choice([0, 1, step, rng.randint(0, step)]))
        elif rng.random() < 0.3:
            options = {"start": self.spelled(type_, low + span), "step": self.distance(type_, -step)}
        elif step == 1:
            del options["step"]
        return options

    def _unique(self, type_):
        while True:
            low, high = self.range(type_, 2**64 - 1)
            if high - low >= LAST_ROW_OF_COUNTERS:
                return {"min": self.spelled(type_, low), "max": self.spelled(type_, high)}

    def _uuid(self, type_):
        return {}

    def _uuid7(self, type_):
        start = self.rng.choice(["2024-01-01T00:00:00Z", 0, 2**48 - 1 - 10**9, "1999-12-31T23:59:59.999+02:00"])
        return {"start": start, "per_second": self.rng.choice([1, 2500, "2500.7", 4096000, 0.01, "999.999"])}

    def _constant(self, type_):
        return {"value": self.values(type_, 1)[0]}

    def _pattern(self, type_):
        return {"pattern": "".join(self.rng.sample(PATTERNS, self.rng.randint(1, 3)))}

    def _template(self, type_):
        """At least one field is of another column, so that the column never identifies rows and may have nulls."""
        rng = self.rng
        pieces = rng.sample(["user{row}", "{row:012}", "{{", "}}", "@example.com", "é"], 2)
        for _ in range(rng.randint(1, 2)):
            base = self._base(rng.choice(["uniform", "one_of", "bernoulli"]))
            width = ":09" if base["type"] in INTEGERS and rng.random() < 0.5 else ""
            pieces.append(f"{{{base['name']}{width}}}")
        rng.shuffle(pieces)
        return {"template": "".join(pieces)}

    def _zipf_of_a_range(self, type_):
        low, high = self.range(type_, 2**53 - 1)
        return {"min": self.spelled(type_, low), "max": self.spelled(type_, high), "exponent": self._exponent()}

    def _zipf_of_values(self, type_):
        return {"values": self.values(type_, self.rng.choice([1, 5, 1100])), "exponent": self._exponent()}

    def _exponent(self):
        return self.rng.choice([0.3, 0.99, 1, "1.5", 4, 20, 1.000001, round(self.rng.uniform(0.1, 3), 3)])

    # Distributions. Parameters are given in the column's own terms: numbers of units, or of decimals their value.

    def _scale(self, type_) -> int:
        return 10 ** (type_.decimal_scale or 0) if isinstance(type_, Whole) else 1

    def _magnitude(self, type_) -> float:
        """Of values that the type can hold well."""
        if isinstance(type_, Float):
            return self.rng.choice([1.0, 0.01, 1e6, self.rng.uniform(0.1, 100)])
        top = min(type_.high, 10 ** self.rng.choice([1, 3, 9, 12])) / 4
        return max(1.0, round(self.rng.uniform(top / 2, top))) / self._scale(type_)

    def _cut(self, type_, low: float, high: float) -> dict:
        """Bounds near these places, which the distribution surely reaches; or one of them, or none."""
        if self.rng.random() < 0.4:
            return {}
        if isinstance(type_, Float):
            bounds = {"min": low, "max": high}
        else:
            slack = 1e-9 * max(abs(low), abs(high))
            ends = (low - slack) * self._scale(type_), (high + slack) * self._scale(type_)
            low, high = (min(max(end, type_.low), type_.high) for end in (math.floor(ends[0]), math.ceil(ends[1])))
            bounds = {"min": self.spelled(type_, low), "max": self.spelled(type_, high)}
        for key in ("min", "max"):
            if self.rng.random() < 0.2:
                del bounds[key]
        return bounds

    def _wide_range(self, type_) -> tuple[int, int]:
        """Wide enough that rounding to doubles does not carry all of it beyond the limits of the type."""
        low, high = self.range(type_, 2**64)
        if max(-low, high) > 2**50:
            low, high = min(low, high - abs(high) // 100), max(high, low + abs(low) // 100)
        return max(low, type_.low), min(high, type_.high)

    def _normal(self, type_):
        if isinstance(type_, Float):
            mean, sd = self.rng.uniform(-100, 100), self._magnitude(type_)
            return {"mean": mean, "sd": sd} | self._cut(type_, mean - sd, mean + 2 * sd)
        low, high = self._wide_range(type_)
        mean = (low + high) // 2
        sd = self.rng.choice([1, max(1, (high - low) // 4)])
        if high - low < 2**50 and self.rng.random() < 0.3:
            sd = 0
        scale, spelled = self._scale(type_), self.spelled(type_, mean)
        return {"mean": spelled, "sd": self.distance(type_, sd)} | self._cut(
            type_, (mean - sd) / scale, (mean + 2 * sd) / scale
        )

    def _lognormal(self, type_):
        middle = self._magnitude(type_)
        sigma = self.rng.choice([0.1, 0.5, 1, 2])
        return {"mu": math.log(middle), "sigma": sigma} | self._cut(type_, middle * 0.8, middle * 1.5)

    def _exponential(self, type_):
        mean = self._magnitude(type_)
        return {"mean": mean} | self._cut(type_, mean * 0.5, mean * 1.5)

    def _pareto(self, type_):
        scale = self._magnitude(type_)
        return {"scale": scale, "shape": self.rng.choice([0.6, 1, 2.5, 40])} | self._cut(type_, scale, scale * 1.5)

    def _quantiles(self, type_):
        count = self.rng.choice([2, 3, 7])
        if isinstance(type_, Float):
            points = sorted(self.rng.uniform(-1e6, 1e6) for _ in range(count))
            return {"points": points} | self._cut(type_, points[0], points[-1])
        low, high = self._wide_range(type_)
        units = [low, *sorted(self.rng.randint(low, high) for _ in range(count - 2)), high]
        return {"points": [self.spelled(type_, n) for n in units]}


def encodings(item, has_values: bool) -> list[str]:
    """Those that Parquet has for the type and all three readers read; dictionaries need a list of values."""
    if item.name == "bool":
        return ["plain"]
    general = ["plain", "dictionary"] if has_values else ["plain"]
    if item.name in ("text", "binary"):
        return [*general, "delta_byte_array"]
    if isinstance(item, Float):
        return [*general, "byte_stream_split"]
    if item.name == "uuid" or item.dtype is object:
        return general
    return [*general, "delta_binary_packed", "byte_stream_split"]
