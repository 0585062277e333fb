// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/packet/flow_key.h"

#include <tuple>

namespace nfsieve {

KeyedSegment flow_key(const Segment& segment, std::uint32_t zone) {
    KeyedSegment keyed;
    keyed.from_low = std::tie(segment.source, segment.source_port) <=
                     std::tie(segment.destination, segment.destination_port);
    if (keyed.from_low)
        keyed.key = {segment.source, segment.destination, segment.source_port, segment.destination_port,
                     zone};
    else
        keyed.key = {segment.destination, segment.source, segment.destination_port, segment.source_port,
                     zone};
    return keyed;
}

} // namespace nfsieve
