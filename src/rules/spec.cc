// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/rules/spec.h"

#include <algorithm>

namespace nfsieve {

bool PortSet::finds(std::uint16_t port) const {
    const auto behind =
        std::upper_bound(ranges.begin(), ranges.end(), port,
                         [](std::uint16_t p, const PortRange& range) { return p < range.first; });
    return behind != ranges.begin() && port <= std::prev(behind)->last;
}

bool AddressSet::finds(const Address& address) const {
    const auto holds = [&](const Prefix& prefix) { return prefix.contains(address); };
    return (include.empty() || std::any_of(include.begin(), include.end(), holds)) &&
           std::none_of(exclude.begin(), exclude.end(), holds);
}

std::string RuleError::to_string() const {
    std::string text = place.file;
    if (place.line != 0)
        text += ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
    text += ": ";
    if (!rule.empty())
        text += "rule " + rule + ": ";
    return text + message;
}

} // namespace nfsieve
