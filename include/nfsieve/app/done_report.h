// SPDX-License-Identifier: GPL-2.0-or-later
// When flows are done and left to the kernel, in words: for `nfsieve check`.
#pragma once

#include "nfsieve/rules/rule_set.h"

#include <string>
#include <vector>

namespace nfsieve {

/// Of the connections to some server ports.
struct DonePorts {
    std::string ports;                ///< "25, 8000-8100"
    std::string when;                 ///< "at the handshake", "never: rule x (rules.json:3:5) …"
    std::vector<std::string> keepers; ///< ids of the rules that keep them
};

/// All ports, those that are alike together. For connections between any ends: where rules name addresses,
/// others may be done earlier. `depth`: bytes that are inspected in each direction; no_limit: all.
[[nodiscard]] std::vector<DonePorts> done_report(const RuleSet& rules, std::uint64_t depth);

} // namespace nfsieve
