// SPDX-License-Identifier: GPL-2.0-or-later
// The nftables rules that go with a configuration.
#pragma once

#include "nfsieve/app/config.h"

#include <string>

namespace nfsieve {

/// Text for `nft -f -`: for the forward hook the rules of nftables/gateway.nft, for input and output those of
/// nftables/host.nft, with this configuration's interfaces, ports, queues and mark bits. Loading it again
/// replaces the rules in one step, without a flush of the queues.
[[nodiscard]] std::string nft_ruleset(const SealedConfig& config);

} // namespace nfsieve
