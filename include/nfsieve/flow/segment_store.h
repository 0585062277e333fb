// SPDX-License-Identifier: GPL-2.0-or-later
// The bytes of one direction that have been let through and that the receiver has not acknowledged yet. This
// is the place where overlaps are resolved: what was let through first is what counts, and a later segment
// that says something else is found here. Offsets count bytes of the stream from its first one.
#pragma once

#include "nfsieve/base/bytes.h"
#include "nfsieve/flow/memory.h"

#include <cstdint>
#include <memory>
#include <optional>

namespace nfsieve {

/// How a payload reached us.
struct Arrival {
    const SlabRef* slab = nullptr; ///< the buffer it lies in, where that may be kept
    /// Bytes of payload that its sender puts into one segment on the wire, where several came as one packet
    /// (GSO, GRO): a retransmission begins and ends at such a boundary. 0: the payload is one segment.
    std::uint32_t segment_size = 0;
};

/// Remembers two regions: `sent`, which ends where the judged stream ends and has no gaps, and `held`, pieces
/// ahead of a gap. Payloads that fill most of their receive slab are kept by reference to it, others are
/// copied; each costs what it really takes against the caps of StoreMemory. Beyond the caps `sent` keeps a
/// keyed digest a segment instead of its bytes: a retransmission of the same segments can still be told from
/// one that differs. A stream at rest holds nothing: the regions are taken from StoreMemory's pool while
/// something is remembered. One worker thread.
class SegmentStore {
public:
    /// How a segment compares with what is remembered of its range.
    enum class Overlap : std::uint8_t {
        agrees,  ///< every remembered byte is the same (or none is remembered)
        differs, ///< some byte is not
        unknown, ///< no difference found, but some byte was let through and is no longer remembered, or
                 ///< only as part of a digest
    };

    SegmentStore() = default;
    SegmentStore(SegmentStore&&) = default;
    SegmentStore& operator=(SegmentStore&&) = default;

    [[nodiscard]] Overlap compare(std::uint64_t offset, Bytes bytes, const StoreMemory& memory) const {
        return !regions_ || regions_->ends_before(offset) ? Overlap::agrees
                                                          : compare_regions(offset, bytes, memory);
    }

    /// Remembers bytes that continue the judged stream at `offset`. Held pieces in their range are replaced.
    /// Where a cap is reached only digests are kept; where those do not fit either the range is noted as let
    /// through and not remembered.
    void append(std::uint64_t offset, Bytes bytes, const Arrival& arrival, StoreMemory& memory);

    /// Remembers bytes ahead of a gap, those that are not held yet. False where a cap is reached; some of the
    /// bytes may then be held, which does no harm: they are compared with, and judged only in their turn.
    [[nodiscard]] bool hold(std::uint64_t offset, Bytes bytes, const Arrival& arrival, StoreMemory& memory);

    /// The rest of the held piece that `next` lies in, from there on, if any. Borrowed until the store
    /// changes.
    [[nodiscard]] std::optional<Bytes> held_at(std::uint64_t next) const {
        return regions_ && regions_->held ? find_held(next) : std::nullopt;
    }
    /// Where the unbroken run of held bytes begins that ends at `offset`; `offset` where there is none.
    [[nodiscard]] std::uint64_t held_run_before(std::uint64_t offset) const;
    /// Counts the piece that held_at(next) gave as judged: it moves to the sent region.
    void promote(std::uint64_t next, StoreMemory& memory);

    /// Forgets everything before `acknowledged`.
    void release(std::uint64_t acknowledged, StoreMemory& memory) {
        if (regions_)
            release_regions(acknowledged, memory);
    }
    /// Makes all that is remembered `held` again, for judging from an earlier byte. False, and nothing
    /// changed, where some of it is remembered by digest or not at all.
    [[nodiscard]] bool unjudge();
    void clear(StoreMemory& memory);

    [[nodiscard]] bool empty() const { return regions_ == nullptr; }
    /// Has the processor fetch what the next call will read.
    void fetch() const {
        if (regions_)
            __builtin_prefetch(regions_.get());
    }
    /// Bytes charged to the caps.
    [[nodiscard]] std::size_t charged() const { return regions_ ? regions_->charged : 0; }

private:
    [[nodiscard]] Overlap compare_regions(std::uint64_t offset, Bytes bytes, const StoreMemory& memory) const;
    [[nodiscard]] std::optional<Bytes> find_held(std::uint64_t next) const;
    void release_regions(std::uint64_t acknowledged, StoreMemory& memory);
    [[nodiscard]] bool charge(std::size_t cost, std::size_t reserve, std::size_t flow_reserve,
                              StoreMemory& memory);
    [[nodiscard]] std::optional<Chunk> remember(std::uint64_t offset, Bytes bytes, const Arrival& arrival,
                                                std::size_t reserve, StoreMemory& memory);
    bool extend_last(Bytes& bytes);
    void append_digests(std::uint64_t offset, Bytes bytes, std::uint32_t segment_size, StoreMemory& memory);
    Chunk* chunk_for_digest(std::uint64_t offset, StoreMemory& memory);
    static Overlap compare_chunk(const Chunk& chunk, std::uint64_t offset, Bytes bytes,
                                 const StoreMemory& memory);
    void forget(Chunk& chunk, StoreMemory& memory);
    void drop_held_before(std::uint64_t end, StoreMemory& memory) {
        if (regions_->held)
            cut_held(end, memory);
    }
    void cut_held(std::uint64_t end, StoreMemory& memory);
    void open(StoreMemory& memory);
    void put_away_where_empty(StoreMemory& memory);

    std::unique_ptr<Regions> regions_; ///< null: nothing is remembered
};

} // namespace nfsieve
