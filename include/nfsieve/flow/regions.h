// SPDX-License-Identifier: GPL-2.0-or-later
// What a SegmentStore keeps while something is remembered.
#pragma once

#include "nfsieve/base/slab.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

namespace nfsieve {

/// A piece of a stream that was let through.
struct Chunk {
    std::uint64_t offset = 0;           ///< in the stream
    const std::uint8_t* data = nullptr; ///< in `slab`; null: the bytes themselves are not remembered
    SlabRef slab;                       ///< what is charged; null: nothing is
    std::uint32_t size = 0;
    std::uint32_t digests = 0; ///< where data is null: runs in `slab`, digest by digest; 0: nothing is known

    [[nodiscard]] std::uint64_t end() const { return offset + size; }
    void trim_front(std::uint64_t begin) {
        const auto cut = static_cast<std::uint32_t>(begin - offset);
        offset = begin;
        size -= cut;
        if (data != nullptr)
            data += cut;
    }
};

/// The two regions of a stream. Passive; pooled with room for a few chunks.
struct Regions {
    using Held = std::map<std::uint64_t, Chunk>;
    static constexpr std::size_t most_spare_chunks = 2;

    std::vector<Chunk> sent;    ///< ascending, without gaps, from head on
    std::size_t head = 0;       ///< first live chunk of `sent`
    std::unique_ptr<Held> held; ///< keyed by offset, disjoint; none most of the time
    std::size_t charged = 0;    ///< bytes

    [[nodiscard]] bool empty() const { return head == sent.size() && !held; }
    /// Nothing is known of the bytes at `offset` and behind.
    [[nodiscard]] bool ends_before(std::uint64_t offset) const {
        return !held && (head == sent.size() || sent.back().end() <= offset);
    }
    /// All chunks are forgotten: ready for another stream.
    void reset() {
        sent.clear();
        if (sent.capacity() > most_spare_chunks)
            sent = std::vector<Chunk>();
        head = 0;
        held.reset();
    }
};

/// What regions are charged beside their chunks: themselves, room for the first ones, the allocator's
/// overhead.
inline constexpr std::size_t regions_cost =
    sizeof(Regions) + Regions::most_spare_chunks * sizeof(Chunk) + 4 * sizeof(void*);

} // namespace nfsieve
