// SPDX-License-Identifier: GPL-2.0-or-later
// A run of NFQUEUE numbers, one worker each.
#pragma once

#include "nfsieve/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace nfsieve {

/// More workers than this is a slip of the pen.
inline constexpr std::uint32_t max_queues = 256;

struct QueueRange {
    std::uint16_t first = 0;
    std::uint16_t count = 1;
    bool operator==(const QueueRange&) const = default;
    /// "2" or "0-3".
    [[nodiscard]] std::string to_string() const;
};

/// Reads "2" or "0-3" (both ends included, at most 65535, at most max_queues numbers).
[[nodiscard]] Result<QueueRange> parse_queue_range(std::string_view text);

} // namespace nfsieve
