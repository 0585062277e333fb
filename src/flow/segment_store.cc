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

std::size_t cost_of(const Chunk& chunk) {
    return chunk.slab ? chunk.slab.capacity() + chunk_overhead : 0;
}

} // namespace

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

SegmentStore::Overlap SegmentStore::compare_regions(std::uint64_t offset, Bytes bytes,
                                                    const StoreMemory& memory) const {
    Overlap result = Overlap::agrees;
    const std::uint64_t end = offset + bytes.size();
    // True where a difference settles the matter.
    const auto differs_from = [&](const Chunk& chunk) {
        const Overlap part = compare_chunk(chunk, offset, bytes, memory);
        if (part == Overlap::unknown)
            result = Overlap::unknown;
        return part == Overlap::differs;
    };

    const std::vector<Chunk>& sent = regions_->sent;
    const auto live = sent.begin() + static_cast<std::ptrdiff_t>(regions_->head);
    auto chunk = std::upper_bound(live, sent.end(), offset, [](std::uint64_t at, const Chunk& candidate) {
        return at < candidate.offset;
    });
    if (chunk != live)
        --chunk;
    for (; chunk != sent.end() && chunk->offset < end; ++chunk)
        if (differs_from(*chunk))
            return Overlap::differs;

    if (const auto& held = regions_->held) {
        auto piece = held->upper_bound(offset);
        if (piece != held->begin())
            --piece;
        for (; piece != held->end() && piece->first < end; ++piece)
            if (differs_from(piece->second))
                return Overlap::differs;
    }
    return result;
}

void SegmentStore::open(StoreMemory& memory) {
    if (regions_)
        return;
    regions_ = memory.regions.take();
    regions_->charged = regions_cost;
    memory.budget.take(regions_cost);
}

void SegmentStore::put_away_where_empty(StoreMemory& memory) {
    if (!regions_ || !regions_->empty())
        return;
    regions_->reset();
    memory.budget.release(regions_cost);
    memory.regions.give_back(std::move(regions_));
}

/// The reserves are what must stay free, of all flows' memory and of this one's.
bool SegmentStore::charge(std::size_t cost, std::size_t reserve, std::size_t flow_reserve,
                          StoreMemory& memory) {
    if (regions_->charged + cost + flow_reserve > memory.per_store || !memory.budget.charge(cost, reserve))
        return false;
    regions_->charged += cost;
    return true;
}

std::optional<Chunk> SegmentStore::remember(std::uint64_t offset, Bytes bytes, const Arrival& arrival,
                                            std::size_t reserve, StoreMemory& memory) {
    const bool keep = arrival.slab != nullptr && bytes.size() >= keep_slab_from;
    SlabPool& pool =
        bytes.size() <= memory.small_blocks.slab_size() ? memory.small_blocks : memory.large_blocks;
    const std::size_t cost = (keep ? arrival.slab->capacity() : pool.slab_size()) + chunk_overhead;
    if (!charge(cost, reserve, memory.per_store / 8, memory))
        return std::nullopt;

    Chunk chunk;
    chunk.offset = offset;
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
    const std::size_t cost = cost_of(chunk);
    regions_->charged -= cost;
    memory.budget.release(cost);
    chunk.slab = SlabRef();
}

/// Copies the front of `bytes` behind the last sent chunk where its block has room. True where all of them
/// fitted.
bool SegmentStore::extend_last(Bytes& bytes) {
    if (regions_->head == regions_->sent.size())
        return false;
    Chunk& last = regions_->sent.back();
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
    if (regions_)
        drop_held_before(end, memory);
    if (bytes.empty())
        return put_away_where_empty(memory);
    open(memory);
    if (bytes.size() < keep_slab_from && extend_last(bytes))
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
        regions_->sent.push_back(std::move(*chunk));
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
        regions_->sent.back().size += static_cast<std::uint32_t>(run.size());
        offset += run.size();
        bytes = bytes.subspan(run.size());
    }
}

/// The last sent chunk, with room for one more digest. Null where that does not fit under the caps; the last
/// chunk then is one of which nothing is known.
Chunk* SegmentStore::chunk_for_digest(std::uint64_t offset, StoreMemory& memory) {
    std::vector<Chunk>& sent = regions_->sent;
    const bool any =
        regions_->head < sent.size() && sent.back().data == nullptr && sent.back().size < most_in_a_chunk;
    if (any && sent.back().digests > 0 &&
        sent.back().digests < digest_runs_in(memory.small_blocks.slab_size()))
        return &sent.back();
    const bool fits = charge(memory.small_blocks.slab_size() + chunk_overhead, 0, 0, memory);
    if (fits || !any || sent.back().digests > 0) {
        Chunk chunk;
        chunk.offset = offset;
        if (fits)
            chunk.slab = memory.small_blocks.take();
        sent.push_back(std::move(chunk));
    }
    return fits ? &sent.back() : nullptr;
}

bool SegmentStore::hold(std::uint64_t offset, Bytes bytes, const Arrival& arrival, StoreMemory& memory) {
    open(memory);
    auto& held = regions_->held;
    if (!held)
        held = std::make_unique<Regions::Held>();
    const std::uint64_t end = offset + bytes.size();
    std::uint64_t at = offset;
    bool whole = true;
    while (at < end && whole) {
        auto behind = held->upper_bound(at);
        if (behind != held->begin()) {
            const Chunk& before = std::prev(behind)->second;
            if (before.end() > at) {
                at = before.end();
                continue;
            }
        }
        const std::uint64_t until = behind == held->end() ? end : std::min(end, behind->first);
        auto chunk =
            remember(at, bytes.subspan(at - offset, until - at), arrival, memory.budget.limit() / 4, memory);
        whole = chunk.has_value();
        if (whole) {
            at = chunk->end();
            const std::uint64_t key = chunk->offset;
            held->emplace_hint(behind, key, std::move(*chunk));
        }
    }
    if (held->empty())
        held.reset();
    put_away_where_empty(memory);
    return whole;
}

std::optional<Bytes> SegmentStore::find_held(std::uint64_t next) const {
    const Regions::Held& held = *regions_->held;
    const auto behind = held.upper_bound(next);
    if (behind == held.begin())
        return std::nullopt;
    const Chunk& piece = std::prev(behind)->second;
    if (piece.end() <= next)
        return std::nullopt;
    return Bytes(piece.data, piece.size).subspan(next - piece.offset);
}

std::uint64_t SegmentStore::held_run_before(std::uint64_t offset) const {
    if (!regions_ || !regions_->held)
        return offset;
    const Regions::Held& held = *regions_->held;
    for (auto piece = held.lower_bound(offset); piece != held.begin();) {
        --piece;
        if (piece->second.end() < offset)
            break;
        offset = piece->first;
    }
    return offset;
}

void SegmentStore::promote(std::uint64_t next, StoreMemory& memory) {
    drop_held_before(next, memory);
    auto& held = regions_->held;
    const auto first = held->begin();
    regions_->sent.push_back(std::move(first->second));
    held->erase(first);
    if (held->empty())
        held.reset();
}

/// Forgets held bytes before `end`; a piece that reaches over it is trimmed.
void SegmentStore::cut_held(std::uint64_t end, StoreMemory& memory) {
    auto& held = regions_->held;
    while (held && held->begin()->first < end) {
        auto node = held->extract(held->begin());
        if (node.mapped().end() <= end) {
            forget(node.mapped(), memory);
        } else {
            node.mapped().trim_front(end);
            node.key() = end;
            held->insert(std::move(node));
        }
        if (held->empty())
            held.reset();
    }
}

void SegmentStore::release_regions(std::uint64_t acknowledged, StoreMemory& memory) {
    std::vector<Chunk>& sent = regions_->sent;
    std::size_t& head = regions_->head;
    while (head < sent.size() && sent[head].end() <= acknowledged)
        forget(sent[head++], memory);
    if (head == sent.size()) {
        head = 0;
        sent.clear();
    } else if (head > 64 && head * 2 > sent.size()) {
        sent.erase(sent.begin(), sent.begin() + static_cast<std::ptrdiff_t>(head));
        head = 0;
    }
    drop_held_before(acknowledged, memory);
    put_away_where_empty(memory);
}

bool SegmentStore::unjudge() {
    if (!regions_)
        return true;
    std::vector<Chunk>& sent = regions_->sent;
    std::size_t& head = regions_->head;
    auto& held = regions_->held;
    const auto live = sent.begin() + static_cast<std::ptrdiff_t>(head);
    if (std::any_of(live, sent.end(), [](const Chunk& chunk) { return chunk.data == nullptr; }))
        return false;
    if (live == sent.end())
        return true;
    if (!held)
        held = std::make_unique<Regions::Held>();
    for (; head < sent.size(); ++head) {
        const std::uint64_t key = sent[head].offset;
        held->emplace(key, std::move(sent[head]));
    }
    sent.clear();
    head = 0;
    return true;
}

void SegmentStore::clear(StoreMemory& memory) {
    if (!regions_)
        return;
    for (; regions_->head < regions_->sent.size(); ++regions_->head)
        forget(regions_->sent[regions_->head], memory);
    if (regions_->held)
        for (auto& [offset, chunk] : *regions_->held)
            forget(chunk, memory);
    regions_->held.reset();
    put_away_where_empty(memory);
}

} // namespace nfsieve
