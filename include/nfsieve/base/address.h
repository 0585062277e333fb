// SPDX-License-Identifier: GPL-2.0-or-later
// IPv4 and IPv6 addresses in one type, and prefixes of them.
#pragma once

#include "nfsieve/base/result.h"

#include <algorithm>
#include <array>
#include <bit>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace nfsieve {

/// An IP address in network byte order. IPv4 is held as an IPv4-mapped IPv6 address (RFC 4291
/// section 2.5.5.2), so that one comparison serves both families; `is_v4` tells them apart in print.
struct Address {
    std::array<std::uint8_t, 16> bytes{};

    // Word by word: each packet compares addresses, and for 16 bytes a call costs more than it does.
    bool operator==(const Address& other) const {
        const auto [first, second] = words();
        const auto [first_of_other, second_of_other] = other.words();
        return first == first_of_other && second == second_of_other;
    }
    /// In network order, as numbers.
    std::strong_ordering operator<=>(const Address& other) const {
        const auto [first, second] = words();
        const auto [first_of_other, second_of_other] = other.words();
        return first != first_of_other ? __builtin_bswap64(first) <=> __builtin_bswap64(first_of_other)
                                       : __builtin_bswap64(second) <=> __builtin_bswap64(second_of_other);
    }

    /// From four bytes in network order.
    [[nodiscard]] static Address v4(const std::uint8_t* four) {
        Address address;
        address.bytes[10] = address.bytes[11] = 0xff;
        std::copy_n(four, 4, address.bytes.begin() + 12);
        return address;
    }
    /// From sixteen bytes in network order.
    [[nodiscard]] static Address v6(const std::uint8_t* sixteen) {
        Address address;
        std::copy_n(sixteen, 16, address.bytes.begin());
        return address;
    }
    [[nodiscard]] bool is_v4() const {
        const auto [first, second] = words();
        return first == 0 && (second & 0xffffffffU) == 0xffff0000U;
    }
    /// Both halves as they lie in memory, the first byte lowest.
    [[nodiscard]] std::array<std::uint64_t, 2> words() const {
        static_assert(std::endian::native == std::endian::little);
        return std::bit_cast<std::array<std::uint64_t, 2>>(bytes);
    }
    /// As inet_ntop(3) prints it.
    [[nodiscard]] std::string to_string() const;
};

/// An address block. `length` counts bits of the 128-bit form: an IPv4 /24 has length 120.
struct Prefix {
    Address address;
    std::uint8_t length = 128;

    auto operator<=>(const Prefix&) const = default;
    [[nodiscard]] bool contains(const Address& address) const;
};

/// Reads "10.0.0.0/8", "10.1.2.3", "fd00::/8" or "::1". Refuses host bits set beyond the length, naming the
/// block that was probably meant.
[[nodiscard]] Result<Prefix> parse_prefix(std::string_view text);

} // namespace nfsieve
