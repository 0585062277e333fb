// SPDX-License-Identifier: GPL-2.0-or-later
#include "port_algebra.h"

#include <algorithm>

namespace nfsieve {
namespace {

/// Sorted, and merged where they touch.
std::vector<PortRange> united(std::vector<PortRange> ranges) {
    std::sort(ranges.begin(), ranges.end());
    std::vector<PortRange> merged;
    for (const PortRange& range : ranges) {
        if (!merged.empty() && range.first <= merged.back().last + 1)
            merged.back().last = std::max(merged.back().last, range.last);
        else
            merged.push_back(range);
    }
    return merged;
}

/// All ports that are in none of the united ranges.
std::vector<PortRange> others(const std::vector<PortRange>& ranges) {
    std::vector<PortRange> gaps;
    unsigned next = 0;
    for (const PortRange& range : ranges) {
        if (range.first > next)
            gaps.push_back({static_cast<std::uint16_t>(next), static_cast<std::uint16_t>(range.first - 1)});
        next = range.last + 1U;
    }
    if (next <= 65535)
        gaps.push_back({static_cast<std::uint16_t>(next), 65535});
    return gaps;
}

} // namespace

std::optional<PortSet> ports_left(std::vector<PortRange> included, const std::vector<PortRange>& excluded) {
    if (included.empty())
        included.push_back({});
    std::vector<PortRange> left_out = others(united(std::move(included)));
    left_out.insert(left_out.end(), excluded.begin(), excluded.end());
    PortSet result;
    result.ranges = others(united(std::move(left_out)));
    if (result.ranges.empty())
        return std::nullopt;
    if (result.ranges.front() == PortRange{})
        result.ranges.clear(); // any
    return result;
}

std::vector<PortRange> ranges_of(const PortSet& set) {
    return set.ranges.empty() ? std::vector<PortRange>{PortRange{}} : set.ranges;
}

} // namespace nfsieve
