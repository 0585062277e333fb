// SPDX-License-Identifier: GPL-2.0-or-later
// The clock of live sources.
#pragma once

#include "nfsieve/base/time.h"

namespace nfsieve {

/// The time since the machine was started, suspended or not (CLOCK_BOOTTIME, clock_gettime(2)). Unlike the
/// wall clock it is never set. Any thread; as cheap as the wall clock.
[[nodiscard]] Time uptime();

} // namespace nfsieve
