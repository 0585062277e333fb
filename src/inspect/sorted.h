// SPDX-License-Identifier: GPL-2.0-or-later
// Small sets as ascending vectors.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace nfsieve {

[[nodiscard]] inline bool contains(const std::vector<std::uint32_t>& sorted, std::uint32_t value) {
    return std::binary_search(sorted.begin(), sorted.end(), value);
}

/// False where it is there already.
[[nodiscard]] inline bool insert(std::vector<std::uint32_t>& sorted, std::uint32_t value) {
    const auto at = std::lower_bound(sorted.begin(), sorted.end(), value);
    if (at != sorted.end() && *at == value)
        return false;
    sorted.insert(at, value);
    return true;
}

} // namespace nfsieve
