// SPDX-License-Identifier: GPL-2.0-or-later
// Binding a queue, and what to tell an operator where the kernel refuses.
#pragma once

#include "mnl_handles.h"
#include "nfsieve/base/result.h"
#include "nfsieve/io/nfqueue.h"

#include <optional>
#include <string>

namespace nfsieve {

/// nfqueue's largest copy: what a netlink attribute's 16-bit length can say (`copy_range` is cut to it).
inline constexpr std::uint32_t copy_range = 65531;

/// A bound socket, ready to receive: no ENOBUFS, a buffer as configured, a receive timeout of 100 ms.
[[nodiscard]] Result<MnlSocket> bind_queue(const NfqueueConfig& config);

/// The kernel's answer to the bind, in words. `status` is the text of /proc/net/netfilter/nfnetlink_queue
/// where it could be read; `privileged` says whether this process has CAP_NET_ADMIN.
[[nodiscard]] std::string bind_failure(std::uint16_t queue, int error,
                                       const std::optional<std::string>& status, bool privileged);

} // namespace nfsieve
