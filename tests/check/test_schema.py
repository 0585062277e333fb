#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The published schema says what the reader says, and the documentation names what both know.

usage: test_schema.py NFSIEVE READER-KEYS
READER-KEYS prints the reader's tables, one "object key" a line.
"""

import copy
import json
import pathlib
import re
import subprocess
import sys
import tempfile

try:
    import jsonschema
except ImportError:
    print("1..0 # SKIP python3-jsonschema is not installed")
    sys.exit(0)

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "rules/rules.schema.json").read_text())


def rule(**members):
    return {"rules": [{"id": "r", "action": "drop", **members}]}


def payload(**members):
    return rule(match={"payload": members})


def uri(**members):
    return rule(match={"http.uri": members})


def ports(value, **sets):
    return {"sets": sets, **rule(to={"ports": value})}


def addresses(value, **sets):
    return {"sets": sets, **rule(**{"from": {"addresses": value}})}


# Both accept.
VALID = {
    "no rules": {"rules": []},
    "all keys of a file": {"$schema": "x", "comment": "c", "default": "reject", "sets": {}, "rules": []},
    "all keys of a rule": rule(
        direction="to_client", **{"from": {"addresses": "10.0.0.0/8", "ports": 1}}, to={}, log=False, message="m",
        category="c", severity=1, revision=2147483647, comment="c", match={"payload": {"contains": "x"}},
        tests={"match": ["x", {"hex": "78"}], "pass": ["", {"hex": ""}]}),
    "each action": {"rules": [{"id": a, "action": a} for a in ("accept", "drop", "reject", "alert")]},
    "id with blanks": {"rules": [{"id": "a b \u00e4", "action": "drop"}]},
    "longest id": {"rules": [{"id": "\u00e4" * 200, "action": "drop"}]},
    "port": ports(65535),
    "ports": ports([80, "8000-8100", "!8001", "@a"], a=["1-2", "@b"], b=7),
    "port as text": ports("80"),
    "negated port": ports("!22"),
    "addresses": addresses(["10.0.0.0/8", "fd00::/8", "::1", "!10.1.2.3", "@a"], a="!@b", b=["1.2.3.4"]),
    "mapped address": addresses("::ffff:10.1.2.3"),
    "literal": payload(contains="x", nocase=True, offset=0, depth=1),
    "hex literal": payload(contains={"hex": "de ad BEEF"}),
    "hex with blanks around": payload(contains={"hex": " de  ad "}),
    "starts_with and offset": payload(starts_with="x", offset=3),
    "equals": payload(equals="x", nocase=False),
    "regex": payload(regex="a[0-9]+\t~", offset=100, depth=5),
    "several in one": payload(contains="a", regex="b", equals="c", starts_with="d"),
    "tree": rule(match={"payload": {"contains": "a"}, "all": [{"payload": {"contains": "b"}}],
                        "any": [{"not": {"payload": {"contains": "c"}}}, {"payload": {"contains": "d"}}],
                        "not": {"any": [{"payload": {"contains": "e"}}]}}),
    "named buffers": rule(direction="to_server", match={
        "http.uri": {"contains": "a", "starts_with": "b", "ends_with": "c", "nocase": True},
        "any": [{"tls.sni": {"domain": "example.org"}}, {"http.host": {"domain": ".example.org"}}],
        "not": {"http.header": {"name": "X-A", "equals": "x"}}}),
    "a buffer beside payload": rule(match={"payload": {"contains": "x"}, "http.response_body": {"regex": "x+$"}}),
    "a lookahead in a buffer": uri(regex="a(?=b)"),
    "offset and depth in a buffer": uri(contains="abc", offset=1, depth=3),
    "far offset": payload(contains="a", offset=1 << 40),
}

# Both refuse.
INVALID = {
    "a list": [],
    "null": None,
    "no rules key": {"sets": {}},
    "unknown key of a file": {"rules": [], "rule": []},
    "rules no list": {"rules": {}},
    "comment no text": {"rules": [], "comment": 1},
    "$schema no text": {"rules": [], "$schema": 1},
    "default alert": {"rules": [], "default": "alert"},
    "sets no object": {"rules": [], "sets": []},
    "bad set name": {"rules": [], "sets": {"a b": 80}},
    "set name with digit": {"rules": [], "sets": {"1a": 80}},
    "empty set": {"rules": [], "sets": {"a": []}},
    "set of null": {"rules": [], "sets": {"a": None}},
    "mixed set": {"rules": [], "sets": {"a": [80, "10.0.0.0/8"]}},
    "rule no object": {"rules": ["x"]},
    "no id": {"rules": [{"action": "drop"}]},
    "empty id": {"rules": [{"id": "", "action": "drop"}]},
    "id a number": {"rules": [{"id": 1, "action": "drop"}]},
    "id too long": {"rules": [{"id": "a" * 201, "action": "drop"}]},
    "id with a line end": {"rules": [{"id": "a\nb", "action": "drop"}]},
    "id with a line end behind": {"rules": [{"id": "a\n", "action": "drop"}]},
    "no action": {"rules": [{"id": "r"}]},
    "bad action": {"rules": [{"id": "r", "action": "block"}]},
    "bad direction": rule(direction="in"),
    "unknown key of a rule": rule(port=80),
    "log no boolean": rule(log="yes"),
    "message no text": rule(message=1),
    "category no text": rule(category=None),
    "rule comment no text": rule(comment=[]),
    "severity 0": rule(severity=0),
    "severity 5": rule(severity=5),
    "severity text": rule(severity="1"),
    "revision 0": rule(revision=0),
    "revision too large": rule(revision=2147483648),
    "to no object": rule(to=80),
    "unknown key of an endpoint": rule(to={"port": 80}),
    "port too large": ports(65536),
    "port negative": ports(-1),
    "port a fraction": ports(80.5),
    "port a word": ports("http"),
    "port range open": ports("80-"),
    "port doubly negated": ports("!!80"),
    "no ports": ports([]),
    "ports in ports": ports([[80]]),
    "address a number": addresses(10),
    "address a name": addresses("example.org"),
    "address cut short": addresses("10.0.0"),
    "address with blank": addresses("10.0.0.1 "),
    "no addresses": addresses([]),
    "reference without name": addresses("@"),
    "match no object": rule(match=[]),
    "empty match": rule(match={}),
    "unknown key of a match": rule(match={"payloads": {"contains": "x"}}),
    "all no list": rule(match={"all": {}}),
    "all empty": rule(match={"all": []}),
    "any empty": rule(match={"any": []}),
    "not a list": rule(match={"not": []}),
    "payload empty": rule(match={"payload": {}}),
    "payload a text": rule(match={"payload": "x"}),
    "payload with modifiers only": payload(nocase=True, offset=1),
    "unknown key of a payload": payload(contains="x", case=True),
    "tree inside payload": payload(all=[]),
    "empty literal": payload(contains=""),
    "empty hex": payload(contains={"hex": ""}),
    "blank hex": payload(contains={"hex": " "}),
    "odd hex": payload(contains={"hex": "abc"}),
    "split hex": payload(contains={"hex": "a b"}),
    "no hex": payload(contains={"hex": "zz"}),
    "hex missing": payload(contains={}),
    "hex and more": payload(contains={"hex": "aa", "text": "b"}),
    "literal a list": payload(contains=["x"]),
    "nocase a number": payload(contains="x", nocase=1),
    "offset negative": payload(contains="x", offset=-1),
    "offset a fraction": payload(contains="x", offset=1.5),
    "offset too far": payload(contains="x", offset=(1 << 40) + 1),
    "depth 0": payload(contains="x", depth=0),
    "equals and offset": payload(equals="x", offset=1),
    "equals and depth": payload(equals="x", depth=1),
    "starts_with and depth": payload(starts_with="x", depth=1),
    "regex empty": payload(regex=""),
    "regex outside ASCII": payload(regex="\u00e4"),
    "regex with NUL": payload(regex="a\0b"),
    "regex an object": payload(regex={"hex": "aa"}),
    "unknown buffer": rule(match={"http.urL": {"contains": "x"}}),
    "a buffer of packets": rule(match={"tcp.hdr": {"contains": "x"}}),
    "empty buffer": uri(),
    "name in another buffer": rule(match={"http.uri": {"name": "Host", "contains": "x", "equals": 1}}),
    "name with a colon": rule(match={"http.header": {"name": "Host:", "contains": "x"}}),
    "domain with a wildcard": rule(match={"tls.sni": {"domain": "*.example.org"}}),
    "domain empty": rule(match={"tls.sni": {"domain": ""}}),
    "domain and contains": rule(match={"tls.sni": {"domain": "example.org", "contains": "x"}}),
    "domain and regex": rule(match={"tls.sni": {"domain": "example.org", "regex": "x"}}),
    "ends_with and depth": uri(ends_with="x", depth=1),
    "regex and offset in a buffer": uri(regex="x", offset=1),
    "ends_with on payload": payload(ends_with="x"),
    "tests without match": rule(tests={"match": ["x"]}),
    "tests a list": rule(match={"payload": {"contains": "x"}}, tests=["x"]),
    "unknown key of tests": rule(match={"payload": {"contains": "x"}}, tests={"fail": []}),
    "test a number": rule(match={"payload": {"contains": "x"}}, tests={"match": [1]}),
    "tests match no list": rule(match={"payload": {"contains": "x"}}, tests={"match": "x"}),
}

# What a schema cannot say: it accepts, the reader refuses.
BEYOND = {
    "ids twice": {"rules": [{"id": "r", "action": "drop"}, {"id": "r", "action": "drop"}]},
    "unknown set": ports("@web"),
    "set of the other kind": ports("@a", a="10.0.0.0/8"),
    "set that refers to itself": {"rules": [], "sets": {"a": "@a"}},
    "range backwards": ports("90-80"),
    "port text too large": ports("70000"),
    "no port left": ports([80, "!80"]),
    "host bits": addresses("10.0.0.1/8"),
    "prefix too long": addresses("10.0.0.0/33"),
    "octet too large": addresses("10.0.0.256"),
    "depth shorter than the literal": payload(contains="abc", depth=2),
    "depth shorter than the regex": payload(regex="abc", depth=2),
    "regex that is none": payload(regex="a(b"),
    "regex with a lookahead": payload(regex="a(?=b)"),
    "regex of nothing": payload(regex="a*"),
    "regex offset too far": payload(regex="a", offset=32768),
    "nothing positive": rule(match={"not": {"payload": {"contains": "x"}}}),
    "name in a buffer without names": rule(match={"http.uri": {"name": "Host", "contains": "x"}}),
    "a buffer that the direction never has": rule(direction="to_client", match={"http.uri": {"contains": "x"}}),
    "payload or a buffer": rule(match={"any": [{"payload": {"contains": "x"}}, {"http.uri": {"contains": "x"}}]}),
    "equals on payload beside a buffer": rule(match={"payload": {"equals": "x"}, "http.uri": {"contains": "x"}}),
    "failing test of a buffer": rule(match={"http.uri": {"contains": "x"}}, tests={"match": ["GET /y HTTP/1.1\r\n\r\n"]}),
    "failing test": rule(match={"payload": {"contains": "x"}}, tests={"match": ["y"]}),
    "failing pass test": rule(match={"payload": {"contains": "x"}}, tests={"pass": ["x"]}),
}


def schema_accepts(instance):
    return jsonschema.Draft7Validator(SCHEMA).is_valid(instance)


def reader(nfsieve, path):
    return subprocess.run([nfsieve, "check", str(path)], capture_output=True, text=True, timeout=120)


def verdicts(nfsieve):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "rules.json"
        groups = (("both accept", VALID, True, True), ("both refuse", INVALID, False, False),
                  ("the schema cannot say", BEYOND, True, False))
        for group, corpus, by_schema, by_reader in groups:
            for name, instance in corpus.items():
                path.write_text(json.dumps(instance))
                done = reader(nfsieve, path)
                problems = []
                if schema_accepts(instance) != by_schema:
                    problems.append("the schema " + ("refuses" if by_schema else "accepts"))
                if done.returncode != (0 if by_reader else 1):
                    problems.append(f"the reader exits {done.returncode}: {done.stdout}{done.stderr}")
                elif not by_reader and not re.search(r"rules\.json:\d+:\d+: .", done.stdout + done.stderr):
                    problems.append("the reader names no place: " + done.stdout + done.stderr)
                yield f"{group}: {name}", problems


def shipped(nfsieve):
    for path in sorted(ROOT.glob("rules/*/*.json")):
        instance = json.loads(path.read_text())
        problems = [] if schema_accepts(instance) else ["the schema refuses it"]
        done = reader(nfsieve, path)
        if done.returncode != 0:
            problems.append("the reader refuses it: " + done.stderr)
        reference = (path.parent / instance.get("$schema", "none")).resolve()
        if reference != ROOT / "rules/rules.schema.json":
            problems.append("its $schema leads nowhere")
        for one in instance["rules"]:
            tests = one.get("tests", {})
            if "match" in one and not (tests.get("match") and tests.get("pass")):
                problems.append(f"rule {one['id']} has not both kinds of tests")
            if not one.get("message"):
                problems.append(f"rule {one['id']} has no message")
        yield f"shipped: {path.relative_to(ROOT)}", problems


def schema_keys():
    """(object, key) of every object that the schema describes, by the reader's names for them."""
    definitions = SCHEMA["definitions"]
    for name in ("file", "rule", "endpoint", "match", "payload", "buffer", "tests"):
        for key in definitions[name]["properties"]:
            yield name, key
    for key in definitions["bytes"]["anyOf"][1]["properties"]:
        yield "bytes", key


def keys(reader_keys):
    listed = subprocess.run([reader_keys], capture_output=True, text=True, check=True).stdout
    known = {tuple(line.split()) for line in listed.splitlines()}
    ours = set(schema_keys())
    yield "the schema and the reader know the same keys", [str(pair) for pair in sorted(known ^ ours)]
    literal = SCHEMA["definitions"]["literal"]["anyOf"][1]["properties"]
    yield "literals and test payloads have the same keys", [] if set(literal) == {"hex"} else [str(literal)]
    documented = set(re.findall(r"^\| `([^`]+)` \|", (ROOT / "docs/rules.md").read_text(), re.MULTILINE))
    wanted = {key for _, key in ours}
    yield "docs/rules.md explains every key and no other", sorted(documented ^ wanted)


def documented_examples(nfsieve):
    text = (ROOT / "docs/rules.md").read_text()
    with tempfile.TemporaryDirectory() as folder:
        for number, block in enumerate(re.findall(r"^```json\n(.*?)^```", text, re.MULTILINE | re.DOTALL), 1):
            path = pathlib.Path(folder) / "rules.json"
            path.write_text(block)
            done = reader(nfsieve, path)
            problems = [] if done.returncode == 0 else [done.stderr]
            if not schema_accepts(json.loads(block)):
                problems.append("the schema refuses it")
            yield f"example {number} of docs/rules.md is a rule file", problems


def main(nfsieve, reader_keys):
    # The instances are data; a test that changed them would change the next one.
    before = copy.deepcopy((VALID, INVALID, BEYOND))
    results = [*verdicts(nfsieve), *shipped(nfsieve), *keys(reader_keys), *documented_examples(nfsieve)]
    assert before == (VALID, INVALID, BEYOND)
    print(f"1..{len(results)}")
    for number, (name, problems) in enumerate(results, 1):
        print(f"{'not ok' if problems else 'ok'} {number} - {name}")
        for problem in problems:
            print("\n".join("# " + line for line in problem.splitlines()))
    return 1 if any(problems for _, problems in results) else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
