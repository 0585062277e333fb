// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/rule_set_store.h"

namespace nfsieve {

void RuleSetStore::publish(std::shared_ptr<const RuleSet> rules) {
    const std::lock_guard lock(mutex_);
    rules_ = std::move(rules);
    generation_.fetch_add(1, std::memory_order_release);
}

std::uint64_t RuleSetStore::generation() const {
    return generation_.load(std::memory_order_acquire);
}

std::shared_ptr<const RuleSet> RuleSetStore::current() const {
    const std::lock_guard lock(mutex_);
    return rules_;
}

void RuleSetStore::set_mark(std::uint64_t generation, std::uint8_t mark) {
    mark_.store(generation << 8 | mark, std::memory_order_release);
}

std::uint8_t RuleSetStore::mark_generation(std::uint64_t generation) const {
    const std::uint64_t mark = mark_.load(std::memory_order_acquire);
    return mark >> 8 == generation ? static_cast<std::uint8_t>(mark) : std::uint8_t{0};
}

std::uint8_t WorkerRules::mark_generation(std::uint64_t generation) const {
    return store_.mark_generation(generation);
}

std::uint64_t WorkerRules::generation() const {
    heartbeat_.fetch_add(1, std::memory_order_relaxed);
    return store_.generation();
}

std::shared_ptr<const RuleSet> WorkerRules::current() const {
    // The generation first: what current() then gives is at least as new.
    const std::uint64_t generation = store_.generation();
    auto rules = store_.current();
    taken_.store(generation, std::memory_order_release);
    return rules;
}

} // namespace nfsieve
