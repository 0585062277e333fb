// SPDX-License-Identifier: GPL-2.0-or-later
// Which rules can concern which server port.
#pragma once

#include "nfsieve/rules/rule_set.h"

namespace nfsieve {

/// Ports that the same rules are about.
struct PortClass {
    std::vector<PortRange> ports;
    std::vector<std::uint32_t> rules; ///< ascending, not empty
};

/// Partitions the ports that `members` (indices into `rules`, ascending) are about by the rules that apply.
/// Gives one class with all members, for the ports of any of them, where there would be more than `most`.
[[nodiscard]] std::vector<PortClass>
classify_ports(std::span<const Rule> rules, const std::vector<std::uint32_t>& members, std::size_t most);

/// One class with all members.
[[nodiscard]] std::vector<PortClass> one_class(std::span<const Rule> rules,
                                               const std::vector<std::uint32_t>& members);

} // namespace nfsieve
