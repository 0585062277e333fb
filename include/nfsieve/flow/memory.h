// SPDX-License-Identifier: GPL-2.0-or-later
// Hard caps on what flows may cost.
#pragma once

#include "nfsieve/base/object_pool.h"
#include "nfsieve/base/slab.h"
#include "nfsieve/flow/regions.h"
#include "nfsieve/flow/siphash.h"

#include <cstddef>

namespace nfsieve {

/// Counts bytes against a cap. One worker thread.
class MemoryBudget {
public:
    explicit MemoryBudget(std::size_t limit) : limit_(limit) {}

    /// True, and counted, where `bytes` still fit and leave `reserve` bytes free.
    [[nodiscard]] bool charge(std::size_t bytes, std::size_t reserve = 0) {
        if (reserve > limit_ || limit_ - reserve < used_ || bytes > limit_ - reserve - used_)
            return false;
        used_ += bytes;
        return true;
    }
    /// Counts bytes that are taken whether they fit or not: what comes after them has to wait.
    void take(std::size_t bytes) { used_ += bytes; }
    void release(std::size_t bytes) { used_ -= bytes; }
    [[nodiscard]] std::size_t used() const { return used_; }
    [[nodiscard]] std::size_t limit() const { return limit_; }

private:
    std::size_t limit_;
    std::size_t used_ = 0;
};

/// What all segment stores of a worker share. Bytes ahead of a gap leave a quarter of the budget free, bytes
/// of the judged stream an eighth (of the flow's own cap too), and digests may use all of it: a flood of
/// segments out of order cannot keep other flows from being enforced.
struct StoreMemory {
    MemoryBudget budget;         ///< for all flows
    std::size_t per_store;       ///< bytes one direction of one flow may take
    HashKey digest_key;          ///< secret, for the digests of what is beyond the caps
    SlabPool small_blocks{256};  ///< for copies of tiny segments, and for digests
    SlabPool large_blocks{4096}; ///< for copies of ordinary ones
    ObjectPool<Regions> regions; ///< of stores that remember nothing

    StoreMemory(std::size_t all_flows, std::size_t one_flow, const HashKey& key = {})
        : budget(all_flows), per_store(one_flow), digest_key(key) {}
};

} // namespace nfsieve
