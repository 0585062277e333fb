// SPDX-License-Identifier: GPL-2.0-or-later
// Sends hand-made resets through raw sockets (CAP_NET_RAW).
#pragma once

#include "nfsieve/base/result.h"
#include "nfsieve/engine/judge.h"

#include <memory>

namespace nfsieve {

/// Raw IPv4 and IPv6 sockets with IP_HDRINCL, non-blocking, SO_MARK `own_mark` so that the nftables rules let
/// the resets by. Fails in words where CAP_NET_RAW is missing.
[[nodiscard]] Result<std::unique_ptr<ResetSink>> open_reset_socket(std::uint32_t own_mark);

} // namespace nfsieve
