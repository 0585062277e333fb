// SPDX-License-Identifier: GPL-2.0-or-later
// Where the rule set in force lies, and how the workers come by it.
#pragma once

#include "nfsieve/engine/engine.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

namespace nfsieve {

/// Publishes in one step. Workers look at one atomic number a tick, and take the lock only when it has
/// changed.
class RuleSetStore : public RuleSetSource {
public:
    /// Any thread; `rules` is not null.
    void publish(std::shared_ptr<const RuleSet> rules);
    /// The mark that stands for the rules of `generation`, until the next publish(). Any thread.
    void set_mark(std::uint64_t generation, std::uint8_t mark);

    [[nodiscard]] std::uint64_t generation() const override;
    [[nodiscard]] std::shared_ptr<const RuleSet> current() const override;
    [[nodiscard]] std::uint8_t mark_generation(std::uint64_t generation) const override;

private:
    mutable std::mutex mutex_;
    std::shared_ptr<const RuleSet> rules_;
    std::atomic<std::uint64_t> generation_{0};
    std::atomic<std::uint64_t> mark_{
        0}; ///< the generation that it stands for, and in the lowest 8 bits the mark
};

/// One worker's view of the store. Notes which generation the worker has taken and that it is alive, so that
/// others can wait for it; costs nothing a packet, because engines ask once a tick.
class WorkerRules : public RuleSetSource {
public:
    /// `store` outlives it.
    explicit WorkerRules(const RuleSetStore& store) : store_(store) {}

    [[nodiscard]] std::uint64_t generation() const override;
    [[nodiscard]] std::shared_ptr<const RuleSet> current() const override;
    [[nodiscard]] std::uint8_t mark_generation(std::uint64_t generation) const override;

    /// The newest generation that was handed out; from any thread.
    [[nodiscard]] std::uint64_t taken() const { return taken_.load(std::memory_order_acquire); }
    /// Grows as long as the worker asks; from any thread.
    [[nodiscard]] std::uint64_t heartbeat() const { return heartbeat_.load(std::memory_order_relaxed); }

private:
    const RuleSetStore& store_;
    mutable std::atomic<std::uint64_t> taken_{0};
    mutable std::atomic<std::uint64_t> heartbeat_{0};
};

} // namespace nfsieve
