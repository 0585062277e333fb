// SPDX-License-Identifier: GPL-2.0-or-later
// What the engine says about packets and flows: counters, and events for those who read them.
#pragma once

#include "flow.h"
#include "flow_inspector.h"
#include "nfsieve/engine/engine.h"

namespace nfsieve {

/// Things worth an event that are no rule's match, beside the causes of engine/config.h.
enum class Anomaly : std::uint8_t {
    conflicting = static_cast<std::uint8_t>(Cause::count_),
    default_action,
    parser_error,
};

/// The counter for packets that pass uninspected for this cause.
[[nodiscard]] Counter uninspected_counter(Cause cause);

/// One worker thread.
class Reporter {
public:
    Reporter(const EngineConfig& config, const EngineOutputs& outputs) : config_(config), outputs_(outputs) {}

    void count(Counter counter, std::uint64_t by = 1) { outputs_.counters->add(counter, by); }
    void gauge(Counter gauge, std::uint64_t value) { outputs_.counters->set(gauge, value); }
    /// Counts that a cause came up, whatever the policy does then.
    void count(Cause cause);

    void match(const Flow& flow, const FlowInspector& inspector, const Finding& finding, Side sender,
               Bytes payload, Time now);
    /// One event a flow and anomaly.
    void anomaly(Flow& flow, Cause cause, Side sender, bool blocked, Time now);
    void anomaly(Flow& flow, Anomaly what, Side sender, bool blocked, Time now);
    /// For a packet that belongs to no flow: one event a second and cause. Its sender is shown as the client.
    void anomaly(const Segment& segment, Cause cause, bool blocked, Time now);

private:
    void emit_anomaly(Flow& flow, std::uint8_t index, const char* reason, Side sender, bool blocked,
                      Time now);

    const EngineConfig& config_;
    EngineOutputs outputs_;
    std::array<Time, cause_count> last_without_flow_{};
};

} // namespace nfsieve
