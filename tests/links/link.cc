// SPDX-License-Identifier: GPL-2.0-or-later
#include "link.h"

#include <algorithm>

namespace links {

namespace {

constexpr std::size_t most_flying_bytes = 512 << 20; // a bound for links without a rate

} // namespace

void Link::offer(Frame frame, const Train& train, Time now) {
    const double bytes_each = static_cast<double>(train.bytes) / static_cast<double>(train.packets);
    const auto part = [&](std::size_t first, std::size_t end) {
        return end - first == train.packets ? frame : cut_(frame, first, end);
    };
    std::size_t begun = 0; // the first packet of a run that stays together
    Time run_leaves{0};
    const auto end_run = [&](std::size_t end) {
        if (begun < end) {
            fly(part(begun, end), end - begun, run_leaves + settings_.delay);
        }
        begun = end + 1;
    };
    for (std::size_t i = 0; i < train.packets; ++i) {
        const Fate fate = draw();
        const auto leaves = fate.lost ? std::nullopt : transmit(bytes_each, now);
        if (leaves && !fate.duplicated && !fate.reordered) {
            run_leaves = *leaves;
            continue;
        }
        end_run(i);
        const Time delay = fate.reordered ? Time{0} : settings_.delay;
        if (leaves) {
            fly(part(i, i + 1), 1, *leaves + delay);
        }
        if (const auto again = leaves && fate.duplicated ? transmit(bytes_each, now) : std::nullopt) {
            fly(part(i, i + 1), 1, *again + delay);
        }
    }
    end_run(train.packets);
}

// All three are drawn for every packet, so that one setting does not change what another does to the next
// packet.
Link::Fate Link::draw() {
    std::uniform_real_distribution<double> chance;
    Fate fate{};
    fate.lost = chance(random_) < settings_.loss;
    fate.duplicated = chance(random_) < settings_.duplicate && !fate.lost;
    fate.reordered = chance(random_) < settings_.reorder && !fate.lost;
    ++counts_.offered;
    counts_.lost += fate.lost ? 1 : 0;
    counts_.duplicated += fate.duplicated ? 1 : 0;
    counts_.reordered += fate.reordered ? 1 : 0;
    return fate;
}

// When the packet's last bit has left; nothing where the queue is full.
std::optional<Time> Link::transmit(double bytes, Time now) {
    if (settings_.rate <= 0) {
        return now;
    }
    const Time starts = std::max(now, wire_free_);
    const double waiting_bytes = std::chrono::duration<double>(starts - now).count() * settings_.rate / 8;
    if (waiting_bytes > static_cast<double>(settings_.queue_bytes)) {
        ++counts_.queue_full;
        return std::nullopt;
    }
    wire_free_ =
        starts + std::chrono::duration_cast<Time>(std::chrono::duration<double>(bytes * 8 / settings_.rate));
    return wire_free_;
}

void Link::fly(Frame frame, std::size_t packets, Time arrival) {
    if (flying_bytes_ + frame.size() > most_flying_bytes) {
        counts_.queue_full += packets;
        return;
    }
    flying_bytes_ += frame.size();
    flying_.push({arrival, next_number_++, std::move(frame), packets});
}

std::optional<Time> Link::next_arrival() const {
    return flying_.empty() ? std::nullopt : std::optional(flying_.top().arrival);
}

Frame Link::take() {
    // priority_queue shows its top as const only; it is removed at once, so its order cannot suffer.
    Frame frame = std::move(const_cast<Flying&>(flying_.top()).frame);
    counts_.delivered += flying_.top().packets;
    flying_.pop();
    flying_bytes_ -= frame.size();
    return frame;
}

} // namespace links
