// SPDX-License-Identifier: GPL-2.0-or-later
// Netlink messages for tests, written byte by byte.
#pragma once

#include "packets.h"

#include <cstring>
#include <string_view>

namespace nfsieve::test {

inline Buffer be16(std::uint32_t value) {
    return {static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)};
}

inline Buffer be32(std::uint32_t value) {
    Buffer bytes = be16(value >> 16);
    const Buffer low = be16(value);
    bytes.insert(bytes.end(), low.begin(), low.end());
    return bytes;
}

inline void append(Buffer& to, const Buffer& more) {
    to.insert(to.end(), more.begin(), more.end());
}

/// Lengths and types are in the machine's byte order.
template <class Number>
void append_native(Buffer& to, Number number) {
    const std::size_t at = to.size();
    to.resize(at + sizeof number);
    std::memcpy(&to[at], &number, sizeof number);
}

/// An attribute, padded.
inline Buffer attribute(std::uint16_t type, const Buffer& value) {
    Buffer bytes;
    append_native(bytes, static_cast<std::uint16_t>(value.size() + 4));
    append_native(bytes, type);
    append(bytes, value);
    bytes.resize((bytes.size() + 3) / 4 * 4);
    return bytes;
}

inline Buffer operator+(Buffer left, const Buffer& right) {
    append(left, right);
    return left;
}

/// A netlink message around `body`, without padding behind it.
inline Buffer netlink(std::uint16_t type, const Buffer& body, std::uint32_t sequence = 0) {
    Buffer bytes;
    append_native(bytes, static_cast<std::uint32_t>(body.size() + 16));
    append_native(bytes, type);
    append_native(bytes, std::uint16_t{0});
    append_native(bytes, sequence);
    append_native(bytes, std::uint32_t{0});
    append(bytes, body);
    return bytes;
}

/// NFQNL_MSG_PACKET of queue 7 with these attributes.
inline Buffer queue_packet(const Buffer& attributes) {
    return netlink(3 << 8 | 0, Buffer{2, 0, 0, 7} + attributes);
}

} // namespace nfsieve::test
