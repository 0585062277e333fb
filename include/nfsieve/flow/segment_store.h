// SPDX-License-Identifier: GPL-2.0-or-later
// The bytes of one direction that have been let through and that the receiver has not acknowledged yet. This
// is the place where overlaps are resolved: what was let through first is what counts, and a later segment
// that says something else is found here. Offsets count bytes of the stream from its first one.
#pragma once

#include "nfsieve/base/bytes.h"
#include "nfsieve/flow/memory.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace nfsieve {

/// Remembers two regions: `sent`, which ends where the judged stream ends and has no gaps, and `held`, pieces
/// ahead of a gap. Large payloads are kept by reference to their receive slab, small ones are copied; each
/// costs what it really takes against the caps of StoreMemory. One worker thread.
class SegmentStore {
public:
    /// How a segment compares with what is remembered of its range.
    enum class Overlap : std::uint8_t {
        agrees,  ///< every remembered byte is the same (or none is remembered)
        differs, ///< some byte is not
        unknown, ///< no difference found, but some byte was let through and is no longer remembered
    };

    SegmentStore() = default;
    SegmentStore(SegmentStore&&) = default;
    SegmentStore& operator=(SegmentStore&&) = default;

    [[nodiscard]] Overlap compare(std::uint64_t offset, Bytes bytes) const;

    /// Remembers bytes that continue the judged stream at `offset`. Held pieces in their range are replaced.
    /// Where a cap is reached the range is noted as let through but not remembered.
    void append(std::uint64_t offset, Bytes bytes, const SlabRef* slab, StoreMemory& memory);

    /// Remembers bytes ahead of a gap, those that are not held yet. False where a cap is reached; some of the
    /// bytes may then be held, which does no harm: they are compared with, and judged only in their turn.
    [[nodiscard]] bool hold(std::uint64_t offset, Bytes bytes, const SlabRef* slab, StoreMemory& memory);

    /// The rest of the held piece that `next` lies in, from there on, if any. Borrowed until the store
    /// changes.
    [[nodiscard]] std::optional<Bytes> held_at(std::uint64_t next) const;
    /// Counts the piece that held_at(next) gave as judged: it moves to the sent region.
    void promote(std::uint64_t next, StoreMemory& memory);

    /// Forgets everything before `acknowledged`.
    void release(std::uint64_t acknowledged, StoreMemory& memory);
    /// Makes all that is remembered `held` again, for judging from an earlier byte. False, and nothing
    /// changed, where some of it is no longer remembered.
    [[nodiscard]] bool unjudge();
    void clear(StoreMemory& memory);

    [[nodiscard]] bool empty() const { return head_ == sent_.size() && !held_; }
    /// Bytes charged to the caps.
    [[nodiscard]] std::size_t charged() const { return charged_; }

private:
    struct Chunk {
        std::uint64_t offset = 0;
        const std::uint8_t* data = nullptr; ///< null: let through, not remembered
        std::uint32_t size = 0;
        std::uint32_t charge = 0;
        SlabRef slab;
        [[nodiscard]] std::uint64_t end() const { return offset + size; }
        void trim_front(std::uint64_t begin);
    };
    using Held = std::map<std::uint64_t, Chunk>;

    [[nodiscard]] std::optional<Chunk> remember(std::uint64_t offset, Bytes bytes, const SlabRef* slab,
                                                StoreMemory& memory);
    bool extend_last(Bytes& bytes);
    void forget(Chunk& chunk, StoreMemory& memory);
    void drop_held_before(std::uint64_t end, StoreMemory& memory);

    std::vector<Chunk> sent_;    ///< ascending, without gaps, from head_ on
    std::size_t head_ = 0;       ///< first live chunk of sent_
    std::unique_ptr<Held> held_; ///< keyed by offset, disjoint; none most of the time
    std::size_t charged_ = 0;
};

} // namespace nfsieve
