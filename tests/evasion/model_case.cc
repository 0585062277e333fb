// SPDX-License-Identifier: GPL-2.0-or-later
#include "model_case.h"

#include "receiver.h"
#include "sender.h"

#include <ostream>

namespace nfsieve::evasion {
namespace {

Ends ends_of(const Script& script) {
    Ends ends;
    ends.v6 = script.v6;
    ends.source = {10, 91, 1, 99};
    ends.target = {10, 91, 2, 2};
    if (script.v6) {
        ends.source = {0xfd, 0x91, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x99};
        ends.target = {0xfd, 0x91, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02};
    }
    const auto other_port = static_cast<std::uint16_t>(20'000 + script.seed % 40'000);
    ends.source_port = script.sends_as_client ? other_port : server_port(script.rule);
    ends.target_port = script.sends_as_client ? server_port(script.rule) : other_port;
    return ends;
}

/// Linux's timers run out after a second, which is what so many rounds of repair take in real time.
constexpr std::uint8_t before_timers = 4;

class Game {
public:
    Game(const Script& script, Gateway* gateway, std::ostream* log, bool timers)
        : script_(script), gateway_(gateway), log_(log), timers_(timers), receiver_(script.receiver),
          ends_(ends_of(script)), back_(ends_.turned()) {}

    Outcome play() {
        if (gateway_ != nullptr)
            gateway_->begin_connection();
        if (!script_.sends_as_client)
            receiver_.connect(pending_);
        for (const Life& life : script_.lives)
            play(life);
        outcome_.ended = receiver_.ended();
        outcome_.read = receiver_.read();
        return std::move(outcome_);
    }

private:
    /// A stray SYN, SYN|ACK or RST as the first of a connection that nobody has seen says nothing of where
    /// its streams stand, and if its answer gets lost it looks like a connection whose answers take another
    /// way: that it then waits for one is no harm.
    [[nodiscard]] bool can_begin_with(const Step& step) const {
        return script_.kind == Kind::attack ||
               (step.what == Step::Do::send && !step.bad_checksum &&
                (step.flags & (flag::syn | flag::ack | flag::rst)) == flag::ack);
    }

    void play(const Life& life) {
        Sender sender(life, script_.sends_as_client);
        sender_ = &sender;
        sees_ = !script_.midstream;
        hand_back();
        for (std::size_t i = 0; i < life.steps.size(); ++i) {
            if (i >= life.established && !sees_ && can_begin_with(life.steps[i])) {
                sees_ = true;
                outcome_.before_gateway = receiver_.in_order();
            }
            take(life.steps[i], life);
        }
        sees_ = true;
        lost_replies_ = 0;
        std::vector<Step> steps;
        // Until a picked-up stream is believed to go on elsewhere than it seemed, its sender must insist.
        const std::uint8_t rounds =
            script_.midstream ? std::max<std::uint8_t>(life.repairs, 12) : life.repairs;
        for (std::uint8_t round = 0; round < rounds && !sender.finished(); ++round) {
            if (log_ != nullptr)
                *log_ << "-- repair, round " << int{round} + 1 << "\n";
            wait(std::chrono::milliseconds(200U << std::min<unsigned>(round, 4)));
            if (timers_ || round >= before_timers)
                receiver_.retransmit(pending_);
            hand_back();
            sender.repair(steps);
            for (const Step& step : steps)
                take(step, life);
        }
        sender.repair(steps); // the last word: its FIN is acknowledged
        if (sender.acknowledged_all())
            for (const Step& step : steps)
                take(step, life);
    }

    /// The receiver repeats itself, as long as its kernel would.
    void rest(Duration duration) {
        constexpr Duration longest = std::chrono::seconds(30);
        for (int times = 0; timers_ && times < 10 && duration > longest; ++times, duration -= longest) {
            wait(longest);
            receiver_.retransmit(pending_);
            hand_back();
        }
        if (timers_ && duration > longest)
            receiver_.give_up();
        wait(duration);
    }

    void wait(Duration duration) {
        sender_->rest(duration);
        if (gateway_ != nullptr)
            gateway_->wait(duration);
    }

    /// Repeats the sender's part of the handshake until it is answered.
    void await(const Life& life) {
        std::vector<Step> steps;
        for (int tries = 0; tries < 3 && !sender_->answered(); ++tries) {
            sender_->repair(steps);
            for (const Step& step : steps)
                take(step, life);
        }
    }

    void take(const Step& step, const Life& life) {
        switch (step.what) {
        case Step::Do::await:
            return await(life);
        case Step::Do::wait:
            if (log_ != nullptr)
                *log_ << "-- " << describe(step, life) << "\n";
            return rest(step.duration);
        case Step::Do::lose_replies:
            lost_replies_ = step.count;
            return;
        case Step::Do::send:
            break;
        }
        const WireSegment segment = sender_->segment(step);
        encode(segment, ends_, packet_);
        ++outcome_.packets;
        const bool passed = gateway_ == nullptr || !sees_ || gateway_->passes(packet_, segment.good_checksum);
        if (passed && !step.dies)
            receiver_.take(segment, pending_);
        if (log_ != nullptr)
            *log_ << (passed ? "-> pass " : "-> DROP ") << describe(step, life) << "  [seq "
                  << segment.sequence << " ack " << segment.acknowledgment << "] receiver "
                  << receiver_.state() << " has " << receiver_.in_order() << " in order\n";
        hand_back();
    }

    /// The receiver's packets on their way to the sender.
    void hand_back() {
        for (const WireSegment& reply : pending_) {
            const bool lost = lost_replies_ > 0;
            if (lost)
                --lost_replies_;
            bool passed = !lost;
            if (passed && gateway_ != nullptr && sees_) {
                encode(reply, back_, packet_);
                passed = gateway_->passes(packet_, true);
            }
            if (log_ != nullptr)
                *log_ << (lost ? "<- lost " : passed ? "<- pass " : "<- DROP ") << describe(reply) << "\n";
            if (passed)
                sender_->hear(reply);
        }
        pending_.clear();
    }

    const Script& script_;
    Gateway* gateway_;
    std::ostream* log_;
    bool timers_;
    ModelReceiver receiver_;
    Ends ends_, back_;
    Sender* sender_ = nullptr;
    bool sees_ = true;
    std::uint8_t lost_replies_ = 0;
    Replies pending_;
    std::vector<std::uint8_t> packet_;
    Outcome outcome_;
};

} // namespace

std::vector<std::string> spoken(const Outcome& outcome) {
    std::vector<std::string> all;
    for (const std::string& text : outcome.read)
        if (!text.empty())
            all.push_back(text);
    return all;
}

std::string verdict(const Script& script, const Outcome& outcome) {
    if (script.kind == Kind::attack) {
        for (std::size_t i = 0; i < outcome.read.size(); ++i) {
            std::string_view text = outcome.read[i];
            if (i == 0)
                text.remove_prefix(std::min(outcome.before_gateway, text.size()));
            if (matches(script.rule, text))
                return "the receiver has read what the rule drops";
        }
        return {};
    }
    const std::vector<std::string> read = spoken(outcome);
    if (read.size() != script.lives.size())
        return std::to_string(read.size()) + " connections said something instead of " +
               std::to_string(script.lives.size());
    for (std::size_t i = 0; i < read.size(); ++i)
        if (read[i] != script.lives[i].stream)
            return "the receiver has read something else than was sent (" + std::to_string(read[i].size()) +
                   " bytes of " + std::to_string(script.lives[i].stream.size()) + ")";
    return outcome.ended ? "" : "the stream has not come to its end";
}

Outcome play(const Script& script, Gateway* gateway, std::ostream* log, bool timers) {
    return Game(script, gateway, log, timers).play();
}

} // namespace nfsieve::evasion
