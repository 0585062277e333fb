// SPDX-License-Identifier: GPL-2.0-or-later
// Names of bits and counters as numbers.
#pragma once

#include <cstdint>
#include <string_view>

namespace nfsieve {

/// FNV-1a, 64 bits. Names come from rules, not from packets.
[[nodiscard]] constexpr std::uint64_t name_hash(std::string_view name) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : name) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 0x100000001b3;
    }
    return hash;
}

} // namespace nfsieve
