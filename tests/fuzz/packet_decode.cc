// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as a captured frame: the first byte chooses the link type. What decode() calls a whole segment
// must keep the promises of its header.
#include "nfsieve/packet/checksum.h"
#include "nfsieve/packet/decode.h"
#include "nfsieve/packet/flow_key.h"
#include "nfsieve/packet/link.h"

#include <cstdlib>

namespace {

void require(bool promise) {
    if (!promise)
        std::abort();
}

bool within(nfsieve::Bytes part, nfsieve::Bytes whole) {
    return part.empty() ||
           (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void check(nfsieve::Bytes packet) {
    using namespace nfsieve;
    const Decoded decoded = decode(packet);
    const Segment& segment = decoded.segment;
    require((decoded.status == DecodeStatus::malformed) == (decoded.malformed != Malformed::none));
    require(within(segment.packet, packet));
    require(within(segment.payload, segment.packet));
    if (decoded.status == DecodeStatus::tcp) {
        require(segment.payload.size() == segment.payload_length);
        (void)checksums_valid(segment);
    }
    if (decoded.status == DecodeStatus::truncated)
        require(segment.payload.size() < segment.payload_length);
    const KeyedSegment keyed = flow_key(segment, 1);
    require(keyed.key.low <= keyed.key.high);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static constexpr int link_types[] = {0, 1, 12, 108, 113, 228, 229, 276};
    if (size == 0)
        return 0;
    const nfsieve::Bytes frame(data + 1, size - 1);
    check(frame);
    if (const auto view = nfsieve::strip_link(link_types[data[0] % std::size(link_types)], frame))
        check(view->network);
    return 0;
}
