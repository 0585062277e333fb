// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/stats.h"

#include <array>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

namespace nfsieve {

namespace {

/// As EVE writes time: 2024-05-01T10:20:30.123456+0000.
std::string timestamp(Time time) {
    const auto since_epoch = time.time_since_epoch();
    const auto seconds = std::chrono::floor<std::chrono::seconds>(since_epoch);
    const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(since_epoch - seconds);
    const std::time_t whole = seconds.count();
    std::tm parts{};
    ::gmtime_r(&whole, &parts);
    std::array<char, 64> text{};
    const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
    std::snprintf(text.data() + length, text.size() - length, ".%06ld+0000",
                  static_cast<long>(microseconds.count()));
    return text.data();
}

} // namespace

std::string stats_event(const CounterValues& counters, const StatsContext& context) {
    nlohmann::ordered_json stats{
        {"uptime", std::chrono::duration_cast<std::chrono::seconds>(context.uptime).count()},
        {"queues", context.queues},
        {"rules", context.rules},
        {"generation", context.generation},
        {"reloads_failed", context.reloads_failed},
    };
    for (std::size_t i = 0; i < counter_count; ++i)
        stats[name(static_cast<Counter>(i))] = counters.values[i];
    const nlohmann::ordered_json event{
        {"timestamp", timestamp(context.now)}, {"event_type", "stats"}, {"stats", std::move(stats)}};
    return event.dump();
}

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
