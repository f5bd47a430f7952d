"""When CloudWatch alarms go off, as its user guide says ("Alarm evaluation", "Configuring how CloudWatch alarms treat missing data",
"Using metric math"). What the guide leaves open is a `Reading`, and what is to be known of an alarm has to hold in each."""

import itertools
import math
import re
from collections import defaultdict
from dataclasses import dataclass


@dataclass(frozen=True)
class Reading:
    """What the guide does not say."""

    offset: int  # Seconds: where periods begin.
    looks_back: int  # How many periods further back it looks for data instead of what is missing.
    fills_nothing: bool  # Whether FILL of a metric without any data gives data.


def readings(period):
    offsets = {60: (0, 20), 300: (0, 60, 120, 240), 900: (0, 240, 720)}.get(period, (0, 600, 1140, 1200, 1260, 2400))
    return [Reading(*one) for one in itertools.product(offsets, (0, 3), (False, True))]


class Metrics:
    """Values by metric and second."""

    def __init__(self):
        self.values, self.reckoned = defaultdict(list), {}

    def add(self, second, namespace, name, dimensions, value=1):
        self.values[namespace, name, frozenset(dimensions.items())].append((second, value))

    def by_period(self, key, stat, period, offset):
        """A statistic of each period that has data. Nothing is added any more once something was reckoned."""
        asked = key, stat, period, offset
        if asked not in self.reckoned:
            periods = defaultdict(list)
            for second, value in self.values.get(key, ()):
                periods[(second - offset) // period].append(value)
            self.reckoned[asked] = {place: statistic(stat, values) for place, values in periods.items()}
        return self.reckoned[asked]


def statistic(name, values):
    if name.startswith("p"):
        return sorted(values)[math.ceil(float(name[1:]) / 100 * len(values)) - 1]
    return {"Sum": sum, "Maximum": max, "SampleCount": len, "Average": lambda all: sum(all) / len(all)}[name](values)


class Alarm:
    """One of the template's, its references resolved by `resolve`."""

    def __init__(self, properties, resolve):
        known = {
            "AlarmDescription", "Namespace", "MetricName", "Dimensions", "Statistic", "ExtendedStatistic", "Period", "Metrics", "Threshold",
            "EvaluateLowSampleCountPercentile", "EvaluationPeriods", "DatapointsToAlarm", "ComparisonOperator", "TreatMissingData", "AlarmActions",
        }
        assert set(properties) <= known, set(properties) - known
        assert properties.get("EvaluateLowSampleCountPercentile", "evaluate") == "evaluate"
        self.of, self.threshold = properties["EvaluationPeriods"], float(resolve(properties["Threshold"]))
        self.at_least = properties.get("DatapointsToAlarm", self.of)
        self.missing, self.operator = properties["TreatMissingData"], properties["ComparisonOperator"]
        self.expression, self.queries = None, {}
        for query in properties.get("Metrics", [{"Id": "it", "MetricStat": {
            "Metric": properties, "Stat": properties.get("Statistic") or properties.get("ExtendedStatistic"), "Period": properties.get("Period"),
        }}]):
            if "Expression" in query:
                self.expression = query["Expression"]
                continue
            stat = query["MetricStat"]
            dimensions = {one["Name"]: resolve(one["Value"]) for one in stat["Metric"].get("Dimensions", [])}
            key = resolve(stat["Metric"]["Namespace"]), stat["Metric"]["MetricName"], frozenset(dimensions.items())
            self.queries[query["Id"]], self.period = (key, stat["Stat"]), stat["Period"]

    def datapoints(self, metrics, reading, last):
        """What the alarm watches, by period."""
        found = {}
        for id, (key, stat) in self.queries.items():
            periods = metrics.by_period(key, stat, self.period, reading.offset)
            found[id] = [periods.get(period) for period in range(last + 1)]
        if self.expression is None:
            return found["it"]
        watched = []
        for period in range(last + 1):
            window = range(max(0, period - self.of - reading.looks_back), period + 1)
            has_any = {id: any(values[place] is not None for place in window) for id, values in found.items()}
            watched.append(self.calculate({id: (values[period], has_any[id]) for id, values in found.items()}, reading))
        return watched

    def calculate(self, now, reading):
        def fill(what, default):
            if isinstance(what, list):
                return [fill(one, default) for one in what]
            value, has_any = what
            return default if value is None and (has_any or reading.fills_nothing) else value

        functions = {"FILL": fill, "SUM": lambda all: sum(value for value in all if value is not None), "METRICS": lambda: list(now.values()),
                     "IF": lambda condition, yes, no: yes if condition else no}
        python = re.sub(r"\bAND\b", "and", re.sub(r"\bOR\b", "or", self.expression))
        try:
            return eval(python, {"__builtins__": {}}, {**functions, **now})
        except TypeError:
            return None  # Something that is missing was reckoned with.

    def is_breached(self, value):
        return value > self.threshold if self.operator == "GreaterThanThreshold" else {"LessThanThreshold": value < self.threshold}[self.operator]

    def alarmed(self, metrics, until, reading):
        """The seconds at which an evaluation finds it in alarm."""
        if self.missing != "breaching" and not any(key in metrics.values for key, _ in self.queries.values()):
            return []
        last = (until - reading.offset) // self.period - 1
        watched, state, found = self.datapoints(metrics, reading, last), False, []
        for period in range(last + 1):
            # What was before the stack is missing, too.
            window = [watched[place] if place >= 0 else None for place in range(period - self.of - reading.looks_back + 1, period + 1)]
            state = self.judge(window, state)
            if state:
                found.append((period + 1) * self.period + reading.offset)
        return found

    def judge(self, window, before):
        asked = window[-self.of:]
        if None in asked:
            real = [value for value in window if value is not None]
            asked = real[-self.of:] if len(real) >= self.of else asked
        if all(value is None for value in asked) and self.missing == "ignore":
            return before
        breached = sum(self.missing == "breaching" if value is None else self.is_breached(value) for value in asked if value is not None or self.missing != "ignore")
        if self.missing == "ignore" and breached < self.at_least and None in asked:
            return before
        return breached >= self.at_least
