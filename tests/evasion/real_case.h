// SPDX-License-Identifier: GPL-2.0-or-later
// One script against a real receiver, a packet at a time, so that hundreds can run beside each other.
#pragma once

#include "model_case.h"
#include "real_sockets.h"
#include "real_wire.h"
#include "sender.h"

#include <chrono>
#include <deque>
#include <iosfwd>
#include <optional>

namespace nfsieve::evasion {

using Clock = std::chrono::steady_clock;

class RealCase {
public:
    /// `key`: a port that no other case uses now. `patience`: how long it waits for answers before it goes
    /// on.
    /// `log` may be null.
    RealCase(Script script, std::uint16_t key, Clock::duration patience, std::ostream* log);

    /// Opens the receiver's side. False where the kernel refuses.
    [[nodiscard]] bool begin(RealSockets& sockets);
    /// Sends the next packet, if it is its time.
    void advance(RealWire& wire, Clock::time_point now);
    void hear(const WireSegment& reply, Clock::time_point now);

    [[nodiscard]] bool over() const { return phase_ == Phase::over; }
    [[nodiscard]] std::uint16_t key() const { return key_; }
    [[nodiscard]] const Script& script() const { return script_; }
    [[nodiscard]] Outcome outcome() const;

private:
    enum class Phase : std::uint8_t { steps, answers, last_word, over };

    void begin_life();
    void send(const Step& step, RealWire& wire, Clock::time_point now);
    [[nodiscard]] bool quiet(Clock::time_point now, int times) const {
        return now - last_event_ > patience_ * times;
    }
    void take_step(RealWire& wire, Clock::time_point now);
    void seek_answers(Clock::time_point now);
    void end_life(Clock::time_point now);

    Script script_;
    std::uint16_t key_;
    Clock::duration patience_;
    std::ostream* log_;
    Ends ends_;
    Reading reading_;
    std::optional<Sender> sender_;
    std::size_t life_ = 0, step_ = 0;
    std::deque<Step> due_; ///< before the script goes on
    std::vector<Step> repair_;
    int tries_ = 0, rounds_ = 0;
    std::uint8_t deaf_to_ = 0; ///< replies that get lost
    bool said_last_word_ = false;
    Phase phase_ = Phase::steps;
    Clock::time_point last_event_;
    std::vector<std::uint8_t> packet_;
    std::size_t packets_ = 0;
};

} // namespace nfsieve::evasion
