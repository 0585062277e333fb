// SPDX-License-Identifier: GPL-2.0-or-later
#include "sender.h"

#include <algorithm>

namespace nfsieve::evasion {
namespace {

constexpr std::uint32_t long_ago = 100'000; // in numbers of every kind
constexpr std::uint32_t far_ahead = 50'000'000;

} // namespace

WireSegment Sender::segment(const Step& step) {
    WireSegment out;
    out.sequence = life_.isn + 1 + static_cast<std::uint32_t>(step.at) + step.other_isn;
    out.flags = step.flags;
    if (out.has(flag::ack)) {
        out.acknowledgment = peer_next_;
        if (step.ack == Step::Ack::old)
            out.acknowledgment -= long_ago;
        else if (step.ack == Step::Ack::unsent)
            out.acknowledgment += long_ago;
    }
    out.window = step.window;
    out.urgent_pointer = step.urgent_pointer;
    out.good_checksum = !step.bad_checksum;
    out.hop_limit = step.dies ? short_way : long_way;
    out.md5 = step.md5;
    out.unknown = step.unknown;
    out.payload = as_bytes(step.junk ? life_.junk : life_.stream).subspan(step.begin, step.size);
    ++clock_;
    if (life_.timestamps && step.clock != Step::Clock::absent) {
        out.timestamps = Timestamps{clock_, out.has(flag::ack) ? peer_clock_ : 0};
        if (step.clock == Step::Clock::old)
            out.timestamps->value -= long_ago;
        else if (step.clock == Step::Clock::future)
            out.timestamps->value += far_ahead;
    }
    if (out.has(flag::syn)) {
        out.mss = 1460;
        out.sack_permitted = life_.sack;
        if (life_.scales)
            out.window_scale = 7;
    }
    return out;
}

void Sender::hear(const WireSegment& reply) {
    if (reply.has(flag::rst))
        return;
    if (reply.timestamps)
        peer_clock_ = reply.timestamps->value;
    if (reply.has(flag::syn)) {
        peer_next_ = reply.end();
        peer_known_ = true;
    } else if (peer_known_ && !after(reply.sequence, peer_next_) && after(reply.end(), peer_next_)) {
        peer_next_ = reply.end();
    }
    if (!reply.has(flag::ack))
        return;
    const std::uint32_t offset = reply.acknowledgment - (life_.isn + 1);
    if (offset > life_.stream.size() + 1)
        return;
    answered_ = answered_ || peer_known_;
    peer_finished_ = peer_finished_ || reply.has(flag::fin);
    acknowledged_ = std::max<std::size_t>(acknowledged_, offset);
}

void Sender::repair(std::vector<Step>& steps) const {
    steps.clear();
    Step step;
    if (!answered_) {
        if (!is_client_ && !peer_known_)
            return;
        step.at = -1;
        step.flags = is_client_ ? flag::syn : flag::syn | flag::ack;
        steps.push_back(step);
        return;
    }
    const std::size_t size = life_.stream.size();
    step.flags = flag::ack;
    for (std::size_t at = acknowledged_; at < size; at += step.size) {
        step.begin = static_cast<std::uint32_t>(at);
        step.at = static_cast<std::int32_t>(at);
        step.size = static_cast<std::uint16_t>(std::min<std::size_t>(life_.piece, size - at));
        steps.push_back(step);
    }
    step = Step();
    step.at = static_cast<std::int32_t>(std::max(size, acknowledged_));
    step.flags = acknowledged_ > size ? flag::ack : flag::ack | flag::fin;
    steps.push_back(step);
}

} // namespace nfsieve::evasion
