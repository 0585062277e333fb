#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Installs the build as a user would and runs the unit under a systemd of its own, in a PID namespace of the VM: the
hardening, the capabilities, reload and status are what systemd makes of them."""

import os
import pathlib
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from harness import tap  # noqa: E402

BUILD = pathlib.Path(os.environ["NFSIEVE"]).resolve().parent
CONFIG = pathlib.Path("/usr/local/etc/nfsieve")
RESULT = pathlib.Path("/run/probe.out")
END = "== end"

UNITS = {
    "probe.target": "[Unit]\nRequires=nfsieve.service probe.service\n",
    "probe.service": f"""[Unit]
After=nfsieve.service
DefaultDependencies=no
[Service]
Type=oneshot
ExecStart=/bin/sh /run/probe.sh
StandardOutput=file:{RESULT}
StandardError=file:{RESULT}
""",
}

PROBE = f"""
status() {{ systemctl show -p StatusText --value nfsieve; }}
pid=$(systemctl show -p MainPID --value nfsieve)
echo "== started"; systemctl is-active nfsieve; status
echo "== process"; grep -E 'Uid|CapEff|NoNewPrivs|Seccomp:' /proc/$pid/status
echo "== kernel counts"; setpriv --reuid=nfsieve --regid=nfsieve --clear-groups cat /proc/net/netfilter/nfnetlink_queue
echo "== status"; nfsieve status; stat -c '%U %G %a' /run/nfsieve /run/nfsieve/control.sock
/usr/sbin/nft -f {CONFIG}/gateway.nft
echo "== diverted"; nfsieve status; nfsieve status --json >/dev/null && echo "json too"
/usr/sbin/nft delete table inet nfsieve
echo '{{"rules": [{{"id": "x", "action": "drop", "match": {{"payload": {{"contains": "xyzzy"}}}}}}]}}' >{CONFIG}/local.json
systemctl reload nfsieve; for i in $(seq 100); do status | grep -q 53 && break; sleep 0.2; done
echo "== reloaded"; status
echo '{{"rules": [{{"id": "x"}}]}}' >{CONFIG}/local.json
systemctl reload nfsieve; for i in $(seq 100); do status | grep -q refused && break; sleep 0.2; done
echo "== refused"; systemctl is-active nfsieve; status
kill -USR1 $pid
for i in $(seq 100); do grep -q '"event_type":"stats"' /var/log/nfsieve/eve.json && break; sleep 0.2; done
echo "== events"; stat -c '%U %a' /var/log/nfsieve /var/log/nfsieve/eve.json; cat /var/log/nfsieve/eve.json
systemctl stop nfsieve
echo "== stopped"; systemctl show -p Result --value nfsieve
echo "{END}"
"""


def install() -> None:
    run = lambda *command: subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: E731
    run("meson", "install", "-C", str(BUILD), "--no-rebuild")
    run("systemd-sysusers")
    run("modprobe", "-a", "nfnetlink_queue", "nft_queue", "nft_hash")
    # Brings in the modules that the rules need by themselves. Later systemd's /tmp may lie over this tree and its kernel.
    run("nft", "-f", str(CONFIG / "gateway.nft"))
    run("nft", "delete", "table", "inet", "nfsieve")
    for name, text in UNITS.items():
        pathlib.Path("/etc/systemd/system", name).write_text(text)
    pathlib.Path("/run/probe.sh").write_text(PROBE)
    if not os.path.ismount("/sys/fs/cgroup"):
        run("mount", "-t", "cgroup2", "cgroup2", "/sys/fs/cgroup")


def run_systemd() -> str:
    """What the probe printed. systemd goes with its PID namespace."""
    RESULT.write_text("")
    # A /tmp of its own: systemd tidies it up, and each of the host's files there is one that virtiofsd must hold open.
    command = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "/bin/sh", "-c",
               "mount -t tmpfs tmpfs /tmp && exec /lib/systemd/systemd --system --unit=probe.target --log-target=console"]
    with open("/run/systemd.log", "wb") as log:
        systemd = subprocess.Popen(command, env=os.environ | {"container": "test"}, stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + 600
            while END not in RESULT.read_text() and time.monotonic() < deadline and systemd.poll() is None:
                time.sleep(0.2)
        finally:
            systemd.kill()
            systemd.wait()
    return RESULT.read_text()


class Service(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        install()
        cls.text = run_systemd()
        cls.parts = {}
        for part in cls.text.split("== ")[1:]:
            name, _, rest = part.partition("\n")
            cls.parts[name] = rest

    def tell_about_failure(self) -> str:
        return self.text[-3000:] + pathlib.Path("/run/systemd.log").read_text(errors="replace")[-3000:]

    def test_it_starts_installed_and_says_what_it_judges(self) -> None:
        self.assertIn("active\njudging queue 0-1 by 52 rules", self.parts["started"])

    def test_it_runs_as_its_own_user_with_two_capabilities(self) -> None:
        process = self.parts["process"]
        self.assertNotRegex(process, r"Uid:\s+0")
        self.assertRegex(process, r"CapEff:\s+0*3000\n")  # CAP_NET_ADMIN is bit 12, CAP_NET_RAW bit 13
        self.assertRegex(process, r"NoNewPrivs:\s+1")
        self.assertRegex(process, r"Seccomp:\s+2")

    def test_the_kernels_counts_are_readable_for_it(self) -> None:
        self.assertRegex(self.parts["kernel counts"], r"(?m)^ *0 ")

    def test_the_control_socket_is_for_its_group(self) -> None:
        self.assertIn("nfsieve nfsieve 750\nnfsieve nfsieve 660\n", self.parts["status"])

    def test_status_says_that_nothing_is_diverted_until_the_rules_are_loaded(self) -> None:
        self.assertRegex(self.parts["status"], r"^attention: no packet is diverted: .*; judging queue 0-1 by 52 rules\n")
        self.assertTrue(self.parts["diverted"].startswith("all is well: judging queue 0-1 by 52 rules\n"))
        self.assertRegex(self.parts["diverted"], r"diverted +0   by inet nfsieve\n")
        self.assertIn("json too", self.parts["diverted"])

    def test_reload_takes_new_rules_up(self) -> None:
        self.assertIn("judging queue 0-1 by 53 rules", self.parts["reloaded"])

    def test_a_bad_rule_file_is_refused_and_said_in_the_status(self) -> None:
        refused = self.parts["refused"]
        self.assertTrue(refused.startswith("active\n"))
        self.assertRegex(refused, r"reload refused \(.*local\.json:1:\d+: .*\); still judging queue 0-1 by 53 rules")

    def test_events_are_its_own_and_not_for_everyone(self) -> None:
        events = self.parts["events"]
        self.assertTrue(events.startswith("nfsieve 750\nnfsieve 640\n"), events[:100])
        self.assertIn('"event_type":"stats"', events)

    def test_it_stops_cleanly(self) -> None:
        self.assertEqual(self.parts["stopped"].strip(), "success")


if __name__ == "__main__":
    tap.main(needs_kernel=False)
