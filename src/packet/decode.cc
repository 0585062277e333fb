// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/packet/decode.h"

#include "header_reader.h"

#include <algorithm>

namespace nfsieve {
namespace {

constexpr std::size_t minimum_tcp_header = 20;

Malformed read_tcp(Bytes tcp, std::size_t claimed, Segment& segment) {
    if (tcp.size() < minimum_tcp_header)
        return Malformed::short_tcp_header;
    segment.source_port = load_be16(&tcp[0]);
    segment.destination_port = load_be16(&tcp[2]);
    segment.sequence = load_be32(&tcp[4]);
    segment.acknowledgment = load_be32(&tcp[8]);
    segment.flags = tcp[13];
    segment.window = load_be16(&tcp[14]);
    segment.urgent_pointer = load_be16(&tcp[18]);
    const std::size_t header_size = std::size_t{tcp[12]} / 16 * 4;
    if (header_size < minimum_tcp_header || header_size > tcp.size())
        return Malformed::bad_data_offset;
    segment.payload = tcp.subspan(header_size);
    segment.payload_length = static_cast<std::uint32_t>(claimed - header_size);
    const Bytes options = tcp.subspan(minimum_tcp_header, header_size - minimum_tcp_header);
    return read_tcp_options(options, segment.options) ? Malformed::none : Malformed::bad_tcp_option;
}

} // namespace

const char* name(Malformed why) {
    switch (why) {
    case Malformed::none:
        return "none";
    case Malformed::short_ip_header:
        return "short_ip_header";
    case Malformed::bad_version:
        return "bad_version";
    case Malformed::bad_total_length:
        return "bad_total_length";
    case Malformed::ipv6_extensions:
        return "ipv6_extensions";
    case Malformed::short_tcp_header:
        return "short_tcp_header";
    case Malformed::bad_data_offset:
        return "bad_data_offset";
    case Malformed::bad_tcp_option:
        return "bad_tcp_option";
    case Malformed::mapped_address:
        return "mapped_address";
    }
    return "unknown";
}

Decoded decode(Bytes packet) {
    Decoded decoded;
    const unsigned version = packet.empty() ? 0 : packet[0] >> 4;
    if (version != 4 && version != 6) {
        decoded.malformed = packet.empty() ? Malformed::short_ip_header : Malformed::bad_version;
        return decoded;
    }
    Segment& segment = decoded.segment;
    const NetworkHeader header = version == 4 ? read_ipv4(packet, segment) : read_ipv6(packet, segment);
    decoded.status = header.status;
    decoded.malformed = header.malformed;
    decoded.protocol = header.protocol;
    if (header.status == DecodeStatus::malformed)
        return decoded;

    segment.packet = packet.first(std::min(packet.size(), header.claimed));
    if (header.status != DecodeStatus::tcp)
        return decoded;

    segment.tcp_offset = static_cast<std::uint32_t>(header.size);
    const Bytes tcp = segment.packet.subspan(header.size);
    decoded.malformed = read_tcp(tcp, header.claimed - header.size, segment);
    if (decoded.malformed != Malformed::none)
        decoded.status = DecodeStatus::malformed;
    else if (segment.payload.size() < segment.payload_length)
        decoded.status = DecodeStatus::truncated;
    return decoded;
}

} // namespace nfsieve
