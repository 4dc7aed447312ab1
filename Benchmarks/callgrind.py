"""Reads what callgrind wrote (valgrind manual, "Callgrind Format Specification")."""

import collections
import re
import subprocess

# Callgrind numbers the depths of recursion.
DEPTH = re.compile(r"'\d+$")
NAME = re.compile(r"\((\d+)\)(?: (.*))?$")


class Profile:
    """Instructions by function, and by call from one function to another."""

    def __init__(self, path):
        self.own = collections.Counter()
        self.calls = collections.Counter()
        self.called = collections.Counter()
        self.image = {}
        self._read(path)

    @property
    def total(self):
        return sum(self.own.values())

    def subtract(self, other):
        """Leaves what this profile has more than the other."""
        self.own.subtract(other.own)
        self.calls.subtract(other.calls)
        self.called.subtract(other.called)

    def _read(self, path):
        tables = collections.defaultdict(dict)

        def name(text, kind):
            """Names are written once and then stand as their numbers."""
            number, given = NAME.match(text).groups()
            if given is not None:
                tables[kind][number] = given
            return tables[kind][number]

        function = callee = image = callee_image = count = None
        with open(path) as lines:
            for line in lines:
                key, separator, value = line.rstrip("\n").partition("=")
                if separator and key in ("fl", "fi", "fe", "cfi", "cfl"):
                    name(value, "file")
                elif separator and key == "ob":
                    image = name(value, "image").rsplit("/", 1)[-1]
                elif separator and key == "cob":
                    callee_image = name(value, "image").rsplit("/", 1)[-1]
                elif separator and key == "fn":
                    function = DEPTH.sub("", name(value, "function"))
                    self.image[function] = image
                elif separator and key == "cfn":
                    callee = DEPTH.sub("", name(value, "function"))
                    self.image.setdefault(callee, callee_image or image)
                elif separator and key == "calls":
                    count = int(value.split()[0])
                elif line[:1].isdigit() or line[:1] in ("+", "-", "*"):
                    cost = int(line.split()[-1]) if len(line.split()) > 1 else 0
                    if count is None:
                        self.own[function] += cost
                    else:
                        self.calls[function, callee] += cost
                        if function != callee:
                            self.called[callee] += count
                        count = callee_image = None

    def functions(self, most):
        """The product's most expensive functions, each with what it calls in libraries that are not the product's: its
        cost, how often it was called, its name, and the four greatest parts of the cost."""
        ours = {function for function, image in self.image.items() if image == "replyhq" or self._is_plugin(image)}
        parts = collections.defaultdict(collections.Counter)
        for function in ours:
            parts[function]["itself"] += self.own[function]
        for (function, callee), cost in self.calls.items():
            # Where a task goes on after a pause is no part of what it did before.
            if function in ours and callee not in ours and not callee.startswith(("swift_task_switch", "swift_job_run")):
                parts[function][callee] += cost
        found = sorted(parts, key=lambda function: -parts[function].total())[:most]
        plain = demangled({*found, *(callee for function in found for callee in parts[function])})
        return [(parts[function].total(), self.called[function], plain[function],
                 [(plain[callee][:70], cost) for callee, cost in parts[function].most_common(4)]) for function in found]

    @staticmethod
    def _is_plugin(image):
        return image is not None and re.fullmatch(r"lib[A-Z]\w+\.so", image) is not None


def demangled(names):
    names = sorted(names)
    done = subprocess.run(["swift", "demangle", "--compact"], input="\n".join(names), capture_output=True, text=True, check=True)
    return dict(zip(names, done.stdout.split("\n")))
