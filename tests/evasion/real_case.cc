// SPDX-License-Identifier: GPL-2.0-or-later
#include "real_case.h"

#include <algorithm>
#include <ostream>

namespace nfsieve::evasion {

RealCase::RealCase(Script script, std::uint16_t key, Clock::duration patience, std::ostream* log)
    : script_(std::move(script)), key_(key), patience_(patience), log_(log),
      ends_(ghost_to_server(script_.v6)) {
    ends_.source_port = script_.sends_as_client ? key : server_port(script_.rule);
    ends_.target_port = script_.sends_as_client ? server_port(script_.rule) : key;
}

bool RealCase::begin(RealSockets& sockets) {
    last_event_ = Clock::now();
    begin_life();
    sockets.expect(key_, reading_);
    return script_.sends_as_client || sockets.connect(key_, script_.v6, script_.rule);
}

void RealCase::begin_life() {
    sender_.emplace(script_.lives[life_], script_.sends_as_client);
    step_ = 0;
    tries_ = rounds_ = 0;
    deaf_to_ = 0;
    said_last_word_ = false;
    phase_ = Phase::steps;
}

void RealCase::send(const Step& step, RealWire& wire, Clock::time_point now) {
    const WireSegment segment = sender_->segment(step);
    encode(segment, ends_, packet_);
    if (log_ != nullptr)
        *log_ << "-> " << describe(step, script_.lives[life_]) << "  [" << describe(segment) << "]\n";
    wire.send(packet_, step.fragments);
    ++packets_;
    last_event_ = now;
}

void RealCase::hear(const WireSegment& reply, Clock::time_point now) {
    if (log_ != nullptr)
        *log_ << (deaf_to_ > 0 ? "<- lost " : "<- ") << describe(reply) << "\n";
    if (deaf_to_ > 0) {
        --deaf_to_;
        return;
    }
    sender_->hear(reply);
    last_event_ = now;
}

void RealCase::advance(RealWire& wire, Clock::time_point now) {
    if (!due_.empty()) {
        send(due_.front(), wire, now);
        due_.pop_front();
        return;
    }
    switch (phase_) {
    case Phase::steps:
        return take_step(wire, now);
    case Phase::answers:
        return seek_answers(now);
    case Phase::last_word:
        return end_life(now);
    case Phase::over:
        return;
    }
}

void RealCase::take_step(RealWire& wire, Clock::time_point now) {
    const Life& life = script_.lives[life_];
    if (step_ == life.steps.size()) {
        deaf_to_ = 0;
        phase_ = Phase::answers;
        return;
    }
    const Step& step = life.steps[step_];
    if (step.what == Step::Do::await && !sender_->answered() && tries_ < 4) {
        // The receiver's own part of the handshake may come later, by its timer.
        if (quiet(now, 1 << tries_)) {
            ++tries_;
            last_event_ = now;
            sender_->repair(repair_);
            due_.insert(due_.end(), repair_.begin(), repair_.end());
        }
        return;
    }
    ++step_;
    if (step.what == Step::Do::lose_replies)
        deaf_to_ = step.count;
    else if (step.what == Step::Do::wait)
        sender_->rest(step.duration); // its clock alone: nobody here has the time
    else if (step.what == Step::Do::send)
        send(step, wire, now);
}

void RealCase::seek_answers(Clock::time_point now) {
    // A receiver whose window was closed sends its FIN only once it is told that there is room.
    if (!sender_->finished() && rounds_ < script_.lives[life_].repairs) {
        if (!quiet(now, 1 << std::min(rounds_, 5)))
            return;
        ++rounds_;
        deaf_to_ = 0;
        last_event_ = now;
        sender_->repair(repair_);
        due_.insert(due_.end(), repair_.begin(), repair_.end());
        return;
    }
    phase_ = Phase::last_word;
}

void RealCase::end_life(Clock::time_point now) {
    if (!said_last_word_) {
        said_last_word_ = true;
        if (sender_->acknowledged_all()) {
            sender_->repair(repair_);
            due_.insert(due_.end(), repair_.begin(), repair_.end());
        }
        return;
    }
    if (!quiet(now, 2))
        return;
    if (++life_ == script_.lives.size()) {
        phase_ = Phase::over;
        return;
    }
    begin_life();
    last_event_ = now;
}

Outcome RealCase::outcome() const {
    Outcome outcome;
    outcome.read = reading_.read;
    outcome.ended = reading_.ended;
    outcome.packets = packets_;
    return outcome;
}

} // namespace nfsieve::evasion
