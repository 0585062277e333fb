// SPDX-License-Identifier: GPL-2.0-or-later
// ctnetlink messages about connection marks (linux/netfilter/nfnetlink_conntrack.h; net/netfilter/
// nf_conntrack_netlink.c of Linux is the reference).
#pragma once

#include "mnl_handles.h"

#include <cstdint>
#include <vector>

namespace nfsieve {

/// Asks for all connections whose mark under `mask` is `mark`. Kernels before 3.8 answer with all there are.
[[nodiscard]] std::vector<std::uint8_t> marked_connections_request(std::uint32_t mark, std::uint32_t mask,
                                                                   std::uint32_t sequence);

/// For a connection as the kernel lists it: asks to take the bits of `mask` out of its mark. Empty where its
/// mark is another, or the message is none.
[[nodiscard]] std::vector<std::uint8_t> clear_mark_request(const nlmsghdr& listed, std::uint32_t mark,
                                                           std::uint32_t mask);

} // namespace nfsieve
