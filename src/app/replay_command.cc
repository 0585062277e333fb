// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/commands.h"
#include "nfsieve/app/rule_reload.h"
#include "nfsieve/app/rule_set_store.h"
#include "nfsieve/telemetry/event_writer.h"
#include "no_events.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <ostream>

namespace nfsieve {

namespace {

int complain(const Streams& streams, const std::string& message) {
    streams.err << "nfsieve: " << message << "\n";
    return 1;
}

int complain(const Streams& streams, const std::vector<RuleError>& errors) {
    for (const RuleError& error : errors)
        streams.err << error.to_string() << "\n";
    return 1;
}

std::string summary(const CaptureTotals& totals, const CounterValues& counters, double seconds) {
    const double gigabits = seconds > 0 ? static_cast<double>(totals.bytes) * 8 / seconds / 1e9 : 0;
    std::array<char, 64> speed{};
    std::snprintf(speed.data(), speed.size(), "time=%.3fs %.2f Gbit/s", seconds, gigabits);
    const auto number = [&](Counter counter) { return std::to_string(counters[counter]); };
    return "packets=" + std::to_string(totals.frames) + " bytes=" + std::to_string(totals.bytes) +
           " flows=" + number(Counter::flows) + " matches=" + number(Counter::matches) +
           " drops=" + std::to_string(totals.dropped) + " " + speed.data();
}

/// A new file, unlike the daemon's; nothing for an empty name. A replay waits for its disk and loses no
/// event.
Result<std::unique_ptr<EventWriter>> open_events(const std::string& file,
                                                 std::function<void(const std::string&)> report) {
    if (file.empty())
        return std::unique_ptr<EventWriter>();
    if (std::error_code ignored; std::filesystem::is_regular_file(file, ignored))
        std::filesystem::resize_file(file, 0, ignored);
    EventWriterConfig config;
    config.file = file;
    config.lossless = true;
    config.report = std::move(report);
    return open_event_writer(std::move(config));
}

} // namespace

int replay_command(const ReplayOptions& options, const Streams& streams) {
    ReadConfig read;
    if (!options.config.empty())
        read = read_config(options.config);
    if (!read.errors.empty())
        return complain(streams, read.errors);
    const LoadedRules loaded = load_rules(all_rule_files(read.config.reloadable, options.rules),
                                          read.config.reloadable.rule_options);
    if (!loaded.rules)
        return complain(streams, loaded.errors);
    static_cast<void>(complain(streams, loaded.skipped));
    if (!loaded.warning.empty())
        static_cast<void>(complain(streams, loaded.warning));
    auto writer =
        open_events(options.events, [&](const std::string& failure) { complain(streams, failure); });
    if (!writer)
        return complain(streams, writer.error().message);
    const std::unique_ptr<EventWriter> events = *std::move(writer);
    auto source = open_capture(options.capture);
    if (!source)
        return complain(streams, source.error().message);

    RuleSetStore store;
    store.publish(loaded.rules);
    Counters counters;
    NoEvents no_events;
    EventSink& sink = events ? events->add_sink(counters) : no_events;
    // Behind the source, so that it goes first: it may hold references to the source's slabs.
    const auto engine = make_engine(read.config.sealed.engine, store, {&counters, &sink, nullptr, nullptr});
    const std::atomic<bool> stop{false};
    const auto started = std::chrono::steady_clock::now();
    const auto result = (*source)->run(*engine, stop);
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - started;
    if (events)
        events->stop();

    streams.err << summary((*source)->totals(), counters.read(), elapsed.count()) << "\n";
    if (events && events->lines_failed() != 0)
        return complain(streams, std::to_string(events->lines_failed()) + " events could not be written");
    return result ? 0 : complain(streams, result.error().message);
}

} // namespace nfsieve
