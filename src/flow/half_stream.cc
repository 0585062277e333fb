// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/flow/half_stream.h"

#include <algorithm>
#include <cstdlib>

namespace nfsieve {
namespace {

/// A stream may have been picked up at a keep-alive probe, which stands one byte before its place.
constexpr std::uint64_t probe = 1;

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

HalfStream::Plan HalfStream::plan(std::uint32_t sequence, Bytes payload, bool fin,
                                  const StoreMemory& memory) const {
    Plan plan;
    plan.fin = fin;
    const std::int64_t first = offset_of(sequence);
    if (beyond_window(first)) {
        plan.kind = payload.empty() && !fin ? Kind::nothing_new : Kind::out_of_window;
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
        (fin && plan.end < next_ && fin_ == none)) {
        plan.kind = Kind::conflicting;
        return plan;
    }

    // What the receiver has acknowledged it will not read again.
    const auto cut = std::max<std::int64_t>(static_cast<std::int64_t>(acknowledged_) - first, 0);
    Bytes unread = payload.subspan(static_cast<std::size_t>(std::min<std::int64_t>(cut, end - first)));
    const std::uint64_t at = plan.end - unread.size();

    if (!unread.empty()) {
        const SegmentStore::Overlap overlap = store_.compare(at, unread, memory);
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

void HalfStream::commit(const Plan& plan, const Arrival& arrival, StoreMemory& memory) {
    store_.append(plan.offset, plan.fresh, arrival, memory);
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

bool HalfStream::hold(const Plan& plan, const Arrival& arrival, StoreMemory& memory) {
    if (!plan.fresh.empty() && !store_.hold(plan.offset, plan.fresh, arrival, memory))
        return false;
    if (plan.fin)
        fin_ = plan.end;
    highest_ = std::max(highest_, plan.end);
    return true;
}

bool HalfStream::rewind(const Plan& plan) {
    return judge_again_from(plan.offset);
}

bool HalfStream::rewind_to(std::uint32_t acknowledgment) {
    const std::int64_t offset = offset_of(acknowledgment);
    return !in_step() && offset > 0 && offset < static_cast<std::int64_t>(start_) &&
           judge_again_from(static_cast<std::uint64_t>(offset));
}

bool HalfStream::judge_again_from(std::uint64_t offset) {
    const std::uint64_t again = next_ - offset;
    if (again > most_rejudged - rejudged_ || !store_.unjudge())
        return false;
    rejudged_ += static_cast<std::uint32_t>(again);
    next_ = start_ = offset;
    return true;
}

bool HalfStream::insists(const Plan& plan) {
    if (plan.offset > repeated_at_)
        return false;
    if (plan.offset < repeated_at_) {
        repeated_at_ = plan.offset;
        repeats_ = 0;
    }
    return ++repeats_ >= insisting;
}

void HalfStream::skip_to(const Plan& plan) {
    next_ = start_ = plan.offset;
    highest_ = std::max(highest_, next_);
    rejudged_ = most_rejudged;
    repeated_at_ = none;
}

/// A segment that begins at the edge is none: that is how a sender asks whether a closed window has opened.
/// No sender knows of a larger window than we do, since every acknowledgment comes by here first.
bool HalfStream::beyond_window(std::int64_t first) const {
    const auto next = static_cast<std::int64_t>(next_);
    if (first < next)
        return next - first > std::int64_t{largest_window};
    return first - next > std::int64_t{largest_window} ||
           (right_edge_ != none && first > static_cast<std::int64_t>(right_edge_));
}

bool HalfStream::may_be_expected(std::uint32_t sequence) const {
    const std::int64_t offset = offset_of(sequence);
    const std::uint64_t seen = std::max(highest_, fin_ == none ? 0 : fin_ + 1);
    const std::uint64_t slack = in_step() ? 0 : probe;
    const std::uint64_t first = in_step() ? acknowledged_ : std::max(acknowledged_, start_ - slack);
    return offset >= static_cast<std::int64_t>(first) && offset <= static_cast<std::int64_t>(seen + slack);
}

bool HalfStream::acknowledges_unseen(std::uint32_t number) const {
    return offset_of(number) > static_cast<std::int64_t>(next_ + (finished() ? 1 : 0));
}

HalfStream::Ack HalfStream::acknowledge(std::uint32_t number, std::uint32_t window, StoreMemory& memory) {
    const std::int64_t offset = offset_of(number);
    if (offset < 0)
        return Ack::fine;
    // A window is never taken back (RFC 9293 section 3.8.6.2.1), and one that was is no reason to drop.
    const std::uint64_t edge = static_cast<std::uint64_t>(offset) + window;
    right_edge_ = right_edge_ == none ? edge : std::max(right_edge_, edge);
    in_step_ = in_step_ ||
               (offset > static_cast<std::int64_t>(start_) && offset <= static_cast<std::int64_t>(next_));
    if (offset <= static_cast<std::int64_t>(acknowledged_))
        return Ack::fine;
    const bool unseen = acknowledges_unseen(number);
    acknowledged_ = static_cast<std::uint64_t>(offset);
    if (!store_.empty())
        store_.release(std::min(acknowledged_, next_), memory);
    return unseen ? Ack::unseen : Ack::fine;
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
