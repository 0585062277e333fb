// SPDX-License-Identifier: GPL-2.0-or-later
// A netlink socket for requests to netfilter that the kernel answers at once.
#pragma once

#include "mnl_handles.h"
#include "nfsieve/base/result.h"

namespace nfsieve {

/// Bound, and a member of the multicast `groups` (a bit each, from NFNLGRP_CONNTRACK_NEW on). A read waits
/// for a second at most: the kernel answers within the request's own system call, so that this is for bugs
/// alone.
[[nodiscard]] Result<MnlSocket> open_netfilter_socket(unsigned groups = 0);

} // namespace nfsieve
