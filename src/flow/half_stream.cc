// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/flow/half_stream.h"

#include <algorithm>
#include <cstdlib>

namespace nfsieve {
namespace {

/// RFC 7323 section 2.3: no receive window is larger.
constexpr std::uint64_t largest_window = std::uint64_t{1} << 30;

} // namespace

void HalfStream::synchronise(std::uint32_t isn, StoreMemory& memory) {
    store_.clear(memory);
    *this = HalfStream();
    base_ = isn + 1;
    synchronised_ = true;
}

void HalfStream::adopt(std::uint32_t sequence, StoreMemory& memory) {
    store_.clear(memory);
    *this = HalfStream();
    base_ = sequence;
    next_ = highest_ = start_ = adopted_origin;
    acknowledged_ = adopted_origin - largest_window; // until the receiver says more
    synchronised_ = true;
    adopted_ = true;
}

HalfStream::Plan HalfStream::plan(std::uint32_t sequence, Bytes payload, bool fin) const {
    Plan plan;
    plan.fin = fin;
    const std::int64_t first = offset_of(sequence);
    if (std::abs(first - static_cast<std::int64_t>(next_)) > static_cast<std::int64_t>(largest_window)) {
        plan.kind = payload.empty() && !fin ? Kind::nothing_new : Kind::too_far;
        return plan;
    }
    const std::int64_t end = first + static_cast<std::int64_t>(payload.size());
    if (end < static_cast<std::int64_t>(acknowledged_) ||
        (end == static_cast<std::int64_t>(acknowledged_) && !fin)) {
        plan.fin = false; // the receiver throws it away (RFC 9293 section 3.10.7.4)
        return plan;
    }
    plan.end = static_cast<std::uint64_t>(end);
    if ((fin_ != none && (plan.end > fin_ || (fin && plan.end != fin_))) ||
        (fin && plan.end < highest_ && fin_ == none)) {
        plan.kind = Kind::conflicting;
        return plan;
    }

    // What the receiver has acknowledged it will not read again.
    const auto cut = std::max<std::int64_t>(static_cast<std::int64_t>(acknowledged_) - first, 0);
    Bytes unread = payload.subspan(static_cast<std::size_t>(std::min<std::int64_t>(cut, end - first)));
    const std::uint64_t at = plan.end - unread.size();

    if (!unread.empty()) {
        const SegmentStore::Overlap overlap = store_.compare(at, unread);
        if (overlap == SegmentStore::Overlap::differs) {
            plan.kind = Kind::conflicting;
            return plan;
        }
        if (overlap == SegmentStore::Overlap::unknown) {
            plan.kind = Kind::unverifiable;
            return plan;
        }
        if (at < start_) {
            plan.kind = Kind::before_start;
            plan.offset = at;
            plan.fresh = unread;
            return plan;
        }
    }
    if (at > next_) {
        plan.kind = Kind::ahead;
        plan.offset = at;
        plan.fresh = unread;
        return plan;
    }
    const auto known = static_cast<std::size_t>(std::min<std::uint64_t>(next_ - at, unread.size()));
    plan.fresh = unread.subspan(known);
    plan.offset = at + known;
    if (!plan.fresh.empty() || (fin && !finished() && plan.end == next_))
        plan.kind = Kind::in_order;
    return plan;
}

void HalfStream::commit(const Plan& plan, const SlabRef* slab, StoreMemory& memory) {
    store_.append(plan.offset, plan.fresh, slab, memory);
    next_ = plan.end;
    if (plan.fin)
        fin_ = plan.end;
    highest_ = std::max(highest_, plan.end);
    commit_held(memory);
}

void HalfStream::commit_held(StoreMemory& memory) {
    while (const auto piece = store_.held_at(next_)) {
        const std::size_t size = piece->size();
        store_.promote(next_, memory);
        next_ += size;
    }
}

bool HalfStream::hold(const Plan& plan, const SlabRef* slab, StoreMemory& memory) {
    if (!plan.fresh.empty() && !store_.hold(plan.offset, plan.fresh, slab, memory))
        return false;
    if (plan.fin)
        fin_ = plan.end;
    highest_ = std::max(highest_, plan.end);
    return true;
}

bool HalfStream::rewind(const Plan& plan) {
    if (rewinds_ == max_rewinds || !store_.unjudge())
        return false;
    ++rewinds_;
    next_ = start_ = plan.offset;
    return true;
}

HalfStream::Ack HalfStream::acknowledge(std::uint32_t number, StoreMemory& memory) {
    const std::int64_t offset = offset_of(number);
    if (offset <= static_cast<std::int64_t>(acknowledged_))
        return Ack::fine;
    const auto acknowledged = static_cast<std::uint64_t>(offset);
    acknowledged_ = acknowledged;
    if (!store_.empty())
        store_.release(std::min(acknowledged, next_), memory);
    return acknowledged > next_ + (finished() ? 1 : 0) ? Ack::unseen : Ack::fine;
}

void HalfStream::skip_gap(StoreMemory& memory) {
    next_ = start_ = acknowledged_;
    highest_ = std::max(highest_, next_);
    store_.release(next_, memory);
}

void HalfStream::follow(std::uint32_t sequence, std::uint32_t length, bool fin) {
    const auto end = static_cast<std::uint64_t>(offset_of(sequence + length));
    if (static_cast<std::int64_t>(end) > static_cast<std::int64_t>(next_) && fin_ == none)
        next_ = highest_ = end;
    if (fin && fin_ == none)
        fin_ = end;
}

void HalfStream::follow_ack(std::uint32_t number) {
    const std::int64_t offset = offset_of(number);
    if (offset > static_cast<std::int64_t>(acknowledged_))
        acknowledged_ = static_cast<std::uint64_t>(offset);
}

} // namespace nfsieve
