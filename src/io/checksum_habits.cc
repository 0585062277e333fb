// SPDX-License-Identifier: GPL-2.0-or-later
#include "checksum_habits.h"

#include "nfsieve/packet/checksum.h"

#include <functional>

namespace nfsieve {
namespace {

constexpr std::size_t most_senders = 1'000'000;
constexpr std::size_t checksum_at = 16; // in the TCP header

bool is_leftover(const Segment& segment) {
    const std::size_t tcp_size = segment.packet.size() - segment.tcp_offset;
    const std::uint16_t field = load_be16(&segment.packet[segment.tcp_offset + checksum_at]);
    return field == pseudo_header_sum(segment.source, segment.destination, tcp_size) ||
           field == pseudo_header_sum(segment.source, segment.destination, 0);
}

} // namespace

std::size_t ChecksumHabits::AddressHash::operator()(const Address& address) const {
    return std::hash<std::string_view>{}(as_text(address.bytes));
}

bool ChecksumHabits::really_wrong(Bytes packet) {
    const Decoded decoded = decode(packet);
    if (decoded.status != DecodeStatus::tcp)
        return false;
    if (checksums_valid(decoded.segment)) {
        if (careful_senders_.size() < most_senders)
            careful_senders_.insert(decoded.segment.source);
        return false;
    }
    return careful_senders_.count(decoded.segment.source) != 0 && !is_leftover(decoded.segment);
}

} // namespace nfsieve
