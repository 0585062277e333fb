// SPDX-License-Identifier: GPL-2.0-or-later
// A netlink socket for requests to netfilter that the kernel answers at once.
#pragma once

#include "mnl_handles.h"
#include "nfsieve/base/result.h"

#include <array>
#include <string>

namespace nfsieve {

/// The tables, of family inet, that are nfsieve's own: a gateway's and a host's.
inline constexpr std::array<const char*, 2> own_tables{"nfsieve", "nfsieve_host"};

/// Bound, and a member of the multicast `groups` (a bit each, from NFNLGRP_CONNTRACK_NEW on). A read waits
/// for a second at most: the kernel answers within the request's own system call, so that this is for bugs
/// alone.
[[nodiscard]] Result<MnlSocket> open_netfilter_socket(unsigned groups = 0);

/// What was asked for, and why netfilter refused: `error` is its errno.
[[nodiscard]] Error netfilter_refusal(const std::string& what, int error);

} // namespace nfsieve
