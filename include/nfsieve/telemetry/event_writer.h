// SPDX-License-Identifier: GPL-2.0-or-later
// Carries events from the workers to a file: a lock-free queue for each worker, and one thread that turns
// events into lines and writes them.
#pragma once

#include "nfsieve/base/result.h"
#include "nfsieve/telemetry/counters.h"
#include "nfsieve/telemetry/event.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace nfsieve {

struct EventWriterConfig {
    std::filesystem::path file;      ///< appended to, made with mode 0640; "-" is standard output
    std::size_t queue_length = 4096; ///< events a worker may be ahead of the disk; a power of two
    /// A worker whose queue is full waits instead of losing events: for captures, never for a live source.
    bool lossless = false;
    /// The events' times are uptime()'s, and are written as the wall clock's: for live sources.
    bool by_uptime = false;
    /// Told in words about the first of a series of write errors, and when writing works again. Called by the
    /// writing thread; may be empty.
    std::function<void(const std::string&)> report = {};
};

/// Starts its thread when opened and ends it, with everything written that was emitted, in stop() or the
/// destructor. A disk that is full or a reader that has gone costs lines, never the program.
class EventWriter {
public:
    virtual ~EventWriter() = default;

    /// A sink for one worker thread, which this writer owns. Events that find its queue full are counted as
    /// `events_lost` in `counters`, which outlives the last emit(). May be called at any time, by any thread.
    [[nodiscard]] virtual EventSink& add_sink(Counters& counters) = 0;

    /// Appends a line of JSON (without newline), e.g. of to_eve_stats(). Any thread; takes a lock.
    virtual void write_line(std::string line) = 0;

    /// Opens the file's name anew, after logrotate moved the old file away; keeps the old one where that
    /// fails. Any thread; returns at once. Does nothing on standard output.
    virtual void reopen() = 0;

    /// Writes what is queued and ends the thread. Nothing is taken afterwards. Call when no worker runs.
    virtual void stop() = 0;

    [[nodiscard]] virtual std::uint64_t lines_written() const = 0;
    /// Lines that the file refused.
    [[nodiscard]] virtual std::uint64_t lines_failed() const = 0;
};

/// Opens the file and starts the thread. Errors name the file, what is wrong with it and what to do.
[[nodiscard]] Result<std::unique_ptr<EventWriter>> open_event_writer(EventWriterConfig config);

} // namespace nfsieve
