# SPDX-License-Identifier: GPL-2.0-or-later
"""Installs the shipped nftables file in a namespace, or, where the kernel lacks nft's `queue` expression, the
same file with iptables' NFQUEUE target in the place of that one expression."""

import functools
import pathlib
import re
from collections.abc import Sequence

from .namespace import CommandFailed, Namespace

SHIPPED = pathlib.Path(__file__).resolve().parents[2] / "nftables"

QUEUE_PROBE = "table inet probe { chain c { type filter hook forward priority 0; queue to symhash mod 2 offset 0; }; }"
FALLBACK_MARK = 0x10000  # a packet mark bit that no one else uses
HOOKS = {"forward": ["FORWARD"], "host": ["INPUT", "OUTPUT"]}


@functools.cache
def kernel_has_queue_expression() -> bool:
    """Asks the kernel, by loading a rule in a namespace of its own."""
    probe = Namespace("probe")
    try:
        return probe.run("nft", "-f", "-", check=False, text_input=QUEUE_PROBE).returncode == 0
    finally:
        probe.close()


def describe() -> str:
    if kernel_has_queue_expression():
        return "nftables: queue to symhash"
    return "iptables-nft -j NFQUEUE, because this kernel has no nftables queue expression"


def shipped_rules(name: str) -> str:
    return (SHIPPED / name).read_text(encoding="utf-8")


def define(text: str, name: str, values: Sequence[str]) -> str:
    """Edits one `define` as an operator would."""
    edited, count = re.subn(
        rf"^define {name} = .*$", f"define {name} = {{ {', '.join(values)} }}", text, flags=re.MULTILINE
    )
    if count != 1:
        raise ValueError(f"the nftables file has {count} lines that define {name}")
    return edited


def set_queues(text: str, first: int, count: int) -> str:
    edited, changed = re.subn(r"symhash mod \d+ offset \d+", f"symhash mod {count} offset {first}", text)
    if changed == 0:
        raise ValueError("the nftables file has no queue line")
    return edited


def take_flowtable(text: str) -> str:
    """Does what the file says of the lines that are for a flowtable."""
    edited, count = re.subn(r"^( *)#\+ ", r"\1", text, flags=re.MULTILINE)
    if count == 0:
        raise ValueError("the nftables file has no lines for a flowtable")
    return edited


def install(
    namespace: Namespace,
    text: str,
    *,
    hook: str = "forward",
    first_queue: int = 0,
    queue_count: int = 2,
) -> None:
    """Loads `text` (a shipped file after its edits, or what `nfsieve nft` prints). `hook` names the file's kind,
    `forward` or `host`."""
    if kernel_has_queue_expression():
        namespace.run("nft", "-f", "-", text_input=text)
        return
    namespace.run("nft", "-f", "-", text_input=without_queue_expression(text))
    queues = f"{first_queue}:{first_queue + queue_count - 1}"
    target = ["--queue-balance", queues] if queue_count > 1 else ["--queue-num", str(first_queue)]
    bypass = re.search(r"^\s*counter name diverted queue flags bypass ", text, re.MULTILINE) is not None
    for command in ("iptables-nft", "ip6tables-nft"):
        for chain in HOOKS[hook]:
            rule = [chain, "-m", "mark", "--mark", f"{FALLBACK_MARK}/{FALLBACK_MARK}", "-j", "NFQUEUE", *target]
            mark_blocked(namespace, command, chain)
            wanted, other = (([*rule, "--queue-bypass"], rule) if bypass else (rule, [*rule, "--queue-bypass"]))
            namespace.run(command, "-t", "security", "-D", *other, check=False)
            if namespace.run(command, "-t", "security", "-C", *wanted, check=False).returncode != 0:
                namespace.run(command, "-t", "security", "-A", *wanted)


def mark_blocked(namespace: Namespace, command: str, chain: str) -> None:
    """NF_REPEAT runs the chain that queued the packet again: here iptables' one, so that it does what the shipped
    chain `block` does."""
    for rule in (
        ["--mark", "0x1100/0x1100", "-j", "CONNMARK", "--set-xmark", "0x1100/0x1700"],
        ["--mark", "0x1000/0x1100", "-j", "CONNMARK", "--set-xmark", "0x1000/0x1700"],
        ["--mark", "0x1000/0x1000", "-j", "DROP"],
    ):
        rule = [chain, "-m", "mark", *rule]
        if namespace.run(command, "-t", "security", "-C", *rule, check=False).returncode != 0:
            namespace.run(command, "-t", "security", "-A", *rule)


def without_queue_expression(text: str) -> str:
    """The table `security` has a late priority (150 in iptables 1.8.9): the chains that read the verdict's mark must come after it."""
    mark = f"meta mark set meta mark or {FALLBACK_MARK:#x}"
    text, queues = re.subn(r"^(\s*counter name diverted )queue .*$", rf"\g<1>{mark}", text, flags=re.MULTILINE)
    text, saves = re.subn(r"priority filter \+ 20", "priority filter + 200", text)
    if queues != 1 or saves == 0:
        raise ValueError("the nftables file is not laid out as expected: one queue line, save chains at filter + 20")
    return text


def install_gateway(
    namespace: Namespace,
    interfaces: Sequence[str],
    *,
    ports: Sequence[str] = ("0-65535",),
    first_queue: int = 0,
    queue_count: int = 2,
    flowtable: bool = False,
) -> None:
    """The shipped gateway.nft with its defines edited."""
    text = define(shipped_rules("gateway.nft"), "interfaces", [f'"{name}"' for name in interfaces])
    text = set_queues(define(text, "ports", ports), first_queue, queue_count)
    text = take_flowtable(text) if flowtable else text
    install(namespace, text, hook="forward", first_queue=first_queue, queue_count=queue_count)


def install_host(
    namespace: Namespace, interfaces: Sequence[str], *, ports: Sequence[str], queue_count: int = 2
) -> None:
    """The shipped host.nft with its defines edited."""
    text = define(shipped_rules("host.nft"), "interfaces", [f'"{name}"' for name in interfaces])
    text = set_queues(define(text, "ports", ports), 0, queue_count)
    install(namespace, text, hook="host", queue_count=queue_count)


def queue_sequences(namespace: Namespace) -> dict[int, int]:
    """Packets that each bound queue has been given (net/netfilter/nfnetlink_queue.c, id_sequence)."""
    with namespace.entered(), open("/proc/thread-self/net/netfilter/nfnetlink_queue", encoding="ascii") as listing:
        rows = [line.split() for line in listing]
    return {int(row[0]): int(row[7]) for row in rows}


def queued_packets(namespace: Namespace, table: str = "nfsieve") -> int:
    """What the counter on the queue line says."""
    return packets(namespace, "diverted", table)


def packets(namespace: Namespace, counter: str, table: str = "nfsieve") -> int:
    """What a counter of the table says."""
    listed = namespace.run("nft", "list", "counter", "inet", table, counter).stdout
    found = re.search(r"packets (\d+)", listed)
    if not found:
        raise CommandFailed(f"no counter {counter} in table {table}:\n{listed}")
    return int(found[1])
