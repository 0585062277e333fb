// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/flow/segment_store.h"

#include <algorithm>
#include <cstring>

namespace nfsieve {
namespace {

/// From this size on a payload is worth a whole receive slab; smaller ones are copied.
constexpr std::size_t keep_slab_from = 8192;
/// What a chunk costs beside its bytes: its entry, the slab's own record, allocator overhead.
constexpr std::size_t chunk_overhead = 128;

SegmentStore::Overlap compare_range(const std::uint8_t* remembered, const std::uint8_t* bytes,
                                    std::size_t size) {
    if (remembered == nullptr)
        return SegmentStore::Overlap::unknown;
    return std::memcmp(remembered, bytes, size) == 0 ? SegmentStore::Overlap::agrees
                                                     : SegmentStore::Overlap::differs;
}

} // namespace

void SegmentStore::Chunk::trim_front(std::uint64_t begin) {
    const auto cut = static_cast<std::uint32_t>(begin - offset);
    offset = begin;
    size -= cut;
    if (data != nullptr)
        data += cut;
}

SegmentStore::Overlap SegmentStore::compare(std::uint64_t offset, Bytes bytes) const {
    const std::uint64_t end = offset + bytes.size();
    Overlap result = Overlap::agrees;
    // True where a difference settles the matter.
    const auto differs_at = [&](const Chunk& chunk) {
        const std::uint64_t from = std::max(offset, chunk.offset);
        const std::uint64_t to = std::min(end, chunk.end());
        if (from >= to)
            return false;
        const Overlap part =
            compare_range(chunk.data == nullptr ? nullptr : chunk.data + (from - chunk.offset),
                          bytes.data() + (from - offset), to - from);
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
        if (differs_at(*chunk))
            return Overlap::differs;

    if (held_) {
        auto piece = held_->upper_bound(offset);
        if (piece != held_->begin())
            --piece;
        for (; piece != held_->end() && piece->first < end; ++piece)
            if (differs_at(piece->second))
                return Overlap::differs;
    }
    return result;
}

std::optional<SegmentStore::Chunk> SegmentStore::remember(std::uint64_t offset, Bytes bytes,
                                                          const SlabRef* slab, StoreMemory& memory) {
    const bool keep = slab != nullptr && bytes.size() >= keep_slab_from;
    SlabPool& pool =
        bytes.size() <= memory.small_blocks.slab_size() ? memory.small_blocks : memory.large_blocks;
    const std::size_t cost = (keep ? slab->capacity() : pool.slab_size()) + chunk_overhead;
    if (charged_ + cost > memory.per_store || !memory.budget.charge(cost))
        return std::nullopt;
    charged_ += cost;

    Chunk chunk;
    chunk.offset = offset;
    chunk.charge = static_cast<std::uint32_t>(cost);
    if (keep) {
        chunk.slab = *slab;
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

void SegmentStore::append(std::uint64_t offset, Bytes bytes, const SlabRef* slab, StoreMemory& memory) {
    const std::uint64_t end = offset + bytes.size();
    if (held_)
        drop_held_before(end, memory);
    if (bytes.empty() || (bytes.size() < keep_slab_from && extend_last(bytes)))
        return;
    while (!bytes.empty()) {
        const std::uint64_t at = end - bytes.size();
        if (auto chunk = remember(at, bytes, slab, memory)) {
            bytes = bytes.subspan(chunk->size);
            sent_.push_back(std::move(*chunk));
            continue;
        }
        Chunk hole;
        hole.offset = at;
        hole.size = static_cast<std::uint32_t>(bytes.size());
        if (head_ < sent_.size() && sent_.back().data == nullptr && sent_.back().size < (1U << 30))
            sent_.back().size += hole.size;
        else
            sent_.push_back(std::move(hole));
        return;
    }
}

bool SegmentStore::hold(std::uint64_t offset, Bytes bytes, const SlabRef* slab, StoreMemory& memory) {
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
        auto chunk = remember(at, bytes.subspan(at - offset, until - at), slab, memory);
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
