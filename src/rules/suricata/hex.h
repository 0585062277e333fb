// SPDX-License-Identifier: GPL-2.0-or-later
// Hexadecimal digits.
#pragma once

#include <optional>

namespace nfsieve::suricata {

/// The value of a digit in either case; nothing for another character.
[[nodiscard]] constexpr std::optional<unsigned> hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f')
        return static_cast<unsigned>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F')
        return static_cast<unsigned>(c - 'A' + 10);
    return std::nullopt;
}

} // namespace nfsieve::suricata
