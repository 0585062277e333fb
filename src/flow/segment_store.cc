// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/flow/segment_store.h"

#include "digest_runs.h"

#include <algorithm>
#include <cstring>

namespace nfsieve {
namespace {

/// From this size on a payload is worth a whole receive slab: at most half of what is charged is not used.
constexpr std::size_t keep_slab_from = 32768;
/// What a chunk costs beside its bytes: its entry, the slab's own record, allocator overhead.
constexpr std::size_t chunk_overhead = 128;
constexpr std::size_t most_in_a_chunk = std::size_t{1} << 30;

} // namespace

void SegmentStore::Chunk::trim_front(std::uint64_t begin) {
    const auto cut = static_cast<std::uint32_t>(begin - offset);
    offset = begin;
    size -= cut;
    if (data != nullptr)
        data += cut;
}

SegmentStore::Overlap SegmentStore::compare_chunk(const Chunk& chunk, std::uint64_t offset, Bytes bytes,
                                                  const StoreMemory& memory) {
    const std::uint64_t from = std::max(offset, chunk.offset);
    const std::uint64_t to = std::min(offset + bytes.size(), chunk.end());
    if (from >= to)
        return Overlap::agrees;
    if (chunk.data != nullptr)
        return std::memcmp(chunk.data + (from - chunk.offset), bytes.data() + (from - offset), to - from) == 0
                   ? Overlap::agrees
                   : Overlap::differs;
    if (chunk.digests == 0)
        return Overlap::unknown;

    Overlap result = Overlap::agrees;
    std::uint64_t begin = chunk.offset;
    for (std::size_t i = 0; i < chunk.digests && begin < to; ++i) {
        const DigestRun run = load_digest_run(chunk.slab.data(), i);
        const std::uint64_t end = begin + run.size;
        if (end > from) {
            if (begin < offset || end > offset + bytes.size())
                result = Overlap::unknown;
            else if (digest_run(bytes.subspan(begin - offset, run.size), memory.digest_key).digest !=
                     run.digest)
                return Overlap::differs;
        }
        begin = end;
    }
    return result;
}

SegmentStore::Overlap SegmentStore::compare(std::uint64_t offset, Bytes bytes,
                                            const StoreMemory& memory) const {
    const std::uint64_t end = offset + bytes.size();
    Overlap result = Overlap::agrees;
    // True where a difference settles the matter.
    const auto differs_from = [&](const Chunk& chunk) {
        const Overlap part = compare_chunk(chunk, offset, bytes, memory);
        if (part == Overlap::unknown)
            result = Overlap::unknown;
        return part == Overlap::differs;
    };

    const auto live = sent_.begin() + static_cast<std::ptrdiff_t>(head_);
    auto chunk = std::upper_bound(live, sent_.end(), offset, [](std::uint64_t at, const Chunk& candidate) {
        return at < candidate.offset;
    });
    if (chunk != live)
        --chunk;
    for (; chunk != sent_.end() && chunk->offset < end; ++chunk)
        if (differs_from(*chunk))
            return Overlap::differs;

    if (held_) {
        auto piece = held_->upper_bound(offset);
        if (piece != held_->begin())
            --piece;
        for (; piece != held_->end() && piece->first < end; ++piece)
            if (differs_from(piece->second))
                return Overlap::differs;
    }
    return result;
}

/// The reserves are what must stay free, of all flows' memory and of this one's.
bool SegmentStore::charge(std::size_t cost, std::size_t reserve, std::size_t flow_reserve,
                          StoreMemory& memory) {
    if (charged_ + cost + flow_reserve > memory.per_store || !memory.budget.charge(cost, reserve))
        return false;
    charged_ += cost;
    return true;
}

std::optional<SegmentStore::Chunk> SegmentStore::remember(std::uint64_t offset, Bytes bytes,
                                                          const Arrival& arrival, std::size_t reserve,
                                                          StoreMemory& memory) {
    const bool keep = arrival.slab != nullptr && bytes.size() >= keep_slab_from;
    SlabPool& pool =
        bytes.size() <= memory.small_blocks.slab_size() ? memory.small_blocks : memory.large_blocks;
    const std::size_t cost = (keep ? arrival.slab->capacity() : pool.slab_size()) + chunk_overhead;
    if (!charge(cost, reserve, memory.per_store / 8, memory))
        return std::nullopt;

    Chunk chunk;
    chunk.offset = offset;
    chunk.charge = static_cast<std::uint32_t>(cost);
    if (keep) {
        chunk.slab = *arrival.slab;
        chunk.data = bytes.data();
        chunk.size = static_cast<std::uint32_t>(bytes.size());
    } else {
        chunk.slab = pool.take();
        chunk.size = static_cast<std::uint32_t>(std::min(bytes.size(), pool.slab_size()));
        std::memcpy(chunk.slab.data(), bytes.data(), chunk.size);
        chunk.data = chunk.slab.data();
    }
    return chunk;
}

void SegmentStore::forget(Chunk& chunk, StoreMemory& memory) {
    charged_ -= chunk.charge;
    memory.budget.release(chunk.charge);
    chunk.charge = 0;
    chunk.slab = SlabRef();
}

/// Copies the front of `bytes` behind the last sent chunk where its block has room. True where all of them
/// fitted.
bool SegmentStore::extend_last(Bytes& bytes) {
    if (head_ == sent_.size())
        return false;
    Chunk& last = sent_.back();
    if (last.data == nullptr || !last.slab.unique() || last.slab.capacity() > 4096)
        return false;
    const auto used = static_cast<std::size_t>(last.data - last.slab.data()) + last.size;
    const std::size_t room = std::min(last.slab.capacity() - used, bytes.size());
    std::memcpy(last.slab.data() + used, bytes.data(), room);
    last.size += static_cast<std::uint32_t>(room);
    bytes = bytes.subspan(room);
    return bytes.empty();
}

void SegmentStore::append(std::uint64_t offset, Bytes bytes, const Arrival& arrival, StoreMemory& memory) {
    const std::uint64_t end = offset + bytes.size();
    if (held_)
        drop_held_before(end, memory);
    if (bytes.empty() || (bytes.size() < keep_slab_from && extend_last(bytes)))
        return;
    while (!bytes.empty()) {
        const std::uint64_t at = end - bytes.size();
        auto chunk = remember(at, bytes, arrival, memory.budget.limit() / 8, memory);
        if (!chunk) {
            // What was copied may end within a segment: its rest has a digest of its own.
            const std::uint32_t segment = arrival.segment_size;
            const auto rest = segment == 0 ? 0 : (segment - (at - offset) % segment) % segment;
            const Bytes tail = bytes.first(std::min<std::size_t>(bytes.size(), rest));
            append_digests(at, tail, segment, memory);
            append_digests(at + tail.size(), bytes.subspan(tail.size()), segment, memory);
            return;
        }
        bytes = bytes.subspan(chunk->size);
        sent_.push_back(std::move(*chunk));
    }
}

/// One digest for each segment as it was on the wire.
void SegmentStore::append_digests(std::uint64_t offset, Bytes bytes, std::uint32_t segment_size,
                                  StoreMemory& memory) {
    while (!bytes.empty()) {
        Bytes run =
            segment_size == 0 ? bytes : bytes.first(std::min<std::size_t>(bytes.size(), segment_size));
        Chunk* const chunk = chunk_for_digest(offset, memory);
        if (chunk == nullptr)
            run = bytes;
        else
            store_digest_run(chunk->slab.data(), chunk->digests++, digest_run(run, memory.digest_key));
        sent_.back().size += static_cast<std::uint32_t>(run.size());
        offset += run.size();
        bytes = bytes.subspan(run.size());
    }
}

/// The last sent chunk, with room for one more digest. Null where that does not fit under the caps; the last
/// chunk then is one of which nothing is known.
SegmentStore::Chunk* SegmentStore::chunk_for_digest(std::uint64_t offset, StoreMemory& memory) {
    const bool any =
        head_ < sent_.size() && sent_.back().data == nullptr && sent_.back().size < most_in_a_chunk;
    if (any && sent_.back().digests > 0 &&
        sent_.back().digests < digest_runs_in(memory.small_blocks.slab_size()))
        return &sent_.back();
    const std::size_t cost = memory.small_blocks.slab_size() + chunk_overhead;
    const bool fits = charge(cost, 0, 0, memory);
    if (fits || !any || sent_.back().digests > 0) {
        Chunk chunk;
        chunk.offset = offset;
        if (fits) {
            chunk.charge = static_cast<std::uint32_t>(cost);
            chunk.slab = memory.small_blocks.take();
        }
        sent_.push_back(std::move(chunk));
    }
    return fits ? &sent_.back() : nullptr;
}

bool SegmentStore::hold(std::uint64_t offset, Bytes bytes, const Arrival& arrival, StoreMemory& memory) {
    if (!held_)
        held_ = std::make_unique<Held>();
    const std::uint64_t end = offset + bytes.size();
    std::uint64_t at = offset;
    bool whole = true;
    while (at < end && whole) {
        auto behind = held_->upper_bound(at);
        if (behind != held_->begin()) {
            const Chunk& before = std::prev(behind)->second;
            if (before.end() > at) {
                at = before.end();
                continue;
            }
        }
        const std::uint64_t until = behind == held_->end() ? end : std::min(end, behind->first);
        auto chunk =
            remember(at, bytes.subspan(at - offset, until - at), arrival, memory.budget.limit() / 4, memory);
        whole = chunk.has_value();
        if (whole) {
            at = chunk->end();
            const std::uint64_t key = chunk->offset;
            held_->emplace_hint(behind, key, std::move(*chunk));
        }
    }
    if (held_->empty())
        held_.reset();
    return whole;
}

std::optional<Bytes> SegmentStore::held_at(std::uint64_t next) const {
    if (!held_)
        return std::nullopt;
    const auto behind = held_->upper_bound(next);
    if (behind == held_->begin())
        return std::nullopt;
    const Chunk& piece = std::prev(behind)->second;
    if (piece.end() <= next)
        return std::nullopt;
    return Bytes(piece.data, piece.size).subspan(next - piece.offset);
}

std::uint64_t SegmentStore::held_run_before(std::uint64_t offset) const {
    if (!held_)
        return offset;
    for (auto piece = held_->lower_bound(offset); piece != held_->begin();) {
        --piece;
        if (piece->second.end() < offset)
            break;
        offset = piece->first;
    }
    return offset;
}

void SegmentStore::promote(std::uint64_t next, StoreMemory& memory) {
    drop_held_before(next, memory);
    auto first = held_->begin();
    sent_.push_back(std::move(first->second));
    held_->erase(first);
    if (held_->empty())
        held_.reset();
}

/// Forgets held bytes before `end`; a piece that reaches over it is trimmed.
void SegmentStore::drop_held_before(std::uint64_t end, StoreMemory& memory) {
    while (held_ && held_->begin()->first < end) {
        auto node = held_->extract(held_->begin());
        if (node.mapped().end() <= end) {
            forget(node.mapped(), memory);
        } else {
            node.mapped().trim_front(end);
            node.key() = end;
            held_->insert(std::move(node));
        }
        if (held_->empty())
            held_.reset();
    }
}

void SegmentStore::release(std::uint64_t acknowledged, StoreMemory& memory) {
    while (head_ < sent_.size() && sent_[head_].end() <= acknowledged)
        forget(sent_[head_++], memory);
    if (head_ == sent_.size()) {
        head_ = 0;
        sent_ = std::vector<Chunk>();
    } else if (head_ > 64 && head_ * 2 > sent_.size()) {
        sent_.erase(sent_.begin(), sent_.begin() + static_cast<std::ptrdiff_t>(head_));
        head_ = 0;
    }
    drop_held_before(acknowledged, memory);
}

bool SegmentStore::unjudge() {
    const auto live = sent_.begin() + static_cast<std::ptrdiff_t>(head_);
    if (std::any_of(live, sent_.end(), [](const Chunk& chunk) { return chunk.data == nullptr; }))
        return false;
    if (live == sent_.end())
        return true;
    if (!held_)
        held_ = std::make_unique<Held>();
    for (; head_ < sent_.size(); ++head_) {
        const std::uint64_t key = sent_[head_].offset;
        held_->emplace(key, std::move(sent_[head_]));
    }
    sent_.clear();
    head_ = 0;
    return true;
}

void SegmentStore::clear(StoreMemory& memory) {
    for (; head_ < sent_.size(); ++head_)
        forget(sent_[head_], memory);
    sent_ = std::vector<Chunk>();
    head_ = 0;
    if (held_)
        for (auto& [offset, chunk] : *held_)
            forget(chunk, memory);
    held_.reset();
}

} // namespace nfsieve
