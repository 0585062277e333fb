// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/packet/checksum.h"

#include <bit>
#include <cstring>
#include <netinet/in.h>

namespace nfsieve {
namespace {

template <class Word>
Word load_native(const std::uint8_t* at) {
    Word word;
    std::memcpy(&word, at, sizeof word);
    return word;
}

std::uint16_t fold(std::uint64_t sum) {
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(sum);
}

std::uint16_t from_network(std::uint16_t value) {
    if constexpr (std::endian::native == std::endian::little)
        return static_cast<std::uint16_t>((value << 8) | (value >> 8));
    else
        return value;
}

/// The sum of 16-bit words in the machine's own byte order, which is the swapped sum (RFC 1071 section 2 B).
std::uint16_t native_sum(Bytes bytes) {
    const std::uint8_t* at = bytes.data();
    std::size_t left = bytes.size();
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    for (; left >= 8; at += 8, left -= 8) {
        const auto word = load_native<std::uint64_t>(at);
        low += word & 0xffffffff;
        high += word >> 32;
    }
    std::uint64_t sum = std::uint64_t{fold(low)} + fold(high);
    for (; left >= 2; at += 2, left -= 2)
        sum += load_native<std::uint16_t>(at);
    if (left != 0) {
        const std::uint8_t padded[2] = {*at, 0};
        sum += load_native<std::uint16_t>(padded);
    }
    return fold(sum);
}

} // namespace

std::uint16_t ones_sum(Bytes bytes, std::uint32_t start) {
    return fold(std::uint64_t{from_network(native_sum(bytes))} + start);
}

std::uint16_t pseudo_header_sum(const Address& source, const Address& destination, std::size_t tcp_length) {
    // The prefix of an IPv4-mapped address is one word of ones, which is zero in this arithmetic.
    return fold(std::uint64_t{ones_sum(source.bytes)} + ones_sum(destination.bytes) + IPPROTO_TCP +
                tcp_length);
}

bool checksums_valid(const Segment& segment) {
    if (segment.v4) {
        const std::size_t header_size = std::size_t{segment.packet[0] & 0x0fU} * 4;
        if (ones_sum(segment.packet.first(header_size)) != 0xffff)
            return false;
    }
    const Bytes tcp = segment.packet.subspan(segment.tcp_offset);
    return ones_sum(tcp, pseudo_header_sum(segment.source, segment.destination, tcp.size())) == 0xffff;
}

} // namespace nfsieve
