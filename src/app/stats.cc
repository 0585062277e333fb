// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/stats.h"

namespace nfsieve {

std::string stats_text(const CounterValues& counters) {
    std::string text = "packets=" + std::to_string(counters[Counter::packets]);
    for (std::size_t i = 0; i < counter_count; ++i) {
        if (counters.values[i] != 0 && static_cast<Counter>(i) != Counter::packets)
            text +=
                std::string(" ") + name(static_cast<Counter>(i)) + "=" + std::to_string(counters.values[i]);
    }
    return text;
}

} // namespace nfsieve
