// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/base/uptime.h"

#include <ctime>

namespace nfsieve {

Time uptime() {
    timespec now{};
    ::clock_gettime(CLOCK_BOOTTIME, &now);
    return Time(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
}

} // namespace nfsieve
