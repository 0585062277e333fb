// SPDX-License-Identifier: GPL-2.0-or-later
// The engine of one worker: decode -> flow -> inspect -> exactly one decision a packet. Knows no socket and
// no clock.
#pragma once

#include "nfsieve/engine/config.h"
#include "nfsieve/engine/judge.h"
#include "nfsieve/inspect/host_table.h"
#include "nfsieve/rules/rule_set.h"
#include "nfsieve/telemetry/counters.h"
#include "nfsieve/telemetry/event.h"

#include <memory>

namespace nfsieve {

/// A rule set handed from the thread that compiles to the workers. publish() from one thread, the worker's
/// engine looks once a tick and takes it without a lock on the packet path.
class RuleSetSource {
public:
    virtual ~RuleSetSource() = default;
    /// Counts up by one with each publish; 0 before the first.
    [[nodiscard]] virtual std::uint64_t generation() const = 0;
    [[nodiscard]] virtual std::shared_ptr<const RuleSet> current() const = 0;
    /// The mark (1 to 6) by which the kernel knows connections that are done under the rules of this
    /// generation. 0: it takes none (yet), and all packets of such connections go on coming.
    [[nodiscard]] virtual std::uint8_t mark_generation(std::uint64_t /*generation*/) const { return 0; }
};

/// What an engine reports to. All outlive it; `resets` may be null (replay).
struct EngineOutputs {
    Counters* counters = nullptr;
    EventSink* events = nullptr;
    ResetSink* resets = nullptr;
    HostTable* hosts = nullptr; ///< shared by all engines; null: each has its own
};

/// Makes an engine with its own shard of the flow table. `rules` outlives it and has published at least once.
[[nodiscard]] std::unique_ptr<Judge> make_engine(const EngineConfig& config, const RuleSetSource& rules,
                                                 const EngineOutputs& outputs);

} // namespace nfsieve
