// SPDX-License-Identifier: GPL-2.0-or-later
// TCP segments as plain values, and their bytes on the wire. The model receiver and the sender read the
// values, the engine and the real receiver the bytes: no code of the product's decides what a segment says.
#pragma once

#include "nfsieve/base/bytes.h"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace nfsieve::evasion {

namespace flag {
inline constexpr std::uint8_t fin = 1, syn = 2, rst = 4, psh = 8, ack = 16, urg = 32, ece = 64, cwr = 128;
}

/// RFC 9293 section 3.4: comparison modulo 2^32.
[[nodiscard]] constexpr bool before(std::uint32_t a, std::uint32_t b) {
    return static_cast<std::int32_t>(a - b) < 0;
}
[[nodiscard]] constexpr bool after(std::uint32_t a, std::uint32_t b) {
    return before(b, a);
}

struct Timestamps {
    std::uint32_t value = 0, echo = 0;
};
struct Block {
    std::uint32_t begin = 0, end = 0;
};

/// Hop limits of packets that arrive, and of those that something behind the gateway drops (test_real.py sets
/// it up).
inline constexpr std::uint8_t long_way = 64, short_way = 5;

struct WireSegment {
    std::uint32_t sequence = 0, acknowledgment = 0;
    std::uint8_t flags = 0;
    std::uint16_t window = 64240;
    std::uint16_t urgent_pointer = 0;
    std::uint8_t hop_limit = long_way;
    bool good_checksum = true;
    std::optional<Timestamps> timestamps;
    std::optional<std::uint8_t> window_scale;
    std::optional<std::uint16_t> mss;
    bool sack_permitted = false;
    bool md5 = false;     ///< an MD5 signature (RFC 2385) that nobody has agreed on
    bool unknown = false; ///< an option of a kind that nobody knows
    std::uint8_t block_count = 0;
    std::array<Block, 3> blocks{}; ///< SACK
    Bytes payload;                 ///< borrowed

    [[nodiscard]] bool has(std::uint8_t bits) const { return (flags & bits) != 0; }
    /// Behind payload, SYN and FIN.
    [[nodiscard]] std::uint32_t end() const {
        return sequence + static_cast<std::uint32_t>(payload.size()) + (has(flag::syn) ? 1U : 0U) +
               (has(flag::fin) ? 1U : 0U);
    }
};

/// Where a segment goes from and to: raw addresses, 4 or 16 bytes each.
struct Ends {
    std::array<std::uint8_t, 16> source{}, target{};
    std::uint16_t source_port = 0, target_port = 0;
    bool v6 = false;

    [[nodiscard]] Ends turned() const { return {target, source, target_port, source_port, v6}; }
};

/// The packet from its IP header on, at the end of `out` after it was cleared.
void encode(const WireSegment& segment, const Ends& ends, std::vector<std::uint8_t>& out);

/// Reads a packet that a Linux receiver sent: no extension headers, known options. The payload is borrowed.
/// Nothing where it is no TCP.
struct Received {
    Ends ends;
    WireSegment segment;
};
[[nodiscard]] std::optional<Received> parse(Bytes packet);

} // namespace nfsieve::evasion
