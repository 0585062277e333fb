// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/packet/reset.h"

#include "nfsieve/packet/checksum.h"

#include <algorithm>
#include <netinet/in.h>
#include <span>

namespace nfsieve {
namespace {

constexpr std::size_t ipv4_header = 20;
constexpr std::size_t ipv6_header = 40;
constexpr std::size_t tcp_header = 20;
constexpr std::uint8_t hop_limit = 64;
constexpr std::uint16_t dont_fragment = 0x4000;

void write_ipv4(std::uint8_t* at, const ResetRequest& request) {
    at[0] = 0x45;
    store_be16(at + 2, ipv4_header + tcp_header);
    store_be16(at + 6, dont_fragment);
    at[8] = hop_limit;
    at[9] = IPPROTO_TCP;
    std::copy_n(&request.source.bytes[12], 4, at + 12);
    std::copy_n(&request.destination.bytes[12], 4, at + 16);
    store_be16(at + 10, static_cast<std::uint16_t>(~ones_sum(Bytes(at, ipv4_header))));
}

void write_ipv6(std::uint8_t* at, const ResetRequest& request) {
    at[0] = 0x60;
    store_be16(at + 4, tcp_header);
    at[6] = IPPROTO_TCP;
    at[7] = hop_limit;
    std::copy_n(request.source.bytes.data(), 16, at + 8);
    std::copy_n(request.destination.bytes.data(), 16, at + 24);
}

void write_tcp(std::uint8_t* at, const ResetRequest& request) {
    store_be16(at, request.source_port);
    store_be16(at + 2, request.destination_port);
    store_be32(at + 4, request.sequence);
    store_be32(at + 8, request.acknowledgment);
    at[12] = tcp_header / 4 << 4;
    at[13] = tcp_flag::rst | tcp_flag::ack;
    const std::uint16_t pseudo = pseudo_header_sum(request.source, request.destination, tcp_header);
    store_be16(at + 16, static_cast<std::uint16_t>(~ones_sum(Bytes(at, tcp_header), pseudo)));
}

} // namespace

ResetPacket build_reset(const ResetRequest& request) {
    ResetPacket packet;
    std::uint8_t* const at = packet.data.data();
    const bool v4 = request.source.is_v4();
    const std::size_t network_header = v4 ? ipv4_header : ipv6_header;
    if (v4)
        write_ipv4(at, request);
    else
        write_ipv6(at, request);
    write_tcp(at + network_header, request);
    packet.size = network_header + tcp_header;
    return packet;
}

} // namespace nfsieve
