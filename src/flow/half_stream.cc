// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/flow/half_stream.h"

#include <algorithm>
#include <cstdlib>

namespace nfsieve {
namespace {

/// A stream may have been picked up at a keep-alive probe, which stands one byte before its place.
constexpr std::int64_t probe = 1;

} // namespace

void HalfStream::move_to(std::uint64_t next) {
    const auto by = static_cast<std::int64_t>(next - next_);
    next_ = next;
    for (Place* const place : {&acknowledged_, &highest_, &fin_, &start_, &repeated_at_})
        *place = saturated(*place - by);
    highest_ = std::max(highest_, 0);
}

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
    next_ = adopted_origin;
    acknowledged_ = -static_cast<Place>(largest_window); // until the receiver says more
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
    const auto read = static_cast<std::int64_t>(acknowledged());
    if (end < read || (end == read && !fin)) {
        plan.fin = false; // the receiver throws it away (RFC 9293 section 3.10.7.4)
        return plan;
    }
    plan.end = static_cast<std::uint64_t>(end);
    if ((ends_ && (plan.end > at(fin_) || (fin && plan.end != at(fin_)))) ||
        (fin && plan.end < next_ && !ends_)) {
        plan.kind = Kind::conflicting;
        return plan;
    }

    // What the receiver has acknowledged it will not read again.
    const auto cut = std::max<std::int64_t>(read - first, 0);
    const Bytes unread = payload.subspan(static_cast<std::size_t>(std::min<std::int64_t>(cut, end - first)));
    const std::uint64_t begin = plan.end - unread.size();

    if (!unread.empty()) {
        const SegmentStore::Overlap overlap = store_.compare(begin, unread, memory);
        if (overlap == SegmentStore::Overlap::differs) {
            plan.kind = Kind::conflicting;
            return plan;
        }
        if (overlap == SegmentStore::Overlap::unknown) {
            plan.kind = Kind::unverifiable;
            return plan;
        }
        if (begin < at(start_)) {
            plan.kind = Kind::before_start;
            plan.offset = begin;
            plan.fresh = unread;
            return plan;
        }
    }
    if (begin > next_) {
        plan.kind = Kind::ahead;
        plan.offset = begin;
        plan.fresh = unread;
        return plan;
    }
    const auto known = static_cast<std::size_t>(std::min<std::uint64_t>(next_ - begin, unread.size()));
    plan.fresh = unread.subspan(known);
    plan.offset = begin + known;
    if (!plan.fresh.empty() || (fin && !finished() && plan.end == next_))
        plan.kind = Kind::in_order;
    return plan;
}

void HalfStream::commit(const Plan& plan, const Arrival& arrival, StoreMemory& memory) {
    store_.append(plan.offset, plan.fresh, arrival, memory);
    move_to(plan.end);
    if (plan.fin) {
        ends_ = true;
        fin_ = 0;
    }
    commit_held(memory);
}

void HalfStream::commit_held(StoreMemory& memory) {
    while (const auto piece = store_.held_at(next_)) {
        const std::uint64_t end = next_ + piece->size();
        store_.promote(next_, memory);
        move_to(end);
    }
}

bool HalfStream::hold(const Plan& plan, const Arrival& arrival, StoreMemory& memory) {
    if (!plan.fresh.empty() && !store_.hold(plan.offset, plan.fresh, arrival, memory))
        return false;
    const Place end = place_of(plan.end);
    if (plan.fin) {
        ends_ = true;
        fin_ = end;
    }
    highest_ = std::max(highest_, end);
    return true;
}

bool HalfStream::rewind(const Plan& plan) {
    return judge_again_from(plan.offset);
}

bool HalfStream::rewind_to(std::uint32_t acknowledgment) {
    const std::int64_t offset = offset_of(acknowledgment);
    return !in_step() && offset > 0 && offset < static_cast<std::int64_t>(at(start_)) &&
           judge_again_from(static_cast<std::uint64_t>(offset));
}

bool HalfStream::judge_again_from(std::uint64_t offset) {
    const std::uint64_t again = next_ - offset;
    if (again > most_rejudged - rejudged_ || !store_.unjudge())
        return false;
    rejudged_ = (rejudged_ + static_cast<std::uint32_t>(again)) & ((1U << rejudged_bits) - 1);
    move_to(offset);
    start_ = 0;
    return true;
}

bool HalfStream::insists(const Plan& plan) {
    const Place ahead = place_of(plan.offset);
    if (repeats_ == 0 || ahead < repeated_at_) {
        repeated_at_ = ahead;
        repeats_ = 0;
    } else if (ahead > repeated_at_) {
        return false;
    }
    if (repeats_ < insisting)
        ++repeats_;
    return repeats_ == insisting;
}

void HalfStream::skip_to(const Plan& plan) {
    move_to(store_.held_run_before(plan.offset));
    start_ = 0;
    rejudged_ = most_rejudged;
    repeats_ = 0;
}

/// A segment that begins at the edge is none: that is how a sender asks whether a closed window has opened.
/// No sender knows of a larger window than we do, since every acknowledgment comes by here first.
bool HalfStream::beyond_window(std::int64_t first) const {
    const auto next = static_cast<std::int64_t>(next_);
    if (first < next)
        return next - first > std::int64_t{largest_window};
    return first - next > std::int64_t{largest_window} ||
           (window_ != no_window && first > static_cast<std::int64_t>(acknowledged() + window_));
}

bool HalfStream::may_be_expected(std::uint32_t sequence) const {
    const std::int64_t distance = static_cast<std::int32_t>(sequence - sequence_of(next_));
    const std::int64_t seen = ends_ ? std::max(highest_, fin_ + 1) : highest_;
    if (in_step())
        return distance >= acknowledged_ && distance <= seen;
    return distance >= std::max<std::int64_t>(acknowledged_, start_ - probe) && distance <= seen + probe;
}

bool HalfStream::acknowledges_unseen(std::uint32_t number) const {
    return offset_of(number) > static_cast<std::int64_t>(next_ + (finished() ? 1 : 0));
}

HalfStream::Ack HalfStream::acknowledge(std::uint32_t number, std::uint32_t window, StoreMemory& memory) {
    if (offset_of(number) < 0)
        return Ack::fine;
    const Place place = static_cast<Place>(number - sequence_of(next_));
    // A window is never taken back (RFC 9293 section 3.8.6.2.1), and one that was is no reason to drop.
    const std::int64_t read = std::max(acknowledged_, place);
    const std::int64_t edge = std::max(std::int64_t{place} + window,
                                       window_ == no_window ? read : std::int64_t{acknowledged_} + window_);
    window_ = static_cast<std::uint32_t>(edge - read);
    in_step_ = in_step_ || (place > start_ && place <= 0);
    if (place <= acknowledged_)
        return Ack::fine;
    const bool unseen = acknowledges_unseen(number);
    acknowledged_ = place;
    if (!store_.empty())
        store_.release(std::min(acknowledged(), next_), memory);
    return unseen ? Ack::unseen : Ack::fine;
}

void HalfStream::skip_gap(StoreMemory& memory) {
    move_to(store_.held_run_before(acknowledged()));
    start_ = 0;
    store_.release(next_, memory);
}

void HalfStream::follow(std::uint32_t sequence, std::uint32_t length, bool fin) {
    const auto end = static_cast<std::uint64_t>(offset_of(sequence + length));
    if (static_cast<std::int64_t>(end) > static_cast<std::int64_t>(next_) && !ends_) {
        move_to(end);
        highest_ = 0;
    }
    if (fin && !ends_) {
        ends_ = true;
        fin_ = place_of(end);
    }
}

void HalfStream::follow_ack(std::uint32_t number) {
    const Place place = static_cast<Place>(number - sequence_of(next_));
    if (place <= acknowledged_)
        return;
    if (window_ != no_window) {
        const std::int64_t edge = std::int64_t{acknowledged_} + window_;
        window_ = static_cast<std::uint32_t>(std::max<std::int64_t>(edge - place, 0));
    }
    acknowledged_ = place;
}

} // namespace nfsieve
