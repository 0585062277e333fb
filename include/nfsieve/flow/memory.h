// SPDX-License-Identifier: GPL-2.0-or-later
// Hard caps on what flows may cost.
#pragma once

#include "nfsieve/base/slab.h"

#include <cstddef>

namespace nfsieve {

/// Counts bytes against a cap. One worker thread.
class MemoryBudget {
public:
    explicit MemoryBudget(std::size_t limit) : limit_(limit) {}

    /// True, and counted, where `bytes` still fit.
    [[nodiscard]] bool charge(std::size_t bytes) {
        if (bytes > limit_ - used_)
            return false;
        used_ += bytes;
        return true;
    }
    void release(std::size_t bytes) { used_ -= bytes; }
    [[nodiscard]] std::size_t used() const { return used_; }
    [[nodiscard]] std::size_t limit() const { return limit_; }

private:
    std::size_t limit_;
    std::size_t used_ = 0;
};

/// What all segment stores of a worker share.
struct StoreMemory {
    MemoryBudget budget;         ///< for all flows
    std::size_t per_store;       ///< bytes one direction of one flow may take
    SlabPool small_blocks{256};  ///< for copies of tiny segments
    SlabPool large_blocks{4096}; ///< for copies of ordinary ones

    StoreMemory(std::size_t all_flows, std::size_t one_flow) : budget(all_flows), per_store(one_flow) {}
};

} // namespace nfsieve
