// SPDX-License-Identifier: GPL-2.0-or-later
#include "receiver.h"

#include <algorithm>

namespace nfsieve::evasion {
namespace {

constexpr std::uint8_t scale = 7;

bool older(std::uint32_t recent, std::uint32_t value, std::int32_t tolerance) {
    return recent != 0 && static_cast<std::int32_t>(recent - value) > tolerance;
}

/// tcp_in_window().
bool in_window(std::uint32_t begin, std::uint32_t end, std::uint32_t from, std::uint32_t to) {
    return begin == from || (after(end, from) && before(begin, to)) || (begin == to && begin == end);
}

} // namespace

void ModelReceiver::connect(Replies& replies) {
    state_ = State::syn_sent;
    acknowledged_ = isn_;
    sent_ = isn_ + 1;
    timestamps_ = sack_ = scales_ = true; // what it offers
    reply(flag::syn, replies);
}

void ModelReceiver::take(const WireSegment& segment, Replies& replies) {
    ++traits_.clock;
    if (!segment.good_checksum || (segment.md5 && traits_.checks_md5))
        return;
    switch (state_) {
    case State::listen:
        return take_in_listen(segment, replies);
    case State::syn_received:
        return take_in_syn_received(segment, replies);
    case State::syn_sent:
        return take_in_syn_sent(segment, replies);
    case State::established:
        return take_established(segment, replies);
    case State::closed:
        return reset(segment, replies);
    }
}

/// tcp_rcv_state_process(), TCP_LISTEN.
void ModelReceiver::take_in_listen(const WireSegment& segment, Replies& replies) {
    if (segment.has(flag::ack))
        return reset(segment, replies);
    if (segment.has(flag::rst) || !segment.has(flag::syn) || segment.has(flag::fin))
        return;
    reassembly_.reset();
    agree(segment);
    acknowledged_ = isn_;
    sent_ = isn_ + 1;
    first_clock_ = traits_.clock;
    state_ = State::syn_received;
    reply(flag::syn | flag::ack, replies);
}

/// tcp_check_req(): there is no socket yet, only a request.
void ModelReceiver::take_in_syn_received(const WireSegment& segment, Replies& replies) {
    const std::uint8_t flags = segment.flags & (flag::syn | flag::ack | flag::rst);
    const bool old = segment.timestamps && older(recent_, segment.timestamps->value, 0);
    if (segment.sequence == peer_isn_ && flags == flag::syn && !old)
        return reply(flag::syn | flag::ack, replies);
    if (segment.has(flag::ack) && segment.acknowledgment != isn_ + 1)
        return reset(segment, replies); // the listener answers
    const bool foreign = traits_.checks_echo && timestamps_ && segment.timestamps &&
                         segment.timestamps->echo != 0 &&
                         segment.timestamps->echo - first_clock_ > last_clock_ - first_clock_;
    if (old || foreign || !in_window(segment.sequence, segment.end(), next_, next_ + traits_.window)) {
        if (!segment.has(flag::rst))
            reply(flag::ack, replies);
        return;
    }
    const bool repeats_syn = segment.sequence == peer_isn_;
    if (segment.has(flag::rst) && segment.sequence != next_)
        return reply(flag::ack, replies); // RFC 5961 section 3
    if (segment.has(flag::rst) || (segment.has(flag::syn) && !repeats_syn)) {
        if (!segment.has(flag::rst))
            reset(segment, replies);
        return end();
    }
    if (!segment.has(flag::ack))
        return;
    if (segment.timestamps && timestamps_ && !after(segment.sequence, next_))
        recent_ = segment.timestamps->value;
    open();
    take_established(segment, replies);
}

/// tcp_rcv_synsent_state_process().
void ModelReceiver::take_in_syn_sent(const WireSegment& segment, Replies& replies) {
    if (segment.has(flag::ack)) {
        if (!after(segment.acknowledgment, isn_) || after(segment.acknowledgment, sent_))
            return reset(segment, replies);
        if (segment.has(flag::rst))
            return end();
        if (!segment.has(flag::syn))
            return;
        agree(segment);
        acknowledged_ = segment.acknowledgment;
        open();
        reassembly_->take_urgent(segment); // its payload is thrown away, its urgent pointer is not
        return reply(flag::ack, replies);
    }
    if (segment.has(flag::rst) || !segment.has(flag::syn))
        return;
    agree(segment);
    crossed_ = true;
    open();
    reply(flag::syn | flag::ack, replies);
}

/// tcp_rcv_established() and tcp_rcv_state_process() from TCP_SYN_RECV on.
void ModelReceiver::take_established(const WireSegment& segment, Replies& replies) {
    if (!segment.has(flag::ack | flag::rst | flag::syn))
        return;
    const bool predicted = (segment.flags & ~flag::psh) == flag::ack &&
                           segment.sequence == reassembly_->next() && !reassembly_->has_gap() &&
                           !reassembly_->waits_for_urgent() && !segment.unknown && !segment.md5 &&
                           segment.timestamps.has_value() == timestamps_;
    if (!acceptable(segment, replies))
        return;
    const bool old_ack = before(segment.acknowledgment, acknowledged_);
    if (!(predicted && old_ack && traits_.old_ack_passes) && !acknowledges(segment, replies))
        return;
    note_timestamp(segment);
    if (reassembly_->ended()) {
        if (fin_sent_ && segment.acknowledgment == sent_)
            end(); // LAST_ACK is over
        else if (segment.end() != segment.sequence)
            reply(flag::ack, replies);
        return;
    }
    reassembly_->take_urgent(segment);
    reassembly_->take_data(segment, traits_.window);
    if (segment.end() != segment.sequence)
        reply(flag::ack, replies);
    if (reassembly_->ended()) {
        fin_sent_ = true;
        reply(flag::fin | flag::ack, replies);
        ++sent_;
    }
}

/// tcp_validate_incoming().
bool ModelReceiver::acceptable(const WireSegment& segment, Replies& replies) {
    const std::uint32_t next = reassembly_->next();
    if (!segment.has(flag::rst) && timestamps_ && segment.timestamps &&
        older(recent_, segment.timestamps->value, 1)) {
        reply(flag::ack, replies);
        return false;
    }
    const bool behind_fin = reassembly_->ended() && segment.sequence == next - 1;
    if (before(segment.end(), next) || after(segment.sequence, next + traits_.window)) {
        if (!segment.has(flag::rst))
            reply(flag::ack, replies);
        else if (behind_fin)
            end();
        return false;
    }
    if (segment.has(flag::rst)) {
        bool exact = segment.sequence == next || behind_fin;
        if (!exact && sack_ && !reassembly_->blocks().empty()) {
            std::uint32_t highest = reassembly_->blocks().front().end;
            for (const Block& block : reassembly_->blocks())
                highest = after(block.end, highest) ? block.end : highest;
            exact = segment.sequence == highest;
        }
        if (exact)
            end();
        else
            reply(flag::ack, replies); // RFC 5961 section 3
        return false;
    }
    if (segment.has(flag::syn)) {
        const bool answers = crossed_ && acknowledged_ == isn_ && segment.has(flag::ack) &&
                             segment.sequence + 1 == next && segment.acknowledgment == sent_;
        if (!answers)
            reply(flag::ack, replies); // RFC 5961 section 4
        return answers;
    }
    return segment.has(flag::ack);
}

/// tcp_ack().
bool ModelReceiver::acknowledges(const WireSegment& segment, Replies& replies) {
    if (before(segment.acknowledgment, acknowledged_) || after(segment.acknowledgment, sent_)) {
        if (before(segment.acknowledgment, acknowledged_))
            reply(flag::ack, replies); // RFC 5961 section 5
        return false;
    }
    acknowledged_ = segment.acknowledgment;
    return true;
}

/// tcp_replace_ts_recent(): acknowledgments are never late here.
void ModelReceiver::note_timestamp(const WireSegment& segment) {
    if (timestamps_ && segment.timestamps && !after(segment.sequence, reassembly_->next()) &&
        !older(recent_, segment.timestamps->value, 0))
        recent_ = segment.timestamps->value;
}

void ModelReceiver::agree(const WireSegment& syn) {
    peer_isn_ = syn.sequence;
    next_ = syn.sequence + 1;
    timestamps_ = syn.timestamps.has_value();
    recent_ = syn.timestamps ? syn.timestamps->value : 0;
    sack_ = syn.sack_permitted;
    scales_ = syn.window_scale.has_value();
}

void ModelReceiver::open() {
    state_ = State::established;
    reassembly_.emplace(next_, traits_.merging);
}

void ModelReceiver::end() {
    if (reassembly_)
        read_.push_back(reassembly_->text());
    const bool whole = ended();
    if (!traits_.listens) {
        state_ = State::closed;
        return;
    }
    if (!whole)
        reassembly_.reset();
    state_ = State::listen;
    isn_ += 0x01234567;
    fin_sent_ = crossed_ = false;
}

void ModelReceiver::retransmit(Replies& replies) {
    if (state_ == State::syn_sent)
        reply(flag::syn, replies);
    else if (state_ == State::syn_received ||
             (state_ == State::established && crossed_ && acknowledged_ == isn_))
        reply(flag::syn | flag::ack, replies);
    else if (state_ == State::established && fin_sent_)
        reply(flag::fin | flag::ack, replies);
}

void ModelReceiver::give_up() {
    if (state_ == State::syn_received || (state_ == State::established && fin_sent_))
        end();
}

void ModelReceiver::reply(std::uint8_t flags, Replies& replies) {
    WireSegment out;
    out.flags = flags;
    const bool first = (flags & flag::syn) != 0;
    out.sequence = first ? isn_ : (fin_sent_ && (flags & flag::fin) != 0) ? isn_ + 1 : sent_;
    if ((flags & flag::ack) != 0)
        out.acknowledgment = reassembly_ && state_ == State::established ? reassembly_->next() : next_;
    out.window = first || !scales_ ? traits_.window : static_cast<std::uint16_t>(traits_.window >> scale);
    if (timestamps_)
        out.timestamps = Timestamps{traits_.clock, recent_};
    if (first) {
        last_clock_ = traits_.clock;
        out.mss = 1460;
        out.sack_permitted = sack_;
        if (scales_)
            out.window_scale = scale;
    } else if (sack_ && reassembly_ && state_ == State::established) {
        for (const Block& block : reassembly_->blocks())
            if (out.block_count < out.blocks.size())
                out.blocks[out.block_count++] = block;
    }
    replies.push_back(out);
}

/// tcp_v4_send_reset().
void ModelReceiver::reset(const WireSegment& segment, Replies& replies) const {
    if (segment.has(flag::rst))
        return;
    WireSegment out;
    out.flags = flag::rst;
    if (segment.has(flag::ack)) {
        out.sequence = segment.acknowledgment;
    } else {
        out.flags |= flag::ack;
        out.acknowledgment = segment.end();
    }
    out.window = 0;
    replies.push_back(out);
}

const std::vector<std::string>& ModelReceiver::read() {
    if (state_ == State::established && reassembly_)
        read_.push_back(reassembly_->text());
    state_ = State::closed;
    return read_;
}

const char* ModelReceiver::state() const {
    switch (state_) {
    case State::listen:
        return "LISTEN";
    case State::syn_received:
        return "SYN_RECEIVED";
    case State::syn_sent:
        return "SYN_SENT";
    case State::established:
        return ended() ? "LAST_ACK" : "ESTABLISHED";
    case State::closed:
        return "CLOSED";
    }
    return "";
}

} // namespace nfsieve::evasion
