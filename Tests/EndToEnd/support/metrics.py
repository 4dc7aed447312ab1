"""Reading /metrics with Prometheus' own parser."""

import pathlib
import re

import requests
from prometheus_client.parser import text_string_to_metric_families

DOCUMENT = pathlib.Path(__file__).resolve().parents[3] / "docs/metrics.md"


def fetch(server, method="GET", token=None, **options):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return requests.request(method, f"{server.url}/metrics", headers=headers, timeout=20, **options)


class Page:
    """One reading: families by name, samples by name and labels."""

    def __init__(self, text):
        self.text = text
        self.families = {}
        self.samples = {}
        for family in text_string_to_metric_families(text):
            assert family.name not in self.families, f"{family.name} stands at two places"
            self.families[family.name] = family
            for sample in family.samples:
                key = (sample.name, frozenset(sample.labels.items()))
                assert key not in self.samples, f"{sample} is there twice"
                self.samples[key] = sample.value

    def __getitem__(self, name):
        """`page["name"]`, or `page["name", {"label": "value"}]`."""
        name, labels = name if isinstance(name, tuple) else (name, {})
        return self.samples[name, frozenset(labels.items())]

    @property
    def series(self):
        return set(self.samples)

    def histograms_are_sound(self):
        for family in self.families.values():
            if family.type != "histogram":
                continue
            buckets = {}
            for sample in family.samples:
                if sample.name.endswith("_bucket"):
                    rest = frozenset(item for item in sample.labels.items() if item[0] != "le")
                    buckets.setdefault(rest, []).append((float(sample.labels["le"]), sample.value))
            for labels, values in buckets.items():
                assert values == sorted(values) and [count for _, count in values] == sorted(c for _, c in values)
                assert values[-1] == (float("inf"), self.samples[f"{family.name}_count", labels])


def read(server, token=None):
    answer = fetch(server, token=token)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    page = Page(answer.text)
    page.histograms_are_sound()
    return page


def documented():
    """The names in docs/metrics.md, with the types that they have there."""
    return dict(re.findall(r"^\| `([a-z0-9_]+)` \| (\w+) \|", DOCUMENT.read_text(), re.M))
