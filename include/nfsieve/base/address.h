// SPDX-License-Identifier: GPL-2.0-or-later
// IPv4 and IPv6 addresses in one type, and prefixes of them.
#pragma once

#include "nfsieve/base/result.h"

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace nfsieve {

/// An IP address in network byte order. IPv4 is held as an IPv4-mapped IPv6 address (RFC 4291
/// section 2.5.5.2), so that one comparison serves both families; `is_v4` tells them apart in print.
struct Address {
    std::array<std::uint8_t, 16> bytes{};

    auto operator<=>(const Address&) const = default;

    /// From four bytes in network order.
    [[nodiscard]] static Address v4(const std::uint8_t* four);
    /// From sixteen bytes in network order.
    [[nodiscard]] static Address v6(const std::uint8_t* sixteen);
    [[nodiscard]] bool is_v4() const;
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
