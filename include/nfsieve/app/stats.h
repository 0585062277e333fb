// SPDX-License-Identifier: GPL-2.0-or-later
// Counters in words.
#pragma once

#include "nfsieve/telemetry/counters.h"

#include <string>

namespace nfsieve {

/// "packets=12 bytes=3400 …": the counters that are not zero, and packets in any case.
[[nodiscard]] std::string stats_text(const CounterValues& counters);

} // namespace nfsieve
