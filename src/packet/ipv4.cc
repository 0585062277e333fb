// SPDX-License-Identifier: GPL-2.0-or-later
#include "header_reader.h"

#include <netinet/in.h>

namespace nfsieve {
namespace {

constexpr std::size_t minimum_header = 20;
constexpr std::uint16_t more_fragments_or_offset = 0x3fff;

} // namespace

NetworkHeader read_ipv4(Bytes packet, Segment& segment) {
    NetworkHeader header;
    const std::size_t header_size = packet.empty() ? 0 : std::size_t{packet[0] & 0x0fU} * 4;
    if (packet.size() < minimum_header || header_size < minimum_header || header_size > packet.size()) {
        header.malformed = Malformed::short_ip_header;
        return header;
    }
    segment.v4 = true;
    segment.hop_limit = packet[8];
    segment.source = Address::v4(&packet[12]);
    segment.destination = Address::v4(&packet[16]);
    header.protocol = packet[9];
    header.size = header_size;
    // The kernel leaves 0 where a GSO packet does not fit into 16 bits (iph_totlen() in include/linux/ip.h).
    const std::uint16_t total_length = load_be16(&packet[2]);
    header.claimed = total_length == 0 ? packet.size() : total_length;
    if (header.claimed < header_size) {
        header.malformed = Malformed::bad_total_length;
        return header;
    }
    if ((load_be16(&packet[6]) & more_fragments_or_offset) != 0)
        header.status = DecodeStatus::fragment;
    else
        header.status = header.protocol == IPPROTO_TCP ? DecodeStatus::tcp : DecodeStatus::other_protocol;
    return header;
}

} // namespace nfsieve
