// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/commands.h"
#include "nfsieve/app/rule_reload.h"
#include "nfsieve/app/rule_set_store.h"
#include "nfsieve/base/timed_rounds.h"
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

/// What became of the capture.
struct Judged {
    CaptureTotals totals;
    CounterValues counters;
    std::chrono::duration<double> time{0};
    std::optional<std::chrono::duration<double>> cpu; ///< of all threads, where it was measured
    std::string broken_off;                           ///< why it was not judged to its end; empty: it was
};

std::string cpu_text(const Judged& judged) {
    if (!judged.cpu)
        return "";
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), " cpu=%.6fs", judged.cpu->count());
    return text.data();
}

std::string summary(const Judged& judged) {
    const double seconds = judged.time.count();
    const double gigabits = seconds > 0 ? static_cast<double>(judged.totals.bytes) * 8 / seconds / 1e9 : 0;
    std::array<char, 64> speed{};
    std::snprintf(speed.data(), speed.size(), "time=%.3fs %.2f Gbit/s", seconds, gigabits);
    const auto number = [&](Counter counter) { return std::to_string(judged.counters[counter]); };
    return "packets=" + std::to_string(judged.totals.frames) +
           " bytes=" + std::to_string(judged.totals.bytes) + " flows=" + number(Counter::flows) +
           " matches=" + number(Counter::matches) + " drops=" + std::to_string(judged.totals.dropped) +
           " open=" + number(Counter::flows_alive) + " memory=" + number(Counter::flow_memory) + " " +
           speed.data() + cpu_text(judged);
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

/// What both ways of judging begin with.
struct Judging {
    const ReplayOptions& options;
    const SealedConfig& config;
    const RuleSetStore& store;
    EventWriter* events; ///< null: nobody asked for any

    [[nodiscard]] EventSink& sink(Counters& counters, NoEvents& none) const {
        return events != nullptr ? events->add_sink(counters) : none;
    }
};

Result<Judged> judge_as_it_is_read(const Judging& judging) {
    auto source = open_capture(judging.options.capture);
    if (!source)
        return source.error();
    Counters counters;
    NoEvents none;
    // Behind the source, so that it goes first: it may hold references to the source's slabs.
    const auto engine = make_engine(judging.config.engine, judging.store,
                                    {&counters, &judging.sink(counters, none), nullptr, nullptr});
    const std::atomic<bool> stop{false};
    const auto started = std::chrono::steady_clock::now();
    const auto result = (*source)->run(*engine, stop);
    const auto elapsed = std::chrono::steady_clock::now() - started;
    return Judged{(*source)->totals(), counters.read(), elapsed, std::nullopt,
                  result ? "" : result.error().message};
}

/// A worker as the daemon has it, with the capture in the place of its queue.
struct MeasuredWorker {
    Counters counters;
    EventSink* sink = nullptr;
    std::unique_ptr<CaptureSource> source;
    std::unique_ptr<Judge> engine; ///< behind the source, whose slabs it may hold
};

/// A new engine for each round: what is timed begins without flows, and making it is not timed.
Result<Judged> judge_from_memory(const Judging& judging) {
    const std::uint32_t threads = judging.options.threads.value_or(1);
    auto sources = load_capture(judging.options.capture, threads);
    if (!sources)
        return sources.error();
    NoEvents none;
    std::vector<MeasuredWorker> workers(threads);
    for (std::uint32_t i = 0; i < threads; ++i) {
        workers[i].sink = &judging.sink(workers[i].counters, none);
        workers[i].source = std::move((*sources)[i]);
    }
    const EngineConfig config = worker_engine_config(judging.config, threads);
    const std::atomic<bool> stop{false};
    const auto elapsed = time_rounds(
        threads, judging.options.repeat.value_or(1),
        [&](std::size_t thread) {
            MeasuredWorker& worker = workers[thread];
            worker.engine.reset(); // its memory is the next one's
            worker.engine =
                make_engine(config, judging.store, {&worker.counters, worker.sink, nullptr, nullptr});
        },
        [&](std::size_t thread) {
            static_cast<void>(workers[thread].source->run(*workers[thread].engine, stop));
        });
    Judged judged;
    judged.time = elapsed.wall;
    judged.cpu = elapsed.cpu;
    for (const MeasuredWorker& worker : workers) {
        judged.totals += worker.source->totals();
        judged.counters += worker.counters.read();
    }
    return judged;
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
    RuleSetStore store;
    store.publish(loaded.rules);
    const Judging judging{options, read.config.sealed, store, events.get()};
    const auto judged =
        options.threads || options.repeat ? judge_from_memory(judging) : judge_as_it_is_read(judging);
    if (events)
        events->stop();
    if (!judged)
        return complain(streams, judged.error().message);

    streams.err << summary(*judged) << "\n";
    if (events && events->lines_failed() != 0)
        return complain(streams, std::to_string(events->lines_failed()) + " events could not be written");
    return judged->broken_off.empty() ? 0 : complain(streams, judged->broken_off);
}

} // namespace nfsieve
