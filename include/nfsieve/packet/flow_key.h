// SPDX-License-Identifier: GPL-2.0-or-later
// What makes two packets belong to one connection.
#pragma once

#include "nfsieve/packet/decode.h"

#include <compare>

namespace nfsieve {

/// The unordered address pair of a connection: the lesser (address, port) stands first, so that both
/// directions have the same key. `zone` is the VLAN or conntrack zone, 0 where unknown.
struct FlowKey {
    Address low, high;
    std::uint16_t low_port = 0, high_port = 0;
    std::uint32_t zone = 0;

    auto operator<=>(const FlowKey&) const = default;
};

/// The key of a segment, and whether its sender is the key's `low` end.
struct KeyedSegment {
    FlowKey key;
    bool from_low = false;
};

[[nodiscard]] inline KeyedSegment flow_key(const Segment& segment, std::uint32_t zone) {
    const auto order = segment.source <=> segment.destination;
    if (order < 0 || (order == 0 && segment.source_port <= segment.destination_port))
        return {{segment.source, segment.destination, segment.source_port, segment.destination_port, zone},
                true};
    return {{segment.destination, segment.source, segment.destination_port, segment.source_port, zone},
            false};
}

} // namespace nfsieve
