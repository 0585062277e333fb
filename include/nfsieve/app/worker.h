// SPDX-License-Identifier: GPL-2.0-or-later
// One queue, one thread, one engine.
#pragma once

#include "nfsieve/app/config.h"
#include "nfsieve/app/rule_set_store.h"
#include "nfsieve/io/packet_source.h"
#include "nfsieve/telemetry/counters.h"
#include "nfsieve/telemetry/event.h"
#include "nfsieve/telemetry/histogram.h"

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <thread>

namespace nfsieve {

/// Owns all that its thread uses; shares the rule store alone. Made, started and joined by one other thread.
class Worker {
public:
    /// Yields the worker's event sink, which outlives the worker; `counters` is for what it loses. Called
    /// once.
    using GetSink = std::function<EventSink&(Counters& counters)>;

    /// Binds `queue` and opens the reset sockets. `workers` is how many share the memory caps; `store` has
    /// published and outlives the worker.
    [[nodiscard]] static Result<std::unique_ptr<Worker>> open(const SealedConfig& config, std::uint16_t queue,
                                                              std::uint32_t workers,
                                                              const RuleSetStore& store,
                                                              const GetSink& get_sink, HostTable& hosts);
    /// Joins; `stop` (see start) is true by then.
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// Starts the thread, named after its queue and bound to its CPU where it has one. It runs until `stop`
    /// (which outlives it) is true or its source fails; `ended` is its last call, from its own thread.
    void start(const std::atomic<bool>& stop, std::function<void()> ended);
    /// Waits for the end of the thread. Idempotent.
    void join();

    [[nodiscard]] std::uint16_t queue() const { return queue_; }
    [[nodiscard]] const Counters& counters() const { return counters_; }
    /// Of each packet, how long it was in this process.
    [[nodiscard]] const Histogram& times() const { return times_; }
    [[nodiscard]] const WorkerRules& rules() const { return rules_; }
    /// Why the source ended, where it failed; after join().
    [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }

private:
    Worker(std::uint16_t queue, std::optional<std::uint32_t> cpu, const RuleSetStore& store)
        : queue_(queue), cpu_(cpu), rules_(store) {}
    [[nodiscard]] Result<void> run(const std::atomic<bool>& stop);

    std::uint16_t queue_;
    std::optional<std::uint32_t> cpu_;
    WorkerRules rules_;
    Counters counters_;
    Histogram times_;
    std::unique_ptr<ResetSink> resets_;
    std::unique_ptr<PacketSource> source_;
    std::unique_ptr<Judge> engine_; ///< behind the source: it may hold references to the source's slabs
    std::optional<Error> failure_;
    std::thread thread_;
};

} // namespace nfsieve
