// SPDX-License-Identifier: GPL-2.0-or-later
// Time is an argument: nothing below the sources reads a clock. A live source passes uptime(), a capture
// passes the time stamps of its packets.
#pragma once

#include <chrono>
#include <cstdint>

namespace nfsieve {

using Duration = std::chrono::nanoseconds;

/// Nanoseconds since the Unix epoch, or by uptime() since the machine's start.
using Time = std::chrono::time_point<std::chrono::system_clock, Duration>;

} // namespace nfsieve
