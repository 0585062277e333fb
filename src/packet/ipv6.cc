// SPDX-License-Identifier: GPL-2.0-or-later
#include "header_reader.h"

#include <algorithm>
#include <netinet/in.h>

namespace nfsieve {
namespace {

constexpr std::size_t fixed_header = 40;
constexpr int most_extensions = 16;
constexpr std::size_t fragment_header = 8;

bool is_extension(std::uint8_t protocol) {
    return protocol == IPPROTO_HOPOPTS || protocol == IPPROTO_ROUTING || protocol == IPPROTO_DSTOPTS ||
           protocol == IPPROTO_FRAGMENT || protocol == IPPROTO_AH;
}

/// Size of the extension header at `at`, by its own length field (RFC 8200 section 4, RFC 4302 section 2.2).
std::size_t extension_size(std::uint8_t protocol, const std::uint8_t* at) {
    if (protocol == IPPROTO_FRAGMENT)
        return fragment_header;
    return protocol == IPPROTO_AH ? (std::size_t{at[1]} + 2) * 4 : (std::size_t{at[1]} + 1) * 8;
}

/// A packet that has still to visit other addresses does not name its receiver where we look for it: it
/// would be taken for another connection.
bool has_segments_left(std::uint8_t protocol, const std::uint8_t* at) {
    return protocol == IPPROTO_ROUTING && at[3] != 0;
}

} // namespace

NetworkHeader read_ipv6(Bytes packet, Segment& segment) {
    NetworkHeader header;
    if (packet.size() < fixed_header) {
        header.malformed = Malformed::short_ip_header;
        return header;
    }
    segment.v4 = false;
    segment.hop_limit = packet[7];
    segment.source = Address::v6(&packet[8]);
    segment.destination = Address::v6(&packet[24]);
    header.protocol = packet[6];
    header.size = fixed_header;
    const std::uint16_t payload_length = load_be16(&packet[4]);
    header.claimed = fixed_header + payload_length;

    const std::size_t end = std::min(packet.size(), header.claimed);
    if (segment.source.is_v4() || segment.destination.is_v4()) {
        header.malformed = Malformed::mapped_address;
        return header;
    }
    header.malformed = Malformed::ipv6_extensions;
    if (payload_length == 0 && header.protocol == IPPROTO_HOPOPTS)
        return header; // a jumbogram (RFC 2675), or a length that lies
    for (int seen = 0; is_extension(header.protocol); ++seen) {
        const std::uint8_t* const at = packet.data() + header.size;
        const bool misplaced = header.protocol == IPPROTO_HOPOPTS && seen != 0;
        if (seen == most_extensions || misplaced || end - header.size < 8)
            return header;
        const std::size_t size = extension_size(header.protocol, at);
        if (end - header.size < size || has_segments_left(header.protocol, at))
            return header;
        const bool part = header.protocol == IPPROTO_FRAGMENT && (load_be16(at + 2) & 0xfff9) != 0;
        header.protocol = at[0];
        header.size += size;
        if (part) {
            header.malformed = Malformed::none;
            header.status = DecodeStatus::fragment;
            return header;
        }
    }
    header.malformed = Malformed::none;
    header.status = header.protocol == IPPROTO_TCP ? DecodeStatus::tcp : DecodeStatus::other_protocol;
    return header;
}

} // namespace nfsieve
