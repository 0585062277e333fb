// SPDX-License-Identifier: GPL-2.0-or-later
// Counters as an event line and as words.
#pragma once

#include "nfsieve/base/time.h"
#include "nfsieve/telemetry/counters.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace nfsieve {

/// What a stats event says beside the counters.
struct StatsContext {
    Time now;
    Duration uptime{};
    std::uint32_t queues = 0;
    std::size_t rules = 0;
    std::uint64_t generation = 0;     ///< of the rule set in force, from 1
    std::uint64_t reloads_failed = 0; ///< that left the old set in force
};

/// One line of JSON without the newline, an EVE event of type "stats": every counter, zeros too.
[[nodiscard]] std::string stats_event(const CounterValues& counters, const StatsContext& context);

/// "packets=12 bytes=3400 …": the counters that are not zero, and packets in any case.
[[nodiscard]] std::string stats_text(const CounterValues& counters);

} // namespace nfsieve
