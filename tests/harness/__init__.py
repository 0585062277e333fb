# SPDX-License-Identifier: GPL-2.0-or-later
"""Client, gateway and server in network namespaces, and what the kernel and VM suites need around them."""
