// SPDX-License-Identifier: GPL-2.0-or-later
#include "link.h"

#include <algorithm>

namespace links {

namespace {

constexpr std::size_t most_flying_bytes = 512 << 20; // a bound for links without a rate

} // namespace

void Link::offer(Frame frame, std::size_t wire_bytes, Time now) {
    ++counts_.offered;
    // All three are drawn for every packet, so that one setting does not change what another does to the next
    // packet.
    std::uniform_real_distribution<double> chance;
    const bool lost = chance(random_) < settings_.loss;
    const bool duplicated = chance(random_) < settings_.duplicate;
    const bool reordered = chance(random_) < settings_.reorder;
    if (lost) {
        ++counts_.lost;
        return;
    }
    counts_.reordered += reordered ? 1 : 0;
    if (duplicated) {
        ++counts_.duplicated;
        send(frame, wire_bytes, now, reordered);
    }
    send(std::move(frame), wire_bytes, now, reordered);
}

void Link::send(Frame frame, std::size_t wire_bytes, Time now, bool at_once) {
    Time leaves = now;
    if (settings_.rate > 0) {
        const Time starts = std::max(now, wire_free_);
        const double waiting_bytes = std::chrono::duration<double>(starts - now).count() * settings_.rate / 8;
        if (waiting_bytes > static_cast<double>(settings_.queue_bytes)) {
            ++counts_.queue_full;
            return;
        }
        const std::chrono::duration<double> takes(static_cast<double>(wire_bytes) * 8 / settings_.rate);
        leaves = wire_free_ = starts + std::chrono::duration_cast<Time>(takes);
    }
    if (flying_bytes_ + frame.size() > most_flying_bytes) {
        ++counts_.queue_full;
        return;
    }
    flying_bytes_ += frame.size();
    flying_.push({at_once ? leaves : leaves + settings_.delay, next_number_++, std::move(frame)});
}

std::optional<Time> Link::next_arrival() const {
    return flying_.empty() ? std::nullopt : std::optional(flying_.top().arrival);
}

Frame Link::take() {
    // priority_queue shows its top as const only; it is removed at once, so its order cannot suffer.
    Frame frame = std::move(const_cast<Flying&>(flying_.top()).frame);
    flying_.pop();
    flying_bytes_ -= frame.size();
    ++counts_.delivered;
    return frame;
}

} // namespace links
